// Small parts that pages are made of.

import { h } from "../core/dom.js";
import {
  number, range, reasonNames, secondsSince, span, stateNames, time,
} from "../core/format.js";

/** The page's heading line; what follows the name stands beside it. */
export function heading(name, ...beside) {
  return h("div", { class: "title" }, h("h1", null, name), ...beside);
}

/** A card with a heading; `size` is `third`, `half`, `twothirds`, `quarter` or empty. */
export function card({ title, note, size = "", beside = null }, ...content) {
  return h("section", { class: `card ${size}` },
    h("div", { class: "head" }, h("h2", null, title), h("span", { class: "spring" }), beside,
      note ? h("p", { class: "note", style: { "flex-basis": "100%" } }, note) : null),
    ...content);
}

/** The inner space of a card. */
export function body(...content) {
  return h("div", { class: "body" }, ...content);
}

/** A table of text. `columns` are `{name, number}`, rows lists of text or elements. */
export function table(caption, columns, rows, properties = {}) {
  const head = columns.map((one) => h("th", { scope: "col", class: one.number ? "num" : null },
    one.name));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", properties,
      h("caption", { class: "hidden" }, caption),
      h("thead", null, h("tr", null, head)),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, index) => h(
        index === 0 ? "th" : "td",
        {
          scope: index === 0 ? "row" : null, class: columns[index].number ? "num" : index ? null
            : "lead",
          "data-label": columns[index].name,
        },
        cell)))))));
}

/** The same figures as a chart above it, behind a disclosure. */
export function figures(key, caption, columns, rows) {
  return h("details", { "data-key": key }, h("summary", { "data-key": `${key}-open` }, "Table"),
    table(caption, columns, rows));
}

/** The state of a job or a node: a mark and a word. */
export function stateChip(state) {
  const name = stateNames[state] ?? state[0].toUpperCase() + state.slice(1);
  return h("span", { class: `chip ${state}` }, h("i", { "aria-hidden": "true" }), name);
}

/** A coloured square for legends. */
export function swatch(colour) {
  return h("span", { class: "swatch", style: { background: colour }, "aria-hidden": "true" });
}

/** Links to the pages of things. */
export const jobLink = (id, name, properties = {}) =>
  h("a", { href: `#/jobs/${id}`, ...properties }, name || `job ${id}`);
export const nodeLink = (name) => h("a", { href: `#/nodes/${encodeURIComponent(name)}` }, name);
export const machineLink = (name, text) =>
  h("a", { href: `#/hardware/${encodeURIComponent(name)}` }, text ?? name);
export const tenantLink = (name) => h("a", { href: `#/tenants?name=${encodeURIComponent(name)}` },
  name);

/** The address of the what-if page with changes filled in. */
export const whatIfAddress = (changes) =>
  `#/whatif?changes=${encodeURIComponent(JSON.stringify(changes))}`;

/** An error in the server's words, with what would help. */
export function errorBox(error) {
  const lines = [h("strong", null, error.message)];
  if (error.detail) lines.push(h("span", null, error.detail));
  if (error.hint) lines.push(h("span", null, `Hint: ${error.hint}`));
  for (const one of error.diagnostics ?? []) {
    const line = one.line ? `line ${one.line}: ` : "";
    const expected = one.expected ? `, expected ${one.expected}` : "";
    lines.push(h("span", { class: "mono" }, `${line}${one.message}${expected} ${one.code ?? ""}`));
    if (one.hint) lines.push(h("span", null, `Hint: ${one.hint}`));
  }
  const origin = [error.code, error.path].filter(Boolean).join(" · ");
  if (origin) lines.push(h("span", { class: "note" }, origin));
  return h("div", { class: "box bad", role: "alert" }, lines);
}

/** What stands where there is nothing. */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/** What stands where something is on its way. */
export const loading = () => empty("Loading…");

/** Figures in a row: `[name, value, small text]`. */
export function tiles(items) {
  return h("dl", { class: "tiles" }, items.filter(Boolean)
    .map(([name, value, sub]) => h("div", null,
    h("dt", null, name), h("dd", null, value, sub ? h("span", { class: "sub" }, sub) : null))));
}

/** Names and values. */
export function facts(items) {
  return h("dl", { class: "facts" }, items.filter((one) => one && one[1] !== null
    && one[1] !== undefined)
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

/** Bars with a label before and a value behind; `items` are `{label, value, colour, text, sub}`. */
export function bars(items, maximum) {
  const top = maximum ?? Math.max(1, ...items.map((one) => one.value));
  return h("div", { class: "bars", "aria-hidden": "true" }, items.map((one) => [
    h("span", null, one.label),
    h("span", { class: "track" }, h("span", {
      class: "bar-fill",
      style: { width: `${(100 * one.value) / top}%`, background: one.colour ?? "var(--c0)" },
    })),
    h("span", { class: "value" }, one.text ?? number(one.value)), h("span", { class: "sub" },
      one.sub),
  ]));
}

/** A choice of one among few. `options` are `[value, name]`. */
export function segments(label, options, value, choose) {
  const buttons = options.map(([key, name]) => h("button", {
    type: "button", "aria-pressed": String(key === value), "data-key": `segment-${label}-${key}`,
    onclick: () => {
      for (const [index, one] of buttons.entries()) {
        one.setAttribute("aria-pressed", String(options[index][0] === key));
      }
      choose(key);
    },
  }, name));
  return h("div", { class: "segments", role: "group", "aria-label": label }, buttons);
}

/** A list box with its label. `options` are `[value, name]`. */
export function select(label, options, value, choose, isLabelShown = false) {
  const list = h("select", { "aria-label": isLabelShown ? null : label,
    onchange: () => choose(list.value) },
    options.map(([key, name]) => h("option", { value: key, selected: key === value }, name)));
  return isLabelShown ? h("label", { class: "field" }, label, list) : list;
}

/** How long ago an instant of the fleet was; it goes on counting by itself. */
export function since(instant) {
  return h("time", { class: "since", "data-since": instant, datetime: instant,
    title: time(instant, true) },
    span(secondsSince(instant)));
}

setInterval(() => {
  for (const one of document.querySelectorAll(".since")) {
    const text = span(secondsSince(one.dataset.since));
    if (one.textContent !== text) one.textContent = text;
  }
}, 1000);

/** An estimate in two lines: the likely time, and the range. */
export function estimateCell(estimate) {
  if (!estimate) return h("span", { class: "sub" }, "not known");
  return h("span", { title: `by ${estimate.basis}` }, `~ ${time(estimate.likely)}`,
    h("span", { class: "sub" }, range(estimate)));
}

/** The dominant reason of a job that waits. */
export function reasonCell(reason) {
  if (!reason) return "–";
  return h("span", null, h("span", { class: "tag" }, reasonNames[reason.code] ?? reason.code), " ",
    h("span", { class: "sub clip" }, reason.text));
}

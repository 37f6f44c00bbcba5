// Tenants: what each is guaranteed, uses, borrows and waits for, and how that went over time.

import { get } from "../core/api.js";
import { h, swap, throttle } from "../core/dom.js";
import { fleetNow, number, percent, time } from "../core/format.js";
import { need, state, subscribe } from "../core/state.js";
import { legend, stackedAreas } from "../parts/chart.js";
import {
  body, card, empty, errorBox, facts, figures, heading, loading, segments, tenantLink,
  whatIfAddress,
} from "../parts/ui.js";

const spans = [[21600, "6 h"], [86400, "1 d"], [604800, "7 d"], [2592000, "30 d"]];
const seriesShown = 11;
let chosenSpan = 86400;

/** Shows the page. */
export async function show(view) {
  const chosen = view.query.name ?? null;
  const rows = h("div");
  const detail = h("div");
  const usagePart = h("div", null, loading());
  const usageTitle = chosen ? `Use over time: ${chosen}` : "Use over time";
  swap(view.root, heading("Tenants", chosen ? h("a", { href: "#/tenants" }, "All tenants") : null),
    h("div", { class: "stacked" }, detail,
    card({ title: "Quota and use",
      note: "The bar is what a tenant uses; hatched is borrowed, the mark is its guarantee." },
      rows),
    card({
      title: usageTitle,
      note: "GPUs in use, stacked. The line is the capacity, the dashes add what is waited for.",
      beside: segments("Span", spans, chosenSpan, (seconds) => {
        chosenSpan = seconds;
        loadUsage();
      }),
    }, body(usagePart))));

  async function loadUsage() {
    const to = fleetNow();
    try {
      const usage = await get("/v1/usage", {
        from: new Date(to - chosenSpan * 1000).toISOString(), to: new Date(to).toISOString(),
        stepSeconds: Math.round(chosenSpan / 120), tenant: chosen,
      }, view.signal);
      swap(usagePart, usageChart(usage));
    } catch (error) {
      if (!view.signal.aborted) swap(usagePart, errorBox(error));
    }
  }
  const draw = () => {
    swap(rows, tree(state.tenants, chosen));
    const one = state.tenants.find((tenant) => tenant.name === chosen);
    swap(detail, one ? detailCard(one) : chosen ? h("p", { class: "box bad" },
      `There is no tenant "${chosen}".`) : null);
  };
  await Promise.all([need("tenants"), need("fleet")]);
  if (view.signal.aborted) return;
  draw();
  const soon = throttle(draw, 1500);
  view.signal.addEventListener("abort", soon.cancel);
  subscribe((delta) => (delta.tenants || delta.whole) && soon(), view.signal);
  await loadUsage();
}

/** Tenants in the order of their tree, each behind the one above it. */
function ordered(tenants) {
  const below = new Map();
  for (const one of tenants) {
    const parent = one.parent ?? "";
    if (!below.has(parent)) below.set(parent, []);
    below.get(parent).push(one);
  }
  const all = [];
  const walk = (parent, depth) => {
    for (const one of (below.get(parent) ?? []).sort((a, b) => a.name.localeCompare(b.name))) {
      all.push({ ...one, depth });
      walk(one.name, depth + 1);
    }
  };
  walk("", 0);
  return all;
}

function tree(tenants, chosen) {
  if (tenants.length === 0) return empty("There are no tenants.");
  const heads = [["Tenant"], ["Kind"], ["In use"], ["Guaranteed", true], ["Borrowed", true],
    ["Waiting", true], ["Share", true], ["Weight", true], ["Limit", true], ["Jobs", true]];
  const rows = ordered(tenants).flatMap((tenant) => {
    const quotas = tenant.quotas.length ? tenant.quotas : [null];
    return quotas.map((quota, index) => treeRow(tenant, quota, index, heads, chosen));
  });
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Quota and use" },
    h("table", { class: "tree stack" }, h("caption", { class: "hidden" }, "Quota and use"),
      h("thead", null, h("tr", null,
        heads.map(([name, isNumber]) => h("th", { scope: "col", class: isNumber ? "num" : null },
        name)))),
      h("tbody", null, rows)));
}

function treeRow(tenant, quota, index, heads, chosen) {
  const short = tenant.depth ? tenant.name.split("/").at(-1) : tenant.name;
  const name = index ? h("span", { class: "hidden" }, tenant.name)
    : h("a", { href: `#/tenants?name=${encodeURIComponent(tenant.name)}`, title: tenant.name },
      short);
  const cells = quota === null
    ? [name, "–", "–", "–", "–", "–", "–", "–", "–"]
    : [name, quota.kind, [number(quota.used), meter(quota)], number(quota.guaranteed),
      quota.borrowed ? number(quota.borrowed) : "–",
      quota.waiting ? number(quota.waiting) : "–",
      percent(quota.share), number(quota.weight), quota.limit === null ? "none"
        : number(quota.limit)];
  cells.push(index ? "" : `${number(tenant.running)} run, ${number(tenant.waiting)} wait`);
  return h("tr", { class: tenant.name === chosen ? "chosen" : null,
    style: { "--depth": String(tenant.depth) } },
    cells.map((cell, at) => h(at ? "td" : "th", {
      scope: at ? null : "row", class: heads[at][1] ? "num" : at ? null : "lead",
        "data-label": heads[at][0],
    }, cell)));
}

function meter(quota) {
  const top = Math.max(quota.guaranteed, quota.used, quota.limit ?? 0, 1);
  const part = (value) => `${(100 * value) / top}%`;
  const own = quota.used - quota.borrowed;
  return h("div", { class: "meter", "aria-hidden": "true" },
    h("i", { style: { width: part(own) } }),
    quota.borrowed ? h("i",
      { class: "over", style: { left: part(own), width: part(quota.borrowed) } }) : null,
    quota.guaranteed ? h("b", { style: { left: `calc(${part(quota.guaranteed)} - 1px)` } }) : null);
}

function detailCard(tenant) {
  const change = ({ kind, guaranteed }) =>
    whatIfAddress([{ tenant: tenant.name, quota: { [kind]: { guaranteed } } }]);
  return card({ title: tenant.name }, body(facts([
    ["Above it", tenant.parent ? tenantLink(tenant.parent) : "nothing"],
    ["Jobs", [h("a", { href: `#/jobs?tenant=${encodeURIComponent(tenant.name)}` },
      `${number(tenant.running)} running`), ", ",
      h("a", { href: `#/queue?tenant=${encodeURIComponent(tenant.name)}` },
        `${number(tenant.waiting)} waiting`)]],
    ...tenant.quotas.map((quota) => [quota.kind, [
      `${number(quota.used)} in use, ${number(quota.guaranteed)} guaranteed, lends `,
      quota.lendable === null ? "all of it " : `${number(quota.lendable)} `,
      h("a", { href: change(quota) }, "What if it were other?")]]),
    ...tenant.cells.map((cell) => ["Owns",
      `${number(cell.count)} whole ${cell.level}${cell.count === 1 ? "" : "s"} of ${cell.kind}`]),
    ["On the map", h("a", { href: `#/fleet?view=map&filter=${encodeURIComponent(tenant.name)}` },
      "Show its GPUs")],
  ])));
}

function usageChart(usage) {
  if (usage.times.length === 0) return empty("Nothing is recorded yet.");
  const sum = (values) => values.reduce((all, one) => all + one, 0);
  const sorted = [...usage.tenants].sort((one, other) => sum(other.allocated) - sum(one.allocated));
  const shown = sorted.slice(0, sorted.length > seriesShown + 1 ? seriesShown : sorted.length);
  const rest = sorted.slice(shown.length);
  const series = shown.map((one) => ({ name: one.name, values: one.allocated }))
    .sort((one, other) => one.name.localeCompare(other.name))
    .map((one, index) => ({ ...one, colour: `var(--c${index})` }));
  if (rest.length) {
    series.push({ name: `${rest.length} others`, colour: "var(--busy)", values: usage.times
      .map((_, at) => sum(rest.map((one) => one.allocated[at]))) });
  }
  const demand = usage.times.map((_, at) => usage.allocated[at] + usage.waiting[at]);
  const most = Math.max(...usage.capacity);
  const lines = [{ name: "capacity", values: usage.capacity }];
  // A queue many times the fleet would press everything else flat.
  lines.push({ name: "capacity and queue", dashed: true, values: demand
    .map((one) => Math.min(one, most * 1.6)) });
  return [stackedAreas({ title: "Use over time", times: usage.times, series, lines }),
    legend(series),
    figures("usage", "Use over time", [{ name: "At" }, { name: "Capacity", number: true },
      { name: "Waiting", number: true },
      ...series.map((one) => ({ name: one.name, number: true }))],
    usage.times.map((at, index) => [time(at), number(usage.capacity[index]),
      number(usage.waiting[index]),
      ...series.map((one) => number(Math.round(one.values[index] * 10) / 10))]).reverse())];
}

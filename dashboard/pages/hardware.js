// All machines that ever were here, by their serial numbers: found by words, in pages.

import { get } from "../core/api.js";
import { debounce, h, keyed, swap } from "../core/dom.js";
import { count, number, time } from "../core/format.js";
import { need } from "../core/state.js";
import { followHealth, healthChip, healthStates } from "../parts/health.js";
import {
  empty, errorBox, heading, loading, machineLink, nodeLink, segments, select,
} from "../parts/ui.js";

const asked = 5000;
const pageSize = 25;
const groups = [["", "All"], ["bad", "Something open"], ["out", "Not working"], ["away", "Away"]];
const orders = [["", "First seen"], ["faults", "Most faults"], ["repairs", "Most repairs"],
  ["score", "Most points"]];
const columns = [["Machine"], ["Node now"], ["State"], ["Open"], ["Faults", true],
  ["Repairs", true], ["Tests", true], ["Points", true], ["Last proof"]];

const fits = {
  "": () => true, bad: (one) => one.open.length > 0,
  out: (one) => one.node !== null && one.state !== "inService", away: (one) => one.node === null,
};

/** Shows the page. */
export async function show(view) {
  let machines = [];
  let group = view.query.show ?? "";
  let order = "";
  let words = view.query.search ?? "";
  let first = 0;
  const rows = h("tbody");
  const note = h("div", null, loading());
  const tally = h("span", { class: "note inline-note", "aria-live": "polite" });
  const place = h("span");
  const earlier = h("button", { type: "button", onclick: () => turn(-pageSize) }, "Back");
  const later = h("button", { type: "button", onclick: () => turn(pageSize) }, "Next");
  const pager = h("div", { class: "pager", hidden: true }, earlier, later, place);

  function found() {
    const text = words.toLowerCase();
    const list = machines.filter((one) => fits[group](one)
      && (!text || textOf(one).includes(text)));
    if (!order) return list;
    const value = (one) => (order === "score" ? one.score : one.counts[order]);
    return list.sort((one, other) => value(other) - value(one));
  }
  function draw() {
    const list = found();
    if (first >= list.length) first = Math.max(0, Math.ceil(list.length / pageSize) - 1) * pageSize;
    const shown = list.slice(first, first + pageSize);
    keyed(rows, shown, (one) => one.machine, (one) => fillRow(h("tr"), one), fillRow);
    swap(note, list.length ? null : empty(machines.length ? "No machine fits." : "None was here."));
    tally.textContent = list.length === machines.length ? count(machines.length, "machine")
      : `${number(list.length)} of ${count(machines.length, "machine")}`;
    earlier.disabled = first === 0;
    later.disabled = first + pageSize >= list.length;
    pager.hidden = earlier.disabled && later.disabled;
    place.textContent = `${number(first + 1)}–${number(first + shown.length)}`;
  }
  function turn(by) {
    first = Math.max(0, first + by);
    draw();
  }
  const restart = () => {
    first = 0;
    draw();
  };
  async function load() {
    machines = await allMachines(view.signal);
    draw();
  }

  const search = h("input", { type: "search", name: "words", value: words, autocomplete: "off",
    spellcheck: "false", placeholder: "Serial, node, fault", "aria-label": "Find machines",
    oninput: debounce(() => {
      words = search.value.trim();
      restart();
    }, 200) });
  swap(view.root, heading("Hardware", tally),
    h("div", { class: "filters" }, segments("Show", groups, group, (value) => {
      group = value;
      restart();
    }), select("Order", orders, order, (value) => {
      order = value;
      restart();
    }), openForm(search)),
    h("div", { class: "card" }, h("div", { class: "scroll", tabindex: "0", role: "region",
      "aria-label": "Machines" }, h("table", { class: "machines stack" },
      h("caption", { class: "hidden" }, "Machines"),
      h("thead", null, h("tr", null, columns.map(([name, isNumber]) => h("th", { scope: "col",
        class: isNumber ? "num" : null }, name)))), rows)), note, pager));
  try {
    await need("fleet");
    await load();
  } catch (error) {
    if (!view.signal.aborted) swap(note, errorBox(error));
  }
  followHealth(view.signal, load);
}

/** The words, and a way to the machine of a UUID or a serial that the table does not show. */
function openForm(search) {
  return h("form", { class: "inline", onsubmit: (event) => {
    event.preventDefault();
    const text = search.value.trim();
    if (text) location.hash = `#/hardware/${encodeURIComponent(text)}`;
  } }, search, h("button", { type: "submit",
    title: "Opens the machine of this serial number, GPU UUID, node or machine number" }, "Open"));
}

/** Every machine, in the order in which they were first seen. */
async function allMachines(signal) {
  const all = [];
  let after = null;
  do {
    const page = await get("/v1/hardware", { limit: asked, after }, signal);
    all.push(...page.machines);
    after = page.next;
  } while (after !== null);
  return all;
}

/** What the search looks at. */
function textOf(one) {
  return [one.machine, one.chassis, one.node, one.lastNode, healthStates[one.state]?.[0],
    ...one.open].join(" ").toLowerCase();
}

function fillRow(element, one) {
  const text = JSON.stringify(one);
  if (element.shownMachine === text) return element;
  element.shownMachine = text;
  const { counts, provedAt } = one;
  const cells = [
    [machineLink(one.machine, one.chassis ?? one.machine), h("span", { class: "sub line" },
      one.chassis ? one.machine : "no serial number", ` · ${count(one.devices, "GPU")}`)],
    one.node ? nodeLink(one.node) : one.lastNode
      ? h("span", { class: "sub" }, `last ${one.lastNode}`) : "–",
    healthChip(one.state), one.open.length ? one.open.join(", ") : "–",
    [number(counts.faults), counts.severeFaults ? h("span", { class: "sub line" },
      `${number(counts.severeFaults)} severe`) : null],
    number(counts.repairs),
    [`${number(counts.passedTests)} passed`, counts.failedTests ? h("span", { class: "sub line" },
      `${number(counts.failedTests)} failed`) : null],
    number(one.score),
    provedAt === null ? "none that counts"
      : h("time", { datetime: provedAt, title: provedAt }, time(provedAt)),
  ];
  swap(element, cells.map((cell, index) => h(index ? "td" : "th", {
    scope: index ? null : "row", class: columns[index][1] ? "num" : index ? null : "lead",
    "data-label": columns[index][0],
  }, cell)));
  return element;
}

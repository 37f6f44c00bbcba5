// One machine: what it is made of, everything that is kept of its life, and the text for its
// provider.

import { get } from "../core/api.js";
import { announce, h, swap, swapFor } from "../core/dom.js";
import { count, number, runs, time } from "../core/format.js";
import { need } from "../core/state.js";
import { copyButton } from "../parts/copy.js";
import {
  followHealth, healthChip, healthStates, sayButtons, statementsFor, words,
} from "../parts/health.js";
import {
  body, card, empty, facts, heading, jobLink, nodeLink, table,
} from "../parts/ui.js";

/** Shows the page. */
export async function show(view) {
  const path = `/v1/hardware/${encodeURIComponent(view.name)}`;
  let machine = await get(path, null, view.signal);
  await need("fleet");
  if (view.signal.aborted) return;
  const parts = { head: h("div"), facts: h("div"), ticket: h("div"), history: h("div", {
    class: "stacked" }), devices: h("div"), lines: h("div"), past: h("div") };
  swap(view.root, parts.head, h("div", { class: "stacked" }, parts.facts, parts.ticket,
    parts.history, parts.devices, parts.lines, parts.past));
  showPast(parts.past, path, view.signal);

  function draw() {
    // The ticket has the time in it, which is no reason to take it from under the reader.
    const known = { ...machine, ticket: null };
    swapFor(parts.head, known, () => header(machine, soon));
    swapFor(parts.facts, known, () => factsCard(machine));
    swapFor(parts.ticket, known, () => ticketCard(machine));
    swapFor(parts.history, known, () => historyCards(machine));
    swapFor(parts.devices, machine.parts, () => devicesCard(machine));
    swapFor(parts.lines, machine.lines, () => linesCard(machine));
  }
  async function load() {
    const before = machine.state;
    machine = await get(path, null, view.signal);
    draw();
    if (machine.state !== before) {
      announce(`${nameOf(machine)} is ${healthStates[machine.state]?.[0] ?? machine.state}`, true);
    }
  }
  const soon = followHealth(view.signal, load, (event) => event.node === null
    || event.node === machine.node || event.node === machine.lastNode);
  draw();
}

const nameOf = (machine) => machine.chassis ?? machine.machine;

function header(machine, done) {
  return heading(nameOf(machine), healthChip(machine.state),
    h("span", { class: "note inline-note" },
      `${machine.machine} · ${count(machine.devices, "GPU")}`),
    machine.node ? nodeLink(machine.node) : null,
    h("span", { class: "spring" }),
    machine.node ? sayButtons(machine.node, statementsFor(machine.state), done) : null);
}

const when = (instant) => (instant ? h("time", { datetime: instant, title: instant },
  time(instant, true)) : "–");

function factsCard(machine) {
  const { counts } = machine;
  return card({ title: "What it is" },
    machine.open.length ? body(h("div", { class: "box bad" }, h("strong", null, "Open"),
      machine.open.map((one) => h("span", null, one)))) : null,
    body(facts([
      ["Chassis serial", machine.chassis ?? "none told"], ["Machine", machine.machine],
      ["Node now", machine.node ? nodeLink(machine.node) : "none"],
      machine.node === null && machine.lastNode ? ["Last node", machine.lastNode] : null,
      ["Network interfaces", machine.nics.length ? machine.nics.join(", ") : "none told"],
      ["Last proof", machine.provedAt ? when(machine.provedAt) : "none that counts"],
      ["Last repair", machine.repairedAt ? when(machine.repairedAt) : "none"],
      ["Faults", `${number(counts.faults)}, ${number(counts.severeFaults)} severe`],
      ["Tests", `${number(counts.passedTests)} passed, ${number(counts.failedTests)} failed`],
      ["Repairs", number(counts.repairs)], ["Outages", number(counts.outages)],
      ["Jobs", `${number(counts.jobs)}, ${number(counts.blamedJobs)} failed by it`],
      ["Lemon points", number(machine.score)],
      machine.isRetired ? ["Retired", "yes"] : null,
    ])),
    machine.why ? body(h("details", { "data-key": "why", open: machine.state !== "inService" },
      h("summary", { "data-key": "why-open" }, "Its state, and the decisions that led to it"),
      h("pre", { class: "box" }, machine.why))) : null);
}

function ticketCard(machine) {
  if (machine.ticket === null) return null;
  const note = "Which hardware, what happened when, and what was tried. Times are UTC.";
  return card({ title: "Ticket for the provider", note,
    beside: copyButton("Copy the ticket", () => machine.ticket) },
  body(h("pre", { class: "ticket box", tabindex: "0", role: "region",
    "aria-label": "Ticket for the provider" }, machine.ticket)));
}

/** A kind of record of the machine and its GPUs; what is of several parts at once stands once. */
function gathered(machine, kind) {
  const found = new Map();
  const take = (record, part) => {
    const key = JSON.stringify(record);
    if (!found.has(key)) found.set(key, { record, isWhole: false, devices: [] });
    if (part === null) found.get(key).isWhole = true;
    else found.get(key).devices.push(part);
  };
  for (const record of machine[kind]) take(record, null);
  for (const part of machine.parts) {
    for (const record of part[kind] ?? []) take(record, part.index);
  }
  const at = ({ record }) => Date.parse(record.time ?? record.from);
  return [...found.values()].sort((one, other) => at(other) - at(one));
}

function ofText({ isWhole, devices }) {
  const gpus = devices.length ? `GPU ${runs(devices)}` : "";
  return [isWhole ? "machine" : "", gpus].filter(Boolean).join(", ");
}

const kinds = [
  ["faults", "Faults", ["Cause", "Severity", "Asks for", "Rule", "On"],
    (one) => [one.cause, one.severity, words(one.action), [one.rule, h("span",
      { class: "sub line" }, `version ${one.version}`)], one.node]],
  ["tests", "Tests", ["Level", "Verdict", "Failed", "On"],
    (one) => [words(one.level), verdict(one.verdict), one.failed.join(", ") || "–", one.node]],
  ["repairs", "Repairs", ["Repair", "Outcome", "For"],
    (one) => [words(one.action), one.outcome ? words(one.outcome) : "no answer",
      one.cause ?? "–"]],
  ["jobs", "Jobs that ended there", ["Job", "Ended by", "Held against it"],
    (one) => [jobLink(one.job, null), one.cause, one.isSuspect ? "yes" : "no"]],
];

function verdict(text) {
  const isBad = text === "failed";
  return h("span", { class: `tag ${isBad ? "warn" : ""}` }, words(text));
}

function historyCards(machine) {
  const cards = kinds.map(([kind, title, heads, cells]) => {
    const rows = gathered(machine, kind).map((entry) => [when(entry.record.time), ofText(entry),
      ...cells(entry.record)]);
    return card({ title }, rows.length ? table(title, [{ name: "At" }, { name: "Of" },
      ...heads.map((name) => ({ name }))], rows, { class: "stack" }) : empty("None is kept."));
  });
  const places = gathered(machine, "places").map((entry) => [entry.record.node, ofText(entry),
    when(entry.record.from), entry.record.until ? when(entry.record.until) : "now"]);
  return [...cards, card({ title: "Places" }, places.length ? table("Places", [{ name: "Node" },
    { name: "Of" }, { name: "From" }, { name: "Until" }], places, { class: "stack" })
    : empty("None is kept."))];
}

/** Where a device sits in its rack: `slot 12, tray 8, host 1, module 2`. */
function seatText(seat) {
  if (!seat) return "";
  return ["chassis", "slot", "tray", "host", "module"].filter((name) => seat[name] !== null)
    .map((name) => `${name} ${seat[name]}`).join(", ");
}

function devicesCard(machine) {
  if (machine.parts.length === 0) return null;
  const rows = machine.parts.map((part) => [
    `GPU ${part.index}`,
    part.uuid ? h("span", { class: "mono" }, part.uuid) : "not told",
    part.boardSerial ?? "not told", [part.slot, seatText(part.seat)].filter(Boolean).join("; ")
      || "–",
    number(part.counts?.faults), part.counts ? `${number(part.counts.passedTests)} passed, `
      + `${number(part.counts.failedTests)} failed` : "–",
    number(part.counts?.repairs), part.provedAt ? when(part.provedAt) : "–",
    part.isRetired ? h("span", { class: "tag warn" }, "retired") : "in use",
  ]);
  return card({ title: "GPUs" }, table("GPUs", [{ name: "GPU" }, { name: "UUID" },
    { name: "Board serial" }, { name: "Slot" }, { name: "Faults", number: true }, { name: "Tests" },
    { name: "Repairs", number: true }, { name: "Last proof" }, { name: "Standing" }], rows,
    { class: "stack" }));
}

/** What of a machine something happened to. */
function pastOf({ device, interface: port }) {
  if (device !== null) return `GPU ${device}`;
  return port ? `interface ${port}` : "machine";
}

/** Everything that is kept of it, a page at a time, once somebody asks. */
function showPast(root, path, signal) {
  const rows = [];
  let cursor = null;
  async function more(event) {
    // One page at a time: a second press would load the same one again.
    event.currentTarget.disabled = true;
    let page;
    try {
      page = await get(`${path}/history`, { limit: 100, cursor }, signal);
    } catch (error) {
      if (!signal.aborted) announce(`The history could not be loaded: ${error.message}`, true);
      return draw(rows.length > 0);
    }
    cursor = page.next;
    for (const one of page.history) {
      rows.push([when(one.time), pastOf(one), one.node,
        one.kind, [one.text, one.line ? h("code", { class: "sub line" }, one.line) : null]]);
    }
    draw(true);
  }
  function draw(isLoaded) {
    const button = !isLoaded || cursor
      ? h("button", { type: "button", "data-key": "past", onclick: more },
        isLoaded ? "Show older" : "Show it")
      : null;
    swap(root, card({ title: "Everything it went through",
      note: "Newest first, for years, under all names that it had.", beside: button },
    rows.length ? table("Everything it went through", [{ name: "At" }, { name: "Of" },
      { name: "Node" }, { name: "Kind" }, { name: "What" }], rows, { class: "stack" })
      : empty(isLoaded ? "Nothing is kept." : "Not loaded yet.")));
  }
  draw(false);
}

function linesCard(machine) {
  if (machine.lines.length === 0) return null;
  const rows = machine.lines.map((one) => [number(one.number), when(one.time),
    h("code", null, one.text)]).reverse();
  return card({ title: "Lines of its logs",
    note: "Those that said something; decisions name them by number." },
  table("Lines of its logs", [{ name: "Line" }, { name: "At" }, { name: "Text" }], rows,
    { class: "stack" }));
}

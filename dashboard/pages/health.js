// The health of the hardware: what is out of service and why, what waits for people, and what was
// decided on which grounds.

import { get, send } from "../core/api.js";
import { announce, h, swap, swapFor } from "../core/dom.js";
import { count, number, runs, time } from "../core/format.js";
import { mayChange, need } from "../core/state.js";
import { ask } from "../parts/dialog.js";
import {
  followHealth, healthChip, healthStates, ruleText, sayButtons, waiting, words,
} from "../parts/health.js";
import { stacksCard } from "../parts/stacks.js";
import {
  body, card, empty, facts, heading, loading, machineLink, nodeLink, segments, since, table, tiles,
} from "../parts/ui.js";

const shownNodes = 100;
const shownSpares = 12;
const shownDecisions = 25;

/** Shows the page. */
export async function show(view) {
  const parts = { note: h("div"), tiles: h("div", null, loading()), people: h("div"),
    out: h("div"), stacks: h("div"), spares: h("div"), breakers: h("div"), lemons: h("div"),
    decisions: h("div"), recovery: h("div") };
  swap(view.root, heading("Health", h("a", { href: "#/hardware" }, "All machines")),
    parts.note, parts.tiles, h("div", { class: "stacked" }, parts.people,
      parts.breakers, parts.out, parts.spares, parts.stacks, parts.lemons, parts.decisions,
      parts.recovery));
  let health = null;
  let stacks = null;
  let proposals = new Map();
  let chosen = "";

  async function load() {
    const before = health?.out.length;
    const answers = await Promise.all([get("/v1/health", null, view.signal),
      newestProposals(view.signal), get("/v1/stacks", null, view.signal)]);
    [health, proposals, stacks] = answers;
    draw();
    if (before !== undefined && before !== health.out.length) {
      announce(`${count(health.out.length, "node")} out of service or watched`);
    }
  }
  function draw() {
    const { hasCare, out, breakers, guards, spares, lemons, decisions } = health;
    swapFor(parts.note, hasCare, () => (hasCare ? null : h("p", { class: "box warn below-title" },
      "This backend cannot test or repair. What is out stays out until people had it repaired and "
      + "a test proves it.")));
    swap(parts.tiles, tiles(stateTiles(health)));
    swapFor(parts.people, [out, [...proposals]], () => peopleCard(health, proposals, soon));
    swapFor(parts.breakers, [breakers, guards], () => breakersCard(breakers, guards, soon));
    swapFor(parts.out, [out, chosen], () => outCard(health, chosen, (cause) => {
      chosen = cause;
      draw();
    }));
    swapFor(parts.spares, spares, () => (spares.length ? sparesCard(spares) : null));
    swapFor(parts.stacks, [{ ...stacks, time: null }], () => stacksCard(stacks, soon));
    swapFor(parts.lemons, lemons, () => lemonsCard(lemons));
    swapFor(parts.decisions, decisions, () => decisionsCard(decisions));
    swap(parts.recovery, recoveryCard(health));
  }

  const soon = followHealth(view.signal, load);
  await need("fleet");
  await load();
}

/** The newest proposal for each node, by its name. */
async function newestProposals(signal) {
  const found = new Map();
  const { events } = await get("/v1/events", { kind: "healthProposal", limit: 500 }, signal);
  for (const event of events) found.set(event.node, event);
  return found;
}

function stateTiles(health) {
  const of = (name) => health.states.find((one) => one.state === name);
  const tile = (name) => {
    const { nodes, devices } = of(name);
    // GPUs of a node that is only watched count as working.
    const isOfNodes = nodes > 0 && devices === 0;
    return [healthStates[name][0], number(nodes), isOfNodes ? "nodes" : count(devices, "GPU")];
  };
  const optional = ["unqualified", "qualifying"].filter((name) => of(name).nodes > 0);
  const held = ["refused", "contested"].filter((name) => health[name] > 0);
  return [
    ...["inService", "suspect", "draining", "quarantined", "repairing", "proving", "retired"]
      .map(tile),
    ...optional.map(tile),
    ...held.map((name) => [healthStates[name][0], number(health[name]), "not taken in"]),
  ];
}

function peopleCard(health, proposals, done) {
  const groups = new Map();
  for (const node of health.out) {
    for (const one of waiting(node)) {
      if (!groups.has(one.why)) groups.set(one.why, { ...one, rows: [] });
      groups.get(one.why).rows.push(proposalRow(node, one, proposals.get(node.node), done));
    }
  }
  const heads = [{ name: "Node" }, { name: "Proposed" }, { name: "For", number: true },
    { name: "Cause" }, { name: "Machine" }, ...(mayChange() ? [{ name: "Say" }] : [])];
  const note = "What the engine does not do by itself, and what to do about it.";
  return card({ title: "Waiting for people", note }, groups.size === 0
    ? empty("Nothing waits for people.") : null,
  [...groups.values()].map(({ why, text, rows }) => {
    const shown = rows.slice(0, shownNodes);
    return h("section", { class: "remedy" },
      body(h("div", { class: "box warn" }, h("h3", null, `${why}: ${count(rows.length, "case")}`),
        h("p", null, text))),
      table(`Waiting for people: ${why}`, heads, shown, { class: "stack" }),
      more(rows.length - shown.length));
  }));
}

function proposalRow(node, { device, says }, event, done) {
  // Only an event that is younger than the node's state is about it.
  const isOfNow = event && Date.parse(event.at) >= Date.parse(node.since);
  return [
    [nodeLink(node.node), device === null ? null
      : h("span", { class: "sub line" }, `GPU ${device}`)],
    isOfNow ? event.text.split("; left to people")[0] : "it is held back",
    since(isOfNow ? event.at : node.since), node.cause ?? "–",
    machineLink(node.node, "Machine and ticket"),
    ...(mayChange() ? [h("span", { class: "actions start" }, sayButtons(node.node, says, done))]
      : []),
  ];
}

/** A line for what a long table leaves out. */
function more(left) {
  return left > 0 ? body(h("p", { class: "note" }, `and ${number(left)} more`)) : null;
}

const takesWork = (node) => node.state === "inService" || node.state === "suspect";

/** Why a node is in the list, as the server counts causes. */
function causeOf(node) {
  return node.cause ?? node.hold ?? node.devices.find((one) => one.cause)?.cause
    ?? healthStates[node.state][0];
}

function outCard(health, chosen, choose) {
  const { out } = health;
  const counts = new Map();
  for (const node of out) counts.set(causeOf(node), (counts.get(causeOf(node)) ?? 0) + 1);
  const causes = [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
  const cause = counts.has(chosen) ? chosen : "";
  const nodes = out.filter((node) => !cause || causeOf(node) === cause)
    .sort((one, other) => Number(takesWork(one)) - Number(takesWork(other))
      || causeOf(one).localeCompare(causeOf(other))
      || Date.parse(one.since) - Date.parse(other.since));
  const shown = nodes.slice(0, shownNodes);
  const note = "Also nodes that work and are watched, or have a GPU that is out.";
  const choices = segments("Cause", [["", `All ${number(out.length)}`],
    ...causes.map(([name, many]) => [name, `${name} ${number(many)}`])], cause, choose);
  choices.classList.add("wrap");
  return card({ title: "Out of service, by cause", note },
    out.length ? body(choices) : empty("Everything is in service, and nothing is suspected."),
    out.length ? table("Nodes out of service", [{ name: "Node" }, { name: "Cause" },
      { name: "State" }, { name: "For", number: true }, { name: "GPUs out" },
      { name: "Under way" }], shown.map(outRow), { class: "stack" }) : null,
    more(nodes.length - shown.length));
}

function outRow(node) {
  const under = node.operations.map((one) => h("span", { class: "line" },
    words(one.what), one.device === null ? "" : ` of GPU ${one.device}`,
    one.with ? [" with ", nodeLink(one.with)] : null, ", for ",
    since(one.since), one.asks > 1 ? `, asked ${number(one.asks)} times` : ""));
  return [
    [nodeLink(node.node), " ", machineLink(node.node, "machine")], causeOf(node),
    [healthChip(node.hold ?? node.state), node.isBusy ? h("span", { class: "sub line" },
      "jobs run there") : null],
    since(node.outSince ?? node.since),
    takesWork(node) ? runs(node.unhealthy) || "none" : "all",
    under.length ? under : node.held ? "held back" : "–",
  ];
}

const breakerKinds = [
  ["fleetWindow", "Taken out of the fleet", "in a short time"],
  ["fleetHeld", "Out of the fleet", "at a time"],
  ["domain-", "Taken out of one fault domain", "in a short time"],
  ["machine-", "Repairs of one machine", "within days"],
  ["cause-", "Repairs of one machine for one cause", "within days"],
];

function breakersCard(open, guards, done) {
  const action = (cell) => (mayChange() ? [cell] : []);
  const now = (kind) => {
    const one = guards.find(({ guard }) => guard === kind);
    return one ? `${number(one.have)} of ${count(one.limit, "GPU")}` : "–";
  };
  const rows = breakerKinds.flatMap(([kind, name, sub]) => {
    const label = [name, h("span", { class: "sub line" }, sub)];
    const found = open.filter((one) => one.breaker === kind
      || (kind.endsWith("-") && one.breaker.startsWith(kind)));
    if (found.length === 0) {
      return [[label, now(kind), breakerChip(false), "–", "–", ...action("")]];
    }
    return found.map((one) => [
      kind.endsWith("-") ? [label, h("span", { class: "sub line mono" }, one.breaker)] : label,
      now(kind), breakerChip(true), since(one.since), count(one.blocked, "move"),
      ...action(closeButton(one, done))]);
  });
  const repairs = guards.find(({ guard }) => guard === "repairs");
  const note = "An open breaker stops the engine from taking out or repairing more; what it would "
    + `do is proposed to people. ${count(repairs.have, "repair")} of ${number(repairs.limit)} `
    + "that may run at a time.";
  return card({ title: "Breakers", note }, table("Breakers", [{ name: "Guards" },
    { name: "Now", number: true }, { name: "State" }, { name: "Open for", number: true },
    { name: "Held back", number: true },
    ...(mayChange() ? [{ name: "Action" }] : [])], rows, { class: "stack" }));
}

function breakerChip(isOpen) {
  return h("span", { class: `chip ${isOpen ? "failed" : "ready"}` },
    h("i", { "aria-hidden": "true" }), isOpen ? "Open" : "Closed");
}

function closeButton({ breaker, blocked }, done) {
  return h("button", {
    type: "button", class: "danger", "data-key": `close-${breaker}`,
    "aria-label": `Close the breaker ${breaker}`,
    onclick: () => ask({
      title: "Close the breaker",
      text: `What it held back is done now: ${count(blocked, "move")}. If that is too much again, `
        + "it opens again, and holds back the rest.",
      action: "Close it", isDangerous: true, done,
      run: () => send("POST", `/v1/health/breakers/${encodeURIComponent(breaker)}/close`),
    }),
  }, "Close");
}

function sparesCard(spares) {
  const note = "Good nodes that are kept free, so that a large gang which breaks starts again at "
    + "once. Small jobs that run there go on; none is newly put there.";
  return card({ title: "Spares", note }, table("Spares", [{ name: "Pool" },
    { name: "For gangs of" }, { name: "Wanted", number: true }, { name: "Kept", number: true },
    { name: "In use", number: true }, { name: "Missing", number: true }, { name: "Nodes" }],
    spares.map((one) => [one.pool, `≥ ${count(one.leastGPUs, "GPU")}`, number(one.wanted),
      number(one.kept), number(one.inUse),
      one.missing ? h("span", { class: "tag warn" }, number(one.missing)) : "0",
      [one.nodes.slice(0, shownSpares).map((name, index) => [index ? ", " : "", nodeLink(name)]),
        one.nodes.length > shownSpares ? ` and ${number(one.nodes.length - shownSpares)} more` : "",
        one.why ? h("span", { class: "sub line" }, one.why) : null]]), { class: "stack" }));
}

function lemonsCard(lemons) {
  const note = "Machines that fail more often than others, over 28 days; a lemon is repaired or "
    + "handed back, not trusted.";
  return card({ title: "Lemons", note }, lemons.length ? table("Lemons", [{ name: "Machine" },
    { name: "Node now" }, { name: "Points", number: true }, { name: "Verdict" }],
    lemons.map((one) => [
      machineLink(`machine-${one.machine}`, one.chassis ?? `machine-${one.machine}`),
      one.node ? nodeLink(one.node) : "away", number(one.score),
      one.isLemon ? h("span", { class: "tag warn" }, "lemon") : "not yet"]), { class: "stack" })
    : empty("No machine has points against it."));
}

/** Moves of the devices of a node that were made at once, as one. */
function grouped(decisions) {
  const groups = new Map();
  for (const one of decisions) {
    const key = JSON.stringify([one.node, one.device === null, one.time, one.from, one.to,
      one.rule, one.cause]);
    const group = groups.get(key);
    if (group) group.devices.push(one.device);
    else groups.set(key, { ...one, devices: one.device === null ? [] : [one.device] });
  }
  return [...groups.values()];
}

function decisionsCard(decisions) {
  if (decisions.length === 0) {
    return card({ title: "Recent decisions" }, empty("Nothing was decided yet."));
  }
  const rows = grouped(decisions).slice(0, shownDecisions).map((one) => [
    h("time", { datetime: one.time, title: one.time }, time(one.time, true)),
    [nodeLink(one.node), one.devices.length ? h("span", { class: "sub line" },
      `GPU ${runs(one.devices)}`) : null],
    [healthChip(one.from), " → ", healthChip(one.to)],
    [ruleText(one.rule), one.cause ? h("span", { class: "sub line" }, one.cause) : null],
    grounds(one),
  ]);
  const note = "Newest first, each with the rule, the inputs and the versions that it rests on.";
  return card({ title: "Recent decisions", note }, table("Recent decisions", [{ name: "At" },
    { name: "Of" }, { name: "Move" }, { name: "Because" }, { name: "Rests on" }], rows,
    { class: "stack" }));
}

function grounds(one) {
  const catalogue = one.catalogueRule === null ? null
    : h("span", { class: "line" }, `${one.catalogueRule}, version ${one.catalogueVersion}`);
  const inputs = one.inputs.length ? `inputs ${one.inputs.join(" ")}, ` : "";
  return [catalogue, h("span", { class: "sub line" },
    `${inputs}policy ${one.policyVersion}, rule ${one.rule}, decision ${one.number}`)];
}

function recoveryCard({ recovery, unknownFaults, staleFaults, proposals }) {
  const lost = recovery.lost.filter((one) => one.attempts > 0);
  return card({ title: "Since this fleet began" }, body(facts([
    ["Node-days in service", number(Math.round(recovery.nodeDays * 10) / 10)],
    ["Stops of jobs",
      `${number(recovery.stops)}, ${number(recovery.attributed)} put down to a node`],
    ["Lost", `${number(Math.round(recovery.gpuHours * 10) / 10)} GPU-hours`],
    ["Faults that nobody knows", number(unknownFaults)],
    ["Faults too old to act on", number(staleFaults)],
    ["Proposals to people", number(proposals)],
  ])), lost.length ? table("Ended attempts by cause", [{ name: "Attempts ended by" },
    { name: "Attempts", number: true }, { name: "GPU-hours lost", number: true }],
    lost.map((one) => [one.cause, number(one.attempts),
      number(Math.round(one.gpuHours * 10) / 10)])) : null);
}

// Stacks of versions: what pools have, pools on their way to another, and what the fleet has seen.

import { send } from "../core/api.js";
import { h } from "../core/dom.js";
import { count, number, time } from "../core/format.js";
import { mayChange } from "../core/state.js";
import { ask } from "./dialog.js";
import { body, card, empty, facts, nodeLink, table } from "./ui.js";

const shown = 50;

const phases = {
  rolling: "Under way", rollingBack: "Going back", cancelling: "Ending", done: "Done",
  rolledBack: "Rolled back", cancelled: "Cancelled", stopped: "Stopped",
};

const steps = {
  waits: "wait", draining: "draining", installing: "installing", qualifying: "tested",
  done: "done", failed: "failed", held: "left to people", left: "left out", returning: "returning",
};

/** Everything about stacks; nothing where none is declared and nothing was told. */
export function stacksCard(stacks, done) {
  if (stacks.stacks.length === 0 && stacks.rollouts.length === 0
    && stacks.observed.length === 0) return null;
  const note = "Which versions nodes have and should have, and what ran with them.";
  return card({ title: "Versions", note }, poolTable(stacks),
    stacks.rollouts.slice(0, 2).map((one) => rolloutPart(one, done)), driftTable(stacks),
    observedTable(stacks));
}

function poolTable({ pools }) {
  if (pools.length === 0) return empty("No nodes.");
  return table("Pools and their stacks", [{ name: "Pool" }, { name: "Stack" },
    { name: "Nodes", number: true }, { name: "Have it", number: true },
    { name: "Drifted", number: true }, { name: "Conflicts", number: true }],
  pools.map((one) => [one.pool, one.stack ?? "–", number(one.nodes), number(one.met),
    number(one.drifted), number(one.conflicts)]), { class: "stack" });
}

function rolloutPart(rollout, done) {
  const isOpen = rollout.endedAt === null;
  const where = rollout.steps.filter((one) => one.nodes > 0)
    .map((one) => `${number(one.nodes)} ${steps[one.step]}`).join(", ");
  const state = [phases[rollout.phase], rollout.isPaused && isOpen ? "paused" : "",
    rollout.isHeldBack ? "held back by the health engine" : "",
    rollout.installs || rollout.endedAt ? "" : "people have to install it", rollout.reason]
    .filter(Boolean).join(", ");
  const nodes = rollout.nodes.filter((one) => isOpen
    && (one.note || !["waits", "done"].includes(one.step))).slice(0, shown);
  return h("section", null, body(
    h("h3", null, `Pool ${rollout.pool} to ${rollout.stack}`),
    facts([["State", state], ["From", rollout.previous ?? "no stack"],
      ["Wave", rollout.wave === null ? null : number(rollout.wave)], ["Nodes", where],
      ["Works until", rollout.soakUntil === null ? null : time(rollout.soakUntil)],
      ["Failed", `${number(rollout.failures)} of ${number(rollout.allowedFailures)} that may`]]),
    isOpen && mayChange() ? h("span", { class: "actions start" }, buttons(rollout, done)) : null),
  nodes.length ? table(`Nodes on their way to ${rollout.stack}`, [{ name: "Node" },
    { name: "Step" }, { name: "Wave", number: true }, { name: "Note" }],
  nodes.map((one) => [nodeLink(one.node), steps[one.step] + (one.goesBack ? ", back" : ""),
    one.wave === null ? "–" : number(one.wave), one.note || "–"]), { class: "stack" }) : null);
}

const commands = [
  ["pause", "Pause", "Nothing new begins; what is under way comes to its end.", false],
  ["resume", "Resume", "The rollout goes on.", false],
  ["rollBack", "Roll back", "What was changed is brought back to the old stack.", true],
  ["cancel", "Cancel", "Nothing new begins, and what was changed stays as it is.", true],
];

function buttons(rollout, done) {
  return commands.filter(([command]) => (command === "pause" ? !rollout.isPaused
    : command === "resume" ? rollout.isPaused
      : command === "rollBack" ? rollout.phase === "rolling" && rollout.previous !== null
        : rollout.phase !== "cancelling")).map(([command, label, text, isDangerous]) => h("button", {
    type: "button", class: isDangerous ? "danger" : "", "data-key": `${command}-${rollout.pool}`,
    "aria-label": `${label} the rollout in pool ${rollout.pool}`,
    onclick: () => ask({
      title: `${label} the rollout`, text, action: label, isDangerous, done,
      run: () => send("POST",
        `/v1/stacks/rollouts/${encodeURIComponent(rollout.pool)}/${command}`),
    }),
  }, label));
}

function driftTable({ drift }) {
  if (drift.length === 0) return null;
  const rows = drift.slice(0, shown).map((one) => [nodeLink(one.node), one.pool,
    [...one.differences.map((other) => `${other.part} ${other.found}, not ${other.declared}`),
      ...one.conflicts.map((other) => other.text)].map((line) => h("span", { class: "line" },
      line))]);
  return [table("Nodes with other versions", [{ name: "Node" }, { name: "Pool" },
    { name: "What is wrong" }], rows, { class: "stack" }),
  drift.length > shown ? body(h("p", { class: "note" },
    `and ${count(drift.length - shown, "more node")}`)) : null];
}

function observedTable({ observed }) {
  if (observed.length === 0) return null;
  return table("What the fleet has seen", [{ name: "Versions" },
    { name: "Green GPU-hours", number: true }, { name: "GPU-hours", number: true },
    { name: "Running GPU-hours", number: true }, { name: "Attempts", number: true },
    { name: "Failures", number: true }],
  observed.slice(0, 20).map((one) => [
    one.versions.map((part) => `${part.part} ${part.version}`).join(", ") || "not told",
    number(one.greenHours), number(one.gpuHours), number(one.runningHours),
    number(one.attempts), number(one.failures)]), { class: "stack" });
}

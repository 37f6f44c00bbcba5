// What the pages about hardware share: words for states and decisions, what people can say, and
// following what changes.

import { send } from "../core/api.js";
import { h } from "../core/dom.js";
import { mayChange, subscribe } from "../core/state.js";
import { ask } from "./dialog.js";

/** What the states of hardware are called, with what each means. */
export const healthStates = {
  unqualified: ["New", "not tested yet"], qualifying: ["Qualifying", "tested before first work"],
  inService: ["Working", "in service"], suspect: ["Suspect", "watched, and still working"],
  draining: ["Draining", "its jobs leave"], quarantined: ["Quarantined", "out, and nothing done"],
  repairing: ["Repairing", "a repair is under way"],
  proving: ["Proving", "tested under load after a repair"],
  retired: ["Retired", "not to come back"], refused: ["Refused", "known to be bad, not taken in"],
  contested: ["Contested", "another node says the same hardware"],
  away: ["Away", "in no node now"],
};

/** A state: a mark and a word. */
export function healthChip(state) {
  const [name, meaning] = healthStates[state] ?? [words(state), null];
  return h("span", { class: `chip ${state}`, title: meaning },
    h("i", { "aria-hidden": "true" }), name);
}

/** A name of the program in words: `twoMinutes` is `two minutes`. */
export function words(token) {
  return token.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

const rules = {
  arrivalTested: "it came, and is tested first", arrivalAdmitted: "it came, known and proved",
  fault: "a fault asks for it", partialFault: "a fault of a device; the rest goes on",
  deviceNeedsNode: "a device waits for a repair of the whole node",
  suspicion: "a suspicion", suspicionEnded: "nothing came of the suspicion",
  idleTest: "it is tested while it is idle", drained: "its jobs have ended",
  repairBegins: "a repair begins", repairDone: "the repair is done",
  repairFailed: "the repair did not work", repairedByHand: "somebody repaired it",
  hardwareReplaced: "other hardware stands there", proofPassed: "a test proves it",
  proofFailed: "a test failed", faultInProof: "a fault during the test",
  noAnswer: "tests brought no answer", withNode: "along with its node",
  retired: "somebody retired it", reinstated: "somebody reinstated it",
  accepted: "somebody accepted it", restack: "it gets other versions",
  restacked: "it has other versions",
};

/** What a rule of the engine says. */
export const ruleText = (rule) => rules[rule] ?? words(rule);

// What is held back, by the words of the server, and what a person can do then: a text, and what
// to say about the node.
const remedies = {
  "too much of the fleet went out in a short time": ["Look whether the faults are true. If so, "
    + "close the breaker, and it goes on; if not, clear it. Proceed lets this one go out alone.",
    ["proceed", "clear", "retire"]],
  "too much of the fleet is out": ["Bring back what is out, or close the breaker, and it goes on. "
    + "If the fault is not true, clear it. Proceed lets this one go out alone.",
    ["proceed", "clear", "retire"]],
  "too much of its fault domain went out in a short time": ["Look at what the domain shares: "
    + "power, cooling, a switch. Then close the breaker, and it goes on, or clear it. Proceed lets "
    + "this one go out alone.", ["proceed", "clear", "retire"]],
  "it was repaired too often": ["Hand it back to its provider: the ticket is on the machine's "
    + "page. To try once more, let it proceed; to count anew, forgive the attempts.",
    ["repaired", "proceed", "forgiveAttempts", "retire"]],
  "it was repaired too often for the same cause": ["Hand it back to its provider: the ticket is on "
    + "the machine's page. To try once more, let it proceed; to count anew, forgive the attempts.",
    ["repaired", "proceed", "forgiveAttempts", "retire"]],
  "as many repairs as may run at a time are running": ["Nothing has to be done: each begins by "
    + "itself when it is its turn. Proceed begins one at once, beyond the limit.", ["proceed"]],
  "every repair was tried": ["Hand it back to its provider: the ticket is on the machine's page. "
    + "When it is repaired, say so, and it is tested.", ["repaired", "forgiveAttempts", "retire"]],
  "tests bring no proof": ["Find out why tests have no answer, then ask for another.",
    ["test", "retire"]],
  "the policy leaves it to people": ["Repair it by hand, or have it repaired with the ticket on "
    + "the machine's page. Then say so, and it is tested.", ["repaired", "retire"]],
  "nobody but people can do it": ["Bring it to the versions of its stack by hand. When it tells "
    + "them, or you say so, it is tested.", ["repaired", "retire"]],
  refused: ["It is known to be bad. Hand it back with the ticket on the machine's page, or let it "
    + "be tested.", ["accept", "retire"]],
  contested: ["Find out which of the nodes has this hardware. If their numbers only look the same, "
    + "say that they name nothing.", ["sharedIdentities", "accept"]],
};

/**
 * What of a node waits for people, or may be let go on by them: `{device, why, text, says}`, device
 * null for the node.
 */
export function waiting(node) {
  const all = [[null, node.hold], [null, node.held],
    ...node.devices.map((one) => [one.index, one.held])];
  return all.filter(([, why]) => why).map(([device, why]) => {
    const [text, says] = remedies[why] ?? ["Look at the machine's page.", ["repaired", "test"]];
    return { device, why: healthStates[why]?.[1] ?? why, text, says };
  });
}

const statements = {
  quarantine: ["Quarantine", "Take it out until a test under load has passed."],
  repaired: ["Repaired", "It was repaired by hand; it returns when a test proves it."],
  test: ["Test", "Test it, when it is idle if nothing is known against it."],
  accept: ["Accept", "It was not taken in, and may be tested."],
  sharedIdentities: ["Shared numbers", "Numbers that it shares with other nodes name nothing."],
  clear: ["Clear", "Nothing is to be suspected of it any more."],
  retire: ["Retire", "It is not to come back."],
  reinstate: ["Reinstate", "It was retired, and may be tested again."],
  forgiveAttempts: ["Forgive attempts", "Count the attempts to repair it anew."],
  proceed: ["Proceed", "Do now what a breaker or the limit of repairs holds back."],
};

/** Buttons with which an operator says something about a node; none for others. */
export function sayButtons(node, says, done) {
  if (!mayChange()) return [];
  return says.map((statement) => {
    const [name, text] = statements[statement];
    const isDangerous = statement === "retire" || statement === "quarantine";
    return h("button", {
      type: "button", "data-key": `say-${statement}-${node}`, "aria-label": `${name}: ${node}`,
      class: isDangerous ? "danger" : null,
      onclick: () => ask({
        title: `${name}: ${node}`, text, action: name, isDangerous, done,
        fields: [{ name: "reason", label: "Reason", hint: "Kept in the audit log." }],
        run: ({ reason }) => send("POST", `/v1/nodes/${encodeURIComponent(node)}/statements`,
          { statement, ...(reason ? { reason } : {}) }),
      }),
    }, name);
  });
}

/** What may be said about a machine in this state. */
export function statementsFor(state) {
  if (state === "retired") return ["reinstate"];
  const says = state === "inService" || state === "suspect" ? ["quarantine"] : [];
  if (state === "suspect") says.push("clear");
  if (["quarantined", "repairing"].includes(state)) says.push("repaired", "forgiveAttempts");
  return [...says, "test", "retire"];
}

const kinds = new Set(["health", "fault", "nodeRefused", "healthProposal", "breakerTripped",
  "breakerClosed", "nodeJoined", "nodeLost", "deviceLost", "deviceBack", "stack"]);
// The server's answers about hardware are up to a second old, so that asking at once shows nothing.
const delay = 1200;
const restMilliseconds = 15000;

/**
 * Calls `load()`, which gives a promise, soon after events about hardware that `fits(event)`, and
 * now and then while other things change. A large answer is asked for less often. Returns a
 * function that asks for it by hand. What fails is tried again with the next change.
 */
export function followHealth(signal, load, fits = () => true) {
  let timer = 0;
  let took = 0;
  let last = performance.now();
  const run = async () => {
    // What comes while this waits for its answer is asked for after it.
    timer = 0;
    last = performance.now();
    await load().catch(() => {});
    took = performance.now() - last;
  };
  const soon = () => {
    if (timer || signal.aborted) return;
    timer = setTimeout(run, Math.max(delay, took * 10));
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  subscribe((delta) => {
    const isNews = delta.events.some((event) => kinds.has(event.kind) && fits(event));
    const isOld = delta.connection === undefined && performance.now() - last > restMilliseconds;
    if (delta.whole || isNews || isOld) soon();
  }, signal);
  return soon;
}

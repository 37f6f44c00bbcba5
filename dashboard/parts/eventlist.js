// Rows of events, and loading the newest of them.

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { time } from "../core/format.js";
import { remember, state } from "../core/state.js";
import { jobLink, nodeLink } from "./ui.js";

/** What kinds of events are called. */
export const kindNames = {
  submitted: "Submitted", started: "Started", running: "Running", requeued: "Requeued",
  stopping: "Stopping", ended: "Ended", held: "Held", released: "Released", waiting: "Waiting",
  progress: "Progress", resized: "Resized", nodeJoined: "Node joined", nodeLost: "Node lost",
  nodeCordoned: "Node cordoned", nodeDraining: "Node draining", nodeReady: "Node ready",
  deviceLost: "Device lost", deviceBack: "Device back", tenantsChanged: "Tenants changed",
  controlPlane: "Control plane", health: "Health", fault: "Fault",
  nodeRefused: "Node refused", healthProposal: "For people", breakerTripped: "Breaker open",
  breakerClosed: "Breaker closed", stack: "Versions", culprit: "Blame", spares: "Spares",
};

/** One event as a list item. */
export function eventRow(event) {
  return h("li", null,
    h("time", { datetime: event.at, title: event.at }, time(event.at, true)),
    h("span", { class: "kind" }, kindNames[event.kind] ?? event.kind),
    h("span", { class: "text" },
      event.job !== null ? [jobLink(event.job, event.name), " "] : null,
      event.node ? [nodeLink(event.node), " "] : null, event.text));
}

/** Loads the events before those that the stream brought. */
export async function loadNewest(signal, kept = 200) {
  const first = await get("/v1/events", { limit: kept }, signal);
  remember(first.events);
  const last = first.events.at(-1)?.id ?? 0;
  // Where the answer began with the oldest, what is new lies further on.
  if (first.events.length < kept || first.next <= last + 1) return;
  const later = await get("/v1/events", { after: Math.max(last, first.next - kept), limit: kept },
    signal);
  remember(later.events);
}

/** The events that fit, newest first: of those that are kept, and `more` that a page has. */
export function newest(fits, limit, more = []) {
  const found = [];
  const events = more.length ? merged(more, state.events) : state.events;
  for (let index = events.length - 1; index >= 0 && found.length < limit; index -= 1) {
    if (fits(events[index])) found.push(events[index]);
  }
  return found;
}

/** Events of two lists in order, each once. */
export function merged(one, other) {
  const all = new Map([...one, ...other].map((event) => [event.id, event]));
  return [...all.values()].sort((left, right) => left.id - right.id);
}

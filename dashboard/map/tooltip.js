// What the map says about the node under the pointer or the keyboard.

import { h } from "../core/dom.js";
import { count, number, runs } from "../core/format.js";
import { state } from "../core/state.js";
import { jobLink, nodeLink, since, stateChip } from "../parts/ui.js";

const rowsShown = 6;

/** A node in one sentence. */
export function describe(node) {
  const work = node.jobs.length ? node.jobs.slice(0, 3).map((job) => job.name).join(", ")
    : "no jobs";
  const out = node.unhealthy.length ? `, ${count(node.unhealthy.length, "GPU")} out of service`
    : "";
  const free = `${number(node.free)} of ${count(node.devices, "GPU")} free${out}`;
  return `${node.name}, ${node.state}, ${free}, ${work}`;
}

/** The text box beside a node; with links when it is pinned. */
export function tooltip(node, device, entry, isPinned, close) {
  const place = [node.pool, node.kind, ...node.domains].filter(Boolean).join(" · ");
  const jobs = entry ? [entry, ...node.jobs.filter((job) => job.job !== entry.job)] : node.jobs;
  return h("div", null,
    h("div", { class: "tip-head" },
      isPinned ? nodeLink(node.name) : h("strong", null, node.name), stateChip(node.state),
      isPinned ? h("button", { type: "button", class: "quiet", "aria-label": "Close",
        onclick: close }, "×") : null),
    h("p", { class: "note" }, place),
    node.reason ? h("p", { class: "tip-reason" }, node.reason) : null,
    h("p", null, `${number(node.free)} of ${count(node.devices, "GPU")} free`,
      node.unhealthy.length ? `; out of service: ${runs(node.unhealthy)}` : "",
      node.reservedFor !== null ? `; kept for job ${node.reservedFor}` : "",
      node.isSpare ? "; a spare for large gangs" : ""),
    device === null ? null : h("p", { class: "note" },
      `GPU ${device}: ${deviceText(node, device, entry)}`),
    jobs.length ? h("ul", { class: "tip-jobs" }, jobs.slice(0, rowsShown)
      .map((job) => jobRow(job, isPinned))) : null,
    jobs.length > rowsShown ? h("p", { class: "note" }, `and ${jobs.length - rowsShown} more`)
      : null,
    isPinned ? null : h("p", { class: "note" },
      "Enter or double click opens it, a click keeps this open"));
}

function deviceText(node, device, entry) {
  if (node.unhealthy.includes(device)) return "out of service";
  return entry ? `${entry.name} of ${entry.tenant}` : "free";
}

function jobRow(job, isPinned) {
  const started = state.jobs.get(job.job)?.startedAt;
  return h("li", null,
    isPinned ? jobLink(job.job, job.name) : h("span", { class: "name" }, job.name),
    h("span", { class: "note" }, `${job.tenant} · ${number(job.gpus)} on ${runs(job.devices)}`),
    started ? h("span", { class: "note" }, "for ", since(started)) : null);
}

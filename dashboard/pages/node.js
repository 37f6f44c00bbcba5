// One node: its devices, the work on it, what happened to it, and taking it out of service.

import { get, send } from "../core/api.js";
import { announce, h, swap, throttle } from "../core/dom.js";
import { count, number, runs, time } from "../core/format.js";
import { mayChange, need, state, subscribe } from "../core/state.js";
import { ask } from "../parts/dialog.js";
import { eventRow } from "../parts/eventlist.js";
import {
  body, card, empty, facts, heading, jobLink, since, stateChip, table, tenantLink,
} from "../parts/ui.js";

/** Shows the page. */
export async function show(view) {
  const path = `/v1/nodes/${encodeURIComponent(view.name)}`;
  let node = await get(path, null, view.signal);
  await need("fleet");
  if (view.signal.aborted) return;
  const parts = { head: h("div"), facts: h("div"), devices: h("div"), jobs: h("div"),
    events: h("div") };
  swap(view.root, parts.head, h("div", { class: "stacked" }, parts.facts, parts.devices,
    parts.jobs, parts.events));

  function draw() {
    swap(parts.head, header(node, path, soon));
    swap(parts.facts, factsCard(node));
    swap(parts.devices, devicesCard(node));
    swap(parts.jobs, jobsCard(node));
    swap(parts.events, card({ title: "Events" }, node.events.length
      ? h("ol", { class: "events" }, [...node.events].sort((one, other) => other.id - one.id)
        .map(eventRow)) : empty("None.")));
  }
  async function load() {
    const before = node.state;
    node = await get(path, null, view.signal);
    draw();
    if (node.state !== before) announce(`${node.name} is ${node.state}`, true);
  }
  const soon = throttle(() => load().catch(() => {}), 1000);
  view.signal.addEventListener("abort", soon.cancel);
  draw();
  subscribe((delta) => {
    if (delta.whole || delta.nodes.some((one) => one.name === node.name)) soon();
  }, view.signal);
}

function header(node, path, done) {
  const reason = { name: "reason", label: "Reason", isRequired: true,
    hint: "Shown beside the node, and kept in the audit log." };
  const act = (verb, title, text, fields, isDangerous = false) => h("button", {
    type: "button", "data-key": `act-${verb}`, class: isDangerous ? "danger" : null,
    onclick: () => ask({
      title: `${title} ${node.name}`, text, action: `${title} the node`, fields, isDangerous, done,
      run: (values) => send("POST", `${path}/${verb}`, {
        ...(values.reason ? { reason: values.reason } : {}),
        ...(values.minutes ? { deadlineSeconds: Math.round(Number(values.minutes) * 60) } : {}),
      }),
    }),
  }, title);
  const actions = [];
  if (mayChange()) {
    if (node.state === "ready") actions.push(act("cordon", "Cordon",
      "It takes no new work; what runs goes on.", [reason]));
    if (node.state === "ready" || node.state === "cordoned") {
      actions.push(act("drain", "Drain",
        "It takes no new work; what still runs at the deadline is stopped and starts elsewhere.",
        [reason, { name: "minutes", label: "Deadline in minutes", type: "number",
          hint: "Empty: work may stay until it ends." }], true));
    }
    if (node.state === "cordoned" || node.state === "draining") {
      actions.push(act("uncordon", "Uncordon", "It takes work again.",
        [{ ...reason, isRequired: false }]));
    }
  }
  return heading(node.name, stateChip(node.state),
    h("span", { class: "note inline-note" }, [node.pool, node.kind, ...node.domains].filter(Boolean)
      .join(" · ")),
    h("a", { href: `#/hardware/${encodeURIComponent(node.name)}` }, "Hardware"),
    h("span", { class: "spring" }), actions);
}

function factsCard(node) {
  const levels = state.levels.slice(0, node.domains.length);
  return card({ title: "Facts" },
    node.reason ? body(h("div", { class: "box warn" }, h("strong", null, node.reason),
      h("span", { class: "note" }, node.since ? ["since ", time(node.since, true), ", for ",
        since(node.since)] : null,
        node.deadline ? `; deadline ${time(node.deadline, true)}` : ""))) : null,
    body(facts([
      ["GPUs free", `${number(node.free)} of ${number(node.devices)}`],
        ["Kind", node.kind ?? "none"], ["Pool", node.pool],
      ...levels.map((level, index) => [level[0].toUpperCase() + level.slice(1),
        h("a", { href: `#/fleet?filter=${encodeURIComponent(node.domains[index])}` },
        node.domains[index])]),
      ["CPU", `${number(node.cpuMilli / 1000)} cores`],
        ["Memory", `${number(Math.round(node.memoryMiB / 1024))} GiB`],
      node.diskMiB ? ["Disk", `${number(Math.round(node.diskMiB / 1024))} GiB`] : null,
        node.nics ? ["NICs", number(node.nics)] : null,
      node.deadline && !node.reason ? ["Deadline", time(node.deadline, true)] : null,
      node.reservedFor === null ? null : ["Free GPUs are kept for", jobLink(node.reservedFor,
        null)],
      node.isSpare ? ["Spare", "kept free for large gangs"] : null,
    ])));
}

function devicesCard(node) {
  if (node.devices === 0) return null;
  const items = Array.from({ length: node.devices }, (_, device) => {
    const jobs = node.jobs.filter((job) => job.devices.includes(device));
    const isBad = node.unhealthy.includes(device);
    return h("li", { class: isBad ? "bad" : jobs.length ? "used" : null },
      h("strong", null, `GPU ${device}`),
      isBad ? h("small", null, "out of service") : null,
      jobs.length === 0 && !isBad ? h("small", null, node.state === "ready" ? "free"
        : "takes no work") : null,
      jobs.map((job) => h("div", null, jobLink(job.job, job.name), h("small", null, job.tenant,
        job.gpus < job.devices.length ? ` · ${number(job.gpus)} of it` : ""))));
  });
  return card({ title: "Devices", note: node.unhealthy.length
    ? `${count(node.unhealthy.length, "GPU")} out of service: ${runs(node.unhealthy)}`
    : "All in service." },
    body(h("ul", { class: "devices" }, items)));
}

function jobsCard(node) {
  if (node.jobs.length === 0) return card({ title: "Jobs" }, empty("No job is here."));
  return card({ title: "Jobs" }, table("Jobs on this node",
    [{ name: "Job" }, { name: "Tenant" }, { name: "GPUs", number: true }, { name: "Devices" }],
    node.jobs.map((job) => [jobLink(job.job, job.name), tenantLink(job.tenant), number(job.gpus),
      runs(job.devices) || "none"]), { class: "stack" }));
}

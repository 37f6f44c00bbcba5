// One job: why it waits, what it has, and what happened to it.

import { get, send } from "../core/api.js";
import { announce, h, swap, throttle } from "../core/dom.js";
import {
  count, gpuHours, isOver, isPlaced, isWaiting, number, runs, span, stateNames, time,
} from "../core/format.js";
import { mayChange, subscribe } from "../core/state.js";
import { ask } from "../parts/dialog.js";
import { eventRow } from "../parts/eventlist.js";
import { logPanel } from "../parts/logs.js";
import { timeline } from "../parts/timeline.js";
import { whyCard } from "../parts/why.js";
import {
  body, card, empty, errorBox, facts, heading, jobLink, nodeLink, since, stateChip, table,
  tenantLink,
} from "../parts/ui.js";

/** Shows the page. */
export async function show(view) {
  const path = `/v1/jobs/${encodeURIComponent(view.name)}`;
  let job = await get(path, null, view.signal);
  const id = job.id;
  const own = `/v1/jobs/${id}`;
  const parts = { head: h("div"), why: h("div"), facts: h("div"), attempts: h("div"),
    members: h("div"), events: h("div"), document: h("div") };
  const logs = h("div");
  swap(view.root, parts.head, h("div", { class: "stacked" }, parts.why, parts.facts,
    parts.attempts, parts.members, logs, parts.document, parts.events));

  function draw() {
    swap(parts.head, header(job, own, refresh));
    swap(parts.facts, factsCard(job));
    swap(parts.attempts, card({ title: "Attempts", note: "Waiting, starting and running." },
      body(timeline(job)), blameTable(job)));
    swap(parts.members, membersCard(job));
    swap(parts.document, job.document === null ? null : card({ title: "Document" },
      body(h("details", { "data-key": "document" }, h("summary", null, "As submitted"),
      h("pre", { class: "logs" }, job.document)))));
    if (!isWaiting(job.state)) swap(parts.why);
    drawLogs();
  }
  // The panel is built for an attempt, and anew when another one begins.
  let logsOf = null;
  let reading = null;
  function drawLogs() {
    const attempt = job.attempts.at(-1)?.attempt ?? 0;
    if (attempt === logsOf) return;
    logsOf = attempt;
    reading?.abort();
    if (mayChange(job.tenant)) {
      reading = new AbortController();
      swap(logs, logPanel(job, own, reading.signal));
    } else if (attempt > 0) {
      swap(logs, card({ title: "Logs" }, body(h("p", { class: "note" },
        "Logs are shown to submitters of the job's tenant and to operators."))));
    }
  }
  view.signal.addEventListener("abort", () => reading?.abort());
  async function loadWhy() {
    if (!isWaiting(job.state)) return;
    try {
      const verdict = await get(`${own}/why`, null, view.signal);
      if (isWaiting(job.state)) swap(parts.why, whyCard(verdict));
    } catch (error) {
      if (!view.signal.aborted) swap(parts.why, errorBox(error));
    }
  }
  async function loadEvents() {
    const { events } = await get("/v1/events", { job: id, limit: 100 }, view.signal);
    swap(parts.events, card({ title: "Events" }, events.length
      ? h("ol", { class: "events" }, [...events].reverse().map(eventRow)) : empty("None.")));
  }
  async function load() {
    const before = job.state;
    job = await get(own, null, view.signal);
    draw();
    if (job.state !== before) announce(`${job.name} is ${stateNames[job.state].toLowerCase()}`,
      true);
  }
  const quietly = (action) => () => action().catch(() => {});
  const soon = [throttle(quietly(load), 1000), throttle(quietly(loadWhy), 4000),
    throttle(quietly(loadEvents), 3000)];
  const refresh = () => soon.forEach((one) => one());
  view.signal.addEventListener("abort", () => soon.forEach((one) => one.cancel()));
  subscribe((delta) => {
    if (delta.whole || delta.jobs.some((one) => one.id === id)
      || delta.events.some((one) => one.job === id)) refresh();
  }, view.signal);

  document.title = `${job.name} · Muster`;
  draw();
  loadEvents().catch(() => {});
  await loadWhy();
}

function header(job, path, done) {
  const act = (verb, title, isDangerous, text) => h("button", {
    type: "button", class: isDangerous ? "danger" : null, "data-key": `act-${verb}`,
    onclick: () => ask({
      title: `${title} ${job.name}`, text, action: `${title} the job`, isDangerous, done,
      fields: [{ name: "reason", label: "Reason", hint: "Kept in the audit log." }],
      run: ({ reason }) => send("POST", `${path}/${verb}`, reason ? { reason } : {}),
    }),
  }, title);
  const actions = [];
  if (mayChange(job.tenant) && !isOver(job.state)) {
    if (job.held) actions.push(act("release", "Release", false, "It may start again."));
    else if (isWaiting(job.state)) actions.push(act("hold", "Hold", false,
      "It waits until somebody releases it."));
    if (job.state !== "stopping") actions.push(act("cancel", "Cancel", true, isPlaced(job.state)
      ? "Its members are told to stop, and are stopped after their grace time."
      : "It leaves the queue."));
  }
  return heading(job.name, stateChip(job.state), job.held ? h("span", { class: "tag warn" },
    "held") : null,
    h("span", { class: "note inline-note" }, `#${job.id} · `, tenantLink(job.tenant),
      ` · ${job.owner}`),
    h("span", { class: "spring" }), actions);
}

function factsCard(job) {
  const ran = job.startedAt && job.endedAt
    ? (Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1000 : null;
  const roles = job.roles.map((role) => {
    const size = role.minimum === role.maximum ? number(role.minimum)
      : `${role.minimum}–${role.maximum}`;
    const kinds = role.accelerators ? ` ${role.accelerators.join(" or ")}` : "";
    return h("div", null, `${role.name}: ${size} × ${number(role.gpus)} GPU${kinds}`,
      h("span", { class: "sub" },
        ` ${number(role.cpu)} CPU, ${number(Math.round(role.memoryMiB / 102.4) / 10)} GiB`));
  });
  const progress = job.progress
    ? [`step ${number(job.progress.step)}`, job.progress.checkpointedStep === null ? ""
      : `, saved ${number(job.progress.checkpointedStep)}`] : null;
  return card({ title: "Facts" }, body(facts([
    ["GPUs", `${number(job.gpus)} in ${count(job.members, "member")}`],
    ["Roles", roles],
    ["Priority", [number(job.priority), job.preemptible ? ", preemptible" : ""]],
    ["Topology", job.topology], ["Pools", job.pools ? job.pools.join(", ") : "any"],
    ["Submitted", time(job.submittedAt, true)],
    isWaiting(job.state) ? ["Waiting", since(job.submittedAt)] : null,
    job.startedAt ? ["Started", time(job.startedAt, true)] : null,
    isPlaced(job.state) && job.startedAt ? ["Running for", since(job.startedAt)] : null,
    job.endedAt ? ["Ended", time(job.endedAt, true)] : null, ran === null ? null : ["Ran for",
      span(ran)],
    ["Time limit", job.timeLimitSeconds === null ? "none" : span(job.timeLimitSeconds)],
    job.expectedDurationSeconds === null ? null : ["Expected to take",
      span(job.expectedDurationSeconds)],
    ["Used", gpuHours(job.gpuSeconds)],
    job.lostGpuSeconds ? ["Lost to interruptions", gpuHours(job.lostGpuSeconds)] : null,
    progress ? ["Progress", progress] : null,
    job.dependsOn.length ? ["Depends on", job.dependsOn.map((one, index) => [index ? ", " : "",
      jobLink(one.job, one.name), one.mustSucceed ? "" : " (any end)"])] : null,
  ])));
}

/** Whom the ends of attempts were put down to, where somebody could tell. */
function blameTable({ attempts }) {
  const judged = attempts.filter(({ culprit }) => culprit);
  return judged.length === 0 ? null : table("Who is to blame", [{ name: "Attempt", number: true },
    { name: "Who is to blame" }, { name: "Node" }, { name: "Rests on" }],
  judged.map(({ attempt, culprit }) => [number(attempt), culprit.text,
    culprit.nodes.length ? culprit.nodes.map((name) => h("span", { class: "line" }, nodeLink(name)))
      : "–",
    culprit.grounds.filter((text) => text !== culprit.text)
      .map((text) => h("span", { class: "sub line" }, text))]), { class: "stack" });
}

function membersCard(job) {
  if (job.placements.length === 0) return null;
  const nodes = new Map();
  for (const one of job.placements) {
    if (!nodes.has(one.node)) nodes.set(one.node, []);
    nodes.get(one.node).push(one);
  }
  return card({ title: "Members",
    note: `${count(job.placements.length, "member")} on ${count(nodes.size, "node")}` },
    body(h("div", { class: "ranks" }, [...nodes].slice(0, 120)
      .map(([name, members]) => h("div", null,
      nodeLink(name), h("span", { class: "sub" }, ` rank ${runs(members.map((one) => one.rank))}`),
      h("div", { class: "sub" },
        `GPU ${runs(members.flatMap((one) => one.devices)) || "none"}`))))),
    h("details", { "data-key": "members" }, h("summary", { "data-key": "members-open" }, "Table"),
      table("Members", [{ name: "Rank", number: true }, { name: "Role" }, { name: "Node" },
        { name: "GPUs" }],
        job.placements.map((one) => [String(one.rank), one.role, nodeLink(one.node),
          runs(one.devices) || "none"]))));
}

// The fleet at a glance: what there is, what is used, what waits and why, and where room is lost.

import { get } from "../core/api.js";
import { h, keyed, swap, throttle } from "../core/dom.js";
import { count, fleetNow, number, percent, reasonNames, span, time } from "../core/format.js";
import { need, state, subscribe } from "../core/state.js";
import { columns, congestion, quadrant } from "../parts/chart.js";
import { eventRow, loadNewest } from "../parts/eventlist.js";
import {
  bars, body, card, empty, errorBox, figures, heading, loading, segments, tiles,
} from "../parts/ui.js";

const rungs = [
  ["installed", "Installed", "all GPUs of the fleet"], ["healthy", "Healthy", "not out of service"],
  ["schedulable", "Schedulable", "on nodes that take work"], ["allocated", "Allocated",
    "bound to jobs"],
  ["active", "Active", "allocated and busy"], ["effective", "Effective", "working well"],
];
const spans = [[21600, "6 h"], [86400, "1 d"], [604800, "7 d"]];
let chosenSpan = 86400;

/** Shows the page. */
export async function show(view) {
  const parts = { tiles: h("div"), message: h("span", { class: "note" }), ladder: h("div"),
    reasons: h("div"), gangs: h("div"), shapes: h("div"), stranded: h("div"), pools: h("div") };
  const congestionPart = h("div", null, loading());
  const list = h("ol", { class: "events", "aria-label": "Newest events" });
  swap(view.root, heading("Overview", parts.message), parts.tiles,
    h("div", { class: "cards" },
      card({ title: "Capacity ladder", note: "Each rung is a part of the one above.",
        size: "half" }, body(parts.ladder, h("div", { class: "below" }, parts.pools))),
      card({ title: "Queue by reason", note: "The dominant reason of each waiting job.",
        size: "half", beside: h("a", { href: "#/queue" }, "Queue") }, body(parts.reasons)),
      card({ title: "Largest gang that fits now", note: "Together in one domain of each level.",
        size: "third" }, body(parts.gangs)),
      card({ title: "Free shapes", note: "Ready nodes by how many whole GPUs are free.",
        size: "third" }, body(parts.shapes)),
      card({ title: "Stranded GPUs", note: "Free, but the node lacks something else.",
        size: "third" }, body(parts.stranded)),
      card({
        title: "Congestion", size: "half",
          note: "Each point is a stretch of time, the large one is now.",
        beside: segments("Span", spans, chosenSpan, (seconds) => {
          chosenSpan = seconds;
          loadUsage();
        }),
      }, body(congestionPart)),
      card({ title: "Newest events", size: "half", beside: h("a", { href: "#/events" },
        "All events") }, list)));

  const drawEvents = () => keyed(list, state.events.slice(-9).reverse(), (event) => event.id,
    eventRow);
  async function loadUsage() {
    const to = fleetNow();
    try {
      const usage = await get("/v1/usage", {
        from: new Date(to - chosenSpan * 1000).toISOString(), to: new Date(to).toISOString(),
        stepSeconds: Math.round(chosenSpan / 96),
      }, view.signal);
      swap(congestionPart, congestionChart(usage));
    } catch (error) {
      if (!view.signal.aborted) swap(congestionPart, errorBox(error));
    }
  }
  await need("fleet");
  if (view.signal.aborted) return;
  const draw = () => drawFleet(parts, state.fleet);
  draw();
  loadUsage();
  loadNewest(view.signal).then(drawEvents, () => {});
  const soon = throttle(draw, 900);
  const timer = setInterval(loadUsage, 60000);
  view.signal.addEventListener("abort", () => {
    soon.cancel();
    clearInterval(timer);
  });
  subscribe((delta) => {
    if (delta.fleet || delta.whole) soon();
    if (delta.events.length) drawEvents();
  }, view.signal);
}

function drawFleet(parts, fleet) {
  const { capacity, jobs, queue, nodes } = fleet;
  const out = ["cordoned", "draining", "lost"].filter((one) => nodes[one] > 0)
    .map((one) => `${number(nodes[one])} ${one}`).join(", ");
  swap(parts.message, fleet.message);
  swap(parts.tiles, tiles([
    ["GPUs allocated", percent(capacity.allocated, capacity.schedulable),
      `${number(capacity.allocated)} of ${number(capacity.schedulable)} schedulable`],
    ["Running jobs", number(jobs.running), [jobs.starting ? `${number(jobs.starting)} starting`
      : "", jobs.stopping ? `${number(jobs.stopping)} stopping` : ""].filter(Boolean)
      .join(", ") || "none in between"],
    ["Waiting jobs", number(jobs.queued + jobs.blocked), jobs.blocked
      ? `${number(jobs.blocked)} blocked` : "none blocked"],
    ["GPUs waited for", number(queue.gpusWaiting),
      `${percent(queue.gpusWaiting, capacity.schedulable)} of schedulable`],
    ["Oldest wait", queue.oldestWaitingSeconds === null ? "–" : span(queue.oldestWaitingSeconds),
      "since submission"],
    ["Nodes ready", number(nodes.ready), out || "all of them"],
  ]));
  swap(parts.ladder, ladder(capacity));
  swap(parts.reasons, reasons(queue));
  swap(parts.gangs, gangs(fleet));
  swap(parts.shapes, shapes(fleet.freePerNode));
  swap(parts.stranded, stranded(fleet.stranded, capacity));
  swap(parts.pools, pools(fleet));
}

function ladder(capacity) {
  const known = rungs.filter(([key]) => capacity[key] !== null && capacity[key] !== undefined);
  const items = known.map(([key, label], index) => {
    const above = index ? capacity[known[index - 1][0]] : capacity[key];
    const less = above - capacity[key];
    return { label, value: capacity[key], colour: `var(--s${Math.min(4, index + 1)})`,
      sub: less > 0 ? `−${number(less)}` : "" };
  });
  return [bars(items, capacity.installed), figures("ladder", "Capacity ladder",
    [{ name: "Rung" }, { name: "Meaning" }, { name: "GPUs", number: true },
      { name: "Of installed", number: true }],
    known.map(([key, label, meaning]) => [label, meaning, number(capacity[key]),
      percent(capacity[key], capacity.installed)]))];
}

function reasons(queue) {
  if (queue.byReason.length === 0) return empty("Nothing waits.");
  const sorted = [...queue.byReason].sort((one, other) => other.gpus - one.gpus);
  const items = sorted.map((one) => ({
    label: h("a", { href: `#/queue?reason=${one.code}`, tabindex: "-1" }, reasonNames[one.code]
      ?? one.code),
    value: one.gpus, text: `${number(one.gpus)} GPUs`, sub: count(one.jobs, "job"),
  }));
  return [bars(items), figures("reasons", "Queue by reason",
    [{ name: "Reason" }, { name: "Jobs", number: true }, { name: "GPUs", number: true }],
    sorted.map((one) => [h("a", { href: `#/queue?reason=${one.code}` }, reasonNames[one.code]
      ?? one.code), number(one.jobs), number(one.gpus)]))];
}

function gangs({ largestGang, capacity }) {
  const items = largestGang.map((one) => ({
    label: one.level === "fleet" ? "whole fleet" : one.level, value: one.gpus,
      text: `${number(one.gpus)} GPUs`, colour: "var(--c2)",
  }));
  // Sizes differ by orders of magnitude between a host and the fleet: the root keeps all in sight.
  const top = Math.sqrt(Math.max(1, capacity.schedulable - capacity.allocated, ...largestGang
    .map((one) => one.gpus)));
  return [bars(items.map((one) => ({ ...one, value: Math.sqrt(one.value) })), top),
    figures("gangs", "Largest gang that fits now",
      [{ name: "Level" }, { name: "GPUs", number: true }],
      largestGang.map((one) => [one.level, number(one.gpus)]))];
}

function shapes(freePerNode) {
  const items = freePerNode.map((value, free) => ({
    label: String(free), value, colour: free === 0 ? "var(--busy)"
      : free === freePerNode.length - 1 ? "var(--c1)" : "var(--s3)",
  }));
  return [columns({ title: "Free shapes", items, unit: "free GPUs on the node" }),
    figures("shapes", "Free shapes", [{ name: "Free GPUs" }, { name: "Nodes", number: true }],
      freePerNode.map((value, free) => [String(free), number(value)]))];
}

function stranded(all, capacity) {
  if (!all.gpus) return empty("No free GPU is stranded.");
  const free = capacity.schedulable - capacity.allocated;
  return [h("p", { class: "eta" }, h("b", null, number(all.gpus)), h("span", { class: "note" },
    `${percent(all.gpus, free)} of the ${number(free)} free`)),
    bars(all.byResource.map((one) => ({ label: one.resource, value: one.gpus,
      colour: "var(--c1)" }))),
    figures("stranded", "Stranded GPUs", [{ name: "Lacks" }, { name: "GPUs", number: true }],
      all.byResource.map((one) => [one.resource, number(one.gpus)]))];
}

function pools(fleet) {
  const columnsOf = (first) => [{ name: first }, { name: "Installed", number: true },
    { name: "Schedulable", number: true }, { name: "Allocated", number: true },
    { name: "", number: true }];
  const row = (one) => [one.name, number(one.installed), number(one.schedulable),
    number(one.allocated), percent(one.allocated, one.schedulable)];
  const plain = (title, items) => h("table", { class: "plain" }, h("caption", { class: "hidden" },
    title),
    h("thead", null, h("tr", null, columnsOf(title)
      .map((one) => h("th", { scope: "col", class: one.number ? "num" : null },
      one.name || h("span", { class: "hidden" }, "Part"))))),
    h("tbody", null, items.map((one) => h("tr", null,
      row(one).map((cell, index) => h(index ? "td" : "th", { scope: index ? null : "row",
      class: index ? "num" : null }, cell))))));
  return h("div", { class: "scroll", tabindex: "0", role: "region",
    "aria-label": "Kinds and pools" }, plain("Kind", fleet.kinds), plain("Pool", fleet.pools));
}

function congestionChart(usage) {
  const points = usage.times.map((at, index) => ({
    at, running: usage.capacity[index] ? usage.allocated[index] / usage.capacity[index] : 0,
    waiting: usage.capacity[index] ? usage.waiting[index] / usage.capacity[index] : 0,
  })).filter((_, index) => usage.capacity[index] > 0);
  if (points.length === 0) return empty("Nothing is recorded yet.");
  return [quadrant({ points }), figures("congestion", "Congestion",
    [{ name: "At" }, { name: "In use", number: true }, { name: "Waited for", number: true },
      { name: "State" }],
    [...points].reverse().map((one) => [time(one.at), percent(one.running), percent(one.waiting),
      congestion(one.running, one.waiting)]))];
}

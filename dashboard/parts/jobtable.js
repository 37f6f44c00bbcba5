// A table of jobs that follows the stream: rows change in place, and the list is asked for again,
// at most every few seconds, when jobs come into it or leave it.

import { get } from "../core/api.js";
import { announce, h, keyed, swap, throttle } from "../core/dom.js";
import { count, isOver, isWaiting, number, span, time } from "../core/format.js";
import { subscribe } from "../core/state.js";
import {
  empty, errorBox, estimateCell, jobLink, loading, reasonCell, since, stateChip, tenantLink,
} from "./ui.js";

const pageSize = 100;
const scanSize = 500;
const scansAtMost = 12;
const reloadMilliseconds = 2500;

const cells = {
  name: ["Job", (job) => [jobLink(job.id, job.name, { class: "name" }), h("span", { class: "sub" },
    `#${job.id} · ${job.owner}`)]],
  state: ["State", (job) => [stateChip(job.state), job.held ? h("span", { class: "tag warn" },
    "held") : null]],
  tenant: ["Tenant", (job) => tenantLink(job.tenant)],
  gpus: ["GPUs", (job) => [number(job.gpus), h("span", { class: "sub" },
    count(job.members, "member"))], true],
  priority: ["Priority", (job) => [number(job.priority), job.preemptible
    ? h("span", { class: "sub" }, "preemptible") : null], true],
  waiting: ["Waiting", (job) => since(job.submittedAt), true],
  reason: ["Why", (job) => reasonCell(job.reason)],
  estimate: ["Starts", (job) => estimateCell(job.estimate)],
  where: ["Where", whereText],
  time: ["Time", timeText, true],
};

function whereText(job) {
  if (isWaiting(job.state)) return reasonCell(job.reason);
  if (!job.nodeCount) return "–";
  const more = job.nodeCount > 1 ? h("span", { class: "sub" }, count(job.nodeCount, "node")) : null;
  return [job.nodes[0], more];
}

function timeText(job) {
  if (isWaiting(job.state)) return ["waits ", since(job.submittedAt)];
  if (!isOver(job.state)) return ["for ", since(job.startedAt ?? job.submittedAt)];
  const ran = job.startedAt ? (Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1000 : null;
  return [time(job.endedAt), h("span", { class: "sub" }, ran === null ? "never ran"
    : `ran ${span(ran)}`)];
}

function row(columns, job) {
  const element = h("tr");
  fillRow(element, columns, job);
  return element;
}

function fillRow(element, columns, job) {
  const text = JSON.stringify(job);
  if (element.shownJob === text) return;
  element.shownJob = text;
  swap(element, columns.map((name, index) => h(index ? "td" : "th", {
    scope: index ? null : "row", class: [cells[name][2] ? "num" : "", index ? "" : "lead"]
      .join(" ").trim() || null,
    "data-label": cells[name][0],
  }, cells[name][1](job))));
}

/** One page; with `keep`, as many of the server's pages as it takes to find that many jobs. */
async function readPage(query, keep, cursor, signal) {
  const limit = keep ? scanSize : pageSize;
  const jobs = [];
  let next = cursor;
  for (let scan = 0; scan < (keep ? scansAtMost : 1); scan += 1) {
    const answer = await get("/v1/jobs", { ...query, limit, cursor: next }, signal);
    jobs.push(...(keep ? answer.jobs.filter(keep) : answer.jobs));
    next = answer.next;
    if (next === null || jobs.length >= pageSize) break;
  }
  return { jobs, next };
}

/**
 * The table. `query()` gives the filters for `/v1/jobs`, `keep()` one that the server does not
 * know, or null, and `belongs(job)` whether a changed job is in the list. Returns
 * `{element, reload}`; `reload()` starts again at the first page.
 */
export function jobTable({ columns, query, keep = () => null, belongs, signal, caption, nothing }) {
  const rows = h("tbody");
  const note = h("div", null, loading());
  const place = h("span");
  const earlier = h("button", { type: "button", onclick: () => turn(-1) }, "Back");
  const later = h("button", { type: "button", onclick: () => turn(1) }, "Next");
  const pager = h("div", { class: "pager", hidden: true }, earlier, later, place);
  const element = h("div", { class: "card" },
    h("div", { class: "scroll" }, h("table", { class: "jobs stack" },
      h("caption", { class: "hidden" }, caption),
      h("thead", null, h("tr", null, columns.map((name) =>
        h("th", { scope: "col", class: cells[name][2] ? "num" : null }, cells[name][0])))),
      rows)),
    note, pager);
  let cursors = [null];
  let jobs = new Map();
  let next = null;
  let asked = 0;

  async function load() {
    const mine = ++asked;
    try {
      const answer = await readPage(query(), keep(), cursors.at(-1), signal);
      if (mine !== asked) return;
      jobs = new Map(answer.jobs.map((job) => [job.id, job]));
      next = answer.next;
      show(null);
    } catch (error) {
      if (!signal.aborted && mine === asked) show(error);
    }
  }

  function show(error) {
    keyed(rows, [...jobs.values()], (job) => job.id, (job) => row(columns, job),
      (one, job) => fillRow(one, columns, job));
    swap(note, error ? errorBox(error) : jobs.size ? null : empty(nothing));
    earlier.disabled = cursors.length === 1;
    later.disabled = next === null;
    pager.hidden = earlier.disabled && later.disabled;
    const first = (cursors.length - 1) * pageSize;
    place.textContent = jobs.size ? `${number(first + 1)}–${number(first + jobs.size)}` : "";
  }

  function turn(step) {
    if (step > 0) cursors.push(next);
    else cursors.pop();
    load();
  }

  const soon = throttle(load, reloadMilliseconds);
  signal.addEventListener("abort", soon.cancel);
  subscribe((delta) => {
    if (delta.whole) soon();
    let joined = 0;
    for (const job of delta.jobs) {
      const isIn = belongs(job);
      if (jobs.has(job.id) && isIn) {
        jobs.set(job.id, job);
        const old = rows.keyedElements?.get(job.id);
        if (old) fillRow(old, columns, job);
      } else if (isIn || jobs.has(job.id)) {
        joined += 1;
      }
    }
    if (joined === 0) return;
    announce(`${count(joined, "job")} changed in this list`);
    soon();
  }, signal);

  load();
  return {
    element,
    reload: () => {
      cursors = [null];
      load();
    },
  };
}

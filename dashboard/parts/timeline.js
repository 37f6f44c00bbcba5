// The attempts of a job on a line of time: waiting, starting, running, and how each ended.

import { svg } from "../core/dom.js";
import { fleetNow, isOver, number, span, time } from "../core/format.js";
import { chart, drawing, legend, timeAxis } from "./chart.js";
import { figures } from "./ui.js";

const rowHeight = 30;
const rowsShown = 12;

const ends = {
  succeeded: ["succeeded", "var(--running)"], failed: ["failed", "var(--failed)"],
  preempted: ["preempted", "var(--stopping)"], cancelled: ["cancelled", "var(--soft)"],
  timedOut: ["timed out", "var(--stopping)"], hardware: ["hardware fault", "var(--failed)"],
  maintenance: ["maintenance", "var(--stopping)"], startFailed: ["did not start", "var(--failed)"],
};

/** The chart with its table. */
export function timeline(job) {
  const from = Date.parse(job.submittedAt);
  const until = job.endedAt ? Date.parse(job.endedAt) : fleetNow();
  const rows = rowsOf(job, from, until).slice(-rowsShown);
  const top = 6;
  const height = top + rows.length * rowHeight + 26;
  const picture = chart(height, (width) => {
    const [left, right] = [width < 500 ? 30 : 84, width - 10];
    const whole = Math.max(1000, until - from);
    const across = (at) => left + ((right - left) * (at - from)) / whole;
    return drawing(width, height, `Timeline of ${job.name}`, rows.map((row) => row.text).join("; "),
      timeAxis({ from, until: from + whole, across, top: 2, bottom: height - 22,
        width: right - left }),
      rows.map((row, index) => drawRow(row, top + index * rowHeight, across, width)));
  });
  return [picture, legend([
    { name: "waiting", colour: "var(--busy)" }, { name: "starting", colour: "var(--starting)" },
    { name: "running", colour: "var(--running)" },
  ]), figures("attempts", "Attempts", [{ name: "Attempt" }, { name: "Started" },
    { name: "Ran", number: true },
    { name: "End" }, { name: "Members", number: true }, { name: "Nodes" }, { name: "Exits" }],
  job.attempts.map((one) => [`${one.attempt}`, time(one.startedAt, true), ranText(one, until),
    one.end ? [ends[one.end]?.[0] ?? one.end, one.detail ? `: ${one.detail}` : ""] : "–",
      number(one.members),
    nodesText(one.nodes), exitsText(one.exits)]))];
}

function rowsOf(job, from, until) {
  const rows = [];
  let free = from;
  for (const one of job.attempts) {
    const started = Date.parse(one.startedAt);
    const running = one.runningAt ? Date.parse(one.runningAt) : null;
    const ended = one.endedAt ? Date.parse(one.endedAt) : until;
    rows.push({
      label: `attempt ${one.attempt}`, short: `${one.attempt}`, end: one.end, detail: one.detail,
      parts: [[free, started, "var(--busy)"], [started, running ?? ended, "var(--starting)"],
        running === null ? null : [running, ended, "var(--running)"]].filter(Boolean),
      text: [`attempt ${one.attempt} waited ${span((started - free) / 1000)}`,
        `ran ${ranText(one, until)}`,
        one.end ? ends[one.end]?.[0] ?? one.end : "still runs"].join(", "),
    });
    free = ended;
  }
  const isIdle = !isOver(job.state) && (job.attempts.length === 0 || job.attempts.at(-1).endedAt);
  if (isIdle || job.attempts.length === 0) {
    rows.push({ label: "waiting", short: "…", parts: [[free, until, "var(--busy)"]],
      text: `waiting for ${span((until - free) / 1000)}` });
  }
  return rows;
}

function drawRow(row, y, across, width) {
  const middle = y + rowHeight / 2;
  const end = row.end ? ends[row.end] ?? [row.end, "var(--soft)"] : null;
  const last = across(row.parts.at(-1)[1]);
  const isLeft = last > width - 130;
  const anchor = across(row.parts.at(-1)[0]) - 8;
  return svg("g", null, svg("title", null, row.text),
    svg("text", { x: 0, y: middle + 4 }, width < 500 ? row.short : row.label),
    row.parts.map(([start, stop, colour]) => svg("rect", {
      x: across(start).toFixed(1), y: y + 7,
        width: Math.max(1.5, across(stop) - across(start)).toFixed(1),
      height: rowHeight - 14, rx: 2, style: { fill: colour },
    })),
    end ? [svg("rect", { x: last - 2, y: y + 3, width: 3, height: rowHeight - 6,
      style: { fill: end[1] } }),
      svg("text", { x: isLeft ? anchor : last + 7, y: middle + 4,
        class: `strong ${isLeft ? "end" : ""}` }, end[0])] : null);
}

function ranText(attempt, until) {
  if (!attempt.runningAt) return "–";
  const ended = attempt.endedAt ? Date.parse(attempt.endedAt) : until;
  return span((ended - Date.parse(attempt.runningAt)) / 1000);
}

function nodesText(nodes) {
  return nodes.length > 3 ? `${nodes.slice(0, 3).join(", ")} and ${nodes.length - 3} more` : nodes
    .join(", ");
}

function exitsText(exits) {
  const failed = exits.filter((one) => one.code !== 0);
  if (exits.length === 0) return "–";
  if (failed.length === 0) return "all 0";
  return failed.slice(0, 4).map((one) =>
    `rank ${one.rank}: ${one.signal === null ? `code ${one.code}` : `signal ${one.signal}`}`)
      .join(", ");
}

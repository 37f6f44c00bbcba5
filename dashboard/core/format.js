// Numbers, spans and instants as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** GPUs or a count, with thousands apart and at most three decimals. */
export function number(value) {
  return value === null || value === undefined ? "–" : grouped.format(value).replace("-", "−");
}

/** A count with its noun: `1 node`, `2 nodes`. */
export function count(value, noun) {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A part of a whole in percent. */
export function percent(part, of = 1) {
  if (!(of > 0)) return "–";
  const value = (part / of) * 100;
  const text = value > 0 && value < 9.95 ? value.toFixed(1) : whole.format(value);
  return `${text} %`;
}

/** A span in its two largest units: `45s`, `12m`, `2h 05m`, `3d 04h`. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total}s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 10) return total % 60 ? `${minutes}m ${two(total % 60)}s` : `${minutes}m`;
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** GPU-seconds as GPU-hours. */
export function gpuHours(seconds) {
  const hours = seconds / 3600;
  return `${hours >= 100 ? whole.format(hours) : hours.toFixed(1)} GPU-hours`;
}

const clock = { base: Date.now(), at: performance.now(), speed: 1 };

/** Takes the fleet's time from an answer; it may run faster than the wall's. */
export function setClock(now, speed) {
  if (!now) return;
  clock.base = Date.parse(now);
  clock.at = performance.now();
  if (speed) clock.speed = speed;
}

/** The fleet's time now, in milliseconds since the epoch. */
export function fleetNow() {
  return clock.base + (performance.now() - clock.at) * clock.speed;
}

/** Seconds between an instant and the fleet's now. */
export function secondsSince(instant) {
  return (fleetNow() - Date.parse(instant)) / 1000;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** An instant in local time: `14:05`, or `27 Nov 14:05` on another day. */
export function time(instant, withSeconds = false) {
  if (!instant) return "–";
  const at = new Date(instant);
  const today = new Date(fleetNow());
  let text = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (withSeconds) text += `:${two(at.getSeconds())}`;
  if (at.toDateString() === today.toDateString()) return text;
  const year = at.getFullYear() === today.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${day(at)}${year} ${text}`;
}

/** The day of a `Date`: `27 Nov`. */
export function day(at) {
  return `${at.getDate()} ${months[at.getMonth()]}`;
}

function two(value) {
  return String(value).padStart(2, "0");
}

/** An estimate as a range: `14:20 – 15:05`. */
export function range(estimate) {
  if (!estimate) return "not known";
  return `${time(estimate.earliest)} – ${estimate.latest ? time(estimate.latest) : "no bound"}`;
}

/** A list of numbers with runs drawn together: `0–7, 9`. */
export function runs(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const parts = [];
  for (let index = 0; index < sorted.length; index += 1) {
    const first = sorted[index];
    while (sorted[index + 1] === sorted[index] + 1) index += 1;
    parts.push(sorted[index] === first ? `${first}` : `${first}–${sorted[index]}`);
  }
  return parts.join(", ");
}

/** What the codes of refusals are called. */
export const reasonNames = {
  quota: "Quota", fairShare: "Fair share", capacity: "Capacity", topology: "Topology",
  fragmentation: "Fragmentation", pool: "Pool", health: "Health", reservation: "Reservation",
  dependency: "Dependency", held: "Held", spares: "Spares",
};

/** What the states of jobs are called. */
export const stateNames = {
  blocked: "Blocked", queued: "Queued", starting: "Starting", running: "Running",
  stopping: "Stopping", succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled",
  timedOut: "Timed out", dependencyFailed: "Dependency failed", preempted: "Preempted",
};

/** Whether a job in this state waits, holds devices, or is over. */
export const isWaiting = (state) => state === "blocked" || state === "queued";
export const isPlaced = (state) => ["starting", "running", "stopping"].includes(state);
export const isOver = (state) => !isWaiting(state) && !isPlaced(state);

// What a square's colour says. A mode sorts devices into classes; each class has a name for the
// legend and a colour. Devices without work have the same classes in all modes.

import { secondsSince } from "../core/format.js";
import { state } from "../core/state.js";

const categories = 12;

/** Classes that all modes share. Hollow ones are drawn as frames, so that colour is not all. */
const shared = [
  { id: "free", label: "free", colour: "var(--free)" },
  { id: "reserved", label: "kept for a reservation", colour: "var(--reserved)", isHollow: true },
  { id: "cordoned", label: "cordoned or draining", colour: "var(--out)", isHollow: true },
  { id: "lost", label: "node lost", colour: "var(--failed)", isHollow: true },
  { id: "unhealthy", label: "out of service", colour: "var(--failed)" },
];
const [free, reserved, cordoned, lost, unhealthy] = shared.map((_, index) => index);

function idleClass(node, device) {
  if (node.state === "lost") return lost;
  if (node.unhealthy.includes(device)) return unhealthy;
  if (node.state !== "ready") return cordoned;
  return node.reservedFor !== null ? reserved : free;
}

function byTenant() {
  const leaves = state.tenants.filter((one) => one.isLeaf).map((one) => one.name);
  const seen = new Set(leaves);
  for (const node of state.nodes.values()) for (const job of node.jobs) seen.add(job.tenant);
  let names = [...seen].sort();
  const isByTop = names.length > categories;
  const key = (tenant) => (isByTop ? tenant.split("/")[0] : tenant);
  if (isByTop) names = [...new Set(names.map(key))];
  const index = new Map(names.map((name, at) => [name, Math.min(at, categories - 1)]));
  const classes = names.slice(0, categories).map((label, at) => ({
    id: label, colour: `var(--c${at})`,
    label: names.length > categories && at === categories - 1 ? "other tenants" : label,
  }));
  return { classes, of: (node, entry) => index.get(key(entry.tenant)) ?? categories - 1 };
}

function byJob() {
  const classes = Array.from({ length: categories },
    (_, at) => ({ id: `c${at}`, label: null, colour: `var(--c${at})` }));
  // Neighbouring numbers fall on colours that are far apart.
  return { classes, of: (node, entry) => (entry.job * 7) % categories,
    note: "Each job has one of twelve colours." };
}

function byState() {
  const names = ["running", "starting", "stopping"];
  const classes = names.map((id) => ({ id, label: id, colour: `var(--${id})` }));
  classes.push({ id: "shared", label: "on a node that takes no new work", colour: "var(--c8)" });
  return {
    classes,
    of: (node, entry) => {
      const at = names.indexOf(state.jobs.get(entry.job)?.state ?? "running");
      return at <= 0 && node.state !== "ready" ? 3 : Math.max(0, at);
    },
  };
}

const ages = [[600, "under 10 min"], [3600, "under 1 h"], [21600, "under 6 h"],
  [86400, "under 1 d"], [259200, "under 3 d"], [Infinity, "3 d and more"]];

function byAge() {
  return {
    classes: ages.map(([, label], at) => ({ id: label, label, colour: `var(--s${at})` })),
    of: (node, entry) => {
      const started = state.jobs.get(entry.job)?.startedAt;
      if (!started) return 0;
      const seconds = secondsSince(started);
      return ages.findIndex(([limit]) => seconds < limit);
    },
  };
}

function byShape() {
  const busy = { id: "busy", label: "in use", colour: "var(--busy)" };
  const names = ["1 free on the node", "2 to 3 free", "4 to 7 free", "8 and more free",
    "the whole node free"];
  const colours = ["var(--s1)", "var(--s2)", "var(--s3)", "var(--s4)", "var(--c1)"];
  return {
    classes: [busy, ...names.map((label, at) => ({ id: label, label, colour: colours[at] }))],
    of: () => 0,
    free: (node) => {
      if (node.free >= node.devices) return 5;
      return node.free >= 8 ? 4 : node.free >= 4 ? 3 : node.free >= 2 ? 2 : 1;
    },
  };
}

/** The modes in the order of the choice. */
export const modes = [
  { id: "tenant", name: "Tenant", make: byTenant }, { id: "job", name: "Job", make: byJob },
  { id: "state", name: "State", make: byState }, { id: "age", name: "Age", make: byAge },
  { id: "shape", name: "Free shape", make: byShape },
];

/** A mode that is ready to sort devices: `classes`, and `sort(node, device, entry)`. */
export function sorter(id) {
  const mode = (modes.find((one) => one.id === id) ?? modes[0]).make();
  const offset = mode.classes.length;
  return {
    note: mode.note ?? null,
    classes: [...mode.classes, ...shared],
    sort(node, device, entry) {
      if (entry !== null) return mode.of(node, entry);
      const idle = idleClass(node, device);
      return idle === free && mode.free && node.free > 0 ? mode.free(node) : offset + idle;
    },
  };
}

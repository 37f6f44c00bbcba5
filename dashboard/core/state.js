// The one live copy of the fleet in this tab. A stream of deltas keeps it fresh; lists are loaded
// when a page first needs them, and again when the stream says that it lost its place.

import { follow, get } from "./api.js";
import { isPlaced, setClock } from "./format.js";

const eventsKept = 500;
const pageSize = 1000;

/** What is known; read it, and let only this module write. */
export const state = {
  fleet: null, identity: { name: "", role: "viewer", tenant: null }, connection: "connecting",
  problem: null, levels: [], nodes: new Map(), jobs: new Map(), tenants: [], events: [],
};

const listeners = new Set();
const loaders = { fleet: loadFleet, nodes: loadNodes, jobs: loadJobs, tenants: loadTenants };
const loads = new Map();
const heldBack = new Map();
let controller = null;

// Lists are read after the stream is open, so that no change falls between the two.
let markReady;
const ready = new Promise((resolve) => (markReady = resolve));
let isReady = false;

/**
 * Calls `listener(delta)` after each change until `signal` ends. A delta has the fields of
 * `/v1/live`; `whole` is true after everything was loaded again, `connection` when only that
 * changed, `receivedAt` is when its bytes came.
 */
export function subscribe(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener("abort", () => listeners.delete(listener), { once: true });
}

function publish(delta) {
  for (const listener of [...listeners]) listener({ jobs: [], nodes: [], events: [], ...delta });
}

/** Resolves when a list (`fleet`, `nodes`, `jobs` that hold devices, `tenants`) is there. */
export function need(name) {
  if (!loads.has(name)) {
    heldBack.set(name, []);
    const load = ready.then(loaders[name]).then((apply) => {
      if (loads.get(name) !== load) return need(name);
      apply();
      for (const delta of heldBack.get(name) ?? []) applyPart(name, delta);
      heldBack.delete(name);
      return undefined;
    });
    load.catch(() => {
      if (loads.get(name) !== load) return;
      loads.delete(name);
      heldBack.delete(name);
    });
    loads.set(name, load);
  }
  return loads.get(name);
}

async function loadFleet() {
  const fleet = await get("/v1/fleet");
  return () => takeFleet(fleet);
}

function takeFleet(fleet) {
  state.fleet = fleet;
  state.levels = fleet.levels;
  setClock(fleet.clock?.now, fleet.clock?.speed);
}

async function loadNodes() {
  const nodes = new Map();
  let cursor = null;
  do {
    const page = await get("/v1/nodes", { cursor });
    state.levels = page.levels;
    for (const node of page.nodes) nodes.set(node.name, node);
    cursor = page.next;
  } while (cursor);
  return () => (state.nodes = nodes);
}

async function loadJobs() {
  const jobs = new Map();
  let cursor = null;
  do {
    const page = await get("/v1/jobs", { state: "starting,running,stopping", limit: pageSize,
      cursor });
    for (const job of page.jobs) jobs.set(job.id, job);
    cursor = page.next;
  } while (cursor);
  return () => (state.jobs = jobs);
}

async function loadTenants() {
  const { tenants } = await get("/v1/tenants");
  return () => (state.tenants = tenants);
}

function applyPart(name, delta) {
  if (name === "fleet" && delta.fleet) takeFleet(delta.fleet);
  if (name === "tenants" && delta.tenants) state.tenants = delta.tenants;
  if (name === "nodes") for (const node of delta.nodes ?? []) state.nodes.set(node.name, node);
  if (name === "jobs") {
    for (const job of delta.jobs ?? []) {
      if (isPlaced(job.state)) state.jobs.set(job.id, job);
      else state.jobs.delete(job.id);
    }
  }
}

function take(delta, receivedAt) {
  setClock(delta.now, delta.fleet?.clock?.speed);
  for (const name of Object.keys(loaders)) {
    if (heldBack.has(name)) heldBack.get(name).push(delta);
    else if (loads.has(name)) applyPart(name, delta);
  }
  remember(delta.events ?? []);
  publish({ ...delta, receivedAt });
}

/** Adds events to those kept, newest last, each once. */
export function remember(events) {
  const last = state.events.at(-1)?.id ?? -1;
  if (events.every((event, index) => event.id > (index ? events[index - 1].id : last))) {
    state.events.push(...events);
  } else {
    const all = new Map([...state.events, ...events].map((event) => [event.id, event]));
    state.events = [...all.values()].sort((one, other) => one.id - other.id);
  }
  if (state.events.length > eventsKept) state.events.splice(0, state.events.length - eventsKept);
}

async function reload() {
  const names = [...loads.keys()];
  loads.clear();
  heldBack.clear();
  const results = await Promise.allSettled(names.map(need));
  if (results.some((one) => one.status === "fulfilled")) publish({ whole: true });
}

function setConnection(name, problem) {
  state.connection = name;
  state.problem = problem;
  publish({ connection: name });
}

/** Opens the stream; a second call starts afresh, for instance with another token. */
export async function connect() {
  controller?.abort();
  controller = new AbortController();
  const { signal } = controller;
  try {
    state.identity = await get("/v1/whoami", null, signal);
  } catch (error) {
    if (signal.aborted) return;
    state.identity = { name: "", role: error.status === 401 ? "nobody" : "viewer", tenant: null };
    if (error.status === 401) {
      setReady();
      publish({ identity: true });
      setConnection("refused", error);
      return;
    }
  }
  publish({ identity: true });
  follow("/v1/live", {
    signal,
    opened: () => {
      if (isReady) reload();
      else setReady();
    },
    event: (kind, data, receivedAt) => {
      if (kind === "reset") reload();
      else if (kind === "delta") take(data, receivedAt);
    },
    state: (name, problem) => {
      if (problem) setReady();
      setConnection(problem?.status === 401 ? "refused" : name, problem);
    },
  });
}

function setReady() {
  isReady = true;
  markReady();
}

/** Whether this reader may change a tenant's jobs, or, without a tenant, the fleet. */
export function mayChange(tenant) {
  const { role, tenant: own } = state.identity;
  if (role === "admin" || role === "operator") return true;
  if (role !== "submitter" || tenant === undefined || !own) return false;
  return tenant === own || tenant.startsWith(`${own}/`);
}

// Speaks to the server: bearer token, errors of one shape, and streams that come back by
// themselves.

const tokenKey = "muster.token";
let memory = null;

/** The token of this tab, or null. */
export function token() {
  try {
    return sessionStorage.getItem(tokenKey) ?? memory;
  } catch {
    return memory;
  }
}

/** Sets or, with null, forgets the token of this tab. */
export function setToken(value) {
  memory = value;
  try {
    if (value) sessionStorage.setItem(tokenKey, value);
    else sessionStorage.removeItem(tokenKey);
  } catch {
    // Without storage the token lives as long as the page.
  }
}

/**
 * Takes `#token=…` out of the address, so that it stays in no history and no screenshot. Returns
 * whether there was one.
 */
export function takeTokenFromAddress() {
  const match = /^#token=([^&/]+)$/.exec(location.hash);
  if (!match) return false;
  setToken(decodeURIComponent(match[1]));
  history.replaceState(null, "", `${location.pathname}#/`);
  return true;
}

/** An answer that is an error, with the server's own words where it gave any. */
class APIError extends Error {
  constructor(status, body, path) {
    super(body?.message ?? (status ? `the server answered ${status}`
      : "the server cannot be reached"));
    this.status = status;
    this.path = path;
    this.code = body?.code ?? null;
    this.detail = body?.detail ?? null;
    this.hint = body?.hint ?? null;
    this.diagnostics = body?.diagnostics ?? [];
  }
}

function headers(extra) {
  const all = { ...extra };
  const bearer = token();
  if (bearer) all.Authorization = `Bearer ${bearer}`;
  return all;
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, {
      ...options, headers: headers(options.headers), credentials: "omit", cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new APIError(0, null, path);
  }
  if (response.ok) return response;
  let body = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's page, say: the status alone must do.
  }
  throw new APIError(response.status, body, path);
}

/** A path with its query; keys without a value are left out. */
function withQuery(path, query) {
  const parts = Object.entries(query ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return parts.length ? `${path}?${parts.join("&")}` : path;
}

/** Reads JSON. */
export async function get(path, query, signal) {
  const response = await request(withQuery(path, query), { signal });
  return response.json();
}

/** Sends JSON, or text of another media type, and reads the JSON answer. */
export async function send(method, path, body, type = "application/json") {
  const text = body === undefined ? undefined : typeof body === "string" ? body
    : JSON.stringify(body);
  const response = await request(path, {
    method, body: text, headers: text === undefined ? {} : { "Content-Type": type },
  });
  return response.status === 204 ? null : response.json();
}

/** Reads text as it comes and hands each piece to `take`. Ends with the stream. */
export async function readText(path, query, signal, take) {
  const response = await request(withQuery(path, query),
    { signal, headers: { Accept: "text/plain" } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    take(value);
  }
}

// The server sends a comment every ten seconds; after three of them missing the line is dead.
const silenceMilliseconds = 30000;
const longestDelay = 15000;

/**
 * Follows Server-Sent Events until `signal` ends it. `opened(isAgain)` is called on each
 * connection, `event(kind, data, receivedAt)` on each event, `state(name, error)` on changes
 * between `connecting`, `open` and `waiting`.
 */
export async function follow(path, { signal, opened, event, state }) {
  let lastID = null;
  let delay = 500;
  let isAgain = false;
  while (!signal.aborted) {
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal.addEventListener("abort", stop);
    let problem = null;
    try {
      state("connecting", null);
      const extra = { Accept: "text/event-stream" };
      if (lastID !== null) extra["Last-Event-ID"] = lastID;
      const response = await request(path, { signal: connection.signal, headers: extra });
      state("open", null);
      opened(isAgain);
      isAgain = true;
      delay = 500;
      await readEvents(response.body, connection, (message) => {
        if (message.id !== null) lastID = message.id;
        if (message.data !== "") event(message.kind, JSON.parse(message.data), message.receivedAt);
        else if (message.kind === "reset") event("reset", null, message.receivedAt);
      });
    } catch (error) {
      if (!signal.aborted) problem = error;
    } finally {
      signal.removeEventListener("abort", stop);
      connection.abort();
    }
    if (signal.aborted) return;
    state("waiting", problem);
    await sleep(delay * (0.75 + Math.random() / 2), signal);
    delay = Math.min(longestDelay, delay * 2);
  }
}

async function readEvents(body, connection, deliver) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let message = { id: null, kind: "message", data: [] };
  for (;;) {
    const watch = setTimeout(() => connection.abort(), silenceMilliseconds);
    const { value, done } = await reader.read().finally(() => clearTimeout(watch));
    if (done) return;
    const receivedAt = performance.now();
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (message.data.length || message.kind === "reset") {
          deliver({ ...message, data: message.data.join("\n"), receivedAt });
        }
        message = { id: null, kind: "message", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") message.data.push(text);
      else if (field === "event") message.kind = text;
      else if (field === "id") message.id = text;
    }
  }
}

function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

// The page's frame: which page is shown, where the reader may go, and how the line to the server
// is.

import { setToken, takeTokenFromAddress } from "./core/api.js";
import { announce, h, svg, swap } from "./core/dom.js";
import { fleetNow, number, time } from "./core/format.js";
import { connect, need, state, subscribe } from "./core/state.js";
import { errorBox, heading } from "./parts/ui.js";
import * as events from "./pages/events.js";
import * as fleet from "./pages/fleet.js";
import * as hardware from "./pages/hardware.js";
import * as health from "./pages/health.js";
import * as job from "./pages/job.js";
import * as jobs from "./pages/jobs.js";
import * as machine from "./pages/machine.js";
import * as node from "./pages/node.js";
import * as overview from "./pages/overview.js";
import * as queue from "./pages/queue.js";
import * as tenants from "./pages/tenants.js";
import * as whatif from "./pages/whatif.js";

const pages = [
  { path: "", name: "Overview", page: overview, icon: "M2 8.5 8 3l6 5.5M4 7.5V13h8V7.5" },
  { path: "fleet", name: "Fleet", page: fleet,
    icon: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z" },
  { path: "queue", name: "Queue", page: queue, icon: "M2.5 4h11M2.5 8h8M2.5 12h5" },
  { path: "jobs", name: "Jobs", page: jobs, icon: "M2.5 5h11v8h-11zM6 5V3h4v2" },
  { path: "tenants", name: "Tenants", page: tenants,
    icon: "M8 3v3M8 6H4v3M8 6h4v3M2.5 9h3v4h-3zM10.5 9h3v4h-3z" },
  { path: "health", name: "Health", page: health,
    icon: "M8 13.5 3 8.5a3 3 0 0 1 5-3.5 3 3 0 0 1 5 3.5z" },
  { path: "hardware", name: "Hardware", page: hardware,
    icon: "M4 4h8v8H4zM6.5 6.5h3v3h-3zM6 4V1.5M10 4V1.5M6 14.5V12M10 14.5V12" },
  { path: "whatif", name: "What if", page: whatif, icon: "M3 13V9q0-3 3-3h7M10 3l3 3-3 3" },
  { path: "events", name: "Events", page: events, icon: "M2 8h3l2-5 3 10 2-5h2" },
];
const details = { jobs: job, nodes: node, hardware: machine };
const main = document.getElementById("main");
let controller = new AbortController();
let shownPath = null;

/** The parts of the address: path, name in it, and query. */
function address() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [first = "", second] = path.split("/");
  return {
    first, second: second === undefined ? null : decodeURIComponent(second),
    query: Object.fromEntries(new URLSearchParams(search ?? "")),
  };
}

function route() {
  const { first, second, query } = address();
  const known = pages.find((one) => one.path === first);
  const page = second !== null ? details[first] : known?.page;
  controller.abort();
  controller = new AbortController();
  const parent = first === "nodes" ? "fleet" : first;
  for (const link of document.querySelectorAll("#nav a")) {
    link.removeAttribute("aria-current");
    if (link.dataset.path !== parent) continue;
    link.setAttribute("aria-current", "page");
    link.scrollIntoView({ block: "nearest", inline: "center" });
  }
  document.title = `${second ?? known?.name ?? "Muster"} · Muster`;
  const isElsewhere = shownPath !== null && shownPath !== `${first}/${second}`;
  shownPath = `${first}/${second}`;
  const view = { root: main, name: second, query, signal: controller.signal };
  main.dataset.page = first || "overview";
  if (!page) {
    swap(main, heading("No such page"), h("p", null, h("a", { href: "#/" }, "Go to the overview")));
  } else {
    page.show(view).catch((error) => {
      if (view.signal.aborted) return;
      if (error.status === undefined) throw error;
      swap(main, heading(second ?? known.name), errorBox(error));
    });
  }
  if (!isElsewhere) return;
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  announce(document.title, true);
}

function drawNavigation() {
  swap(document.getElementById("nav"), h("ul", null, pages.map((one) => h("li", null,
    h("a", { href: `#/${one.path}`, "data-path": one.path },
      svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: one.icon })),
      one.name, one.path === "queue" ? h("span", { class: "tally", id: "tally" }) : null)))));
}

const connections = {
  connecting: "connecting", open: "live", waiting: "reconnecting", refused: "signed out",
};

function drawStatus() {
  const { fleet, connection } = state;
  const clock = fleet?.clock;
  const text = new Date(fleetNow()).toISOString();
  const element = document.getElementById("status");
  // The line changes each second, so that it is drawn only where it differs.
  const parts = [connections[connection], time(text, true), clock?.speed, fleet?.isSimulated,
    fleet?.message];
  const key = JSON.stringify(parts);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  swap(element,
    h("span", { class: "link", "data-connection": connection },
      h("span", { class: "dot", "aria-hidden": "true" }), connections[connection]),
    fleet ? h("span", { class: "optional", title: "The fleet's clock" }, time(text, true),
      clock.speed !== 1 ? ` at ${number(clock.speed)}×` : "") : null,
    fleet?.isSimulated ? h("span", { class: "tag warn", title: fleet.message ?? "" },
      "simulated fleet") : null,
    fleet && !fleet.isSimulated && fleet.message
      ? h("span", { class: "optional", title: fleet.message }, fleet.message) : null);
  const tally = document.getElementById("tally");
  if (fleet) tally.textContent = number(fleet.jobs.queued + fleet.jobs.blocked);
}

const themes = { "": ["Auto", "light"], light: ["Light", "dark"], dark: ["Dark", ""] };

function drawTheme() {
  const button = document.getElementById("theme");
  const theme = document.documentElement.dataset.theme ?? "";
  button.textContent = themes[theme][0];
  button.setAttribute("aria-label", `Theme: ${themes[theme][0]}`);
}

function turnTheme() {
  const next = themes[document.documentElement.dataset.theme ?? ""][1];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  try {
    if (next) localStorage.setItem("muster.theme", next);
    else localStorage.removeItem("muster.theme");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  drawTheme();
  window.dispatchEvent(new Event("muster-theme"));
}

function signIn() {
  const input = h("input", { type: "password", autocomplete: "off", name: "token",
    style: { width: "100%" } });
  const dialog = h("dialog", { "aria-label": "Token", onclose: () => dialog.remove() }, h("form", {
    class: "stacked",
    onsubmit: (event) => {
      event.preventDefault();
      setToken(input.value.trim() || null);
      dialog.close();
      connect().then(route);
    },
  },
  h("h2", null, "Token"),
  h("p", { class: "note" },
    "It stays in this tab. Empty for the rights of a viewer without a token."),
  h("label", { class: "field" }, "Token", input),
  h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() },
    "Back"),
    h("button", { type: "submit", class: "primary" }, "Use it"))));
  document.body.append(dialog);
  dialog.showModal();
}

function drawIdentity() {
  const { name, role, tenant } = state.identity;
  const button = document.getElementById("identity");
  button.textContent = role === "nobody" ? "Sign in" : tenant ? `${role} of ${tenant}` : role;
  button.title = name;
  button.setAttribute("aria-label", `${button.textContent}: change the token`);
}

async function jump(event) {
  event.preventDefault();
  const input = document.getElementById("jump-text");
  const text = input.value.trim();
  if (!text) return;
  await need("nodes").catch(() => {});
  location.hash = state.nodes.has(text)
    ? `#/nodes/${encodeURIComponent(text)}`
      : `#/jobs/${encodeURIComponent(text.replace(/^#/, ""))}`;
  input.value = "";
}

function listen() {
  window.addEventListener("hashchange", () => {
    if (takeTokenFromAddress()) connect();
    route();
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.getElementById("theme").addEventListener("click", turnTheme);
  document.getElementById("identity").addEventListener("click", signIn);
  document.getElementById("jump").addEventListener("submit", jump);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, dialog");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.getElementById("jump-text").focus();
  });
  let connection = state.connection;
  subscribe((delta) => {
    if (delta.identity) drawIdentity();
    if (state.connection !== connection && (connection === "open" || state.connection === "open")) {
      announce(`Connection: ${connections[state.connection]}`, true);
    }
    connection = state.connection;
    drawStatus();
  });
  setInterval(drawStatus, 1000);
}

takeTokenFromAddress();
drawNavigation();
drawTheme();
drawIdentity();
listen();
route();
connect().then(() => need("fleet")).then(drawStatus, () => {});

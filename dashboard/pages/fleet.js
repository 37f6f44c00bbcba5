// The fleet: a map of all GPUs, or the same as a table.

import { announce, debounce, h, swap, throttle } from "../core/dom.js";
import { count, number, runs } from "../core/format.js";
import { need, state, subscribe } from "../core/state.js";
import { defaultGrouping, groupings } from "../map/layout.js";
import { modes } from "../map/classes.js";
import { FleetMap } from "../map/view.js";
import {
  card, empty, errorBox, heading, jobLink, loading, nodeLink, segments, select, stateChip, swatch,
  table,
} from "../parts/ui.js";

const rowsPerPage = 100;
const choices = { mode: "tenant", grouping: null, view: "map", filter: "" };

/** Words that must all be found, in a node or in a job on it; `#12` is a job's number. */
function matcher(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const all = (haystack) => words.every((word) => haystack.includes(word));
  const nodeText = (node) => [node.name, node.pool, node.kind, node.state, node.reason,
    ...node.domains].join(" ").toLowerCase();
  const matches = {
    node: (node) => all(nodeText(node)),
    entry: (entry) => all(`${entry.name} ${entry.tenant} #${entry.job}`.toLowerCase()),
    either: (node) => matches.node(node) || node.jobs.some(matches.entry),
  };
  return matches;
}

function keysHelp() {
  const keys = [["←↑↓→", "move"], ["Enter", "open"], ["+ −", "zoom"], ["0", "fit"],
    ["Esc", "let go"]];
  return h("p", { class: "map-keys note", id: "map-keys" },
    keys.map(([key, what]) => h("span", null, h("kbd", null, key), ` ${what}`)));
}

/** Shows the page. */
export async function show(view) {
  const inner = h("div");
  const summary = h("span", { class: "note" });
  if (view.query.filter !== undefined) choices.filter = view.query.filter;
  if (view.query.view) choices.view = view.query.view;
  const search = h("input", {
    type: "search", placeholder: "Filter: node, domain, tenant, job", "aria-label": "Filter",
    value: choices.filter, oninput: debounce(() => refilter(), 120),
  });
  let refilter = () => {};
  const look = segments("View", [["map", "Map"], ["table", "Table"]], choices.view, (value) => {
    choices.view = value;
    render();
  });
  swap(view.root, heading("Fleet", summary, h("span", { class: "spring" }), look), inner);
  inner.append(loading());
  try {
    await Promise.all([need("nodes"), need("jobs"), need("tenants"), need("fleet")]);
  } catch (error) {
    if (!view.signal.aborted) swap(inner, errorBox(error));
    return;
  }
  if (view.signal.aborted) return;

  const tell = () => {
    const { allocated, installed } = state.fleet.capacity;
    const gpus = `${number(allocated)} of ${number(installed)} GPUs allocated`;
    summary.textContent = `${count(state.nodes.size, "node")} · ${gpus}`;
  };
  let current = null;
  function render() {
    current?.abort();
    current = new AbortController();
    view.signal.addEventListener("abort", () => current.abort(), { once: true });
    refilter = choices.view === "map"
      ? showMap(inner, search, current.signal) : showTable(inner, search, current.signal);
    const apply = refilter;
    refilter = () => {
      choices.filter = search.value;
      apply();
    };
  }
  tell();
  render();
  subscribe(tell, view.signal);
}

function showMap(root, search, signal) {
  if (state.nodes.size === 0) {
    swap(root, empty("There are no nodes yet."));
    return () => {};
  }
  const nodes = [...state.nodes.values()];
  choices.grouping ??= defaultGrouping(nodes, state.levels);
  const legend = h("ul",
    { class: "map-legend", "aria-label": "Legend; a choice puts the others in the background" });
  const map = new FleetMap({
    mode: choices.mode, grouping: choices.grouping,
    open: (name) => (location.hash = `#/nodes/${encodeURIComponent(name)}`),
    changed: throttle(() => drawLegend(), 1000),
  }, signal);

  function drawLegend() {
    const counts = map.picture.counts();
    const { classes, note } = map.picture.sorter;
    swap(legend, classes.map((one, kind) => ({ ...one, kind }))
      .filter((one) => one.label && counts[one.kind] > 0)
      .map((one) => h("li", null, h("button", {
        type: "button", class: "quiet", "data-key": `legend-${one.id}`,
        "aria-pressed": String(map.picture.highlight === one.kind),
        onclick: () => {
          map.setHighlight(map.picture.highlight === one.kind ? null : one.kind);
          drawLegend();
        },
      }, legendMark(one), one.label, h("span", { class: "note" }, number(counts[one.kind]))))),
    note ? h("li", { class: "note" }, note) : null);
  }

  const zoom = (text, label, step) =>
    h("button", { type: "button", "aria-label": label, onclick: () => map.zoom(step) }, text);
  const groupChoices = groupings(state.levels)
    .map((one) => [one.id, one.id === "none" ? "nothing" : one.id]);
  swap(root,
    h("div", { class: "filters" },
      segments("Colour", modes.map((one) => [one.id, one.name]), choices.mode, (value) => {
        choices.mode = value;
        map.setMode(value);
        drawLegend();
      }),
      h("label", { class: "inline" }, "Group by ", select("Group by", groupChoices,
        choices.grouping, (value) => {
        choices.grouping = value;
        map.setGrouping(value);
      })),
      search, h("span", { class: "spring" }),
      h("div", { class: "segments", role: "group", "aria-label": "Zoom" },
        zoom("−", "Smaller", -1), zoom("Fit", "Fit", 0), zoom("+", "Larger", 1))),
    h("div", { class: "card map-card" }, map.element, legend), keysHelp());
  drawLegend();
  const filter = () => {
    const matches = matcher(search.value);
    map.setFilter(matches);
    if (matches) announce(`${count(map.nodes.filter(matches.either).length, "node")} fit`, true);
  };
  if (search.value) filter();
  return filter;
}

function legendMark(one) {
  const mark = swatch(one.isHollow ? "transparent" : one.colour);
  if (one.isHollow) mark.style.boxShadow = `inset 0 0 0 2px ${one.colour}`;
  return mark;
}

function showTable(root, search, signal) {
  const rows = h("div");
  const wanted = h("span");
  let page = 0;
  let chosen = "all";
  const states = [["all", "All"], ["ready", "Ready"], ["cordoned", "Cordoned"],
    ["draining", "Draining"], ["lost", "Lost"], ["free", "With free GPUs"]];

  function draw() {
    const matches = matcher(search.value);
    const isChosen = (node) =>
      chosen === "all" || node.state === chosen || (chosen === "free" && node.free > 0);
    const nodes = [...state.nodes.values()]
      .filter((node) => isChosen(node) && (!matches || matches.either(node)));
    page = Math.min(page, Math.max(0, Math.ceil(nodes.length / rowsPerPage) - 1));
    const first = page * rowsPerPage;
    const last = Math.min(nodes.length, first + rowsPerPage);
    swap(rows, nodes.length === 0 ? empty("No node matches.")
      : nodeTable(nodes.slice(first, first + rowsPerPage)),
      h("div", { class: "pager" },
        h("button", { type: "button", disabled: page === 0, "data-key": "back",
          onclick: () => turn(-1) }, "Back"),
        h("button", { type: "button", disabled: first + rowsPerPage >= nodes.length,
          "data-key": "next", onclick: () => turn(1) }, "Next"),
        wanted));
    wanted.textContent = nodes.length
      ? `${number(first + 1)}–${number(last)} of ${number(nodes.length)}` : "";
  }
  function turn(step) {
    page += step;
    draw();
  }
  swap(root,
    h("div", { class: "filters" }, search, select("State", states, chosen, (value) => {
      chosen = value;
      page = 0;
      draw();
    })),
    card({ title: "Nodes" }, rows));
  draw();
  const soon = throttle(draw, 2000);
  signal.addEventListener("abort", soon.cancel);
  subscribe((delta) => (delta.whole || delta.nodes.length) && soon(), signal);
  return () => {
    page = 0;
    draw();
  };
}

function nodeTable(nodes) {
  const columns = [{ name: "Node" }, { name: "State" }, { name: "Pool" }, { name: "Place" },
    { name: "Free", number: true }, { name: "Out", number: true }, { name: "Jobs" }];
  return table("Nodes", columns, nodes.map((node) => [
    nodeLink(node.name), [stateChip(node.state), node.reason ? h("span", { class: "sub" },
      ` ${node.reason}`) : null],
    [node.pool, node.kind ? h("span", { class: "sub" }, ` ${node.kind}`) : null], node.domains
      .join(" / "),
    `${number(node.free)} of ${node.devices}`, node.unhealthy.length ? runs(node.unhealthy) : "–",
    node.jobs.length ? node.jobs.slice(0, 4).map((job, index) => [index ? ", " : "",
      jobLink(job.job, job.name)]) : "–",
  ]), { class: "stack" });
}

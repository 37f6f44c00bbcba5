// What happened, newest first, as it happens.

import { get } from "../core/api.js";
import { h, keyed, swap } from "../core/dom.js";
import { subscribe } from "../core/state.js";
import { eventRow, kindNames, loadNewest, merged, newest } from "../parts/eventlist.js";
import { card, empty, errorBox, heading, loading, select } from "../parts/ui.js";

const shown = 200;

/** Shows the page. */
export async function show(view) {
  let kind = view.query.kind ?? "";
  let isPaused = false;
  let words = "";
  // Of the chosen kind, beyond what the tab keeps of all kinds.
  let ofKind = [];
  const list = h("ol", { class: "events" });
  const note = h("div", null, loading());
  const pause = h("input", { type: "checkbox", onchange: () => {
    isPaused = pause.checked;
    draw();
  } });
  const search = h("input", { type: "search", placeholder: "Job, node, tenant or text",
    "aria-label": "Filter", oninput: () => {
    words = search.value.trim().toLowerCase();
    draw();
  } });
  const fits = (event) => (!kind || event.kind === kind)
    && (!words || [event.name, event.node, event.tenant, event.text].join(" ").toLowerCase()
      .includes(words));

  function draw() {
    if (isPaused) return;
    const events = newest(fits, shown, ofKind);
    keyed(list, events, (event) => event.id, eventRow);
    swap(note, events.length ? null : empty("No event fits."));
  }
  async function loadKind() {
    const asked = kind;
    ofKind = [];
    draw();
    if (!asked) return;
    try {
      const answer = await get("/v1/events", { kind: asked, limit: shown }, view.signal);
      if (asked !== kind) return;
      ofKind = merged(ofKind, answer.events);
      draw();
    } catch (error) {
      if (!view.signal.aborted) swap(note, errorBox(error));
    }
  }

  swap(view.root, heading("Events"),
    h("div", { class: "filters" },
      select("Kind", [["", "All kinds"], ...Object.entries(kindNames)], kind, (value) => {
        kind = value;
        loadKind();
      }),
      search, h("label", { class: "check" }, pause, "Pause")),
    card({ title: "Newest first" }, list, note));
  subscribe((delta) => {
    if (!delta.events.length) return;
    const more = delta.events.filter((event) => event.kind === kind);
    if (more.length) ofKind = merged(ofKind, more).slice(-shown);
    draw();
  }, view.signal);
  try {
    await loadNewest(view.signal, 500);
  } catch (error) {
    if (!view.signal.aborted) swap(note, errorBox(error));
    return;
  }
  await loadKind();
}

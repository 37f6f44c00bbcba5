// What if: changes that are tried on a copy of the fleet, and what they would do.

import { send } from "../core/api.js";
import { announce, h, swap } from "../core/dom.js";
import { count, number, range, span, time } from "../core/format.js";
import { need, state } from "../core/state.js";
import { guidedChanges } from "../parts/changes.js";
import { body, card, errorBox, facts, heading, jobLink, segments, table } from "../parts/ui.js";

const example = "changes:\n  - {job: pretrain, members: 12}\n  - {cancel: sweep-3}\n";
const kept = { mode: "guided", changes: [], text: example };

/** Shows the page. */
export async function show(view) {
  if (view.query.changes) {
    try {
      kept.changes = JSON.parse(view.query.changes);
      kept.mode = "guided";
    } catch {
      kept.mode = "text";
      kept.text = view.query.changes;
    }
  }
  const form = h("div");
  const result = h("div", { "aria-live": "polite" });
  const run = h("button", { type: "button", class: "primary", onclick: () => tryThem() }, "Try it");
  const list = h("div");

  function drawList() {
    swap(list, kept.changes.length === 0
      ? h("p", { class: "note" }, "No change yet. Choose one below and add it.")
      : h("ol", { class: "changes" }, kept.changes.map((change, index) => h("li", null,
        h("code", null, JSON.stringify(change)),
        h("button", {
          type: "button", class: "quiet", "aria-label": `Remove change ${index + 1}`,
          onclick: () => {
            kept.changes.splice(index, 1);
            drawList();
          },
        }, "Remove")))));
    run.disabled = kept.mode === "guided" && kept.changes.length === 0;
  }
  function drawForm() {
    if (kept.mode === "text") {
      const text = h("textarea", { rows: "9", spellcheck: "false", "aria-label": "Changes as YAML",
        oninput: () => (kept.text = text.value) });
      text.value = kept.text;
      swap(form, body(h("p", { class: "note" },
        "A list of changes as YAML, with the keys of docs/FILES.md."), text));
    } else {
      swap(form, body(list), body(guidedChanges((change) => {
        kept.changes.push(change);
        drawList();
        announce("Change added", true);
      })));
    }
    drawList();
  }
  async function tryThem() {
    run.disabled = true;
    swap(result, card({ title: "Result" }, body(h("p", { class: "note" }, "Running it ahead…"))));
    try {
      const answer = kept.mode === "text"
        ? await send("POST", "/v1/whatif", kept.text, "application/yaml")
        : await send("POST", "/v1/whatif", { changes: kept.changes });
      if (!view.signal.aborted) swap(result, resultCard(answer));
    } catch (error) {
      swap(result, errorBox(error));
    }
    run.disabled = false;
  }

  swap(view.root, heading("What if", h("span", { class: "note" },
    "Tried on a copy of the fleet. Nothing is changed.")),
    h("div", { class: "stacked" },
      card({
        title: "Changes", beside: segments("Form", [["guided", "Guided"], ["text", "YAML"]],
          kept.mode, (value) => {
          kept.mode = value;
          drawForm();
        }),
      }, form, h("div", { class: "body" }, h("div", { class: "actions" }, run))),
      result));
  drawForm();
  await Promise.allSettled([need("nodes"), need("tenants"), need("fleet")]);
  if (view.signal.aborted) return;
  if (state.nodes.size) drawForm();
  if (view.query.changes && kept.changes.length) await tryThem();
}

function resultCard(answer) {
  const rows = answer.comparisons.map((one) => {
    const difference = gain(one);
    return [one.job === null ? one.name : jobLink(one.job, one.name), outlook(one.before),
      outlook(one.after),
      h("span", { class: difference.tone }, difference.text)];
  });
  return card({ title: "Result" },
    body(facts([
      ["Waiting jobs", `${number(answer.waitingBefore)} → ${number(answer.waitingAfter)}`],
      ["Start at once", answer.started.length ? answer.started
        .map((one, index) => [index ? ", " : "", one.job === null ? one.name : jobLink(one.job,
        one.name)]) : "none"],
      ["Stop", answer.stopped.length ? answer.stopped.map((one, index) => [index ? ", " : "",
        jobLink(one.job, one.name), ` (${one.reason})`]) : "none"],
    ]), answer.isCutOff ? h("p", { class: "note" },
      "Only the first jobs of the queue are compared.") : null),
    rows.length ? [h("div", { class: "head" },
      h("h3", null, `${count(rows.length, "job")} with another start`)),
      table("Jobs with another start", [{ name: "Job" }, { name: "Before" }, { name: "After" },
        { name: "Difference" }], rows, { class: "stack" })] : null,
    body(h("details", { "data-key": "whatif-text" },
      h("summary", null, "As the command line says it"), h("pre", { class: "box" }, answer.text))));
}

function outlook(one) {
  if (one.kind === "runs") return "runs";
  if (one.kind === "absent") return "is not there";
  if (!one.estimate) return "waits, start not known";
  return [`starts ~ ${time(one.estimate.likely)}`, h("span", { class: "sub" },
    ` ${range(one.estimate)}`)];
}

/** How much sooner or later a job starts. */
function gain({ before, after }) {
  if (before.kind !== "runs" && after.kind === "runs") return { text: "starts now",
    tone: "better" };
  if (before.kind === "runs" && after.kind !== "runs") return { text: "stops", tone: "worse" };
  if (!before.estimate || !after.estimate) return { text: "–", tone: null };
  const seconds = (Date.parse(before.estimate.likely) - Date.parse(after.estimate.likely)) / 1000;
  if (Math.abs(seconds) < 1) return { text: "as before", tone: null };
  return seconds > 0 ? { text: `${span(seconds)} sooner`, tone: "better" }
    : { text: `${span(-seconds)} later`, tone: "worse" };
}

// A form for one change of a what-if. Each kind of change has its fields, and makes the object that
// the server takes.

import { h, swap } from "../core/dom.js";
import { state } from "../core/state.js";
import { errorBox, select } from "./ui.js";

/** A job's name, or its number where the text is one. */
function jobOf(text) {
  return /^#?\d+$/.test(text) ? Number(text.replace("#", "")) : text;
}

function listOf(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}

function whole(text, what) {
  if (!/^-?\d+$/.test(text)) throw new Error(`${what} is a whole number`);
  return Number(text);
}

const fields = {
  job: { label: "Job", hint: "name or number" },
    nodes: { label: "Nodes", hint: "names, with commas" },
  members: { label: "Members", type: "number" }, priority: { label: "Priority", type: "number" },
  strength: { label: "Strength", options: () => [["required", "required"],
    ["preferred", "preferred"]] },
  level: { label: "Level", options: () => state.levels.map((level) => [level, level]) },
  tenant: { label: "Tenant", options: () => state.tenants.map((one) => [one.name, one.name]) },
  kind: { label: "Kind", options: () => (state.fleet?.kinds ?? [])
    .map((one) => [one.name, one.name]) },
  setting: { label: "Setting", options: () => [["limit", "limit"], ["guaranteed", "guaranteed"],
    ["weight", "weight"]] },
  value: { label: "Value", type: "number" }, like: { label: "Like the node" },
  count: { label: "How many", type: "number" },
};

const kinds = [
  ["cancel", "Cancel a job", ["job"], ({ job }) => ({ cancel: [jobOf(job)] })],
  ["members", "Change a job's members", ["job", "members"],
    ({ job, members }) => ({ job: jobOf(job), members: whole(members, "the count of members") })],
  ["priority", "Change a job's priority", ["job", "priority"],
    ({ job, priority }) => ({ job: jobOf(job), priority: whole(priority, "the priority") })],
  ["topology", "Change a job's topology", ["job", "strength", "level"],
    ({ job, strength, level }) => ({ job: jobOf(job), topology: { [strength]: level } })],
  ["preemptible", "Let a job be preempted", ["job"],
    ({ job }) => ({ job: jobOf(job), preemptible: true })],
  ["quota", "Change a tenant's quota", ["tenant", "kind", "setting", "value"],
    ({ tenant, kind, setting, value }) => ({ tenant,
    quota: { [kind]: { [setting]: Number(value) } } })],
  ["drain", "Drain nodes", ["nodes"], ({ nodes }) => ({ drain: listOf(nodes) })],
  ["resume", "Take nodes back into service", ["nodes"], ({ nodes }) => ({ resume: listOf(nodes) })],
  ["add", "Add nodes", ["like", "count"],
    ({ like, count }) => ({ add: { like, count: whole(count, "how many") } })],
];

/** The form; `add(change)` takes what was made. */
export function guidedChanges(add) {
  let chosen = kinds[0];
  const inputs = h("div", { class: "form" });
  const problem = h("div");
  let controls = {};

  function draw() {
    controls = {};
    swap(problem);
    swap(inputs, chosen[2].map((name) => {
      const field = fields[name];
      if (field.options) {
        const options = field.options();
        controls[name] = h("select", null, options.map(([value, text]) => h("option", { value },
          text)));
      } else {
        controls[name] = h("input", { type: field.type ?? "text", placeholder: field.hint,
          required: true, autocomplete: "off", spellcheck: "false" });
        if (name === "like") controls[name].value = state.nodes.keys().next().value ?? "";
      }
      return h("label", { class: "field" }, field.label, controls[name]);
    }), h("button", { type: "submit" }, "Add the change"));
  }
  draw();
  return h("form", {
    class: "stacked",
    onsubmit: (event) => {
      event.preventDefault();
      try {
        const values = Object.fromEntries(Object.entries(controls)
          .map(([name, control]) => [name, control.value.trim()]));
        add(chosen[3](values));
        draw();
      } catch (error) {
        swap(problem, errorBox(error));
      }
    },
  },
  h("div", { class: "form" }, select("Kind of change", kinds.map(([id, name]) => [id, name]),
    chosen[0], (id) => {
    chosen = kinds.find((one) => one[0] === id);
    draw();
  }, true)),
  inputs, problem);
}

// Asks before something changes, with a reason where the server keeps one.

import { announce, h } from "../core/dom.js";
import { errorBox } from "./ui.js";

/**
 * Opens a question. `fields` are `{name, label, value, type, isRequired, hint}`; `run(values)` does
 * the work, and the dialog stays open with the error when it fails.
 */
export function ask({ title, text, action, isDangerous, fields = [], run, done }) {
  const inputs = fields.map((field) => h("input", {
    name: field.name, type: field.type ?? "text", value: field.value ?? "",
      required: field.isRequired,
    min: field.type === "number" ? "0" : null, style: { width: "100%" },
  }));
  const problem = h("div");
  const confirm = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" },
    action);
  const form = h("form", {
    method: "dialog", class: "stacked",
    onsubmit: async (event) => {
      event.preventDefault();
      confirm.disabled = true;
      try {
        const result = await run(Object.fromEntries(inputs
          .map((one) => [one.name, one.value.trim()])));
        dialog.close();
        announce(`${title}: done`, true);
        done?.(result);
      } catch (error) {
        problem.replaceChildren(errorBox(error));
        confirm.disabled = false;
      }
    },
  },
  h("h2", null, title), text ? h("p", { class: "note" }, text) : null,
  fields.map((field, index) => h("label", { class: "field" }, field.label, inputs[index],
    field.hint ? h("span", { class: "note" }, field.hint) : null)),
  problem,
  h("div", { class: "actions" },
    h("button", { type: "button", onclick: () => dialog.close() }, "Back"), confirm));
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}

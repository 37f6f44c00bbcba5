// Copies text, also where the browser gives a page no clipboard: without HTTPS, beyond loopback.

import { announce, h } from "../core/dom.js";

/** Copies the text and tells of it. */
export async function copyText(text) {
  const isDone = await (navigator.clipboard ? byClipboard(text) : bySelection(text));
  announce(isDone ? "Copied" : "The browser does not let this page copy", true);
  return isDone;
}

async function byClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return bySelection(text);
  }
}

function bySelection(text) {
  const before = document.activeElement;
  const area = h("textarea", { "aria-hidden": "true", class: "hidden" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return isDone;
}

/** A button that copies what `text()` gives, and says for a moment that it did. */
export function copyButton(name, text) {
  const button = h("button", {
    type: "button", "data-key": `copy-${name}`,
    onclick: async () => {
      if (!await copyText(text())) return;
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = name), 2000);
    },
  }, name);
  return button;
}

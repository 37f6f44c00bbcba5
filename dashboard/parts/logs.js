// The output of one member of an attempt, followed as it grows.

import { readText } from "../core/api.js";
import { h, swap } from "../core/dom.js";
import { isOver } from "../core/format.js";
import { body, card, empty, errorBox, select } from "./ui.js";

const tailLines = 500;
const charactersKept = 400000;
const retryMilliseconds = 2000;

/** The card; `path` is that of the job. */
export function logPanel(job, path, signal) {
  const text = h("pre", { class: "logs", tabindex: "0", role: "log", "aria-live": "off",
    "aria-label": "Log" });
  const note = h("div");
  let member = "0";
  let attempt = String(job.attempts.at(-1)?.attempt ?? job.attempt);
  let reading = null;
  const follow = h("input", { type: "checkbox", checked: true, onchange: () => read() });
  if (job.attempts.length === 0) return card({ title: "Logs" }, empty("Nothing has run yet."));

  async function read() {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    signal.addEventListener("abort", () => mine.abort(), { once: true });
    text.textContent = "";
    swap(note);
    try {
      await readText(`${path}/logs`, {
        member, attempt, tail: tailLines, follow: follow.checked ? "true" : null,
      }, mine.signal, add);
      if (text.textContent === "" && !mine.signal.aborted) swap(note, h("p", { class: "note" },
        "It has written nothing."));
    } catch (error) {
      if (mine.signal.aborted) return;
      // A member that just starts has no log yet; one that is followed will have it.
      if (error.code !== "M0613" || !follow.checked || !isNewest()) {
        swap(note, errorBox(error));
        return;
      }
      swap(note, h("p", { class: "note" }, "It has written nothing yet."));
      setTimeout(() => mine.signal.aborted || read(), retryMilliseconds);
    }
  }
  const isNewest = () => attempt === String(job.attempts.at(-1)?.attempt) && !isOver(job.state);

  // Pieces come faster than screens are drawn: they are put in once a frame.
  let waiting = "";
  function add(piece) {
    if (waiting === "") requestAnimationFrame(put);
    waiting += piece;
  }
  function put() {
    const isAtEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
    text.append(waiting);
    waiting = "";
    if (text.textContent.length > charactersKept) {
      text.textContent = text.textContent.slice(-charactersKept / 2);
    }
    if (isAtEnd || text.scrollTop === 0) text.scrollTop = text.scrollHeight;
  }

  const members = Math.max(1, job.members, job.placements.length);
  const choice = h("input", {
    type: "number", min: "0", max: String(members - 1), value: member, "aria-label": "Member",
      class: "short",
    onchange: () => {
      member = choice.value || "0";
      read();
    },
  });
  read();
  return card({ title: "Logs" }, body(
    h("div", { class: "filters" },
      h("label", { class: "inline" }, "Member", choice),
      select("Attempt", job.attempts.map((one) => [String(one.attempt), `attempt ${one.attempt}`]),
        attempt, (value) => {
        attempt = value;
        read();
      }),
      h("label", { class: "check" }, follow, "Follow")),
    note, text));
}

// Why a job waits: the verdict, the evidence, who is ahead, when it starts, and what would help.

import { h } from "../core/dom.js";
import { count, number, range, reasonNames, span, time } from "../core/format.js";
import { copyText } from "./copy.js";
import { body, card, facts, jobLink, nodeLink, table, whatIfAddress } from "./ui.js";

const units = { gpus: "GPU", members: "member", jobs: "job" };

function amount(value, unit) {
  if (value === null || value === undefined) return "–";
  return unit === "time" ? time(value) : count(value, units[unit] ?? unit);
}

/** The card for a verdict of `/v1/jobs/{job}/why`. */
export function whyCard(verdict) {
  const [dominant] = verdict.reasons;
  return card({
    title: "Why it waits",
      note: `Asked at ${time(verdict.askedAt, true)}; the queue moves, and so may this.`,
  }, body(h("div", { class: "why" },
    h("div", { class: "whole" }, h("div", { class: "box warn" }, h("p", { class: "verdict" },
      verdict.verdict))),
    h("div", null,
      part("Evidence", evidence(verdict.reasons)),
      dominant?.holders.length ? part("Who holds it", holders(dominant.holders)) : null,
      verdict.domains.length ? part("Where it could go", domains(verdict.domains)) : null),
    h("div", null, estimate(verdict),
      facts([ahead(verdict.ahead), reservation(verdict.reservation), ...verdict.quotas.map(quota)]),
      part("What would start it sooner", remedies(verdict.remedies))),
    h("details", { class: "whole", "data-key": "verdict-text" },
      h("summary", null, "As the command line says it"),
      h("pre", { class: "box" }, verdict.text)))));
}

/** What a gang would need, and how many spares have room. */
function counts(one) {
  return one.unit === "spares"
    ? [`a gang of ≥ ${amount(one.need, "gpus")}`, count(one.have, "spare")]
    : [amount(one.need, one.unit), amount(one.have, one.unit)];
}

function part(title, content) {
  return h("section", null, h("h3", null, title), content);
}

function estimate({ estimate: at, waitingSeconds }) {
  if (!at) return h("p", { class: "eta" }, h("b", null, "Start not known"),
    h("span", { class: "note" }, `waiting for ${span(waitingSeconds)}`));
  return h("p", { class: "eta" }, h("span", null, "Starts"), h("b", null, range(at)),
    h("span", { class: "note" },
      `likely ${time(at.likely)} · 80 % of such estimates hold · by ${at.basis}`));
}

function evidence(reasons) {
  return table("Evidence", [{ name: "Reason" }, { name: "Need", number: true },
    { name: "Have", number: true }, { name: "What that means" }],
    reasons.map((one, index) => [
      h("span", { class: `tag ${index === 0 ? "warn" : ""}` }, reasonNames[one.code] ?? one.code),
      ...counts(one), one.text]), { class: "stack" });
}

function holders(list) {
  return table("Who holds it", [{ name: "Job" }, { name: "Tenant" },
    { name: "GPUs", number: true }, { name: "Nodes", number: true }, { name: "Expected end" }],
    list.map((one) => [jobLink(one.job, one.name), one.tenant, number(one.gpus), number(one.nodes),
      time(one.expectedEnd)]), { class: "stack" });
}

function domains(list) {
  return table("Where it could go", [{ name: "Domain" }, { name: "Room", number: true },
    { name: "Need", number: true }, { name: "Nodes free", number: true }, { name: "Out" },
    { name: "Next to end" }],
    list.map((one) => [one.name, number(one.room), number(one.need),
      `${number(one.freeNodes)} of ${number(one.nodes)}`,
      [one.drainedNodes ? `${count(one.drainedNodes, "node")} drained` : "", one.devicesOut
        ? `${count(one.devicesOut, "GPU")} out` : ""].filter(Boolean).join(", ") || "–",
      one.nextToEnd.length ? one.nextToEnd.map((job, index) => [index ? ", " : "",
        jobLink(job.job, job.name),
        ` (${count(job.nodes, "node")}) ${time(job.expectedEnd)}`]) : "–",
    ]), { class: "stack" });
}

function ahead(list) {
  if (list.count === 0 && list.tenants.length === 0) return ["Ahead",
    "nothing competes for these nodes"];
  const more = list.count > list.jobs.length ? ` and ${list.count - list.jobs.length} more` : "";
  return ["Ahead", [list.count ? `${count(list.count, "job")}: ` : "",
    list.jobs.map((one, index) => [index ? ", " : "", jobLink(one.job, one.name)]), more,
    list.tenants.length ? ` turns of ${list.tenants.join(", ")}` : ""]];
}

function reservation(one) {
  if (!one) return null;
  const due = one.due ? time(one.due) : "at a time not known";
  return ["Reserved", [`${count(one.nodeCount, "node")}, due ${due} `,
    one.nodes.slice(0, 4).map((name, index) => [index ? ", " : "", nodeLink(name)]),
      one.nodeCount > 4 ? "…" : "",
    one.missingMembers ? `; ${count(one.missingMembers, "member")} without a place yet` : ""]];
}

function quota(one) {
  const limit = one.limit === null ? "no limit" : `limit ${number(one.limit)}`;
  return [`Quota of ${one.tenant}`,
    `${number(one.used)} ${one.kind} in use, ${number(one.guaranteed)} guaranteed, ${limit}`];
}

function remedies(list) {
  if (list.length === 0) return h("p", { class: "note" }, "No small change starts it now.");
  return h("ul", { class: "remedies" }, list.map((one) => h("li", null,
    h("span", null, one.text, one.stops.length ? [h("span", { class: "note" }, " stops "),
      one.stops.map((job, index) => [index ? ", " : "", jobLink(job.job, job.name)])] : null),
    h("span", { class: "actions" },
      one.changes.length ? h("a",
        { class: "button", href: whatIfAddress(one.changes) }, "Try it") : null,
      one.command ? h("button",
        { type: "button", onclick: () => copyText(one.command) }, "Copy") : null),
    one.command ? h("code", null, one.command) : null)));
}

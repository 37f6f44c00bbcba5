// The queue: what waits, the dominant reason of each job, and when it is expected to start.

import { debounce, h, swap } from "../core/dom.js";
import { isWaiting, number, reasonNames } from "../core/format.js";
import { need, state, subscribe } from "../core/state.js";
import { jobTable } from "../parts/jobtable.js";
import { heading, select } from "../parts/ui.js";

/** Shows the page. */
export async function show(view) {
  const filters = { reason: view.query.reason ?? "", tenant: view.query.tenant ?? "", name: "" };
  const tenantChoice = h("span");
  const reasonChoices = h("div", { class: "segments wrap", role: "group", "aria-label": "Reason" });
  const jobs = jobTable({
    columns: ["name", "tenant", "gpus", "priority", "waiting", "reason", "estimate"],
    query: () => ({ state: "waiting", tenant: filters.tenant, name: filters.name }),
    keep: () => (filters.reason ? (job) => job.reason?.code === filters.reason : null),
    belongs: (job) => isWaiting(job.state) && (!filters.name || job.name.includes(filters.name))
      && (!filters.tenant || job.tenant === filters.tenant
        || job.tenant.startsWith(`${filters.tenant}/`))
      && (!filters.reason || job.reason?.code === filters.reason),
    signal: view.signal, caption: "Waiting jobs", nothing: "No job waits here.",
  });
  const search = h("input", {
    type: "search", placeholder: "Job name", "aria-label": "Job name",
    oninput: debounce(() => {
      filters.name = search.value.trim();
      jobs.reload();
    }, 250),
  });

  function drawReasons() {
    const byReason = state.fleet?.queue.byReason ?? [];
    const all = byReason.reduce((sum, one) => sum + one.jobs, 0);
    const shown = [["", "All", all], ...byReason
      .map((one) => [one.code, reasonNames[one.code] ?? one.code, one.jobs])];
    if (filters.reason && !shown.some(([code]) =>
      code === filters.reason)) shown.push([filters.reason, reasonNames[filters.reason]
      ?? filters.reason, 0]);
    swap(reasonChoices, shown.map(([code, name, jobCount]) => h("button", {
      type: "button", "aria-pressed": String(code === filters.reason), "data-key": `reason-${code}`,
      onclick: () => {
        filters.reason = code;
        drawReasons();
        jobs.reload();
      },
    }, name, h("span", { class: "tally" }, number(jobCount)))));
  }
  const drawTenants = () => swap(tenantChoice, select("Tenant",
    [["", "All tenants"], ...state.tenants.map((one) => [one.name, one.name])], filters.tenant,
      (value) => {
      filters.tenant = value;
      jobs.reload();
    }));

  swap(view.root, heading("Queue"), h("div", { class: "filters" }, reasonChoices),
    h("div", { class: "filters" }, tenantChoice, search), jobs.element);
  drawReasons();
  drawTenants();
  need("fleet").then(drawReasons, () => {});
  need("tenants").then(drawTenants, () => {});
  subscribe((delta) => (delta.fleet || delta.whole) && drawReasons(), view.signal);
}

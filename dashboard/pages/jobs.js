// All jobs, newest first.

import { debounce, h, swap } from "../core/dom.js";
import { isOver, isPlaced, isWaiting } from "../core/format.js";
import { need, state } from "../core/state.js";
import { jobTable } from "../parts/jobtable.js";
import { heading, segments, select } from "../parts/ui.js";

const groups = [["", "All"], ["active", "Active"], ["waiting", "Waiting"],
  ["starting,running,stopping", "Running"], ["succeeded", "Succeeded"],
  ["failed,timedOut,dependencyFailed", "Failed"], ["cancelled,preempted", "Cancelled"]];

function isIn(group, job) {
  if (group === "") return true;
  if (group === "active") return !isOver(job.state);
  if (group === "waiting") return isWaiting(job.state);
  return group.startsWith("starting") ? isPlaced(job.state) : group.split(",").includes(job.state);
}

/** Shows the page. */
export async function show(view) {
  const filters = { state: view.query.state ?? "active", tenant: view.query.tenant ?? "",
    name: view.query.name ?? "", owner: "" };
  const tenantChoice = h("span");
  const jobs = jobTable({
    columns: ["name", "state", "tenant", "gpus", "priority", "where", "time"],
    query: () => filters,
    belongs: (job) => isIn(filters.state, job) && (!filters.name || job.name.includes(filters.name))
      && (!filters.owner || job.owner === filters.owner)
      && (!filters.tenant || job.tenant === filters.tenant
        || job.tenant.startsWith(`${filters.tenant}/`)),
    signal: view.signal, caption: "Jobs", nothing: "No job is here.",
  });
  const field = (key, label) => {
    const input = h("input", {
      type: "search", placeholder: label, "aria-label": label, value: filters[key],
      oninput: debounce(() => {
        filters[key] = input.value.trim();
        jobs.reload();
      }, 250),
    });
    return input;
  };
  const drawTenants = () => swap(tenantChoice, select("Tenant",
    [["", "All tenants"], ...state.tenants.map((one) => [one.name, one.name])], filters.tenant,
      (value) => {
      filters.tenant = value;
      jobs.reload();
    }));
  swap(view.root, heading("Jobs"),
    h("div", { class: "filters" },
      segments("State", groups, filters.state, (value) => {
        filters.state = value;
        jobs.reload();
      }),
      tenantChoice, field("name", "Job name"), field("owner", "Owner")),
    jobs.element);
  drawTenants();
  need("tenants").then(drawTenants, () => {});
}

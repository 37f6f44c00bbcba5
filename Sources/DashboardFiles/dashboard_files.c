#include "dashboard_files.h"

// The compiler takes the files in (C23 #embed), so that the program needs nothing beside itself,
// and compiles this again when one of them changes.
static const unsigned char index_html[] = {
#embed "../../dashboard/index.html"
};
static const unsigned char openapi_json[] = {
#embed "../../dashboard/openapi.json"
};
static const unsigned char app_js[] = {
#embed "../../dashboard/app.js"
};
static const unsigned char core_api_js[] = {
#embed "../../dashboard/core/api.js"
};
static const unsigned char core_dom_js[] = {
#embed "../../dashboard/core/dom.js"
};
static const unsigned char core_format_js[] = {
#embed "../../dashboard/core/format.js"
};
static const unsigned char core_state_js[] = {
#embed "../../dashboard/core/state.js"
};
static const unsigned char core_theme_js[] = {
#embed "../../dashboard/core/theme.js"
};
static const unsigned char icon_svg[] = {
#embed "../../dashboard/icon.svg"
};
static const unsigned char map_classes_js[] = {
#embed "../../dashboard/map/classes.js"
};
static const unsigned char map_layout_js[] = {
#embed "../../dashboard/map/layout.js"
};
static const unsigned char map_paint_js[] = {
#embed "../../dashboard/map/paint.js"
};
static const unsigned char map_tooltip_js[] = {
#embed "../../dashboard/map/tooltip.js"
};
static const unsigned char map_view_js[] = {
#embed "../../dashboard/map/view.js"
};
static const unsigned char pages_events_js[] = {
#embed "../../dashboard/pages/events.js"
};
static const unsigned char pages_fleet_js[] = {
#embed "../../dashboard/pages/fleet.js"
};
static const unsigned char pages_hardware_js[] = {
#embed "../../dashboard/pages/hardware.js"
};
static const unsigned char pages_health_js[] = {
#embed "../../dashboard/pages/health.js"
};
static const unsigned char pages_job_js[] = {
#embed "../../dashboard/pages/job.js"
};
static const unsigned char pages_jobs_js[] = {
#embed "../../dashboard/pages/jobs.js"
};
static const unsigned char pages_machine_js[] = {
#embed "../../dashboard/pages/machine.js"
};
static const unsigned char pages_node_js[] = {
#embed "../../dashboard/pages/node.js"
};
static const unsigned char pages_overview_js[] = {
#embed "../../dashboard/pages/overview.js"
};
static const unsigned char pages_queue_js[] = {
#embed "../../dashboard/pages/queue.js"
};
static const unsigned char pages_tenants_js[] = {
#embed "../../dashboard/pages/tenants.js"
};
static const unsigned char pages_whatif_js[] = {
#embed "../../dashboard/pages/whatif.js"
};
static const unsigned char parts_changes_js[] = {
#embed "../../dashboard/parts/changes.js"
};
static const unsigned char parts_chart_js[] = {
#embed "../../dashboard/parts/chart.js"
};
static const unsigned char parts_copy_js[] = {
#embed "../../dashboard/parts/copy.js"
};
static const unsigned char parts_dialog_js[] = {
#embed "../../dashboard/parts/dialog.js"
};
static const unsigned char parts_eventlist_js[] = {
#embed "../../dashboard/parts/eventlist.js"
};
static const unsigned char parts_stacks_js[] = {
#embed "../../dashboard/parts/stacks.js"
};
static const unsigned char parts_health_js[] = {
#embed "../../dashboard/parts/health.js"
};
static const unsigned char parts_jobtable_js[] = {
#embed "../../dashboard/parts/jobtable.js"
};
static const unsigned char parts_logs_js[] = {
#embed "../../dashboard/parts/logs.js"
};
static const unsigned char parts_timeline_js[] = {
#embed "../../dashboard/parts/timeline.js"
};
static const unsigned char parts_ui_js[] = {
#embed "../../dashboard/parts/ui.js"
};
static const unsigned char parts_why_js[] = {
#embed "../../dashboard/parts/why.js"
};
static const unsigned char styles_base_css[] = {
#embed "../../dashboard/styles/base.css"
};
static const unsigned char styles_pages_css[] = {
#embed "../../dashboard/styles/pages.css"
};
static const unsigned char styles_parts_css[] = {
#embed "../../dashboard/styles/parts.css"
};
static const unsigned char styles_tokens_css[] = {
#embed "../../dashboard/styles/tokens.css"
};

#define FILE_ENTRY(path, bytes) {path, bytes, sizeof(bytes)}

static const struct muster_dashboard_file muster_dashboard_files[] = {
    FILE_ENTRY("index.html", index_html),
    FILE_ENTRY("openapi.json", openapi_json),
    FILE_ENTRY("app.js", app_js),
    FILE_ENTRY("core/api.js", core_api_js),
    FILE_ENTRY("core/dom.js", core_dom_js),
    FILE_ENTRY("core/format.js", core_format_js),
    FILE_ENTRY("core/state.js", core_state_js),
    FILE_ENTRY("core/theme.js", core_theme_js),
    FILE_ENTRY("icon.svg", icon_svg),
    FILE_ENTRY("map/classes.js", map_classes_js),
    FILE_ENTRY("map/layout.js", map_layout_js),
    FILE_ENTRY("map/paint.js", map_paint_js),
    FILE_ENTRY("map/tooltip.js", map_tooltip_js),
    FILE_ENTRY("map/view.js", map_view_js),
    FILE_ENTRY("pages/events.js", pages_events_js),
    FILE_ENTRY("pages/fleet.js", pages_fleet_js),
    FILE_ENTRY("pages/hardware.js", pages_hardware_js),
    FILE_ENTRY("pages/health.js", pages_health_js),
    FILE_ENTRY("pages/job.js", pages_job_js),
    FILE_ENTRY("pages/jobs.js", pages_jobs_js),
    FILE_ENTRY("pages/machine.js", pages_machine_js),
    FILE_ENTRY("pages/node.js", pages_node_js),
    FILE_ENTRY("pages/overview.js", pages_overview_js),
    FILE_ENTRY("pages/queue.js", pages_queue_js),
    FILE_ENTRY("pages/tenants.js", pages_tenants_js),
    FILE_ENTRY("pages/whatif.js", pages_whatif_js),
    FILE_ENTRY("parts/changes.js", parts_changes_js),
    FILE_ENTRY("parts/chart.js", parts_chart_js),
    FILE_ENTRY("parts/copy.js", parts_copy_js),
    FILE_ENTRY("parts/dialog.js", parts_dialog_js),
    FILE_ENTRY("parts/eventlist.js", parts_eventlist_js),
    FILE_ENTRY("parts/health.js", parts_health_js),
    FILE_ENTRY("parts/stacks.js", parts_stacks_js),
    FILE_ENTRY("parts/jobtable.js", parts_jobtable_js),
    FILE_ENTRY("parts/logs.js", parts_logs_js),
    FILE_ENTRY("parts/timeline.js", parts_timeline_js),
    FILE_ENTRY("parts/ui.js", parts_ui_js),
    FILE_ENTRY("parts/why.js", parts_why_js),
    FILE_ENTRY("styles/base.css", styles_base_css),
    FILE_ENTRY("styles/pages.css", styles_pages_css),
    FILE_ENTRY("styles/parts.css", styles_parts_css),
    FILE_ENTRY("styles/tokens.css", styles_tokens_css),
};

const size_t muster_dashboard_file_count =
    sizeof(muster_dashboard_files) / sizeof(muster_dashboard_files[0]);

struct muster_dashboard_file muster_dashboard_file_at(size_t index) {
    return muster_dashboard_files[index];
}

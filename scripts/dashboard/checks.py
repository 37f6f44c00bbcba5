"""What the browser check looks at. Each check adds one line to a `Report`."""

import json
import pathlib
import re
import time
import urllib.parse

from browser import BrowserError

PROBE = (pathlib.Path(__file__).parent / "probe.js").read_text()
SIZES = {"desktop": (1440, 900), "narrow": (360, 740)}
THEMES = ("light", "dark")
# Limits in milliseconds. The first is the product's. Frames were measured at a median of 17 ms,
# 95 % of them within 17 to 50 ms, on two cores without a graphics card and with builds beside.
REPAINT_LIMIT = 100
FRAME_LIMIT = 34
HIGH_FRAME_LIMIT = 100
REPAINTS_WANTED = 12
REPAINT_SECONDS = 45


class Report:
    """Prints one line per check and remembers whether all were well."""

    def __init__(self):
        self.failures = 0

    def line(self, is_well, name, text=""):
        """One check's line."""
        self.failures += not is_well
        verdict = "ok    " if is_well else "FAILED"
        print(f"{verdict}  {name}{': ' + text if text else ''}", flush=True)

    def problems(self, name, problems, text=""):
        """A check that is well when it found no problem."""
        self.line(not problems, name, "; ".join(problems) if problems else text)


class Watch:
    """Reads the browser's events for what must never happen, and counts streams."""

    def __init__(self, page, origin, token):
        self.page = page
        self.host = urllib.parse.urlsplit(origin).netloc
        self.token = token
        self.requests = {}
        self.streams = 0
        self.policy = None

    def problems(self):
        """What went wrong since the last call."""
        found = []
        for event in self.page.take_events():
            handler = getattr(self, "on_" + event["method"].replace(".", "_"), None)
            problem = handler(event["params"]) if handler else None
            if problem and problem not in found:
                found.append(problem)
        return found[:4]

    def on_Network_requestWillBeSent(self, event):
        url = event["request"]["url"]
        self.requests[event["requestId"]] = url
        parts = urllib.parse.urlsplit(url)
        if parts.path == "/v1/live":
            self.streams += 1
        if parts.scheme in ("data", "blob", "about"):
            return None
        if parts.netloc != self.host:
            return f"a request to {url}"
        if self.token and self.token in url.split("#")[0]:
            return "the token in a request's address"
        return None

    def on_Network_responseReceived(self, event):
        response = event["response"]
        if event["type"] == "Document":
            headers = {name.lower(): value for name, value in response["headers"].items()}
            self.policy = headers.get("content-security-policy", "")
        if response["status"] >= 400:
            return f"{response['status']} of {response['url']}"
        return None

    def on_Network_loadingFailed(self, event):
        if event.get("canceled") or event.get("errorText") == "net::ERR_ABORTED":
            return None
        return f"{event.get('errorText')} of {self.requests.get(event['requestId'], '?')}"

    def on_Runtime_exceptionThrown(self, event):
        details = event["exceptionDetails"]
        text = details.get("exception", {}).get("description", details["text"])
        return "exception: " + text.split("\n")[0][:160]

    def on_Runtime_consoleAPICalled(self, event):
        if event["type"] not in ("error", "warning", "assert"):
            return None
        return "console: " + " ".join(str(one.get("value", "")) for one in event["args"])[:160]

    def on_Log_entryAdded(self, event):
        entry = event["entry"]
        return f"log: {entry['text'][:160]}" if entry["level"] == "error" else None


def probe(page, call):
    """Calls a function of probe.js."""
    page.evaluate(f"globalThis.musterProbe ??= {PROBE}, 0")
    return page.evaluate(f"musterProbe.{call}")


def settle(page, seconds=15):
    """Waits until a page has its heading and nothing is being loaded."""
    page.wait_for("!!document.querySelector('main h1')", seconds, "the page's heading")
    page.wait_for("![...document.querySelectorAll('.empty')].some("
                  "one => one.textContent.startsWith('Loading'))", seconds, "the lists")
    page.listen(0.7)


def show(page, route):
    """Goes to a page of the dashboard."""
    page.evaluate(f"location.hash = {route!r}")
    settle(page)


def find_routes(page):
    """The pages to visit, with a job that waits, a job that runs, and a node of this fleet."""
    def first(path, field):
        return page.evaluate(
            "(async () => { const bearer = sessionStorage.getItem('muster.token');"
            "const answer = await fetch(" + repr(path) + ", { headers: bearer ?"
            "{ Authorization: `Bearer ${bearer}` } : {} });"
            f"const body = await answer.json(); return {field}; }})()")
    routes = {"overview": "#/", "fleet": "#/fleet?view=map", "fleet-table": "#/fleet?view=table",
              "queue": "#/queue", "jobs": "#/jobs", "tenants": "#/tenants", "whatif": "#/whatif",
              "events": "#/events"}
    job = "body.jobs.find(one => one.gpus > 1)?.id ?? body.jobs[0]?.id ?? null"
    waiting = first("/v1/jobs?state=waiting&limit=50",
                    "body.jobs.find(one => one.state === 'queued' && one.gpus > 1)?.id "
                    "?? body.jobs[0]?.id ?? null")
    running = first("/v1/jobs?state=running&limit=20", job)
    node = first("/v1/nodes?limit=20", "body.nodes.find(one => one.jobs.length)?.name "
                 "?? body.nodes[0]?.name ?? null")
    tenant = first("/v1/tenants", "body.tenants.find(one => one.isLeaf)?.name ?? null")
    if waiting is not None:
        routes["job-waiting"] = f"#/jobs/{waiting}"
    if running is not None:
        routes["job-running"] = f"#/jobs/{running}"
    if node is not None:
        routes["node"] = f"#/nodes/{urllib.parse.quote(node, safe='')}"
    if tenant is not None:
        routes["tenant"] = f"#/tenants?name={urllib.parse.quote(tenant, safe='')}"
    return routes


def check_sources(report, root):
    """The files themselves: all embedded, nothing from elsewhere, no text read as markup."""
    folder = root / "dashboard"
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    names = [one.relative_to(folder).as_posix() for one in files]
    embedded = (root / "Sources/DashboardFiles/dashboard_files.c").read_text()
    report.problems("files are embedded", [
        f"{name} is not" for name in names
        if f'"../../dashboard/{name}"' not in embedded or f'FILE_ENTRY("{name}"' not in embedded],
        f"{len(names)} files, {sum(one.stat().st_size for one in files) // 1000} kB")
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r"|setAttribute\(.style|\sstyle=|<script>|on(click|load)=|https?://(?!www\.w3\.org/)")
    report.problems("no markup from data, no inline code, no other host", [
        f"{name}: {match.group(0).strip()}" for name, path in zip(names, files)
        for match in [banned.search(path.read_text())] if match])


def check_visit(report, page, watch, routes, size, theme, pictures):
    """Every page at one size in one theme."""
    width, height = SIZES[size]
    page.resize(width, height)
    page.prefer(theme)
    for name, route in routes.items():
        problems = []
        try:
            show(page, route)
            found = probe(page, "contrast()")
            problems += [f"contrast {one['ratio']} of \"{one['text']}\"" for one in found["low"]]
            problems += [f"sticks out: {one}" for one in probe(page, "overflow()")]
            problems += probe(page, "structure()")
            pictures.take(page, name, size, theme)
            text = f"{found['count']} texts"
        except BrowserError as error:
            problems.append(str(error))
            text = ""
        problems += watch.problems()
        report.problems(f"{name}, {size}, {theme}", problems, text)


def check_repaint(report, page, watch):
    """The time from a delta's bytes to the map on the screen."""
    show(page, "#/fleet?view=map")
    page.evaluate("performance.clearMeasures('muster:map-repaint')")
    end = time.monotonic() + REPAINT_SECONDS
    times = []
    while time.monotonic() < end and len(times) < REPAINTS_WANTED:
        page.listen(1)
        times = probe(page, "repaints()")
    if not times:
        report.line(False, "map repaints", f"no change came in {REPAINT_SECONDS} s")
        return
    times.sort()
    high = times[min(len(times) - 1, int(len(times) * 0.9))]
    report.line(high <= REPAINT_LIMIT, "map repaints after an event",
                f"median {times[len(times) // 2]:.0f} ms, 90 % within {high:.0f} ms, longest "
                f"{times[-1]:.0f} ms of {len(times)} (limit {REPAINT_LIMIT} ms)")
    report.problems("nothing went wrong on the map", watch.problems())


def check_panning(report, page):
    """Times between frames while the map moves."""
    nodes = page.evaluate("document.querySelector('.title .note').textContent")
    for _ in range(8):
        if page.evaluate(
                "(m => m.scrollHeight > m.clientHeight * 1.5)(document.querySelector('.map'))"):
            break
        page.evaluate("document.querySelector('[aria-label=Larger]').click()")
        page.listen(0.3)
    page.listen(1)
    result = probe(page, "pan(4)")
    times = sorted(result["times"])
    high = times[int(len(times) * 0.95)]
    middle = times[len(times) // 2]
    report.line(middle <= FRAME_LIMIT and high <= HIGH_FRAME_LIMIT, "map stays smooth",
                f"{nodes}: {len(times)} frames over {result['way']} px, median "
                f"{middle:.1f} ms (limit {FRAME_LIMIT} ms), 95 % within {high:.1f} ms (limit "
                f"{HIGH_FRAME_LIMIT} ms), longest {times[-1]:.0f} ms")
    page.evaluate("[...document.querySelectorAll('[aria-label=Zoom] button')][1].click()")


def check_keyboard(report, page):
    """The skip link, a visible focus everywhere, and the map without a mouse."""
    # The browser goes on from the last place of the focus; only a fresh page starts at the top.
    page.evaluate("location.hash = '#/fleet?view=map'")
    page.command("Page.reload")
    page.listen(0.5)
    settle(page, 30)
    hidden = []
    seen = []
    for _ in range(60):
        page.press("Tab")
        focus = page.evaluate("(one => one.id || one.className || one.textContent.slice(0, 20))"
                              "(document.activeElement)")
        seen.append(focus)
        if not probe(page, "focusShown()"):
            hidden.append(f"no outline on {focus}")
        if page.evaluate("document.activeElement.classList.contains('map')"):
            break
    report.line(seen[0] == "skip", "the first stop is the skip link", seen[0])
    report.problems("focus is visible", hidden, f"{len(seen)} stops to the map")
    is_there = page.evaluate("document.activeElement.classList.contains('map')")
    texts = []
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End"):
        page.press(key)
        page.listen(0.05)
        texts.append(page.evaluate("document.getElementById('announce').textContent"))
    ring = page.evaluate("!document.querySelector('.map-ring').hidden")
    report.line(is_there and ring and len(set(texts)) >= 3, "arrow keys walk over the map",
                f"{len(set(texts))} nodes told of, the last: {texts[-1][:70]}")
    page.press("Enter")
    page.listen(0.3)
    name = texts[-1].split(",")[0]
    route = page.evaluate("decodeURIComponent(location.hash)")
    report.line(bool(name) and route == f"#/nodes/{name}", "Enter opens the node", route)


def check_chart(report, page):
    """Areas over time stand where their instants are, also where some instants are left out."""
    places = page.evaluate("""(async () => {
      const { stackedAreas } = await import("/parts/chart.js");
      const at = (minutes) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
      const element = stackedAreas({ title: "check", times: [0, 10, 40].map(at), lines: [],
        series: [{ name: "a", colour: "red", values: [1, 1, 1] }] });
      document.body.append(element);
      for (let wait = 0; wait < 100 && !element.querySelector("path"); wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const path = element.querySelector("path").getAttribute("d");
      element.remove();
      return path.match(/[ML]([0-9.]+)/g).slice(0, 3).map((one) => Number(one.slice(1)));
    })()""")
    share = (places[1] - places[0]) / (places[2] - places[0])
    report.line(
        abs(share - 0.25) < 0.02, "areas are placed by time", f"10 of 40 min at {share:.2f}")


def check_kinds(report, page):
    """A kind of event that happened long ago is found."""
    show(page, "#/events?kind=tenantsChanged")
    kinds = page.evaluate(
        "[...new Set([...document.querySelectorAll('.events .kind')].map(e => e.textContent))]")
    report.line(kinds == ["Tenants changed"], "events of a rare kind are found", ", ".join(kinds))


def check_logs(report, page):
    """The panel of logs wakes up when a job starts that waited as its page was opened."""
    def send(path, body):
        return page.evaluate(
            "(async () => { const bearer = sessionStorage.getItem('muster.token');"
            f"const answer = await fetch({path!r}, {{ method: 'POST', body: {json.dumps(body)!r},"
            "headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' } });"
            "return (await answer.json()).id ?? null; })()")
    job = send("/v1/jobs", {"name": "dashboard-check", "cpu": 1, "command": "sleep 60",
                            "hold": True, "tenant": page.evaluate(
                                "(async () => (await (await fetch('/v1/tenants')).json()).tenants"
                                ".find(one => one.isLeaf).name)()")})
    if job is None:
        report.line(False, "a job for the check of logs", "it was refused")
        return
    show(page, f"#/jobs/{job}")
    before = page.evaluate("document.querySelectorAll('pre[role=log]').length")
    send(f"/v1/jobs/{job}/release", {})
    try:
        page.wait_for("!!document.querySelector('pre[role=log]')", 20, "the panel of logs")
        report.line(before == 0, "logs appear when a job starts")
    except BrowserError as error:
        report.line(False, "logs appear when a job starts", str(error))
    send(f"/v1/jobs/{job}/cancel", {})


def check_whole(report, page, watch, address):
    """What holds for the visit as a whole."""
    policy = watch.policy or ""
    report.line("default-src" in policy and "unsafe" not in policy, "content security policy",
                policy or "there is none")
    href = page.evaluate("location.href")
    report.line("token" not in href, "the token leaves the address", href)
    report.line(watch.streams == 1, "one stream per tab", f"{watch.streams} of {address}")

"""What the browser check does with hardware: breaks some of a simulated fleet, and looks at what
the pages say of it."""

import json
import re
import urllib.parse

from browser import BrowserError
from checks import probe, settle, show

# At most so many nodes are broken at a time: enough to open the breaker of a fleet of 1,000 nodes.
MOST_BROKEN = 60
CAUSE = "XID 79"


def ask(page, path, body=None):
    """The server's answer to the page's own reader; with `body`, to what is posted."""
    options = "" if body is None else f", method: 'POST', body: {json.dumps(json.dumps(body))}"
    return page.evaluate(
        "(async () => { const bearer = sessionStorage.getItem('muster.token');"
        f"const answer = await fetch({json.dumps(path)}, {{ headers: {{"
        "...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),"
        f"'Content-Type': 'application/json' }}{options} }});"
        "return await answer.json(); })()")


def enum_of(text, name):
    """The cases of a Swift enumeration."""
    body = re.search(rf"enum {name}\b.*?\n}}", text, re.DOTALL).group(0)
    return re.findall(r"^    case (\w+)$", body, re.MULTILINE)


def check_words(report, root):
    """The pages have words for the states, rules, reasons, statements and events of the server."""
    words = (root / "dashboard/parts/health.js").read_text()
    events = (root / "dashboard/parts/eventlist.js").read_text()
    core = root / "Core/Sources/Health"
    document = json.loads((root / "dashboard/openapi.json").read_text())["components"]["schemas"]
    outage = (core / "Reports/OutageText.swift").read_text()
    held = re.findall(r': "(.*)"$', outage[outage.index("extension HoldReason"):], re.MULTILINE)
    rules = enum_of((core / "Model/Decision.swift").read_text(), "DecisionRule")
    names = [*document["HealthState"]["enum"], *rules,
             *document["Statement"]["properties"]["statement"]["enum"]]
    missing = [f"the word {name}" for name in names
               if not re.search(rf"\b{name}: [\[\"]", words)]
    missing += [f"what to do when {text}" for text in held if f'"{text}"' not in words]
    missing += [f"the event {name}" for name in document["EventKind"]["enum"]
                if not re.search(rf"\b{name}: \"", events)]
    report.problems("the pages have words for hardware", missing,
                    f"{len(names)} names, {len(held)} reasons")


def break_nodes(page):
    """
    Says that GPUs fell off the bus, on as many working nodes as open a breaker, far apart. Returns
    their names: none where that is not ours to do, since the fleet is real or the token too weak.
    """
    fleet = ask(page, "/v1/fleet")
    role = ask(page, "/v1/whoami")["role"]
    if not fleet["isSimulated"] or role not in ("operator", "admin"):
        return []
    machines = [one for one in ask(page, "/v1/hardware?limit=10000")["machines"]
                if one["node"] and one["state"] == "inService" and one["devices"] > 0]
    wanted = min(MOST_BROKEN, len(machines), len(machines) // 20 + 4)
    step = max(1, len(machines) // max(1, wanted))
    broken = [one["node"] for one in machines[::step][:wanted]]
    for node in broken:
        break_node(page, node)
    return broken


def break_node(page, node):
    """Says that the first GPU of a node fell off the bus."""
    quoted = urllib.parse.quote(node, safe="")
    slot = ask(page, f"/v1/hardware/{quoted}")["parts"][0]["slot"].split(".")[0]
    line = f"NVRM: Xid (PCI:{slot}): 79, pid=1, GPU has fallen off the bus."
    answer = ask(page, "/v1/health/signals", {"node": node, "kernelLog": [line]})
    if answer.get("kept") != 1:
        raise BrowserError(f"the fault of {node} was not taken: {answer}")


def add_routes(page, routes, broken):
    """The pages about hardware, one machine's included."""
    routes["health"] = "#/health"
    routes["hardware"] = "#/hardware"
    machines = ask(page, "/v1/hardware?limit=1")["machines"]
    name = broken[0] if broken else machines[0]["machine"] if machines else None
    if name is not None:
        routes["machine"] = f"#/hardware/{urllib.parse.quote(name, safe='')}"


def card(title):
    """JavaScript for the card of a heading."""
    return (f"[...document.querySelectorAll('main .card')].find(one => "
            f"one.querySelector('h2')?.textContent === {json.dumps(title)})")


def check_health(report, page, watch, broken):
    """What is out, why, what it rests on and what waits for people; a breaker is closed by keys."""
    show(page, "#/health")
    text = page.evaluate(f"{card('Out of service, by cause')}.textContent")
    decisions = page.evaluate(f"{card('Recent decisions')}.textContent")
    missing = [node for node in broken if node not in text]
    problems = [f"{node} is not out" for node in missing[:3]]
    choice = re.search(rf"{CAUSE} (\d+)", text)
    if not choice or int(choice.group(1)) < len(broken):
        problems.append(f"not all are counted as {CAUSE}: {text[:120]}")
    problems += [f"decisions do not say {part}" for part in
                 (f"catalogue, {CAUSE}, version", "inputs", "policy") if part not in decisions]
    report.problems("health says what is out, and why", problems, f"{len(broken)} nodes")
    people = page.evaluate(
        "[...document.querySelectorAll('.remedy')].map(one => [one.querySelector('p').textContent"
        ".length > 20, [...one.querySelectorAll('tbody tr')].every(row => "
        "row.querySelector('button') && row.textContent.includes('it should'))])")
    report.line(bool(people) and all(told and buttons for told, buttons in people),
                "proposals say what to do, with buttons for it", f"{len(people)} reasons")
    close_breaker(report, page)
    report.problems("nothing went wrong on the page of health", watch.problems())


def check_stacks(report, page, watch):
    """What is said of versions, and a rollout that is paused and cancelled with its buttons."""
    pools = ask(page, "/v1/stacks")["pools"]
    stacks = [one["stack"] for one in ask(page, "/v1/stacks")["stacks"]]
    show(page, "#/health")
    text = page.evaluate(f"{card('Versions')}.textContent")
    problems = [f"the pool {one['pool']} is not there" for one in pools if one["pool"] not in text]
    problems += [] if "driver" in text or not ask(page, "/v1/stacks")["observed"] \
        else ["versions are not named"]
    report.problems("health says which versions pools have", problems, f"{len(pools)} pools")
    if not stacks:
        return
    pool = pools[0]["pool"]
    ask(page, "/v1/stacks/rollouts", {"pool": pool, "stack": stacks[-1], "failures": 0})
    text = f"{card('Versions')}.textContent"
    for command, states in (("pause", ["paused"]), ("cancel", ["Ending", "Cancelled"])):
        button = f"document.querySelector('[data-key=\"{command}-{pool}\"]')"
        submit = "document.querySelector('dialog[open] button[type=submit]')"
        page.wait_for(f"!!{button}")
        page.evaluate(f"{button}.click()")
        page.wait_for(f"!!{submit}")
        page.evaluate(f"{submit}.click()")
        page.wait_for(f"{json.dumps(states)}.some(one => {text}.includes(one))")
        report.line(True, f"a rollout takes the order {command} of its button")
    report.problems("nothing went wrong with versions", watch.problems())


def close_breaker(report, page):
    """
    Closes the breaker of the fleet with keys alone. It may open again, and holds less back then.
    """
    is_open = "!!document.querySelector('[data-key=\"close-fleetWindow\"]')"
    if not page.evaluate(is_open):
        report.line(False, "a breaker is closed by keys", "none was open")
        return
    waiting = ("[...document.querySelectorAll('.remedy')].filter(one => one.textContent.includes("
               "'too much of the fleet went out')).flatMap(one => "
               "[...one.querySelectorAll('tbody tr')]).length")
    before = page.evaluate(waiting)
    page.evaluate("document.querySelector('[data-key=\"close-fleetWindow\"]').focus()")
    page.press("Enter")
    page.wait_for("!!document.querySelector('dialog[open]')", 5, "the question")
    for _ in range(4):
        if page.evaluate("document.activeElement.textContent === 'Close it'"):
            break
        page.press("Tab")
    page.press("Enter")
    try:
        page.wait_for(f"{waiting} < {before}", 20, "what was held back to be done")
        report.line(True, "a breaker is closed by keys", f"{before} held back before, "
                    f"{page.evaluate(waiting)} after")
    except BrowserError as error:
        report.line(False, "a breaker is closed by keys", str(error))


def check_viewer(report, browser, first, address):
    """Who may change nothing sees the same, and no button that the server would refuse."""
    page = browser.page()
    page.go(f"{address}#/health")
    try:
        settle(page, 30)
        rows, buttons = page.evaluate(
            "[document.querySelectorAll('main tbody tr').length, document.querySelectorAll("
            "'[data-key^=say-], [data-key^=close-]').length]")
        report.line(rows > 0 and buttons == 0, "a viewer sees health without buttons",
                    f"{rows} rows, {buttons} buttons")
    finally:
        page.go("about:blank")
        # The browser draws nothing in a tab that is behind another.
        first.command("Page.bringToFront")


def check_refresh(report, page):
    """A fault that comes while the pages are open is shown by itself."""
    machines = [one for one in ask(page, "/v1/hardware?limit=10000")["machines"]
                if one["node"] and one["state"] == "inService" and not one["counts"]["faults"]]
    node = machines[-1]["node"]
    show(page, f"#/hardware/{urllib.parse.quote(node, safe='')}")
    is_clean = page.evaluate(f"!document.querySelector('main').textContent.includes('{CAUSE}')")
    break_node(page, node)
    try:
        page.wait_for(f"document.querySelector('.ticket').textContent.includes('{CAUSE}')", 20,
                      "the fault in the ticket")
        report.line(is_clean, "a fault is shown without a reload", node)
    except BrowserError as error:
        report.line(False, "a fault is shown without a reload", str(error))
    check_copy(report, page)


def check_copy(report, page):
    """The ticket is copied whole, with a clipboard and without one."""
    for way in ("clipboard", "selection"):
        if way == "clipboard":
            page.command("Browser.grantPermissions",
                         permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
            page.evaluate("navigator.clipboard.writeText('nothing')")
        else:
            # As a page over plain HTTP from another machine has it.
            page.evaluate("navigator.clipboard.writeText('nothing').then(() => { globalThis.kept ="
                          "navigator.clipboard; Object.defineProperty(navigator, 'clipboard',"
                          "{ value: undefined, configurable: true }); })")
        page.evaluate("document.querySelector('[data-key=\"copy-Copy the ticket\"]').focus()")
        page.press("Enter")
        page.listen(0.5)
        told = page.evaluate("document.getElementById('announce').textContent")
        same = page.evaluate(
            "(async () => (await (globalThis.kept ?? navigator.clipboard).readText())"
            "=== document.querySelector('.ticket').textContent)()")
        report.line(same and told == "Copied", f"the ticket is copied by {way}", told)
    page.evaluate("delete navigator.clipboard")


def check_table(report, page, watch):
    """The table of machines: words find one, pages turn, an unknown name has a plain error."""
    show(page, "#/hardware")
    rows = "document.querySelectorAll('.machines tbody tr').length"
    before = page.evaluate(rows)
    machines = ask(page, "/v1/hardware?limit=10000")["machines"]
    last = machines[-1]
    first = page.evaluate("document.querySelector('.machines tbody tr').textContent")
    if len(machines) > before:
        page.evaluate("[...document.querySelectorAll('.pager button')][1].click()")
        second = page.evaluate("document.querySelector('.machines tbody tr').textContent")
        report.line(first != second, "the table of machines turns its pages",
                    f"{before} of {len(machines)} a page")
    page.evaluate(
        "(one => { one.value = " + json.dumps(last["chassis"] or last["machine"])
        + "; one.dispatchEvent(new Event('input')); })(document.querySelector('[name=words]'))")
    page.listen(0.5)
    found = page.evaluate("[...document.querySelectorAll('.machines tbody th a')].map("
                          "one => one.getAttribute('href'))")
    report.line(found == [f"#/hardware/{last['machine']}"], "words find a machine", str(found))
    page.wait_for("![...document.querySelectorAll('.machines td')].some("
                  "one => one.textContent === '…')", 10, "the last proofs")
    report.problems("nothing went wrong on the table", watch.problems())
    uuid = ask(page, f"/v1/hardware/{last['machine']}")["parts"][-1]["uuid"]
    page.evaluate(f"document.querySelector('[name=words]').value = {json.dumps(uuid)},"
                  "document.querySelector('[name=words]').focus()")
    page.press("Enter")
    settle(page)
    report.line(page.evaluate("document.querySelector('h1').textContent") == (
        last["chassis"] or last["machine"]), "a GPU's UUID opens its machine", uuid)
    show(page, "#/hardware/no-such-thing")
    box = page.evaluate("document.querySelector('.box.bad')?.textContent ?? ''")
    report.line("nothing is known of 'no-such-thing'" in box and "Hint" in box,
                "an unknown machine has a plain error", box[:60])
    expected = watch.problems()
    report.line(len([one for one in expected if not one.startswith(("404 ", "log: "))]) == 0,
                "nothing else went wrong", "; ".join(expected)[:90])


def check_focus(report, page):
    """Every stop of the keyboard on the page of health has an outline."""
    page.evaluate("location.hash = '#/health'")
    page.command("Page.reload")
    page.listen(0.5)
    settle(page, 30)
    hidden = []
    stops = 0
    for stops in range(1, 200):
        page.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        if not probe(page, "focusShown()"):
            hidden.append(page.evaluate("document.activeElement.textContent.slice(0, 30)"))
    report.problems("focus is visible on the page of health", hidden[:3], f"{stops} stops")

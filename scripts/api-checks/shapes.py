"""Requests that are HTTP and still not right: types, keys, names, pages, hosts, methods."""

import re
import threading
import uuid

from wire import Failed, check, expect

POSTS = ["/v1/jobs?dryRun=true", "/v1/whatif"]


@check("other media types are refused with 415")
def media_types(server):
    kinds = ["text/html", "application/xml", "multipart/form-data; boundary=x", "text/plain",
             "application/x-www-form-urlencoded", "application/jsonx", "*/*", "nonsense", ""]
    for path in POSTS:
        for kind in kinds:
            answer = server.ask("POST", path, b"{}", {"Content-Type": kind})
            server.refuses(answer, {400, 415} if kind in ("", "nonsense") else 415)
        server.refuses(server.ask("POST", path, b'{"name": "a"}'), 415, "M0608")
        for coding in ("gzip", "br"):
            headers = {"Content-Type": "application/json", "Content-Encoding": coding}
            server.refuses(server.ask("POST", path, b"{}", headers), {400, 415})
    headers = {"Content-Type": "application/json; charset=utf-16"}
    server.refuses(server.ask("POST", POSTS[0], b"{}", headers), {400, 415})


@check("media types are read without regard to case, with their charset")
def media_type_forms(server):
    tenant = server.leaves()[0]
    body = f'{{"name": "check-form", "tenant": "{tenant}", "cpu": "1m"}}'.encode()
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json ;a=b"):
        answer = server.ask("POST", POSTS[0], body, {"Content-Type": kind})
        expect(answer.status == 200, f"{kind}: {answer}")


@check("unknown keys are refused, with a diagnostic each")
def unknown_keys(server):
    document = {"name": "check", "cpu": 1, "gpsu": 1, "colour": "red"}
    error = server.refuses(server.ask("POST", POSTS[0], document), 422)
    found = [one for one in error.get("diagnostics", []) if one["code"] == "M0202"]
    expect(len(found) == 2, f"two unknown keys, {len(found)} diagnostics")
    job = server.new_job(server.leaves()[0])["id"]
    bodies = {f"/v1/jobs/{job}/hold": {"raeson": "x"}, "/v1/tokens": {
        "name": "check", "role": "viewer", "tenants": "x"}, f"/v1/jobs/{job}/progress": {
        "attempt": 1, "step": 1, "stpe": 2}, "/v1/whatif": {"change": []}}
    for path, body in bodies.items():
        server.refuses(server.ask("POST", path, body), {400, 422})
    server.cancel(job)


@check("unknown query parameters are refused with 400")
def unknown_parameters(server):
    for path in ("/v1/jobs?sate=queued", "/v1/nodes?x=1", "/v1/events?afetr=1", "/v1/fleet?a"):
        server.refuses(server.get(path), 400, "M0601")


ESCAPES = [
    "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd",
    "//etc/passwd", "/%00", "/index.html%00.png", "/..\\..\\etc\\passwd", "/%c0%ae%c0%ae/",
    "/.git/config", "/admin.token", "/%2e/admin.token", "/%ff", "/%zz", "/%",
    "/v1/jobs/..%2f..%2fadmin.token/logs", "/v1/jobs/..%2fadmin.token", "/v1/jobs/%2e%2e/logs",
    "/v1/jobs/1%2f..%2f..%2f/logs", "/v1/jobs/1/logs?member=..%2f..%2fadmin.token",
    "/v1/jobs/1/logs?attempt=..%2f..", "/v1/jobs/1/../../tokens/x", "/v1/jobs/%00/logs",
    "/v1/nodes/..%2fx", "/v1/nodes/%2e%2e", "/v1/tenants/..%2f..%2f", "/v1/tenants/%2F%2F",
    "/v1/tenants/a%2F..%2Fb", "/v1/jobs/" + "a" * 5000, "/v1/jobs/99999999999999999999",
    "/v1/jobs/-1", "/v1/jobs/0x10", "/v1/jobs/%F0%9F%92%A9", "/v1/tokens/..%2f.."]


@check("paths that climb out of their folder lead nowhere")
def escapes(server):
    for path in ESCAPES:
        method = "DELETE" if path.startswith("/v1/tokens/") else "GET"
        answer = server.ask(method, path)
        server.refuses(answer, {400, 404, 405, 414})
        for secret in (b"root:", server.token.encode()):
            expect(secret not in answer.body, f"{path}: the answer has what it must not have")


@check("names that climb out of their folder are refused in documents")
def name_escapes(server):
    for name in ("../x", "a/../b", "..", ".", "/etc", "a\\b", "a b", "", "a" * 254, "a\n", "-a"):
        answer = server.ask("POST", POSTS[0], {"name": name, "cpu": "1m"})
        server.refuses(answer, 422)
    for key in ("workingDirectory", "checkpointFolder"):
        answer = server.ask("POST", POSTS[0], {"name": "check", "cpu": "1m", key: "../x"})
        server.refuses(answer, 422)


LISTS = ["/v1/jobs", "/v1/nodes", "/v1/events", "/v1/ledger", "/v1/audit"]


@check("limits outside of their range are refused with 400")
def page_limits(server):
    texts = ["-1", "0", "99999999", "9223372036854775808", "-9223372036854775809", "abc", "", "1.5",
             "1e3", "0x10", "%2B1", "1%20", "%D9%A1", "1&limit=2", "NaN"]
    for path in LISTS:
        for text in texts:
            server.refuses(server.get(f"{path}?limit={text}"), 400, "M0601")
    for query in ("after=-1", "after=abc", "after=99999999999999999999", "job=-1", "kind=nothing"):
        server.refuses(server.get(f"/v1/events?{query}"), 400, "M0601")
    for query in ("state=nothing", "state=", "tenant=..", "state=queued,nothing"):
        server.refuses(server.get(f"/v1/jobs?{query}"), 400, "M0601")
    for query in ("from=yesterday", "from=2026-13-01T00:00:00.000Z", "stepSeconds=0",
                  "stepSeconds=-1"):
        server.refuses(server.get(f"/v1/usage?{query}"), 400, "M0601")


@check("cursors that no page gave are refused with 400")
def cursors(server):
    texts = ["a" * 1024, "a" * 6000, "AAAA", "-1", "0", "eyJhIjoxfQ", "%00", "%27%20OR%201=1--",
             "99999999999999999999", "%F0%9F%92%A9"]
    for path in ("/v1/jobs", "/v1/nodes", "/v1/ledger", "/v1/audit"):
        for text in texts:
            server.refuses(server.get(f"{path}?cursor={text}"), 400, "M0601")


@check("pages together are the list, without gap or repeat")
def pages(server):
    tenant = server.leaves()[0]
    jobs = [server.new_job(tenant)["id"] for _ in range(7)]
    found, query = [], "/v1/jobs?state=blocked&limit=3"
    path = query
    for _ in range(1000):
        page = server.get(path).json
        expect(len(page["jobs"]) <= 3, "a page of more than the limit")
        found += [job["id"] for job in page["jobs"]]
        if page["next"] is None or set(jobs) <= set(found):
            break
        path = f"{query}&cursor={page['next']}"
    expect(len(found) == len(set(found)), "a job twice")
    expect([job for job in found if job in jobs] == jobs[::-1], "not the newest first, or a gap")
    server.cancel(*jobs)


@check("another host's name is refused, as in DNS rebinding")
def rebinding(server):
    for path in ("/v1/fleet", "/v1/jobs", "/"):
        for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example"):
            for token in ("", None):
                answer = server.get(path, headers={"Host": host}, token=token)
                server.refuses(answer, {403, 421}, "M0614")
    answer = server.get("/v1/fleet", headers={"Host": server.authority})
    expect(answer.status == 200, f"its own name: {answer}")


@check("no other site may read answers or send orders")
def cross_origin(server):
    for origin in ("http://evil.example", "null", "https://localhost.evil.example"):
        answer = server.get("/v1/fleet", headers={"Origin": origin})
        expect("Access-Control-Allow-Origin" not in answer.headers, f"{origin} may read answers")
        preflight = server.ask("OPTIONS", "/v1/jobs", headers={
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization"}, token=None)
        expect(preflight.status < 500, f"preflight: {preflight}")
        for name in preflight.headers:
            expect(not name.lower().startswith("access-control-allow"), f"preflight: {name}")
        order = server.ask("POST", "/v1/jobs", {"name": "check", "cpu": 1},
                           {"Origin": origin}, token=None)
        server.refuses(order, {401, 403})


@check("no cookies; answers are not sniffed, framed or kept")
def response_headers(server):
    for path in ("/", "/v1/fleet", "/v1/jobs/none", "/metrics"):
        answer = server.get(path)
        expect("Set-Cookie" not in answer.headers, f"{path} sets a cookie")
        expect(answer.headers.get("X-Content-Type-Options") == "nosniff", f"{path}: no nosniff")
    policy = server.get("/").headers.get("Content-Security-Policy", "")
    for part in ("default-src", "frame-ancestors 'none'"):
        expect(part in policy, f"the dashboard's policy has no {part}: '{policy}'")
    expect(not re.search(r"https?:|unsafe-eval|\*", policy), f"it allows too much: {policy}")
    kept = server.get("/v1/fleet").headers.get("Cache-Control", "")
    expect("no-store" in kept, f"/v1/fleet may be kept: '{kept}'")


@check("HEAD is GET without the body")
def head_requests(server):
    for path in ("/", "/healthz", "/v1/fleet", "/v1/jobs", "/v1/jobs/none", "/v1/openapi.json"):
        full, short = server.get(path), server.ask("HEAD", path)
        expect(full.status == short.status, f"{path}: {full.status} and {short.status}")
        expect(not short.body, f"{path}: HEAD has a body")
        kinds = [one.headers.get("Content-Type") for one in (full, short)]
        expect(kinds[0] == kinds[1], f"{path}: {kinds}")


@check("methods that a path has not are refused with 405 and Allow")
def methods(server):
    has = {"/v1/jobs": "GET POST", "/v1/fleet": "GET", "/v1/tenants": "GET PUT", "/healthz": "GET",
           "/v1/whatif": "POST", "/": "GET", "/v1/jobs/1/cancel": "POST"}
    for path, allowed in has.items():
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"):
            if method in allowed.split():
                continue
            answer = server.ask(method, path)
            server.refuses(answer, 405, "M0605")
            named = {one.strip() for one in answer.headers.get("Allow", "").split(",")}
            expect(set(allowed.split()) <= named, f"{path}: Allow is {sorted(named)}")
        answer = server.ask("OPTIONS", path, token=None)
        expect(answer.status in (200, 204, 401, 405), f"OPTIONS {path}: {answer}")


@check("unknown paths are refused with 404 in the envelope")
def unknown_paths(server):
    for path in ("/v1", "/v1/", "/v1/nothing", "/v2/jobs", "/v1/jobs/none", "/v1/nodes/none",
                 "/v1/tenants/none", "/nothing.html", "/v1/jobs/none/why", "/v1/jobs/none/logs"):
        server.refuses(server.get(path), 404, {"M0604", "M0613"})


@check("an idempotency key gives one job, however often it is sent")
def idempotency(server):
    tenant = server.leaves()[0]
    key, name = str(uuid.uuid4()), f"check-{uuid.uuid4()}"
    first = server.held_job(tenant, key=key, name=name)
    expect(first.status == 201, f"the first: {first}")
    again = server.held_job(tenant, key=key, name=name)
    expect(again.status == 200, f"the second is not 200: {again}")
    expect(first.json["id"] == again.json["id"], "two jobs for one key")
    other = server.held_job(tenant, key=key, name=name + "-other")
    server.refuses(other, 409, "M0606")
    key, answers = str(uuid.uuid4()), []
    threads = [threading.Thread(target=lambda: answers.append(server.held_job(
        tenant, key=key, name=name + "-burst"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = {answer.json.get("id") for answer in answers if answer.status in (200, 201)}
    expect(len(numbers) == 1, f"{len(numbers)} jobs for one key sent 16 times at once")
    expect(sum(answer.status == 201 for answer in answers) == 1, "created more than once")
    for text in ("a" * 256, ""):
        server.refuses(server.held_job(tenant, key=text) if text else server.ask(
            "POST", POSTS[0], {"name": "x", "cpu": 1}, {"Idempotency-Key": ""}), 400, "M0601")
    server.cancel(first.json["id"], *numbers)


@check("orders to a job that is over are refused with 409")
def job_is_over(server):
    job = server.new_job(server.leaves()[0])["id"]
    expect(server.ask("POST", f"/v1/jobs/{job}/cancel", {}).status == 202, "it was not cancelled")
    for verb in ("hold", "release"):
        server.refuses(server.ask("POST", f"/v1/jobs/{job}/{verb}", {}), 409, "M0611")


@check("a flood of unknown tokens is refused, and nothing else happens")
def flood(server):
    for _ in range(300):
        answer = server.get("/v1/whoami", token="unknown")
        server.refuses(answer, {401, 429}, {"M0602", "M0609"})
        name = "WWW-Authenticate" if answer.status == 401 else "Retry-After"
        if name not in answer.headers:
            raise Failed(f"{answer.status} without {name}")
    server.is_alive()

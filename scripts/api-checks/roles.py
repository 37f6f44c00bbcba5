"""Who may do what: every endpoint by every role, and what is hidden from whom."""

import contextlib
import time
import urllib.parse
import uuid

from wire import check, expect

RANKS = ["viewer", "other submitter", "submitter", "operator", "admin"]


@contextlib.contextmanager
def tokens(server):
    """A token for each role; `other submitter` is one of another tenant."""
    own, other = server.leaves()
    made, secrets = [], {}
    tenants = {"submitter": own, "other submitter": other}
    try:
        for rank in RANKS:
            body = {"name": f"check-{rank.replace(' ', '-')}", "role": rank.split()[-1]}
            if rank in tenants:
                body["tenant"] = tenants[rank]
            answer = server.ask("POST", "/v1/tokens", body)
            expect(answer.status == 201, f"no token for {rank}: {answer}")
            made.append(answer.json["id"])
            secrets[rank] = answer.json["token"]
        yield own, other, secrets
    finally:
        for number in made:
            server.ask("DELETE", f"/v1/tokens/{number}")


def expect_access(server, what, answer, allowed):
    if allowed:
        expect(answer.status not in (401, 403), f"{what}: refused: {answer}")
        expect(answer.status < 500, f"{what}: {answer}")
    else:
        server.refuses(answer, 403, "M0603")


READS = ["/v1/jobs", "/v1/nodes", "/v1/tenants", "/v1/reservations", "/v1/events", "/v1/fleet",
         "/v1/usage", "/v1/ledger", "/v1/whoami", "/metrics", "/v1/openapi.json"]


@check("every role may read what all may read")
def reads(server):
    with tokens(server) as (_, _, secrets):
        for rank, token in secrets.items():
            for path in READS:
                answer = server.get(path, token=token)
                expect(answer.status == 200, f"{rank} {path}: {answer}")
            me = server.get("/v1/whoami", token=token).json
            expect(me["role"] == rank.split()[-1], f"{rank} is told to be {me}")
            answer = server.ask("POST", "/v1/whatif", {"changes": [{"policy": "fifo"}]},
                                token=token)
            expect(answer.status not in (401, 403), f"{rank} /v1/whatif: {answer}")


@check("orders about a job: its tenant's submitters, operators and admins")
def job_orders(server):
    with tokens(server) as (own, _, secrets):
        allowed = {"submitter", "operator", "admin"}
        for rank, token in secrets.items():
            answer = server.held_job(own, token)
            expect_access(server, f"{rank} submits", answer, rank in allowed)
            if answer.status == 201:
                server.cancel(answer.json["id"])
            for verb in ("hold", "release", "cancel"):
                job = server.new_job(own)["id"]
                answer = server.ask("POST", f"/v1/jobs/{job}/{verb}", {}, token=token)
                expect_access(server, f"{rank} {verb}", answer, rank in allowed)
                if rank not in allowed:
                    state = server.get(f"/v1/jobs/{job}").json["state"]
                    expect(state == "blocked", f"{rank} {verb}: refused and done: {state}")
                server.cancel(job)
            job = server.new_job(own)["id"]
            report = {"attempt": 1, "step": 1}
            answer = server.ask("POST", f"/v1/jobs/{job}/progress", report, token=token)
            expect_access(server, f"{rank} progress", answer, rank in allowed)
            server.cancel(job)


@check("orders about nodes: operators and admins")
def node_orders(server):
    nodes = server.get("/v1/nodes?limit=1").json["nodes"]
    expect(nodes, "the fleet has no nodes")
    path = f"/v1/nodes/{nodes[0]['name']}"
    with tokens(server) as (_, _, secrets):
        for rank, token in secrets.items():
            for verb in ("cordon", "drain", "uncordon"):
                answer = server.ask("POST", f"{path}/{verb}", {"reason": "check"}, token=token)
                expect_access(server, f"{rank} {verb}", answer, rank in ("operator", "admin"))
            answer = server.get("/v1/journal", token=token)
            expect_access(server, f"{rank} journal", answer, rank in ("operator", "admin"))
        state = server.get(path).json["state"]
        expect(state == nodes[0]["state"], f"the node is {state} after it")


@check("tenants, tokens and the audit log: admins")
def admin_orders(server):
    with tokens(server) as (own, _, secrets):
        tenant = urllib.parse.quote(own, safe="")
        tree = {"tenants": [{"name": "check-a"}, {"name": "check-b"}]}
        for rank, token in secrets.items():
            made = server.ask("POST", "/v1/tokens", {"name": "check", "role": "viewer"}).json["id"]
            requests = [
                ("PUT", "/v1/tenants?preview=true", tree),
                ("PUT", f"/v1/tenants/{tenant}/quota?preview=true", {"GPU": {"weight": 2}}),
                ("GET", "/v1/audit", None), ("GET", "/v1/tokens", None),
                ("DELETE", f"/v1/tokens/{made}", None)]
            for method, path, body in requests:
                answer = server.ask(method, path, body, token=token)
                expect_access(server, f"{rank} {method} {path}", answer, rank == "admin")
            body = {"name": "check-more", "role": "viewer"}
            answer = server.ask("POST", "/v1/tokens", body, token=token)
            expect_access(server, f"{rank} makes a token", answer, rank == "admin")
            if answer.status == 201:
                server.ask("DELETE", f"/v1/tokens/{answer.json['id']}")
            server.ask("DELETE", f"/v1/tokens/{made}")


@check("another tenant's command, environment and logs are hidden")
def hidden(server):
    marks = [f"mark-{uuid.uuid4()}" for _ in range(2)]
    with tokens(server) as (own, _, secrets):
        job = server.new_job(
            own, secrets["submitter"], environment={"CHECK_MARK": marks[0]},
            command=["echo", marks[1]])["id"]
        paths = [f"/v1/jobs/{job}", f"/v1/jobs/{job}/why", f"/v1/jobs/{job}/eta", "/v1/jobs",
                 f"/v1/events?job={job}", "/v1/nodes", "/metrics", "/v1/ledger", "/v1/fleet"]
        for rank in [None, *RANKS]:
            token = secrets.get(rank)
            sees = rank in ("submitter", "operator", "admin")
            for path in paths:
                answer = server.get(path, token=token)
                if rank is None and answer.status == 401:
                    continue
                for mark in marks:
                    shown = mark.encode() in answer.body
                    expect(not shown or sees, f"{rank or 'nobody'} sees the mark in {path}")
            if rank is not None:
                document = server.get(f"/v1/jobs/{job}", token=token).json["document"]
                expect((document is not None) == sees, f"{rank}: the document is {document!r}")
                if sees:
                    expect(all(mark in document for mark in marks), f"{rank}: {document}")
            answer = server.get(f"/v1/jobs/{job}/logs", token=token)
            if sees:
                expect(answer.status in (200, 404), f"{rank} logs: {answer}")
            else:
                server.refuses(answer, {403, 401} if rank is None else 403)
        server.cancel(job)


@check("an idempotency key is its owner's alone")
def keys_of_others(server):
    with tokens(server) as (own, other, secrets):
        key = str(uuid.uuid4())
        first = server.held_job(own, secrets["submitter"], key=key)
        second = server.held_job(other, secrets["other submitter"], key=key)
        expect(first.status == 201, f"the first: {first}")
        expect(second.status == 201, f"another's same key: {second}")
        server.cancel(first.json["id"], second.json["id"])


@check("tokens: unknown, malformed, revoked and expired ones are refused with 401")
def bad_tokens(server):
    made = server.ask("POST", "/v1/tokens", {"name": "check", "role": "admin"}).json
    expect(server.get("/v1/whoami", token=made["token"]).status == 200, "a new token is refused")
    listed = server.get("/v1/tokens").body
    expect(made["token"].encode() not in listed, "the list shows a token's secret")
    server.ask("DELETE", f"/v1/tokens/{made['id']}")
    short = server.ask("POST", "/v1/tokens", {
        "name": "check", "role": "admin", "expiresInSeconds": 1}).json
    for header in (f"Bearer {made['token']}", "Bearer", "Bearer ", "Basic YTpi", "nonsense",
                   f"Bearer {server.token}x", f"Bearer {server.token[:-1]}", "Bearer " + "a" * 4000,
                   f"Token {server.token}", "Bearer \u00ff"):
        answer = server.get("/v1/fleet", headers={"Authorization": header}, token=None)
        server.refuses(answer, {400, 401}, {"M0601", "M0602"})
    time.sleep(2.5)
    answer = server.get("/v1/fleet", token=short["token"])
    server.ask("DELETE", f"/v1/tokens/{short['id']}")
    server.refuses(answer, 401, "M0602")


@check("orders are in the audit log, with who and without secrets")
def audited(server):
    with tokens(server) as (own, _, secrets):
        mark = f"mark-{uuid.uuid4()}"
        job = server.new_job(own, secrets["submitter"], environment={"CHECK_MARK": mark})["id"]
        server.ask("POST", f"/v1/jobs/{job}/cancel", {"reason": "check"},
                   token=secrets["submitter"])
        server.ask("POST", f"/v1/jobs/{job}/hold", {}, token=secrets["viewer"])
        answer = server.get("/v1/audit?limit=200")
        rows = answer.json["entries"]
        mine = [row for row in rows if str(job) in row["object"]]
        who = {row["who"] for row in mine}
        expect({"check-submitter", "check-viewer"} <= who, f"rows of the job are by {sorted(who)}")
        for secret in [mark, server.token, *secrets.values()]:
            expect(secret.encode() not in answer.body, "the audit log has a secret")

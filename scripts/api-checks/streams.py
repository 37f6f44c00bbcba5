"""Event streams: in order, without gap or repeat over a reconnect."""

import json
import time

from wire import Failed, check, expect


class Stream:
    """A stream of Server-Sent Events, read message by message."""

    def __init__(self, server, path, headers=None, timeout=20, token=""):
        self.connection = server.connection(timeout)
        headers = {"Accept": "text/event-stream", **(headers or {})}
        token = server.token if token == "" else token
        self.connection.request("GET", path, headers=server.headers(token, headers))
        self.response = self.connection.getresponse()
        if self.response.status != 200:
            raise Failed(f"{path}: {self.response.status} {self.response.read()[:200]!r}")
        kind = self.response.headers.get("Content-Type", "")
        expect(kind.startswith("text/event-stream"), f"{path}: the type is '{kind}'")

    def message(self):
        """The next message with its fields; a comment has the field `comment`."""
        fields = {}
        while True:
            try:
                line = self.response.readline(1 << 26)
            except TimeoutError:
                raise Failed("the stream fell silent") from None
            if not line:
                raise Failed("the stream ended")
            line = line.decode().rstrip("\r\n")
            if not line:
                if fields:
                    return fields
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            name = name or "comment"
            fields[name] = fields[name] + "\n" + value if name in fields else value

    def event(self):
        """The next message that is no comment."""
        while True:
            fields = self.message()
            if "data" in fields or "event" in fields:
                return fields

    def until(self, wanted, limit=20000):
        """Events up to the first that `wanted` takes, that one included."""
        events = []
        for _ in range(limit):
            fields = self.event()
            expect(fields.get("event") != "reset", "the stream was reset")
            event = json.loads(fields["data"])
            expect(str(event["id"]) == fields.get("id"), f"the id is not the event's: {fields}")
            expect(event["kind"] == fields.get("event"), f"the kind is not the event's: {fields}")
            events.append(event)
            if wanted(event):
                return events
        raise Failed(f"not among {limit} events")

    def close(self):
        self.connection.close()


def newest(server):
    """The id that the next event will follow."""
    after = 0
    while True:
        page = server.get(f"/v1/events?after={after}&limit=1000").json
        if len(page["events"]) < 1000:
            return page["next"]
        after = page["next"]


def listed(server, after, last):
    """Events by the list, from one id to another."""
    ids = []
    while True:
        page = server.get(f"/v1/events?after={after}&limit=1000").json
        for event in page["events"]:
            if event["id"] > last:
                return ids
            ids.append(event["id"])
        if not page["events"]:
            return ids
        after = page["next"]


@check("a stream that is cut and resumed has no gap and no repeat")
def resume(server):
    tenant = server.leaves()[0]
    start = newest(server)
    stream = Stream(server, f"/v1/events?after={start}")
    jobs = [server.new_job(tenant)["id"] for _ in range(5)]
    seen = stream.until(lambda event: event["job"] == jobs[2] and event["kind"] == "submitted")
    stream.close()
    # What happens while nobody listens must not be lost.
    jobs += [server.new_job(tenant)["id"] for _ in range(5)]
    last = {"Last-Event-ID": str(seen[-1]["id"])}
    stream = Stream(server, f"/v1/events?after={start}", last)
    seen += stream.until(lambda event: event["job"] == jobs[-1] and event["kind"] == "submitted")
    server.cancel(*jobs)
    seen += stream.until(lambda event: event["job"] == jobs[-1] and event["kind"] == "ended")
    stream.close()
    ids = [event["id"] for event in seen]
    expect(all(a < b for a, b in zip(ids, ids[1:])), "the ids do not grow: a repeat")
    expect(ids == listed(server, start, ids[-1]), "the stream and the list differ: a gap")
    for job in jobs:
        kinds = [event["kind"] for event in seen if event["job"] == job]
        expect(kinds.count("submitted") == 1, f"job {job} was submitted once; told: {kinds}")
        expect(kinds.count("ended") == 1, f"job {job} ended once; told: {kinds}")


@check("a stream of one job has that job's events alone")
def filtered(server):
    tenant = server.leaves()[0]
    start = newest(server)
    other, job = (server.new_job(tenant)["id"] for _ in range(2))
    stream = Stream(server, f"/v1/events?after={start}&job={job}")
    server.cancel(other, job)
    seen = stream.until(lambda event: event["kind"] == "ended")
    stream.close()
    expect({event["job"] for event in seen} == {job}, "events of another job")


@check("an id from the future is answered with a reset or refused")
def future(server):
    try:
        stream = Stream(server, "/v1/events", {"Last-Event-ID": "9007199254740990"}, timeout=5)
    except Failed as failed:
        expect(" 400 " in str(failed), str(failed))
        return
    fields = stream.event()
    stream.close()
    expect(fields.get("event") == "reset", f"a reset expected, not {fields}")


@check("ids that are none are refused with 400")
def unreadable(server):
    for text in ("-1", "abc", "1.5", "99999999999999999999", "1 2"):
        answer = server.get("/v1/events", headers={
            "Accept": "text/event-stream", "Last-Event-ID": text}, timeout=5)
        server.refuses(answer, 400, "M0601")


@check("a silent stream has a comment every 10 seconds")
def heartbeat(server):
    stream = Stream(server, f"/v1/events?after={newest(server)}&job=2147483647", timeout=15)
    begin = time.monotonic()
    while "comment" not in stream.message():
        pass
    while "comment" not in stream.message():
        pass
    stream.close()
    expect(time.monotonic() - begin < 25, "two comments took 25 s and more")


@check("the live stream tells of a new job within 3 seconds")
def live(server):
    stream = Stream(server, "/v1/live", timeout=10)
    job = server.new_job(server.leaves()[0])["id"]
    begin = time.monotonic()
    try:
        while True:
            fields = stream.event()
            if fields.get("event") == "delta":
                delta = json.loads(fields["data"])
                for key in ("now", "jobs", "nodes", "fleet", "tenants", "events"):
                    expect(key in delta, f"a delta without '{key}'")
                if job in [one["id"] for one in delta["jobs"]]:
                    break
            expect(time.monotonic() - begin < 3, "it took 3 s and more")
    finally:
        stream.close()
        server.cancel(job)


@check("200 streams are fed at once")
def many(server):
    tenant = server.leaves()[0]
    start = newest(server)
    streams = [Stream(server, f"/v1/events?after={start}") for _ in range(200)]
    try:
        job = server.new_job(tenant)["id"]
        for stream in streams:
            stream.until(lambda event: event["job"] == job and event["kind"] == "submitted")
    finally:
        for stream in streams:
            stream.close()
    server.cancel(job)

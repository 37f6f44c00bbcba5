"""The OpenAPI document against the server, by schemathesis."""

import copy
import json
import os
import subprocess
import sys
import tempfile

from wire import check, expect

RELEASE = "schemathesis==4.32.5"
SETTINGS = {"seed": 4711, "examples": 30, "seconds": 300}

CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "unsupported_method", "allow_header_conformance"]


# Too large is as good a reason to refuse as any other.
CONFIGURATION = """
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503]
"""

# It knows no type of its own for lines of JSON, and leaves such operations out with an error.
PROGRAM = """
import schemathesis
from schemathesis.cli import schemathesis as command

@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return value if isinstance(value, bytes) else str(value).encode()

command()
"""


def flatten(schema, schemas):
    """An object of several parts as one, so that unknown keys of the whole can be told."""
    parts = schema.get("allOf", [])
    if len(parts) < 2:
        return schema
    whole = {"type": "object", "required": [], "properties": {}}
    for part in parts:
        if "$ref" in part:
            part = schemas[part["$ref"].rsplit("/", 1)[1]]
        part = flatten(part, schemas)
        whole["required"] += part.get("required", [])
        whole["properties"].update(part["properties"])
    return whole


def close(schema):
    """Lets an object have no other keys than those described."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for key, part in schema.items():
            if key not in ("examples", "example", "enum", "const"):
                close(part)


def strict(document):
    """The document without what has no end, and with nothing allowed that it does not describe.

    Clients must pass over keys that they do not know; a test must find them.
    """
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    for name in schemas:
        schemas[name] = flatten(schemas[name], schemas)
    close(schemas)
    for item in document["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                close(response)
    # Streams and followed logs do not end; the stream checks read them.
    del document["paths"]["/v1/live"]
    del document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    logs = document["paths"]["/v1/jobs/{job}/logs"]["get"]
    logs["parameters"] = [one for one in logs["parameters"] if one.get("name") != "follow"]
    # The server's own token must outlive the run.
    del document["paths"]["/v1/tokens/{id}"]
    return document


def python():
    """An interpreter that has schemathesis, in an environment of its own if need be."""
    probe = [sys.executable, "-c", "import schemathesis"]
    if subprocess.run(probe, capture_output=True).returncode == 0:
        return sys.executable
    folder = os.path.join(os.path.dirname(__file__), "../../.build/check-api")
    program = os.path.join(folder, "bin/python")
    if not os.path.exists(program):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([program, "-m", "pip", "install", "--quiet", RELEASE], check=True)
    return program


@check("the document that the server gives is the one in dashboard/")
def same(server):
    path = os.path.join(os.path.dirname(__file__), "../../dashboard/openapi.json")
    with open(path) as file:
        own = json.load(file)
    given = server.get("/v1/openapi.json", token=None)
    expect(given.status == 200, f"{given}")
    expect(given.json == own, "they differ")


@check("schemathesis finds no 5xx and no undocumented answer")
def conforms(server):
    given = server.get("/v1/openapi.json", token=None).json
    with tempfile.TemporaryDirectory(prefix="check-api-") as folder:
        path = os.path.join(folder, "openapi.json")
        with open(path, "w") as file:
            json.dump(strict(given), file)
        with open(os.path.join(folder, "schemathesis.toml"), "w") as file:
            file.write(CONFIGURATION)
        report = os.path.join(folder, "report.xml")
        words = [
            python(), "-c", PROGRAM, "run",
            path, "--url", server.url, "--header", f"Authorization:Bearer {server.token}",
            "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
            "--seed", str(SETTINGS["seed"]), "--max-examples", str(SETTINGS["examples"]),
            "--max-time", str(SETTINGS["seconds"]), "--request-timeout", "15", "--no-color",
            "--continue-on-failure", "--generation-database", "none", "--warnings", "off",
            "--suppress-health-check", "all", "--tls-verify", "false", "--rate-limit", "auto",
            "--report-junit-path", report]
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True,
            timeout=SETTINGS["seconds"] * 2 + 120)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()
        print("\n".join(line[:400] for line in lines[-400:]), file=sys.stderr)
    expect(done.returncode == 0, f"schemathesis ended with {done.returncode}; see above")
    server.is_alive()

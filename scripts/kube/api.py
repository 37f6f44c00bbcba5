"""One keep-alive connection to the API server of a test cluster, as its administrator."""
import http.client
import json
import os
import ssl

MERGE = "application/merge-patch+json"


def is_healthy(port, path):
    """Whether a server without TLS on this machine answers with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Connection:
    """Not to be shared between threads. Raises OSError when there is no answer."""

    def __init__(self, folder, port, timeout=30):
        certificates = os.path.join(folder, "certificates")
        context = ssl.create_default_context(cafile=os.path.join(certificates, "ca.crt"))
        context.load_cert_chain(os.path.join(certificates, "admin.crt"),
                                os.path.join(certificates, "admin.key"))
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout,
                                                      context=context)

    def call(self, method, path, body=None, kind="application/json"):
        """The status and the answer, decoded when it is JSON."""
        text = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": "application/json"}
        if text is not None:
            headers["Content-Type"] = kind
        try:
            self.connection.request(method, path, text, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except http.client.HTTPException as error:
            self.connection.close()
            raise OSError("%s %s: %r" % (method, path, error)) from error
        except OSError:
            self.connection.close()
            raise
        if answer.headers.get_content_type() == "application/json":
            return answer.status, json.loads(data)
        return answer.status, data.decode(errors="replace")

    def watch(self, path):
        """What happens to a collection from now on, and what is there, as it comes; for ever."""
        self.connection.request("GET", path + "?watch=true&timeoutSeconds=3600",
                                headers={"Accept": "application/json"})
        answer = self.connection.getresponse()
        if answer.status != 200:
            raise OSError("watch of %s: %s" % (path, answer.status))
        for line in answer:
            yield json.loads(line)

    def close(self):
        self.connection.close()

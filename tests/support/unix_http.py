"""GET over a unix socket, for asking an engine what its own client does not show."""

import http.client
import json
import socket


class Response:
    """A reply read whole: `.status`, `.reason`, `.headers` (a list of pairs, in their order), `.body` (bytes)."""

    def __init__(self, reply):
        self.status = reply.status
        self.reason = reply.reason
        self.headers = reply.getheaders()
        self.body = reply.read()

    def json(self):
        return json.loads(self.body)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def get(socket_path, target, timeout=10.0):
    """The Response to `GET target`. Raises OSError or http.client.HTTPException if there is none in time."""
    connection = _Connection(str(socket_path), timeout)
    try:
        connection.request("GET", target)
        return Response(connection.getresponse())
    finally:
        connection.close()

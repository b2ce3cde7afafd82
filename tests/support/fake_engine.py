"""An engine that answers as told, for what a real one can't be asked to do.

It serves the bodies recorded from a real engine (tests/fixtures/*), first and second readings of the statistics in
turn, and keeps a list of the requests it had. `answers` replaces some of them: a pattern of the path -> what is
sent for it, either (status, body) or a function that gets the connection and does as it likes.
"""

import re
import socketserver
import threading
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
           500: "Internal Server Error", 501: "Not Implemented"}


def reply(status, body, headers=()):
    lines = ["HTTP/1.1 %d %s" % (status, REASONS[status]), "Content-Type: application/json",
             "Content-Length: %d" % len(body), *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class FakeEngine:
    """A context manager; `.socket` is where it listens, `.requests` the request lines it had."""

    def __init__(self, folder, fixture="docker-26.1-cgroup2", answers=None, api_version="1.45"):
        self.socket = str(folder / "fake.sock")
        self.requests = []
        self.answers = {re.compile(pattern): answer for pattern, answer in (answers or {}).items()}
        self.api_version = api_version
        self._bodies = FIXTURES / fixture
        self._ids = dict(re.findall(r'"Id":"([0-9a-f]{64})","Names":\["/([^"]+)"', self._file("list.json").decode()))
        self._read = set()

    def __enter__(self):
        engine = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self):
                while engine._serve(self):
                    pass

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 512
            block_on_close = False

            def handle_error(self, request, address):
                pass  # a client that went away

        self._server = Server(self.socket, Connection)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()

    def _file(self, name):
        return (self._bodies / name).read_bytes()

    def _serve(self, connection):
        request = connection.rfile.readline().decode()
        if not request.strip():
            return False
        while connection.rfile.readline().strip():
            pass
        self.requests.append(request.strip())
        path = request.split()[1]
        for pattern, answer in self.answers.items():
            if pattern.search(path):
                if callable(answer):
                    return answer(connection)
                return self._send(connection, *answer)
        return self._send(connection, *self._recorded(path))

    def _send(self, connection, status, body):
        connection.wfile.write(reply(status, body if isinstance(body, bytes) else body.encode(), [
            "Api-Version: %s" % self.api_version, "Server: Docker/26.1.5+dfsg1 (linux)"]))
        return True

    def _recorded(self, path):
        if path == "/_ping":
            return 200, b"OK"
        if "/containers/json" in path:
            return 200, self._file("list.json")
        identity, what = re.search(r"/containers/([0-9a-f]+)/(json|stats|logs)", path).groups()
        name = self._ids.get(identity)
        if not name:
            return 404, '{"message":"No such container: %s"}' % identity
        if what == "json":
            return 200, self._file(name + ".inspect.json")
        if what == "logs":
            return 200, self._file(name + ".logs.bin")
        again = name in self._read and (self._bodies / (name + ".stats2.json")).exists()
        self._read.add(name)
        return 200, self._file(name + (".stats2.json" if again else ".stats1.json"))

"""An engine that answers as told, for what a real one can't be asked to do.

It serves the bodies recorded from a real engine (tests/fixtures/*), first and second readings of the statistics in
turn, and keeps a list of the requests it had. `answers` replaces some of them: a pattern of the path -> what is
sent for it, either (status, body[, headers]) or a function that gets the connection, does as it likes, and says
whether the connection is kept. The functions below make such functions.
"""

import os
import re
import socket
import socketserver
import struct
import threading
import time
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
REASONS = {200: "OK", 204: "No Content", 301: "Moved Permanently", 307: "Temporary Redirect", 400: "Bad Request",
           403: "Forbidden", 404: "Not Found", 409: "Conflict", 500: "Internal Server Error", 501: "Not Implemented",
           502: "Bad Gateway"}


def head(status=200, *headers):
    return "\r\n".join(["HTTP/1.1 %d %s" % (status, REASONS[status]), *headers, "", ""]).encode()


def reply(status, body, headers=()):
    return head(status, "Content-Type: application/json", "Content-Length: %d" % len(body), *headers) + body


def hang(connection):
    connection.rfile.read(1)  # until the client gives up
    return False


def close(connection):
    return False


def send(*pieces, then=close):
    """Sends the bytes, then closes the connection, hangs, or whatever `then` does."""
    def answer(connection):
        connection.wfile.write(b"".join(pieces))
        return then(connection)
    return answer


def drip(data, at_once=0):
    """Sends the first bytes at once and then one every fifth of a second."""
    def answer(connection):
        connection.wfile.write(data[:at_once])
        for i in range(at_once, len(data)):
            time.sleep(0.2)
            connection.wfile.write(data[i:i + 1])
        return False
    return answer


def endless(start, piece):
    """Sends the piece again and again, until the client has had enough."""
    block = piece * (64 * 1024 // len(piece) + 1)  # many at once: it is not to be waited for

    def answer(connection):
        connection.wfile.write(start)
        while True:
            connection.wfile.write(block)
    return answer


def reset(connection):
    """Closes the connection with a reset, as the kernel does for a process that ended in the middle; over TCP."""
    connection.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.request.detach())
    return False


def late(seconds):
    """Answers as it should, but late."""
    def answer(connection):
        time.sleep(seconds)
        return connection.engine.answer_as_recorded(connection)
    return answer


def and_close(connection):
    """Answers as it should, and closes the connection without a word of warning."""
    connection.engine.answer_as_recorded(connection)
    return False


def and_go_down(connection):
    """Answers as it should, and from then on neither goes on with a connection nor takes another."""
    connection.engine.stop_listening()
    return and_close(connection)


def and_restart(connection):
    """Answers as it should; another has taken its place, which knows nothing of the connections of this one."""
    connection.engine.stop_listening()
    connection.engine.listen()
    return connection.engine.answer_as_recorded(connection)


class SilentSocket:
    """A socket that nobody accepts connections on: those in its queue wait for ever; the queue may be full already."""

    def __init__(self, folder, is_full=False, over_tcp=False):
        family = socket.AF_INET if over_tcp else socket.AF_UNIX
        self.requests = []
        self._sockets = [socket.socket(family)]
        self._sockets[0].bind(("127.0.0.1", 0) if over_tcp else str(folder / "fake.sock"))
        self._sockets[0].listen(0 if is_full else 100)
        address = self._sockets[0].getsockname()
        self.url = "tcp://%s:%d" % address if over_tcp else "unix://" + address
        for _ in range(3 if is_full else 0):
            self._sockets.append(socket.socket(family))
            self._sockets[-1].setblocking(False)
            self._sockets[-1].connect_ex(address)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for each in self._sockets:
            each.close()


class FakeEngine:
    """A context manager; `.socket` is where it listens, or `.url`, `.requests` the request lines it had."""

    def __init__(self, folder, fixture="docker-26.1-cgroup2", answers=None, api_version="1.45", over_tcp=False):
        self.socket = str(folder / "fake.sock")
        self.url = "unix://" + self.socket
        self.requests = []
        self._over_tcp = over_tcp
        self.answers = {re.compile(pattern): answer for pattern, answer in (answers or {}).items()}
        self.api_version = api_version
        self._bodies = FIXTURES / fixture
        self._ids = dict(re.findall(r'"Id":"([0-9a-f]{64})","Names":\["/([^"]+)"', self._file("list.json").decode()))
        self._read = set()

    def __enter__(self):
        self.listen()
        return self

    def listen(self):
        """Also again: at the same place, or over TCP at another port."""
        if not self._over_tcp:
            Path(self.socket).unlink(missing_ok=True)
        serve_next, itself = self._serve_next, self

        class Connection(socketserver.StreamRequestHandler):
            engine = itself

            def handle(self):
                while serve_next(self):
                    pass

        class Server(socketserver.ThreadingTCPServer if self._over_tcp else socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 512
            block_on_close = False

            def handle_error(self, request, address):
                pass  # a client that went away

        self._server = Server(("127.0.0.1", 0) if self._over_tcp else self.socket, Connection)
        if self._over_tcp:
            self.url = "tcp://%s:%d" % self._server.server_address
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __exit__(self, *exception):
        self.stop_listening()
        if not self._over_tcp:
            Path(self.socket).unlink()

    def stop_listening(self):
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def name_containers(self, names):
        """Which recorded container stands for each id."""
        self._ids = names

    def _file(self, name):
        return (self._bodies / name).read_bytes()

    def _serve_next(self, connection):
        request = connection.rfile.readline().decode()
        if not request.strip() or connection.server is not self._server:
            return False
        while connection.rfile.readline().strip():
            pass
        self.requests.append(request.strip())
        connection.path = request.split()[1]
        for pattern, answer in self.answers.items():
            if pattern.search(connection.path):
                return answer(connection) if callable(answer) else self.answer(connection, *answer)
        return self.answer_as_recorded(connection)

    def answer_as_recorded(self, connection):
        return self.answer(connection, *self._recorded(connection.path))

    def answer(self, connection, status, body, headers=()):
        connection.wfile.write(reply(status, body if isinstance(body, bytes) else body.encode(), [
            "Api-Version: %s" % self.api_version, "Server: Docker/26.1.5+dfsg1 (linux)", *headers]))
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

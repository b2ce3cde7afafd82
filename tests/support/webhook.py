"""A real HTTP(S) server on loopback that takes messages, and misbehaves as it is told.

    with Webhook(certificate) as hook:      # a Certificate; without one it speaks plain HTTP
        hook.will(status(500), status(204)) # what it does with the next requests; the last one again and again
        ... hook.url("/topic") ...
        hook.requests                       # what came: .path, .headers, .body, .json, .at (monotonic)
"""

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import discord

SOCKET_SECONDS = 60  # nothing is waited for longer than that


class Authority:
    """A certificate authority of the test's own: `.file`, and certificates for names."""

    def __init__(self, folder, name="asmo test CA"):
        self.folder = folder
        self.file = folder / "ca.pem"
        self._count = 0
        _openssl("req", "-x509", *KEY, "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", folder / "ca.key", "-out",
                 self.file, "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def certificate(self, names="IP:127.0.0.1,DNS:localhost", days=2):
        """A file with a key and its certificate; with days=-1 it has expired."""
        self._count += 1
        base = self.folder / ("server-%d" % self._count)
        key, request, extensions, signed = (base.with_suffix(suffix) for suffix in (".key", ".csr", ".ext", ".crt"))
        _openssl("req", "-new", *KEY, "-nodes", "-subj", "/CN=asmo test", "-keyout", key, "-out", request)
        extensions.write_text("subjectAltName=%s\n" % names)
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-days", days,
                 "-extfile", extensions, "-out", signed)
        base.write_bytes(key.read_bytes() + signed.read_bytes())
        return base

    def self_signed(self):
        base = self.folder / "self-signed"
        _openssl("req", "-x509", *KEY, "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", base.with_suffix(".key"), "-out", base.with_suffix(".crt"))
        base.write_bytes(base.with_suffix(".key").read_bytes() + base.with_suffix(".crt").read_bytes())
        return base


KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.monotonic()

    @property
    def files(self):
        """Of a body of several parts: name -> discord.Part; {} of one that is JSON alone."""
        return discord.parts(self.headers.get("content-type", ""), self.body)

    @property
    def json(self):
        files = self.files
        return json.loads((files["payload_json"].body if files else self.body).decode("utf-8"))


class Webhook:
    def __init__(self, certificate=None):
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self.requests, self.connections = [], 0
        self._behaviours, self._lock = [status(204)], threading.Lock()
        self._open, self._closing = set(), threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def url(self, path="/", host="127.0.0.1", user=""):
        return "%s://%s%s:%d%s" % ("https" if self._context else "http", user, host, self.port, path)

    def will(self, *behaviours):
        self._behaviours = list(behaviours)

    def _accept(self):
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(SOCKET_SECONDS)
        self._open.add(connection)
        with contextlib.suppress(OSError, ValueError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            with connection.makefile("rb") as reader:
                request = _read(reader)
                if request:
                    with self._lock:
                        self.requests.append(request)
                        behaviour = self._behaviours[0] if len(self._behaviours) == 1 else self._behaviours.pop(0)
                    behaviour(self, connection, request)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        self._open.discard(connection)

    def wait(self, seconds):
        """True when the server is about to end."""
        return self._closing.wait(seconds)


def _read(reader):
    first = reader.readline(65536).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    for line in iter(lambda: reader.readline(65536).decode("latin-1").strip(), ""):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(first[0], first[1], headers, reader.read(int(headers.get("content-length", 0))))


def answer(code, headers=(), body=b""):
    lines = ["HTTP/1.1 %d Status" % code, "Content-Length: %d" % len(body), "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# What a server may do with a request: (hook, connection, request) -> None


def status(code, *headers, body=b""):
    return lambda hook, connection, request: connection.sendall(answer(code, headers, body))


def rate_limited(seconds, *headers):
    """As Discord says it."""
    return status(429, "Content-Type: application/json", *headers,
                  body=json.dumps({"message": "You are being rate limited.", "retry_after": seconds, "global": False}).encode())


def hangs(hook, connection, request):
    hook.wait(SOCKET_SECONDS)


def closes(hook, connection, request):
    pass


def half_a_header(hook, connection, request):
    connection.sendall(b"HTTP/1.1 200 O")


def no_http(hook, connection, request):
    connection.sendall(b"220 mail.example.org ESMTP\r\n")


def slow(beginning, piece, seconds=0.2):
    """A piece at a time, without end."""
    def behave(hook, connection, request):
        connection.sendall(beginning)
        while not hook.wait(seconds):
            connection.sendall(piece)
    return behave


def giant(beginning, piece):
    """As much as is taken."""
    return slow(beginning, piece, 0)


def echoes(code):
    """An answer that repeats the address, as many a framework's error page does."""
    def behave(hook, connection, request):
        body = ("Cannot POST %s\nauthorization: %s" % (request.path, request.headers.get("authorization"))).encode()
        connection.sendall(answer(code, ["X-Path: " + request.path], body))
    return behave


def as_discord(hook, connection, request):
    """Takes what Discord takes; what it would refuse, or not wait for, is 400 with the reasons."""
    url = urllib.parse.urlsplit(request.path)
    query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
    found = []
    if request.method != "POST" or not url.path.startswith("/api/webhooks/"):
        found.append("%s %s" % (request.method, url.path))
    if query.get("wait") != ["true"]:
        found.append("wait is %s" % query.get("wait"))
    if set(query) - {"wait", "thread_id"}:
        found.append("unknown query %s" % query)
    try:
        if request.headers.get("content-type") != "application/json" and not request.files:
            found.append("content-type is %s" % request.headers.get("content-type"))
        found += discord.faults(request.json) + discord.file_faults(request.json, request.files)
    except ValueError as error:
        found.append("no JSON: %s" % error)
    body = {"code": 50035, "message": "Invalid Form Body", "errors": found} if found else {"id": "1", "type": 0}
    connection.sendall(answer(400 if found else 200, ["Content-Type: application/json"], json.dumps(body).encode()))

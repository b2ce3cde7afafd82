"""asmo-monitor with an engine that misbehaves: one table of scenarios, and what holds in each of them.

With the default settings no run lasts longer than 20 s, none takes more than 64 MiB, each stores a snapshot with the
host's numbers in it and leaves no process behind; and a container whose answer is bad loses what that answer would
have told, while all the rest is exactly what a healthy engine gives.
"""

import gzip
import json
import os
import re
import shlex
import socket
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

import children
from conftest import Program
from fake_engine import (FIXTURES, FakeEngine, SilentSocket, and_close, and_go_down, and_restart, close, drip, endless,
                         hang, head, late, reply, reset, send)

SECONDS, MIB = 20, 64
AT_ONCE = 4 if "ASMO_TEST_VALGRIND" in os.environ else 30
TRIES = 3  # of a run in which the engine, a Python program, was too slow for the 5 s that it has: see Run.was_starved
AROUND = 10  # seconds that a run may take before and after those that it tells of itself

# What is asked, and for which container it goes wrong: one that has something to lose.
PLACES = {
    "ping": ("^/_ping$", None),
    "list": ("/containers/json", None),
    "inspect": ("/{id}[0-9a-f]*/json", "healthy"),
    "logs": ("/{id}[0-9a-f]*/logs", "healthy"),
    "stats": ("/{id}[0-9a-f]*/stats", "burner"),
}
# The fields that come from an answer; the log can't be read without inspect, nor the network be told whose it is.
FIELDS = {
    "inspect": {"status", "health", "restarts", "exit_code", "oom_killed", "started_at", "finished_at", "errors",
                "error_counts", "error_count", "error_first_epochs", "error_last_epochs", "net_rx_mb", "net_tx_mb",
                "created_at", "restart_policy"},
    "logs": {"errors", "error_counts", "error_count", "error_first_epochs", "error_last_epochs"},
    "stats": {"cpu_percent", "cpu_seconds", "mem_mb", "mem_percent", "net_rx_mb", "net_tx_mb"},
}

# What may come of a fault, besides a text that says what was wrong (a regular expression):
FINE = "fine"  # nothing is lost
SILENT = "silent"  # an answer that is right, but says nothing: nothing is known, and there is nothing to complain of

OK = b"HTTP/1.1 200 OK\r\n"
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
CHUNKED = "Transfer-Encoding: chunked"
LATE = r"no answer within 5\.0 s"
FAULT = "not JSON: fault"
EMPTY = "not JSON: it is empty"
TOO_LARGE = "larger than any the engine should give"
LONG_HEADERS = "headers are larger than 16 KiB"
UNFRAMED = "the log is not framed"
NO_HTTP = "HTTP/0.9|Unsupported|Empty reply"
NO_STATE = "no object State"
NO_LIST = "expected a list of containers, found "
NO_OBJECT = "expected an object, found "


def message(text):
    return json.dumps({"message": text})


# What differs from run to run, whatever the engine says.
OF_THE_RUN = ("read_uptime_seconds", "log_until_epoch", "avg_seconds", "cpu_avg_percent", "net_rx_kb_per_second",
              "net_tx_kb_per_second")

# name -> how it answers, what is said of it, and what where that differs.
FAULTS = {
    "hangs before the headers": (hang, LATE, {}),
    "hangs within the headers": (send(OK + b"Content-Len", then=hang), LATE, {}),
    "hangs after the headers": (send(head(200, "Content-Length: 10"), then=hang), LATE, {}),
    "hangs in the body": (send(reply(200, b"[" * 100)[:-50], then=hang), LATE, {}),
    "hangs in a chunk": (send(head(200, CHUNKED), b"10\r\n[[", then=hang), LATE, {}),
    "sends a byte of the headers every 0.2 s": (drip(head(200, "X: " + "x" * 500)), LATE, {}),
    "sends a byte of the body every 0.2 s": (drip(reply(200, b" " * 500), at_once=100), LATE, {}),
    "closes before the headers": (close, "Empty reply", {}),
    "closes within the headers": (send(OK + b"Content-Len"), "closed within the headers", {}),
    "closes within the second headers": (send(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), "closed within the headers", {}),
    "closes in the body": (send(reply(200, b"[" * 100)[:-50]), "50 bytes remaining", {}),
    "closes in a chunk": (send(head(200, CHUNKED), b"10\r\n[["), "transfer closed", {}),
    "a body that never ends": (endless(head(200), b" " * 65536), TOO_LARGE, {"logs": UNFRAMED}),
    "chunks that never end": (endless(head(200, CHUNKED), b"10000\r\n%s\r\n" % (b" " * 65536)), TOO_LARGE,
                              {"logs": UNFRAMED}),
    "headers that never end": (endless(OK, b"X-Filler: " + b"x" * 1000 + b"\r\n"), LONG_HEADERS, {}),
    "a header that never ends": (endless(OK + b"X-Filler: ", b"x" * 1000), LONG_HEADERS, {}),
    "100 Continue without end": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LONG_HEADERS, {}),
    "an oversized body": (send(reply(200, b"[" + b" " * (17 * 1024 * 1024) + b"]")), TOO_LARGE, {"logs": UNFRAMED}),
    "an oversized body of values": (send(reply(200, b"[%s[]]" % (b"[]," * (5 * 1024 * 1024)))), TOO_LARGE,
                                    {"list": "takes more than 16 MiB of memory", "logs": UNFRAMED}),
    "a chunk of no size": (send(head(200, CHUNKED), b"zz\r\n[]\r\n0\r\n\r\n"), "[Cc]hunk|hex", {}),
    "a chunk of negative size": (send(head(200, CHUNKED), b"-5\r\n[]\r\n0\r\n\r\n"), "[Cc]hunk|hex", {}),
    "a chunk of absurd size": (send(head(200, CHUNKED), b"f" * 40 + b"\r\n[]"), "[Cc]hunk|hex", {}),
    "a length that is too small": (send(head(200, "Content-Length: 1"), b"[1, 2]"), FAULT, {"ping": FINE, "logs": SILENT}),
    "a length of -1": (send(head(200, "Content-Length: -1"), b"[1"), "Content-Length", {}),
    "a length of 2^70": (send(head(200, "Content-Length: %d" % 2 ** 70), b"[1"), FAULT, {"ping": FINE, "logs": SILENT}),
    "a length that is no number": (send(head(200, "Content-Length: many"), b"[1"), "Content-Length", {}),
    "two lengths": (send(head(200, "Content-Length: 3", "Content-Length: 300"), b"[1,"), "297 bytes remaining|reply", {}),
    "HTML for JSON": ((200, HTML), FAULT, {"ping": FINE, "logs": UNFRAMED}),
    "HTML of a proxy, with 502": ((502, HTML), "HTTP status 502", {"ping": FINE}),
    "nothing, with 200": ((200, b""), EMPTY, {"ping": FINE, "logs": SILENT, "stats": SILENT}),
    "nothing, with 204": (send(head(204)), "HTTP status 204", {"ping": FINE}),
    "101 Switching Protocols": (send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\n\r\n"), NO_HTTP, {}),
    "another protocol": (send(b"SSH-2.0-OpenSSH_9.2\r\n"), NO_HTTP, {}),
    "the preface of HTTP/2": (send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NO_HTTP, {}),
    "NUL bytes": (send(bytes(1000)), NO_HTTP, {}),
    "a redirect": ((301, b"", ["Location: /elsewhere"]), "HTTP status 301", {"ping": FINE}),
    "a redirect to another address": ((307, b"", ["Location: http://engine/elsewhere"]), "HTTP status 307", {"ping": FINE}),
    "gzip that was not asked for": ((200, gzip.compress(b"[]"), ["Content-Encoding: gzip"]), FAULT,
                                    {"ping": FINE, "logs": UNFRAMED}),
    "a nesting bomb": ((200, b"[" * 500000), FAULT, {"ping": TOO_LARGE, "logs": UNFRAMED}),
    "half a document": ((200, b'[{"Id":"'), FAULT, {"ping": FINE, "logs": UNFRAMED}),
    "two documents": ((200, b"{}{}"), FAULT, {"ping": FINE, "logs": SILENT}),
    "a number": ((200, b"42"), NO_LIST, {"ping": FINE, "inspect": NO_STATE, "logs": SILENT, "stats": NO_OBJECT}),
    "null": ((200, b"null"), NO_LIST, {"ping": FINE, "inspect": NO_STATE, "logs": SILENT, "stats": NO_OBJECT}),
    "text": ((200, b'"text"'), NO_LIST, {"ping": FINE, "inspect": NO_STATE, "logs": SILENT, "stats": NO_OBJECT}),
    "a list of all types": ((200, b'[null, true, -1, 1e308, "", "text", [], {}]'), "none of its entries is a container",
                            {"ping": FINE, "inspect": NO_STATE, "logs": UNFRAMED, "stats": NO_OBJECT}),
    "an empty object": ((200, b"{}"), NO_LIST, {"ping": FINE, "inspect": NO_STATE, "logs": SILENT, "stats": SILENT}),
    "400, too old": ((400, message("client version 1.44 is too old. Minimum supported API version is 1.50")),
                     "Minimum supported API version is 1.50", {"ping": FINE}),
    "400, too new": ((400, message("client version 1.44 is too new. Maximum supported API version is 1.43")),
                     "Maximum supported API version is 1.43", {"ping": FINE}),
    "403 of a socket proxy": ((403, b"<html><body><h1>403 Forbidden</h1></body></html>"), "HTTP status 403", {"ping": FINE}),
    "404, as it has vanished": ((404, message("No such container: x")), "No such container: x", {"ping": FINE}),
    "409": ((409, message("container is dead or marked for removal")), "dead or marked for removal", {"ping": FINE}),
    "500": ((500, message("cgroup gone")), "cgroup gone", {"ping": FINE}),
    "501 of a log driver": ((501, message("configured logging driver does not support reading")),
                            "does not support reading", {"ping": FINE}),
}


class Row:
    """A scenario: what of the conversation is replaced, and what must come of it."""

    def __init__(self, name, answers=None, engine=None, unavailable=None, sick=(), check=None, privileges=True,
                 alone=False):
        self.name = name
        self.alone = alone  # it has so much to do that it would hold up the others
        self.engine = engine or (lambda folder: FakeEngine(folder, answers=answers))  # of the row's folder
        self.unavailable = unavailable  # what docker.error says, when there is no engine
        self.sick = dict(sick)  # (container, or None for each; what was asked) -> what is said of it
        self.check = check  # of the list of containers, instead of the comparison with a healthy engine's
        self.privileges = privileges  # or it is root, but may not open what its owner has closed


def entries():
    return json.loads((FIXTURES / "docker-26.1-cgroup2" / "list.json").read_text())


def inspect_of(name):
    return json.loads((FIXTURES / "docker-26.1-cgroup2" / (name + ".inspect.json")).read_text())


IDS = {entry["Names"][0][1:]: entry["Id"] for entry in entries()}


def rows_of_faults():
    for (place, (pattern, container)), (name, (answer, said, elsewhere)) in product(PLACES.items(), FAULTS.items()):
        said = elsewhere.get(place, said)
        answers = {pattern.format(id=IDS[container][:12]) if container else pattern: answer}
        if container:
            yield Row("%s: %s" % (place, name), answers, sick={(container, place): said})
        else:
            yield Row("%s: %s" % (place, name), answers, unavailable=None if said == FINE else said)


def list_of(count):
    """That many containers: the recorded one called healthy, with other ids and names."""
    first = next(entry for entry in entries() if entry["Names"] == ["/healthy"])
    return [dict(first, Id="%064x" % i, Names=["/c%04d" % i]) for i in range(1, count + 1)]


class Crowd(FakeEngine):
    """Many containers, all of them like the recorded one called healthy."""

    def __init__(self, folder, count, answers=None):
        super().__init__(folder, answers={**(answers or {}), "/containers/json": (200, json.dumps(list_of(count)))})
        self.name_containers({"%064x" % i: "healthy" for i in range(1, count + 1)})


def frame(text, stream=1, length=None):
    return struct.pack(">BxxxI", stream, len(text) if length is None else length) + text


class NoSocket:
    """Something at the socket's path that is none, or one that may not be opened."""

    def __init__(self, make):
        self.make = make

    def __call__(self, folder):
        self.url = "unix://%s/fake.sock" % folder
        self.requests = []
        self.make(folder / "fake.sock")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def closed_socket(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0)


def thousand_at_most(containers):
    """On a slow machine the engine, which is written in Python, does not get round to all of them."""
    assert len(containers) == 1000
    known = [c for c in containers if c["mem_mb"] is not None and c["health"] == "healthy"]
    assert known and all(c["problem"] is None or re.search(LATE, c["problem"]) for c in known)


def all_were_inspected(containers):
    """A log may be cut, or came too late on a slow machine."""
    assert len(containers) == 400 and any("were searched" in c["problem"] or "was searched" in c["problem"] for c in containers)
    late = [c for c in containers if re.search("inspect: " + LATE, c["problem"] or "")]
    assert all(c["health"] == "healthy" for c in containers if c not in late) and len(late) < 400


def all_there(count, said):
    def check(containers):
        assert len(containers) == count
        assert all(re.search(said, c["problem"] or "") for c in containers), containers
    return check


def some_lines_were_found(containers):
    found = [c for c in containers if c["errors"]]
    assert found and all(c["errors"][0] == "ERROR: disk on fire" for c in found)
    lost = [c["problem"] for c in containers if not c["errors"]]
    assert all(re.search("only its beginning|no time was left|20 MiB|no answer within", p) for p in lost), lost


def healthy_but_for_its_log(errors, problem):
    def check(containers):
        c = next(c for c in containers if c["name"] == "healthy")
        assert [error[:19] for error in c["errors"]] == errors and re.search(problem, c["problem"] or "fine"), c
        assert c["cpu_percent"] is not None and c["health"] == "healthy"
    return check


def two_of_one_name(containers):
    assert sorted(c["name"] for c in containers) == sorted("healthy" if name == "tty" else name for name in IDS)
    assert all(c["problem"] is None for c in containers)


def one_of_each_pair(containers):
    assert len(containers) == 8 and all(c["problem"] is None for c in containers)
    assert next(c["state"] for c in containers if c["name"] == "healthy") in ("dead", "running")


ERROR = b"ERROR: disk on fire\n"
HEALTHY = IDS["healthy"]
LOG = HEALTHY + "/logs"
CUT = "logs: longer than 1024 KiB, only its beginning was searched: at least # error lines$"

ROWS = [
    *rows_of_faults(),
    # The socket.
    Row("accepts and never answers", engine=SilentSocket, unavailable=LATE),
    Row("does not even accept", engine=lambda folder: SilentSocket(folder, is_full=True),
        unavailable="takes no more connections"),
    Row("a file for a socket", engine=NoSocket(lambda path: path.write_text("text")), unavailable="Connection refused"),
    Row("a folder for a socket", engine=NoSocket(lambda path: path.mkdir()), unavailable="Connection refused"),
    Row("a socket that may not be opened", engine=NoSocket(closed_socket), privileges=False,
        unavailable="Permission denied .run as root"),
    Row("over TCP", engine=lambda folder: FakeEngine(folder, over_tcp=True)),
    Row("over TCP: accepts and never answers", engine=lambda folder: SilentSocket(folder, over_tcp=True), unavailable=LATE),
    Row("over TCP: does not even accept", engine=lambda folder: SilentSocket(folder, is_full=True, over_tcp=True),
        unavailable=LATE),
    Row("over TCP: the ping is reset", engine=lambda folder: FakeEngine(folder, answers={"/_ping": reset}, over_tcp=True),
        unavailable="reset by peer"),
    Row("over TCP: an inspect is reset", engine=lambda folder: FakeEngine(
        folder, answers={HEALTHY + "/json": reset}, over_tcp=True), sick={("healthy", "inspect"): "reset by peer"}),
    # The whole engine.
    Row("every answer comes after 3.8 s", {".": late(3.8)}, sick={(None, "stats"): r"no answer within [0-3]\."}),
    Row("the statistics of an old engine hang, which has two ticks to give them", engine=lambda folder: FakeEngine(
        folder, answers={"/stats": hang}, api_version="1.41"), sick={(None, "stats"): r"no answer within 10\.0 s"}),
    Row("it restarts after the list", {"/containers/json": and_restart}),
    Row("it goes down after the list", {"/containers/json": and_go_down},
        sick={(None, "inspect"): "Connection refused", (None, "logs"): "Connection refused",
              (None, "stats"): "Connection refused"}),
    Row("it closes each connection after its answer", {".": and_close}),
    Row("it drops version 1.44, and the ping is closed",
        {"/_ping": (403, ""), "/v1.44/": (400, message("client version 1.44 is too old"))}),
    # All containers at once.
    Row("all inspects hang", {"[0-9a-f]{64}/json": hang}, sick={(None, "inspect"): LATE}),
    Row("all logs hang", {"/logs": hang}, sick={(None, "logs"): LATE}),
    Row("all statistics hang", {"/stats": hang}, sick={(None, "stats"): LATE}),
    Row("all statistics drip", {"/stats": drip(reply(200, b" " * 500), at_once=100)}, sick={(None, "stats"): LATE}),
    Row("all of one container hangs", {HEALTHY: hang}, sick={("healthy", place): LATE for place in FIELDS}),
    # The list.
    Row("1500 containers", alone=True, engine=lambda folder: Crowd(folder, 1500), check=thousand_at_most),
    Row("1000 inspects of 1 MiB", alone=True, engine=lambda folder: Crowd(folder, 1000, {
        "[0-9a-f]{64}/json": (200, b"[%s1]" % (b"1," * 524000))}),
        check=all_there(1000, "inspect: (JSON that takes more than 16 MiB|the engine's answers together)|no answer within")),
    Row("1000 logs of 128 KiB", alone=True, engine=lambda folder: Crowd(folder, 1000, {
        "/logs": (200, frame(ERROR * 6600))}), check=some_lines_were_found),
    Row("400 long inspects and longer logs", alone=True, engine=lambda folder: Crowd(folder, 400, {
        "[0-9a-f]{64}/json": (200, json.dumps(dict(inspect_of("healthy"), Padding="x" * 8000))),
        "/logs": (200, frame(ERROR * 4000))}), check=all_were_inspected),
    Row("two containers of one name", {"/containers/json": (200, json.dumps(
        [dict(entry, Names=["/healthy"]) if entry["Names"] == ["/tty"] else entry for entry in entries()]))},
        check=two_of_one_name),
    Row("keys given twice", {"/containers/json": (200, json.dumps(entries()).replace('"Id":', '"Id": "0", "Id":', 1)),
                             HEALTHY + "/json": (200, '{"State":{"Status":"dead"},"State":{"Status":"running"}}')},
        check=one_of_each_pair),
    # Logs.
    Row("a log of 50 MiB", {LOG: send(head(200), *[frame(ERROR * 1000)] * (50 * 1024 // 20))},
        check=healthy_but_for_its_log(["ERROR: disk on fire", "ERROR:"],  # where it was cut
                                      CUT.replace("#", "[0-9]{5}"))),
    Row("a log that never ends", {LOG: endless(head(200), frame(ERROR))},
        check=healthy_but_for_its_log(["ERROR: disk on fire"], CUT.replace("#", "[0-9]{5}"))),
    Row("a frame of 4 GiB", {LOG: (200, frame(ERROR, length=2 ** 32 - 1))},
        check=healthy_but_for_its_log(["ERROR: disk on fire"], "fine")),
    Row("frames without end and without a byte", {LOG: endless(head(200), frame(b""))},
        check=healthy_but_for_its_log([], CUT.replace("#", "0"))),
    Row("a frame of a stream that there is not", {LOG: (200, frame(ERROR) + frame(ERROR, stream=9))},
        check=healthy_but_for_its_log(["ERROR: disk on fire"], "logs: " + UNFRAMED)),
    Row("half the header of a frame", {LOG: (200, frame(ERROR) + frame(ERROR)[:5])},
        check=healthy_but_for_its_log(["ERROR: disk on fire"], "fine")),
    Row("one line of a log without end", {LOG: endless(head(200), frame(b"ERROR " * 1000))},
        check=healthy_but_for_its_log(["ERROR ERROR ERROR E"], CUT.replace("# error lines", "1 error line"))),
]


def is_shipped(program):
    """Whether it is built and started as it is shipped: a sanitizer or valgrind takes memory and time of its own."""
    start = program.path.read_bytes()
    return start[:4] == b"\x7fELF" and b"__asan_init" not in start and b"__gcov" not in start


class Run:
    """What came of a row, in a folder of its own, where nothing disturbs the others."""

    def __init__(self, row, folder, measure):
        self.row = row
        program = Program("asmo-monitor", folder)
        self.is_shipped = is_shipped(program)
        mark, cost = children.mark(), folder / "cost"
        words = [measure, cost]
        if not row.privileges and os.geteuid() == 0:
            words += ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        script = folder / "measured"
        script.write_text("#!/bin/sh\nexec %s \"$@\"\n" % shlex.join(map(str, [*words, program.path])))
        script.chmod(0o755)
        program.path = script
        with row.engine(folder) as engine:
            self.outcome = program("--docker-host", engine.url, env=mark, timeout=120)
            self.requests = engine.requests
        self.wall_seconds, *_, peak_kib = map(float, cost.read_text().split())
        self.peak_mib = peak_kib / 1024
        self.left_behind = children.left_behind(mark)
        self.snapshots = json.loads(program.history.read_text())
        self.containers = {c["name"]: c for c in self.snapshots[-1]["containers"]}
        self.was_starved = "no answer within" in json.dumps(self.snapshots)  # or it was meant to wait


@pytest.fixture(scope="module")
def run_alone(tmp_path_factory):
    """Runs a row."""
    measure = tmp_path_factory.mktemp("measure") / "measure"
    source = Path(__file__).resolve().parents[1] / "bench" / "measure.c"
    subprocess.run(["cc", "-O2", "-o", str(measure), str(source)], check=True)
    return lambda row: Run(row, tmp_path_factory.mktemp("row"), measure)


@pytest.fixture(scope="module")
def healthy(run_alone):
    """The containers, by name, as an engine tells them that does nothing wrong."""
    for _ in range(TRIES):
        run = run_alone(Row("healthy"))
        if not run.was_starved:
            return run.containers
    pytest.fail("the machine is too slow: %r" % run.snapshots)


@pytest.fixture(scope="module")
def runs(request, run_alone):
    """The rows that were asked for, by name: most at once, as they only wait."""
    rows = [item.callspec.params["row"] for item in request.session.items
            if getattr(item, "callspec", None) and isinstance(item.callspec.params.get("row"), Row)]
    begun = {}
    for alone, threads in (False, AT_ONCE), (True, 1):
        with ThreadPoolExecutor(threads) as pool:
            begun.update((row.name, pool.submit(run_alone, row)) for row in rows if row.alone == alone)
    return begun


def said_of(container, sick):
    """What its problem has to say, in the order in which things are asked, and the fields that may be lost."""
    said, lost = [], set()
    for place in ("inspect", "logs", "stats"):
        text = sick.get((container["name"], place), sick.get((None, place), FINE))
        if place == "stats" and container["state"] not in ("running", "paused"):
            continue
        if text != FINE:
            lost |= FIELDS[place]
            said += [] if text == SILENT else ["%s: [^;]*(%s)[^;]*" % (place, text)]
        if place == "inspect" and text != FINE and (container["name"], "logs") not in sick and (None, "logs") not in sick:
            said.append("logs: of unknown form without inspect")
    return said, lost


LARGE = pytest.mark.not_under_valgrind("there is so much of it that valgrind takes minutes")


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name, marks=[LARGE] * row.alone) for row in ROWS])
def test_an_engine_that_misbehaves_costs_only_what_it_does_not_say(row, runs, run_alone, healthy):
    run = runs[row.name].result()
    for _ in range(TRIES):
        check_process(run)
        try:
            return check(run, healthy)
        except AssertionError:
            if not run.was_starved:
                raise
            run = run_alone(row)
    check_process(run)
    check(run, healthy)


def check_process(run):
    """What no slow engine excuses."""
    assert run.outcome.code == 0 and run.outcome.json["success"] is True, run.outcome
    assert run.outcome.json["history"]["stored"] is True and len(run.snapshots) == 1
    assert run.left_behind == []
    assert run.peak_mib <= MIB or not run.is_shipped
    assert not any("elsewhere" in request for request in run.requests)
    for field in ("cpu_percent", "ram_percent", "uptime_seconds", "load_average"):
        assert run.snapshots[0][field] is not None, field


def check(run, healthy):
    if run.is_shipped:
        assert run.outcome.json["summary"]["duration_seconds"] < SECONDS
        assert run.wall_seconds < run.outcome.json["summary"]["duration_seconds"] + AROUND
    row, snapshot = run.row, run.snapshots[0]
    if row.unavailable:
        assert snapshot["docker"]["available"] is False and re.search(row.unavailable, snapshot["docker"]["error"]), snapshot
        assert run.containers == {} and snapshot["containers_total"] is None
        return
    assert snapshot["docker"]["available"] is True and snapshot["docker"]["error"] is None
    if row.check:
        row.check(snapshot["containers"])
        return
    assert list(run.containers) == list(healthy) == sorted(IDS)
    for name, expected in healthy.items():
        found = run.containers[name]
        said, lost = said_of(expected, row.sick)
        assert re.fullmatch("; ".join(said) if said else "None", str(found["problem"])), found
        for field in expected:
            assert field in ("problem", *OF_THE_RUN, *lost) or found[field] == expected[field], (name, field)
        if said or (None in row.sick):
            assert any(found[field] is None or found[field] != expected[field] for field in lost), found


def test_an_engine_that_is_back_is_known_as_before(asmo_monitor, tmp_path, healthy):
    with FakeEngine(tmp_path, answers={"/containers/json": and_go_down}) as engine:
        assert asmo_monitor(engine=engine).code == 0
        engine.answers = {}
        engine.listen()
        assert asmo_monitor(engine=engine, config={"docker": {"timeout_seconds": 60}}).code == 0
    down, back = json.loads(asmo_monitor.history.read_text())
    assert all("Connection refused" in c["problem"] and c["health"] is None for c in down["containers"])
    for container in back["containers"]:
        expected = healthy[container["name"]]
        assert {key: value for key, value in container.items() if key not in OF_THE_RUN} == \
               {key: value for key, value in expected.items() if key not in OF_THE_RUN}

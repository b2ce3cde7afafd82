"""Prometheus' own programs for the tests: promtool, node_exporter and the server, on loopback.

    prometheus.check_metrics(text)                  # what `promtool check metrics` has to say, "" when all is well
    with prometheus.node_exporter(folder) as address, prometheus.server(workdir, address) as server:
        server.query("asmo_cpu_ratio")              # [({label: value}, number), ...]

Where they are not installed and apt is there, Debian's packages are fetched and unpacked in build/prometheus, not
installed: a test must not leave two services listening on the machine.
"""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from deadline import TooLate, wait_for

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "prometheus"
PACKAGES = ("prometheus", "prometheus-node-exporter")
NAMES = {"prometheus": ("prometheus",), "promtool": ("promtool",), "node_exporter": ("prometheus-node-exporter", "node_exporter")}
FETCH_SECONDS, START_SECONDS, ANSWER_SECONDS = 600, 120, 60
PORTS_TRIED = 5


class Unavailable(Exception):
    """They can't be had on this machine; the text says why."""


@functools.lru_cache(maxsize=None)
def program(name):
    """Its path."""
    return _find(name) or _fetch(name)


def _find(name):
    path = os.environ["PATH"] + os.pathsep + str(UNPACKED / "usr" / "bin")
    return next(filter(None, (shutil.which(each, path=path) for each in NAMES[name])), None)


def _fetch(name):
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Unavailable("there is no %s" % name)
    UNPACKED.parent.mkdir(exist_ok=True)
    with open(UNPACKED.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _find(name):
            _unpack()
    if not _find(name):
        raise Unavailable("there is no %s in Debian's packages" % name)
    return _find(name)


def _unpack():
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
        os.chmod(folder, 0o755)  # apt fetches as another user
        fetch = ["apt-get", "download", "-qq", *PACKAGES]
        if subprocess.run(fetch, cwd=folder, capture_output=True, timeout=FETCH_SECONDS, check=False).returncode:
            _run(["apt-get", "update", "-qq"], folder)
            _run(fetch, folder)
        for package in Path(folder).glob("*.deb"):
            _run(["dpkg-deb", "-x", package.name, "root"], folder)
        shutil.rmtree(UNPACKED, ignore_errors=True)
        os.rename(os.path.join(folder, "root"), UNPACKED)


def _run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode:
        raise Unavailable("%s: %s" % (" ".join(command), done.stderr.decode(errors="replace").strip()))


def promtool(*arguments, text=b"", folder=None):
    """(exit status, all that it said)"""
    done = subprocess.run([program("promtool"), *map(str, arguments)], input=text, stdout=subprocess.PIPE, cwd=folder,
                          stderr=subprocess.STDOUT, timeout=ANSWER_SECONDS, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def check_metrics(text):
    """What the parser or the linter does not like."""
    code, said = promtool("check", "metrics", text=text)
    return said if code or said else ""


def get(url):
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
        return answer.read().decode()


@contextlib.contextmanager
def _serving(command, path, log, **popen):
    """The address at which `command`, with PORT for its port, answers GET `path`. Another may take the port first."""
    for _ in range(PORTS_TRIED):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % probe.getsockname()[1]
        with open(log, "wb") as said:
            child = subprocess.Popen([word.replace("PORT", address.split(":")[1]) for word in command], stdin=subprocess.DEVNULL,
                                     stdout=said, stderr=said, **popen)
        try:
            wait_for("%s to answer or end" % command[0], lambda: _answers(address, path) or child.poll() is not None, START_SECONDS)
            if child.poll() is None:
                yield address
                return
        finally:
            child.terminate()
            child.wait(START_SECONDS)
    raise TooLate("%s does not start: %s" % (command[0], Path(log).read_text(errors="replace")[-2000:]))


def _answers(address, path):
    try:
        return bool(get("http://%s%s" % (address, path)))
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def node_exporter(folder, log):
    """Serves the *.prom of `folder`, as another user where that can be; its address."""
    command = [program("node_exporter"), "--collector.disable-defaults", "--collector.textfile",
               "--collector.textfile.directory=%s" % folder, "--web.listen-address=127.0.0.1:PORT"]
    other = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
    with _serving(command, "/metrics", log, **other) as address:
        yield address


class Server:
    def __init__(self, address):
        self.address = address

    def ask(self, path, **parameters):
        url = "http://%s/api/v1/%s?%s" % (self.address, path, urllib.parse.urlencode(parameters))
        try:
            answer = json.loads(get(url))
        except urllib.error.HTTPError as error:
            raise AssertionError("%s: %s" % (parameters, error.read().decode(errors="replace"))) from None
        assert answer["status"] == "success" and not answer.get("warnings"), answer
        return answer["data"]

    def query(self, expression):
        """Its value now: [(labels, number), ...]."""
        return [(row["metric"], float(row["value"][1])) for row in self.ask("query", query=expression)["result"]]


@contextlib.contextmanager
def server(workdir, target, rules, log):
    """Scrapes `target` each second and evaluates the rules."""
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
              "rule_files": [str(rules)],
              "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [target]}]}]}
    file = workdir / "prometheus.json"  # which is YAML as well
    file.write_text(json.dumps(config))
    command = [program("prometheus"), "--config.file=%s" % file, "--storage.tsdb.path=%s" % (workdir / "tsdb"),
               "--web.listen-address=127.0.0.1:PORT", "--log.level=warn"]
    with _serving(command, "/-/ready", log) as address:
        yield Server(address)

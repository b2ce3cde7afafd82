"""asmo-monitor with an engine whose recorded answers have each value, and each object, replaced in turn by a value of
every JSON type. A container loses what the replaced value would have told, and nothing else; no other container loses
anything. Each is a container of its own, so that a few runs show thousands of them."""

import itertools
import json
import re

import pytest

from fake_engine import FIXTURES, FakeEngine

RECORDED = FIXTURES / "docker-26.1-cgroup2"
DEEP = "deep"  # [[[...]]], spelled out in the text, as it is deeper than Python goes
VALUES = [None, True, False, -1, 1e308, "", "text", "2026-11-22T18:27:08Z", [], {}, [None], {"a": {}}, DEEP]
AT_MOST = 1000  # containers of a run

# The values that are read, by their path, and the fields that come from each.
LOGS = {"errors", "error_counts", "error_count", "error_first_epochs", "error_last_epochs", "problem"}
INSPECT = {"status", "state", "health", "restarts", "exit_code", "oom_killed", "started_at", "finished_at", "created_at",
           "restart_policy", "net_rx_mb", "net_tx_mb", *LOGS}
# Of the run, not of the container.
OF_THE_RUN = {"id", "name", "read_uptime_seconds", "log_until_epoch", "avg_seconds", "cpu_avg_percent",
              "net_rx_kb_per_second", "net_tx_kb_per_second"}
READ_OF_INSPECT = {
    "": INSPECT,
    "State": INSPECT,
    "State.Status": {"status", "state"},
    "State.ExitCode": {"exit_code"},
    "State.OOMKilled": {"oom_killed"},
    "State.StartedAt": {"started_at"},
    "State.FinishedAt": {"finished_at"},
    "State.Health": {"health"},
    "State.Health.Status": {"health"},
    "RestartCount": {"restarts"},
    "Created": {"created_at"},
    "Config": LOGS,
    "Config.Tty": LOGS,
    "HostConfig": {"net_rx_mb", "net_tx_mb", "restart_policy"},
    "HostConfig.RestartPolicy": {"restart_policy"},
    "HostConfig.RestartPolicy.Name": {"restart_policy"},
    "HostConfig.NetworkMode": {"net_rx_mb", "net_tx_mb"},
}
MEMORY = {"mem_mb", "mem_percent"}
CPU = {"cpu_percent", "cpu_seconds"}
STATS = {"cpu_percent", "cpu_seconds", "net_rx_mb", "net_tx_mb", "problem", *MEMORY}
READ_OF_STATS = {
    "": STATS,
    "read": STATS,
    "preread": STATS,  # with a time in it, the answer has both readings
    "cpu_stats": CPU,
    "cpu_stats.cpu_usage": CPU,
    "cpu_stats.cpu_usage.total_usage": CPU,
    "memory_stats": {"problem", *MEMORY},
    "memory_stats.usage": {"problem", *MEMORY},
    "memory_stats.limit": {"mem_percent"},
    "memory_stats.stats": MEMORY,
    "memory_stats.stats.inactive_file": MEMORY,
    "memory_stats.stats.total_inactive_file": MEMORY,
    "networks": {"net_rx_mb", "net_tx_mb"},
    "networks.eth0": {"net_rx_mb", "net_tx_mb"},
    "networks.eth0.rx_bytes": {"net_rx_mb"},
    "networks.eth0.tx_bytes": {"net_tx_mb"},
}
EVERYTHING = {*INSPECT, *STATS}
READ_OF_ENTRY = {"": None, "Id": None, "Names": None, "Names.0": None, "Image": {"image"},  # None: its name goes as well
                 "State": EVERYTHING}
NUMBERS = {"restarts", "exit_code", "error_count", "net_rx_mb", "net_tx_mb", "cpu_percent", "mem_mb", "mem_percent"}
SINGLE = {"restarts", "exit_code", "oom_killed", "started_at", "net_rx_mb", "net_tx_mb", "cpu_percent"}  # of one value each
HOST = {"cpu_percent", "ram_percent", "uptime_seconds", "load_average"}
WORDS = {"id", "name", "image", "status", "state", "health", "started_at", "finished_at", "problem"}


def paths_of(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key, inner in (value.items() if isinstance(value, dict) else enumerate(value)):
            yield from paths_of(inner, (*path, key))


def replaced(document, path, value):
    """The text of the document with another value at the path."""
    document = json.loads(json.dumps(document))
    if path:
        value_at(document, path[:-1])[path[-1]] = value
    else:
        document = value
    return json.dumps(document).replace('"%s"' % DEEP, "[" * 900 + "]" * 900)


def mutants_of(document):
    """(path as text, whether the type is another, the mutated text) for each value and each that takes its place."""
    return [(".".join(map(str, path)), kind_of(value) != kind_of(value_at(document, path)), replaced(document, path, value))
            for path in paths_of(document) for value in VALUES]


def value_at(document, path):
    for key in path:
        document = document[key]
    return document


def kind_of(value):
    """Its JSON type."""
    return list if value is DEEP else float if type(value) is int else type(value)


class Mutants(FakeEngine):
    """Containers of the ids 0, 1, 2, ...: what the list, inspect and the two readings say of each, as text. Where there
    is but one text, it is said of all."""

    def __init__(self, folder, entries, inspects, readings):
        measured = set()

        def inspect(connection):
            return self.answer(connection, 200, inspects[number_of(connection.path) % len(inspects)])

        def measure(connection):
            number = number_of(connection.path)
            reading = readings[number % len(readings)][number in measured]
            measured.add(number)
            return self.answer(connection, 200, reading)

        super().__init__(folder, answers={"/containers/json": (200, "[%s]" % ",".join(entries)), "/logs": (200, LOG),
                                          "/stats": measure, "/json$": inspect})


def number_of(path):
    return int(re.search("[0-9a-f]{64}", path).group(), 16)


def recorded(name, folder=RECORDED):
    return json.loads((folder / name).read_text())


ENTRY = next(entry for entry in recorded("list.json") if entry["Names"] == ["/bridged"])
INSPECTED = recorded("bridged.inspect.json")
INSPECTED["RestartCount"] = 5  # so that a 0 is seen
INSPECTED["State"].update(ExitCode=7, OOMKilled=True, Health={"Status": "healthy"})
CACHE = 50 * 4096  # so that it is seen whether it is taken off


def readings_of(folder, **cache):
    """The two of a container, with the memory as the engine of that folder tells it. One with a network of its own has been
    measured but once, one that was measured twice has no network."""
    networks = recorded("bridged.stats1.json")["networks"]
    details = dict(recorded("burner.stats1.json", folder)["memory_stats"]["stats"], **cache)
    return [dict(reading, networks=networks, memory_stats=dict(reading["memory_stats"], stats=details))
            for reading in (recorded("burner.stats1.json"), recorded("burner.stats2.json"))]


READINGS = readings_of(RECORDED, inactive_file=CACHE)
READINGS_V1 = readings_of(FIXTURES / "docker-20.10-cgroup1", total_inactive_file=CACHE)  # of a kernel with cgroup v1
LOG = (RECORDED / "healthy.logs.bin").read_bytes()


def entry_of(number):
    return dict(ENTRY, Id="%064x" % number, Names=["/c%d" % number])


def containers_of(asmo_monitor, engine):
    """By name. The engine is a Python program and the machine may be slow, so there is time."""
    with engine:
        outcome = asmo_monitor(engine=engine, config={"docker": {"timeout_seconds": 60}}, timeout=300)
    assert outcome.code == 0 and outcome.json["success"] is True and outcome.json["history"]["stored"] is True, outcome
    snapshot = json.loads(asmo_monitor.history.read_text())[-1]
    assert snapshot["docker"]["available"] is True
    for field in HOST:
        assert snapshot[field] is not None, field
    for container in snapshot["containers"]:
        for field in NUMBERS:
            assert container[field] is None or type(container[field]) in (int, float), container
        for field in WORDS:
            assert container[field] is None or type(container[field]) is str, container
        assert all(type(message) is str for message in container["errors"])
        assert container["oom_killed"] in (True, False, None)
    return {container["name"]: container for container in snapshot["containers"]}


def healthy_fields():
    return EVERYTHING - {"problem", "finished_at"}


@pytest.fixture
def healthy(asmo_monitor, tmp_path):
    """What is known of a container of which nothing was replaced."""
    engine = Mutants(tmp_path, [json.dumps(entry_of(0))], [json.dumps(INSPECTED)], [list(map(json.dumps, READINGS))])
    container = containers_of(asmo_monitor, engine)["c0"]
    assert [field for field in healthy_fields() if container[field] is None] == []
    assert container["problem"] is None and container["error_count"] == 3 and container["cpu_percent"] > 29
    return container


def assert_same_but(container, healthy, fields, is_other_type=False):
    """What is read of a value of another type is nothing."""
    for field in healthy:
        if field not in OF_THE_RUN | fields:
            assert container[field] == healthy[field], (field, fields, container)
        elif is_other_type and field in fields & SINGLE:
            assert container[field] in (None, healthy[field]), (field, fields, container)


def test_a_value_of_another_type_costs_what_it_would_have_told(asmo_monitor, tmp_path, healthy):
    inspects = mutants_of(INSPECTED)
    readings = [(path, is_other, (first, second)) for start, pair in (("", READINGS), ("memory_stats.stats.", READINGS_V1))
                for (path, is_other, first), (_, _, second) in zip(*map(mutants_of, pair)) if path.startswith(start)]
    changed = set()
    # Each container has one of both. Those of inspect are more: the readings begin again behind their last.
    assert len(inspects) >= len(readings)
    both = list(zip(inspects, itertools.cycle(readings)))
    for start in range(0, len(both), AT_MOST):
        part = both[start:start + AT_MOST]
        containers = containers_of(asmo_monitor, Mutants(
            tmp_path, [json.dumps(entry_of(number)) for number in range(len(part))],
            [inspect for (_, _, inspect), _ in part], [reading for _, (_, _, reading) in part]))
        assert len(containers) == len(part)
        for number, ((path, is_other, _), (path_of_reading, is_other_reading, _)) in enumerate(part):
            fields = READ_OF_INSPECT.get(path, set()) | READ_OF_STATS.get(path_of_reading, set())
            container = containers["c%d" % number]
            assert_same_but(container, healthy, fields, is_other and is_other_reading)
            changed |= {field for field in fields if container[field] != healthy[field]}
    assert changed >= healthy_fields()
    print("%d values of inspect, %d of statistics" % (len(inspects), len(readings)))


def test_an_entry_of_the_list_of_another_type_costs_what_it_would_have_told(asmo_monitor, tmp_path, healthy):
    mutants = [(path, value) for path in paths_of(ENTRY) for value in VALUES]
    texts = [replaced(entry_of(number), path, value) for number, (path, value) in enumerate(mutants)]
    containers = containers_of(asmo_monitor, Mutants(tmp_path, texts, [json.dumps(INSPECTED)],
                                                     [list(map(json.dumps, READINGS))]))
    named = 0
    for number, (path, _) in enumerate(mutants):
        fields = READ_OF_ENTRY.get(".".join(map(str, path)), set())
        if fields is not None:
            assert_same_but(containers["c%d" % number], healthy, fields)
            named += 1
    assert named > 300 and len(containers) < len(mutants)

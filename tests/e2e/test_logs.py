"""Which lines of the logs are counted, and by which run: against real engines, and against one that answers as told."""

import calendar
import json
import re
import time

import pytest

import deadline
from fake_engine import FakeEngine

EVERY_FEW_MS = "i=0; while :; do i=$((i+1)); echo ERROR: number $i; usleep 7000; done"
TERMINAL = {"framed": (), "tty": ("--tty",)}


def snapshots(program):
    return json.loads(program.history.read_text())


def containers_of(snapshot):
    return {container["name"]: container for container in snapshot["containers"]}


def run_well(asmo_monitor, engine, **config):
    config = {"sample_seconds": 0.1, **config}
    outcome = asmo_monitor(engine=engine, config=config)
    assert outcome.code == 0 and outcome.json["history"]["stored"] is True, outcome
    return snapshots(asmo_monitor)[-1]


def whole_log(engine, name, is_tty):
    """[(seconds, text)] of all lines, by the engine's own clock, and how many of them were written in parts."""
    body = engine.get("/containers/%s/logs?stdout=1&stderr=1&timestamps=1" % name).body
    text = b""
    while not is_tty and len(body) >= 8:
        size = int.from_bytes(body[4:8], "big")
        text, body = text + body[8:8 + size], body[8 + size:]
    # On a terminal Podman has the time before each part in which a line was written, too.
    whole, parts = re.subn(r"(?<=[^\n])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z ", "", (text or body).decode())
    lines = re.findall(r"(?m)^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z (.*?)\r?$", whole)
    return [(calendar.timegm(time.strptime(second, "%Y-%m-%dT%H:%M:%S")) + float(part or 0), line)
            for second, part, line in lines], parts


@pytest.mark.parametrize("kind", TERMINAL)
def test_each_line_is_counted_by_one_of_five_runs_in_a_row(asmo_monitor, engine, kind):
    engine.run("chatty", *TERMINAL[kind], command=("sh", "-c", EVERY_FEW_MS))
    try:
        seen = []
        for _ in range(5):
            time.sleep(0.6)
            seen.append(containers_of(run_well(asmo_monitor, engine))["chatty"])
        log, parts = whole_log(engine, "chatty", kind == "tty")
    finally:
        engine.cli("rm", "--force", "chatty")
    assert [int(text.rsplit(" ", 1)[1]) for _, text in log] == list(range(1, len(log) + 1))  # the truth is whole

    begin = 0
    for container in seen:
        end = container["log_until_epoch"]
        assert begin <= end, seen
        # Asked for the last lines, Podman forgets the end of a line of which only that was written later: it and the next are one.
        missed = sum(begin <= when < end for when, _ in log) - container["error_count"]
        assert 0 <= missed <= parts, (begin, seen)
        assert container["error_count"] == sum(container["error_counts"])
        assert len(container["errors"]) <= 1 + missed and container["problem"] is None, container
        begin = end
    assert 10 < sum(when < begin for when, _ in log) <= sum(container["error_count"] for container in seen) + parts


def test_no_line_of_a_container_that_is_made_anew_is_missed(asmo_monitor, engine):
    def make(text):
        engine.run("anew", command=("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo ERROR: %s $i; done; sleep 1000" % text))

    def wait():  # for its lines, and for the second to be over up to which they are read
        deadline.wait_for("nine lines of anew", lambda: len(whole_log(engine, "anew", False)[0]) == 9, 60)
        time.sleep(1.6)

    make("old")
    try:
        wait()
        assert containers_of(run_well(asmo_monitor, engine))["anew"]["error_count"] == 9
        engine.cli("rm", "--force", "anew")
        make("new")
        wait()
        seen = containers_of(run_well(asmo_monitor, engine))["anew"]
    finally:
        engine.cli("rm", "--force", "anew")
    assert seen["errors"] == ["ERROR: new 1"] and seen["error_counts"] == [9], seen


def test_a_message_of_many_runs_is_one_in_the_report(asmo_monitor, asmo_report, engine):
    engine.run("chatty", command=("sh", "-c", EVERY_FEW_MS))
    try:
        for _ in range(3):
            time.sleep(0.6)
            run_well(asmo_monitor, engine)
    finally:
        engine.cli("rm", "--force", "chatty")
    seen = [containers_of(snapshot)["chatty"] for snapshot in snapshots(asmo_monitor)]
    [container] = [c for c in asmo_report("-f", "json").json["containers"] if c["name"] == "chatty"]
    [error] = container["errors"]
    assert error["count"] == container["error_count"] == sum(c["error_count"] for c in seen) > 5
    assert error["message"].startswith("ERROR: number ")
    assert error["first_epoch"] == min(c["error_first_epochs"][0] for c in seen if c["errors"])
    assert error["last_epoch"] == max(c["error_last_epochs"][0] for c in seen if c["errors"])


# What is asked for, of an engine that only listens

ID = re.compile(r"/containers/([0-9a-f]{64})/logs\?(\S+)")


def asked(fake):
    """12 characters of the id -> {parameter: value} of the last request for its log."""
    found = [ID.search(request) for request in fake.requests]
    return {match.group(1)[:12]: dict(pair.split("=") for pair in match.group(2).split("&")) for match in found if match}


def change_history(program, change):
    history = snapshots(program)
    for container in history[-1]["containers"]:
        change(container)
    program.history.write_text(json.dumps(history))
    return history


@pytest.fixture
def fake(tmp_path):
    with FakeEngine(tmp_path) as running:
        yield running


def answer(fake, **bodies):
    """From now on it gives these (status, body) as logs: by the name of the container, or all_others."""
    ids = {name: identity for identity, name in fake._ids.items()}
    fake.answers = {re.compile("/%s/logs" % ids.get(name, ".*")): body for name, body in bodies.items()}


def test_the_first_run_asks_for_an_hour_and_the_next_for_what_came_since(asmo_monitor, fake):
    before = time.time()
    first = run_well(asmo_monitor, fake)
    for request in asked(fake).values():
        assert request["timestamps"] == "1" and request["tail"] == "1001"
        assert float(request["since"]) == pytest.approx(before - 3600, abs=30)
    until = {c["id"]: c["log_until_epoch"] for c in first["containers"]}
    assert all(before - 3 < epoch <= time.time() for epoch in until.values())
    second = run_well(asmo_monitor, fake)
    assert {short: float(request["since"]) + 1 for short, request in asked(fake).items()} == until
    assert all(c["log_until_epoch"] >= until[c["id"]] for c in second["containers"])


def test_a_container_that_is_new_under_its_name_is_read_from_the_snapshot_before_on(asmo_monitor, fake):
    run_well(asmo_monitor, fake)

    def make_another(container):
        container["log_until_epoch"] -= 100
        if container["name"] == "healthy":
            container["id"] = "0123456789ab"
    before = change_history(asmo_monitor, make_another)[-1]["epoch"]
    seen = containers_of(run_well(asmo_monitor, fake))
    since = {short: float(request["since"]) for short, request in asked(fake).items()}
    assert since.pop(seen["healthy"]["id"]) == int(before) - 1
    assert all(epoch < before - 100 for epoch in since.values())


def test_a_history_that_does_not_know_how_far_was_read_counts_from_its_snapshot_on(asmo_monitor, fake):
    run_well(asmo_monitor, fake)
    history = change_history(asmo_monitor, lambda container: container.pop("log_until_epoch"))
    run_well(asmo_monitor, fake)
    for request in asked(fake).values():
        assert float(request["since"]) == int(history[-1]["epoch"]) - 1


def test_a_log_that_cannot_be_read_is_read_from_the_same_place_by_the_next_run(asmo_monitor, fake):
    answer(fake, all_others=(500, '{"message":"driver is busy"}'))
    first = run_well(asmo_monitor, fake)
    second = run_well(asmo_monitor, fake)
    for one, other in zip(first["containers"], second["containers"]):
        assert one["error_count"] is None and "driver is busy" in one["problem"]
        assert one["log_until_epoch"] == other["log_until_epoch"] < first["epoch"] - 3599
    answer(fake)
    third = run_well(asmo_monitor, fake)
    assert {float(request["since"]) + 1 for request in asked(fake).values()} == {
        c["log_until_epoch"] for c in second["containers"]}
    assert all(c["log_until_epoch"] > first["epoch"] - 3 for c in third["containers"])


def test_after_a_clock_that_was_set_back_as_much_is_read_as_time_has_passed(asmo_monitor, fake):
    run_well(asmo_monitor, fake)
    history = change_history(asmo_monitor, lambda container: container.update(log_until_epoch=time.time() + 7000))
    history[-1]["uptime_seconds"] -= 120
    asmo_monitor.history.write_text(json.dumps(history))
    newest = run_well(asmo_monitor, fake)
    for request in asked(fake).values():
        assert float(request["since"]) == pytest.approx(newest["epoch"] - 122, abs=20)
    assert all(c["log_until_epoch"] <= newest["epoch"] for c in newest["containers"])


def log_of(lines, text="ERROR: number %d"):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime(time.time() - 60))
    frames = []
    for i in range(lines):
        line = (stamp + " " + text % i + "\n").encode()
        frames.append(b"\1\0\0\0" + len(line).to_bytes(4, "big") + line)
    return b"".join(frames)


def test_a_log_with_more_lines_than_are_searched_says_at_least(asmo_monitor, fake):
    answer(fake, healthy=(200, log_of(21)), unhealthy=(200, log_of(20)))
    seen = containers_of(run_well(asmo_monitor, fake, docker={"log_lines": 20}))
    assert asked(fake)[seen["healthy"]["id"]]["tail"] == "21"
    assert seen["healthy"]["error_count"] == 21 and "at least 21 error lines" in seen["healthy"]["problem"]
    assert seen["unhealthy"]["error_count"] == 20 and seen["unhealthy"]["problem"] is None


def test_a_greedy_log_costs_no_other_container_its_own(asmo_monitor, fake):
    greedy = log_of(1000, "ERROR: %d " + 8000 * "x")
    answer(fake, healthy=(200, log_of(3)), all_others=(200, greedy))
    seen = containers_of(run_well(asmo_monitor, fake, docker={"timeout_seconds": 60}))
    assert seen["healthy"]["error_count"] == 3 and seen["healthy"]["problem"] is None
    for name, container in seen.items():
        if name not in ("healthy", "tty"):  # on a terminal, frames are no lines
            assert len(container["errors"]) == 1
            assert container["error_count"] > 100 and "at least" in container["problem"], container


def test_levels_can_be_left_out(asmo_monitor, fake):
    answer(fake, healthy=(200, log_of(3, "WARN failed to connect, %d")))
    assert containers_of(run_well(asmo_monitor, fake))["healthy"]["error_count"] == 0
    asmo_monitor.history.unlink()
    seen = run_well(asmo_monitor, fake, docker={"use_levels": False})
    assert containers_of(seen)["healthy"]["error_count"] == 3

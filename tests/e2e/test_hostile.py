"""Names, images, log lines and errors are somebody else's text: whatever is in them, nothing comes of it."""

import json
import random
import re
import subprocess
import unicodedata

import pytest

import discord
import gfm
import history
from fake_engine import FIXTURES, FakeEngine

BODIES = FIXTURES / "docker-26.1-cgroup2"
LIST = json.loads((BODIES / "list.json").read_text())[0]
INSPECT = json.loads((BODIES / "healthy.inspect.json").read_text())

# Each by itself would do something in a terminal, a JSON document or Discord. Bytes are no valid UTF-8.
PIECES = [
    "@everyone", "@here", "<@123>", "<@!123>", "<@&123>", "<#123>", "</cmd:1>", "<id:home>", "<t:0:R>", "<t:1768125600>",
    "<:a:1>", "<a:b:1>", ":skull:", "[text](http://evil.example)", "[a]( <https://evil.example> 'x')", "](", "[[", "]]",
    "https://evil.example/@x", "www.evil.example", "http://evil", "steam://run/1", "javascript:alert(1)", "javascript://x", "discord://x",
    "<https://evil.example>", "<mailto:a@b.example>", "*", "**", "***", "_", "__", "~~", "|", "||", "`", "``", "```", "```js\n",
    "\n```\n", "\\", "\\\\", "\\`", "\\*", "# big", "\n# big", "\n-# small", "> quote", "\n>>> quote", "\n- item", "\n1. item",
    "{\"a\":", "\"", "'", "\",\"b\":[", "</script><script>alert(1)</script>", "&lt;b&gt;", "<!--", "%s%n", "$(id)", "; rm -rf /",
    "\x1b[31m", "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\", "\x1bc", "\x9b31m", "\x00", "\x07", "\b\b", "\r",
    "\t", "\v", "\x7f", "\x85", "\u2028", "\u2029", "\u202egpj.exe", "\u202d", "\u2066", "\u2067", "\u2069", "\u200e", "\u200f",
    "\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u115f", "\u3164", "\uffa0", "\u180e",
    "\U000e0041", "\U000e0100", "\ufff9", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff", "Z" + "\u0300\u0316\u0334\u0489\u20dd" * 20,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f433" * 3, "\U0001f1e9\U0001f1ea", "\u26a0\ufe0f", "\u65e5\u672c",
    "e\u0301", "\u0645\u0631\u062d\u0628\u0627", "x" * 40, "a b", " ", "name",
    b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x90", b"\x80", b"\xc3(",
]
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
                    "\u2028\u2029\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff]")
LONGEST_STORM = 4


def nasty(generator, pieces=6):
    return b"".join(piece if isinstance(piece, bytes) else piece.encode()
                    for piece in generator.choices(PIECES, k=generator.randint(1, pieces)))


def in_json(text):
    """The bytes as a string of JSON, the invalid ones as they are."""
    escaped = re.sub(rb'[\x00-\x1f"\\]', lambda match: b"\\u%04x" % match.group()[0], text)
    return b'"' + escaped + b'"'


def with_texts(document, texts):
    """The document as JSON in which the strings `TEXT <n>` are the bytes `texts[n]`."""
    return re.sub(rb'"TEXT (\d+)"', lambda match: in_json(texts[int(match.group(1))]), json.dumps(document).encode())


def strings(value):
    if isinstance(value, str):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from strings(member)


def assert_clean(text):
    """Nothing hides, moves or covers, and it is whole."""
    assert not HIDDEN.search(text), ascii(text)
    text.encode("utf-8")  # no half of a surrogate pair
    longest = max((len(run) for run in re.findall("[\u0300-\u036f\u0489\u20dd]+", text)), default=0)
    assert longest <= LONGEST_STORM, ascii(text)


def assert_clean_document(bytes_):
    document = json.loads(bytes_.decode("utf-8"))
    for text in strings(document):
        for line in text.split("\n"):  # of a field of Discord's
            assert_clean(line.replace("@\u200b", "@"))
    return document


STAMP = r"<t:\d{9,11}:[tfDR]>"
# What asmo itself puts into a text of Discord's: where it may stand, and what it may be. Foreign text comes behind it.
OWN = {
    "description": [r"^\*\*\d+ servers\*\*:", r"^\S+ \*\*\d+ (critical|warnings?)\*\*: "],
    "Current State": [r"^`[^`\n]+ (n/a|[\d.e+]+ %) [\u2581-\u2588\u2591\u00b7]+`",
                      r", full %s \(%s\)$" % (STAMP, STAMP), r"^\*\*(Containers|Network|Load)\*\* ", r", \*\*up\*\* "],
    "Timeline": [r"^\S+ %s(-%s)? " % (STAMP, STAMP)],
    "Ongoing": [r" \(since %s, %s\)$" % (STAMP, STAMP)],
    "Top Memory": [r"^```\n([^`\n]+\n)+```$"], "Top CPU": [r"^```\n([^`\n]+\n)+```$"],
}


def assert_inert(message):
    """Discord takes it, and makes nothing of it but what asmo itself has put there."""
    assert discord.faults(message) == []
    assert message["allowed_mentions"] == {"parse": []} and "content" not in message
    for embed in message["embeds"]:
        texts = [(name, embed[name]) for name in ("title", "description") if name in embed]
        texts += [("footer", embed["footer"]["text"])] + [(field["name"], field["value"]) for field in embed["fields"]]
        for name, text in texts:
            for own in OWN.get(name, []):
                text = re.sub(own, lambda match: "own " if match.group() else "", text, flags=re.M)
            assert discord.constructs(text) == [], (name, ascii(text))
            rest = re.sub(r"\\[^0-9A-Za-z\s]", "", text)
            assert not re.search(r"[\\*_~`|<>\[\]]|@(?!\u200b)|://", rest), (name, ascii(text))


def assert_harmless_at_a_terminal(bytes_):
    text = bytes_.decode("utf-8")
    for line in text.split("\n"):
        assert_clean(line)


def assert_inert_markdown(bytes_):
    text = bytes_.decode("utf-8")
    for line in text.split("\n"):
        assert_clean(re.sub("(?<=[@#:])\u200b", "", line))
    assert gfm.faults(text) == []


def assert_fits(bytes_, width):
    for line in bytes_.decode().splitlines():
        assert columns(line) <= width, (columns(line), line)


def columns(line):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def assert_all_is_harmless(monitor, report, engine, config=None):
    """Runs all there is."""
    config = {"sample_seconds": 0.1, "docker": {"error_patterns": ["."], "ignore_patterns": []}, **(config or {})}
    document = assert_clean_document(monitor("-v", engine=engine, config=config).stdout)
    assert document["success"] is True
    if document["discord"]:
        assert_inert(document["discord"])
    outcome = monitor("-f", "text", "-v", engine=engine, config=config)
    assert_harmless_at_a_terminal(outcome.stdout)
    assert_fits(outcome.stdout.partition(b"\nStored in ")[0], 80)
    assert_harmless_at_a_terminal(outcome.stderr)
    for form in ("discord", "json", "markdown", "text"):
        outcome = report("-f", form, config=config)
        assert outcome.code == 0, outcome
        if form == "text":
            assert_harmless_at_a_terminal(outcome.stdout)
            assert_fits(outcome.stdout, 80)
        elif form == "markdown":
            assert_inert_markdown(outcome.stdout)
        else:
            printed = assert_clean_document(outcome.stdout)
        if form == "discord":
            assert_inert(printed)
    assert_harmless_at_a_terminal(monitor.log.read_bytes())
    stored = assert_clean_document(monitor.history.read_bytes())
    assert subprocess.run(["jq", "-e", "length == %d" % len(stored), str(monitor.history)], stdout=subprocess.DEVNULL,
                          timeout=20, check=False).returncode == 0
    return document, stored[-1]


def sick(texts):
    """Answers of an engine in which every text is one of `texts`, in a container each."""
    containers = [dict(LIST, Id="%064x" % i, Names=[text], Image=text, State=text, Status=text)
                  for i, text in enumerate("TEXT %d" % i for i in range(len(texts)))]
    inspect = dict(INSPECT, State=dict(INSPECT["State"], Health={"Status": "unhealthy"}))
    log = b"".join(b"\x02\0\0\0" + len(line).to_bytes(4, "big") + line for line in (b"ERROR " + text + b"\n" for text in texts))
    return {"/containers/json": (200, with_texts(containers, texts)), "/logs": (200, log), "/json$": (200, json.dumps(inspect)),
            "/stats": (500, with_texts({"message": "TEXT 0"}, texts))}


EACH = [piece if isinstance(piece, bytes) else piece.encode() for piece in PIECES]


def test_every_piece_is_harmless_as_a_container(asmo_monitor, asmo_report, tmp_path):
    with FakeEngine(tmp_path, answers=sick([b"a" + piece + b"b" for piece in EACH])) as engine:
        document, snapshot = assert_all_is_harmless(asmo_monitor, asmo_report, engine)
    assert len(snapshot["containers"]) == len(EACH) and document["critical_alert"] is True
    assert all(len(c["errors"]) == 20 for c in snapshot["containers"])


@pytest.mark.parametrize("seed", range(8))
def test_random_texts_are_harmless_as_containers(asmo_monitor, asmo_report, tmp_path, seed):
    generator = random.Random(seed)
    with FakeEngine(tmp_path, answers=sick([nasty(generator) for _ in range(4)])) as engine:
        document, _ = assert_all_is_harmless(asmo_monitor, asmo_report, engine,
                                             {"server_name": nasty(generator).decode(errors="replace")})
    assert document["critical_alert"] is True


@pytest.mark.parametrize("path", ["/_ping", "/containers/json"])
def test_an_error_of_the_engine_is_harmless(asmo_monitor, asmo_report, tmp_path, path):
    text = b"".join(EACH)
    for part in [text[i:i + 200] for i in range(0, len(text), 200)]:
        with FakeEngine(tmp_path, answers={path: (500, with_texts({"message": "TEXT 0"}, [part]))}) as engine:
            assert_all_is_harmless(asmo_monitor, asmo_report, engine, {"docker": {"required": True}})
        asmo_monitor.history.unlink()


@pytest.mark.parametrize("body", [b'[{"Id":"\xff', b'["\\ud800"]', b"<html>@everyone", b"\x1b[31m", b"[" * 1000, b"\0" * 1000],
                         ids=["UTF-8", "surrogate", "HTML", "colour", "brackets", "NUL"])
def test_what_is_no_list_is_harmless(asmo_monitor, asmo_report, tmp_path, body):
    with FakeEngine(tmp_path, answers={"/containers/json": (200, body)}) as engine:
        _, snapshot = assert_all_is_harmless(asmo_monitor, asmo_report, engine)
    assert snapshot["docker"]["error"]


def test_lines_of_a_megabyte_are_harmless(asmo_monitor, asmo_report, tmp_path):
    lines = [letter * ((1 << 20) // len(letter)) for letter in (b"x", "\U0001f433".encode(), b"\xff", b"\x1b[31m", b"`", b"\0")]
    for line in lines:
        log = b"\x02\0\0\0" + (len(line) + 7).to_bytes(4, "big") + b"ERROR " + line + b"\n"
        with FakeEngine(tmp_path, answers={"/logs": (200, log)}) as engine:
            _, snapshot = assert_all_is_harmless(asmo_monitor, asmo_report, engine)
        error, = snapshot["containers"][0]["errors"]
        assert len(error.encode()) <= 300 and error.startswith("ERROR")


def test_what_is_cut_is_cut_between_code_points(asmo_monitor, asmo_report, tmp_path):
    """Whatever the limit of a text is: with one to four bytes before, some letter lies across it."""
    texts = [b"a" * shift + "\U0001f433".encode() * 2000 for shift in range(4)]
    with FakeEngine(tmp_path, answers=sick(texts)) as engine:
        _, snapshot = assert_all_is_harmless(asmo_monitor, asmo_report, engine, {"server_name": texts[1].decode()})
        outputs = [asmo_monitor("-v", "-f", form, engine=engine).stdout for form in ("json", "text")]
        outputs += [asmo_report("-f", form).stdout for form in ("discord", "json", "markdown", "text")]
    for output in outputs + [asmo_monitor.history.read_bytes()]:
        assert "\ufffd" not in output.decode() and "\u2026" in output.decode()
    assert {len(c["name"].encode()) <= 128 for c in snapshot["containers"]} == {True}


def test_a_history_of_another_program_is_harmless_in_a_report(asmo_report):
    """Thirty days of random names: here every text comes from the history, which nobody has cleaned."""
    generator = random.Random(20260111)
    for _ in range(30):
        texts = [nasty(generator, 12).decode(errors="replace") for _ in range(8)]
        containers = [history.container(texts[i], errors=[texts[i + 1]], error_counts=[3], error_count=3, status="unhealthy",
                                        health=texts[2], problem=texts[3], image=texts[4]) for i in range(3)]
        snapshots = history.day(lambda hour, epoch: history.snapshot(
            epoch, containers, server=texts[5] * 40, uptime=texts[6],
            disks=[history.disk(texts[6] or "/", 99, 100.0), history.disk("/x" + texts[7], 1, 100.0, problem=texts[7])],
            docker={"available": hour < 2, "engine": texts[0], "version": texts[1], "error": texts[7]}), hours=3)
        history.write(asmo_report.history, snapshots)
        for form in ("discord", "json", "markdown", "text"):
            outcome = asmo_report("--until", history.END, "-f", form, env={"TZ": "UTC"})
            assert outcome.code == 0, outcome
            if form == "text":
                assert_harmless_at_a_terminal(outcome.stdout)
                assert_fits(outcome.stdout, 80)
            elif form == "markdown":
                assert_inert_markdown(outcome.stdout)
            else:
                document = assert_clean_document(outcome.stdout)
            if form == "discord":
                assert_inert(document)


def test_markdown_shows_what_is_there(asmo_report):
    """Escaped is not lost: GitHub's parser gives back each name as it was."""
    names = ["a&lt;b&gt; &amp; <i>", "*x* _y_ my_web_1 __z__ ~~s~~", "[a](b) ![c](d) [^1]", "`c` \\ \\* | $1$", "http://x www.x.example x",
             "# 1 @me #1 :+1: :skull: a@b.example"]
    history.write(asmo_report.history, history.day(lambda _, epoch: history.snapshot(epoch, [history.container(n) for n in names])))
    text = asmo_report("--until", history.END, "-f", "markdown", env={"TZ": "UTC"}).stdout.decode()
    assert gfm.faults(text) == []
    shown = {said.replace("\u200b", "") for tag, said in gfm.read(text)[0] if tag == "td"}
    assert set(names) <= shown


@pytest.mark.parametrize("name", ["\u65e5\u672c" * 30, "x" * 60, "\U0001f433" * 30, "e\u0301" * 60, "x" * 23 + "\u65e5", "short"])
def test_a_table_stays_in_line(asmo_report, name):
    history.write(asmo_report.history, history.day(lambda _, epoch: history.snapshot(epoch, [history.container(name)])))
    text = asmo_report("--until", history.END, "-f", "text", env={"TZ": "UTC"}).stdout.decode()
    header, row = re.search(r"(?m)^(Containers  .*)\n(.*)$", text).groups()
    assert columns(row) == len(header) and columns(max(text.splitlines(), key=columns)) <= 80

"""The HTML report: its structure by a parser, and what it does in a real browser."""

import base64
import collections
import hashlib
import html.parser
import os
import random
import re
import socket

import pytest

import browser
import history
from conftest import CHECKOUT
from days import SHOWN, lived_in, quiet, with_week
from history import END, container, day, disk, snapshot
from test_hostile import PIECES, assert_clean
from test_report import GOLDEN, bad


# A page is made of histories: name -> [(server, what a day was like, its hours)].
PAGES = {
    **SHOWN,
    "full": [("tower", lived_in, 168)],
}
# What would run or load if it were taken for HTML; each is the name of a container.
ATTACKS = [
    "<script>window.ran=1</script>", "<img src=x onerror=window.ran=1>", "\"><svg onload=window.ran=1>", "' onmouseover='window.ran=1",
    "</title><script>window.ran=1</script>", "</style><script>window.ran=1</script>", "<!--", "]]>", "<iframe srcdoc='<script>parent.ran=1'>",
    "<a href=javascript:window.ran=1>x</a>", "javascript:window.ran=1", "<style>*{display:none}</style>", "<base href=http://evil.example>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>", "<link rel=stylesheet href=http://evil.example/x.css>", "&lt;b&gt; &amp;",
    "&#60;script&#62;", "<table><tr><td>", "</td></tr></table>", "</main></body></html>", "\u202egnp.exe", "<math><mi xlink:href=data:x>",
    "<details open ontoggle=window.ran=1>", "x" * 300, "\U0001f433" * 100, "<plaintext>", "<noscript>", "\\\"\\'", "${window.ran=1}",
]


def made(asmo_report, tmp_path, servers, *args, **keywords):
    """The page's file, of histories (server, snapshots)."""
    files = []
    for i, (server, snapshots) in enumerate(servers):
        files.append(tmp_path / ("history-%d" % i) / "history.json")
        history.write(files[-1], [dict(s, server=server) for s in snapshots])
    page = tmp_path / "report.html"
    outcome = asmo_report("--until", END, "-f", "html", "-o", page, *args, *files, env={"TZ": "UTC", **keywords})
    assert outcome.code == 0 and outcome.stdout == b"" and outcome.stderr == b"", outcome
    return page


def made_of(asmo_report, tmp_path, name, *args):
    return made(asmo_report, tmp_path, [(server, with_week(what, hours)) for server, what, hours in PAGES[name]], *args)


def hostile(names):
    def hour(h, epoch):
        return snapshot(epoch, [
            container(name, restarts=h, errors=[name], error_counts=[5], error_count=5, health=name, status="unhealthy", state="running")
            for name in names], disks=[disk(name, 95.0, 100.0) for name in names[:6]] + [disk("/p", 1.0, 2.0, problem=names[1])],
            uptime=names[0], docker={"available": h != 3, "engine": None, "version": None, "error": names[2]})
    return day(hour)


class Parsed(html.parser.HTMLParser):
    """Every element of a page: `.elements` (tag, attributes, elements around it), `.texts` (text, elements around it)."""

    EMPTY = {"meta", "br"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs), list(self.open)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), list(self.open)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        self.texts.append((data, list(self.open)))

    def handle_comment(self, data):
        raise AssertionError("a comment: " + data)

    def count(self, tag, **attributes):
        return len([1 for name, attrs, _ in self.elements if name == tag and attributes.items() <= attrs.items()])

    def text_of(self, tag):
        return "".join(text for text, around in self.texts if tag in around)


def parsed(page):
    return Parsed(page.read_text())


@pytest.mark.parametrize("name", ["quiet", "bad", "gaps", "five"])
def test_a_page_looks_as_it_did(asmo_report, tmp_path, name):
    """With ASMO_TEST_UPDATE=1 the golden files are written anew."""
    text = made_of(asmo_report, tmp_path, name).read_text()
    golden = GOLDEN / (name + ".html")
    if os.environ.get("ASMO_TEST_UPDATE"):
        golden.write_text(text)
    assert text == golden.read_text()


def assert_well_made(page):
    found = parsed(page)
    texts = re.sub(r"<(style|script)>.*?</\1>|<[^<>]*>", "", page.read_text(), flags=re.S)
    assert not re.search("[<>\"']|&(?!amp;|lt;|gt;|quot;|#39;|#8211;)", texts)
    ids = [attrs["id"] for _, attrs, _ in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs, around in found.elements:
        for named in attrs.get("aria-labelledby", "").split():
            assert named in ids, named
        assert not [a for a in attrs if a.startswith("on") or a in ("src", "style", "action", "xlink:href", "srcdoc")], (tag, attrs)
        if "href" in attrs:
            assert attrs["href"].startswith("#") and attrs["href"][1:] in ids, attrs
        if tag == "th":
            assert attrs["scope"] in ("row", "col")
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-labelledby"])
        if tag == "time":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", attrs["datetime"])
        if tag == "script":
            assert attrs == {} and around == ["html", "body"]
    assert found.count("caption") == found.count("table") > 0
    assert found.count("main") == found.count("h1") == found.count("title") - found.count("svg", role="img") == 1
    assert found.count("style") == found.count("script") == found.count("meta", charset="utf-8") == 1
    assert found.count("html", lang="en") == 1
    levels = [int(tag[1]) for tag, _, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_made(asmo_report, tmp_path, name):
    assert_well_made(made_of(asmo_report, tmp_path, name))


@pytest.mark.parametrize("snapshots", [[], [snapshot(END - 60, docker={"available": None, "engine": None, "version": None, "error": None})]])
def test_a_page_of_nothing_is_well_made(asmo_report, snapshots):
    history.write(asmo_report.history, snapshots)
    outcome = asmo_report("--until", END, "-f", "html", env={"TZ": "UTC"})
    assert outcome.code == 0
    found = Parsed(outcome.stdout.decode())
    assert found.count("h1") == 1 and ("not running" in outcome.stdout.decode()) == (not snapshots)


def test_its_policy_allows_its_own_style_and_script_alone(asmo_report, tmp_path):
    found = parsed(made_of(asmo_report, tmp_path, "bad"))
    policy, = [attrs["content"] for tag, attrs, _ in found.elements if attrs.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in "style", "script":
        digest = base64.b64encode(hashlib.sha256(found.text_of(tag).encode()).digest()).decode()
        assert rules[tag + "-src"] == "'sha256-%s'" % digest
        assert found.text_of(tag) == (CHECKOUT / "src" / "render" / ("html.css" if tag == "style" else "html.js")).read_text()
    before = [tag for tag, _, _ in found.elements].index("style")
    assert "http-equiv" in str(found.elements[:before])


def test_a_page_says_what_the_day_was(asmo_report, tmp_path):
    text = " ".join(text for text, around in parsed(made_of(asmo_report, tmp_path, "full")).texts if "style" not in around)
    for said in ("Container mariadb was killed for want of memory (OOM) at 00:24 and is stopped since (10 h)", "nextcloud restarted by its policy 9 times",
                 "Redis server went away", "24 of 24 snapshots", "(UTC)", "full around 19 January"):
        assert said in text, said
    title, = re.findall("<title>(.*?)</title>", (tmp_path / "report.html").read_text())[:1]
    assert title == "tower: critical, 24h report"


def rows_of(page, css_class):
    table = re.search('<table class="[^"]*%s.*?</table>' % css_class, page.read_text(), re.S).group()
    return [re.sub("<[^>]*>", " ", row).split() for row in re.findall("<tr.*?</tr>", table.split("<tbody", 1)[1], re.S)]


def test_containers_with_issues_come_first(asmo_report, tmp_path):
    rows = rows_of(made_of(asmo_report, tmp_path, "bad"), "wide")
    assert [row[1] for row in rows[:4]] == ["db", "proxy", "web", "worker"] and [row[0] for row in rows[4:]] == ["jellyfin", "job"]


def test_errors_that_are_as_frequent_stand_in_the_order_of_the_containers(asmo_report, tmp_path):
    def hour(h, e):
        names = {0: ["zoo"], 23: ["mid", "ant"]}.get(h, [])
        return snapshot(e, [container(name, errors=["boom"], error_count=1) for name in names])
    rows = rows_of(made(asmo_report, tmp_path, [("one", day(hour))]), 'sortable"')
    assert [row[0] for row in rows] == ["ant", "mid", "zoo"]


def test_a_week_is_drawn_when_there_are_days_of_it(asmo_report, tmp_path):
    for hours, charts in (24, 0), (44, 0), (50, 4), (168, 4):
        page = made(asmo_report, tmp_path, [("new", day(quiet, hours))]).read_text()
        assert len(re.findall("7 days", page[page.rindex("</style>"):])) == charts, hours


@pytest.mark.parametrize("hours", ["0.25", "1.5", "24"])
def test_a_chart_says_how_long_it_is(asmo_report, tmp_path, hours):
    text = made(asmo_report, tmp_path, [("one", day(quiet))], "--hours", hours).read_text()
    assert re.findall(r"<span>([^<]*) h</span></div>", text)[0] == hours


def test_charts_and_bars_say_their_numbers_in_words(asmo_report, tmp_path):
    text = made_of(asmo_report, tmp_path, "bad").read_text()
    assert "CPU, Jan 10 10:00 to Jan 11 10:00</title>" in text
    assert re.search(r"<desc [^>]*>average 22 %, lowest 9\.9 %, highest 98 %, at the end 10 %</desc>", text)
    assert ">10:00 to 01:00 up, 01:00 to 10:00 down</title>" in text
    assert ">10:00 to 08:00 up, 08:00 to 10:00 unhealthy</title>" in text


def test_times_are_local_and_say_what_they_are(asmo_report, tmp_path):
    page = made(asmo_report, tmp_path, [("x", day(bad))], TZ="America/New_York")
    text = page.read_text()
    assert '<time datetime="2026-01-11T10:00:00Z">Jan 11 05:00</time> (UTC-05:00)' in text


def test_several_servers_are_summed_up_the_worst_first(asmo_report, tmp_path):
    page = made_of(asmo_report, tmp_path, "five")
    found = parsed(page)
    assert [row[:2] for row in rows_of(page, "servers")] == [
        ["backup", "critical"], ["tower", "critical"], ["office", "critical"], ["cellar", "warning"], ["attic", "ok"]]
    assert rows_of(page, "servers")[2][-4:] == ["n/a", "n/a", "n/a", "n/a"]  # the monitor has stopped: of now nothing is known
    assert [attrs["id"] for tag, attrs, _ in found.elements if tag == "article"] == ["server-%d" % i for i in range(1, 6)]
    assert [("open" in attrs) for tag, attrs, _ in found.elements if tag == "details"] == [True, True, True, True, False]
    assert "5 servers" in found.text_of("h1")


def shape(found):
    """How often there is which element with which attributes, whatever their values."""
    return collections.Counter((tag, tuple(attrs), tuple(around)) for tag, attrs, around in found.elements)


def test_names_of_others_make_no_element(asmo_report, tmp_path):
    page = made(asmo_report, tmp_path, [(ATTACKS[0], hostile(ATTACKS))])
    found = assert_well_made(page)
    text = "".join(text for text, _ in found.texts)
    for attack in ATTACKS[:20]:
        assert attack in text, attack
    harmless = made(asmo_report, tmp_path, [("name", hostile(["name %02d" % i for i in range(len(ATTACKS))]))])
    assert shape(parsed(harmless)) == shape(found)


def test_whatever_texts_are_in_a_history_the_page_is_well_made(asmo_report, tmp_path):
    generator = random.Random(20260111)
    pieces = ATTACKS + [piece for piece in PIECES if isinstance(piece, str)]
    for _ in range(20):
        names = ["%d" % i + "".join(generator.choices(pieces, k=generator.randint(1, 4))) for i in range(8)]
        found = assert_well_made(made(asmo_report, tmp_path, [("".join(generator.choices(pieces, k=3)), hostile(names))]))
        for text, around in found.texts:
            if not {"style", "script"} & set(around):
                for line in text.split("\n"):
                    assert_clean(line)


def test_what_is_cut_is_counted(asmo_report, tmp_path):
    def hour(h, epoch):
        return snapshot(epoch, [container("c%03d" % i, restarts=5 * h, errors=["%s failed" % ("abcdefghij"[i % 10] * (i + 1))],
                                          error_counts=[1], error_count=1, status="unhealthy", health="unhealthy") for i in range(250)])
    page = made(asmo_report, tmp_path, [("many", day(hour))])
    digest = asmo_report("--until", END, "-f", "json", tmp_path / "history-0" / "history.json").json
    more = [int(n) for n in re.findall(r"and (\d+) more", page.read_text())]
    errors = sum(len(c["errors"]) for c in digest["containers"])
    assert more == [len(digest["problems"]) - 200, len(digest["events"]) - 200, errors - 100]
    assert_well_made(page)


def test_numbers_that_no_clock_and_no_machine_has_break_nothing(asmo_report, tmp_path):
    def hour(h, epoch):
        web = container("web", errors=["a", "b", "c"], error_counts=[1, 1, 1], error_count=3, exit_code=3,
                        error_first_epochs=[1e300, -5, 0], error_last_epochs=[1e12, -1e300, 0])
        return snapshot(epoch, [web], cpu_percent=250.0)
    page = made(asmo_report, tmp_path, [("odd", day(hour))])
    text = page.read_text()
    found = assert_well_made(page)
    moments = [around for around in re.findall(r'data-label="(?:First|Last)"[^>]*>([^<]*)<', text)]
    assert moments == ["n/a"] * 6 and "exit code" not in text  # it runs
    for path in re.findall(r'class="(?:area|line)[^"]*" d="([^"]*)"', text):
        assert all(0 <= float(y) <= 100 for y in re.findall(r"V(-?[\d.]+)", path))
    assert found


# In a browser.

@pytest.fixture(scope="module")
def chromium():
    try:
        with browser.start() as started:
            yield started
    except browser.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def look(chromium):
    """Opens a page and closes it in the end; nothing of it may complain or be fetched but the page itself."""
    opened = []

    def look_at(path, **keywords):
        opened.append(chromium.open(path, **keywords))
        opened[-1].path = path
        return opened[-1]

    yield look_at
    for page in opened:
        page.evaluate("new Promise(done => setTimeout(done, 50))")
        page.close()
        assert page.complaints == [] and page.requests == [page.path.as_uri()]


@pytest.fixture
def attacked(asmo_report, tmp_path):
    return made(asmo_report, tmp_path, [(ATTACKS[0], hostile(ATTACKS))])


# What sticks out to the right: elements that are shown and do not end within the window.
STICKING_OUT = """Array.from(document.querySelectorAll("body *")).filter(e => !e.closest(".unseen") && e.getClientRects().length &&
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map(e => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("width", [320, 360, 768, 1152, 1280])
@pytest.mark.parametrize("name", ["full", "five", "attacked"])
def test_nothing_lies_outside_the_window(asmo_report, tmp_path, look, request, name, width):
    path = request.getfixturevalue("attacked") if name == "attacked" else made_of(asmo_report, tmp_path, name)
    page = look(path, width=width)
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate("Array.from(document.querySelectorAll('svg.chart, svg.bar')).filter(e => e.checkVisibility() && "
                         "e.getBoundingClientRect().width < 100).length") == 0


# The lowest contrast of a text that is shown with what is behind it, and what text it is (WCAG 2, 1.4.3).
CONTRAST = """(() => {
    const channels = color => { const n = color.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
    const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
    const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => { const v = c[i] / 255;
        return sum + weight * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
    const behind = e => { const layers = [];
        for (; e; e = e.parentElement) layers.push(channels(getComputedStyle(e).backgroundColor));
        return layers.reverse().reduce((below, layer) => over(layer, below), matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0, 1] : [255, 255, 255, 1]); };
    let worst = [100, ""], texts = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
        const e = node.parentElement;
        if (!node.data.trim() || e.closest("svg, script, .unseen") || !e.checkVisibility()) continue;
        for (const style of [getComputedStyle(e), getComputedStyle(e, "::before"), getComputedStyle(e, "::after")]) {
            for (let up = e; up; up = up.parentElement) if (getComputedStyle(up).opacity !== "1") return [0, "opacity"];
            const ground = behind(e), a = light(over(channels(style.color), ground)), b = light(ground);
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < worst[0]) worst = [contrast, node.data + " " + style.color + " on " + ground];
        }
        texts++;
    }
    return [...worst, texts];
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["quiet", "full", "five"])
def test_text_stands_out_from_what_is_behind_it(asmo_report, tmp_path, look, name, width, dark):
    page = look(made_of(asmo_report, tmp_path, name), width=width, dark=dark)
    contrast, text, texts = page.evaluate(CONTRAST)
    assert contrast >= 4.5, text
    assert texts > 50
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", background))) < 60) == dark


COLUMN = "Array.from(document.querySelectorAll('table.wide:not(.servers) tbody tr')).map(row => row.cells[%d].textContent)"


def test_a_press_on_a_header_sorts(asmo_report, tmp_path, look):
    page = look(made_of(asmo_report, tmp_path, "full"))

    def press(name):
        return page.evaluate("(() => { const th = Array.from(document.querySelectorAll('table.wide thead th'))"
                             ".find(th => th.textContent.trim() === '%s'); th.querySelector('button').click();"
                             "return [th.cellIndex, th.getAttribute('aria-sort')]; })()" % name)

    begin = page.evaluate(COLUMN % 0)
    for name, read in (("Memory", lambda text: float(text.split()[0])), ("Errors", float), ("Up %", float)):
        for direction in ("descending", "ascending", "descending"):
            column, told = press(name)
            assert told == direction
            values = [None if text in ("n/a", "-") else read(text) for text in page.evaluate(COLUMN % column)]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=direction == "descending") and values[:len(known)] == known
    assert press("Container") == [0, "ascending"]
    names = [re.sub("^(critical|warning|info): ", "", name) for name in page.evaluate(COLUMN % 0)]
    assert names == sorted(names) and len(names) == len(begin) == 25
    assert page.evaluate("document.querySelectorAll('[aria-sort]').length") == 1
    assert page.evaluate("Array.from(document.querySelectorAll('th button')).every(b => b.tabIndex === 0 && b.type === 'button')")


def test_without_its_script_a_page_is_whole(asmo_report, tmp_path, chromium):
    path = made_of(asmo_report, tmp_path, "full")
    page = chromium.open(path, script=False)
    assert page.evaluate("[document.querySelectorAll('button').length, document.querySelectorAll('table tbody tr').length]") == [0, 28]
    assert page.complaints == []
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_names_of_others_run_and_load_nothing(look, attacked, width):
    page = look(attacked, width=width)
    page.evaluate("document.querySelectorAll('*').forEach(e => { for (const kind of ['mouseover', 'click', 'focus', 'toggle', 'load'])"
                  "if (e.tagName !== 'A') e.dispatchEvent(new Event(kind)); })")
    assert page.evaluate("typeof window.ran") == "undefined"
    assert page.evaluate("document.querySelectorAll('img, iframe, base, link, math, body style, noscript, plaintext').length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert page.evaluate("document.querySelector('h1').textContent") == ATTACKS[0]


def test_what_got_into_a_page_all_the_same_would_not_run(asmo_report, tmp_path, chromium):
    """The policy is a second wall: here somebody writes HTML into the file."""
    path = made_of(asmo_report, tmp_path, "bad")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = "http://127.0.0.1:%d/x" % listener.getsockname()[1]
        path.write_text(path.read_text().replace("<main>", "<main><script>window.ran=1</script><img src='ADDRESS' onerror='window.ran=1'>"
                                                 "<p style='position:fixed'>x</p><link rel=stylesheet href='ADDRESS'>"
                                                 .replace("ADDRESS", address)))
        page = chromium.open(path)
        assert page.evaluate("new Promise(done => setTimeout(() => done(typeof window.ran), 200))") == "undefined"
        assert page.evaluate("getComputedStyle(document.querySelector('main p')).position") == "static"
        assert len([said for said in page.complaints if "Content Security Policy" in said]) >= 4
        page.close()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_screen_reader_finds_its_way(asmo_report, tmp_path, look, width):
    page = look(made_of(asmo_report, tmp_path, "full"), width=width)
    nodes = [node for node in page.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    found = collections.defaultdict(list)
    for node in nodes:
        found[node["role"]["value"]].append(node)
    named = {role: [node["name"]["value"] for node in found[role]] for role in ("image", "table", "heading", "article", "main")}
    assert len(named["main"]) == 1 and named["article"] == ["tower"]
    assert named["heading"][0] == "tower" and {"Issues", "Timeline", "Machine at 09:59", "Containers", "Errors in logs"} <= set(named["heading"])
    assert len(named["image"]) == 12 + 25 and all(named["image"])
    assert len(named["table"]) == 2 and all(named["table"])
    # Also where rows look like cards.
    assert len(found["row"]) == 1 + 25 + 1 + 3 and len(found["rowheader"]) == 25 + 3
    assert len(found["cell"]) + len(found["gridcell"]) >= 25 * 3
    texts = " ".join(node["name"]["value"] for node in found["StaticText"])
    for said in ("critical: ", "warning: "):  # not by colour alone
        assert said.strip() in texts


@pytest.mark.parametrize("name", ["full", "five"])
def test_a_page_can_be_printed(asmo_report, tmp_path, look, name):
    page = look(made_of(asmo_report, tmp_path, name), dark=True)
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF") and len(pdf) > 20000
    page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]") == [
        "rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    contrast, text, _ = page.evaluate(CONTRAST)
    assert contrast >= 4.5, text
    # What is folded up is printed all the same.
    assert page.evaluate("Array.from(document.querySelectorAll('article table')).every(e => e.checkVisibility())")

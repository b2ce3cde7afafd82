"""A real browser for the tests: Debian's chromium without a window, driven over its debugging pipe.

    with browser.start() as chromium:
        page = chromium.open(path, width=360, dark=True)
        page.evaluate("document.title")
        page.complaints, page.requests
"""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio",
         "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none"]
ANSWER_SECONDS = 60


class Unavailable(Exception):
    pass


@contextlib.contextmanager
def start():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        raise Unavailable("there is no chromium")
    with tempfile.TemporaryDirectory(prefix="asmo-chromium-", ignore_cleanup_errors=True) as profile:
        flags = FLAGS + ["--user-data-dir=" + profile] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()

        def hand_over():  # chromium reads from 3 and writes to 4
            given = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(given[0], 3)
            os.dup2(given[1], 4)

        child = subprocess.Popen([path, *flags, "about:blank"], env={**os.environ, "HOME": profile, "LANG": "C.UTF-8", "TZ": "UTC"},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 preexec_fn=hand_over, pass_fds=(3, 4))
        os.close(theirs_in)
        os.close(theirs_out)
        chromium = Browser(ours_in, ours_out)
        try:
            try:
                chromium.call("Browser.getVersion")
            except (EOFError, OSError) as error:
                raise Unavailable("%s does not start: %s" % (path, error)) from None
            yield chromium
        finally:
            with contextlib.suppress(Exception):
                chromium.call("Browser.close")
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            os.close(ours_in)
            os.close(ours_out)


class Browser:
    def __init__(self, reads, writes):
        self.reads, self.writes = reads, writes
        self.buffer, self.last_id, self.pages = b"", 0, {}

    def _next(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.reads], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("chromium does not answer")
            more = os.read(self.reads, 1 << 20)
            if not more:
                raise EOFError("chromium has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        page = self.pages.get(message.get("sessionId"))
        if page and "method" in message:
            page.heard(message["method"], message["params"])
        return message

    def call(self, method, session=None, **parameters):
        self.last_id += 1
        request = {"id": self.last_id, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        data = memoryview(json.dumps(request).encode() + b"\0")
        while data:
            data = data[os.write(self.writes, data):]
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            message = self._next(deadline)
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]

    def wait(self, is_done):
        deadline = time.monotonic() + ANSWER_SECONDS
        while not is_done():
            self._next(deadline)

    def open(self, path, width=1280, height=900, dark=False, script=True):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        page.load(path, width, height, dark, script)
        return page


class Page:
    """`.complaints`: what went to the console, exceptions, and what a policy forbade. `.requests`: the addresses."""

    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.complaints, self.requests, self.is_loaded = [], [], False

    def heard(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(parameters["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append("%(source)s %(level)s: %(text)s" % parameters["entry"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append("a dialog: " + parameters["message"])
        elif method == "Audits.issueAdded":
            self.complaints.append(str(parameters["issue"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self.is_loaded = True

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def load(self, path, width, height, dark, script):
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=path.as_uri())
        self.browser.wait(lambda: self.is_loaded)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self, height_most=None):
        """A PNG of the page from its top on, whole or no higher than that."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height_most or size["height"]), "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69)["data"])

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

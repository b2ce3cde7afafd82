"""Root folders that hold a container engine of a given Debian release.

Where this machine is that release and has the programs, its own root serves. Otherwise one is extracted from
the release's packages, by mmdebstrap, into build/engines/<release> of the checkout: once, in about ten seconds and
300 MB. It is never booted or configured; machine.py adds the little that an engine misses in it.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("ASMO_TEST_ROOTS") or Path(__file__).resolve().parents[2] / "build" / "engines")
PACKAGES = {
    "bookworm": ("docker.io", "podman"),
    "trixie": ("docker.io", "docker-cli"),
    "forky": ("docker.io", "docker-cli"),
}
# busybox is the test image and what a machine starts with; base-files links /bin to /usr/bin.
COMMON = ("base-files", "busybox-static")
DEADLINE = 900
# Only weight: no engine reads them.
CHAFF = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/lib/*/gconv", "var/lib/apt",
         "var/cache")


class NoRoot(Exception):
    """There is no such root and none can be made; the text says why."""


def find(suite, programs):
    """The root to use for `suite`, or None if one has to be prepared first."""
    if _is_host(suite) and _has(Path("/"), programs) and _is_static(Path("/bin/busybox")):
        return Path("/")
    if _recipe(CACHE / suite) == _wanted(suite):
        return CACHE / suite
    return None


def prepare(suite, programs):
    """As find, but makes what is missing. Safe to call from several processes at once."""
    root = find(suite, programs)
    if root:
        return root
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / (".%s.lock" % suite)):
        root = find(suite, programs)
        return root or _extract(suite)


def why_not(suite, programs):
    """Why `prepare` is bound to fail, as a sentence; None if it may be tried."""
    if find(suite, programs):
        return None
    if not shutil.which("mmdebstrap"):
        return "this machine's own engine is not Debian %s's, and mmdebstrap, to fetch it, is not installed" % suite
    if not mirror():
        return "apt knows no Debian mirror to fetch %s from; set ASMO_TEST_MIRROR" % suite
    return None


def mirror():
    """The Debian mirror that this machine's apt is set up with, or None."""
    given = os.environ.get("ASMO_TEST_MIRROR")
    if given or not shutil.which("apt-get"):
        return given
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages"],
        stdout=subprocess.PIPE, universal_newlines=True, timeout=60, check=False).stdout
    for line in targets.splitlines():
        origin, codename, uri = line.split(" ", 2)
        # "bookworm-security" and the like are mirrored elsewhere.
        if origin == "Debian" and "-" not in codename:
            return uri
    return None


def bootstrap(suite, folder, variant, packages):
    """Makes a root of one of mmdebstrap's variants. What apt is told holds for it later, too."""
    _run(["mmdebstrap", "--mode=root", "--variant=" + variant, "--include=" + ",".join(packages),
          # A mirror that stands still serves old, though signed, lists.
          '--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Retries "3"',
          suite, str(folder), "deb %s %s main" % (mirror(), suite)])


def _extract(suite):
    """Builds under another name and renames, so that a root that exists is a whole one."""
    unfinished = CACHE / (".%s.unfinished" % suite)
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(CACHE / suite, ignore_errors=True)
    print("fetching an engine of Debian %s into %s" % (suite, CACHE / suite), file=sys.stderr, flush=True)
    try:
        bootstrap(suite, unfinished, "extract", _wanted(suite))
        for pattern in CHAFF:
            for path in unfinished.glob(pattern):
                shutil.rmtree(path, ignore_errors=True)
        _note(unfinished).write_text(" ".join(_wanted(suite)))
        unfinished.rename(CACHE / suite)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return CACHE / suite


def _run(command):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               universal_newlines=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=DEADLINE)
    except BaseException as reason:
        # It removes its own temporary files when it is given the time.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if isinstance(reason, subprocess.TimeoutExpired):
            raise NoRoot("mmdebstrap was not done after %d s" % DEADLINE) from reason
        raise
    if process.returncode:
        errors = [line for line in output.splitlines() if line.startswith("E:")] or ["it does not say why"]
        raise NoRoot("mmdebstrap failed: " + errors[0])


def _wanted(suite):
    return COMMON + PACKAGES[suite]


def _note(root):
    return root / "asmo-test-packages"


def _recipe(root):
    """The packages that a cached root was made of; a root of another recipe is made anew."""
    try:
        return tuple(_note(root).read_text().split())
    except OSError:
        return None


def _is_host(suite):
    """Whether this machine is that release. One that has /usr on a file system of its own can't be overlaid."""
    try:
        release = Path("/etc/os-release").read_text().splitlines()
        whole = os.stat("/usr").st_dev == os.stat("/").st_dev
    except OSError:
        return False
    return whole and "ID=debian" in release and "VERSION_CODENAME=" + suite in release


def _has(root, programs):
    return all(any((root / folder / program).exists() for folder in ("usr/bin", "usr/sbin", "bin"))
               for program in programs)


def _is_static(program):
    """Whether it names no dynamic linker (which an ELF file does right behind its headers), as the image needs it."""
    with open(program, "rb") as file:
        return b"/ld-" not in file.read(4096)


@contextlib.contextmanager
def _locked(path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""The one image that every test container is made of: busybox alone. It is put together here because a test
machine may reach no registry."""

import io
import subprocess
import tarfile

NAME = "asmo-test/busybox:1"


def write(path, busybox):
    """Writes a root file system as a tar, from the file `busybox`, a statically linked one."""
    applets = subprocess.run([str(busybox), "--list"], stdout=subprocess.PIPE, universal_newlines=True, check=True,
                             timeout=10).stdout.split()
    with tarfile.open(str(path), "w") as tar:
        for folder in ("bin", "dev", "etc", "proc", "root", "sys", "tmp"):
            _add(tar, folder, type=tarfile.DIRTYPE, mode=0o1777 if folder == "tmp" else 0o755)
        _add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        _add(tar, "bin/busybox", busybox.read_bytes(), mode=0o755)
        for applet in applets:
            if applet != "busybox":
                _add(tar, "bin/" + applet, type=tarfile.SYMTYPE, linkname="busybox")


def _add(tar, name, content=b"", **attributes):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for key, value in attributes.items():
        setattr(entry, key, value)
    tar.addfile(entry, io.BytesIO(content))

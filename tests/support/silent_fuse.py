"""A file system that hears every question and answers none, at each of the mount points given.

    silent_fuse.py FOLDER ...       prints "mounted", then serves until it is killed

Unlike a file server that was stopped before it read a question, this one has read it: the kernel then waits for the
answer whatever signal comes, and a process that asks can't even be killed. The protocol: linux/fuse.h.
"""

import ctypes
import os
import select
import struct
import sys

INIT = 26
HEADER = struct.Struct("<IIQQIIII")  # length, operation, unique, node, uid, gid, pid, padding
READ_SIZE = 128 * 1024


def mount(folder, serial):
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = "fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (device, os.getuid(), os.getgid())
    if libc.mount(b"silent-%d" % serial, os.fsencode(folder), b"fuse.silent", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "cannot mount on %s" % folder)
    return device


def agree(device):
    """Answers the kernel's greeting, after which it takes the file system for a working one."""
    greeting = os.read(device, READ_SIZE)
    _, operation, unique, *_ = HEADER.unpack_from(greeting)
    assert operation == INIT
    _, _, read_ahead, _ = struct.unpack_from("<IIII", greeting, HEADER.size)
    answer = struct.pack("<IIIIHHIIHH", 7, 31, read_ahead, 0, 12, 9, 64 * 1024, 1, 0, 0) + bytes(28)
    os.write(device, struct.pack("<IiQ", 16 + len(answer), 0, unique) + answer)


def main():
    devices = [mount(folder, serial) for serial, folder in enumerate(sys.argv[1:])]
    for device in devices:
        agree(device)
    print("mounted", flush=True)
    while True:
        for device in select.select(devices, [], [])[0]:
            os.read(device, READ_SIZE)


main()

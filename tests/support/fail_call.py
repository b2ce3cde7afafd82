#!/usr/bin/python3
"""Runs a command in which a system call fails, for it and for all that it starts: for a kernel without Landlock.

    tests/support/fail_call.py landlock_create_ruleset ENOSYS COMMAND ...
"""

import ctypes
import errno
import os
import struct
import sys

CALLS = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}  # on every architecture
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def fail(call, code):
    """From now on."""
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in (
        (LOAD_NUMBER, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1, CALLS[call]), (RETURN, 0, 0, ERRNO | code), (RETURN, 0, 0, ALLOW)))
    code_of_it = ctypes.create_string_buffer(program, len(program))
    filters = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(code_of_it)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTER, filters) < 0:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # without this only root may
        if libc.prctl(PR_SET_SECCOMP, FILTER, filters) < 0:
            raise OSError(ctypes.get_errno(), "seccomp")


def landlock_version():
    """Of this kernel; 0 when it has no Landlock."""
    return max(0, ctypes.CDLL(None).syscall(CALLS["landlock_create_ruleset"], None, ctypes.c_size_t(0), 1))


if __name__ == "__main__":
    fail(sys.argv[1], getattr(errno, sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])

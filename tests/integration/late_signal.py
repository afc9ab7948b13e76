#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""late_signal.py PID SECONDS: holds the next kill(PID, SIGKILL) of that process up, as a machine that is busy may.

Prints "ready" once it watches the process, and lets it go after that call, or when it makes none within 30 s."""
import ctypes
import os
import platform
import signal
import sys
import time

PTRACE_CONT, PTRACE_DETACH, PTRACE_SYSCALL = 7, 17, 24
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_GET_SYSCALL_INFO = 0x4206, 0x4207, 0x420E
PTRACE_O_TRACESYSGOOD = 1
ENTRY = 1
SYS_KILL = {"x86_64": 62, "aarch64": 129}[platform.machine()]


class SyscallInfo(ctypes.Structure):
    _fields_ = [("op", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 3), ("arch", ctypes.c_uint32),
                ("ip", ctypes.c_uint64), ("sp", ctypes.c_uint64), ("nr", ctypes.c_uint64),
                ("args", ctypes.c_uint64 * 6)]


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, address=0, data=0):
    if libc.ptrace(request, pid, address, data) < 0:
        sys.exit(f"ptrace({request:#x}): {os.strerror(ctypes.get_errno())}")


def is_last_signal(pid):
    info = SyscallInfo()
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    return info.op == ENTRY and info.nr == SYS_KILL and info.args[1] == signal.SIGKILL


def watch(pid, seconds):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            sys.exit("it has ended")
        stop = os.WSTOPSIG(status)
        if stop == signal.SIGTRAP | 0x80 and is_last_signal(pid):
            time.sleep(seconds)
            break
        # A signal of its own is passed on; that it was interrupted by us is none.
        ptrace(PTRACE_SYSCALL, pid, 0, 0 if stop & ~0x80 == signal.SIGTRAP else stop)
    ptrace(PTRACE_DETACH, pid)


signal.alarm(40)  # the process goes on when its tracer is gone
pid, seconds = int(sys.argv[1]), float(sys.argv[2])
ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD)
ptrace(PTRACE_INTERRUPT, pid)
print("ready", flush=True)
watch(pid, seconds)

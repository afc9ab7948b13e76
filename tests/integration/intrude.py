#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""intrude.py: tries what the sandbox of a pool forbids. Says what was not refused, a line each, and last that
it has tried everything. Nothing is changed even where it could be."""
import ctypes
import os
import stat

KERNEL = ("/proc", "/sys", "/dev")
SYSTEM = ("/etc", "/usr", "/boot", "/lib/modules")
HARMLESS = {f"/dev/{name}" for name in ("full", "null", "ptmx", "random", "tty", "urandom", "zero")}
HARMLESS |= {f"/proc/pressure/{name}" for name in ("cpu", "io", "irq", "memory")}  # monitors, for everybody
HARMLESS |= {"/proc/kmsg", "/proc/mtrr"}  # open to root, of no use without a capability: tried below
with open("/proc/self/cgroup", encoding="utf-8") as lines:  # a monitor of its own, which systemd 257 gives to a service
    HARMLESS |= {f"/sys/fs/cgroup{line[3:].rstrip()}/memory.pressure" for line in lines if line.startswith("0::")}
SHARED = {"/dev/hugepages", "/dev/mqueue", "/dev/pts", "/dev/shm", "/sys/fs/selinux"}

CLONE_NEWNS, MS_REMOUNT_BIND = 0x20000, 0x1020
CALLS = {  # of x86-64; arguments with which they do nothing
    "init_module": (175, 0, 0, 0),
    "finit_module": (313, -1, b"", 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "delete_module": (176, b"no-such-module", 0),
    "syslog": (103, 3, 0, 0),
    "clock_settime": (227, 0, 0),
    "mount": (165, 0, b"/no-such-folder", 0, MS_REMOUNT_BIND, 0),
    "umount2": (166, b"/no-such-folder", 0),
    "unshare": (272, CLONE_NEWNS),
    "sethostname": (170, 0, 0),
    "bpf": (321, 0, 0, 0),
    "chroot": (161, b"/"),
}
EPERM = 1


def below(top):
    """What belongs to the machine: not to a process, nor to everybody."""
    for folder, folders, files in os.walk(top):
        if folder == "/proc":
            folders[:] = [name for name in folders if not name.isdigit() and not name.endswith("self")]
        folders[:] = [name for name in folders if os.path.join(folder, name) not in SHARED]
        yield folder
        yield from (os.path.join(folder, name) for name in files)


def made_to_be_written(path):
    """Not so are files and folders of /proc without a write bit: the kernel has nothing behind them, and who may
    override permissions is told that he may write."""
    return not path.startswith("/proc") or os.stat(path).st_mode & 0o222 != 0


def can_open(path, flags):
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def can_write_nonsense(path):
    """Whoever is heard out is told that it is none."""
    try:
        with open(path, "wb", buffering=0) as file:
            file.write(b"nonsense\n")
    except OSError as error:
        return error.errno == 22
    return True


def can_call(libc, number, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(number, *arguments) >= 0 or ctypes.get_errno() != EPERM


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    for path in [*SYSTEM, *(path for top in KERNEL for path in below(top))]:
        if path in HARMLESS or os.path.islink(path) or not os.access(path, os.W_OK):
            continue
        if made_to_be_written(path):
            print("may write", path)
    for path in "/dev/kmsg", "/proc/kmsg", "/dev/mem", "/proc/kcore":
        if can_open(path, os.O_RDONLY) and not stat.S_ISFIFO(os.stat(path).st_mode):  # nspawn's /proc/kmsg
            print("may read", path)
    if can_write_nonsense("/proc/mtrr"):
        print("may set /proc/mtrr")
    for name, arguments in CALLS.items():
        if can_call(libc, *arguments):
            print("may call", name)
    print("tried")


main()

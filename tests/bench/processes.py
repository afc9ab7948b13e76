# SPDX-License-Identifier: MIT
"""What /proc says about the processes of a unit."""
import os
import pathlib

from machine import unit_property

NSEC_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
CGROUP_ROOTS = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:  # it has gone meanwhile
        return ""


def _stat(pid):
    """The fields of /proc/PID/stat after the name, of which the first is the state."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def is_alive(pid):
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def children(pid):
    pids = (int(pid) for pid in _read(f"/proc/{pid}/task/{pid}/children").split())
    return [pid for pid in pids if is_alive(pid)]


def main_pid(unit):
    return int(unit_property(unit, "MainPID"))


def pids_of(unit):
    """All processes of the unit, from its cgroup."""
    group = unit_property(unit, "ControlGroup")
    for root in CGROUP_ROOTS:
        text = _read(f"{root}{group}/cgroup.procs")
        if group and text:
            return [int(pid) for pid in text.split()]
    return []


def own_cpu_nsec(pid):
    """What the process itself has used: all its threads, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        total += int((_read(task) or "0").split()[0])
    return total


def scheduled_nsec(pid):
    """For how long its first thread has run, and for how long it was ready to and had no CPU."""
    ran, waited, _ = _read(f"/proc/{pid}/schedstat").split()
    return int(ran), int(waited)


def children_cpu_nsec(pid):
    """What its children had used that have ended."""
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) * NSEC_PER_TICK if fields else 0


def cpu_nsec(pids):
    """What these processes and those that they have reaped have used. As long as no parent is
    missing, the difference of two readings is right also when workers have ended between."""
    return sum(own_cpu_nsec(pid) + children_cpu_nsec(pid) for pid in pids)


def _rollup_bytes(pid, prefix):
    lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(prefix)) * 1024


def pss_bytes(pid):
    return _rollup_bytes(pid, "Pss:")


def private_bytes(pid):
    return _rollup_bytes(pid, "Private_")


def huge_bytes(pid):
    """What of its memory is on huge pages."""
    return _rollup_bytes(pid, ("AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:"))


def wakeups(pids):
    """How often each of them went to sleep, and so how often it woke: {pid: count}. Preemptions are
    the machine's doing and do not count."""
    counts = {}
    for pid in pids:
        fields = dict(
            line.split(":", 1) for line in _read(f"/proc/{pid}/status").splitlines() if ":" in line
        )
        counts[pid] = int(fields.get("voluntary_ctxt_switches", 0))
    return counts

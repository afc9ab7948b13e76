# SPDX-License-Identifier: MIT
"""Large requests: what a body or an answer of a GB costs the pool, and how much its worker grows."""
import os

import processes
from machine import BenchError
from rows import Row

MIB = 1024
KIB = 1024
BYTES = MIB << 20
SPOOL = "/dev/shm"  # memory: not the disk is measured
WARM = bytes(1 << 20)

# metric, kind of transfer.py, page, the answer
TRANSFERS = (
    ("file", "multipart", "/upload.php", f"0 {BYTES}"),
    ("input", "up", "/input.php", str(BYTES)),
    ("pieces", "down", "/pieces.php", f"200 {BYTES}"),
    ("readfile", "down", "/readfile.php", f"200 {BYTES}"),
)


def lacks_memory():
    """Writes the file that readfile.php sends, of no blocks."""
    stat = os.statvfs(SPOOL)
    if stat.f_bavail * stat.f_frsize < 2 * BYTES:
        return f"less than 2 GB free in {SPOOL}"
    with open(f"{SPOOL}/bench-large", "wb") as file:
        file.truncate(BYTES)
    return ""


def warm_memory():
    """A virtual machine gives free memory back to its host, and whoever needs it next pays for that."""
    path = f"{SPOOL}/bench-warm"
    try:
        with open(path, "wb") as file:
            for _ in range(MIB + MIB // 4):
                file.write(WARM)
    finally:
        os.unlink(path)


def one_transfer(context, kind, page, expected):
    # `run` copies it beside this file.
    from transfer import transfer  # pylint: disable=import-outside-toplevel

    said = transfer(context.side.port, kind, page, MIB)
    if said != expected:
        raise BenchError(f"{page} answers {said[:200]!r} instead of {expected!r}")


def measure_transfers(context):
    (worker,) = context.side.workers()
    sample = {"growth": 0}
    for metric, kind, page, expected in TRANSFERS:
        pids = context.side.pids()
        warm_memory()
        private, cpu = processes.private_bytes(worker), processes.cpu_nsec(pids)
        one_transfer(context, kind, page, expected)
        sample[f"cpu_{metric}"] = (processes.cpu_nsec(pids) - cpu) / 1e9
        growth = processes.private_bytes(worker) - private
        sample["growth"] = max(sample["growth"], growth / KIB)
    return sample


TRANSFER = Row(
    "transfer",
    "1 GB each way",
    measure_transfers,
    (*(f"cpu_{metric}" for metric, *_ in TRANSFERS), "growth"),
    pool={
        "pm": "static",
        "pm.max_children": 1,
        "php_admin_value[upload_max_filesize]": "2G",
        "php_admin_value[post_max_size]": "2G",
        "php_admin_value[upload_tmp_dir]": SPOOL,
        "php_admin_value[max_execution_time]": 120,
    },
    nginx="client_max_body_size 2g; fastcgi_request_buffering off; fastcgi_buffering off;",
    rounds=3,
    lacks=lacks_memory,
)

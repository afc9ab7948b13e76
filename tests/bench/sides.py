# SPDX-License-Identifier: MIT
"""The two that are compared: one pool of fpmd, one pool of Debian's php-fpm, each as its units ship
it. Both read /etc/php/VERSION/fpm, both run as www-data behind the same nginx."""
import glob
import os
import pathlib

import processes
from machine import BenchError, last_words, systemctl, wait_until, write

USER = "www-data"


class Side:
    """A pool that can be configured, started, reloaded, stopped and looked at."""

    name = ""
    unit = ""
    port = 0  # of nginx before it
    unix = ""
    tcp = ""
    restarts_itself = False  # its unit has Restart=

    def address(self, transport):
        return self.tcp if transport == "tcp" else f"unix:{self.unix}"

    def url(self, page):
        return f"http://127.0.0.1:{self.port}/{page}"

    def pool_text(self, pool, transport):
        directives = {"user": USER, "group": USER, **self.listen(transport), **pool}
        return "[bench]\n" + "".join(f"{key} = {value}\n" for key, value in directives.items())

    def start(self, pool, transport, php_fpm=None, fpmd=None):
        """Starts the pool anew with these directives; php_fpm: global ones, for php-fpm alone; fpmd: those of
        the pool that only fpmd has."""
        if self.name == "fpmd":
            pool = {**pool, **(fpmd or {})}
        self.stop()
        self.configure(self.pool_text(pool, transport), php_fpm or {})
        try:
            self.start_units()
        except BenchError as error:
            raise BenchError(f"{error}: {last_words(self.unit)}") from None
        expected = workers_at_start(pool)
        if not wait_until(lambda: len(self.workers()) == expected, 3):
            raise BenchError(
                f"pm = {pool['pm']} starts {len(self.workers())} workers, not {expected}"
            )

    def reload(self):
        systemctl("reload", self.unit)

    def restart(self):
        systemctl("restart", self.unit)

    def manager(self):
        pid = processes.main_pid(self.unit)
        if pid == 0:
            raise BenchError(f"{self.unit} does not run: {last_words(self.unit)}")
        return pid

    def pids(self):
        return processes.pids_of(self.unit)

    def listen(self, transport):
        raise NotImplementedError

    def configure(self, text, php_fpm):
        raise NotImplementedError

    def start_units(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def workers(self, manager=None):
        raise NotImplementedError


class Fpmd(Side):
    """Its socket belongs to systemd; its workers are the children of the manager's child."""

    name = "fpmd"
    unit = "fpmd@bench.service"
    socket = "fpmd@bench.socket"
    port = 8001
    unix = "/run/fpmd/bench.sock"
    tcp = "127.0.0.1:9101"
    restarts_itself = True

    def listen(self, transport):
        return {"listen": self.tcp} if transport == "tcp" else {}

    def configure(self, text, php_fpm):
        write("/etc/fpmd/conf.d/bench.conf", text)
        systemctl("daemon-reload")

    def start_units(self):
        systemctl("start", self.socket, self.unit)

    def start_listening(self):
        systemctl("start", self.socket)

    def stop(self):
        systemctl("stop", self.socket, self.unit)
        if not wait_until(lambda: not self.pids(), 5):
            systemctl("kill", "--signal=KILL", self.unit)
        reset_failed(self.socket, self.unit)

    def workers(self, manager=None):
        zygotes = processes.children(manager or self.manager())
        return [pid for zygote in zygotes for pid in processes.children(zygote)]


class PhpFpm(Side):
    """Debian's own unit, with one pool. Its start limit is lifted, for the sake of the rows that
    restart it more often than five times in ten seconds."""

    name = "php-fpm"
    port = 8002
    unix = "/run/php/bench.sock"
    tcp = "127.0.0.1:9102"

    def __init__(self):
        self.version = os.environ["FPMD_TEST_PHP"]
        self.unit = f"php{self.version}-fpm.service"
        self.pools = pathlib.Path(f"/etc/php/{self.version}/fpm/pool.d")
        for pool in self.pools.glob("*.conf"):
            pool.unlink()
        write(f"/etc/systemd/system/{self.unit}.d/bench.conf", "[Unit]\nStartLimitIntervalSec=0\n")
        os.makedirs("/run/php", exist_ok=True)
        systemctl("daemon-reload")

    def listen(self, transport):
        owner = {"listen.owner": USER, "listen.group": USER, "listen.mode": "0660"}
        return {"listen": self.tcp} if transport == "tcp" else {"listen": self.unix, **owner}

    def configure(self, text, php_fpm):
        common = "".join(f"{key} = {value}\n" for key, value in php_fpm.items())
        write(self.pools / "bench.conf", f"[global]\n{common}{text}")

    def start_units(self):
        systemctl("start", self.unit)

    start_listening = start_units

    def stop(self):
        systemctl("stop", self.unit)
        reset_failed(self.unit)

    def workers(self, manager=None):
        return processes.children(manager or self.manager())


def reset_failed(*units):
    """Forgets failures and the start limit. A unit that is not loaded has nothing to forget."""
    for unit in units:
        try:
            systemctl("reset-failed", unit)
        except BenchError:
            pass


def workers_at_start(pool):
    """How many workers the pool has when nothing has happened yet."""
    match pool["pm"]:
        case "static":
            return int(pool["pm.max_children"])
        case "dynamic":
            return int(pool["pm.start_servers"])
    return 0

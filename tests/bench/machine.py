# SPDX-License-Identifier: MIT
"""The machine the bench runs on: commands, files, nginx."""
import os
import pathlib
import subprocess
import time

ROOT = "/srv/bench"  # the pages
AN_HOUR = 3600
PRIORITIES = {"mysqlnd": 10, "pdo": 10, "xml": 15}  # of what others are built on, as Debian has them
NGINX_DROP_IN = "/etc/systemd/system/nginx.service.d/bench.conf"

NGINX = """\
user www-data;
worker_processes {workers};
pid /run/nginx.pid;
error_log /dev/null crit;
events {{ worker_connections 1024; }}
http {{
	include mime.types;
	access_log off;
	keepalive_requests 10000000;
	client_max_body_size 64m;
	client_body_buffer_size 64k;
	# A reply of 1 MB stays in memory: not the disk is measured.
	fastcgi_buffer_size 16k;
	fastcgi_buffers 128 16k;
	fastcgi_busy_buffers_size 256k;
	fastcgi_max_temp_file_size 0;
{servers}}}
"""

SERVER = """\
	upstream {name} {{
		server {address};
		{keepalive}
	}}
	server {{
		listen 127.0.0.1:{port};
		root {root};
		location / {{
			include fastcgi.conf;
			fastcgi_pass {name};
			{keep_conn}
			{more}
		}}
	}}
"""


class BenchError(Exception):
    """A measurement that cannot be made; its text goes into the report."""


def command(*args, timeout=60):
    """Runs it; its stdout. What it says on stderr is the text of the BenchError."""
    try:
        done = subprocess.run(
            args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{' '.join(args)}: not done in {timeout} s") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise BenchError(f"{' '.join(args)}: {said[0] if said else f'exit {done.returncode}'}")
    return done.stdout


def systemctl(*args):
    return command("systemctl", *args)


def unit_property(unit, name):
    return systemctl("show", f"--property={name}", "--value", unit).strip()


def last_words(unit):
    """The last line of the unit's journal that says what went wrong."""
    command("journalctl", "--sync")
    lines = command(
        "journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=20", "--unit", unit
    ).splitlines()
    telling = [line for line in lines if not line.startswith((unit, "Stopp", "Start", "Fail"))]
    return (telling or lines or ["it left no message"])[-1]


def write(path, text):
    """Writes a file, an hour old: opcache would wait before it keeps a new script."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    before = time.time() - AN_HOUR
    os.utime(path, (before, before))


def wait_until(condition, seconds, pause=0.02):
    """Waits until it is true; says whether it became so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def every(count, period, action):
    """Does it so often, at that pace; what it complained about."""
    begin = time.monotonic()
    complaints = []
    for n in range(count):
        time.sleep(max(0, begin + n * period - time.monotonic()))
        try:
            action()
        except BenchError as error:
            complaints.append(str(error))
    return complaints


def start_nginx(sides, root, transport, more="", processes=2):
    """nginx with a server for each side. What one row left in it does not reach the next."""
    keep = transport == "keep"
    servers = "".join(
        SERVER.format(
            name=side.name.replace("-", "_"),
            address=side.address(transport),
            port=side.port,
            root=root,
            keepalive="keepalive 8;" if keep else "",
            keep_conn="fastcgi_keep_conn on;" if keep else "",
            more=more,
        )
        for side in sides
    )
    # A kept connection holds a worker of php-fpm: with two processes of nginx, the one's idle
    # connections would keep the requests of the other waiting.
    write("/etc/nginx/nginx.conf", NGINX.format(workers=1 if keep else processes, servers=servers))
    if not os.path.exists(NGINX_DROP_IN):
        write(NGINX_DROP_IN, "[Unit]\nStartLimitIntervalSec=0\n")
        systemctl("daemon-reload")
    systemctl("restart", "nginx.service")


def enable_extensions(*names):
    """For both sides, for the rest of the run."""
    version = os.environ["FPMD_TEST_PHP"]
    for sapi in ("fpm", "cli"):
        for name in names:
            link = pathlib.Path(f"/etc/php/{version}/{sapi}/conf.d/{PRIORITIES.get(name, 20)}-{name}.ini")
            if not link.exists():
                link.symlink_to(f"/etc/php/{version}/mods-available/{name}.ini")


def describe():
    """One line on the machine, for the foot of the table."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    systemd = command("systemctl", "--version").splitlines()[0]
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}, {systemd}, "
        f"load average at the start {load:.2f}"
    )

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fake_pool.py POOL: a pool program without PHP, for fpmd --pool-program, that behaves as its pool is named.

    fake-obedient     does all that the manager says; its workers wait for the end
    fake-slow         never says READY, and does not listen
    fake-hatching     says READY after 1.5 seconds, and reads nothing before; then it is obedient
    fake-late         the first is obedient, others never say READY
    fake-silent       does not answer PING
    fake-deaf         READY, then it reads nothing more, not even the end of file
    fake-crashing     exits with status 1 at once
    fake-dying        the first is obedient, for half a second; others exit at once
    fake-slot         FORKED, for a slot that there is not
    fake-unasked      FORKED, for a slot that it was not asked for
    fake-ghost        EXITED, for a slot in which nobody lived
    fake-twice        READY, READY
    fake-huge         one message of 100 kB
    fake-short        one message of 3 bytes
    fake-word         says what only a manager may say
    fake-pid          FORKED, with the pid of somebody else (/srv/fake/innocent)
    fake-usurper      the first names others as its workers (the innocent, the manager, PID 1, itself), with
                      requests beyond their time limit, and dies; others are obedient
    fake-heir         the first names the second as its worker, and dies; the second is obedient
    fake-dusk         the first dies as soon as the second has begun, which says READY a second later
    fake-gloom        the same, but the second exits half a second later; others are obedient
    fake-night        the same, but the second never says READY
    fake-pong         PONG without end
    fake-frame        FRAME without end
    fake-wake         wakes the manager without end
    fake-tardy        its first worker alone is forked at once; it puts off the others, until it is told to drain
    fake-mayfly       workers that exit with status 0 as soon as they are forked
    fake-board        writes noise on the scoreboard
    fake-recalled     obedient, but the first leaves with a connection that it hands over; the second takes it
    fake-crowd        has 4096 workers, all busy, with noise for requests; but none is a process

Speaks src/contract/message.h. Each start leaves a line in /srv/fake/POOL. Needs only the standard library.
"""
import errno
import os
import random
import select
import signal
import socket
import struct
import sys
import time

FORK, END, TRACE, RETIRE, DRAIN, PING, KILL = range(1, 8)
READY, FAILED, FORKED, NOT_FORKED, EXITED, PONG, FRAME, TRACED = range(64, 72)
FORMAT = struct.Struct("=IIiIQ232s")
IDLE, RUNNING = 2, 5
WORDS_OFFSET = 256  # of src/contract/scoreboard.c


def inherited():
    names = os.environ["LISTEN_FDNAMES"].split(":")
    assert int(os.environ["LISTEN_PID"]) == os.getpid() and len(names) == int(os.environ["LISTEN_FDS"])
    return {name: 3 + i for i, name in enumerate(names)}


class Pool:
    def __init__(self, fds):
        self.control = socket.socket(fileno=fds["control"])
        self.control.setblocking(True)
        self.board = fds["board"]
        self.wake_fd = fds["wake"]
        self.handoff_in, self.handoff_out = fds.get("handoff-in", -1), fds.get("handoff-out", -1)
        self.workers = {}  # slot: pid
        self.lifeline = os.pipe()  # which ends with us

    def say(self, kind, slot=0, value=0, text=b""):
        self.control.send(FORMAT.pack(kind, slot, value, 0, 0, text))

    def word(self, slot, state):
        word = (time.monotonic_ns() // 1000 << 3 | state) if state else 0
        os.pwrite(self.board, struct.pack("=Q", word), WORDS_OFFSET + 8 * slot)

    def wake(self):
        os.write(self.wake_fd, struct.pack("=Q", 1))

    def fork(self, slot):
        pid = os.fork()
        if pid == 0:
            self.control.close()
            os.close(self.lifeline[1])
            os.read(self.lifeline[0], 1)
            os._exit(0)
        self.workers[slot] = pid
        self.say(FORKED, slot, pid)
        self.word(slot, IDLE)
        self.wake()

    def end(self, slot, number=signal.SIGTERM):
        pid = self.workers.pop(slot)
        os.kill(pid, number)
        status = os.waitpid(pid, 0)[1]
        self.word(slot, 0)
        self.say(EXITED, slot, 0 if number == signal.SIGTERM else status)

    def drain(self):
        for slot in list(self.workers):
            self.end(slot)

    # Returns False at the end.
    def obey(self, kind, slot, value):
        if kind == FORK:
            self.fork(slot)
        elif kind == END:
            if value > 0:
                self.say(TRACED, slot, 3)
            if slot in self.workers:
                self.end(slot, signal.SIGKILL)
        elif kind == TRACE:
            self.say(TRACED, slot, 3)
        elif kind == RETIRE and slot in self.workers:
            self.end(slot)
        elif kind == PING:
            self.say(PONG, 0, value)
        elif kind == KILL:
            for child in list(self.workers):
                self.end(child, signal.SIGKILL)
        elif kind == DRAIN:
            self.drain()
            return False
        return True

    def hear(self):
        data = self.control.recv(1024)
        if not data:
            for pid in self.workers.values():
                os.kill(pid, signal.SIGTERM)
            return None
        return FORMAT.unpack(data)[:3]

    def serve(self, obey=None, seconds=1e6):
        """For so long, or until the manager says DRAIN or is gone: then False."""
        end = time.monotonic() + seconds
        while select.select([self.control], [], [], max(0, end - time.monotonic()))[0]:
            message = self.hear()
            if message is None or not (obey or self.obey)(*message):
                return False
        return True


def obedient(pool, _):
    pool.say(READY)
    pool.serve()


def slow(_pool, _):
    time.sleep(1000)


def hatching(pool, first):
    time.sleep(1.5)
    obedient(pool, first)


def late(pool, first):
    (obedient if first else slow)(pool, first)


def silent(pool, _):
    pool.say(READY)
    pool.serve(lambda kind, slot, value: kind == PING or pool.obey(kind, slot, value))


def deaf(pool, _):
    pool.say(READY)
    pool.serve(seconds=0.2)
    time.sleep(1000)


def crashing(_pool, _):
    sys.exit(1)


def dying(pool, first):
    if first:
        pool.say(READY)
        pool.serve(seconds=0.5)
    for pid in pool.workers.values():
        os.kill(pid, signal.SIGKILL)
    sys.exit(1)


def after_a_while(pool, lie):
    """Obedient for half a second, then lies, and then goes on as if nothing were."""
    pool.say(READY)
    pool.serve(seconds=0.5)
    try:
        lie()
    except OSError:
        pass
    pool.serve()


def slot(pool, _):
    after_a_while(pool, lambda: pool.say(FORKED, 6, os.getpid()))


def unasked(pool, _):
    after_a_while(pool, lambda: pool.say(FORKED, 5, os.getpid()))


def ghost(pool, _):
    after_a_while(pool, lambda: pool.say(EXITED, 5, 0))


def twice(pool, _):
    after_a_while(pool, lambda: pool.say(READY))


def huge(pool, _):
    after_a_while(pool, lambda: pool.control.send(b"\x42" * 100000))


def short(pool, _):
    after_a_while(pool, lambda: pool.control.send(b"\x42" * 3))


def word(pool, _):
    after_a_while(pool, lambda: pool.say(FORK, 0))


def pid(pool, _):
    def obey(kind, slot, _):
        if kind == FORK:
            with open("/srv/fake/innocent", encoding="ascii") as file:
                pool.say(FORKED, slot, int(file.read()))
            pool.word(slot, IDLE)
            pool.wake()
        return True

    pool.say(READY)
    pool.serve(obey)
    time.sleep(1000)


def die(pool, claims):
    """Names these processes as its workers, {slot: pid}, each in a request beyond its time limit, and dies."""
    with open(f"/proc/self/fd/{pool.board}", "r+b") as file:
        file.seek(WORDS_OFFSET)
        file.write(struct.pack("=Q", list(claims.values())[0]) * ((os.fstat(pool.board).st_size - WORDS_OFFSET) // 8))
    for slot, pid in claims.items():
        pool.say(FORKED, slot, pid)
        os.pwrite(pool.board, struct.pack("=Q", 1 << 3 | RUNNING), WORDS_OFFSET + 8 * slot)
    os.kill(os.getpid(), signal.SIGKILL)


def asked_slots(pool, n):
    """Those of the first FORK orders, which nothing is done for."""
    slots = []
    while len(slots) < n:
        kind, slot, _ = pool.hear()
        if kind == FORK:
            slots.append(slot)
    return slots


def usurper(pool, first):
    if first:
        pool.say(READY)
        with open("/srv/fake/innocent", encoding="ascii") as file:
            pids = [int(file.read()), os.getppid(), os.getpid()]
        die(pool, dict(zip(asked_slots(pool, len(pids)), pids)))
    obedient(pool, first)


def wait_for_start(pool, number):
    """All starts, when there are so many."""
    starts = []
    while len(starts) < number:
        pool.serve(lambda *_: True, 0.01)
        with open("/srv/fake/" + sys.argv[2], encoding="ascii") as file:
            starts = file.readlines()
    return starts


def heir(pool, first):
    if first:
        pool.say(READY)
        slot, *others = asked_slots(pool, 3)
        for other in others:
            pool.fork(other)
        starts = wait_for_start(pool, 2)
        die(pool, {slot: int(starts[1].split()[1])})
    obedient(pool, first)


def followed(pool, first, second):
    if first:
        pool.say(READY)
        pool.serve(seconds=0.2)
        wait_for_start(pool, 2)
        sys.exit(1)
    if len(wait_for_start(pool, 2)) == 2:
        second()
    obedient(pool, first)


def dusk(pool, first):
    followed(pool, first, lambda: time.sleep(1))


def gloom(pool, first):
    followed(pool, first, lambda: time.sleep(0.5) or sys.exit(1))


def night(pool, first):
    followed(pool, first, lambda: time.sleep(1000))


def flood(pool, once):
    pool.say(READY)
    pool.serve(seconds=0.5)
    try:
        while True:
            once()
    except OSError:
        pool.serve()


def pong(pool, _):
    flood(pool, lambda: pool.say(PONG, 0, 1))


def frame(pool, _):
    flood(pool, lambda: pool.say(FRAME, 0, 0, b"main() /x.php:1"))


def wake(pool, _):
    flood(pool, pool.wake)


def mayfly(pool, _):
    def fork(slot):
        pool.say(FORKED, slot, os.getpid())
        pool.word(slot, IDLE)
        pool.wake()
        pool.word(slot, 0)
        pool.say(EXITED, slot, 0)

    pool.fork = fork
    obedient(pool, _)


def board(pool, _):
    pool.say(READY)
    going = pool.serve(seconds=0.5)
    while going:
        os.pwrite(pool.board, random.randbytes(4096), WORDS_OFFSET)
        pool.wake()
        going = pool.serve(seconds=0.01)


def tardy(pool, _):
    waiting = []

    def obey(kind, slot, value):
        if kind == FORK and pool.workers:
            waiting.append(slot)
            return True
        if kind == DRAIN:
            for slot in waiting:
                pool.say(NOT_FORKED, slot, errno.ESHUTDOWN)
        return pool.obey(kind, slot, value)

    pool.say(READY)
    pool.serve(obey)


def recalled(pool, first):
    def obey(kind, slot, value):
        if kind == DRAIN:
            os.write(pool.handoff_out, b"a connection")
        return pool.obey(kind, slot, value)

    if not first:
        os.read(pool.handoff_in, 100)
    pool.say(READY)
    pool.serve(obey if first else None)


def crowd(pool, _):
    def obey(kind, slot, value):
        if kind == FORK:
            pool.say(FORKED, slot, slot + 1)
            pool.word(slot, RUNNING)
            pool.wake()
        elif kind == TRACE:
            pool.say(FRAME, slot, 0, b"Crowd\\surge() /x.php:1")
            pool.say(TRACED, slot, 0)
        elif kind == PING:
            pool.say(PONG, 0, value)
        return kind != DRAIN

    behind = WORDS_OFFSET + 3 * 8 * (4096 + 1)
    size = os.fstat(pool.board).st_size - behind
    os.pwrite(pool.board, (b"\xff\x1b[2J\"\\\n\xc2\x9b" * size)[:size], behind)
    pool.say(READY)
    pool.serve(obey)


def main():
    os.umask(0)
    name = sys.argv[2]
    path = "/srv/fake/" + name
    first = not os.path.exists(path)
    with open(path, "a", encoding="ascii") as file:
        file.write(f"{time.time():.3f} {os.getpid()} {' '.join(sys.argv[3:])}\n")
    mode = globals()[name.removeprefix("fake-")]
    try:
        mode(Pool(inherited()), first)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the manager has hung up


main()

/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/move_ports.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "fpmctl/migrate/listener.h"
#include "fpmctl/migrate/move_units.h"

static int add(MovePorts *ports, int fd) {
        int *fds, *holds;

        fds = reallocarray(ports->fds, ports->n + 1, sizeof(*fds));
        if (!fds)
                return -ENOMEM;
        ports->fds = fds;

        holds = reallocarray(ports->holds, ports->n + 1, sizeof(*holds));
        if (!holds)
                return -ENOMEM;
        ports->holds = holds;

        fds[ports->n] = fd;
        holds[ports->n++] = -EBADF;
        return 0;
}

int move_ports_add(MovePorts *ports, const MovePool *pool, pid_t pid) {
        for (size_t i = 0; i < pool->n_addresses; i++) {
                _cleanup_close_ int fd = -EBADF;

                if (move_is_unix(&pool->addresses[i]))
                        continue;

                fd = listener_take(pid, pool->addresses[i].text);
                if (fd < 0)
                        return fd;
                if (add(ports, fd) < 0)
                        return -ENOMEM;
                (void) TAKE_FD(fd);
        }

        return 0;
}

int move_ports_share(MovePorts *ports) {
        for (size_t i = 0; i < ports->n; i++) {
                ports->holds[i] = listener_share(ports->fds[i]);
                if (ports->holds[i] < 0)
                        return ports->holds[i];
        }

        return 0;
}

void move_ports_choose(MovePorts *ports, unsigned nth) {
        for (size_t i = 0; i < ports->n; i++) {
                ports->holds[i] = fd_close(ports->holds[i]);
                (void) listener_choose(ports->fds[i], nth);
        }
}

bool move_ports_have_queue(const MovePorts *ports) {
        for (size_t i = 0; i < ports->n; i++)
                if (listener_has_queue(ports->fds[i]))
                        return true;

        return false;
}

void move_ports_done(MovePorts *ports) {
        for (size_t i = 0; i < ports->n; i++) {
                fd_close(ports->holds[i]);
                fd_close(ports->fds[i]);
        }

        free(ports->fds);
        free(ports->holds);
        *ports = (MovePorts){};
}

void move_ports_raise_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;

        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

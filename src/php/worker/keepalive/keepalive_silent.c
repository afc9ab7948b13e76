/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "php/worker/keepalive/keepalive_internal.h"

/* What has come since the last look at the epoll makes it one on which a request waits. */
static bool is_silent_still(Keepalive *keepalive, size_t i) {
        char byte;

        if (recv(keepalive->table.places[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
                        errno == EAGAIN)
                return true;

        keepalive_table_note_arrival(&keepalive->table, i, clock_now_usec());
        return false;
}

static int first_silent(Keepalive *keepalive, size_t *ret_n) {
        int i;

        do
                i = keepalive_table_first_silent(&keepalive->table, ret_n);
        while (i >= 0 && !is_silent_still(keepalive, (size_t) i));

        return i;
}

bool keepalive_close_one_silent(Keepalive *keepalive) {
        size_t n;
        int i;

        if (!keepalive || keepalive->silence_ends_usec == 0)
                return false;

        i = first_silent(keepalive, &n);
        if (i < 0)
                return false;

        keepalive_vacate(keepalive, (size_t) i);
        return true;
}

static size_t n_silent(const Keepalive *keepalive) {
        size_t n = 0;

        if (keepalive->silence_ends_usec > 0)
                (void) keepalive_table_first_silent(&keepalive->table, &n);
        return n;
}

/* Half of the room at most is theirs. */
int keepalive_set_aside(Keepalive *keepalive, int fd, uint64_t until_usec) {
        const KeepalivePast past = { .silent_until_usec = until_usec };

        if (!keepalive)
                return -ENOBUFS;

        if (n_silent(keepalive) >= keepalive->table.limit / 2)
                (void) keepalive_close_one_silent(keepalive);
        if (!keepalive_has_room(keepalive) && !keepalive_close_one_silent(keepalive))
                return -ENOBUFS;

        if (keepalive->silence_ends_usec == 0)
                keepalive->silence_ends_usec = until_usec;
        return keepalive_put(keepalive, fd, &past);
}

int keepalive_close_silent(Keepalive *keepalive) {
        uint64_t now_usec;

        if (!keepalive || keepalive->silence_ends_usec == 0)
                return -1;

        now_usec = clock_now_usec();
        while (keepalive->silence_ends_usec <= now_usec) {
                size_t n;
                int i = first_silent(keepalive, &n);

                if (i < 0) {
                        keepalive->silence_ends_usec = 0;
                        return -1;
                }

                keepalive->silence_ends_usec = keepalive->table.places[i].past.silent_until_usec;
                if (keepalive->silence_ends_usec <= now_usec)
                        keepalive_vacate(keepalive, (size_t) i);
        }

        return (int) ((keepalive->silence_ends_usec - now_usec) / 1000 + 1);
}

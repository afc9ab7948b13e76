/* SPDX-License-Identifier: MIT */
#pragma once
/* What keepalive.c, the connections that a worker keeps, and keepalive_silent.c, those of them that are new and on
 * which nothing has come yet, know of each other. */

#include "php/worker/keepalive/handoff.h"
#include "php/worker/keepalive/keepalive.h"
#include "php/worker/keepalive/keepalive_thread.h"

struct Keepalive {
        int epoll_fd;
        Scoreboard *board;
        KeepaliveThread *thread;    /* NULL: nothing was kept yet */
        bool alone;                 /* no other worker is there to take connections */
        uint64_t silence_ends_usec; /* no silent connection ends earlier; 0: there is none */

        /* The thread's mutex covers these. */
        KeepaliveTable table;
        Handoff handoff;
        bool muted; /* the thread does not hear of the borrowed connection */
};

/* Closes the connection in place i, which may be the borrowed one. */
void keepalive_vacate(Keepalive *keepalive, size_t i);

/* Closes the connection that was silent for longest, in favour of one that is kept. Returns whether there was one. */
bool keepalive_close_one_silent(Keepalive *keepalive);

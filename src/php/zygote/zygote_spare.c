/* SPDX-License-Identifier: MIT */
/* The spare worker of a pool whose workers take long to boot: it boots before it is needed, without a slot, and takes
 * that of a worker that has ended. The manager hears of it as of one that was forked just then. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "php/zygote/lifeline.h"
#include "php/zygote/zygote_internal.h"

/* Behind a worker that had to boot for itself: the pool starts, and its workers need the CPU. */
#define QUIET_USEC (USEC_PER_SEC / 2)

/* Behind a boot that has failed, and twice as long after each further one. */
#define PAUSE_FIRST_USEC (USEC_PER_SEC / 2)
#define PAUSE_MAX_USEC (60 * USEC_PER_SEC)

void zygote_keep_spare(Zygote *zygote, SpareMain main) {
        zygote->spare.main = main;
        zygote->spare.pause_usec = clock_now_usec() + QUIET_USEC;
}

static void set_ready(Zygote *zygote, bool is_ready) {
        zygote->spare.is_ready = is_ready;
        scoreboard_set_spare(zygote->board, is_ready);
}

/* --- birth --- */

static bool is_wanted(const Zygote *zygote) {
        return zygote->spare.main && !zygote->draining && zygote->control_fd >= 0 &&
               children_count(zygote->children) > 0 && !children_has_spare(zygote->children);
}

uint64_t zygote_spare_usec(const Zygote *zygote) {
        return is_wanted(zygote) ? zygote->spare.pause_usec : 0;
}

_noreturn_ static void become_spare(Zygote *zygote, int lifeline_fd) {
        zygote_leave(zygote);
        _exit(zygote->spare.main(lifeline_fd, zygote->hooks.userdata));
}

static uint64_t next_pause_usec(Spare *spare) {
        uint64_t pause_usec = PAUSE_FIRST_USEC;

        for (unsigned i = 0; i < spare->n_failures && pause_usec < PAUSE_MAX_USEC; i++)
                pause_usec *= 2;
        spare->n_failures++;
        return pause_usec < PAUSE_MAX_USEC ? pause_usec : PAUSE_MAX_USEC;
}

static void note_failure(Spare *spare, const char *what) {
        uint64_t pause_usec = next_pause_usec(spare);

        stderr_line("<4>No spare worker is ready, %s; the next try is in %.1f s\n", what,
                        (double) pause_usec / USEC_PER_SEC);
        spare->pause_usec = clock_now_usec() + pause_usec;
}

void zygote_see_to_spare(Zygote *zygote) {
        int lifeline_fd;
        pid_t pid;

        if (!is_wanted(zygote) || clock_now_usec() < zygote->spare.pause_usec)
                return;

        pid = children_fork_spare(zygote->children, &lifeline_fd);
        if (pid == 0)
                become_spare(zygote, lifeline_fd);
        if (pid < 0)
                note_failure(&zygote->spare, strerror(-pid));
        else
                (void) zygote_watch(zygote, children_spare_fd(zygote->children), TAG_SPARE);
}

/* --- life --- */

void zygote_on_spare(Zygote *zygote) {
        int r, fd = children_spare_fd(zygote->children);

        if (fd < 0)
                return;

        r = zygote->spare.is_ready ? -EPIPE : lifeline_receive_booted(fd);
        if (r == -EAGAIN)
                return;

        if (r >= 0) {
                zygote->spare.n_failures = 0;
                set_ready(zygote, true);
                return;
        }

        set_ready(zygote, false);
        children_drop_spare(zygote->children); /* it has ended, of which a signal tells */
}

pid_t zygote_use_spare(Zygote *zygote, unsigned slot) {
        pid_t pid;

        if (!zygote->spare.is_ready || slot >= scoreboard_slots(zygote->board)) {
                zygote->spare.pause_usec = clock_now_usec() + QUIET_USEC;
                return -ENOENT;
        }

        set_ready(zygote, false);
        pid = children_give_slot(zygote->children, slot);
        zygote->spare.pause_usec = clock_now_usec();
        return pid < 0 ? -ENOENT : pid;
}

/* --- death --- */

void zygote_end_spare(Zygote *zygote) {
        set_ready(zygote, false);
        children_drop_spare(zygote->children);
}

bool zygote_spare_ended(Zygote *zygote, pid_t pid, int wait_status) {
        char what[64];

        if (!children_mark_spare_dead(zygote->children, pid))
                return false;

        set_ready(zygote, false);
        if (zygote->draining)
                return true;

        if (WIFSIGNALED(wait_status))
                snprintf(what, sizeof(what), "it was killed by signal %d", WTERMSIG(wait_status));
        else
                snprintf(what, sizeof(what), "it has ended with status %d",
                                WEXITSTATUS(wait_status));
        note_failure(&zygote->spare, what);
        return true;
}

/* SPDX-License-Identifier: MIT */
#include "manager/generation/orphans.h"

#include <errno.h>
#include <signal.h>

#include "base/cleanup.h"
#include "manager/base/log.h"
#include "manager/spawn/pool_signal.h"

/* The slots of one generation never share a pid here: the reaper watches each once. */
static bool find_slot(const Orphans *orphans, pid_t pid, unsigned *ret) {
        for (unsigned slot = 0; slot < slots_count(orphans->slots); slot++)
                if (slots_pid(orphans->slots, slot) == pid) {
                        *ret = slot;
                        return true;
                }

        return false;
}

static void orphans_on_exit(pid_t pid, int wait_status, void *userdata) {
        Orphans *orphans = userdata;
        unsigned slot;

        if (pid <= 0 || !find_slot(orphans, pid, &slot))
                return;

        (void) scoreboard_mark_orphan_dead(orphans->board, slot);
        orphans->left(slot, wait_status, orphans->userdata);
}

/* The zygote has reaped it and could not report it any more, or it was never there. */
static void vacate(Orphans *orphans, unsigned slot, uint64_t now_usec) {
        uint64_t lived_usec;

        (void) scoreboard_mark_orphan_dead(orphans->board, slot);
        if (slots_life(orphans->slots, slot) == SLOT_FORKING)
                (void) slots_not_forked(orphans->slots, slot, now_usec);
        else
                (void) slots_exited(orphans->slots, slot, SLOT_LEFT, now_usec, &lived_usec);
}

static void adopt(Orphans *orphans, unsigned slot, uint64_t now_usec) {
        pid_t pid = slots_pid(orphans->slots, slot);
        int r;

        r = reaper_watch(orphans->reaper, pid, orphans_on_exit, orphans);
        if (r >= 0)
                return;

        if (r != -ECHILD)
                log_warning_errno(r,
                                "Generation %u: process %d is not taken for worker %u, although the "
                                "zygote has reported it as such: %m",
                                orphans->generation, pid, slot);
        vacate(orphans, slot, now_usec);
}

unsigned orphans_adopt(Orphans *orphans, uint64_t now_usec) {
        for (unsigned slot = 0; slot < slots_count(orphans->slots); slot++)
                if (slots_life(orphans->slots, slot) != SLOT_VACANT)
                        adopt(orphans, slot, now_usec);

        return slots_taken(orphans->slots);
}

/* The next request of that worker, which may have come meanwhile, must not be ended. */
void orphans_end(Orphans *orphans, unsigned slot, SlotWord word) {
        pid_t pid = slots_pid(orphans->slots, slot);

        if (pid > 0 && scoreboard_copy(orphans->board) >= 0 &&
                        slot_word_since_usec(scoreboard_word(orphans->board, slot)) ==
                                        slot_word_since_usec(word))
                pool_signal_child(pid, orphans->user, SIGKILL);
}

void orphans_kill(Orphans *orphans) {
        PoolSignalTarget targets[POOL_SIGNAL_TARGETS_MAX];
        size_t n = 0;

        for (unsigned slot = 0; slot < slots_count(orphans->slots); slot++) {
                if (slots_pid(orphans->slots, slot) <= 0)
                        continue;

                targets[n++] = (PoolSignalTarget){ slots_pid(orphans->slots, slot), -EBADF };
                if (n == ELEMENTSOF(targets)) {
                        pool_signal(targets, n, orphans->user, SIGKILL);
                        n = 0;
                }
        }

        pool_signal(targets, n, orphans->user, SIGKILL);
}

void orphans_forget(Orphans *orphans) {
        reaper_forget(orphans->reaper, orphans);
}

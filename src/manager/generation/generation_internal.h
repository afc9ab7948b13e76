/* SPDX-License-Identifier: MIT */
#pragma once
/* What generation.c (its life), generation_words.c (what the zygote says) and generation_orphans.c (what is left
 * when the zygote is dead) share with each other and with nobody else.
 *
 * Runs in: manager. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "contract/message.h"
#include "manager/generation/generation.h"
#include "manager/requests/queue_watch.h"
#include "manager/requests/request_timeouts.h"
#include "manager/workers/workforce.h"

struct Generation {
        GenerationContext context;
        PoolConfig *config;
        unsigned number;
        GenerationState state;
        bool refused; /* reason is the pool program's own */
        bool doomed;  /* what the zygote leaves behind is killed */
        char reason[MESSAGE_TEXT_MAX];

        Listeners listeners; /* but that of pm.status_listen; with the pair of its user */
        int status_fd;       /* borrowed, -EBADF: none */

        uint64_t spawned_usec, php_start_usec; /* when the zygote was started, how long PHP took */
        pid_t zygote_pid;                      /* our child: 0 when there is none */
        int control_fd;
        int wake_fd; /* eventfd that workers ring */
        Scoreboard *board;
        Workforce *workforce;
        StackRequests *stack_requests;
        RequestTimeouts *request_timeouts;
        QueueWatch *queue_watch;

        sd_event_source *child_source, *control_source, *wake_source, *limit_source, *kill_source;

        unsigned n_pings; /* that were not answered yet */
};

uint64_t generation_now_usec(const Generation *g);
Slots *generation_slots(Generation *g);

/* Logs what, and kills it. */
void generation_misused(Generation *g, const char *what);

void generation_close_control(Generation *g);

/* The control page reaches the workers also when the zygote does not. */
void generation_order_leave(Generation *g, Draining draining);

/* Until when one that drains may go on. */
void generation_limit_drain(Generation *g, Draining draining);

/* The worker of a slot has ended. 0, or -EBADMSG: there was none. */
int generation_worker_left(Generation *g, unsigned slot, int wait_status);

/* GENERATION_ORPHANED: ends the request that the word tells of; kills all workers; waits for them no longer. */
void generation_end_orphan(Generation *g, unsigned slot, SlotWord word);
void generation_kill_orphans(Generation *g);
void generation_abandon_orphans(Generation *g);

/* Event handlers; userdata is the Generation. */
int generation_on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata);
int generation_on_control(sd_event_source *source, int fd, uint32_t revents, void *userdata);
int generation_on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata);

/* SPDX-License-Identifier: MIT */
#pragma once
/* What generation.c (its parts, what is asked of it), generation_events.c (what follows from what happens),
 * generation_messages.c (what the zygote says) and generation_stats.c (what can be seen of it) share with each other
 * and with nobody else.
 *
 * Runs in: manager. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "contract/message.h"
#include "manager/generation/generation.h"
#include "manager/generation/generation_state.h"
#include "manager/generation/orphans.h"
#include "manager/generation/php_files.h"
#include "manager/generation/zygote_link.h"
#include "manager/requests/queue_watch.h"
#include "manager/requests/request_timeouts.h"
#include "manager/workers/workforce.h"

struct Generation {
        GenerationContext context;
        PoolConfig *config;
        unsigned number;
        GenerationLife life;
        bool refused; /* reason is the pool program's own */
        bool changed; /* workers came or went since their number was balanced */
        char reason[MESSAGE_TEXT_MAX];

        Listeners listeners; /* but that of pm.status_listen; with the pair of its user */
        int status_fd;       /* borrowed, -EBADF: none */

        uint64_t spawned_usec, php_start_usec; /* when the zygote was started, how long PHP took */
        PhpFiles php_files;                    /* that the zygote was started from */
        pid_t zygote_pid;                      /* our child: 0 when there is none */
        ZygoteLink link;
        int wake_fd; /* eventfd by which workers wake the manager */
        Scoreboard *board;
        Workforce *workforce;
        StackRequests *stack_requests;
        RequestTimeouts *request_timeouts;
        QueueWatch *queue_watch;
        Orphans orphans;

        sd_event_source *child_source, *wake_source, *time_source;

        uint32_t n_changes; /* of files, that were told */
        unsigned n_pings; /* that were not answered yet */
        uint64_t pinged_usec;
};

/* Return the time of the event that is being handled, and the slots of the workers. */
uint64_t generation_now_usec(const Generation *g);
Slots *generation_slots(Generation *g);

/* Gives an event to the state machine and does what follows from it. A message that is legal and changes no state is
 * left to the caller (GENERATION_TAKE). Returns what was done. */
GenerationAction generation_take(Generation *g, GenerationEvent event);

/* Arms the timer for the next time limit of the state machine. */
void generation_arm_time(Generation *g);

/* Writes the order to leave on the control page, where workers read it also when no zygote is there to wake them. */
void generation_order_leave(Generation *g, Draining draining);

/* Logs that the zygote has broken the protocol, and by what. */
void generation_log_misuse(Generation *g, const char *what);

/* Takes note that the worker of a slot has ended. Returns 0, or -EBADMSG when the slot had none. */
int generation_worker_left(Generation *g, unsigned slot, int wait_status);

/* Balances the number of workers, if workers came or went. */
void generation_settle(Generation *g);

/* Are the hooks of ZygoteLinkHooks and of Orphans. userdata is the Generation. generation_on_message() returns 0, or
 * -EBADMSG when the zygote was not allowed to send that message now. */
int generation_on_message(const Message *message, void *userdata);
void generation_on_pause(void *userdata);
void generation_on_wrong(void *userdata);
void generation_on_orphan_left(unsigned slot, int wait_status, void *userdata);

/* Are the event handlers for the wake fd and for the end of the zygote. userdata is the Generation. They return 0. */
int generation_on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata);
int generation_on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata);

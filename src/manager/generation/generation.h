/* SPDX-License-Identifier: MIT */
#pragma once
/* Generation: one zygote and the workers that it forked, all with one configuration.
 *
 * A pool has one generation that serves; a reload starts the next one beside it and drains the old one.
 *
 * Runs in: manager.     Owns: the configuration, the zygote's control socket, the scoreboard.
 * Trusts:  nobody. What the zygote says is checked by form (message_check), by state (the tables in generation_state.c
 * and slots.c) and else ends the generation; the scoreboard only tells how busy it is. */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "manager/generation/generation_state.h"
#include "manager/requests/stack_requests.h"
#include "manager/sockets/listener.h"
#include "manager/spawn/account.h"
#include "manager/workers/reaper.h"
#include "manager/workers/slots.h"

typedef struct Generation Generation;

/* Counts of the whole life of a generation. */
typedef struct GenerationCounts {
        uint64_t n_requests;
        uint64_t n_slow;           /* requests that ran longer than request_slowlog_timeout */
        uint64_t n_queue_timeouts; /* requests refused by pm.queue_timeout */
        uint64_t n_limit_reached;
        uint64_t n_queued_max; /* the longest queue that was seen */
        uint64_t n_busy_max;   /* the most requests that ran at once, where that was counted */
} GenerationCounts;

/* How the pool learns of events. Each hook may call back into the generation, except orphaned(), and gone(), after
 * which only generation_free() is allowed (not from inside the hook). */
typedef struct GenerationHooks {
        void (*serving)(Generation *generation, void *userdata); /* the first worker can accept */
        void (*changed)(Generation *generation, void *userdata); /* worker numbers changed */
        void (*alive)(Generation *generation, void *userdata);   /* the zygote answered a ping */
        void (*crashed)(Generation *generation,
                        void *userdata); /* a worker, by SIGSEGV or SIGBUS */

        /* opcache is full or was reset, and its memory stays as it is while workers are in the middle of a script.
         * Comes again with each wake-up until another generation serves. */
        void (*renew)(Generation *generation, void *userdata);

        /* Is called when files have changed that the generation runs. which is the same for the same files. */
        void (*edited)(Generation *generation, uint64_t which, void *userdata);

        /* Is called when the zygote has died without its workers, which finish what they hold: the generation does not
         * serve any more, and gone() follows. Returns false if the pool does not wait for them: they are killed. */
        bool (*orphaned)(Generation *generation, void *userdata);
        void (*gone)(Generation *generation, void *userdata);
} GenerationHooks;

typedef struct GenerationContext {
        sd_event *event;
        const Listeners *listeners; /* while generation_new() runs */
        const Account *account;     /* while generation_start() runs: who its processes are */
        int access_fd;              /* and where they write the access log; -EBADF: nowhere */
        int scripts_fd;             /* and where they read what to compile first; -EBADF: nowhere */
        const char *program;        /* that runs the pool; NULL: PHP */
        Reaper *reaper;
        const GenerationHooks *hooks;
        void *userdata;
        uint64_t *n_exits;     /* [_SLOT_END_MAX]: counts the workers that leave */
        bool cache_is_suspect; /* workers crashed: it deletes what earlier ones have compiled */
        bool strict; /* another generation serves: what PHP would only warn of at its start is a failure */
} GenerationContext;

/* Takes config, borrows what context names, and starts no process. Returns 0 or a negative errno. */
int generation_new(Generation **ret, const GenerationContext *context, PoolConfig *config,
                unsigned number);
Generation *generation_free(Generation *generation);
DEFINE_CLEANUP(Generation, generation_free);

/* Starts the zygote. Logs why it cannot. Returns 0, or a negative errno, after which gone() is not called. */
int generation_start(Generation *generation);

/* Hands the access log down, which was opened anew: workers write their next lines there, also those that drain. fd is
 * borrowed; negative errno: it could not be opened, which is logged. */
void generation_reopen_logs(Generation *generation, int fd);

/* Lets the zygote write to fd, which is borrowed, which scripts are in use (script_list.h). Its reader may wait for the
 * end of file, but not for ever. Returns 0 or a negative errno. */
int generation_list_scripts(Generation *generation, int fd);

/* Asks every worker to leave after its request, then the zygote; no signal reaches a script. Processes that have not
 * left after process_control_timeout are killed; without that directive, and if no generation replaces this one, after
 * GENERATION_DRAIN_LIMIT_USEC. A second call, for a generation that drains already, says that nothing replaces it any
 * more. */
void generation_drain(Generation *generation, Draining draining);

/* Kills the zygote and each worker, when a drain took too long or the zygote has broken the protocol. */
void generation_kill(Generation *generation);

/* Pings the zygote, whose answer calls alive(); or kills it if it has not answered the last ping for missed_usec. */
void generation_ping(Generation *generation, uint64_t missed_usec);

/* Return its state, its number (from 1), and its configuration, which stays the generation's. */
GenerationState generation_state(const Generation *generation);
unsigned generation_number(const Generation *generation);
const PoolConfig *generation_config(const Generation *generation);

/* Returns whether the pool program itself said why it cannot start: its configuration is wrong. */
bool generation_refused(const Generation *generation);

/* Returns why it did not serve, for people. */
const char *generation_reason(const Generation *generation);

/* Return how many workers there may be, and why not more, as a text that is cut to size; and how long a drain may take
 * where there is a limit, in microseconds. */
uint64_t generation_worker_limit(const Generation *generation);
void generation_describe_worker_limit(const Generation *generation, char *buffer, size_t size);
uint64_t generation_drain_limit_usec(const Generation *generation);

/* Returns how much longer a draining generation may take at most, or 0 where it has no limit. */
uint64_t generation_drain_left_usec(const Generation *generation);

/* Returns the pair through which its workers hand kept connections over. Borrowed. */
HandoffPair *generation_pair(const Generation *generation);

/* Returns how many connections wait, those at the socket of pm.status_listen excluded. */
unsigned generation_queue_length(const Generation *generation);

/* Returns how long PHP took to start in the zygote. */
uint64_t generation_php_start_usec(const Generation *generation);

/* Returns what of its PHP was replaced on disk since it was started, for people, or NULL if nothing was. */
const char *generation_outdated(const Generation *generation);

/* Adds up how long requests took, as the workers claim. Returns 0 or a negative errno. */
int generation_durations(const Generation *generation, Durations *ret);

/* Publishes the numbers of the whole pool for the status page, which a worker serves. are_whole says whether they stay
 * right, since no other generation counts on; else a worker asks for new ones. question is what the first function
 * returned before they were added up. */
uint32_t generation_totals_asked(const Generation *generation);
void generation_publish(Generation *generation, const PoolTotals *totals, bool are_whole,
                uint32_t question);

/* Reads what the scoreboard says now. Returns 0 or a negative errno. */
int generation_summarize(Generation *generation, ScoreboardSummary *ret);

/* Adds its counts so far to sums, and reads what the scoreboard says now. Returns 0, or a negative errno when the
 * number of requests is not known. */
int generation_add_counts(
                Generation *generation, GenerationCounts *counts, ScoreboardSummary *ret_now);

/* --- what its workers do: generation_stats.c --- */

/* Copies what one worker does now. Returns 0, -ENOENT when the slot is empty, or another negative errno. */
struct WorkerSnapshot;
int generation_snapshot_worker(Generation *generation, unsigned slot, struct WorkerSnapshot *ret);

/* Returns how many slots it has for workers. */
unsigned generation_count_slots(Generation *generation);

/* Calls hook for each worker that has a request by its own word. A negative errno of the hook ends the walk and is
 * returned. */
typedef int (*BusyHook)(Generation *generation, unsigned slot, SlotWord word, void *userdata);
int generation_each_busy(Generation *generation, BusyHook hook, void *userdata);

/* Do the same as stack_requests_ask() and stack_requests_forget(). The first returns -ECANCELED when the zygote is
 * gone. */
int generation_trace(Generation *generation, const StackQuestion *question, TraceHook hook,
                void *userdata);
void generation_forget_stacks(Generation *generation, const void *userdata);

/* SPDX-License-Identifier: MIT */
#pragma once
/* Client: sends questions to the managers of pools, all at once and with one deadline for all, or some at a time.
 *
 * Runs in: fpmctl, fpmd-exporter, fpmd-agent.
 * Trusts:  no manager: a reply is checked, its size is bounded, and no manager is waited for beyond the deadline. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "contract/control.h"

typedef struct Question {
        const char *pool; /* borrowed */
        ControlVerb verb;
        uint32_t slot;
        uint64_t patience_usec; /* how long to wait for this manager; 0: as long as for all */
        bool insists; /* a person waits: tries for 5 s to get through to a crowded manager */

        /* The result. */
        /* 0 or negative errno; -ETIMEDOUT, -ECONNREFUSED and -ENOENT: no manager; -ELOOP: its socket leads to another
         * program, which was not asked. */
        int result;
        bool refused; /* the manager has refused, text says why */
        char *text;   /* the line of its reply */
        json_t *json; /* the JSON of its answer, if it has one */
        pid_t pid;    /* of the manager, from the kernel; 0: unknown */

        bool is_slow; /* ClientTurns.slow_usec have passed before it had a result */

        int fd; /* the client's own */
        bool begun, asked;
        bool is_busy;             /* the manager's last reply was CONTROL_BUSY */
        unsigned n_lost;          /* tries that a manager has ended before it replied */
        uint64_t not_before_usec; /* for the next try */
        uint64_t timeout_usec;    /* for the reply, once it was asked */
        uint64_t give_up_usec;    /* when there are no more tries */
        uint64_t deadline_usec;   /* of what is waited for now */
        uint64_t slow_at_usec;
} Question;

/* How managers are asked one after the other, some of them beside each other. */
typedef struct ClientTurns {
        size_t n_at_once; /* so many at a time */
        uint64_t slow_usec; /* one without a result by then is waited for, but its place is the next one's; 0: never */

        /* Either may be NULL. begin() is called when the turn of a question has come, and may end it with a result of
         * its own; progress() each time that some may have got a result or have become slow. */
        void (*begin)(Question *question, void *userdata);
        void (*progress)(void *userdata);
        void *userdata;
} ClientTurns;

/* Makes a question that was not asked yet. pool is borrowed. */
void question_init(Question *question, const char *pool, ControlVerb verb);

/* Returns whether the manager has used up all the time that it had, by silence or by sending us away again and again.
 * Pure. */
static inline bool question_was_late(const Question *question) {
        return question->result == -ETIMEDOUT || question->result == CONTROL_BUSY;
}

/* Frees the answer. */
void question_done(Question *question);

/* Sends all questions and waits for all replies, at most timeout_usec; those that are more than half of the fds that
 * this process may have are sent in turns. One that insists may be tried for longer, and its reply is waited for
 * in addition. One whose manager ends before it replies is sent to the next manager, a few times: every question may be
 * asked more than once. The results are in the questions. */
void client_ask(Question *questions, size_t n, uint64_t timeout_usec);

/* Does the same in turns: the time of each question counts from its turn on. One that has a result already is not
 * asked. */
void client_ask_in_turns(
                Question *questions, size_t n, uint64_t timeout_usec, const ClientTurns *turns);

/* SPDX-License-Identifier: MIT */
#pragma once
/* StackRequests: asks the zygote for PHP stacks of workers, puts them together and gives them to those who asked.
 *
 * A frame that the zygote sends for a slot belongs to the oldest question for that slot. Among slots it may answer in
 * any order, since requests that are to be ended come first.
 *
 * Runs in: manager.
 * Trusts:  nobody: frames are escaped, and no more are kept than were asked for. */

#include <stdbool.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"

enum {
        TRACE_DEPTH_MAX = 128, /* what a zygote gives at most */
};

typedef struct StackRequests StackRequests;

typedef struct StackQuestion {
        unsigned slot, depth;
        SlotWord word;    /* of the request whose stack is wanted; 0: of any */
        bool ends_worker; /* when its stack was read, unless it has ended by itself */
} StackQuestion;

/* Passes the question on to the zygote. Returns 0, or a negative errno when the zygote cannot be asked. */
typedef int (*TraceOrder)(const StackQuestion *question, void *userdata);

/* Is called with the answer. stack has a line for each call, innermost first, without "\n" at the end; when the
 * innermost call is PHP code, "at FILE:LINE" stands before them. "" and a negative errno mean that there is no stack, a
 * stack and a negative errno that the rest of it could not be read. -ESTALE: the request has ended, and there is no
 * stack of it. */
typedef void (*TraceHook)(unsigned slot, int error, const char *stack, void *userdata);

/* Makes a list of questions, of which at most max can be open at a time. Returns 0 or -ENOMEM. */
int stack_requests_new(StackRequests **ret, unsigned max, TraceOrder order, void *userdata);
StackRequests *stack_requests_free(
                StackRequests *stack_requests); /* questions that are open are answered with -ECANCELED */
DEFINE_CLEANUP(StackRequests, stack_requests_free);

/* Asks for a stack of at most depth calls; hook is called once, later. Returns 0, -EBUSY when too many questions are
 * open, or another negative errno; after an error hook is not called. */
int stack_requests_ask(StackRequests *stack_requests, const StackQuestion *question, TraceHook hook,
                void *userdata);

/* Drops the questions with this userdata: their hooks are not called. */
void stack_requests_forget(StackRequests *stack_requests, const void *userdata);

/* Is to be called when there will be no more answers: open questions are answered with -ECANCELED. */
void stack_requests_cancel(StackRequests *stack_requests);

/* Take what the zygote sends: a call; the end of an answer. Return 0, -EBADMSG when there was no such question, or not
 * for so many calls, or -ENOMEM. */
int stack_requests_add(StackRequests *stack_requests, unsigned slot, const char *frame);
int stack_requests_end(StackRequests *stack_requests, unsigned slot, int error);

/* SPDX-License-Identifier: MIT */
#pragma once
/* StackRequests: asks the zygote for PHP stacks of workers and puts them together, for whoever wants one.
 *
 * What the zygote says of a slot belongs to the oldest question for that slot. Among slots it may answer in any order:
 * it sees first to requests that are to be ended.
 *
 * Runs in: manager.
 * Trusts:  nobody: frames are escaped, and no more are kept than were asked for. */

#include "base/cleanup.h"
#include "contract/scoreboard.h"

enum {
        TRACE_DEPTH_MAX = 128, /* what a zygote gives at most */
};

typedef struct StackRequests StackRequests;

/* Passes the question on to the zygote. end_word: 0, or the zygote is to end the request of that word when it has
 * read the stack. Negative errno: it cannot be asked. */
typedef int (*TraceOrder)(unsigned slot, unsigned depth, SlotWord end_word, void *userdata);

/* The answer. stack: a line for each call, innermost first, without "\n" at the end; before them, when the
 * innermost is PHP code, "at FILE:LINE": where in it. "" and a negative errno: there is none. Both: the rest
 * could not be read. */
typedef void (*TraceHook)(unsigned slot, int error, const char *stack, void *userdata);

/* No more than max questions are open at a time. 0 or -ENOMEM. */
int stack_requests_new(StackRequests **ret, unsigned max, TraceOrder order, void *userdata);
StackRequests *stack_requests_free(
                StackRequests *stack_requests); /* who still waits is answered -ECANCELED */
DEFINE_CLEANUP(StackRequests, stack_requests_free);

/* hook is called once, later. 0, or negative errno and then it is not called; -EBUSY: too many are open. */
int stack_requests_ask(StackRequests *stack_requests, unsigned slot, unsigned depth, TraceHook hook,
                void *userdata);

/* The same, in one order with the end of the request of that word. */
int stack_requests_ask_and_end(StackRequests *stack_requests, unsigned slot, unsigned depth,
                SlotWord word, TraceHook hook, void *userdata);

/* Whoever asked with this userdata is gone: its hooks are not called. */
void stack_requests_forget(StackRequests *stack_requests, const void *userdata);

/* There will be no answers any more: who still waits gets -ECANCELED. */
void stack_requests_cancel(StackRequests *stack_requests);

/* What the zygote says: a call; the end of an answer. 0, -EBADMSG: nobody asked, or for so many; -ENOMEM. */
int stack_requests_add(StackRequests *stack_requests, unsigned slot, const char *frame);
int stack_requests_end(StackRequests *stack_requests, unsigned slot, int error);

/* SPDX-License-Identifier: MIT */
#include "manager/requests/stack_requests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "contract/message.h"

typedef struct Question {
        struct Question *next;
        unsigned slot, depth;
        TraceHook hook; /* NULL: its answer is not wanted any more */
        void *userdata;
        char *text;
        size_t length;
        unsigned n_frames;
} Question;

struct StackRequests {
        TraceOrder order;
        void *userdata;
        unsigned n, max;
        Question *first, **last; /* the oldest first */
};

int stack_requests_new(StackRequests **ret, unsigned max, TraceOrder order, void *userdata) {
        StackRequests *stack_requests = calloc(1, sizeof(*stack_requests));

        if (!stack_requests)
                return -ENOMEM;

        stack_requests->max = max;
        stack_requests->order = order;
        stack_requests->userdata = userdata;
        stack_requests->last = &stack_requests->first;
        *ret = stack_requests;
        return 0;
}

/* Where the oldest question for a slot hangs. */
static Question **find(StackRequests *stack_requests, unsigned slot) {
        Question **place = &stack_requests->first;

        while (*place && (*place)->slot != slot)
                place = &(*place)->next;

        return place;
}

static void answer(StackRequests *stack_requests, Question **place, int error) {
        Question *question = *place;

        *place = question->next;
        if (!question->next)
                stack_requests->last = place;
        stack_requests->n--;
        if (question->hook)
                question->hook(question->slot, error,
                                question->text && error != -ESTALE ? question->text : "",
                                question->userdata);
        free(question->text);
        free(question);
}

StackRequests *stack_requests_free(StackRequests *stack_requests) {
        if (!stack_requests)
                return NULL;

        stack_requests_cancel(stack_requests);
        free(stack_requests);
        return NULL;
}

void stack_requests_cancel(StackRequests *stack_requests) {
        while (stack_requests && stack_requests->first)
                answer(stack_requests, &stack_requests->first, -ECANCELED);
}

int stack_requests_ask(StackRequests *stack_requests, const StackQuestion *asked, TraceHook hook,
                void *userdata) {
        StackQuestion order = *asked;
        Question *question;
        int r;

        if (stack_requests->n >= stack_requests->max)
                return -EBUSY;
        if (order.depth > TRACE_DEPTH_MAX)
                order.depth = TRACE_DEPTH_MAX;

        question = calloc(1, sizeof(*question));
        if (!question)
                return -ENOMEM;

        r = stack_requests->order(&order, stack_requests->userdata);
        if (r < 0) {
                free(question);
                return r;
        }

        *question = (Question){
                .slot = order.slot,
                .depth = order.depth + 1, /* and where in the innermost one */
                .hook = hook,
                .userdata = userdata,
        };
        *stack_requests->last = question;
        stack_requests->last = &question->next;
        stack_requests->n++;
        return 0;
}

void stack_requests_forget(StackRequests *stack_requests, const void *userdata) {
        for (Question *question = stack_requests->first; question; question = question->next)
                if (question->userdata == userdata)
                        question->hook = NULL;
}

int stack_requests_add(StackRequests *stack_requests, unsigned slot, const char *frame) {
        char line[4 * MESSAGE_TEXT_MAX], *grown;
        Question *question = *find(stack_requests, slot);
        bool separate;
        size_t n;

        if (!question || question->n_frames >= question->depth)
                return -EBADMSG;

        /* The zygote reads it out of a worker's memory, and escapes it there but for the backslash of namespaces. */
        n = escape_string_but(line, sizeof(line), frame, "\\");
        separate = question->length > 0;
        grown = realloc(question->text, question->length + separate + n + 1);
        if (!grown)
                return -ENOMEM;

        if (separate)
                grown[question->length++] = '\n';
        memcpy(grown + question->length, line, n + 1);
        question->text = grown;
        question->length += n;
        question->n_frames++;
        return 0;
}

int stack_requests_end(StackRequests *stack_requests, unsigned slot, int error) {
        Question **place = find(stack_requests, slot);

        if (!*place)
                return -EBADMSG;

        answer(stack_requests, place, error);
        return 0;
}

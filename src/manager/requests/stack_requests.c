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
        TraceHook hook; /* NULL: nobody waits any more */
        void *userdata;
        char *text;
        size_t length;
        unsigned n_frames;
} Question;

struct Traces {
        TraceOrder order;
        void *userdata;
        Question *first, **last; /* in the order of the answers */
};

int traces_new(Traces **ret, TraceOrder order, void *userdata) {
        Traces *traces = calloc(1, sizeof(*traces));

        if (!traces)
                return -ENOMEM;

        traces->order = order;
        traces->userdata = userdata;
        traces->last = &traces->first;
        *ret = traces;
        return 0;
}

static void answer(Traces *traces, int error) {
        Question *question = traces->first;

        traces->first = question->next;
        if (!traces->first)
                traces->last = &traces->first;
        if (question->hook)
                question->hook(question->slot, error, question->text ? question->text : "",
                                question->userdata);
        free(question->text);
        free(question);
}

Traces *traces_free(Traces *traces) {
        if (!traces)
                return NULL;

        traces_cancel(traces);
        free(traces);
        return NULL;
}

void traces_cancel(Traces *traces) {
        while (traces && traces->first)
                answer(traces, -ECANCELED);
}

int traces_ask(Traces *traces, unsigned slot, unsigned depth, TraceHook hook, void *userdata) {
        Question *question;
        int r;

        if (depth > TRACE_DEPTH_MAX)
                depth = TRACE_DEPTH_MAX;

        question = calloc(1, sizeof(*question));
        if (!question)
                return -ENOMEM;

        r = traces->order(slot, depth, traces->userdata);
        if (r < 0) {
                free(question);
                return r;
        }

        *question = (Question){
                .slot = slot,
                .depth = depth + 1, /* and where in the innermost one */
                .hook = hook,
                .userdata = userdata,
        };
        *traces->last = question;
        traces->last = &question->next;
        return 0;
}

void traces_forget(Traces *traces, const void *userdata) {
        for (Question *question = traces->first; question; question = question->next)
                if (question->userdata == userdata)
                        question->hook = NULL;
}

/* The zygote reads it out of a worker's memory, and escapes it there but for the backslash of namespaces. */
static size_t escape_frame(char *line, size_t size, const char *frame) {
        size_t n = 0;

        while (*frame && n < size) {
                char part[MESSAGE_TEXT_MAX];
                size_t length = strcspn(frame, "\\");

                memcpy(part, frame, length);
                part[length] = '\0';
                n += escape_string(line + n, size - n, part);
                frame += length;
                if (*frame == '\\' && n + 1 < size) {
                        line[n++] = '\\';
                        frame++;
                } else if (*frame == '\\')
                        break;
        }

        line[n] = '\0';
        return n;
}

int traces_add(Traces *traces, unsigned slot, const char *frame) {
        char line[4 * MESSAGE_TEXT_MAX], *grown;
        Question *question = traces->first;
        bool separate;
        size_t n;

        if (!question || question->slot != slot || question->n_frames >= question->depth)
                return -EBADMSG;

        n = escape_frame(line, sizeof(line), frame);
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

int traces_end(Traces *traces, unsigned slot, int error) {
        if (!traces->first || traces->first->slot != slot)
                return -EBADMSG;

        answer(traces, error);
        return 0;
}

/* SPDX-License-Identifier: MIT */
#include "manager/traces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/escape.h"
#include "shared/message.h"

typedef struct Trace {
        char *text;
        size_t length;
        unsigned n_frames;
} Trace;

struct Traces {
        unsigned n_slots, depth;
        Trace items[];
};

int traces_new(Traces **ret, unsigned n_slots, unsigned depth) {
        Traces *traces = calloc(1, sizeof(*traces) + n_slots * sizeof(Trace));

        if (!traces)
                return -ENOMEM;

        traces->n_slots = n_slots;
        traces->depth = depth;
        *ret = traces;
        return 0;
}

Traces *traces_free(Traces *traces) {
        if (!traces)
                return NULL;

        for (unsigned i = 0; i < traces->n_slots; i++)
                free(traces->items[i].text);
        free(traces);
        return NULL;
}

void traces_begin(Traces *traces, unsigned slot) {
        free(traces->items[slot].text);
        traces->items[slot] = (Trace){};
}

int traces_add(Traces *traces, unsigned slot, const char *frame) {
        Trace *trace = &traces->items[slot];
        char line[2 * MESSAGE_TEXT_MAX], *grown;
        size_t n;

        if (trace->n_frames >= traces->depth)
                return -EBADMSG;

        line[0] = '\n';
        n = 1 + escape_string(line + 1, sizeof(line) - 1, frame);
        grown = realloc(trace->text, trace->length + n + 1);
        if (!grown)
                return -ENOMEM;

        memcpy(grown + trace->length, line, n + 1);
        trace->text = grown;
        trace->length += n;
        trace->n_frames++;
        return 0;
}

const char *traces_text(const Traces *traces, unsigned slot) {
        return traces->items[slot].text ? traces->items[slot].text : "";
}

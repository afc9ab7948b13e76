/* SPDX-License-Identifier: MIT */
#include "manager/overdue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "manager/deadlines.h"
#include "manager/traces.h"

struct Overdue {
        const PoolConfig *config;
        const OverdueOrders *orders;
        void *userdata;
        Deadlines *deadlines;
        Traces *traces;
        char *cause;        /* what overdue_cause() returned last */
        uint64_t *ran_usec; /* by slot: of the request that we ended, 0: none */
};

static void on_overdue(unsigned slot, SlotWord word, uint64_t ran_usec, void *userdata) {
        Overdue *o = userdata;

        o->ran_usec[slot] = ran_usec;
        traces_begin(o->traces, slot);
        o->orders->trace(slot, (unsigned) o->config->request_slowlog_trace_depth, o->userdata);
        o->orders->end(slot, word, o->userdata);
}

int overdue_new(Overdue **ret, sd_event *event, const PoolConfig *config, Scoreboard *board,
                const OverdueOrders *orders, void *userdata) {
        _cleanup_(overdue_freep) Overdue *o = NULL;
        int r;

        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;

        o->config = config;
        o->orders = orders;
        o->userdata = userdata;
        o->ran_usec = calloc(scoreboard_slots(board), sizeof(uint64_t));
        if (!o->ran_usec)
                return -ENOMEM;

        r = traces_new(&o->traces, scoreboard_slots(board),
                        (unsigned) config->request_slowlog_trace_depth);
        if (r < 0)
                return r;

        r = deadlines_new(&o->deadlines, event, config->request_terminate_timeout_usec,
                        config->request_terminate_timeout_track_finished, board, on_overdue, o);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(o);
        return 0;
}

Overdue *overdue_free(Overdue *o) {
        if (!o)
                return NULL;

        deadlines_free(o->deadlines);
        traces_free(o->traces);
        free(o->ran_usec);
        free(o->cause);
        free(o);
        return NULL;
}

void overdue_look(Overdue *o) {
        deadlines_look(o->deadlines);
}

int overdue_frame(Overdue *o, unsigned slot, const char *frame) {
        if (o->ran_usec[slot] == 0)
                return -EBADMSG;

        return traces_add(o->traces, slot, frame);
}

const char *overdue_cause(Overdue *o, unsigned slot) {
        double seconds = (double) o->ran_usec[slot] / 1e6;

        if (o->ran_usec[slot] == 0)
                return NULL;

        o->ran_usec[slot] = 0;
        free(o->cause);
        if (asprintf(&o->cause, "ran for %.2f s, longer than request_terminate_timeout%s", seconds,
                            traces_text(o->traces, slot)) < 0)
                o->cause = NULL;

        return o->cause ? o->cause : "ran longer than request_terminate_timeout";
}

/* SPDX-License-Identifier: MIT */
#include "contract/events.h"

#include <assert.h>

static const struct {
        const char *id, *name;
} events[_EVENT_MAX] = {
#define EVENT_ROW(symbol, event_name, event_id)                                                    \
        [EVENT_##symbol] = { .id = event_id, .name = event_name },
        EVENTS(EVENT_ROW)
#undef EVENT_ROW
};

const char *event_id(Event event) {
        assert(event >= 0 && event < _EVENT_MAX);
        return events[event].id;
}

const char *event_name(Event event) {
        assert(event >= 0 && event < _EVENT_MAX);
        return events[event].name;
}

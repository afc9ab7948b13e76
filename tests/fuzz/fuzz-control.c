/* SPDX-License-Identifier: MIT */
/* What comes by the control socket is any bytes, at either end: a message that is taken for one has a known verb, a
 * number in range and a text that ends. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "contract/control.h"
#include "contract/scoreboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void check_request(const void *data, size_t size) {
        const ControlRequest *request = data;

        if (control_request_check(request, size) < 0)
                return;

        require(size == sizeof(*request));
        require(request->verb > 0 && request->verb < _CONTROL_VERB_MAX);
        if (request->slot == CONTROL_SLOT_ALL)
                return;

        /* The verbs that take a number: of a slot, or of seconds. */
        require(request->verb == CONTROL_TRACE || request->verb == CONTROL_DRAIN);
        require(request->slot < (request->verb == CONTROL_TRACE ? SCOREBOARD_SLOTS_MAX
                                                                : CONTROL_DRAIN_SECONDS_MAX + 1));
}

static void check_reply(const void *data, size_t size) {
        const ControlReply *reply = data;

        if (control_reply_check(reply, size) < 0)
                return;

        require(reply->result <= 0);
        require(strnlen(reply->text, size - offsetof(ControlReply, text)) <
                        size - offsetof(ControlReply, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        void *copy = malloc(size > 0 ? size : 1); /* aligned, and not a byte longer */

        if (!copy)
                return 0;

        memcpy(copy, data, size);
        check_request(copy, size);
        check_reply(copy, size);
        free(copy);
        return 0;
}

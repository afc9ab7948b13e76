/* SPDX-License-Identifier: MIT */
#include "shared/control.h"

#include <errno.h>
#include <stdio.h>

int control_path(char *buffer, size_t size, const char *pool) {
        int n = snprintf(buffer, size, "/run/fpmd/%s/control", pool);

        return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}

int control_request_check(const ControlRequest *request, size_t size) {
        if (size != sizeof(*request) || request->version != CONTROL_VERSION)
                return -EBADMSG;

        return request->verb > 0 && request->verb < _CONTROL_VERB_MAX ? 0 : -EBADMSG;
}

int control_reply_check(const ControlReply *reply, size_t size) {
        if (size < CONTROL_REPLY_MIN || size > sizeof(*reply) ||
                        reply->version != CONTROL_VERSION || reply->result > 0)
                return -EBADMSG;

        return ((const char *) reply)[size - 1] == '\0' ? 0 : -EBADMSG;
}

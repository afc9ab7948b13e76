/* SPDX-License-Identifier: MIT */
#include "contract/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract/scoreboard.h"

static int path_of(char *buffer, size_t size, const char *pool, const char *name) {
        int n = snprintf(buffer, size, "/run/fpmd/%s/%s", pool, name);

        return n < 0 || (size_t) n >= size ? -ENAMETOOLONG : 0;
}

int control_path(char *buffer, size_t size, const char *pool) {
        return path_of(buffer, size, pool, CONTROL_SOCKET);
}

int control_root_path(char *buffer, size_t size, const char *pool) {
        return path_of(buffer, size, pool, CONTROL_ROOT_SOCKET);
}

size_t control_json_max(ControlVerb verb) {
        return verb == CONTROL_REQUESTS || verb == CONTROL_TRACE ? CONTROL_JSON_MAX
                                                                 : CONTROL_NUMBERS_MAX;
}

bool control_values_fit(const char *text, size_t size) {
        bool in_string = false;
        size_t n = 0;

        for (size_t i = 0; i < size; i++)
                if (text[i] == '\\' && in_string)
                        i++;
                else if (text[i] == '"')
                        in_string = !in_string;
                else if (!in_string && strchr("[{,:", text[i]) && ++n > CONTROL_VALUES_MAX)
                        return false;

        return true;
}

/* The version is checked before the length: another version has other lengths, and should be reported as such rather
 * than as a bad message. */
int control_request_check(const ControlRequest *request, size_t size) {
        if (size < sizeof(request->version))
                return -EBADMSG;
        if (request->version != CONTROL_VERSION)
                return -EPROTO;
        if (size != sizeof(*request) || request->reserved != 0 || request->verb == 0 ||
                        request->verb >= _CONTROL_VERB_MAX)
                return -EBADMSG;
        if (request->slot == CONTROL_SLOT_ALL)
                return 0;
        if (request->verb == CONTROL_DRAIN)
                return request->slot > 0 && request->slot <= CONTROL_DRAIN_SECONDS_MAX ? 0
                                                                                       : -EBADMSG;

        return request->verb == CONTROL_TRACE && request->slot < SCOREBOARD_SLOTS_MAX ? 0
                                                                                      : -EBADMSG;
}

int control_reply_check(const ControlReply *reply, size_t size) {
        if (size < sizeof(reply->version))
                return -EBADMSG;
        if (reply->version != CONTROL_VERSION)
                return -EPROTO;
        if (size < CONTROL_REPLY_MIN || size > sizeof(*reply) || reply->result > 0)
                return -EBADMSG;

        return ((const char *) reply)[size - 1] == '\0' ? 0 : -EBADMSG;
}

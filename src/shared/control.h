/* SPDX-License-Identifier: MIT */
#pragma once
/* Control: what fpmctl asks a manager, over a SOCK_SEQPACKET unix socket at control_path(). One
 * request, one reply, then the connection ends.
 *
 * Runs in: manager and fpmctl.
 * Trusts:  neither side the other: exact length of the request, known verb, bounded reply. */

#include <stddef.h>
#include <stdint.h>

enum {
        CONTROL_VERSION = 1,
        CONTROL_TEXT_MAX = 60 * 1024,
};

typedef enum ControlVerb {
        CONTROL_RELOAD = 1, /* root; the reply comes when it is done */
        CONTROL_STATUS,     /* anybody who reaches the socket; text: "name: value" lines */
        _CONTROL_VERB_MAX,
} ControlVerb;

typedef struct ControlRequest {
        uint32_t version;
        uint32_t verb;
} ControlRequest;

typedef struct ControlReply {
        uint32_t version;
        int32_t result;              /* 0, or a negative errno that text explains */
        char text[CONTROL_TEXT_MAX]; /* as much as there is, NUL-terminated */
} ControlReply;

/* The smallest reply: no text but the NUL. */
#define CONTROL_REPLY_MIN (offsetof(ControlReply, text) + 1)

/* "/run/fpmd/POOL/control" in buffer. 0 or -ENAMETOOLONG. */
int control_path(char *buffer, size_t size, const char *pool);

/* Whether a request of that many bytes is one. Pure. 0 or -EBADMSG. */
int control_request_check(const ControlRequest *request, size_t size);

/* The same for a reply. */
int control_reply_check(const ControlReply *reply, size_t size);

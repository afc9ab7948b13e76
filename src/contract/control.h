/* SPDX-License-Identifier: MIT */
#pragma once
/* Control: what fpmctl asks a manager, over a SOCK_SEQPACKET unix socket at control_path(). One request, one reply,
 * then the connection ends.
 *
 * An answer of more than a line is JSON in a sealed memfd that comes along with the reply: the answer of a pool of 4096
 * workers has megabytes, and neither side has to wait while the other reads or writes it.
 *
 * Runs in: manager and fpmctl.
 * Trusts:  neither side the other: exact length of the request, known verb, slot in range, bounded reply. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        CONTROL_VERSION = 2,
        CONTROL_TEXT_MAX = 4096,
        CONTROL_JSON_MAX = 64 * 1024 * 1024,
        /* Values in such an answer: "[]," is more than a hundred bytes once it is read. */
        CONTROL_VALUES_MAX = CONTROL_JSON_MAX / 32,
        CONTROL_WORKERS_MAX = 17 * 4096, /* in such an answer: all slots of all generations */
        /* Bytes of an answer that is the pool's numbers: it has a few thousand. */
        CONTROL_NUMBERS_MAX = 64 * 1024,
};

/* Who may ask what (control_server.c): root and the manager's own user everything, the group of the pool's socket also
 * requests and stacks, everybody else numbers only. */
typedef enum ControlVerb {
        CONTROL_RELOAD = 1, /* root; the reply comes when it is done; no JSON */
        CONTROL_STATUS,     /* every user: the pool's numbers */
        CONTROL_REQUESTS,   /* the group: what each busy worker does */
        CONTROL_TRACE, /* the group: the PHP stack of the busy workers, or of the one in slot */
        CONTROL_DRAIN, /* root: the ping page answers 503, for as many seconds as slot says, or for ever; the pool's
                            numbers */
        CONTROL_UNDRAIN, /* root: no longer; the pool's numbers */
        _CONTROL_VERB_MAX,
} ControlVerb;

#define CONTROL_SLOT_ALL UINT32_MAX
#define CONTROL_DRAIN_SECONDS_MAX (365 * 86400)

typedef struct ControlRequest {
        uint32_t version;
        uint32_t verb;
        uint32_t slot;     /* CONTROL_TRACE: which; CONTROL_DRAIN: seconds; else CONTROL_SLOT_ALL */
        uint32_t reserved; /* 0 */
} ControlRequest;

typedef struct ControlReply {
        uint32_t version;
        int32_t result;              /* 0, or a negative errno that text explains */
        char text[CONTROL_TEXT_MAX]; /* as much as there is, NUL-terminated */
} ControlReply;

/* The result of a reload that mistakes of the pool file refuse: the text has a line for each, as `fpmd --test` tells
 * them. */
#define CONTROL_MISTAKES (-EUCLEAN)

/* The smallest reply: no text but the NUL. */
#define CONTROL_REPLY_MIN (offsetof(ControlReply, text) + 1)

/* The two sockets, in the runtime directory of the pool. Root's own has a queue that nobody else can fill. */
#define CONTROL_SOCKET "control"
#define CONTROL_ROOT_SOCKET "control.root"

/* The answer for a user other than root who asks too often, or while too many ask: fpmctl tries again. */
#define CONTROL_BUSY (-EUSERS)

/* Write "/run/fpmd/POOL/control", or the path of root's socket, into buffer. Return 0 or -ENAMETOOLONG. */
int control_path(char *buffer, size_t size, const char *pool);
int control_root_path(char *buffer, size_t size, const char *pool);

/* Returns how many bytes the JSON that answers a verb may have. Who asks all pools holds the answers of all of them at
 * once, and takes them apart, which needs many times as much memory. Pure. */
size_t control_json_max(ControlVerb verb);

/* Returns whether a text of JSON has no more values than CONTROL_VALUES_MAX. Counts what parts them, outside of
 * strings, so of a text that is no JSON it says nothing. Pure. */
bool control_values_fit(const char *text, size_t size);

/* Checks a request of size bytes. Pure. Returns 0, -EBADMSG when it is malformed, or -EPROTO when it is of another
 * version. */
int control_request_check(const ControlRequest *request, size_t size);

/* Checks a reply in the same way. Returns as above. */
int control_reply_check(const ControlReply *reply, size_t size);

/* SPDX-License-Identifier: MIT */
#include "contract/message.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/fd_pass.h"

/* What each message may carry: one row each, so that no field is believed that the type does not
 * have. */
typedef struct MessageRule {
        const char *name;
        MessageSide from;
        bool known, has_slot, has_text, has_word;
        int32_t value_min, value_max;
} MessageRule;

/* clang-format off */
static const MessageRule rules[] = {
        /*                       name          from                  known slot   text   word   min max       */
        [MESSAGE_FORK]       = { "FORK",       MESSAGE_FROM_MANAGER, true, true,  false, false, 0,  0         },
        [MESSAGE_END]        = { "END",        MESSAGE_FROM_MANAGER, true, true,  false, true,  0,  4096      },
        [MESSAGE_TRACE]      = { "TRACE",      MESSAGE_FROM_MANAGER, true, true,  false, true,  1,  4096      },
        [MESSAGE_RETIRE]     = { "RETIRE",     MESSAGE_FROM_MANAGER, true, true,  false, false, 0,  0         },
        [MESSAGE_DRAIN]      = { "DRAIN",      MESSAGE_FROM_MANAGER, true, false, false, false, 0,  0         },
        [MESSAGE_PING]       = { "PING",       MESSAGE_FROM_MANAGER, true, false, false, false, 0,  INT32_MAX },
        [MESSAGE_KILL]       = { "KILL",       MESSAGE_FROM_MANAGER, true, false, false, false, 0,  0         },
        [MESSAGE_REOPEN]     = { "REOPEN",     MESSAGE_FROM_MANAGER, true, false, false, false, 0,  0         },
        [MESSAGE_SCRIPTS]    = { "SCRIPTS",    MESSAGE_FROM_MANAGER, true, false, false, false, 0,  0         },
        [MESSAGE_READY]      = { "READY",      MESSAGE_FROM_ZYGOTE,  true, false, false, false, 0,  0         },
        [MESSAGE_FAILED]     = { "FAILED",     MESSAGE_FROM_ZYGOTE,  true, false, true,  false, 0,  0         },
        [MESSAGE_FORKED]     = { "FORKED",     MESSAGE_FROM_ZYGOTE,  true, true,  false, false, 1,  INT32_MAX },
        [MESSAGE_NOT_FORKED] = { "NOT_FORKED", MESSAGE_FROM_ZYGOTE,  true, true,  false, false, 1,  4095      },
        [MESSAGE_EXITED]     = { "EXITED",     MESSAGE_FROM_ZYGOTE,  true, true,  false, false, 0,  0xffff    },
        [MESSAGE_PONG]       = { "PONG",       MESSAGE_FROM_ZYGOTE,  true, false, false, false, 0,  INT32_MAX },
        [MESSAGE_FRAME]      = { "FRAME",      MESSAGE_FROM_ZYGOTE,  true, true,  true,  false, 0,  0         },
        [MESSAGE_TRACED]     = { "TRACED",     MESSAGE_FROM_ZYGOTE,  true, true,  false, false, 0,  4095      },
};
/* clang-format on */

static const MessageRule *rule_of(uint32_t type) {
        if (type >= ELEMENTSOF(rules) || !rules[type].known)
                return NULL;

        return &rules[type];
}

static bool text_is_empty(const char text[MESSAGE_TEXT_MAX]) {
        for (size_t i = 0; i < MESSAGE_TEXT_MAX; i++)
                if (text[i] != '\0')
                        return false;

        return true;
}

int message_check(const Message *message, MessageSide from, unsigned n_slots) {
        const MessageRule *rule = rule_of(message->type);

        if (!rule || rule->from != from || message->reserved != 0)
                return -EBADMSG;

        if (rule->has_slot ? message->slot >= n_slots : message->slot != 0)
                return -EBADMSG;

        if (!rule->has_word && message->word != 0)
                return -EBADMSG;

        if (message->value < rule->value_min || message->value > rule->value_max)
                return -EBADMSG;

        if (rule->has_text ? message->text[MESSAGE_TEXT_MAX - 1] != '\0'
                           : !text_is_empty(message->text))
                return -EBADMSG;

        return 0;
}

int message_send(int fd, const Message *message) {
        return fd_pass_send(fd, message, sizeof(*message), -EBADF, MSG_DONTWAIT);
}

int message_send_fd(int fd, const Message *message, int passed_fd) {
        return fd_pass_send(fd, message, sizeof(*message), passed_fd, MSG_DONTWAIT);
}

static bool brings_fd(uint32_t type) {
        return type == MESSAGE_REOPEN || type == MESSAGE_SCRIPTS;
}

/* The kernel says ECONNRESET once, before anything else, when the peer has closed its end with messages unread.
 * What it had sent itself comes behind that. */
int message_receive_fd(int fd, Message *ret, int *ret_fd) {
        _cleanup_close_ int passed_fd = -EBADF;
        Message message;
        int n;

        do
                n = fd_pass_receive(fd, &message, sizeof(message), &passed_fd, MSG_DONTWAIT);
        while (n == -ECONNRESET);
        if (n <= 0)
                return n;
        if ((size_t) n != sizeof(message))
                return -EBADMSG;
        if (brings_fd(message.type) != (passed_fd != -EBADF))
                return -EBADMSG;

        *ret = message;
        *ret_fd = TAKE_FD(passed_fd);
        return 1;
}

int message_receive(int fd, Message *ret) {
        Message message;
        ssize_t n;

        /* MSG_TRUNC makes the kernel tell the real length of a packet that is too long for us. Without
         * room for an fd it closes one that is sent along. */
        do
                n = recv(fd, &message, sizeof(message), MSG_TRUNC | MSG_DONTWAIT);
        while (n < 0 && (errno == EINTR || errno == ECONNRESET));
        if (n < 0)
                return -errno;
        if (n == 0)
                return 0;
        if ((size_t) n != sizeof(message))
                return -EBADMSG;

        *ret = message;
        return 1;
}

const char *message_type_name(uint32_t type) {
        const MessageRule *rule = rule_of(type);

        return rule ? rule->name : "unknown";
}

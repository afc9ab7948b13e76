/* SPDX-License-Identifier: MIT */
#pragma once
/* Message: what the manager and a zygote say to each other, fixed-size structs over SOCK_SEQPACKET.
 *
 * Runs in: manager and pool program.
 * Trusts:  nobody. message_check() is what the receiver asks before it looks at a field. The manager names slots. A pid
 * in a message is for display; when the zygote is dead, the manager asks the kernel whether it is a child of its own.
 * EOF means: drain. */

#include <stdbool.h>
#include <stdint.h>

enum {
        MESSAGE_TEXT_MAX = 232,
};

typedef enum MessageType {
        /* manager → zygote */
        MESSAGE_FORK = 1, /* slot */
        MESSAGE_END, /* slot, word: SIGKILL for its worker, if it still has the request of this word; value:
                             0, or the depth of the stack that is read before, as for TRACE */
        MESSAGE_TRACE, /* slot, word, value: depth; FRAMEs follow, then TRACED: ESTALE if it was not all the time
                            the request of this word */
        MESSAGE_RETIRE,  /* slot: finishes what it holds and leaves */
        MESSAGE_DRAIN,   /* workers finish what they hold and leave, then the zygote */
        MESSAGE_PING,    /* value: cookie */
        MESSAGE_KILL,    /* every worker, whatever it does */
        MESSAGE_REOPEN,  /* with an fd: lines of the access log go there from now on */
        MESSAGE_SCRIPTS, /* with an fd: the scripts in use are to be written there (script_list.h) */

        /* zygote → manager */
        MESSAGE_READY = 64, /* PHP has started, FORK is welcome */
        MESSAGE_FAILED,     /* text: why PHP did not start; EOF follows */
        MESSAGE_FORKED,     /* slot, value: pid, for display while the zygote lives */
        MESSAGE_NOT_FORKED, /* slot, value: errno */
        MESSAGE_EXITED,     /* slot, value: wait status */
        MESSAGE_PONG,       /* value: the cookie of the PING */
        MESSAGE_FRAME,      /* slot, text: one call of the PHP stack, innermost first */
        MESSAGE_TRACED,     /* slot, value: 0, or errno: why there is no stack */
} MessageType;

typedef enum MessageSide {
        MESSAGE_FROM_MANAGER,
        MESSAGE_FROM_ZYGOTE,
} MessageSide;

typedef struct Message {
        uint32_t type;
        uint32_t slot;
        int32_t value;
        uint32_t reserved; /* 0 */
        uint64_t word;     /* of the scoreboard; 0: whatever it is */
        char text[MESSAGE_TEXT_MAX];
} Message;

_Static_assert(sizeof(Message) == 256, "the layout of Message is a contract");

/* Checks a message of that side by its form: known type, slot below n_slots, reserved zero, text terminated, value in
 * range. Pure. Returns 0 or -EBADMSG. */
int message_check(const Message *message, MessageSide from, unsigned n_slots);

/* Sends one message and never blocks. Returns 0, -EAGAIN when the socket has no room because the peer has not read,
 * -EPIPE when the peer is gone, or another negative errno. */
int message_send(int fd, const Message *message);

/* Sends one message together with an fd, which is borrowed. Returns as message_send(). */
int message_send_fd(int fd, const Message *message, int passed_fd);

/* Receives one message and never blocks. Returns 1 with a message, 0 at EOF, -EAGAIN when none waits, -EBADMSG when the
 * size is wrong, or another negative errno. An fd that came along is closed. A peer that has died with messages unread
 * is at EOF, too, behind what it had sent. */
int message_receive(int fd, Message *ret);

/* Receives one message and the fd that may come along: *ret_fd is the caller's, -EMFILE when this process has no place
 * for it, or -EBADF. Returns as message_receive(), and -EBADMSG also when the type asks for an fd and none came, or the
 * other way round. */
int message_receive_fd(int fd, Message *ret, int *ret_fd);

/* Returns the name of a type for logs, or "unknown". */
const char *message_type_name(uint32_t type);

/* SPDX-License-Identifier: MIT */
/* What the manager, or fpmctl, is told by processes that it does not trust, and what is made of strangers'
 * words before they are logged: each check accepts or refuses any bytes, and what it accepts is true. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "config/value/address.h"
#include "contract/control.h"
#include "contract/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void check_message(const uint8_t *data, size_t size) {
        Message message = {};

        memcpy(&message, data, size < sizeof(message) ? size : sizeof(message));
        for (int side = MESSAGE_FROM_MANAGER; side <= MESSAGE_FROM_ZYGOTE; side++)
                if (message_check(&message, (MessageSide) side, 7) == 0) {
                        require(memchr(message.text, '\0', sizeof(message.text)) != NULL);
                        require(message.reserved == 0);
                        require((message.type >= MESSAGE_READY) == (side == MESSAGE_FROM_ZYGOTE));
                }
}

static void check_control(const uint8_t *data, size_t size) {
        static ControlReply reply;
        ControlRequest request = {};

        memcpy(&request, data, size < sizeof(request) ? size : sizeof(request));
        if (control_request_check(&request, size) == 0)
                require(size == sizeof(request) && request.verb > 0 &&
                                request.verb < _CONTROL_VERB_MAX);

        /* Behind its end stands what another reply left there. */
        memset(&reply, 'x', sizeof(reply));
        memcpy(&reply, data, size < sizeof(reply) ? size : sizeof(reply));
        if (control_reply_check(&reply, size) == 0)
                require(size >= CONTROL_REPLY_MIN &&
                                memchr(reply.text, '\0', size - offsetof(ControlReply, text)));
}

/* One line, no byte that a terminal obeys, nothing that turns it round, never longer than the buffer. */
static void check_escape(const char *text, size_t buffer_size) {
        char *buffer = malloc(buffer_size);
        size_t n = escape_string(buffer, buffer_size, text);

        require(n < buffer_size && strlen(buffer) == n);
        for (size_t i = 0, length; i < n; i += length) {
                length = escape_utf8_length((const unsigned char *) buffer + i);
                require(escape_utf8_is_shown((const unsigned char *) buffer + i, length));
        }
        free(buffer);
}

static void check_clients(const char *text) {
        const struct sockaddr_in peer = { .sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f };
        const char *cursor = text;
        ClientRange range;
        size_t n = 0;
        int r;

        while ((r = client_list_next(&cursor, &range)) != 0) {
                require(memchr(range.text, '\0', sizeof(range.text)) != NULL);
                require(r < 0 || range.bits <= 128);
                require(n++ < strlen(text));
        }

        (void) client_list_allows(text, (const struct sockaddr *) &peer);
}

static void check_address(const char *text) {
        Address address;
        char why[ADDRESS_WHY_MAX] = "";

        require((address_parse(&address, text, why) < 0) == (*why != '\0'));
        require(memchr(why, '\0', sizeof(why)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = malloc(size + 1);

        memcpy(text, data, size);
        text[size] = '\0';
        check_message(data, size);
        check_control(data, size);
        check_escape(text, 4 * size + 1);
        check_escape(text, size / 2 + 1);
        check_clients(text);
        check_address(text);
        free(text);
        return 0;
}

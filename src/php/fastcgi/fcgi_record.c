/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static uint16_t get_u16(const uint8_t *bytes) {
        return (uint16_t) (bytes[0] << 8 | bytes[1]);
}

static void put_u16(uint8_t *bytes, uint16_t value) {
        bytes[0] = (uint8_t) (value >> 8);
        bytes[1] = (uint8_t) value;
}

int fcgi_record_decode(FcgiRecord *ret, const uint8_t *bytes) {
        if (bytes[0] != FCGI_VERSION_1)
                return -EBADMSG;

        *ret = (FcgiRecord){
                .type = bytes[1],
                .id = get_u16(bytes + 2),
                .content_len = get_u16(bytes + 4),
                .padding_len = bytes[6],
        };
        return 0;
}

void fcgi_record_encode(uint8_t *bytes, const FcgiRecord *record) {
        bytes[0] = FCGI_VERSION_1;
        bytes[1] = record->type;
        put_u16(bytes + 2, record->id);
        put_u16(bytes + 4, record->content_len);
        bytes[6] = record->padding_len;
        bytes[7] = 0;
}

int fcgi_begin_decode(FcgiBegin *ret, const uint8_t *body, size_t size) {
        if (size != FCGI_BODY_LEN)
                return -EBADMSG;

        *ret = (FcgiBegin){
                .role = get_u16(body),
                .keep_conn = body[2] & FCGI_KEEP_CONN,
        };
        return 0;
}

/* All of the body is zero at first: php-fpm leaves bytes of earlier answers in the reserved ones.
 */
static uint8_t *short_record(uint8_t *bytes, uint8_t type, uint16_t id) {
        fcgi_record_encode(bytes,
                        &(FcgiRecord){ .type = type, .id = id, .content_len = FCGI_BODY_LEN });
        memset(bytes + FCGI_HEADER_LEN, 0, FCGI_BODY_LEN);
        return bytes + FCGI_HEADER_LEN;
}

void fcgi_end_encode(uint8_t *bytes, uint16_t id, uint32_t app_status, uint8_t protocol_status) {
        uint8_t *body = short_record(bytes, FCGI_END_REQUEST, id);

        put_u16(body, (uint16_t) (app_status >> 16));
        put_u16(body + 2, (uint16_t) app_status);
        body[4] = protocol_status;
}

void fcgi_unknown_type_encode(uint8_t *bytes, uint8_t type) {
        uint8_t *body = short_record(bytes, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID);

        body[0] = type;
}

size_t fcgi_length_decode(uint32_t *ret, const uint8_t *bytes, size_t size) {
        if (size < 1)
                return 0;

        if (bytes[0] < 0x80) {
                *ret = bytes[0];
                return 1;
        }

        if (size < 4)
                return 0;

        *ret = (uint32_t) (get_u16(bytes) & 0x7fff) << 16 | get_u16(bytes + 2);
        return 4;
}

enum {
        VALUE_MAX_CONNS,
        VALUE_MAX_REQS,
        VALUE_MPXS_CONNS,
        _VALUE_MAX,
};

static const char *const value_names[_VALUE_MAX] = {
        [VALUE_MAX_CONNS] = FCGI_MAX_CONNS,
        [VALUE_MAX_REQS] = FCGI_MAX_REQS,
        [VALUE_MPXS_CONNS] = FCGI_MPXS_CONNS,
};

/* Notes which of the known names are asked for. */
static int values_decode(bool asked[_VALUE_MAX], const uint8_t *content, size_t size) {
        while (size > 0) {
                uint32_t name_len, value_len;
                size_t n, m;

                n = fcgi_length_decode(&name_len, content, size);
                m = n == 0 ? 0 : fcgi_length_decode(&value_len, content + n, size - n);
                if (m == 0)
                        return -EBADMSG;

                content += n + m;
                size -= n + m;
                if (name_len > size || value_len > size - name_len)
                        return -EBADMSG;

                for (size_t i = 0; i < _VALUE_MAX; i++)
                        if (strlen(value_names[i]) == name_len &&
                                        memcmp(value_names[i], content, name_len) == 0)
                                asked[i] = true;

                content += name_len + value_len;
                size -= name_len + value_len;
        }

        return 0;
}

int fcgi_values_encode(uint8_t *bytes, const uint8_t *content, size_t size, unsigned max_conns) {
        const unsigned values[_VALUE_MAX] = { max_conns, max_conns, 0 };
        bool asked[_VALUE_MAX] = {};
        FcgiRecord record = { .type = FCGI_GET_VALUES_RESULT };
        size_t used = FCGI_HEADER_LEN;
        int r;

        r = values_decode(asked, content, size);
        if (r < 0)
                return r;

        for (size_t i = 0; i < _VALUE_MAX; i++) {
                char text[FCGI_VALUES_RECORD_MAX / _VALUE_MAX];
                int n;

                if (!asked[i] || (i != VALUE_MPXS_CONNS && max_conns == 0))
                        continue;

                n = snprintf(text, sizeof(text), "%s%u", value_names[i], values[i]);
                bytes[used++] = (uint8_t) strlen(value_names[i]);
                bytes[used++] = (uint8_t) ((size_t) n - strlen(value_names[i]));
                memcpy(bytes + used, text, (size_t) n);
                used += (size_t) n;
        }

        record.content_len = (uint16_t) (used - FCGI_HEADER_LEN);
        record.padding_len = fcgi_padding(record.content_len);
        fcgi_record_encode(bytes, &record);
        memset(bytes + used, 0, record.padding_len);
        return (int) (used + record.padding_len);
}

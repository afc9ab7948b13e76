/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_control.h"

#include <errno.h>

#include "php/fastcgi/fcgi_record.h"

enum {
        VALUES_CONTENT_MAX = 1024, /* of a GET_VALUES: three names are known */
};

static int answer_values(FcgiReader *reader, FcgiWriter *writer, const FcgiRecord *record,
                unsigned max_conns, uint64_t deadline_usec) {
        uint8_t answer[FCGI_VALUES_RECORD_MAX];
        int r;

        if (record->content_len > VALUES_CONTENT_MAX)
                return -EBADMSG;

        r = fcgi_reader_whole(reader, deadline_usec);
        if (r < 0)
                return r;

        r = fcgi_values_encode(
                        answer, fcgi_connection_data(reader->conn), record->content_len, max_conns);
        if (r < 0)
                return r;

        return fcgi_writer_send_record(writer, answer, (size_t) r);
}

int fcgi_control_reply(FcgiReader *reader, FcgiWriter *writer, const FcgiRecord *record,
                unsigned max_conns, uint64_t deadline_usec) {
        uint8_t answer[FCGI_SHORT_RECORD_LEN];

        if (record->type == FCGI_GET_VALUES)
                return answer_values(reader, writer, record, max_conns, deadline_usec);

        /* A known type that makes no sense here is not what UNKNOWN_TYPE is for. */
        if (record->type >= FCGI_BEGIN_REQUEST && record->type <= FCGI_MAXTYPE)
                return -EBADMSG;

        fcgi_unknown_type_encode(answer, record->type);
        return fcgi_writer_send_record(writer, answer, sizeof(answer));
}

int fcgi_control_end(FcgiWriter *writer, uint16_t id, uint8_t protocol_status) {
        uint8_t record[FCGI_SHORT_RECORD_LEN];

        fcgi_end_encode(record, id, 0, protocol_status);
        return fcgi_writer_send_record(writer, record, sizeof(record));
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "php/fastcgi/fcgi_record.h"
#include "unit.h"

START_TEST(test_header_both_ways) {
        const FcgiRecord record = {
                .type = FCGI_STDIN, .id = 0xabcd, .content_len = 0xfffe, .padding_len = 0xff
        };
        const uint8_t expected[] = { 1, 5, 0xab, 0xcd, 0xff, 0xfe, 0xff, 0 };
        uint8_t bytes[FCGI_HEADER_LEN];
        FcgiRecord again;

        memset(bytes, 0x55, sizeof(bytes));
        fcgi_record_encode(bytes, &record);
        ck_assert_mem_eq(bytes, expected, sizeof(bytes));
        ck_assert_int_eq(fcgi_record_decode(&again, bytes), 0);
        ck_assert_uint_eq(again.type, record.type);
        ck_assert_uint_eq(again.id, record.id);
        ck_assert_uint_eq(again.content_len, record.content_len);
        ck_assert_uint_eq(again.padding_len, record.padding_len);
}
END_TEST

START_TEST(test_header_of_other_version) {
        const uint8_t zero[FCGI_HEADER_LEN] = {}, two[FCGI_HEADER_LEN] = { 2, 1 };
        FcgiRecord record;

        ck_assert_int_eq(fcgi_record_decode(&record, zero), -EBADMSG);
        ck_assert_int_eq(fcgi_record_decode(&record, two), -EBADMSG);
}
END_TEST

START_TEST(test_padding) {
        ck_assert_uint_eq(fcgi_padding(0), 0);
        ck_assert_uint_eq(fcgi_padding(1), 7);
        ck_assert_uint_eq(fcgi_padding(8), 0);
        ck_assert_uint_eq(fcgi_padding(0xfff9), 7);
        ck_assert_uint_eq(fcgi_padding(FCGI_RECORD_CONTENT_MAX), 0);
}
END_TEST

START_TEST(test_begin) {
        const uint8_t body[FCGI_BODY_LEN] = { 0x01, 0x02, 0xff, 1, 2, 3, 4, 5 };
        const uint8_t close[FCGI_BODY_LEN] = { 0, 1, 0xfe };
        FcgiBegin begin;

        ck_assert_int_eq(fcgi_begin_decode(&begin, body, sizeof(body)), 0);
        ck_assert_uint_eq(begin.role, 0x102);
        ck_assert(begin.keep_conn);
        ck_assert_int_eq(fcgi_begin_decode(&begin, close, sizeof(close)), 0);
        ck_assert_uint_eq(begin.role, FCGI_RESPONDER);
        ck_assert(!begin.keep_conn);
        ck_assert_int_eq(fcgi_begin_decode(&begin, body, 7), -EBADMSG);
        ck_assert_int_eq(fcgi_begin_decode(&begin, body, 0), -EBADMSG);
}
END_TEST

/* php-fpm leaves bytes of earlier answers in the reserved ones. */
START_TEST(test_reserved_bytes_are_zero) {
        const uint8_t end[] = { 1, 3, 0, 9, 0, 8, 0, 0, 1, 2, 3, 4, 2, 0, 0, 0 };
        const uint8_t unknown[] = { 1, 11, 0, 0, 0, 8, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0 };
        uint8_t bytes[FCGI_SHORT_RECORD_LEN];

        memset(bytes, 0x55, sizeof(bytes));
        fcgi_end_encode(bytes, 9, 0x01020304, FCGI_OVERLOADED);
        ck_assert_mem_eq(bytes, end, sizeof(end));

        memset(bytes, 0x55, sizeof(bytes));
        fcgi_unknown_type_encode(bytes, 77);
        ck_assert_mem_eq(bytes, unknown, sizeof(unknown));
}
END_TEST

START_TEST(test_lengths) {
        const uint8_t wide[] = { 0xff, 0xff, 0xff, 0xff }, narrow[] = { 0x7f };
        const uint8_t small[] = { 0x80, 0, 1, 2 };
        uint32_t length;

        ck_assert_uint_eq(fcgi_length_decode(&length, narrow, 1), 1);
        ck_assert_uint_eq(length, 127);
        ck_assert_uint_eq(fcgi_length_decode(&length, wide, 4), 4);
        ck_assert_uint_eq(length, 0x7fffffff);
        ck_assert_uint_eq(fcgi_length_decode(&length, small, 4), 4);
        ck_assert_uint_eq(length, 0x102);
        ck_assert_uint_eq(fcgi_length_decode(&length, wide, 3), 0);
        ck_assert_uint_eq(fcgi_length_decode(&length, narrow, 0), 0);
}
END_TEST

#define ASK "\x0e\x00" FCGI_MAX_CONNS "\x0d\x00" FCGI_MAX_REQS "\x0f\x00" FCGI_MPXS_CONNS

static void check_values(const char *content, size_t size, unsigned max_conns, const char *expected,
                size_t expected_size) {
        uint8_t bytes[FCGI_VALUES_RECORD_MAX];
        FcgiRecord record;
        int n;

        memset(bytes, 0x55, sizeof(bytes));
        n = fcgi_values_encode(bytes, (const uint8_t *) content, size, max_conns);
        ck_assert_int_ge(n, FCGI_HEADER_LEN);
        ck_assert_int_le(n, FCGI_VALUES_RECORD_MAX);
        ck_assert_int_eq(fcgi_record_decode(&record, bytes), 0);
        ck_assert_uint_eq(record.type, FCGI_GET_VALUES_RESULT);
        ck_assert_uint_eq(record.id, 0);
        ck_assert_uint_eq(record.content_len, expected_size);
        ck_assert_int_eq(n, FCGI_HEADER_LEN + record.content_len + record.padding_len);
        ck_assert_mem_eq(bytes + FCGI_HEADER_LEN, expected, expected_size);
}

#define CHECK_VALUES(content, max_conns, expected)                                                 \
        check_values(content, sizeof(content) - 1, max_conns, expected, sizeof(expected) - 1)

START_TEST(test_values) {
        CHECK_VALUES("", 5, "");
        CHECK_VALUES("\x05\x03OTHERval\x0f\x00" FCGI_MPXS_CONNS, 5, "\x0f\x01" FCGI_MPXS_CONNS "0");
        CHECK_VALUES(ASK, 0, "\x0f\x01" FCGI_MPXS_CONNS "0");
        CHECK_VALUES(ASK ASK, 12,
                        "\x0e\x02" FCGI_MAX_CONNS "12"
                        "\x0d\x02" FCGI_MAX_REQS "12"
                        "\x0f\x01" FCGI_MPXS_CONNS "0");
        CHECK_VALUES(ASK, 4294967295U,
                        "\x0e\x0a" FCGI_MAX_CONNS "4294967295"
                        "\x0d\x0a" FCGI_MAX_REQS "4294967295"
                        "\x0f\x01" FCGI_MPXS_CONNS "0");
}
END_TEST

START_TEST(test_values_with_wrong_lengths) {
        static const char *const contents[] = { "\x0f", "\x0f\x01", "\x01\x01X", "\xff\xff\xff\xff",
                "\xff\xff\xff\xff\xff\xff\xff\xffX" };
        uint8_t bytes[FCGI_VALUES_RECORD_MAX];

        for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
                ck_assert_int_eq(fcgi_values_encode(bytes, (const uint8_t *) contents[i],
                                                 strlen(contents[i]), 1),
                                -EBADMSG);
}
END_TEST

UNIT_MAIN("fcgi-record", test_header_both_ways, test_header_of_other_version, test_padding,
                test_begin, test_reserved_bytes_are_zero, test_lengths, test_values,
                test_values_with_wrong_lengths);

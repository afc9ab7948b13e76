/* SPDX-License-Identifier: MIT */
/* Proves what each token of access.format becomes, in php-fpm's form; that no stranger's word can forge a line
 * or a field; that a line is bounded; and what access.suppress_path leaves out. */

#include "php/log/access_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *param(const void *userdata, const char *name, size_t name_len) {
        (void) userdata;
        if (name_len == 11 && memcmp(name, "REQUEST_URI", 11) == 0)
                return "/front/page?x=1";
        if (name_len == 5 && memcmp(name, "EMPTY", 5) == 0)
                return "";

        return NULL;
}

static const AccessFacts FACTS = {
        .pool = "www",
        .method = "GET",
        .uri = "/index.php",
        .query = "a=b&c",
        .script = "/srv/www/index.php",
        .user = "joe",
        .peer = "127.0.0.1",
        .status = 404,
        .content_length = 17,
        .duration_usec = 2500,
        .user_usec = 1000,
        .system_usec = 250,
        .memory_bytes = (2 << 20) + 1025,
        .start_sec = 1795364800, /* 2026-11-22 16:26:40 UTC */
        .now_sec = 1795364803,
        .pid = 4711,
        .parent_pid = 4700,
        .param = param,
};

static AccessLine *line_of(const char *format) {
        AccessLine *line;

        ck_assert_int_eq(access_line_new(&line, format), 0);
        return line;
}

static const char *written(const char *format, const AccessFacts *facts) {
        static char text[ACCESS_LINE_MAX + 1];
        _cleanup_(access_line_freep) AccessLine *line = line_of(format);
        size_t n = access_line_format(line, facts, text);

        ck_assert_uint_gt(n, 0);
        ck_assert_int_eq(text[n - 1], '\n');
        text[n - 1] = '\0';
        ck_assert_uint_eq(strlen(text), n - 1);
        return text;
}

/* clang-format off */
static const struct {
        const char *format, *known, *unknown;
} tokens[] = {
        { "%%",               "%",                          "%"                          },
        { "%C",               "50.00",                      "0.00"                       },
        { "%{total}C",        "50.00",                      "0.00"                       },
        { "%{user}C",         "40.00",                      "0.00"                       },
        { "%{System}C",       "10.00",                      "0.00"                       },
        { "%d",               "0.003",                      "0.000"                      },
        { "%{seconds}d",      "0.003",                      "0.000"                      },
        { "%{milliseconds}d", "2.500",                      "0.000"                      },
        { "%{milli}d",        "2.500",                      "0.000"                      },
        { "%{mili}d",         "2.500",                      "0.000"                      },
        { "%{miliseconds}d",  "2.500",                      "0.000"                      },
        { "%{microseconds}d", "2500",                       "0"                          },
        { "%{MICRO}d",        "2500",                       "0"                          },
        { "%{REQUEST_URI}e",  "/front/page?x=1",            "-"                          },
        { "%{NONE}e",         "-",                          "-"                          },
        { "%{EMPTY}e",        "",                           "-"                          },
        { "%f",               "/srv/www/index.php",         "-"                          },
        { "%l",               "17",                         "0"                          },
        { "%m",               "GET",                        "-"                          },
        { "%M",               "2098177",                    "0"                          },
        { "%{bytes}M",        "2098177",                    "0"                          },
        { "%{kilobytes}M",    "2049",                       "0"                          },
        { "%{kilo}M",         "2049",                       "0"                          },
        { "%{megabytes}M",    "2",                          "0"                          },
        { "%{mega}M",         "2",                          "0"                          },
        { "%n",               "www",                        "-"                          },
        { "%{Content-Type}o", "-",                          "-"                          },
        { "%p",               "4711",                       "0"                          },
        { "%P",               "4700",                       "0"                          },
        { "%q",               "a=b&c",                      ""                           },
        { "%Q",               "?",                          ""                           },
        { "%r",               "/index.php",                 ""                           },
        { "%R",               "127.0.0.1",                  "-"                          },
        { "%s",               "404",                        "0"                          },
        { "%t",               "22/Nov/2026:16:26:40 +0000", "01/Jan/1970:00:00:00 +0000" },
        { "%T",               "22/Nov/2026:16:26:43 +0000", "01/Jan/1970:00:00:00 +0000" },
        { "%{%F %T}t",        "2026-11-22 16:26:40",        "1970-01-01 00:00:00"        },
        { "%{%s}T",           "1795364803",                 "0"                          },
        { "%u",               "joe",                        ""                           },
        { "%R - %u %t \"%m %r%Q%q\" %s",
          "127.0.0.1 - joe 22/Nov/2026:16:26:40 +0000 \"GET /index.php?a=b&c\" 404",
          "- -  01/Jan/1970:00:00:00 +0000 \"- \" 0" },
        { "100%% %s%%%m x",   "100% 404%GET x",             "100% 0%- x"                 },
        { "plain",            "plain",                      "plain"                      },
};
/* clang-format on */

START_TEST(every_token) {
        const AccessFacts nothing = {};

        setenv("TZ", "UTC", 1);
        tzset();
        for (size_t i = 0; i < ELEMENTSOF(tokens); i++) {
                ck_assert_str_eq(written(tokens[i].format, &FACTS), tokens[i].known);
                ck_assert_str_eq(written(tokens[i].format, &nothing), tokens[i].unknown);
        }
}
END_TEST

START_TEST(other_formats_are_refused) {
        static const char *const formats[] = { "", "%", "%z", "%{x", "%{days}d", "%e", "%{}o" };
        AccessLine *line = NULL;

        for (size_t i = 0; i < ELEMENTSOF(formats); i++)
                ck_assert_int_eq(access_line_new(&line, formats[i]), -EINVAL);
        ck_assert_ptr_null(line);
}
END_TEST

START_TEST(times_are_local) {
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        ck_assert_str_eq(written("%t", &FACTS), "22/Nov/2026:17:26:40 +0100");
}
END_TEST

static void note(AccessLine *line, const char *header) {
        access_line_note_header(line, header, strlen(header));
}

START_TEST(headers_of_the_answer) {
        _cleanup_(access_line_freep) AccessLine *line =
                        line_of("%{Content-type}o|%{X-A}o|%{X-AB}o|%{X-E}o|%{X-A}o");
        char text[ACCESS_LINE_MAX];
        size_t n;

        note(line, "Content-Type: text/html; charset=UTF-8");
        note(line, "X-A:first");
        note(line, "X-A: second");
        note(line, "X-ABC: other");
        note(line, "X-E:");
        note(line, "no header");
        n = access_line_format(line, &FACTS, text);
        ck_assert_mem_eq(text, "text/html; charset=UTF-8|first|-|-|first\n", n);

        access_line_forget_headers(line);
        note(line, "X-AB: \tnew\n");
        n = access_line_format(line, &FACTS, text);
        ck_assert_mem_eq(text, "-|-|new\\x0a|-|-\n", n);
}
END_TEST

START_TEST(headers_of_any_size) {
        _cleanup_(access_line_freep) AccessLine *line = line_of("%{a}o%{b}o%{c}o");
        char text[ACCESS_LINE_MAX], header[3 * ACCESS_LINE_MAX];

        memset(header, 'x', sizeof(header));
        memcpy(header, "a:", 2);
        access_line_note_header(line, header, sizeof(header));
        note(line, "b: y");
        note(line, "c:");
        ck_assert_uint_eq(access_line_format(line, &FACTS, text), ACCESS_LINE_MAX);
        ck_assert_int_eq(text[ACCESS_LINE_MAX - 1], '\n');
}
END_TEST

START_TEST(nobody_forges_a_line_or_a_field) {
        AccessFacts facts = FACTS;

        facts.uri = "/a\n127.0.0.1 - - \"GET /b\" 200\r\x1b[2J\x7f";
        facts.query = "x\" 200 \"\\";
        facts.user = "\xff\xc2\x9b";
        facts.method = "G\tET";
        ck_assert_str_eq(written("\"%m %r%Q%q\" %u", &facts),
                        "\"G\\x09ET /a\\x0a127.0.0.1 - - \\x22GET /b\\x22 200\\x0d\\x1b[2J\\x7f"
                        "?x\\x22 200 \\x22\\x5c\" \\xff\\xc2\\x9b");
        facts.uri = "/gr\xc3\xbc\xc3\x9f.php";
        ck_assert_str_eq(written("%r", &facts), "/gr\xc3\xbc\xc3\x9f.php");
}
END_TEST

START_TEST(a_long_line_is_cut_and_ends) {
        static char uri[2 * ACCESS_LINE_MAX];
        char text[ACCESS_LINE_MAX + 1];
        _cleanup_(access_line_freep) AccessLine *line = line_of("%r %r %s");
        AccessFacts facts = FACTS;

        for (const char *c = "x\n\""; *c; c++) {
                memset(uri, *c, sizeof(uri) - 1);
                facts.uri = uri;
                text[ACCESS_LINE_MAX] = '!';
                ck_assert_uint_eq(access_line_format(line, &facts, text), ACCESS_LINE_MAX);
                ck_assert_int_eq(text[ACCESS_LINE_MAX - 1], '\n');
                ck_assert_int_eq(text[ACCESS_LINE_MAX], '!');
        }
}
END_TEST

START_TEST(what_is_suppressed) {
        Setting items[] = { { .value = (char *) "/ping" }, { .value = (char *) "/health.php" } };
        const SettingList paths = { .items = items, .n_items = 2 };
        const AccessFacts good = {
                .method = "GET", .uri = "/health.php", .query = "", .status = 200
        };
        AccessFacts facts = good;

        ck_assert(access_line_is_suppressed(&facts, &paths));
        facts.method = "HEAD";
        facts.status = 299;
        facts.query = NULL;
        ck_assert(access_line_is_suppressed(&facts, &paths));

        facts.method = "POST";
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts = good;
        facts.status = 304;
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts.status = 199;
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts = good;
        facts.query = "x";
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts = good;
        facts.content_length = 1;
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts = good;
        facts.uri = "/health.php/";
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts.uri = NULL;
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        facts = good;
        facts.method = NULL;
        ck_assert(!access_line_is_suppressed(&facts, &paths));
        ck_assert(!access_line_is_suppressed(&good, &(SettingList){}));
}
END_TEST

START_TEST(what_costs_is_known_to_be_wanted) {
        _cleanup_(access_line_freep) AccessLine *line = line_of("%{user}C %%R p");

        ck_assert(access_line_has(line, 'C'));
        ck_assert(!access_line_has(line, 'R'));
        ck_assert(!access_line_has(line, 'p'));
}
END_TEST

UNIT_MAIN("access_line", every_token, other_formats_are_refused, times_are_local,
                headers_of_the_answer, headers_of_any_size, nobody_forges_a_line_or_a_field,
                a_long_line_is_cut_and_ends, what_is_suppressed, what_costs_is_known_to_be_wanted);

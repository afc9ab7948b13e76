/* SPDX-License-Identifier: MIT */
/* The status page in every format, against what php-fpm printed for the same state. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "php/pages/status_page.h"
#include "php/pages/status_text.h"
#include "unit.h"

/* clang-format off */
/* What php8.2-fpm 8.2.36 answered, at one moment, and the one field more that is ours. */
static const char text_page[] =
        "pool:                 www\n"
        "process manager:      static\n"
        "start time:           22/Nov/2026:17:27:02 +0000\n"
        "start since:          1\n"
        "accepted conn:        3\n"
        "listen queue:         0\n"
        "max listen queue:     0\n"
        "listen queue len:     0\n"
        "idle processes:       0\n"
        "active processes:     2\n"
        "total processes:      2\n"
        "max active processes: 2\n"
        "max children reached: 0\n"
        "slow requests:        0\n"
        "max children:         2\n"
        "\n"
        "************************\n"
        "pid:                  21841\n"
        "state:                Running\n"
        "start time:           22/Nov/2026:17:27:02 +0000\n"
        "start since:          1\n"
        "requests:             2\n"
        "request duration:     81\n"
        "request method:       GET\n"
        "request URI:          /status?full\n"
        "content length:       0\n"
        "user:                 -\n"
        "script:               -\n"
        "last request cpu:     0.00\n"
        "last request memory:  0\n"
        "\n"
        "************************\n"
        "pid:                  21842\n"
        "state:                Running\n"
        "start time:           22/Nov/2026:17:27:02 +0000\n"
        "start since:          1\n"
        "requests:             1\n"
        "request duration:     301984\n"
        "request method:       GET\n"
        "request URI:          /x\"<b>&'\\\303\251\303\277.php?a=\"<i>&b=\\\n"
        "content length:       0\n"
        "user:                 u<\"&\\\n"
        "script:               /srv/www/sleep.php\n"
        "last request cpu:     0.00\n"
        "last request memory:  0\n";

static const char html_page[] =
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1"
        "/DTD/xhtml1-strict.dtd\">\n"
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
        "<head><title>PHP-FPM Status Page</title></head>\n"
        "<body>\n"
        "<table>\n"
        "<tr><th>pool</th><td>www</td></tr>\n"
        "<tr><th>process manager</th><td>static</td></tr>\n"
        "<tr><th>start time</th><td>22/Nov/2026:17:27:02 +0000</td></tr>\n"
        "<tr><th>start since</th><td>1</td></tr>\n"
        "<tr><th>accepted conn</th><td>3</td></tr>\n"
        "<tr><th>listen queue</th><td>0</td></tr>\n"
        "<tr><th>max listen queue</th><td>0</td></tr>\n"
        "<tr><th>listen queue len</th><td>0</td></tr>\n"
        "<tr><th>idle processes</th><td>0</td></tr>\n"
        "<tr><th>active processes</th><td>2</td></tr>\n"
        "<tr><th>total processes</th><td>2</td></tr>\n"
        "<tr><th>max active processes</th><td>2</td></tr>\n"
        "<tr><th>max children reached</th><td>0</td></tr>\n"
        "<tr><th>slow requests</th><td>0</td></tr>\n"
        "<tr><th>max children</th><td>2</td></tr>\n"
        "</table>\n"
        "<table border=\"1\">\n"
        "<tr><th>pid</th><th>state</th><th>start time</th><th>start since</th><th>requests</th><t"
        "h>request duration</th><th>request method</th><th>request uri</th><th>content length</th"
        "><th>user</th><th>script</th><th>last request cpu</th><th>last request memory</th></tr>"
        "\n"
        "<tr><td>21841</td><td>Running</td><td>22/Nov/2026:17:27:02 +0000</td><td>1</td><td>2</td"
        "><td>81</td><td>GET</td><td>/status?full</td><td>0</td><td>-</td><td>-</td><td>0.00</td>"
        "<td>0</td></tr>\n"
        "<tr><td>21842</td><td>Running</td><td>22/Nov/2026:17:27:02 +0000</td><td>1</td><td>1</td"
        "><td>301984</td><td>GET</td><td>/x&quot;&lt;b&gt;&amp;'\\\303\251\303\277.php?a=&quot;&l"
        "t;i&gt;&amp;b=\\</td><td>0</td><td>u&lt;&quot;&amp;\\</td><td>/srv/www/sleep.php</td><td"
        ">0.00</td><td>0</td></tr>\n"
        "</table></body></html>";

static const char xml_page[] =
        "<?xml version=\"1.0\" ?>\n"
        "<status>\n"
        "<pool>www</pool>\n"
        "<process-manager>static</process-manager>\n"
        "<start-time>1795368422</start-time>\n"
        "<start-since>1</start-since>\n"
        "<accepted-conn>3</accepted-conn>\n"
        "<listen-queue>0</listen-queue>\n"
        "<max-listen-queue>0</max-listen-queue>\n"
        "<listen-queue-len>0</listen-queue-len>\n"
        "<idle-processes>0</idle-processes>\n"
        "<active-processes>2</active-processes>\n"
        "<total-processes>2</total-processes>\n"
        "<max-active-processes>2</max-active-processes>\n"
        "<max-children-reached>0</max-children-reached>\n"
        "<slow-requests>0</slow-requests>\n"
        "<max-children>2</max-children>\n"
        "<processes>\n"
        "<process><pid>21841</pid><state>Running</state><start-time>1795368422</start-time><start"
        "-since>1</start-since><requests>2</requests><request-duration>81</request-duration><requ"
        "est-method>GET</request-method><request-uri>/status?full</request-uri><content-length>0<"
        "/content-length><user>-</user><script>-</script><last-request-cpu>0.00</last-request-cpu"
        "><last-request-memory>0</last-request-memory></process>\n"
        "<process><pid>21842</pid><state>Running</state><start-time>1795368422</start-time><start"
        "-since>1</start-since><requests>1</requests><request-duration>301984</request-duration><"
        "request-method>GET</request-method><request-uri>/x&quot;&lt;b&gt;&amp;'\\\303\251\303"
        "\277.php?a=&quot;&lt;i&gt;&amp;b=\\</request-uri><content-length>0</content-length><user"
        ">u&lt;&quot;&amp;\\</user><script>/srv/www/sleep.php</script><last-request-cpu>0.00</las"
        "t-request-cpu><last-request-memory>0</last-request-memory></process>\n"
        "</processes>\n"
        "</status>";

static const char json_page[] =
        "{\"pool\":\"www\",\"process manager\":\"static\",\"start time\":1795368422,\"start since"
        "\":1,\"accepted conn\":3,\"listen queue\":0,\"max listen queue\":0,\"listen queue len\":"
        "0,\"idle processes\":0,\"active processes\":2,\"total processes\":2,\"max active process"
        "es\":2,\"max children reached\":0,\"slow requests\":0,\"max children\":2, \"processes\":"
        "[{\"pid\":21841,\"state\":\"Running\",\"start time\":1795368422,\"start since\":1,\"requ"
        "ests\":2,\"request duration\":81,\"request method\":\"GET\",\"request uri\":\"\\/status?"
        "full\",\"content length\":0,\"user\":\"-\",\"script\":\"-\",\"last request cpu\":0.00,\""
        "last request memory\":0},{\"pid\":21842,\"state\":\"Running\",\"start time\":1795368422,"
        "\"start since\":1,\"requests\":1,\"request duration\":301984,\"request method\":\"GET\","
        "\"request uri\":\"\\/x\\\"<b>&'\\\\\\u00e9\\u00ff.php?a=\\\"<i>&b=\\\\\",\"content lengt"
        "h\":0,\"user\":\"u<\\\"&\\\\\",\"script\":\"\\/srv\\/www\\/sleep.php\",\"last request cp"
        "u\":0.00,\"last request memory\":0}]}";

static const char openmetrics_page[] =
        "# HELP phpfpm_up Could pool www using a static PM on PHP-FPM be reached?\n"
        "# TYPE phpfpm_up gauge\n"
        "phpfpm_up 1\n"
        "# HELP phpfpm_start_since The number of seconds since FPM has started.\n"
        "# TYPE phpfpm_start_since counter\n"
        "phpfpm_start_since 1\n"
        "# HELP phpfpm_accepted_connections The number of requests accepted by the pool.\n"
        "# TYPE phpfpm_accepted_connections counter\n"
        "phpfpm_accepted_connections 3\n"
        "# HELP phpfpm_listen_queue The number of requests in the queue of pending connections.\n"
        "# TYPE phpfpm_listen_queue gauge\n"
        "phpfpm_listen_queue 0\n"
        "# HELP phpfpm_max_listen_queue The maximum number of requests in the queue of pending co"
        "nnections since FPM has started.\n"
        "# TYPE phpfpm_max_listen_queue counter\n"
        "phpfpm_max_listen_queue 0\n"
        "# TYPE phpfpm_listen_queue_length gauge\n"
        "# HELP phpfpm_listen_queue_length The size of the socket queue of pending connections.\n"
        "phpfpm_listen_queue_length 0\n"
        "# HELP phpfpm_idle_processes The number of idle processes.\n"
        "# TYPE phpfpm_idle_processes gauge\n"
        "phpfpm_idle_processes 0\n"
        "# HELP phpfpm_active_processes The number of active processes.\n"
        "# TYPE phpfpm_active_processes gauge\n"
        "phpfpm_active_processes 2\n"
        "# HELP phpfpm_total_processes The number of idle + active processes.\n"
        "# TYPE phpfpm_total_processes gauge\n"
        "phpfpm_total_processes 2\n"
        "# HELP phpfpm_max_active_processes The maximum number of active processes since FPM has "
        "started.\n"
        "# TYPE phpfpm_max_active_processes counter\n"
        "phpfpm_max_active_processes 2\n"
        "# HELP phpfpm_max_children_reached The number of times, the process limit has been reach"
        "ed, when pm tries to start more children (works only for pm 'dynamic' and 'ondemand').\n"
        "# TYPE phpfpm_max_children_reached counter\n"
        "phpfpm_max_children_reached 0\n"
        "# HELP phpfpm_slow_requests The number of requests that exceeded your 'request_slowlog_t"
        "imeout' value.\n"
        "# TYPE phpfpm_slow_requests counter\n"
        "phpfpm_slow_requests 0\n"
        "# HELP phpfpm_max_children The number of processes that there may be.\n"
        "# TYPE phpfpm_max_children gauge\n"
        "phpfpm_max_children 2\n"
        "# EOF\n";

/* clang-format on */

static const StatusProcess processes[] = {
        {
                .slot = {
                        .state = SLOT_RUNNING, .pid = 21841, .start_sec = 1795368422, .n_requests_own = 2,
                        .method = "GET", .uri = "/status", .query = "full",
                },
                .duration_usec = 81,
        },
        {
                .slot = {
                        .state = SLOT_RUNNING, .pid = 21842, .start_sec = 1795368422, .n_requests_own = 1,
                        .method = "GET", .uri = "/x\"<b>&'\\\303\251\303\277.php", .query = "a=\"<i>&b=\\",
                        .user = "u<\"&\\", .script = "/srv/www/sleep.php",
                },
                .duration_usec = 301984,
        },
};

static const StatusPage page = {
        .pool = "www",
        .process_manager = "static",
        .now_sec = 1795368423,
        .totals = { .start_sec = 1795368422, .worker_limit = 2 },
        .n_requests = 3,
        .n_busy = 2,
        .processes = processes,
        .n_processes = 2,
};

static void check(StatusFormat format, bool full, const char *expected) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        setenv("TZ", "UTC", 1);
        tzset();
        ck_assert_int_eq(status_page_write(&text, &size, &page, format, full), 0);
        ck_assert_uint_eq(size, strlen(text));
        ck_assert_str_eq(text, expected);
}

START_TEST(each_format_is_php_fpms) {
        check(STATUS_TEXT, true, text_page);
        check(STATUS_HTML, true, html_page);
        check(STATUS_XML, true, xml_page);
        check(STATUS_JSON, true, json_page);
        check(STATUS_OPENMETRICS, true, openmetrics_page);
        check(STATUS_OPENMETRICS, false, openmetrics_page);
}
END_TEST

START_TEST(the_short_page_is_the_beginning_of_the_full_one) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        ck_assert_int_eq(status_page_write(&text, &size, &page, STATUS_TEXT, false), 0);
        ck_assert_int_eq(strncmp(text, text_page, size), 0);
        ck_assert_ptr_null(strstr(text, "***"));
}
END_TEST

START_TEST(peaks_are_not_below_what_is_there_now) {
        _cleanup_free_ char *text = NULL;
        StatusPage now = page;
        size_t size;

        now.n_queued = 4;
        now.totals.n_queued_max = 1;
        ck_assert_int_eq(status_page_write(&text, &size, &now, STATUS_JSON, false), 0);
        ck_assert_ptr_nonnull(strstr(text, "\"listen queue\":4,\"max listen queue\":4,"));
        ck_assert_ptr_nonnull(strstr(text, "\"max active processes\":2,"));
}
END_TEST

/* A client says how long its body is, a worker how many requests it has had. */
START_TEST(a_number_is_one_that_json_keeps) {
        StatusProcess process = processes[0];
        _cleanup_free_ char *text = NULL;
        StatusPage claims = page;
        size_t size;

        process.slot.content_length = process.slot.n_requests_own =
                        process.slot.usage.memory_bytes = claims.n_requests =
                                        process.duration_usec = UINT64_MAX;
        claims.processes = &process;
        claims.n_processes = 1;
        ck_assert_int_eq(status_page_write(&text, &size, &claims, STATUS_JSON, true), 0);
        ck_assert_ptr_nonnull(strstr(text, "\"accepted conn\":9007199254740991,"));
        ck_assert_ptr_nonnull(strstr(text, "\"content length\":9007199254740991,"));
        ck_assert_ptr_null(strstr(text, "18446744073709551615"));
}
END_TEST

static void check_text(void (*write)(FILE *f, const char *text), const char *from, const char *to) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(f);
        write(f, from);
        fclose(f);
        ck_assert_str_eq(text, to);
}

START_TEST(no_line_and_no_tag_can_be_forged) {
        check_text(status_text_plain, "\xff\u202e\u00e9", "\\xff\\xe2\\x80\\xae\u00e9");
        check_text(status_text_plain, "a\nb\x1b[31m\\\x7f", "a\\x0ab\\x1b[31m\\\\x7f");
        check_text(status_text_markup, "<a href=\"x\">&'\n\xff\xc3",
                        "&lt;a href=&quot;x&quot;&gt;&amp;'"
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
        check_text(status_text_json, "\"\\/\n\x01\xff\xc3\xa9\xf0\x9f\x98\x80",
                        "\\\"\\\\\\/\\n\\u0001\\u00e9\\ud83d\\ude00");
}
END_TEST

START_TEST(a_slot_with_nobody_at_the_socket_is_no_process) {
        ck_assert(!status_page_counts(SLOT_EMPTY));
        ck_assert(!status_page_counts(SLOT_STARTING));
        ck_assert(!status_page_counts((SlotState) 77));
        ck_assert(status_page_counts(SLOT_IDLE));
        ck_assert_str_eq(status_page_state((SlotState) 77), "-");
        ck_assert_str_eq(status_page_state(SLOT_REQUEST_INFO), "Getting request information");
}
END_TEST

/* As php-fpm 8.4.21 prints it. */
START_TEST(memory_peak_since_8_4) {
        static const char *const parts[_STATUS_FORMAT_MAX] = {
                [STATUS_TEXT] = "\nslow requests:        0\nmemory peak:          2097152\nmax children",
                [STATUS_HTML] = "</tr>\n<tr><th>memory peak</th><td>2097152</td></tr>\n",
                [STATUS_XML] = "</slow-requests>\n<memory-peak>2097152</memory-peak>\n",
                [STATUS_JSON] = "\"slow requests\":0,\"memory peak\":2097152,\"max children\"",
                [STATUS_OPENMETRICS] =
                                "# HELP phpfpm_memory_peak The memory usage peak since FPM has started.\n"
                                "# TYPE phpfpm_memory_peak gauge\nphpfpm_memory_peak 2097152\n",
        };
        StatusPage one = {
                .pool = "www", .process_manager = "static", .memory_peak_bytes = 2097152
        };

        for (StatusFormat format = 0; format < _STATUS_FORMAT_MAX; format++) {
                char *text;
                size_t size;

                one.has_memory_peak = true;
                ck_assert_int_eq(status_page_write(&text, &size, &one, format, false), 0);
                ck_assert_msg(strstr(text, parts[format]) != NULL, "%s", text);
                free(text);

                one.has_memory_peak = false;
                ck_assert_int_eq(status_page_write(&text, &size, &one, format, false), 0);
                ck_assert_ptr_null(strstr(text, "peak"));
                free(text);
        }
}
END_TEST

UNIT_MAIN("status page", memory_peak_since_8_4, each_format_is_php_fpms,
                the_short_page_is_the_beginning_of_the_full_one,
                peaks_are_not_below_what_is_there_now, a_number_is_one_that_json_keeps,
                no_line_and_no_tag_can_be_forged, a_slot_with_nobody_at_the_socket_is_no_process);

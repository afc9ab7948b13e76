/* SPDX-License-Identifier: MIT */
/* Proves what state a pool is said to be in by what is known of it, what is read out of /proc, and that metrics are
 * a text of the format that they say to be. */

#include "fpmctl/pools/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void check_presence(const char *service, const char *socket, bool ran, int result,
                const char *expected) {
        PoolFacts pool = { .name = (char *) (uintptr_t) "www",
                .service = { .ran = ran },
                .question = { .result = result } };

        strcpy(pool.service.active, service);
        strcpy(pool.socket.active, socket);
        ck_assert_str_eq(pool_presence_name(pool_presence(&pool)), expected);
}

START_TEST(presence) {
        check_presence("active", "active", true, 0, "serving");
        check_presence("", "", false, 0, "serving"); /* no bus */
        check_presence("active", "active", true, -ETIMEDOUT, "silent");
        check_presence("active", "active", true, -EPROTO, "silent");
        check_presence("active", "active", true, -ENOENT, "serving");
        check_presence("inactive", "active", false, -ENOENT, "listening");
        check_presence("inactive", "active", true, -ENOENT, "idle");
        check_presence("inactive", "inactive", true, -ENOENT, "stopped");
        check_presence("", "", false, -ENOENT, "stopped");
        check_presence("failed", "active", true, -ECONNREFUSED, "failed");
        check_presence("inactive", "failed", true, -ENOENT, "failed");
        check_presence("activating", "active", true, -ENOENT, "starting");
        check_presence("deactivating", "active", true, -ENOENT, "stopping");
}
END_TEST

START_TEST(presence_by_the_managers_word) {
        PoolFacts pool = { .question = { .json = json_pack("{s:s}", "state", "stopping") } };

        ck_assert_int_eq(pool_presence(&pool), PRESENCE_STOPPING);
        json_object_set_new(pool.question.json, "state", json_integer(3));
        ck_assert_int_eq(pool_presence(&pool), PRESENCE_SERVING);
        json_decref(pool.question.json);
}
END_TEST

START_TEST(health) {
        static const PoolPresence ill[] = { PRESENCE_STOPPED, PRESENCE_FAILED, PRESENCE_SILENT };
        unsigned n_healthy = 0;

        for (PoolPresence p = 0; p < _PRESENCE_MAX; p++)
                n_healthy += pool_is_healthy(p, POOL_FILE_OK);
        ck_assert_uint_eq(n_healthy, _PRESENCE_MAX - ELEMENTSOF(ill));
        for (size_t i = 0; i < ELEMENTSOF(ill); i++)
                ck_assert(!pool_is_healthy(ill[i], POOL_FILE_OK));

        /* What runs goes on with the file that it has read. */
        ck_assert(pool_is_healthy(PRESENCE_SERVING, POOL_FILE_WRONG));
        ck_assert(!pool_is_healthy(PRESENCE_LISTENING, POOL_FILE_WRONG));
        ck_assert(!pool_is_healthy(PRESENCE_IDLE, POOL_FILE_WRONG));
        ck_assert(pool_is_healthy(PRESENCE_IDLE, POOL_FILE_UNKNOWN));
}
END_TEST

START_TEST(presence_without_a_bus) {
        PoolFacts pool = { .question = { .result = -ENOENT }, .listens = true };

        ck_assert_int_eq(pool_presence(&pool), PRESENCE_LISTENING);
}
END_TEST

START_TEST(cgroups) {
        char unified[] = "0::/system.slice/a.service\n", none[] = "0::/\n", nothing[] = "";
        char hybrid[] = "5:memory:/x\n1:name=systemd:/system.slice/b.service\n0::/c\n";
        char legacy[] = "5:memory:/x\n1:name=systemd:/system.slice/b.service\n0::/\n";

        ck_assert_str_eq(resources_cgroup(unified), "/system.slice/a.service");
        ck_assert_ptr_null(resources_cgroup(none));
        ck_assert_ptr_null(resources_cgroup(nothing));
        ck_assert_str_eq(resources_cgroup(hybrid), "/c");
        ck_assert_str_eq(resources_cgroup(legacy), "/system.slice/b.service");
}
END_TEST

START_TEST(ticks) {
        uint64_t n;

        ck_assert_int_eq(resources_ticks("1 (a) b) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0", &n),
                        0);
        ck_assert_uint_eq(n, 5 + 6 + 7 + 8);
        ck_assert_int_eq(resources_ticks("", &n), -EBADMSG);
        ck_assert_int_eq(resources_ticks("1 (a) S 1", &n), -EBADMSG);
}
END_TEST

static MetricsMask left_out;

static char *write_text(MetricsFormat format, const char *name, const char *answer) {
        json_t *json = answer ? json_loads(answer, 0, NULL) : NULL;
        Resources resources = { .memory_bytes = 4096, .cpu_usec = 1500000 };
        UnitState service = { .active = "active", .n_restarts = 3 };
        PoolPresence state = answer ? PRESENCE_SERVING : PRESENCE_SILENT;
        MetricsPool pool = {
                .name = name,
                .presence = state,
                .file_state = POOL_FILE_WRONG,
                .answer = json,
                .resources = answer ? &resources : NULL,
                .service = &service,
        };
        char *text;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        ck_assert_int_eq(metrics_write(f, format, left_out, &pool, 1), 0);
        fclose(f);
        json_decref(json);
        return text;
}

static void check_has(const char *text, const char *line) {
        ck_assert_msg(strstr(text, line) != NULL, "no '%s' in:\n%s", line, text);
}

START_TEST(some_metrics_are_left_out) {
        const char *wrong, *names = "requests,fpmd_cpu_seconds_total,fpmd_workers";
        MetricsMask mask;
        size_t size;
        char *text;

        ck_assert_int_eq(metrics_mask(names, &mask, &wrong, &size), 0);
        left_out = mask;
        text = write_text(METRICS_PROMETHEUS, "www",
                        "{\"requests\": 7, \"workers\": {\"busy\": 1, \"max\": 9}}");
        ck_assert_ptr_null(strstr(text, "fpmd_requests"));
        ck_assert_ptr_null(strstr(text, "fpmd_cpu"));
        ck_assert_ptr_null(strstr(text, "fpmd_workers{"));
        check_has(text, "\nfpmd_workers_max{pool=\"www\"} 9\n");
        free(text);
        left_out = ~mask;
        text = write_text(
                        METRICS_PROMETHEUS, "www", "{\"requests\": 7, \"workers\": {\"max\": 9}}");
        check_has(text, "\nfpmd_requests_total{pool=\"www\"} 7\n");
        ck_assert_ptr_null(strstr(text, "fpmd_up"));
        free(text);
        left_out = 0;

        ck_assert_int_eq(metrics_mask("up,request", &mask, &wrong, &size), -ENOENT);
        ck_assert_str_eq(wrong, "request");
        ck_assert_uint_eq(size, 7);
        ck_assert_int_eq(metrics_mask("", &mask, &wrong, &size), -ENOENT);
        ck_assert_int_eq(metrics_mask("up,", &mask, &wrong, &size), -ENOENT);
        ck_assert_int_eq(metrics_mask("_total", &mask, &wrong, &size), -ENOENT);
}
END_TEST

#define BUCKETS                                                                                    \
        "{\"0.001\": 2, \"0.0025\": 3, \"0.005\": 3, \"0.01\": 3, \"0.025\": 3, \"0.05\": 3, "     \
        "\"0.1\": 3, \"0.25\": 3, \"0.5\": 3, \"1.0\": 3, \"2.5\": 3, \"5.0\": 3, \"10.0\": 3, "   \
        "\"30.0\": 6, \"+Inf\": 7}"

START_TEST(metrics) {
        const char *answer =
                        "{\"generation\": 2, \"requests\": 7, \"workers\": {\"busy\": 1, "
                        "\"idle\": 3, \"max\": 9}, \"queue\": {\"now\": 4, \"max\": \"x\"}, "
                        "\"worker_exits\": {\"crashed\": 5}, \"request_seconds\": {\"sum\": 1.5, "
                        "\"buckets\": " BUCKETS "}}";
        char *text = write_text(METRICS_PROMETHEUS, "www", answer);

        check_has(text, "# TYPE fpmd_workers gauge\nfpmd_workers{pool=\"www\",state=\"busy\"} 1\n"
                        "fpmd_workers{pool=\"www\",state=\"idle\"} 3\n# HELP");
        check_has(text, "\nfpmd_workers_max{pool=\"www\"} 9\n");
        check_has(text, "# TYPE fpmd_requests_total counter\nfpmd_requests_total{pool=\"www\"} 7\n");
        check_has(text, "\nfpmd_queue{pool=\"www\"} 4\n");
        check_has(text, "\nfpmd_worker_exits_total{pool=\"www\",reason=\"crashed\"} 5\n");
        check_has(text, "\nfpmd_cpu_seconds_total{pool=\"www\"} 1.500000\n");
        check_has(text, "\nfpmd_memory_bytes{pool=\"www\"} 4096\n");
        check_has(text, "\nfpmd_restarts_total{pool=\"www\"} 3\n");
        check_has(text, "\nfpmd_up{pool=\"www\"} 1\n");
        for (PoolPresence state = 0; state < _PRESENCE_MAX; state++) {
                char line[128];

                /* The words of fpmctl list. */
                snprintf(line, sizeof(line), "\nfpmd_state{pool=\"www\",state=\"%s\"} %d\n",
                                pool_presence_name(state), state == PRESENCE_SERVING);
                check_has(text, line);
        }
        check_has(text, "\nfpmd_state{pool=\"www\",state=\"wrong\"} 1\n");
        check_has(text, "\nfpmd_state{pool=\"www\",state=\"stale\"} 0\n");
        check_has(text, "\nfpmd_state{pool=\"www\",state=\"draining\"} 0\n");
        check_has(text, "# TYPE fpmd_request_duration_seconds histogram\n"
                        "fpmd_request_duration_seconds_bucket{pool=\"www\",le=\"0.001\"} 2\n"
                        "fpmd_request_duration_seconds_bucket{pool=\"www\",le=\"0.0025\"} 3\n");
        check_has(text, "fpmd_request_duration_seconds_bucket{pool=\"www\",le=\"30.0\"} 6\n"
                        "fpmd_request_duration_seconds_bucket{pool=\"www\",le=\"+Inf\"} 7\n"
                        "fpmd_request_duration_seconds_sum{pool=\"www\"} 1.500000\n"
                        "fpmd_request_duration_seconds_count{pool=\"www\"} 7\n");
        ck_assert_ptr_null(strstr(text, "fpmd_queue_max")); /* no number, and so no HELP and TYPE */
        ck_assert_ptr_null(strstr(text, "EOF"));
        free(text);
}
END_TEST

/* A bound that is no number makes Prometheus refuse the whole page, and a name that is another one each second fills its
 * memory: the manager of a hardened pool is a process of the pool's user. */
START_TEST(names_of_a_liar) {
        char *text = write_text(METRICS_PROMETHEUS, "www",
                        "{\"workers\": {\"busy\": 1, \"w\\u009bx\": 2}, \"worker_exits\": {\"gone\": 1}, "
                        "\"request_seconds\": {\"sum\": 1, \"buckets\": {\"soon\": 1, \"+Inf\": 1}}}");

        check_has(text, "\nfpmd_workers{pool=\"www\",state=\"busy\"} 1\n# HELP");
        ck_assert_ptr_null(strstr(text, "gone"));
        ck_assert_ptr_null(strstr(text, "fpmd_request_duration"));
        free(text);

        text = write_text(METRICS_PROMETHEUS, "www",
                        "{\"request_seconds\": {\"sum\": 1, \"buckets\": " BUCKETS "}}");
        check_has(text, "le=\"+Inf\"} 7\n");
        free(text);
}
END_TEST

START_TEST(openmetrics) {
        char *text = write_text(METRICS_OPENMETRICS, "www", "{\"requests\": 7}");

        check_has(text, "# TYPE fpmd_requests counter\nfpmd_requests_total{pool=\"www\"} 7\n");
        ck_assert_str_eq(text + strlen(text) - 7, "\n# EOF\n");
        free(text);
}
END_TEST

START_TEST(metrics_of_who_does_not_answer) {
        char *text = write_text(METRICS_PROMETHEUS, "w\"w\\w\n", NULL);

        check_has(text, "\nfpmd_up{pool=\"w\\\"w\\\\w\\n\"} 0\n");
        check_has(text, "# TYPE fpmd_state gauge\nfpmd_state{");
        ck_assert_ptr_null(strstr(text, "fpmd_requests")); /* HELP and TYPE neither */
        ck_assert_ptr_null(strstr(text, "fpmd_memory_bytes"));
        free(text);
}
END_TEST

START_TEST(content_types) {
        ck_assert_ptr_nonnull(strstr(metrics_content_type(METRICS_PROMETHEUS), "0.0.4"));
        ck_assert_ptr_nonnull(strstr(metrics_content_type(METRICS_OPENMETRICS), "openmetrics"));
}
END_TEST

UNIT_MAIN("fpmctl-pools", presence, presence_by_the_managers_word, health, presence_without_a_bus,
                cgroups, ticks, metrics, names_of_a_liar, some_metrics_are_left_out, openmetrics,
                metrics_of_who_does_not_answer, content_types);

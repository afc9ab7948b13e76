/* SPDX-License-Identifier: MIT */
/* What HAProxy is told: agent/agent_answer.c and agent/cpu_pressure.c; and how agent/agent_server.c waits. */

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent_answer.h"
#include "agent/agent_server.h"
#include "agent/agent_start.h"
#include "agent/cpu_pressure.h"
#include "base/clock.h"
#include "base/parse.h"
#include "unit.h"

static const char *answer_to(AgentPool pool) {
        static char text[AGENT_ANSWER_MAX];

        agent_answer(&pool, AGENT_ALL, text);
        return text;
}

START_TEST(one_that_runs_is_up_with_its_weight) {
        AgentPool pool = { .is_known = true, .presence = PRESENCE_SERVING, .worker_limit = 32 };

        ck_assert_str_eq(answer_to(pool), "up ready 100% maxconn:32\n");
        pool.used = 0.4;
        ck_assert_str_eq(answer_to(pool), "up ready 60% maxconn:32\n");
        pool.cpu_pressure = 0.5;
        ck_assert_str_eq(answer_to(pool), "up ready 45% maxconn:32\n");
        pool.is_drained = true;
        ck_assert_str_eq(answer_to(pool), "up drain 45% maxconn:32\n");
        pool.is_drained = false;
        pool.presence = PRESENCE_STOPPING;
        ck_assert_str_eq(answer_to(pool), "up drain 45% maxconn:32\n");
}
END_TEST

START_TEST(one_at_rest_is_up) {
        static const PoolPresence presences[] = { PRESENCE_LISTENING, PRESENCE_IDLE,
                PRESENCE_STARTING };

        for (size_t i = 0; i < 3; i++)
                ck_assert_str_eq(answer_to((AgentPool){
                                                 .is_known = true, .presence = presences[i] }),
                                "up ready 100%\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true,
                                         .presence = PRESENCE_LISTENING,
                                         .is_drained = true }),
                        "up drain 100%\n");
}
END_TEST

START_TEST(one_that_cannot_serve_is_down_with_a_reason) {
        ck_assert_str_eq(answer_to((AgentPool){ .presence = PRESENCE_SERVING }),
                        "fail#there is no pool of this name\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true, .presence = PRESENCE_FAILED }),
                        "fail#the pool has failed\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true,
                                         .presence = PRESENCE_STARTING,
                                         .starts_late = true }),
                        "fail#the pool does not start\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true,
                                         .presence = PRESENCE_IDLE,
                                         .is_drained = true,
                                         .has_mistake = true }),
                        "fail#the pool file has a mistake\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true, .presence = PRESENCE_STOPPED }),
                        "stopped#nobody has started the pool\n");
        ck_assert_str_eq(answer_to((AgentPool){ .is_known = true, .presence = PRESENCE_SILENT }),
                        "up\n");
}
END_TEST

/* What it is seen to be between two tries depends on the moment. */
START_TEST(one_that_does_not_start_is_late_until_it_has_served) {
        static const struct {
                unsigned sec;
                PoolPresence presence;
                bool is_late;
        } looks[] = {
                { 100, PRESENCE_LISTENING, false }, { 101, PRESENCE_STARTING, false },
                { 103, PRESENCE_STOPPING, false }, { 105, PRESENCE_STARTING, false },
                { 106, PRESENCE_STARTING, true }, { 107, PRESENCE_STOPPING, true },
                { 108, PRESENCE_LISTENING, true }, { 109, PRESENCE_SILENT, true },
                { 110, PRESENCE_FAILED, true }, { 111, PRESENCE_SERVING, false },
                { 112, PRESENCE_STARTING, false }, { 118, PRESENCE_STARTING, true },
                { 128, PRESENCE_IDLE, true },
                { 129, PRESENCE_IDLE, false }, /* the next connection may try */
                { 130, PRESENCE_STARTING, false }, { 136, PRESENCE_STARTING, true },
                { 137, PRESENCE_STOPPED, false }, { 138, PRESENCE_STARTING, false },
                { 200, PRESENCE_STARTING, false }, /* another start */
        };
        AgentStart start = {};

        for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
                ck_assert_msg(agent_start_is_late(&start, looks[i].presence,
                                              looks[i].sec * USEC_PER_SEC) == looks[i].is_late,
                                "at %u", looks[i].sec);
}
END_TEST

START_TEST(an_asker_may_want_less) {
        AgentPool pool = { .is_known = true, .presence = PRESENCE_SERVING, .worker_limit = 32 };
        char text[AGENT_ANSWER_MAX];
        static const struct {
                const char *line, *name, *answer;
        } cases[] = {
                { "www\r\n", "www", "up ready 100% maxconn:32\n" },
                { "www", "www", "up ready 100% maxconn:32\n" },
                { "www state\n", "www", "up ready\n" },
                { "www weight\nother", "www", "up ready 100%\n" },
                { "www  maxconn x\n", "www", "up ready maxconn:32\n" },
                { "www weight maxconn", "www", "up ready 100% maxconn:32\n" },
                { "", "", "up ready 100% maxconn:32\n" },
                { " weight", "", "up ready 100%\n" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char line[64];
                unsigned wishes;

                strcpy(line, cases[i].line);
                wishes = agent_read_line(line);
                ck_assert_str_eq(line, cases[i].name);
                agent_answer(&pool, wishes, text);
                ck_assert_str_eq(text, cases[i].answer);
        }
}
END_TEST

START_TEST(a_weight_has_bounds) {
        ck_assert_uint_eq(agent_weight(0, 0), 100);
        ck_assert_uint_eq(agent_weight(1, 0), AGENT_WEIGHT_MIN);
        ck_assert_uint_eq(agent_weight(7, 3), AGENT_WEIGHT_MIN);
        ck_assert_uint_eq(agent_weight(-1, -1), 100);
        ck_assert_uint_eq(agent_weight(0, 1), 50);
}
END_TEST

START_TEST(pressure_is_a_share) {
        ck_assert_double_eq_tol(
                        cpu_pressure_parse(
                                        "some avg10=12.50 avg60=1.00 avg300=0.2 total=5\nfull avg10=0.00"),
                        0.125, 1e-9);
        ck_assert_double_eq_tol(cpu_pressure_parse("some avg10=0.00 avg60"), 0, 1e-9);
        ck_assert_double_lt(cpu_pressure_parse(""), 0);
        ck_assert_double_lt(cpu_pressure_parse("full avg10=1"), 0);
        ck_assert_double_lt(cpu_pressure_parse("some avg10=-1"), 0);
        ck_assert_double_lt(cpu_pressure_parse("some avg10=nan"), 0);
        ck_assert_double_lt(cpu_pressure_parse("some avg10=1e9"), 0);
}
END_TEST

static uint64_t cpu_now_usec(void) {
        struct rusage usage;

        ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
        return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * USEC_PER_SEC +
               (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* One who connects and asks nothing stays for longer than the agent waits for others. */
START_TEST(a_silent_asker_costs_no_cpu) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        socklen_t size = sizeof(sa_family_t);
        int listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
            fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        uint64_t begin = clock_now_usec(), cpu = cpu_now_usec();
        AgentView view = { .conf_dir = "/nonexistent" };
        ActivationSockets sockets = { .fds = { listen_fd }, .n = 1 };
        AgentServer *server;

        ck_assert_int_eq(bind(listen_fd, (struct sockaddr *) &address, size), 0);
        ck_assert_int_eq(listen(listen_fd, 1), 0);
        size = sizeof(address);
        ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *) &address, &size), 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *) &address, size), 0);

        ck_assert_int_eq(agent_server_new(&server, &view, &sockets), 0);
        ck_assert_int_eq(agent_server_run(server, USEC_PER_SEC), 0);
        ck_assert_uint_ge(clock_now_usec() - begin, AGENT_PATIENCE_USEC);
        ck_assert_uint_lt(cpu_now_usec() - cpu, USEC_PER_SEC / 4);
        agent_server_free(server);
        close(fd);
}
END_TEST

UNIT_MAIN("agent", one_that_runs_is_up_with_its_weight, one_at_rest_is_up,
                one_that_cannot_serve_is_down_with_a_reason,
                one_that_does_not_start_is_late_until_it_has_served, an_asker_may_want_less,
                a_weight_has_bounds, pressure_is_a_share, a_silent_asker_costs_no_cpu);

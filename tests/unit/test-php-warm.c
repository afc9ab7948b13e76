/* SPDX-License-Identifier: MIT */
/* Proves that scripts that are compiled beforehand all get into opcache, also those that declare the same or that PHP
 * cannot compile, that no visitor's session begins for them, and that about so many are seen from outside. */

#include "php/engine/php_warm.h"

#include <glob.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "php-unit.h"
#include "php/hooks/opcache/php_opcache_memory.h"
#include "php/hooks/opcache/php_opcache_state.h"

enum {
        N = 20,
        BROKEN = 7,
};

static char sessions[64];

static void write_scripts(int fd) {
        char path[128], name[16], text[128];

        for (int i = 0; i < N; i++) {
                snprintf(name, sizeof(name), "s%d.php", i);
                snprintf(text, sizeof(text),
                                "<?php class Same { const N = %d; } function same() {%s\n", i,
                                i == BROKEN ? " } function same() {}" : "}");
                write_file(name, text);
                snprintf(path, sizeof(path), "%s/%s", folder, name);
                ck_assert_int_eq(fd_write_all(fd, path, strlen(path) + 1), 0);
        }
}

static int count_sessions(void) {
        char pattern[96];
        glob_t found;
        int n;

        snprintf(pattern, sizeof(pattern), "%s/sess_*", sessions);
        n = glob(pattern, 0, NULL, &found) == 0 ? (int) found.gl_pathc : 0;
        globfree(&found);
        return n;
}

static int count_compiled(void) {
        char path[128];
        int n = 0;

        ck_assert_int_ne(php_request_startup(), FAILURE);
        for (int i = 0; i < N; i++) {
                snprintf(path, sizeof(path), "%s/s%d.php", folder, i);
                n += php_opcache_has(path);
        }
        php_request_shutdown(NULL);
        return n;
}

static void start(void) {
        char lines[256];

        strcpy(sessions, "/tmp/test-php-warm.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(sessions));
        snprintf(lines, sizeof(lines),
                        OPCACHE "php_admin_value[session.auto_start] = 1\n"
                                "php_admin_value[session.save_path] = %s\n"
                                "php_admin_value[opcache.file_cache] = %s\n",
                        sessions, sessions);
        start_php_with(lines);
        php_engine_enter_worker();
}

START_TEST(an_empty_list) {
        PhpWarmResult result = {};
        int fds[2];

        start_php();
        if (!php_opcache_is_there())
                return;

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        fd_close(fds[1]);
        ck_assert_int_eq(php_warm_compile(fds[0], clock_now_usec() + USEC_PER_SEC, &result), 0);
        ck_assert_uint_eq(result.n_scripts, 0);
}
END_TEST

START_TEST(a_list) {
        PhpWarmResult result = {};
        char command[96];
        int fds[2];

        start();
        if (!php_opcache_is_there())
                return;

        ck_assert(php_opcache_memory_is_known());
        ck_assert(!php_warm_may_have(1));
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        write_scripts(fds[1]);
        fd_close(fds[1]);
        ck_assert_int_eq(
                        php_warm_compile(fds[0], clock_now_usec() + 60 * USEC_PER_SEC, &result), 0);
        ck_assert_uint_eq(result.n_scripts, N);
        ck_assert_uint_eq(result.n_tried, N);
        ck_assert_int_eq(count_sessions(), 0);
        ck_assert_int_eq(count_compiled(), N - 1);
        ck_assert(php_warm_may_have(N - 1));
        ck_assert(!php_warm_may_have(100 * N));

        snprintf(command, sizeof(command), "rm -r %s", sessions);
        ck_assert_int_eq(system(command), 0);
}
END_TEST

UNIT_MAIN("php-warm", an_empty_list, a_list);

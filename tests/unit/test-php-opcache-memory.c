/* SPDX-License-Identifier: MIT */
/* Proves that the place where opcache notes how much of its memory is in use is found by what stands around it, and that
 * what begins otherwise than one of its files asks for no memory. */

#include "php/hooks/opcache/php_opcache_memory.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "php-unit.h"
#include "php/engine/php_warm.h"
#include "php/hooks/opcache/php_opcache_state.h"

enum {
        SIZE = 64 * 1024,
        PLACE = 40, /* of the note, in words */
};

static size_t memory[SIZE / sizeof(size_t)];

/* As opcache has it. */
static void fresh(void) {
        memset(memory, 0, sizeof(memory));
        memory[PLACE] = SIZE;
        memory[PLACE + 1] = SIZE - 64;
        memory[PLACE + 2] = 4096;
        memory[PLACE + 3] = (uintptr_t) memory;
}

START_TEST(a_note) {
        fresh();
        ck_assert_ptr_eq(php_opcache_memory_find(memory, SIZE), &memory[PLACE + 2]);
}
END_TEST

/* Before 8.3. */
START_TEST(a_short_note) {
        fresh();
        memory[PLACE + 1] = 4096;
        memory[PLACE + 2] = (uintptr_t) memory;
        memory[PLACE + 3] = 0;
        ck_assert_ptr_eq(php_opcache_memory_find(memory, SIZE), &memory[PLACE + 1]);
}
END_TEST

START_TEST(what_is_none) {
        for (size_t i = 0; i < 4; i++) {
                fresh();
                memory[PLACE + i] += i == 2 ? SIZE : 1024;
                ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        }

        fresh();
        memory[PLACE + 2] = 0;
        ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        fresh();
        memory[PLACE + 1] = SIZE + 1;
        ck_assert_ptr_null(php_opcache_memory_find(memory, SIZE));
        fresh();
        ck_assert_ptr_null(php_opcache_memory_find(memory, 64));
}
END_TEST

START_TEST(heads_of_files) {
        struct {
                char magic[8], id[32];
                size_t sizes[5];
        } head = { "OPCACHE", "0123456789abcdef0123456789abcde", { 70000, 1, 2, 3, 4 } };

        ck_assert_uint_eq(php_opcache_memory_expected(&head, sizeof(head)), 70000);
        ck_assert_uint_eq(php_opcache_memory_expected(&head, 40), 0);
        ck_assert_uint_eq(php_opcache_memory_expected(&head, 8192), 0);
        head.magic[7] = '!';
        ck_assert_uint_eq(php_opcache_memory_expected(&head, sizeof(head)), 0);
}
END_TEST

START_TEST(php_starts_with_it) {
        start_php();
        ck_assert(!php_opcache_memory_is_known());
}
END_TEST

START_TEST(php_starts_with_a_folder) {
        start_php_with(OPCACHE "php_admin_value[opcache.file_cache] = /tmp\n");
#ifndef __SANITIZE_ADDRESS__
        ck_assert(php_opcache_memory_is_known());
#endif
}
END_TEST

static char cache[64], script[96];

/* start_php_with() has a new folder in its settings each time, and what was compiled with others is not read. */
static void start_with_cache(void) {
        PoolConfig *config = NULL;
        char text[384];

        snprintf(text, sizeof(text),
                        "[www]\nuser = nobody\npm = static\npm.max_children = 1\n" OPCACHE
                        "php_admin_value[error_log] = /dev/null\n"
                        "php_admin_value[opcache.file_cache] = %s\n",
                        cache);
        ck_assert_int_eq(pool_config_parse(&config, "www", "www.conf", text, strlen(text),
                                         on_report, NULL),
                        0);
        ck_assert_int_eq(php_engine_start(config, false), 0);
}

/* Has it compiled, or read from the folder. */
static void ask_for_script(void) {
        PhpWarmResult result = {};
        int fds[2];

        start_with_cache();
        ck_assert(!php_opcache_is_there() || php_opcache_memory_growth() == 0);
        php_engine_enter_worker();
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        ck_assert_int_eq(fd_write_all(fds[1], script, strlen(script) + 1), 0);
        fd_close(fds[1]);
        (void) php_warm_compile(fds[0], clock_now_usec() + 60 * USEC_PER_SEC, &result);
        ck_assert_uint_gt(php_opcache_memory_growth(), 0);
}

static void write_script(void) {
        FILE *f;

        strcpy(cache, "/tmp/test-php-memory.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(cache));
        snprintf(script, sizeof(script), "%s/large.php", cache);
        f = fopen(script, "we");
        ck_assert_ptr_nonnull(f);
        fputs("<?php return [", f);
        for (int i = 0; i < 8000; i++)
                fprintf(f, "%d,", i);
        fputs("];\n", f);
        fclose(f);
}

/* The first PHP compiles it and has no pages to ask for, the second one reads it. */
START_TEST(pages_for_a_script) {
        char command[96];
        int status;
        pid_t pid;

        write_script();
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                ask_for_script();
                _exit(php_opcache_memory_asked() == 0 ? 0 : 1);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);

        ask_for_script();
        if (php_opcache_memory_is_known()) /* a kernel that cannot do it makes that false */
                ck_assert_uint_eq(php_opcache_memory_asked(), 1);

        snprintf(command, sizeof(command), "rm -r %s", cache);
        ck_assert_int_eq(system(command), 0);
}
END_TEST

UNIT_MAIN("php-opcache-memory", a_note, a_short_note, what_is_none, heads_of_files,
                php_starts_with_it, php_starts_with_a_folder, pages_for_a_script);

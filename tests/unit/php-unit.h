/* SPDX-License-Identifier: MIT */
#pragma once
/* For the tests that need PHP: it is started as in the zygote, in php-fpm's program. */

#include <SAPI.h>
#include <errno.h>
#include <fcntl.h>
#include <php.h>
#include <php_main.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "php/engine/php_engine.h"
#include "php/hooks/libc_hooks.h"

/* What preload.so calls: these tests run in php-fpm's program. */
int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks);
static int run_tests(void);

__attribute__((visibility("default"))) int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks) {
        (void) argc;
        (void) argv;
        libc_hooks_init(hooks);
        return run_tests();
}

#define UNIT_ENTRY static int run_tests(void)
#include "unit.h"

#ifdef __SANITIZE_ADDRESS__
/* opcache does not load under it (RTLD_DEEPBIND), and PHP leaves memory to the exit. */
#define OPCACHE "php_ini_scan_dir = /nonexistent\n"
#else
/* Also for files that are new. */
#define OPCACHE "php_admin_value[opcache.file_update_protection] = 0\n"
#endif

static char folder[64];

static void on_report(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        fprintf(stderr, "%s\n", line);
}

static void remove_folder(void) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        (void) !system(command);
}

static void write_file(const char *name, const char *text) {
        char path[PATH_MAX];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs(text, f);
        fclose(f);
}

/* Says what PHP itself thinks of its stack, then sleeps. */
static const char stop_php[] =
                "<?php function stop() { $text = '';\n"
                " foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS) as $f)\n"
                "  $text .= (isset($f['class']) ? strtok($f['class'], \"\\0\") . '::' : '')\n"
                "   . $f['function'] . \"\\0\" . ($f['file'] ?? '') . \"\\0\"\n"
                "   . ($f['line'] ?? 0) . \"\\0\";\n"
                " file_put_contents(__DIR__ . '/stack', $text);\n"
                " sleep(60); }\n";

/* lines: of the pool file. */
static void start_php_with(const char *lines) {
        PoolConfig *config = NULL;
        char text[512];

        strcpy(folder, "/tmp/test-php-trace.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(folder));
        atexit(remove_folder);
        write_file("stop.php", stop_php);

        snprintf(text, sizeof(text),
                        "[www]\nuser = nobody\npm = static\npm.max_children = 1\n%s"
                        "php_admin_value[error_log] = /dev/null\n"
                        "php_admin_flag[display_errors] = off\n"
                        "php_admin_value[max_execution_time] = 0\n"
                        "php_admin_value[auto_prepend_file] = %s/stop.php\n",
                        lines, folder);
        ck_assert_int_eq(pool_config_parse(&config, "www", "www.conf", text, strlen(text),
                                         on_report, NULL),
                        0);
        ck_assert_msg(php_engine_start(config, false) == 0, "%s", php_engine_startup_error());
}

static void start_php(void) {
        start_php_with(OPCACHE);
}

/* SPDX-License-Identifier: MIT */
/* Proves what is taken for a complaint of PHP about an ini file, and that whoever has kept the stderr of PHP's start
 * still writes to that of the process. */

#include "php/engine/php_ini_check.h"

#include "php-unit.h"

static char text[256];

/* Returns what came on stderr since the last call. */
static const char *said(int fd) {
        ssize_t n = read(fd, text, sizeof(text) - 1);

        text[n > 0 ? n : 0] = '\0';
        return text;
}

START_TEST(what_is_said_of_a_file) {
        int fds[2], saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        FILE *kept;

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
        ck_assert_int_ge(dup3(fds[1], STDERR_FILENO, O_CLOEXEC), 0);

        php_ini_check_begin();
        kept = stderr;
        fputs("something else\n", stderr);
        fputs("PHP:  no file in Unknown on line 1\n", stderr);
        ck_assert_str_eq(php_ini_check_complaint(), "");
        php_ini_check_end();
        ck_assert_str_eq(said(fds[0]), "something else\nPHP:  no file in Unknown on line 1\n");

        /* Neither buffered nor listened to. */
        ck_assert_ptr_ne(kept, stderr);
        fputs("PHP:  later", kept);
        ck_assert_str_eq(said(fds[0]), "PHP:  later");
        ck_assert_str_eq(php_ini_check_complaint(), "");

        php_ini_check_begin();
        fputs("PHP:  syntax error in a.ini on line 1\nPHP:  another in b.ini\n", stderr);
        php_ini_check_end();
        ck_assert_str_eq(php_ini_check_complaint(), "syntax error in a.ini on line 1");
        ck_assert_int_ge(dup3(saved, STDERR_FILENO, O_CLOEXEC), 0);
}
END_TEST

START_TEST(files_that_are_right) {
        FILE *real = stderr;

        start_php();
        ck_assert_str_eq(php_ini_check_complaint(), "");
        ck_assert_ptr_eq(stderr, real);
}
END_TEST

UNIT_MAIN("php-ini-check", what_is_said_of_a_file, files_that_are_right);

/* SPDX-License-Identifier: MIT */
/* Proves that lines are read as Zend's INI scanner of PHP 8.2 reads them in its NORMAL mode (each
 * value here was compared with parse_ini_string()), and that what it guesses at is an error. */

#include "ini/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "unit.h"

typedef struct Log {
        char text[4096];
} Log;

static const char *lookup(const char *name) {
        if (strcmp(name, "HOME") == 0)
                return "/root";
        if (strcmp(name, "EMPTY") == 0)
                return "";
        return NULL;
}

/* One event in a line: "2 key[sub]=value", a word with a * behind it. */
static int record(void *userdata, const IniEvent *event) {
        Log *log = userdata;
        size_t used = strlen(log->text);
        char *at = log->text + used;
        size_t room = sizeof(log->text) - used;

        switch (event->type) {
        case INI_SECTION:
                snprintf(at, room, "%u [%s]\n", event->line, event->key);
                break;
        case INI_KEY:
                snprintf(at, room, "%u %s=%s%s\n", event->line, event->key, event->value,
                                event->word ? "*" : "");
                break;
        case INI_ARRAY:
                snprintf(at, room, "%u %s[%s]=%s%s\n", event->line, event->key, event->sub,
                                event->value, event->word ? "*" : "");
                break;
        case INI_INCLUDE:
                snprintf(at, room, "%u include %s\n", event->line, event->value);
                break;
        case INI_ERROR:
                snprintf(at, room, "%u error: %s\n", event->line, event->value);
        }
        return 0;
}

static void reads(const char *text, const char *events) {
        Log log = {};

        ck_assert_int_eq(ini_parse(text, strlen(text), lookup, record, &log), 0);
        ck_assert_str_eq(log.text, events);
}

/* The value of "a=TEXT". */
static void value_is(const char *text, const char *value) {
        char line[256], events[256];

        snprintf(line, sizeof(line), "a=%s", text);
        snprintf(events, sizeof(events), "1 a=%s\n", value);
        reads(line, events);
}

/* "a=TEXT" is an error whose text has part in it. */
static void value_is_refused(const char *text, const char *part) {
        Log log = {};
        char line[256];

        snprintf(line, sizeof(line), "a=%s", text);
        ck_assert_int_eq(ini_parse(line, strlen(line), lookup, record, &log), 0);
        ck_assert_msg(strncmp(log.text, "1 error: ", 9) == 0, "%s is taken: %s", line, log.text);
        ck_assert_msg(strstr(log.text, part) != NULL, "%s: %s", line, log.text);
}

START_TEST(sections_and_keys) {
        reads("", "");
        reads("[www]", "1 [www]\n");
        reads("  [ www ]  ; comment\nA.b-c = 1", "1 [www]\n2 A.b-c=1\n");
        reads("[\"www\"]\n['x']", "1 [www]\n2 [x]\n");
        reads("\n;c\n ; c\n\ta\t=\tb\t\n", "4 a=b\n");
        reads("a=\nb= ; c\n", "1 a=\n2 b=\n");
        reads("two words = x", "1 two words=x\n");
}
END_TEST

START_TEST(line_ends) {
        reads("a=1\r\nb=2\r\n\r\nc=3", "1 a=1\n2 b=2\n4 c=3\n");
        reads("a=1\rb=2\n", "1 a=1\n2 b=2\n");
        reads("a=1 ; x\r\n", "1 a=1\n");
}
END_TEST

START_TEST(arrays) {
        reads("env[PATH]=/bin", "1 env[PATH]=/bin\n");
        reads("env [ PATH ] = /bin", "1 env[PATH]=/bin\n");
        reads("env[\"b c\"]=1\nenv['d']=2\nenv[${HOME}]=3",
                        "1 env[b c]=1\n2 env[d]=2\n3 env[/root]=3\n");
        reads("access.suppress_path[] = /ping", "1 access.suppress_path[]=/ping\n");
}
END_TEST

START_TEST(includes) {
        reads("include=/etc/x/*.conf", "1 include /etc/x/*.conf\n");
        reads("include = \"a b.conf\"", "1 include a b.conf\n");
        reads("Include=x", "1 Include=x\n"); /* which php-fpm does not know either */
}
END_TEST

START_TEST(plain_values) {
        value_is("x", "x");
        value_is("foo   bar  ; c", "foo   bar");
        value_is("a;b", "a");
        value_is("b{c}d", "b{c}d");
        value_is("\\foo\\", "\\foo\\");
        value_is("1+2", "1+2");
        value_is("[x]", "[x]");
        value_is("@ # z", "@ # z");
        value_is("-1", "-1");
        value_is("1.5", "1.5");
        value_is("%R", "%R");
}
END_TEST

START_TEST(quotes) {
        value_is("\"a;b=c(d)\"", "a;b=c(d)");
        value_is("'a;b=c\"d'", "a;b=c\"d");
        value_is("\"\"", "");
        value_is("''", "");
        value_is("\"a\\\"b\"", "a\"b");
        value_is("\"a\\\\b\"", "a\\b");
        value_is("\"a\\nb\\'c\"", "a\\nb\\'c");
        value_is("\"C:\\php\\\"", "C:\\php\\");
        value_is("'x y'z", "x yz");
        value_is("'x' 'y'", "x y");
        value_is("'x ' ; c", "x ");
        value_is("foo \"bar\" baz", "foobarbaz");
        value_is("\"a\" \"b\"", "ab");
        value_is("x'y z'w", "xy zw");
}
END_TEST

START_TEST(variables) {
        value_is("${HOME}/x", "/root/x");
        value_is("\"${HOME}/x\"", "/root/x");
        value_is("'${HOME}'", "${HOME}");
        value_is("${NOPE}x", "x");
        value_is("${ HOME }", "/root");
        value_is("${NOPE:-y}", "y");
        value_is("${EMPTY:-y}", "y");
        value_is("${HOME:-y}", "/root");
        value_is("$pool", "$pool");
        value_is("/x/$pool.log", "/x/$pool.log");
        value_is("x$", "x$");
        value_is("\"\\${HOME}\"", "${HOME}");
        value_is("\"$${HOME}\"", "$/root");
        value_is("x$${HOME}", "x$${HOME}");
}
END_TEST

START_TEST(words) {
        value_is("yes", "1*");
        value_is("On", "1*");
        value_is("true ; c", "1*");
        value_is("no", "*");
        value_is("off", "*");
        value_is("none", "*");
        value_is("null", "*");
        value_is("FALSE", "*");
        value_is("\"yes\"", "yes");
        value_is("yesterday", "yesterday");
}
END_TEST

START_TEST(operators) {
        value_is("1|6", "7");
        value_is("1 | 6 ; c", "7");
        value_is("6|1&2", "2");
        value_is("6|(1&2)", "6");
        value_is("(1|2)&2", "2");
        value_is("1^3", "2");
        value_is("~1", "-2");
        value_is("~ 1", "-2");
        value_is("~~1", "1");
        value_is("!0", "1");
        value_is("!!5", "1");
        value_is("-1|0", "-1");
        value_is("1|\"2\"", "3");
        value_is("(foo)", "foo");
}
END_TEST

START_TEST(constants) {
        value_is("E_ALL", "32767");
        value_is("E_ALL & ~E_NOTICE", "32759");
        value_is("E_ALL & ~E_DEPRECATED & ~E_STRICT", "22527");
        value_is("E_ALL x", "32767 x");
        value_is("E_ALLx", "E_ALLx");
        value_is("\"E_ALL\"", "E_ALL");
        value_is("PHP_VERSION", "PHP_VERSION");
}
END_TEST

static void value_of_php_is(const char *text, unsigned php, const char *expected) {
        char *value = NULL;

        ck_assert_int_eq(ini_value_of_php(text, lookup, php, &value), 0);
        ck_assert_str_eq(value, expected);
        free(value);
}

/* As parse_ini_string() of each has it. */
START_TEST(constants_of_versions) {
        static const unsigned before[] = { 0, 802, 803 }, since[] = { 804, 805, 900 };

        for (size_t i = 0; i < ELEMENTSOF(before); i++) {
                value_of_php_is("E_ALL", before[i], "32767");
                value_of_php_is("E_ALL & ~E_STRICT", before[i], "30719");
        }
        for (size_t i = 0; i < ELEMENTSOF(since); i++) {
                value_of_php_is("E_ALL", since[i], "30719");
                value_of_php_is("E_ALL & ~(E_NOTICE|E_STRICT)", since[i], "30711");
                value_of_php_is("E_ALL | E_STRICT", since[i], "32767");
                value_of_php_is("E_STRICT", since[i], "2048");
                value_of_php_is("\"E_ALL ${HOME}\"", since[i], "E_ALL /root");
        }
}
END_TEST

START_TEST(wrong_values) {
        value_is_refused("it's", "' is not closed");
        value_is_refused("\"x", "\" is not closed");
        value_is_refused("${HOME", "${ is not closed");
        value_is_refused("\"${HOME\"", "${ is not closed");
        value_is_refused("${}", "names no variable");
        value_is_refused("x=y", "needs quotes");
        value_is_refused("a|b", "not on 'a'");
        value_is_refused("1|", "not on ''");
        value_is_refused("|1", "not on ''");
        value_is_refused("99999999999|1", "whole numbers");
        value_is_refused("a(foo)", "unexpected (");
        value_is_refused("x !y", "unexpected !");
        value_is_refused("(1", "( is not closed");
        value_is_refused("1)", "unexpected )");
        value_is_refused("true|1", "not on 'true'");
        value_is_refused("((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))",
                        "nested deeper");
}
END_TEST

/* The reader once went on behind the end of the line, found by fuzzing. */
START_TEST(a_variable_without_name_ends_a_quoted_value) {
        value_is_refused("\"${}", "names no variable");
        reads("[\"${}", "1 error: ${} names no variable\n");
}
END_TEST

START_TEST(wrong_lines) {
        reads("# x", "1 error: # does not start a comment here, write ; instead\n");
        reads("a\nb = 1", "1 error: 'a' has no value, write a = value\n2 b=1\n");
        reads("user \t www-data ; x",
                        "1 error: 'user \t www-data': there is no =, write user = www-data\n");
        reads("user ; x", "1 error: 'user' has no value, write user = value\n");
        reads("= 1", "1 error: there is no name before the =\n");
        reads("[www", "1 error: a [ is not closed with ]\n");
        reads("[]", "1 error: the section has no name\n");
        reads("[www] x=1",
                        "1 error: there is text behind the section's ], put it on its own line\n");
        reads("env[A]", "1 error: there is no = behind the ], write key[name] = value\n");
        reads("env[A = 1", "1 error: a [ is not closed with ]\n");
        reads("a(b) = 1", "1 error: a name cannot contain (\n");
        reads("\xef\xbb\xbf[www]",
                        "1 error: there is a byte order mark, save the file without it\n");
}
END_TEST

START_TEST(nul_bytes) {
        static const char text[] = "a=1\nb=\0002\nc=3";
        Log log = {};

        ck_assert_int_eq(ini_parse(text, sizeof(text) - 1, lookup, record, &log), 0);
        ck_assert_str_eq(log.text,
                        "1 a=1\n2 error: there is a NUL byte, is this a text file?\n3 c=3\n");
}
END_TEST

/* inih cuts a line at 200 bytes. */
START_TEST(long_lines) {
        enum { SIZE = 100000 };
        char *text = malloc(SIZE + 1);
        Log log = {};

        ck_assert_ptr_nonnull(text);
        memset(text, 'x', SIZE);
        text[SIZE] = '\0';
        memcpy(text, "a=", 2);

        ck_assert_int_eq(ini_parse(text, SIZE, lookup, record, &log), 0);
        ck_assert_uint_eq(strlen(log.text), sizeof(log.text) - 1);
        free(text);
}
END_TEST

static int stop(void *userdata, const IniEvent *event) {
        (void) event;
        (*(unsigned *) userdata)++;
        return -ECANCELED;
}

START_TEST(the_handler_stops_it) {
        unsigned n = 0;

        ck_assert_int_eq(ini_parse("a=1\nb=2", 7, NULL, stop, &n), -ECANCELED);
        ck_assert_uint_eq(n, 1);
}
END_TEST

UNIT_MAIN("ini", sections_and_keys, line_ends, arrays, includes, plain_values, quotes, variables,
                words, operators, constants, constants_of_versions, wrong_values,
                a_variable_without_name_ends_a_quoted_value, wrong_lines, nul_bytes, long_lines,
                the_handler_stops_it);

/* SPDX-License-Identifier: MIT */
#include "php/zygote/proctitle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
        TITLE_MAX = 256,
        METHOD_MAX = 16,
};

/* The end of the strings that follow each other from end on without a gap. */
static char *end_of_strings(char *end, char **strings) {
        for (; *strings && *strings == end; strings++)
                end = *strings + strlen(*strings) + 1;

        return end;
}

/* Pointers to strings of the old environment are valid only until the first title. */
static int move_environment(void) {
        size_t n = 0;
        char **copy;

        while (environ && environ[n])
                n++;

        copy = calloc(n + 1, sizeof(char *));
        if (!copy)
                return -1;

        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(environ[i]);
                if (!copy[i])
                        return -1;
        }

        environ = copy;
        return 0;
}

/* libc remembers the name that syslog(3) and error(3) begin a line with by its address in argv, where the title
 * goes, and with it what a client has asked for. */
static void keep_program_name(void) {
        static char name[32];

        snprintf(name, sizeof(name), "%s", program_invocation_short_name);
        program_invocation_short_name = program_invocation_name = name;
}

void proctitle_init(Proctitle *proctitle, int argc, char *argv[]) {
        char *end;

        *proctitle = (Proctitle){};
        if (argc == 0)
                return;

        end = end_of_strings(argv[0], argv);
        if (environ)
                end = end_of_strings(end, environ);
        if (move_environment() < 0)
                return;

        keep_program_name();
        proctitle->area = argv[0];
        proctitle->size = (size_t) (end - argv[0]);
        if (proctitle->size > TITLE_MAX)
                proctitle->size = TITLE_MAX;
        proctitle->length = (size_t) (end -
                                      argv[0]); /* so much of it is to be cleared by proctitle_set() */
}

/* Behind what is there; the last byte stays NUL. */
static void append(Proctitle *proctitle, const char *text, size_t n) {
        for (size_t i = 0; i < n && proctitle->length + 1 < proctitle->size; i++)
                proctitle->area[proctitle->length++] =
                                text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
}

static void clear_from(Proctitle *proctitle, size_t length) {
        if (length < proctitle->length)
                memset(proctitle->area + length, 0, proctitle->length - length);
        proctitle->length = length;
}

void proctitle_set(Proctitle *proctitle, const char *base) {
        if (!proctitle->area)
                return;

        clear_from(proctitle, 0);
        append(proctitle, base, strlen(base));
        proctitle->base_length = proctitle->length;
}

void proctitle_set_request(Proctitle *proctitle, const char *method, const char *target) {
        proctitle_clear_request(proctitle);
        append(proctitle, ": ", 2);
        if (method)
                append(proctitle, method, strnlen(method, METHOD_MAX));
        append(proctitle, " ", 1);
        if (target)
                append(proctitle, target, strcspn(target, "?"));
}

void proctitle_clear_request(Proctitle *proctitle) {
        clear_from(proctitle, proctitle->base_length);
}

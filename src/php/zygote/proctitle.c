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

/* Who has a pointer to a string of the old one keeps it only until the first title. */
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

void title_init(Title *title, int argc, char *argv[]) {
        char *end;

        *title = (Title){};
        if (argc == 0)
                return;

        end = end_of_strings(argv[0], argv);
        if (environ)
                end = end_of_strings(end, environ);
        if (move_environment() < 0)
                return;

        keep_program_name();
        title->area = argv[0];
        title->size = (size_t) (end - argv[0]);
        if (title->size > TITLE_MAX)
                title->size = TITLE_MAX;
        title->length = (size_t) (end -
                                  argv[0]); /* so much of it is to be cleared by title_set() */
}

/* Behind what is there; the last byte stays NUL. */
static void append(Title *title, const char *text, size_t n) {
        for (size_t i = 0; i < n && title->length + 1 < title->size; i++)
                title->area[title->length++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
}

static void clear_from(Title *title, size_t length) {
        if (length < title->length)
                memset(title->area + length, 0, title->length - length);
        title->length = length;
}

void title_set(Title *title, const char *base) {
        if (!title->area)
                return;

        clear_from(title, 0);
        append(title, base, strlen(base));
        title->base_length = title->length;
}

void title_set_request(Title *title, const char *method, const char *target) {
        title_clear_request(title);
        append(title, ": ", 2);
        if (method)
                append(title, method, strnlen(method, METHOD_MAX));
        append(title, " ", 1);
        if (target)
                append(title, target, strcspn(target, "?"));
}

void title_clear_request(Title *title) {
        clear_from(title, title->base_length);
}

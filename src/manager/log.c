/* SPDX-License-Identifier: MIT */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "manager/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

/* The one static of the manager: a log without a handle, because a failing constructor has none
 * yet. */
static struct {
        const char *pool;
        int max_priority;
        bool journal;
} state = { .pool = "", .max_priority = LOG_INFO };

/* $JOURNAL_STREAM names the device and inode of stderr when systemd connected it (systemd.exec(5)).
 */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
                return false;

        return fstat(STDERR_FILENO, &st) >= 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *pool, int max_priority) {
        state.pool = pool;
        state.max_priority = max_priority;
        state.journal = stderr_is_journal();
}

/* systemd's stream carries unit, identifier and pool (LogExtraFields=) of a line, also of one that is said
 * right before the end, when journald can no longer look up who sent it. Only what has more than one line
 * and is to stay one entry goes the other way. */
static void log_line(int priority, const char *line) {
        if (!state.journal)
                fprintf(stderr, "fpmd: %s%s%s\n", state.pool, *state.pool ? ": " : "", line);
        else if (strchr(line, '\n'))
                (void) sd_journal_send("PRIORITY=%i", priority, "MESSAGE=%s", line, "FPMD_POOL=%s",
                                state.pool, "SYSLOG_IDENTIFIER=fpmd", NULL);
        else
                fprintf(stderr, "<%d>%s\n", priority, line);
}

static void log_valist(int priority, int error, const char *text, va_list arguments) {
        _cleanup_free_ char *line = NULL;

        if (priority > state.max_priority)
                return;

        errno = error;
        if (vasprintf(&line, text, arguments) < 0)
                return;

        log_line(priority, line);
}

void log_full(int priority, const char *text, ...) {
        int error = errno;
        va_list arguments;

        va_start(arguments, text);
        log_valist(priority, error, text, arguments);
        va_end(arguments);
        errno = error;
}

int log_full_errno(int priority, int error, const char *text, ...) {
        va_list arguments;

        va_start(arguments, text);
        log_valist(priority, abs(error), text, arguments);
        va_end(arguments);
        return -abs(error);
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* Log: to the journal, with fields; to stderr where there is no journal. It never waits for journald.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/cleanup.h"
#include "contract/events.h"

/* Says which pool this process speaks for (borrowed) and how much is said: up to that syslog priority. */
void log_open(const char *pool, int max_priority);

/* From here on lines that journald did not take are counted and told as soon as it reads again, not only with the next
 * line. Borrows event until log_close(). */
void log_attach_event(sd_event *event);

/* Before the end: waits, for a moment, until journald has taken what was said. */
void log_close(void);

/* The fd to journald, for a child that closes all others; -EBADF: there is none. */
int log_fd(void);

/* text is a printf format; %m is the text of errno. */
void log_full(int priority, const char *text, ...) _printf_(2, 3);

/* The same for an error number, negative or positive, that %m then shows. Returns -|error|. */
int log_full_errno(int priority, int error, const char *text, ...) _printf_(3, 4);

/* A field of an entry for programs. value NULL: left out. */
typedef struct LogField {
        const char *name, *value;
} LogField;

/* What an event is told with: log_event(EVENT_X, LOG_INFO, LOG_FIELDS({ "FPMD_SLOT", slot }), "…"). */
#define LOG_FIELDS(...) ((const LogField[]){ __VA_ARGS__, {} })
#define LOG_NO_FIELDS ((const LogField *) NULL)

/* A number as the value of a field, until the end of the block. */
#define LOG_NUMBER(number) log_number((char[24]){}, number)
const char *log_number(char buffer[static 24], unsigned long long number);

/* One that has a MESSAGE_ID. text may have more than one line. */
void log_event(Event event, int priority, const LogField *fields, const char *text, ...)
                _printf_(4, 5);

/* The last event that was a warning or worse, but for slow requests, which may be many: its first line, cut,
 * and its time of day (CLOCK_REALTIME). NULL: none yet. */
const char *log_last_trouble(time_t *ret_at);
unsigned log_n_troubles(void);

/* It is over, if the last trouble was of this event: none is remembered any more. */
void log_forget_trouble(Event event);

#define log_debug(...) log_full(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_full(LOG_ERR, __VA_ARGS__)
#define log_error_errno(error, ...) log_full_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full_errno(LOG_WARNING, error, __VA_ARGS__)

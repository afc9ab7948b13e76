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

/* Sets the pool that this process logs for (borrowed), and the syslog priority up to which it logs. */
void log_open(const char *pool, int max_priority);

/* Has lines on stderr begin without the names of program and pool: those of a check, which name file and line. */
void log_plainly(void);

/* Has the number of lines that journald did not take logged as soon as journald reads again, not only with the next
 * line. Borrows event until log_close(). */
void log_attach_event(sd_event *event);

/* Is called in a process that the manager has forked, which neither waits for what the manager has logged nor tells
 * how much of it was lost. */
void log_enter_child(void);

/* Is called before the process ends: waits, for at most 0.2 s, until journald has read what was logged. */
void log_close(void);

/* Returns the fd to journald, for a child that closes all others, or -EBADF if there is none. */
int log_fd(void);

/* Logs a line. text is a printf format; %m is the text of errno. */
void log_full(int priority, const char *text, ...) _printf_(2, 3);

/* Logs a line in which %m is the text of error, which may be negative or positive. Returns -|error|. */
int log_full_errno(int priority, int error, const char *text, ...) _printf_(3, 4);

/* A field of a journal entry, for programs. A field whose value is NULL is left out. */
typedef struct LogField {
        const char *name, *value;
} LogField;

/* The fields of an event: log_event(EVENT_X, LOG_INFO, LOG_FIELDS({ "FPMD_SLOT", slot }), "…"). */
#define LOG_FIELDS(...) ((const LogField[]){ __VA_ARGS__, {} })
#define LOG_NO_FIELDS ((const LogField *) NULL)

/* Writes a number as the value of a field, which is valid until the end of the block. */
#define LOG_NUMBER(number) log_number((char[24]){}, number)
const char *log_number(char buffer[static 24], unsigned long long number);

/* Logs an entry with the MESSAGE_ID of event. text may have more than one line. */
void log_event(Event event, int priority, const LogField *fields, const char *text, ...)
                _printf_(4, 5);

/* Returns the first line, cut, and the time of day (CLOCK_REALTIME) of the last event that was a warning or worse, or
 * NULL if there was none. Slow requests, which may be many, do not count. */
const char *log_last_trouble(time_t *ret_at);

/* Returns how many such events there were. */
unsigned log_n_troubles(void);

/* Forgets the last trouble if it was of this event, because it is over. */
void log_forget_trouble(Event event);

#define log_debug(...) log_full(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_full(LOG_ERR, __VA_ARGS__)
#define log_error_errno(error, ...) log_full_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full_errno(LOG_WARNING, error, __VA_ARGS__)

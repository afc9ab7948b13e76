/* SPDX-License-Identifier: MIT */
#pragma once
/* Log: one line to the journal, with the pool's name as a field; to stderr where there is no
 * journal.
 *
 * Runs in: manager. */

#include <stdbool.h>
#include <syslog.h>

#include "shared/cleanup.h"

/* Says once which pool this process speaks for (borrowed) and how much is said: up to that syslog
 * priority. */
void log_open(const char *pool, int max_priority);

/* text is a printf format; %m is the text of errno. */
void log_full(int priority, const char *text, ...) _printf_(2, 3);

/* The same for an error number, negative or positive, that %m then shows. Returns -|error|. */
int log_full_errno(int priority, int error, const char *text, ...) _printf_(3, 4);

#define log_debug(...) log_full(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_full(LOG_ERR, __VA_ARGS__)
#define log_error_errno(error, ...) log_full_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full_errno(LOG_WARNING, error, __VA_ARGS__)

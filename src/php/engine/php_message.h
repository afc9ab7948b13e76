/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpMessage: where a message of PHP, or one of ours about the request that runs, goes: to the journal, and to the web
 * server as php-fpm sends it.
 *
 * Runs in: zygote and worker. */

/* Is the SAPI callback log_message: takes a message, unescaped, with its syslog priority. */
void php_message_log(const char *message, int priority);

/* Returns the first message of warning or a higher priority that was logged while no request ran, which says why PHP
 * does not start, or "". */
const char *php_message_first(void);

/* Sends a message of ours about the request that runs: line goes to the journal and is escaped already, web_server is
 * what php-fpm tells the web server in the same case. */
void php_message_send(int priority, const char *line, const char *web_server);

/* Answers in place of a script: status and text go through PHP's output, so that headers are sent. Does nothing when
 * headers have left already. */
void php_message_answer(int status, const char *text);

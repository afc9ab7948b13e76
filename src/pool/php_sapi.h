/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSapi: the callbacks by which PHP reads a request and writes an answer.
 *
 * Runs in: zygote and worker. */

struct _sapi_module_struct;

/* The module to start PHP with. Its name is fpm-fcgi: opcache starts for names that it knows only,
 * and applications ask php_sapi_name(). */
extern struct _sapi_module_struct fpmd_sapi_module;

/* The first warning, or worse, logged while no request ran: why PHP does not start. */
const char *php_sapi_first_message(void);

/* A message of ours about the request that runs: a line for the journal, escaped already, and what
 * php-fpm tells the web server in the same case. */
void php_sapi_tell(int priority, const char *line, const char *web_server);

/* Answers in place of a script: status and text go through PHP's output, so that headers are sent. Does nothing when
 * headers have left already. */
void php_sapi_answer(int status, const char *text);

/* SPDX-License-Identifier: MIT */
#pragma once
/* AccessLog: writes a line for each request, before its answer ends.
 *
 * Runs in: worker.     Owns: nothing; the file belongs to the zygote and changes under its number.
 * A request costs one write(2) and what its access.format needs to ask for. */

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "php/fastcgi/fcgi_request.h"
#include "php/log/access_line.h"
#include "php/log/worker_log.h"
#include "php/zygote/inherited.h"

typedef struct AccessLog AccessLog;

/* Makes the access log of a worker; *ret is NULL where the pool has no access.log. Borrows everything. Returns 0 or a
 * negative errno. */
int access_log_new(AccessLog **ret, const PoolConfig *config, const Inherited *inherited,
                const Scoreboard *board, int lifeline_fd);
AccessLog *access_log_free(AccessLog *log);
DEFINE_CLEANUP(AccessLog, access_log_free);

/* Begins the line of a request that has been read: notes the time and its parameters. */
void access_log_begin(AccessLog *log, const FcgiRequest *fcgi);

/* Return the facts for the line, which the caller may correct; set the user, which is copied; tell whether response
 * headers are needed, and note one. */
AccessFacts *access_log_facts(AccessLog *log);
void access_log_set_user(AccessLog *log, const char *user);
bool access_log_wants_headers(const AccessLog *log);
void access_log_note_header(AccessLog *log, const char *header, size_t size);

/* Writes the line, unless access.suppress_path keeps it out. fcgi must still be attached. */
void access_log_end(AccessLog *log);

/* Sets the WorkerLog, borrowed, in which lines that journald does not take are counted. */
void access_log_count_in(AccessLog *log, WorkerLog *worker_log);

/* Is to be called when something was sent on the lifeline: takes the new file, if there is one. log may be NULL. */
void access_log_take_file(AccessLog *log);

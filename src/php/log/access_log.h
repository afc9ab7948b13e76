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

/* Borrows everything. *ret is NULL where the pool has no access.log. 0 or negative errno. */
int access_log_new(AccessLog **ret, const PoolConfig *config, const Inherited *inherited,
                const Scoreboard *board, int lifeline_fd);
AccessLog *access_log_free(AccessLog *log);
DEFINE_CLEANUP(AccessLog, access_log_free);

/* A request has been read: notes the time, and what its parameters say. */
void access_log_begin(AccessLog *log, const FcgiRequest *fcgi);

/* What stands in the line; to be corrected by who knows better. user is copied. */
AccessFacts *access_log_facts(AccessLog *log);
void access_log_set_user(AccessLog *log, const char *user);
bool access_log_wants_headers(const AccessLog *log);
void access_log_note_header(AccessLog *log, const char *header, size_t size);

/* Writes the line, unless access.suppress_path says no. fcgi is still attached. */
void access_log_end(AccessLog *log);

/* Where lines that journald does not take are counted. Borrowed. */
void access_log_count_in(AccessLog *log, WorkerLog *worker_log);

/* Something was sent on the lifeline: takes a new file, if it is one. log may be NULL. */
void access_log_take_file(AccessLog *log);

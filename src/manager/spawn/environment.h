/* SPDX-License-Identifier: MIT */
#pragma once
/* Environment: the environment variables of the pool program and of the scripts in it.
 *
 * Runs in: manager. */

#include <stddef.h>

#include "config/pool_config.h"
#include "manager/spawn/account.h"

/* Makes a NULL-terminated list of NAME=VALUE. clear_env and env[] of the pool decide, $VAR as a whole value is taken
 * from the manager's own environment, USER and HOME are the account's (php-fpm does all three). What is for the manager
 * alone (NOTIFY_SOCKET, WATCHDOG_*, LISTEN_*) is never in it. Returns 0 or -ENOMEM. */
int environment_new(char ***ret, const PoolConfig *config, const Account *account);

/* Returns the value of a variable, which stays the environment's, or NULL if there is no such variable. */
const char *environment_get(char **environment, const char *name);

/* Adds or replaces one variable. Returns 0 or -ENOMEM. */
int environment_set(char ***environment, const char *name, const char *value);

char **environment_free(char **environment);
DEFINE_CLEANUP(char *, environment_free);

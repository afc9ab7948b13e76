/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolResources: what a generation is started with that had to be read, looked up or opened before: its configuration,
 * the account of its user, its access log. Each of these may take as long as a network or a disk does; with them a
 * generation can be started again without a further question.
 *
 * Runs in: manager; opened in a helper of it where the pool serves already. */

#include <stdbool.h>
#include <stddef.h>

#include "config/pool_config.h"
#include "manager/generation/pool_check.h"
#include "manager/spawn/account.h"

typedef struct PoolResources {
        PoolConfig *config;
        Account account;
        int access_fd; /* -EBADF: no access log, or the journal */
} PoolResources;

#define POOL_RESOURCES_NONE ((PoolResources){ .access_fd = -EBADF })

/* Reads and checks the pool file as pool_check_load() does, looks up the user and opens the access log, which may take
 * long. Returns 0, or a negative errno after at least one report. */
int pool_resources_open(PoolResources *ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata);

/* Makes a deep copy. Returns 0 or a negative errno. */
int pool_resources_copy(PoolResources *ret, const PoolResources *from);
void pool_resources_done(PoolResources *resources);

/* Replaces the access log and closes the old one. Takes fd, which may be -EBADF. */
void pool_resources_set_access_log(PoolResources *resources, int fd);

/* Send the resources from a helper, in packets of one part each, and receive such a packet. The second takes fd, and
 * returns -ENOMSG for another kind of packet, whose fd stays the caller's. Return 0 or a negative errno. */
int pool_resources_send(const PoolResources *resources, int answer_fd);
int pool_resources_receive(PoolResources *resources, const void *data, size_t size, int fd);

/* SPDX-License-Identifier: MIT */
#pragma once
/* PoolResources: what a generation is started with that had to be read, looked up or opened before: its configuration,
 * the account of its user, its access log. Each of these may take as long as a network or a disk does; once they are
 * here, a generation can be started again without asking anybody.
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

/* Reads and checks the pool file as pool_check_load() does, looks up the user, opens the access log. May take long. 0,
 * or negative errno after at least one report. */
int pool_resources_open(PoolResources *ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata);

/* A deep copy. 0 or negative errno. */
int pool_resources_copy(PoolResources *ret, const PoolResources *from);
void pool_resources_done(PoolResources *resources);

/* What replaces a part of it: the old one is closed. fd: taken, may be -EBADF. */
void pool_resources_set_access_log(PoolResources *resources, int fd);

/* Down the answer_fd of a helper, as packets of which each has a part; and back. receive() takes fd, and returns -ENOMSG
 * for a packet of something else, of which the fd stays the caller's. 0 or negative errno. */
int pool_resources_send(const PoolResources *resources, int answer_fd);
int pool_resources_receive(PoolResources *resources, const void *data, size_t size, int fd);

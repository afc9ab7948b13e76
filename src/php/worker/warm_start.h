/* SPDX-License-Identifier: MIT */
#pragma once
/* WarmStart: what is compiled, or read from the folder of idle_warm, before a request asks for it; and what the next
 * start is told of it. All of it is done by children of the zygote.
 *
 * Runs in: zygote. */

#include <stdbool.h>

#include "config/pool_config.h"

/* Is to be called once PHP has started, before all others. */
void warm_start_init(const PoolConfig *config);

/* Reads from scripts_fd, which it closes, what the generation before had in use, and has it compiled, in the time of
 * reload_warm. Does nothing when the fd is negative. */
void warm_start_compile(int scripts_fd, const PoolConfig *config);

/* Starts a process that reads what the pool had in use when it left, while the first worker starts and answers, and
 * ends by itself. Does nothing where there is no such list, or only one CPU. */
void warm_start_read_ahead(void);

/* In a child: write which scripts are in use to fd, and into the folder of idle_warm. */
void warm_start_list(int fd, void *userdata);
void warm_start_keep(void *userdata);

/* Returns whether there is something to be noted: the pool has such a folder, a start would read the list, and scripts
 * were asked for, or read ahead: so many that there may be a list, or so few that the one that is there goes. */
bool warm_start_keeps(void);

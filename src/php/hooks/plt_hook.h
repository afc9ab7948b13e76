/* SPDX-License-Identifier: MIT */
#pragma once
/* PltHook: leads the calls that one loaded object makes of a function of libc to a function of ours. preload.so cannot
 * do that for extensions: PHP loads them with RTLD_DEEPBIND, which puts libc before it.
 *
 * Runs in: zygote, before it has threads. */

#include <stdbool.h>

/* Changes the calls of the object in which address lies. Returns whether it calls a function of that name through its
 * linkage table; otherwise nothing was changed. */
bool plt_hook_set(const void *address, const char *name, void *function);

/* SPDX-License-Identifier: MIT */
#pragma once
/* ListenFds: the fds that a process was started with, by name: sd_listen_fds_with_names(3) for a process that
 * has no use for the rest of libsystemd, which is eight libraries to load at its start. And how many there may be.
 *
 * Runs in: zygote. */

enum {
        LISTEN_FDS_FIRST = 3,

        /* How many sockets one pool may listen on, that of pm.status_listen included. Manager, zygote and the check of
         * a pool file have the same limit. */
        LISTENERS_MAX = 64,
        LISTEN_FDS_OTHERS_MAX = 16, /* what the manager passes beside them */
        LISTEN_FDS_MAX = LISTENERS_MAX + LISTEN_FDS_OTHERS_MAX,
};

typedef struct ListenFds {
        int n;                             /* they are numbered from LISTEN_FDS_FIRST */
        const char *names[LISTEN_FDS_MAX]; /* parts of what listen_fds_receive() was given */
} ListenFds;

/* Reads the values of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, each NULL if not set, and cuts names into pieces.
 * Pure. Returns 0, also when the fds are not for own_pid or there are none, -EINVAL or -E2BIG. */
int listen_fds_parse(ListenFds *ret, const char *pid, const char *n, char *names, int own_pid);

/* Reads these variables and removes them from the environment, and makes the fds CLOEXEC. The names are parts of
 * *ret_text, which the caller frees after the last use. Returns as listen_fds_parse(), or another negative errno. */
int listen_fds_receive(ListenFds *ret, char **ret_text);

/* SPDX-License-Identifier: MIT */
#pragma once
/* ListenFds: the fds that a process was started with, by name: sd_listen_fds_with_names(3) for a process that
 * has no use for the rest of libsystemd, which is eight libraries to load at its start. And how many there may be.
 *
 * Runs in: zygote. */

enum {
        LISTEN_FDS_FIRST = 3,

        /* What one pool may listen on, that of pm.status_listen included. Whoever counts sockets, in manager, zygote or
         * the check of a pool file, counts to here. */
        LISTENERS_MAX = 64,
        LISTEN_FDS_OTHERS_MAX = 16, /* what the manager passes beside them */
        LISTEN_FDS_MAX = LISTENERS_MAX + LISTEN_FDS_OTHERS_MAX,
};

typedef struct ListenFds {
        int n;                             /* they are numbered from LISTEN_FDS_FIRST */
        const char *names[LISTEN_FDS_MAX]; /* parts of what listen_fds_receive() was given */
} ListenFds;

/* What the three variables say; NULL: not set. names is cut into pieces. 0 (also when the fds are not for pid,
 * or there are none), -EINVAL or -E2BIG. Pure. */
int listen_fds_parse(ListenFds *ret, const char *pid, const char *n, char *names, int own_pid);

/* Reads the environment, takes the variables out of it, makes the fds CLOEXEC. ret_text is what the names are
 * parts of, the caller's to free(). As above, or negative errno. */
int listen_fds_receive(ListenFds *ret, char **ret_text);

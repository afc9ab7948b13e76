/* SPDX-License-Identifier: MIT */
#pragma once
/* Inherited: the fds that the manager passed, by name, in the way of sd_listen_fds(3).
 *
 * Runs in: zygote.     Owns: the fds; they are CLOEXEC from here on. */

#include <stddef.h>

#include "contract/listen_fds.h"

typedef struct Inherited {
        int listen_fds[LISTENERS_MAX];
        size_t n_listen_fds;
        int control_fd;
        int config_fd;
        int board_fd;
        int control_page_fd;
        int wake_fd;
        int access_fd;      /* the access log's file; -EBADF: there is none, or it is the journal */
        int scripts_fd;     /* what to compile first (script_list.h); -EBADF: there is no list */
        int journal_fd;     /* base/journal_socket.h; -EBADF: there is no journal */
        int root_fd;        /* by which the chroot is asked for; -EBADF: none is wanted */
        int status_fd;      /* of pm.status_listen; -EBADF: none */
        int handoff_in_fd;  /* kept connections that workers hand over come out here */
        int handoff_out_fd; /* and go in here */
} Inherited;

/* Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them from the environment, which scripts see. Returns 0,
 * -ENOENT when an fd is missing that must be there, -E2BIG when there are more than LISTENERS_MAX sockets or
 * LISTEN_FDS_MAX fds, or another negative errno. */
int inherited_receive(Inherited *ret);

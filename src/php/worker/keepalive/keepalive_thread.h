/* SPDX-License-Identifier: MIT */
#pragma once
/* KeepaliveThread: watches a worker's kept connections while the worker runs a request.
 *
 * The connections are covered by one mutex. The worker holds it all the time, except from
 * keepalive_thread_begin_request() to keepalive_thread_end_request(), and takes it in between to change something. The
 * thread only ever tries to take it, so the worker never waits for more than one call of the hook.
 *
 * turn counts the beginnings and ends of requests, and is odd while one runs. The thread notes it before it sleeps:
 * when the same request still runs afterwards, turn is the same. With the mutex held it compares once more, because the
 * request may have ended, and another one begun, while it took the mutex.
 *
 * While requests follow each other the thread sleeps for a tick, and looks once for each tick. When a request outlasts
 * a whole tick, the thread waits for arrivals in an epoll of its own, for as long as that request runs. When no request
 * has run for a tick, it sleeps until the next one begins.
 *
 * Runs in: worker. It blocks all signals, and never touches PHP.     Owns: the thread, its epoll, the mutex. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

typedef enum KeepaliveCheck {
        KEEPALIVE_CHECK_SHORT, /* a request runs, maybe not for long */
        KEEPALIVE_CHECK_LONG,  /* the request that runs takes long */
        KEEPALIVE_CHECK_ARRIVALS, /* so it does, and something has come on the connections with these tags */
} KeepaliveCheck;

/* Is called in the thread, with the mutex held, while a request runs. Returns whether a connection is left that has to
 * be tried again soon. */
typedef bool (*KeepaliveCheckHook)(
                KeepaliveCheck check, const uint64_t tags[], size_t n_tags, void *userdata);

typedef struct KeepaliveThread KeepaliveThread;

/* Starts the thread; the caller holds the mutex from then on. userdata: borrowed. Returns 0 or a negative errno. */
int keepalive_thread_new(KeepaliveThread **ret, KeepaliveCheckHook hook, void *userdata);
KeepaliveThread *keepalive_thread_free(KeepaliveThread *thread);
DEFINE_CLEANUP(KeepaliveThread, keepalive_thread_free);

/* Begin to watch fd for arrivals under that tag, and stop to watch it. Return 0 or a negative errno. */
int keepalive_thread_watch(KeepaliveThread *thread, int fd, uint64_t tag);
void keepalive_thread_unwatch(KeepaliveThread *thread, int fd);

/* Suspend and resume the watch of fd. Return 0 or a negative errno. */
int keepalive_thread_mute(KeepaliveThread *thread, int fd, uint64_t tag);
int keepalive_thread_unmute(KeepaliveThread *thread, int fd, uint64_t tag);

/* Child that a script has forked, which does not have the thread: covers its descriptor, see fd_cover(). */
void keepalive_thread_cover_fds(const KeepaliveThread *thread, int blank_fd);

/* Are to be called around each request. All functions from here on take NULL, and then do nothing. */
void keepalive_thread_begin_request(KeepaliveThread *thread);
void keepalive_thread_end_request(KeepaliveThread *thread);

/* Are to be called around changes by the worker during a request; between two requests they do nothing. */
void keepalive_thread_lock(KeepaliveThread *thread);
void keepalive_thread_unlock(KeepaliveThread *thread);

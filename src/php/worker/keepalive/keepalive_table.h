/* SPDX-License-Identifier: MIT */
#pragma once
/* KeepaliveTable: the places in which one worker keeps connections, and which of them it serves right now. Pure:
 * numbers alone, it makes no system call.
 *
 * Runs in: worker, and its thread (keepalive_thread.h).     Owns: nothing; the fds are its user's. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        KEEPALIVE_MAX = 512, /* connections that one worker keeps at most */
};

/* Epoll events of kept connections carry a number from here on. */
#define KEEPALIVE_TAG_FIRST (UINT64_C(1) << 32)

/* How a connection came to where it is. */
typedef struct KeepalivePast {
        bool is_taken;       /* from another worker, and nothing was served on it since */
        uint64_t since_usec; /* a request was seen to wait on it then, 0: none was */
        uint64_t silent_until_usec; /* it is new, and closed then if not a byte has come; 0: it is not new */
} KeepalivePast;

typedef struct KeepalivePlace {
        int fd; /* -EBADF: vacant, as all places from n_reserved on, whatever is in them */
        uint32_t serial;
        KeepalivePast past;
} KeepalivePlace;

typedef struct KeepaliveTable {
        KeepalivePlace places[KEEPALIVE_MAX];
        size_t n_waiting;  /* all but the borrowed one */
        size_t n_reserved; /* no place from this one on was ever occupied */
        size_t limit;
        size_t borrowed; /* KEEPALIVE_MAX: none is */
        uint32_t serial;
} KeepaliveTable;

/* Makes all places vacant, without touching them: a worker that keeps no connection has no memory for them. The table
 * takes at most limit connections. */
void keepalive_table_init(KeepaliveTable *table, size_t limit);

/* Returns whether keepalive_table_add() would find a place. */
bool keepalive_table_has_room(const KeepaliveTable *table);

/* Puts fd into a vacant place, whose number it returns, or -ENOBUFS. */
int keepalive_table_add(KeepaliveTable *table, int fd, const KeepalivePast *past);

/* Makes place i vacant and returns the fd that was there. */
int keepalive_table_remove(KeepaliveTable *table, size_t i);

/* Returns the number that stands for the connection in place i, but for no connection that has this place before or
 * after it. */
uint64_t keepalive_table_tag(const KeepaliveTable *table, size_t i);

/* Returns the place of the connection with that number, or -ENOENT when it is not here any more. */
int keepalive_table_find(const KeepaliveTable *table, uint64_t tag);

/* Returns whether place i has a connection that the worker does not serve right now. */
bool keepalive_table_is_waiting(const KeepaliveTable *table, size_t i);

/* Notes that something has come on the connection in place i, unless that was noted before. */
void keepalive_table_note_arrival(KeepaliveTable *table, size_t i, uint64_t now_usec);

/* Returns whether the connection in place i is new and nothing has come on it. */
bool keepalive_table_is_silent(const KeepaliveTable *table, size_t i);

/* Returns the place of the silent connection whose time ends first, or -ENOENT when there is none; *ret_n is how many
 * there are. */
int keepalive_table_first_silent(const KeepaliveTable *table, size_t *ret_n);

/* Borrows the connection in place i, which is served from now on. Returns its fd, and its past. */
int keepalive_table_borrow(KeepaliveTable *table, size_t i, KeepalivePast *ret_past);

/* Gives the borrowed connection back: it waits for its next request again. Returns false when none was borrowed. */
bool keepalive_table_give_back(KeepaliveTable *table);

/* SPDX-License-Identifier: MIT */
#pragma once
/* JournalEntry: fields in the form that journald takes on its socket (systemd.io, "Native Journal Protocol").
 *
 * Runs in: manager, workers. Pure: no fds, no clock. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef struct JournalEntry {
        char *data; /* owned */
        size_t size, capacity;
        bool failed; /* for want of memory: not to be sent */
} JournalEntry;

/* An entry begins as {}. */
void journal_entry_done(JournalEntry *entry);

/* name is ours: upper case letters, digits, '_'. A value of NULL, or of n bytes with n 0, adds nothing. A
 * value may hold anything, new lines and NULs too. */
void journal_entry_add(JournalEntry *entry, const char *name, const char *value);
void journal_entry_add_bytes(JournalEntry *entry, const char *name, const char *value, size_t n);
void journal_entry_add_number(JournalEntry *entry, const char *name, unsigned long long value);

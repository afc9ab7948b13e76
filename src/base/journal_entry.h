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

/* Frees what journal_entry_add() has collected. An entry begins as {}. */
void journal_entry_done(JournalEntry *entry);

/* Add one field. name is a constant of ours: upper case letters, digits and '_'. The value may hold any byte, newlines
 * and NULs too; a value that is NULL or has no bytes adds nothing. Want of memory is noted in entry->failed. */
void journal_entry_add(JournalEntry *entry, const char *name, const char *value);
void journal_entry_add_bytes(JournalEntry *entry, const char *name, const char *value, size_t n);
void journal_entry_add_number(JournalEntry *entry, const char *name, unsigned long long value);

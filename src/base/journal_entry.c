/* SPDX-License-Identifier: MIT */
#include "base/journal_entry.h"

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        CAPACITY_MIN = 1024,
};

void journal_entry_done(JournalEntry *entry) {
        free(entry->data);
        *entry = (JournalEntry){};
}

static bool make_room(JournalEntry *entry, size_t n) {
        size_t capacity = entry->capacity > 0 ? entry->capacity : CAPACITY_MIN;
        char *data;

        while (capacity - entry->size < n)
                capacity *= 2;
        if (capacity == entry->capacity)
                return true;

        data = realloc(entry->data, capacity);
        if (!data)
                return false;

        entry->data = data;
        entry->capacity = capacity;
        return true;
}

static void append(JournalEntry *entry, const void *data, size_t n) {
        memcpy(entry->data + entry->size, data, n);
        entry->size += n;
}

/* NAME=value, or, when there is a new line in it, NAME, its length in 64 bits and the value. */
void journal_entry_add_bytes(JournalEntry *entry, const char *name, const char *value, size_t n) {
        uint64_t length = htole64(n);
        bool plain;

        if (!value || n == 0)
                return;
        if (entry->failed || !make_room(entry, strlen(name) + sizeof(length) + n + 2)) {
                entry->failed = true;
                return;
        }

        plain = !memchr(value, '\n', n);
        append(entry, name, strlen(name));
        append(entry, plain ? "=" : "\n", 1);
        if (!plain)
                append(entry, &length, sizeof(length));
        append(entry, value, n);
        append(entry, "\n", 1);
}

void journal_entry_add(JournalEntry *entry, const char *name, const char *value) {
        if (value)
                journal_entry_add_bytes(entry, name, value, strlen(value));
}

void journal_entry_add_number(JournalEntry *entry, const char *name, unsigned long long value) {
        char number[24];

        journal_entry_add_bytes(entry, name, number,
                        (size_t) snprintf(number, sizeof(number), "%llu", value));
}

/* SPDX-License-Identifier: MIT */
#include "php/worker/keepalive/keepalive_table.h"

enum {
        NOBODY = KEEPALIVE_MAX,
};

void keepalive_table_init(KeepaliveTable *table, size_t limit) {
        table->n_waiting = 0;
        table->n_reserved = 0;
        table->limit = limit < KEEPALIVE_MAX ? limit : KEEPALIVE_MAX;
        table->borrowed = NOBODY;
        table->serial = 0;
}

static size_t n_occupied(const KeepaliveTable *table) {
        return table->n_waiting + (table->borrowed != NOBODY);
}

bool keepalive_table_has_room(const KeepaliveTable *table) {
        return n_occupied(table) < table->limit;
}

static size_t vacant_place(const KeepaliveTable *table) {
        size_t i = 0;

        while (i < table->n_reserved && table->places[i].fd >= 0)
                i++;

        return i;
}

int keepalive_table_add(KeepaliveTable *table, int fd, const KeepalivePast *past) {
        size_t i;

        if (!keepalive_table_has_room(table))
                return -ENOBUFS;

        i = vacant_place(table);
        if (i == table->n_reserved)
                table->n_reserved++;

        /* The number was never used before, so that events of the last connection in this place are not taken for this
         * one's. */
        table->serial = table->serial < UINT32_MAX ? table->serial + 1 : 1;
        table->places[i] = (KeepalivePlace){ .fd = fd, .serial = table->serial, .past = *past };
        table->n_waiting++;
        return (int) i;
}

int keepalive_table_remove(KeepaliveTable *table, size_t i) {
        int fd = table->places[i].fd;

        table->places[i].fd = -EBADF;
        if (i == table->borrowed)
                table->borrowed = NOBODY;
        else
                table->n_waiting--;

        return fd;
}

uint64_t keepalive_table_tag(const KeepaliveTable *table, size_t i) {
        return (uint64_t) table->places[i].serial << 32 | i;
}

int keepalive_table_find(const KeepaliveTable *table, uint64_t tag) {
        size_t i = (size_t) (tag & UINT32_MAX);

        if (i >= table->n_reserved || table->places[i].fd < 0 ||
                        tag != keepalive_table_tag(table, i))
                return -ENOENT;

        return (int) i;
}

bool keepalive_table_is_waiting(const KeepaliveTable *table, size_t i) {
        return table->places[i].fd >= 0 && i != table->borrowed;
}

void keepalive_table_note_arrival(KeepaliveTable *table, size_t i, uint64_t now_usec) {
        if (table->places[i].past.since_usec == 0)
                table->places[i].past.since_usec = now_usec;
}

bool keepalive_table_is_silent(const KeepaliveTable *table, size_t i) {
        return keepalive_table_is_waiting(table, i) &&
               table->places[i].past.silent_until_usec > 0 && table->places[i].past.since_usec == 0;
}

int keepalive_table_first_silent(const KeepaliveTable *table, size_t *ret_n) {
        int first = -ENOENT;
        size_t n = 0;

        for (size_t i = 0; i < table->n_reserved; i++) {
                uint64_t until_usec = table->places[i].past.silent_until_usec;

                if (!keepalive_table_is_silent(table, i))
                        continue;

                n++;
                if (first < 0 || until_usec < table->places[first].past.silent_until_usec)
                        first = (int) i;
        }

        *ret_n = n;
        return first;
}

int keepalive_table_borrow(KeepaliveTable *table, size_t i, KeepalivePast *ret_past) {
        *ret_past = table->places[i].past;
        table->places[i].past = (KeepalivePast){};
        table->borrowed = i;
        table->n_waiting--;
        return table->places[i].fd;
}

bool keepalive_table_give_back(KeepaliveTable *table) {
        if (table->borrowed == NOBODY)
                return false;

        table->borrowed = NOBODY;
        table->n_waiting++;
        return true;
}

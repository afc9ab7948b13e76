/* SPDX-License-Identifier: MIT */
#include "base/sum_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

typedef struct Entry {
        _Atomic uint64_t name, sum; /* 0: none */
} Entry;

struct SumTable {
        size_t n_entries;
        Entry entries[];
};

enum {
        SEARCH_MAX = 64, /* a quarter of the entries is empty: a search is seldom longer than a few */
};

static size_t size_of(size_t n_entries) {
        return offsetof(SumTable, entries) + n_entries * sizeof(Entry);
}

int sum_table_new(SumTable **ret, size_t n) {
        size_t n_entries = n + n / 3 + 1;
        void *memory = mmap(NULL, size_of(n_entries), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return -errno;

        *ret = memory;
        (*ret)->n_entries = n_entries;
        return 0;
}

SumTable *sum_table_free(SumTable *table) {
        if (table)
                (void) munmap(table, size_of(table->n_entries));
        return NULL;
}

void sum_table_put(SumTable *table, uint64_t name, uint64_t sum) {
        for (size_t i = 0; i < SEARCH_MAX; i++) {
                Entry *entry = &table->entries[(name + i) % table->n_entries];
                uint64_t found = 0, none = 0;

                if (!atomic_compare_exchange_strong(&entry->name, &found, name) && found != name)
                        continue;

                (void) atomic_compare_exchange_strong(&entry->sum, &none, sum);
                return;
        }
}

uint64_t sum_table_get(const SumTable *table, uint64_t name) {
        for (size_t i = 0; i < SEARCH_MAX; i++) {
                const Entry *entry = &table->entries[(name + i) % table->n_entries];
                uint64_t found = atomic_load(&entry->name);

                if (found == 0)
                        return 0;
                if (found == name)
                        return atomic_load(&entry->sum);
        }

        return 0;
}

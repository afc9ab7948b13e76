/* SPDX-License-Identifier: MIT */
#include "base/sum_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef struct Entry {
        _Atomic uint64_t name, sum; /* 0: none */
} Entry;

/* How large it is stays out of what the others can write. */
struct SumTable {
        size_t n_entries;
        Entry *entries; /* shared */
};

enum {
        SEARCH_MAX = 64, /* a quarter of the entries is empty: a search is seldom longer than a few */
};

int sum_table_new(SumTable **ret, size_t n) {
        _cleanup_free_ SumTable *table = malloc(sizeof(*table));
        void *entries;

        if (!table)
                return -ENOMEM;

        table->n_entries = n + n / 3 + 1;
        entries = mmap(NULL, table->n_entries * sizeof(Entry), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (entries == MAP_FAILED)
                return -errno;

        table->entries = entries;
        *ret = TAKE_PTR(table);
        return 0;
}

SumTable *sum_table_free(SumTable *table) {
        if (table)
                (void) munmap(table->entries, table->n_entries * sizeof(Entry));
        free(table);
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

/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcode_numbers.h"

#include <php.h>
#include <php_ini.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zend_vm.h>

#include "base/object_variables.h"

enum {
        PLACES_MIN = 1024,
        PROBES = 16,
};

static bool is_mapped(uintptr_t address) {
        uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

        return madvise((void *) (address / page * page), page, MADV_NORMAL) == 0;
}

/* The memory of malloc() that grows by brk(2): it begins somewhere behind the program's variables, and has no holes. */
static bool is_in_heap(const ObjectVariables *variables, uintptr_t address) {
        static uintptr_t begin = UINTPTR_MAX;
        uintptr_t end = (uintptr_t) sbrk(0);

        if (address % (2 * sizeof(void *)) != 0 || address < variables->end || address >= end ||
                        end - address < sizeof(HashTable))
                return false;
        if (address < begin && is_mapped(address))
                begin = address;

        return address >= begin;
}

static bool looks_like_a_table(const HashTable *table) {
        uint32_t size = table->nTableSize;

        return size >= PLACES_MIN && (size & (size - 1)) == 0 &&
               table->nTableMask == HT_SIZE_TO_MASK(size) && table->nNumUsed >= PROBES &&
               table->nNumUsed <= size && table->nNumOfElements == table->nNumUsed &&
               !table->pDestructor;
}

/* As when a script is read from its file. */
static uintptr_t address_of(zend_long number) {
        uintptr_t address = (uintptr_t) number;
        zend_op op = {};

        memcpy(&op.handler, &address, sizeof(address));
        zend_deserialize_opcode_handler(&op);
        return (uintptr_t) op.handler;
}

static bool has_addresses(const HashTable *table) {
        for (uint32_t i = 0; i < PROBES; i++) {
                const Bucket *bucket = &table->arData[i];

                if (bucket->key || Z_TYPE(bucket->val) != IS_LONG || Z_LVAL(bucket->val) < 0 ||
                                Z_LVAL(bucket->val) >= PLACES_MIN ||
                                address_of(Z_LVAL(bucket->val)) != bucket->h)
                        return false;
        }

        return true;
}

static bool is_the_table(const HashTable *table) {
        return looks_like_a_table(table) && has_addresses(table);
}

static HashTable **find_table(void) {
        ObjectVariables variables = object_variables(&compiler_globals);

        for (uintptr_t at = variables.begin; at + sizeof(uintptr_t) <= variables.end;
                        at += sizeof(uintptr_t))
                if (is_in_heap(&variables, *(const uintptr_t *) at) &&
                                is_the_table(*(HashTable **) at))
                        return (HashTable **) at;

        return NULL;
}

/* The compiler of machine code looks there, too; a script can start it where it is no more than off. Since 8.4 it has
 * memory, and is disabled, where nothing is set. */
static bool is_needed(void) {
        const char *mode = INI_STR("opcache.jit");

        return INI_INT("opcache.jit_buffer_size") > 0 && mode && *mode &&
               strcasecmp(mode, "disable") != 0;
}

bool php_opcode_numbers_forget(void) {
        static HashTable **table;

        if (is_needed())
                return false;

        if (!table)
                table = find_table();
        if (!table || !*table)
                return false;

        zend_hash_destroy(*table);
        free(*table);
        *table = NULL;
        return true;
}

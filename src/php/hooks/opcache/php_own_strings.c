/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_own_strings.h"

#include <php.h>
#include <stdint.h>

#include "base/object_variables.h"

enum {
        /* As PHP makes it; it only grows. */
        PLACES_MIN = 1024,
};

static bool looks_like_a_table(const HashTable *table) {
        uint32_t size = table->nTableSize;

        return size >= PLACES_MIN && (size & (size - 1)) == 0 &&
               table->nTableMask == HT_SIZE_TO_MASK(size) && table->nNumUsed > 0 &&
               table->nNumUsed <= size && table->nNumOfElements == table->nNumUsed &&
               table->arData && table->pDestructor;
}

static zend_string *last_of(const HashTable *table) {
        return table->arData[table->nNumUsed - 1].key;
}

static bool is_the_table(const HashTable *table) {
        zend_string *last;

        if (!looks_like_a_table(table))
                return false;

        last = last_of(table);
        return last && zend_interned_string_find_permanent(last) == last;
}

static HashTable *find_table(void) {
        ObjectVariables variables = object_variables(&zend_new_interned_string);

        for (uintptr_t at = variables.begin; at + sizeof(HashTable) <= variables.end;
                        at += sizeof(void *))
                if (is_the_table((const HashTable *) at))
                        return (HashTable *) at;

        return NULL;
}

/* As code does that has a text and would like PHP's string for it. */
static bool is_asked(const HashTable *table) {
        zend_string *last = last_of(table), *found = zend_string_init_existing_interned(
                                                            ZSTR_VAL(last), ZSTR_LEN(last), true);
        bool is_it = found == last;

        zend_string_release(found);
        return is_it;
}

bool php_own_strings_forget(void) {
        HashTable *table = find_table();

        if (!table || is_asked(table))
                return false;

        free(HT_GET_DATA_ADDR(table));
        zend_hash_init(table, HT_MIN_SIZE, NULL, table->pDestructor, true);
        zend_hash_real_init_mixed(table);
        return true;
}

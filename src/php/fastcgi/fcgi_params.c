/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/fcgi_params.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/pages.h"
#include "php/fastcgi/fcgi_record.h"

enum {
        /* An index + 1 has to fit the 16 bits of a table entry with half of the table empty. */
        COUNT_LIMIT = 1 << 14,
        BYTES_LIMIT = 1 << 30,
};

/* All is one piece, which begins with the items. */
static size_t params_size(const FcgiParams *params) {
        return params->max_items * sizeof(*params->items) +
               (params->max_items + 1) * sizeof(*params->envp) +
               params->table_size * sizeof(*params->table) + params->max_bytes;
}

int fcgi_params_init(FcgiParams *params, size_t max_bytes, size_t max_items) {
        if (max_bytes == 0 || max_bytes > BYTES_LIMIT || max_items == 0 || max_items > COUNT_LIMIT)
                return -EINVAL;

        *params = (FcgiParams){ .max_bytes = max_bytes, .max_items = max_items, .table_size = 8 };
        while (params->table_size < 2 * max_items)
                params->table_size *= 2;

        params->items = pages_new(params_size(params));
        if (!params->items)
                return -ENOMEM;

        params->envp = (char **) (params->items + max_items);
        params->table = (uint16_t *) (params->envp + max_items + 1);
        params->bytes = (uint8_t *) (params->table + params->table_size);
        return 0;
}

void fcgi_params_done(FcgiParams *params) {
        pages_free(params->items, params_size(params));
        *params = (FcgiParams){};
}

void fcgi_params_reset(FcgiParams *params) {
        params->n_bytes = 0;
        params->n_items = 0;
        params->envp[0] = NULL;
        memset(params->table, 0, params->table_size * sizeof(*params->table));
}

void fcgi_params_release(FcgiParams *params) {
        fcgi_params_reset(params);
        pages_release(params->items, params_size(params));
}

int fcgi_params_append(FcgiParams *params, const void *data, size_t size) {
        if (size > params->max_bytes - params->n_bytes)
                return -E2BIG;

        memcpy(params->bytes + params->n_bytes, data, size);
        params->n_bytes += size;
        return 0;
}

/* A product carries each bit to the higher ones alone: those come down again. */
static uint64_t mix(uint64_t key) {
        key *= UINT64_C(0x9e3779b97f4a7c15);
        return key ^ key >> 32;
}

/* A client that makes names collide on purpose pays for max_items names and costs us that many comparisons of a length
 * and a few bytes each: about as much as one slow system call per name, and no more. */
static size_t hash(const FcgiParams *params, const char *name, size_t name_len) {
        uint64_t key = name_len, part = 0;

        for (; name_len > sizeof(part); name += sizeof(part), name_len -= sizeof(part)) {
                memcpy(&part, name, sizeof(part));
                key = mix(key ^ part);
        }
        part = 0;
        memcpy(&part, name, name_len);
        return (size_t) (mix(key ^ part) & (params->table_size - 1));
}

/* The entry of the name, or the empty one where it would stand: the table is never full. */
static uint16_t *table_entry(const FcgiParams *params, const char *name, size_t name_len) {
        for (size_t at = hash(params, name, name_len);; at = (at + 1) & (params->table_size - 1)) {
                uint16_t *entry = params->table + at;
                const FcgiParam *item;

                if (*entry == 0)
                        return entry;

                item = params->items + *entry - 1;
                if (item->name_len == name_len && memcmp(item->name, name, name_len) == 0)
                        return entry;
        }
}

/* A name that comes again takes the place of the first, with its own value: FCGX_GetParam(), which
 * returns the first match, then agrees with php-fpm, where the last one wins. */
static int add_item(FcgiParams *params, char *text, const FcgiParam *item) {
        uint16_t *entry = table_entry(params, item->name, item->name_len);

        if (*entry == 0) {
                if (params->n_items >= params->max_items)
                        return -E2BIG;

                *entry = (uint16_t) ++params->n_items;
        }

        params->items[*entry - 1] = *item;
        params->envp[*entry - 1] = text;
        return 0;
}

/* NUL in a value would let a check of the whole string and an open() of its beginning disagree
 * about a path; no web server has a reason to send one, so the request is refused. The same goes
 * for '=' in a name, which would make another variable of it. */
static bool pair_is_clean(const uint8_t *name, size_t name_len, size_t value_len) {
        return name_len > 0 && !memchr(name, '=', name_len) &&
               !memchr(name, '\0', name_len + value_len);
}

/* Turns the pair at the front of the size bytes at text into a string, in place: the two lengths
 * take at least the two bytes that '=' and NUL need. Returns the pair's size or negative errno. */
static int read_pair(FcgiParams *params, uint8_t *text, size_t size) {
        uint32_t name_len, value_len;
        size_t n, m, left;
        uint8_t *name, *value;
        int r;

        n = fcgi_length_decode(&name_len, text, size);
        m = n == 0 ? 0 : fcgi_length_decode(&value_len, text + n, size - n);
        if (m == 0)
                return -EBADMSG;

        name = text + n + m;
        left = size - n - m;
        if (name_len > left || value_len > left - name_len)
                return -EBADMSG;

        if (!pair_is_clean(name, name_len, value_len))
                return -EBADMSG;

        value = text + name_len + 1;
        memmove(text, name, name_len);
        text[name_len] = '=';
        memmove(value, name + name_len, value_len);
        value[value_len] = '\0';

        r = add_item(params, (char *) text,
                        &(FcgiParam){
                                        .name = (char *) text,
                                        .value = (char *) value,
                                        .name_len = name_len,
                                        .value_len = value_len,
                        });
        if (r < 0)
                return r;

        return (int) (n + m + name_len + value_len);
}

int fcgi_params_parse(FcgiParams *params) {
        size_t at = 0;

        while (at < params->n_bytes) {
                int r;

                r = read_pair(params, params->bytes + at, params->n_bytes - at);
                if (r < 0)
                        return r;

                at += (size_t) r;
        }

        params->envp[params->n_items] = NULL;
        return 0;
}

const FcgiParam *fcgi_params_find(const FcgiParams *params, const char *name, size_t name_len) {
        const uint16_t *entry = table_entry(params, name, name_len);

        return *entry == 0 ? NULL : params->items + *entry - 1;
}

int fcgi_params_set(FcgiParams *params, const char *name, const char *value, size_t value_len) {
        size_t name_len = strlen(name), left = params->max_bytes - params->n_bytes;
        char *text = (char *) params->bytes + params->n_bytes;
        int r;

        if (value_len > left || name_len + 2 > left - value_len)
                return -E2BIG;

        memcpy(text, name, name_len);
        text[name_len] = '=';
        memcpy(text + name_len + 1, value, value_len);
        text[name_len + 1 + value_len] = '\0';

        r = add_item(params, text,
                        &(FcgiParam){
                                        .name = text,
                                        .value = text + name_len + 1,
                                        .name_len = (uint32_t) name_len,
                                        .value_len = (uint32_t) value_len,
                        });
        if (r < 0)
                return r;

        params->n_bytes += name_len + value_len + 2;
        params->envp[params->n_items] = NULL;
        return 0;
}

/* The table has no mark for an entry that was taken out, and this is rare: it is made anew. */
void fcgi_params_unset(FcgiParams *params, const char *name) {
        uint16_t *entry = table_entry(params, name, strlen(name));
        size_t at = *entry, n = params->n_items;

        if (at == 0)
                return;

        memmove(params->items + at - 1, params->items + at, (n - at) * sizeof(*params->items));
        memmove(params->envp + at - 1, params->envp + at, (n - at + 1) * sizeof(*params->envp));
        params->n_items--;

        memset(params->table, 0, params->table_size * sizeof(*params->table));
        for (size_t i = 0; i < params->n_items; i++)
                *table_entry(params, params->items[i].name, params->items[i].name_len) =
                                (uint16_t) (i + 1);
}

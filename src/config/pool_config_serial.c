/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "config/directive/directive.h"
#include "config/pool_config_internal.h"
#include "contract/fingerprint.h"

/* The buffer: MAGIC, the fingerprint of the build, name, file, when it was read, then the field of each row of the
 * table in its order. Numbers are eight bytes in the machine's order; a text is its size and its bytes, NO_TEXT for
 * NULL; a list is its count and for each item kind, line, file, key, value. */
#define MAGIC UINT64_C(0x31676663646d7066)
#define NO_TEXT UINT64_MAX

typedef struct Buffer {
        char *data;
        size_t size, room;
} Buffer;

typedef struct Cursor {
        const char *p;
        size_t left;
} Cursor;

static void buffer_done(Buffer *buffer) {
        free(buffer->data);
}

static int put(Buffer *buffer, const void *data, size_t size) {
        if (size > buffer->room - buffer->size) {
                size_t room = 2 * (buffer->size + size) + 1024;
                char *grown;

                grown = realloc(buffer->data, room);
                if (!grown)
                        return -ENOMEM;

                buffer->data = grown;
                buffer->room = room;
        }

        if (size > 0)
                memcpy(buffer->data + buffer->size, data, size);

        buffer->size += size;
        return 0;
}

static int put_number(Buffer *buffer, uint64_t number) {
        return put(buffer, &number, sizeof(number));
}

static int put_text(Buffer *buffer, const char *text) {
        int r;

        if (!text)
                return put_number(buffer, NO_TEXT);

        r = put_number(buffer, strlen(text));
        return r < 0 ? r : put(buffer, text, strlen(text));
}

static int put_list(Buffer *buffer, const SettingList *list) {
        int r;

        r = put_number(buffer, list->n_items);
        for (size_t i = 0; r == 0 && i < list->n_items; i++) {
                const Setting *setting = &list->items[i];

                r = put_number(buffer, setting->kind);
                if (r == 0)
                        r = put_number(buffer, setting->line);
                if (r == 0)
                        r = put_text(buffer, setting->file);
                if (r == 0)
                        r = put_text(buffer, setting->key);
                if (r == 0)
                        r = put_text(buffer, setting->value);
        }

        return r;
}

static int put_field(Buffer *buffer, const Directive *directive, const PoolConfig *config) {
        const void *field = directive_field_const(directive, config);

        switch (directive_storage(directive)) {
        case STORAGE_BOOL:
                return put_number(buffer, *(const bool *) field);
        case STORAGE_SIGNED:
                return put_number(buffer, (uint64_t) * (const int64_t *) field);
        case STORAGE_UNSIGNED:
                return put_number(buffer, *(const uint64_t *) field);
        case STORAGE_STRING:
                return put_text(buffer, *(char *const *) field);
        case STORAGE_LIST:
        default:
                return put_list(buffer, field);
        }
}

/* Some rows share a list, which is written for the first of them. */
static bool has_own_field(size_t i) {
        const Directive *d = directive_at(i);

        for (size_t j = 0; j < i; j++)
                if (directive_at(j)->offset == d->offset)
                        return false;

        return directive_has_field(d);
}

/* Of the order of the fields as well: a reader with another table would take one for another. */
static uint64_t fingerprint(void) {
        uint64_t sum = contract_fingerprint();

        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);
                uint32_t form[] = { d->type, d->kind, d->section };

                sum = fingerprint_add(sum, d->key, strlen(d->key) + 1);
                sum = fingerprint_add(sum, form, sizeof(form));
        }

        return sum;
}

int pool_config_serialize(const PoolConfig *config, char **ret, size_t *ret_size) {
        _cleanup_(buffer_done) Buffer buffer = {};
        int r;

        r = put_number(&buffer, MAGIC);
        if (r == 0)
                r = put_number(&buffer, fingerprint());
        if (r == 0)
                r = put_text(&buffer, config->name);
        if (r == 0)
                r = put_text(&buffer, config->file);
        if (r == 0)
                r = put_number(&buffer, config->read_usec);

        for (size_t i = 0; r == 0 && i < directive_count(); i++)
                if (has_own_field(i))
                        r = put_field(&buffer, directive_at(i), config);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(buffer.data);
        *ret_size = buffer.size;
        return 0;
}

static int get_number(Cursor *cursor, uint64_t *ret) {
        if (cursor->left < sizeof(*ret))
                return -EBADMSG;

        memcpy(ret, cursor->p, sizeof(*ret));
        cursor->p += sizeof(*ret);
        cursor->left -= sizeof(*ret);
        return 0;
}

/* Replaces *text, which may be NULL before and after. */
static int get_text(Cursor *cursor, char **text) {
        char *copy = NULL;
        uint64_t size;
        int r;

        r = get_number(cursor, &size);
        if (r < 0)
                return r;

        if (size != NO_TEXT) {
                if (size > cursor->left || memchr(cursor->p, '\0', (size_t) size))
                        return -EBADMSG;

                copy = strndup(cursor->p, (size_t) size);
                if (!copy)
                        return -ENOMEM;

                cursor->p += size;
                cursor->left -= (size_t) size;
        }

        free(*text);
        *text = copy;
        return 0;
}

/* Whether a list of this row can hold items of that kind: the rows that share its field say so. */
static bool kind_is_possible(const Directive *directive, uint64_t kind) {
        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);

                if (d->offset == directive->offset && d->kind == kind)
                        return true;
        }

        return false;
}

static int get_setting(Cursor *cursor, const Directive *directive, SettingList *list) {
        _cleanup_free_ char *file = NULL, *key = NULL, *value = NULL;
        uint64_t kind, line;
        int r;

        r = get_number(cursor, &kind);
        if (r == 0)
                r = get_number(cursor, &line);
        if (r == 0)
                r = get_text(cursor, &file);
        if (r == 0)
                r = get_text(cursor, &key);
        if (r == 0)
                r = get_text(cursor, &value);
        if (r < 0)
                return r;

        if (!kind_is_possible(directive, kind) || line > UINT32_MAX || !value ||
                        !key != (kind == SETTING_PLAIN))
                return -EBADMSG;

        return setting_list_add(list, &(Setting){ .kind = (SettingKind) kind,
                                                      .key = key,
                                                      .value = value,
                                                      .file = file,
                                                      .line = (unsigned) line });
}

static int get_list(Cursor *cursor, const Directive *directive, SettingList *list) {
        uint64_t n;
        int r;

        r = get_number(cursor, &n);
        for (uint64_t i = 0; r == 0 && i < n; i++)
                r = get_setting(cursor, directive, list);

        return r;
}

static int get_bool(Cursor *cursor, bool *ret) {
        uint64_t number;
        int r;

        r = get_number(cursor, &number);
        if (r < 0)
                return r;
        if (number > 1)
                return -EBADMSG;

        *ret = number;
        return 0;
}

static int get_field(Cursor *cursor, const Directive *directive, PoolConfig *config) {
        void *field = directive_field(directive, config);
        int r;

        switch (directive_storage(directive)) {
        case STORAGE_BOOL:
                return get_bool(cursor, field);
        case STORAGE_SIGNED: /* the same eight bytes */
        case STORAGE_UNSIGNED:
                r = get_number(cursor, field);
                break;
        case STORAGE_STRING:
                return get_text(cursor, field);
        case STORAGE_LIST:
        default:
                return get_list(cursor, directive, field);
        }
        if (r < 0)
                return r;

        return directive_number_is_possible(directive, config) ? 0 : -EBADMSG;
}

int pool_config_deserialize(PoolConfig **ret, const char *data, size_t size) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        Cursor cursor = { .p = data, .left = size };
        uint64_t magic = 0, build = 0;
        int r;

        config = calloc(1, sizeof(*config));
        if (!config)
                return -ENOMEM;

        r = get_number(&cursor, &magic);
        if (r == 0 && magic != MAGIC)
                r = -EBADMSG;
        if (r == 0)
                r = get_number(&cursor, &build);
        if (r == 0 && build != fingerprint())
                r = -EPROTO;
        if (r == 0)
                r = get_text(&cursor, &config->name);
        if (r == 0)
                r = get_text(&cursor, &config->file);
        if (r == 0)
                r = get_number(&cursor, &config->read_usec);

        for (size_t i = 0; r == 0 && i < directive_count(); i++)
                if (has_own_field(i))
                        r = get_field(&cursor, directive_at(i), config);
        if (r < 0)
                return r;

        if (cursor.left > 0 || !config->name || !pool_name_is_valid(config->name) || !config->file)
                return -EBADMSG;

        *ret = TAKE_PTR(config);
        return 0;
}

int pool_config_copy(PoolConfig **ret, const PoolConfig *config) {
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        r = pool_config_serialize(config, &data, &size);
        if (r < 0)
                return r;

        return pool_config_deserialize(ret, data, size);
}

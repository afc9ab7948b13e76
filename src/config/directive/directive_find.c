/* SPDX-License-Identifier: MIT */
/* Finds the row of a key, and of one that was spelled wrong. */

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "config/directive/directive.h"

/* "systemd.MemoryMax"; and "systemd" alone, which is the name of the row. */
static bool is_unit_key(const Directive *directive, const char *key) {
        size_t size = strlen(directive->key);

        return strncasecmp(directive->key, key, size) == 0 &&
               (key[size] == '\0' || (key[size] == '.' && key[size + 1] != '\0'));
}

const Directive *directive_find(DirectiveSection section, const char *key, bool is_array) {
        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *d = directive_at(i);

                if (d->section != section || directive_is_array(d) != is_array)
                        continue;

                if (directive_is_unit(d)) {
                        if (is_unit_key(d, key))
                                return d;
                        continue;
                }

                if (is_array ? strcmp(d->key, key) == 0 : strcasecmp(d->key, key) == 0)
                        return d;
        }

        return NULL;
}

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

/* Levenshtein's distance, case ignored, of keys up to KEY_MAX bytes; longer ones are far apart. */
static size_t distance(const char *a, const char *b) {
        enum { KEY_MAX = 64 };
        size_t row[KEY_MAX + 1], a_size = strlen(a), b_size = strlen(b);

        if (a_size > KEY_MAX || b_size > KEY_MAX)
                return SIZE_MAX;

        for (size_t j = 0; j <= b_size; j++)
                row[j] = j;

        for (size_t i = 0; i < a_size; i++) {
                size_t diagonal = row[0];

                row[0] = i + 1;
                for (size_t j = 0; j < b_size; j++) {
                        size_t change = diagonal + (lower(a[i]) != lower(b[j]));

                        diagonal = row[j + 1];
                        row[j + 1] = number_min(change, number_min(row[j], row[j + 1]) + 1);
                }
        }

        return row[b_size];
}

const Directive *directive_nearest(DirectiveSection section, const char *key) {
        const Directive *nearest = NULL;
        size_t least = strlen(key) / 3 + 1;

        for (size_t i = 0; i < directive_count(); i++) {
                const Directive *directive = directive_at(i);
                size_t d = distance(key, directive->key);

                if (directive->section == section && d < least) {
                        least = d;
                        nearest = directive;
                }
        }

        return nearest;
}

/* SPDX-License-Identifier: MIT */
/* What a web server says about the script, however wrong: the params of src/php/files/script_path.c, one on each
 * line, NAME=VALUE. The first byte says which settings hold and what the file system looks like. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "php/files/script_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition) {
        if (!condition)
                abort();
}

/* Any path may exist or not; the same one always says the same. */
static bool says_yes(const char *path, void *userdata) {
        unsigned sum = *(const uint8_t *) userdata;

        while (*path)
                sum = sum * 31 + (uint8_t) *path++;

        return sum & 4;
}

static void set_line(FcgiParams *params, const char *line, size_t n) {
        const char *equals = memchr(line, '=', n);
        char name[64];

        if (!equals || equals == line || equals - line >= (ptrdiff_t) sizeof(name) ||
                        memchr(line, '\0', n))
                return;

        memcpy(name, line, (size_t) (equals - line));
        name[equals - line] = '\0';
        (void) fcgi_params_set(params, name, equals + 1, n - (size_t) (equals + 1 - line));
}

static void set_lines(FcgiParams *params, const char *text, size_t size) {
        while (size > 0) {
                const char *end = memchr(text, '\n', size);
                size_t n = end ? (size_t) (end - text) : size;

                set_line(params, text, n);
                n += n < size;
                text += n;
                size -= n;
        }
}

static void check_params(const FcgiParams *params) {
        for (size_t i = 0; i < params->n_items; i++) {
                const FcgiParam *item = &params->items[i];

                check(item->name == params->envp[i]);
                check(item->value == item->name + item->name_len + 1);
                check(strlen(item->value) == item->value_len);
                check(fcgi_params_find(params, item->name, item->name_len) == item);
        }
        check(params->envp[params->n_items] == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        uint8_t how = size > 0 ? data[0] : 0;
        ScriptRules rules = {
                .fix_pathinfo = !(how & 16),
                .discard_path = how & 32,
                .doc_root = how & 64 ? "/root/" : NULL,
                .exists = says_yes,
                .is_file = says_yes,
                .userdata = &how,
        };
        FcgiParams params;
        ScriptPath path;

        check(fcgi_params_init(&params, 4096, 20) == 0);
        fcgi_params_reset(&params);
        if (size > 0)
                set_lines(&params, (const char *) data + 1, size - 1);

        check(script_path_find(&path, &params, &rules) == 0 || !path.script);
        check(!path.script || path.named);
        check_params(&params);
        fcgi_params_done(&params);
        return 0;
}

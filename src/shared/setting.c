/* SPDX-License-Identifier: MIT */
#include "shared/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"

int setting_list_add(SettingList *list, SettingKind kind, const char *key, const char *value,
                unsigned line) {
        _cleanup_free_ char *key_copy = NULL, *value_copy = NULL;
        Setting *items;

        if (key) {
                key_copy = strdup(key);
                if (!key_copy)
                        return -ENOMEM;
        }

        value_copy = strdup(value);
        if (!value_copy)
                return -ENOMEM;

        items = reallocarray(list->items, list->n_items + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;

        list->items = items;
        list->items[list->n_items++] = (Setting){
                .kind = kind,
                .key = TAKE_PTR(key_copy),
                .value = TAKE_PTR(value_copy),
                .line = line,
        };
        return 0;
}

void setting_list_done(SettingList *list) {
        for (size_t i = 0; i < list->n_items; i++) {
                free(list->items[i].key);
                free(list->items[i].value);
        }

        free(list->items);
        *list = (SettingList){};
}

/* SPDX-License-Identifier: MIT */
#include "config/value/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void setting_done(Setting *setting) {
        free(setting->key);
        free(setting->value);
        free(setting->raw);
        free(setting->file);
}

/* NULL stays NULL. */
static int dup_text(char **ret, const char *text) {
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

int setting_list_add(SettingList *list, const Setting *like) {
        _cleanup_(setting_done) Setting copy = {
                .kind = like->kind, .line = like->line, .is_default = like->is_default
        };
        Setting *items;

        if (dup_text(&copy.key, like->key) < 0 || dup_text(&copy.value, like->value) < 0 ||
                        dup_text(&copy.raw, like->raw) < 0 || dup_text(&copy.file, like->file) < 0)
                return -ENOMEM;

        items = reallocarray(list->items, list->n_items + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;

        list->items = items;
        list->items[list->n_items++] = copy;
        copy = (Setting){};
        return 0;
}

void setting_list_done(SettingList *list) {
        for (size_t i = 0; i < list->n_items; i++)
                setting_done(&list->items[i]);

        free(list->items);
        *list = (SettingList){};
}

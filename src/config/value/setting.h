/* SPDX-License-Identifier: MIT */
#pragma once
/* SettingList: the key[sub] = value directives of a pool file, in the order of the file.
 *
 * Runs in: any process. */

#include <stdbool.h>
#include <stddef.h>

typedef enum SettingKind {
        SETTING_PLAIN, /* listen, access.suppress_path: no key */
        SETTING_ENV,
        SETTING_PHP_VALUE,
        SETTING_PHP_FLAG,
        SETTING_PHP_ADMIN_VALUE,
        SETTING_PHP_ADMIN_FLAG,
        SETTING_UNIT, /* systemd.KEY */
        _SETTING_KIND_MAX,
} SettingKind;

typedef struct Setting {
        SettingKind kind;
        char *key; /* NULL for SETTING_PLAIN */
        char *value;
        char *raw;       /* as it is written, where it names E_ALL; else NULL; not serialized */
        char *file;      /* where it stands: a pool file or one that it includes, NULL: nowhere */
        unsigned line;   /* there */
        bool is_default; /* fpmd.conf says it; not serialized */
} Setting;

typedef struct SettingList {
        Setting *items;
        size_t n_items;
} SettingList;

/* Appends a copy of like and of its texts. Returns 0 or -ENOMEM. */
int setting_list_add(SettingList *list, const Setting *like);
void setting_list_done(SettingList *list);

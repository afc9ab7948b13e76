/* SPDX-License-Identifier: MIT */
#include "php/resident/php_baseline_ini.h"

#include <php.h>
#include <php_ini.h>
#include <string.h>

#include "config/pool_config.h"

/* What the script has changed until the seal: PHP finds again at its end what was there before. */
typedef struct Change {
        zend_ini_entry *entry;
        zend_string *value; /* before */
        uint8_t modifiable;
} Change;

static struct {
        const PoolConfig *config;
        Change *changes;
        size_t n_changes;

        /* What the web server has set for the request that runs: only then is it not NULL. */
        HashTable *from_request;
} ini;

void php_baseline_ini_init(const PoolConfig *config) {
        ini.config = config;
}

/* From now on what the entry has is what it is given back. */
static void adopt(zend_ini_entry *entry) {
        Change *changes = ini.changes;

        for (size_t i = 0; i < ini.n_changes; i++)
                if (changes[i].entry == entry) {
                        if (entry->orig_value && entry->orig_value != entry->value)
                                zend_string_release(entry->orig_value);
                        entry->modified = 0;
                        entry->orig_value = NULL;
                        return;
                }

        changes = perealloc(changes, (ini.n_changes + 1) * sizeof(*changes), 1);
        changes[ini.n_changes++] = (Change){
                .entry = entry,
                .value = entry->orig_value,
                .modifiable = entry->orig_modifiable,
        };
        ini.changes = changes;
        entry->modified = 0;
        entry->orig_value = NULL;
}

static void forget_changes(void) {
        if (!EG(modified_ini_directives))
                return;

        zend_hash_destroy(EG(modified_ini_directives));
        FREE_HASHTABLE(EG(modified_ini_directives));
        EG(modified_ini_directives) = NULL;
}

void php_baseline_ini_seal(void) {
        zend_ini_entry *entry;

        if (!EG(modified_ini_directives))
                return;

        ZEND_HASH_FOREACH_PTR(EG(modified_ini_directives), entry) {
                adopt(entry);
        }
        ZEND_HASH_FOREACH_END();
        forget_changes();
}

static void forget_request(void) {
        if (!ini.from_request)
                return;

        zend_hash_destroy(ini.from_request);
        FREE_HASHTABLE(ini.from_request);
        ini.from_request = NULL;
}

void php_baseline_ini_note_request(void) {
        zend_ini_entry *entry;

        forget_request();
        if (!EG(modified_ini_directives))
                return;

        ALLOC_HASHTABLE(ini.from_request);
        zend_hash_init(ini.from_request, 8, NULL, NULL, 0);
        ZEND_HASH_FOREACH_PTR(EG(modified_ini_directives), entry) {
                (void) zend_hash_add_ptr(ini.from_request, entry->name, entry);
        }
        ZEND_HASH_FOREACH_END();
}

/* A word of the blank-separated list. */
static bool is_listed(const char *list, const zend_string *name) {
        while (list && *(list += strspn(list, " \t,"))) {
                size_t n = strcspn(list, " \t,");

                if (n == ZSTR_LEN(name) && strncasecmp(list, ZSTR_VAL(name), n) == 0)
                        return true;
                list += n;
        }

        return false;
}

/* A service that stays sets these once, and none of them is a client's: Symfony's sessions send other headers
 * without. */
static bool is_kept(const zend_ini_entry *entry) {
        if (ini.from_request && zend_hash_exists(ini.from_request, entry->name))
                return false;

        return strncmp(ZSTR_VAL(entry->name), "session.", strlen("session.")) == 0 ||
               is_listed(ini.config->worker_keep_ini, entry->name);
}

/* What stays in PHP's list is undone by zend_ini_deactivate(). */
static void keep_some(void) {
        zend_ini_entry *entry;
        zend_string *name;

        ZEND_HASH_FOREACH_STR_KEY_PTR(EG(modified_ini_directives), name, entry) {
                if (!is_kept(entry))
                        continue;

                adopt(entry);
                (void) zend_hash_del(EG(modified_ini_directives), name);
        }
        ZEND_HASH_FOREACH_END();
}

void php_baseline_ini_restore(void) {
        if (EG(modified_ini_directives)) {
                keep_some();
                zend_ini_deactivate();
        }
        forget_request();
}

/* With worker_restore = no: what the script sets stays, what the web server has set does not. */
void php_baseline_ini_restore_request(void) {
        zend_ini_entry *entry;

        if (ini.from_request) {
                ZEND_HASH_FOREACH_PTR(ini.from_request, entry) {
                        (void) zend_restore_ini_entry(entry->name, ZEND_INI_STAGE_DEACTIVATE);
                }
                ZEND_HASH_FOREACH_END();
        }
        forget_request();
}

void php_baseline_ini_unseal(void) {
        forget_request();
        if (ini.n_changes > 0 && !EG(modified_ini_directives)) {
                ALLOC_HASHTABLE(EG(modified_ini_directives));
                zend_hash_init(EG(modified_ini_directives), 8, NULL, NULL, 0);
        }

        for (size_t i = 0; i < ini.n_changes; i++) {
                Change *change = &ini.changes[i];
                zend_ini_entry *entry = change->entry;

                if (entry->modified && entry->orig_value != entry->value && entry->orig_value)
                        zend_string_release(entry->orig_value);
                entry->orig_value = change->value;
                entry->orig_modifiable = change->modifiable;
                entry->modified = 1;
                (void) zend_hash_update_ptr(EG(modified_ini_directives), entry->name, entry);
        }
        free(ini.changes);
        ini.changes = NULL;
        ini.n_changes = 0;
}

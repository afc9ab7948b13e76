/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_autoload_request.h"

#include <php.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "php/hooks/opcache/php_opcache_state.h"

static const char *const setting_names[] = { "opcache.enable", "opcache.validate_timestamps",
        "opcache.revalidate_freq", "open_basedir" };

static const zend_ini_entry *settings[ELEMENTSOF(setting_names)];

static struct {
        bool is_known, is_usable;
        const zend_string *settings[ELEMENTSOF(setting_names)];
        uint64_t state;
        int64_t now_sec;
        ClassRules rules;
} request;

void php_autoload_request_init(void) {
        for (size_t i = 0; i < ELEMENTSOF(setting_names); i++)
                settings[i] = zend_hash_str_find_ptr(
                                EG(ini_directives), setting_names[i], strlen(setting_names[i]));
}

void php_autoload_request_begin(void) {
        request.is_known = false;
        php_opcache_state_begin_request();
}

/* Returns whether one of them is another one than it was. */
static bool note_settings(void) {
        bool have_changed = false;

        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                const zend_string *value = settings[i] ? settings[i]->value : NULL;

                have_changed = have_changed || value != request.settings[i];
                request.settings[i] = value;
        }

        return have_changed;
}

static uint64_t sum_of_text(const char *text) {
        return text && *text ? zend_inline_hash_func(text, strlen(text)) : 0;
}

static bool learn_what_holds(void) {
        int64_t interval = INI_INT("opcache.revalidate_freq");

        request.state = php_opcache_state();
        if (request.state == 0)
                return false;

        request.now_sec = (int64_t) time(NULL);
        request.rules.until_sec = INT64_MAX;
        if (INI_BOOL("opcache.validate_timestamps")) {
                if (interval <= 0)
                        return false;
                request.rules.until_sec = request.now_sec + interval;
        }

        request.rules.open_basedir = sum_of_text(PG(open_basedir));
        php_class_store_keep(request.state);
        return true;
}

/* A script may put a wrapper of its own in the place of PHP's, by which autoload functions would look for files. */
static bool has_plain_files(void) {
        HashTable *of_php = php_stream_get_url_stream_wrappers_hash_global(),
                  *of_request = php_stream_get_url_stream_wrappers_hash();

        return of_request == of_php ||
               zend_hash_str_find_ptr(of_request, ZEND_STRL("file")) ==
                               zend_hash_str_find_ptr(of_php, ZEND_STRL("file"));
}

bool php_autoload_request_is_usable(void) {
        bool have_changed = note_settings();

        if (!request.is_known || have_changed) {
                if (request.is_known)
                        php_opcache_state_begin_request();
                request.is_known = true;
                request.is_usable = learn_what_holds();
        }

        return request.is_usable && php_opcache_state() == request.state && has_plain_files();
}

ClassRules php_autoload_request_rules(void) {
        return request.rules;
}

bool php_autoload_request_allows(const ClassRules *rules) {
        return request.now_sec <= rules->until_sec &&
               request.rules.open_basedir == rules->open_basedir;
}

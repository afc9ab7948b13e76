/* SPDX-License-Identifier: MIT */
#include "config/config_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>

#include "config/directive/directive.h"
#include "config/pool_config_internal.h"
#include "config/value/pool_name.h"

int config_refuse(ConfigReader *reader, unsigned line, const char *directive, const char *format,
                ...) {
        va_list arguments;

        va_start(arguments, format);
        config_vreport(&reader->reporter, reader->listen_only ? LOG_WARNING : LOG_ERR, reader->file,
                        line, directive, format, arguments);
        va_end(arguments);
        return reader->reporter.n_refused < REFUSALS_MAX ? 0 : -EINVAL;
}

static DirectiveSection section_of(const ConfigReader *reader) {
        return reader->section == SECTION_POOL ? DIRECTIVE_POOL : DIRECTIVE_GLOBAL;
}

/* Where the pool's section was forgotten, or is misspelled, that is one mistake. */
static int belongs_to_pool(ConfigReader *reader, const IniEvent *event) {
        if (reader->section == SECTION_NONE) {
                reader->section = SECTION_POOL;
                reader->pool_seen = true;
        }

        return config_refuse(reader, event->line, event->key,
                        "belongs to the pool, put it below [%s]", reader->config->name);
}

/* Says what a directive that is in no row of its section may have meant. */
static int unknown_directive(ConfigReader *reader, const IniEvent *event) {
        DirectiveSection section = section_of(reader);
        DirectiveSection other = section == DIRECTIVE_GLOBAL ? DIRECTIVE_POOL : DIRECTIVE_GLOBAL;
        bool is_array = event->type == INI_ARRAY;
        const char *brackets = is_array ? "[]" : "";
        const Directive *d;

        if (directive_find(section, event->key, !is_array))
                return config_refuse(reader, event->line, event->key, "%s",
                                is_array ? "takes no name in brackets"
                                         : "needs brackets, write key[NAME] = value");

        if (directive_find(other, event->key, is_array) && other == DIRECTIVE_POOL)
                return belongs_to_pool(reader, event);
        if (directive_find(other, event->key, is_array))
                return config_refuse(reader, event->line, event->key, "belongs into [global]");

        d = directive_nearest(section, event->key);
        if (!d)
                return config_refuse(reader, event->line, event->key,
                                "there is no such directive%s",
                                brackets[0] ? " with brackets" : "");

        return config_refuse(reader, event->line, event->key,
                        "there is no such directive, is it %s%s?", d->key,
                        directive_is_array(d) ? "[]" : "");
}

/* php-fpm goes on in silence with what it ignores; we name what does the same here. */
static void report_without_effect(ConfigReader *reader, const Directive *d, const IniEvent *event) {
        bool never = d->status == DIRECTIVE_NEVER;

        config_report(&reader->reporter, d->priority, reader->file, event->line, d->key,
                        "has no effect %s%s", never ? "here: " : "yet", never ? d->help : "");
}

/* A list with names may be the pool's and that of the defaults: the place is then the pool's. */
static void note_place(ConfigReader *reader, const Directive *d, unsigned line) {
        ConfigPlace *place = &reader->config->places[directive_index(d)];

        if (reader->reads_defaults && place->line > 0 && !place->is_default)
                return;

        *place = (ConfigPlace){
                .file = reader->file,
                .line = line,
                .is_default = reader->reads_defaults,
        };
}

static int set_directive(ConfigReader *reader, const Directive *d, const IniEvent *event) {
        _cleanup_free_ char *expanded = NULL;
        _cleanup_free_ char *name = NULL;
        char why[DIRECTIVE_WHY_MAX];
        DirectiveValue value = {
                .sub = directive_is_unit(d) ? event->key + strlen(d->key) + 1 : event->sub,
                .text = event->value,
                .raw = event->raw,
                .word = event->word,
                .file = reader->file,
                .line = event->line,
                .is_default = reader->reads_defaults,
        };
        int r;

        if (directive_is_text(d) && d->section == DIRECTIVE_POOL) {
                r = pool_name_expand(event->value, reader->config->name, &expanded);
                if (r < 0)
                        return r;

                value.text = expanded;
        }

        /* Before the value is looked at: a listen.allowed_clients that is wrong was still given,
         * and the socket unit then admits nobody instead of everybody. */
        note_place(reader, d, event->line);

        r = directive_set(d, reader->config, &value, why);
        if (r == -EINVAL) {
                reader->config->places[directive_index(d)].is_wrong = true;
                reader->reporter.n_wrong_values++;
                if (event->sub && asprintf(&name, "%s[%s]", d->key, event->sub) < 0)
                        return -ENOMEM;
                return config_refuse(reader, event->line,
                                name                   ? name
                                : directive_is_unit(d) ? event->key
                                                       : d->key,
                                "%s", why);
        }
        if (r < 0)
                return r;

        if (d->status != DIRECTIVE_WORKS)
                report_without_effect(reader, d, event);

        return 0;
}

static bool is_own(const ConfigReader *reader, const char *key) {
        const Directive *d = directive_find(DIRECTIVE_POOL, key, false);
        const ConfigPlace *place = &reader->config->places[directive_index(d)];

        return place->line > 0 && !place->is_default;
}

/* systemd.KEY may come several times, as in a unit; what the pool's own files say of KEY takes the place of all
 * defaults. */
static bool has_own_unit_setting(const ConfigReader *reader, const char *key) {
        const SettingList *list = &reader->config->unit_settings;

        for (size_t i = 0; i < list->n_items; i++)
                if (strcasecmp(list->items[i].key, key) == 0 && !list->items[i].is_default)
                        return true;

        return false;
}

/* Whether the pool's own files say what this line of the defaults speaks of. Lists with names in brackets are asked
 * about each name: pool_config_earlier_entry(). */
static bool is_said(const ConfigReader *reader, const Directive *d, const IniEvent *event) {
        const ConfigPlace *place = &reader->config->places[directive_index(d)];

        if (d->type == DIRECTIVE_VALUES || d->type == DIRECTIVE_FLAGS)
                return false;
        if (directive_is_unit(d))
                return has_own_unit_setting(reader, event->key + strlen(d->key) + 1);

        /* A pool's user has a group of its own. */
        if (strcmp(d->key, "group") == 0 && is_own(reader, "user"))
                return true;

        return place->line > 0 && !place->is_default;
}

/* Where others than root decide what a file says, it must not decide about the sandbox of a process of root's. */
static int refuse_foreign_unit(ConfigReader *reader, const Directive *d, unsigned line) {
        int r;

        reader->reporter.quotes_nothing = false;
        r = config_refuse(reader, line, d->key,
                        "may stand only in a file that root alone can change, as each folder above it");
        reader->reporter.quotes_nothing = true;
        return r;
}

int config_read_entry(ConfigReader *reader, const IniEvent *event) {
        const Directive *d =
                        directive_find(section_of(reader), event->key, event->type == INI_ARRAY);
        const Setting *earlier;

        if (reader->section == SECTION_OTHER)
                return 0; /* of an include line in that section */

        if (reader->listen_only && (!d || !directive_is_for_units(d)))
                return 0;

        if (!d)
                return unknown_directive(reader, event);
        if (reader->reads_defaults && is_said(reader, d, event))
                return 0;
        if (strcmp(d->key, "pool_dirs") == 0 && !reader->reads_defaults)
                return config_refuse(reader, event->line, d->key, "belongs into fpmd.conf");
        if (directive_is_unit(d) && reader->reporter.quotes_nothing)
                return refuse_foreign_unit(reader, d, event->line);

        earlier = pool_config_earlier_entry(reader->config, d, event->sub);
        if (earlier && reader->reads_defaults)
                return 0;
        if (earlier) {
                config_report(&reader->reporter, LOG_WARNING, reader->file, event->line, d->key,
                                "%s was set in %s:%u, which counts as in php-fpm", event->sub,
                                earlier->file, earlier->line);
                return 0;
        }

        return set_directive(reader, d, event);
}

const char *config_environment_lookup(const char *name) {
        return getenv(name);
}

/* SPDX-License-Identifier: MIT */
/* fpmctl directives and fpmctl config: the table of directives, and what a pool file makes of it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>

#include "base/escape.h"
#include "config/directive/directive.h"
#include "config/directive/directive_text.h"
#include "config/ini_files.h"
#include "config/pool_files.h"
#include "fpmctl/command.h"

static const char *section_name(const Directive *d) {
        return d->section == DIRECTIVE_GLOBAL ? "global" : "pool";
}

/* env[], as it is written. */
static const char *brackets(const Directive *d) {
        return directive_is_array(d) ? "[]" : "";
}

/* --- directives --- */

static const char *status_name(const Directive *d) {
        switch (d->status) {
        case DIRECTIVE_WORKS:
                return "works";
        case DIRECTIVE_LATER:
                return "no effect yet";
        case DIRECTIVE_NEVER:
        default:
                return "no effect here";
        }
}

static json_t *directive_json(const Directive *d) {
        _cleanup_free_ char *range = NULL, *name = NULL;

        if (directive_range(d, &range) < 0 || asprintf(&name, "%s%s", d->key, brackets(d)) < 0)
                return NULL;

        return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s}", "name", name, "section",
                        section_name(d), "type", directive_type_name(d->type), "default",
                        d->value_default, "range", range, "status", status_name(d), "help",
                        d->help);
}

static int directives_json(void) {
        json_auto_t *list = json_array();

        for (size_t i = 0; i < directive_count(); i++)
                if (json_array_append_new(list, directive_json(directive_at(i))) < 0)
                        return complain_memory();

        return print_json(list);
}

static void add_directive(Table *table, const Directive *d) {
        _cleanup_free_ char *range = NULL;
        TableStyle style = d->status == DIRECTIVE_WORKS ? TABLE_PLAIN : TABLE_FAINT;

        (void) directive_range(d, &range);
        table_cell(table, style, "%s%s", d->key, brackets(d));
        table_cell(table, style, "%s", section_name(d));
        table_cell(table, style, "%s", directive_type_name(d->type));
        table_cell(table, style, "%s", d->value_default ? d->value_default : "-");
        table_cell(table, style, "%s", range ? range : "-");
        table_cell(table, style, "%s", status_name(d));
        table_cell(table, style, "%s", d->help);
}

int command_directives(const Invocation *in) {
        static const TableColumn columns[] = {
                { "DIRECTIVE", false },
                { "SECTION", false },
                { "TYPE", false },
                { "DEFAULT", false },
                { "RANGE", false },
                { "STATUS", false },
                { "WHAT IT DOES", false },
        };
        _cleanup_(table_freep) Table *table = NULL;

        if (in->json)
                return directives_json();
        if (table_new(&table, columns, ELEMENTSOF(columns)) < 0)
                return complain_memory();

        for (size_t i = 0; i < directive_count(); i++)
                add_directive(table, directive_at(i));

        return print_table(table);
}

/* --- config --- */

/* Where the values go: one table or one list. */
typedef struct Values {
        const PoolConfig *config;
        Table *table;
        json_t *list;
} Values;

static void add_value(Values *values, const char *name, const Directive *d, const char *value,
                const char *source) {
        if (values->list) {
                (void) json_array_append_new(values->list,
                                json_pack("{s:s, s:s, s:s?, s:s}", "name", name, "section",
                                                section_name(d), "value", value, "source", source));
                return;
        }

        table_cell(values->table, TABLE_PLAIN, "%s", name);
        table_cell(values->table, value ? TABLE_PLAIN : TABLE_FAINT, "%s", value ? value : "-");
        table_cell(values->table, strcmp(source, "default") == 0 ? TABLE_FAINT : TABLE_PLAIN, "%s",
                        source);
}

/* "file:line", "default", or for what follows from other values "derived". */
static int source_of(const PoolConfig *config, const Directive *d, const char *value, char **ret) {
        const char *file;
        unsigned line;

        if (pool_config_place_of(config, d, &file, &line))
                return asprintf(ret, "%s:%u", file, line);

        *ret = strdup(!value || (d->value_default && strcmp(value, d->value_default) == 0)
                                        ? "default"
                                        : "derived");
        return *ret ? 0 : -ENOMEM;
}

/* Makes the value that holds where a directive without a default is not given. *ret is NULL where there is none; the
 * caller frees it. */
static int unsaid_value(const PoolConfig *config, const Directive *d, char **ret) {
        const char *text = NULL;
        int r = 0;

        *ret = NULL;
        if (strcmp(d->key, "listen") == 0)
                return pool_config_default_listen(config, ret);
        if (strcmp(d->key, "php_ini") == 0)
                *ret = ini_files_path(config);
        else if (strcmp(d->key, "php_ini_scan_dir") == 0)
                *ret = ini_files_scan_dirs(config);
        else if (strcmp(d->key, "listen.owner") == 0 || strcmp(d->key, "listen.group") == 0)
                text = "www-data"; /* units/fpmd@.socket */

        if (text && !(*ret = strdup(text)))
                r = -ENOMEM;
        return r;
}

static int add_unsaid(Values *values, const Directive *d) {
        _cleanup_free_ char *value = NULL;
        int r;

        r = unsaid_value(values->config, d, &value);
        if (r >= 0 && value)
                add_value(values, d->key, d, value, "default");
        return r;
}

static int add_entries(Values *values, const Directive *d) {
        const SettingList *list = directive_field_const(d, values->config);
        bool said = false;

        for (size_t i = 0; i < list->n_items; i++) {
                const Setting *setting = &list->items[i];
                _cleanup_free_ char *name = NULL, *source = NULL;

                if (setting->kind != d->kind)
                        continue;
                if (asprintf(&name, directive_is_array(d) ? "%s[%s]" : "%s", d->key,
                                    setting->key ? setting->key : "") < 0 ||
                                asprintf(&source, "%s:%u", setting->file, setting->line) < 0)
                        return -ENOMEM;

                add_value(values, name, d, setting->value, source);
                said = true;
        }

        return said ? 0 : add_unsaid(values, d);
}

static int add_directive_value(Values *values, const Directive *d) {
        _cleanup_free_ char *value = NULL, *source = NULL;
        int r;

        if (!directive_has_field(d))
                return 0;
        if (directive_storage(d) == STORAGE_LIST)
                return add_entries(values, d);

        r = directive_text(d, values->config, &value);
        if (r < 0)
                return r;

        r = source_of(values->config, d, value, &source);
        if (r >= 0 && !value)
                r = unsaid_value(values->config, d, &value);
        if (r < 0)
                return r;

        add_value(values, d->key, d, value, source);
        return 0;
}

static void report(void *userdata, int priority, const char *line) {
        char escaped[2048];

        (void) userdata;
        escape_string(escaped, sizeof(escaped), line);
        fprintf(stderr, "fpmctl: %s%s\n", priority <= LOG_ERR ? "" : "warning: ", escaped);
}

static int load(const Invocation *in, PoolConfig **ret) {
        const char *name = in->arguments[0];
        int r;

        r = pool_files_load_name(ret, in->conf_dir, name, false, report, NULL);
        if (r == -ENOENT)
                return EX_NOINPUT;
        if (r == -EACCES)
                return EX_NOPERM;

        return r < 0 ? EX_CONFIG : EXIT_SUCCESS;
}

int command_config(const Invocation *in) {
        static const TableColumn columns[] = {
                { "DIRECTIVE", false },
                { "VALUE", false },
                { "FROM", false },
        };
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_(table_freep) Table *table = NULL;
        json_auto_t *list = in->json ? json_array() : NULL;
        Values values = { .list = list };
        int status;

        status = load(in, &config);
        if (status != EXIT_SUCCESS)
                return status;
        if (table_new(&table, columns, ELEMENTSOF(columns)) < 0)
                return complain_memory();

        values.config = config;
        values.table = table;
        for (size_t i = 0; i < directive_count(); i++)
                if (add_directive_value(&values, directive_at(i)) < 0)
                        return complain_memory();

        return in->json ? print_json(list) : print_table(table);
}

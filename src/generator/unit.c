/* SPDX-License-Identifier: MIT */
#include "generator/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "config/value/address.h"

typedef struct Unit {
        const PoolConfig *config;
        const UnitFacts *facts;
        const UnitReport *report;
        FILE *out;
} Unit;

_printf_(4, 5) static void report(
                const Unit *unit, int priority, const char *directive, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *line = NULL;
        const char *file = pool_config_file_of(unit->config, directive);
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);

        if (asprintf(&line, "%s:%u: %s: %s", file, pool_config_line_of(unit->config, directive),
                            directive, text ? text : format) < 0)
                line = NULL;

        if (unit->report->report)
                unit->report->report(unit->report->userdata, priority, line ? line : format);
}

static bool is_given(const Unit *unit, const char *directive) {
        return pool_config_line_of(unit->config, directive) > 0;
}

/* Whether systemd reads this as the value that it is once % is doubled: no end of the line, none of
 * the backslashes that join lines, no blank that is cut off, and for command lines no quotes. */
static bool is_safe(const char *text, const char *forbidden) {
        size_t size = strlen(text);

        if (size == 0 || text[0] == ' ' || text[size - 1] == ' ')
                return false;

        for (const char *p = text; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f || strchr(forbidden, *p))
                        return false;

        return true;
}

static void put_escaped(FILE *out, const char *text, const char *doubled) {
        for (; *text; text++) {
                if (strchr(doubled, *text))
                        fputc(*text, out);
                fputc(*text, out);
        }
}

static void put(const Unit *unit, const char *key, const char *value) {
        fprintf(unit->out, "%s=", key);
        put_escaped(unit->out, value, "%");
        fputc('\n', unit->out);
}

static bool is_unix(const char *address) {
        return *address == '/';
}

static bool names_host(const char *text) {
        char why[ADDRESS_WHY_MAX];
        Address address;

        return address_parse(&address, text, why) >= 0 &&
               (address.kind == ADDRESS_IPV4 || address.kind == ADDRESS_IPV6);
}

static bool listens_on_tcp(const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (!is_unix(config->listen.items[i].value))
                        return true;

        return false;
}

/* The address as ListenStream= takes it; what this cannot say is reported and left out. */
static bool write_address(const Unit *unit, const char *directive, const char *text, bool first) {
        char why[ADDRESS_WHY_MAX], form[ADDRESS_STREAM_MAX];
        Address address;

        if (address_parse(&address, text, why) < 0 ||
                        (address.kind == ADDRESS_UNIX && !is_safe(text, "\\"))) {
                report(unit, LOG_ERR, directive,
                                "a path with a backslash, control character or blank at its end "
                                "cannot stand in a unit, use another");
                return false;
        }

        /* The first line empties what the template says. */
        if (first)
                put(unit, "ListenStream", "");

        if (address.kind != ADDRESS_UNIX)
                address_stream(&address, form);
        put(unit, "ListenStream", address.kind == ADDRESS_UNIX ? text : form);
        return true;
}

/* The path that the template has anyway, where nobody else has a drop-in that adds to it: systemd reads the lines of
 * all pools at each daemon-reload. */
static bool is_said_by_template(const Unit *unit) {
        _cleanup_free_ char *path = NULL;

        return unit->facts->inherits_group && unit->config->listen.n_items == 1 &&
               pool_config_default_listen(unit->config, &path) >= 0 &&
               strcmp(unit->config->listen.items[0].value, path) == 0;
}

static void write_addresses(const Unit *unit) {
        bool first = true;

        for (size_t i = 0; i < unit->config->listen.n_items && !is_said_by_template(unit); i++)
                if (write_address(unit, "listen", unit->config->listen.items[i].value, first))
                        first = false;

        /* Beside the others, or beside what the template says: the manager knows it by its address. */
        if (unit->config->status_listen)
                (void) write_address(unit, "pm.status_listen", unit->config->status_listen, false);
}

static void write_backlog(const Unit *unit) {
        int64_t backlog = unit->config->listen_backlog;

        /* listen(2) takes the number as unsigned and cuts it to net.core.somaxconn. */
        if (is_given(unit, "listen.backlog"))
                fprintf(unit->out, "Backlog=%u\n", backlog < 0 ? UINT32_MAX : (uint32_t) backlog);
}

static void write_name(const Unit *unit, const char *key, const char *directive, const char *name) {
        if (!name)
                return;

        if (!is_safe(name, "\\ \"'")) {
                report(unit, LOG_ERR, directive,
                                "this name cannot stand in a unit, write its number");
                return;
        }

        put(unit, key, name);
}

static void leave_to_root(const Unit *unit) {
        put(unit, "SocketUser", "");
        put(unit, "SocketGroup", "");
}

/* systemd changes the owner by the path. In a folder of another user that path may be a link by then, and ACLs are not
 * among what systemd sets: fpmd does both, by a descriptor of the socket that systemd has bound. */
static void write_access_helper(const Unit *unit, bool also_owner) {
        if (also_owner)
                leave_to_root(unit);

        fprintf(unit->out, "ExecStartPost=" FPMD_MANAGER_PROGRAM " --socket-access %s\n",
                        unit->config->name);
}

static bool is_root(const char *name) {
        return name && (!strcmp(name, "root") || !strcmp(name, "0"));
}

/* Owner, group, mode and ACL: only unix sockets have them. */
static void write_access(const Unit *unit) {
        const PoolConfig *config = unit->config;
        bool acl = config->listen_acl_users || config->listen_acl_groups;

        if (!pool_config_listens_on_path(config))
                return;

        if (is_given(unit, "listen.mode") &&
                        !(unit->facts->inherits_group && config->listen_mode == 0660))
                fprintf(unit->out, "SocketMode=0%llo\n", (unsigned long long) config->listen_mode);

        if (unit->facts->inherits_group)
                leave_to_root(unit);
        else if (!acl && is_root(config->listen_owner) && is_root(config->listen_group)) {
                /* For a name, be it root's, systemd starts a process; what it binds is root's anyway. */
                leave_to_root(unit);
        } else if (acl || unit->facts->is_owned)
                write_access_helper(unit, unit->facts->is_owned);
        else {
                write_name(unit, "SocketUser", "listen.owner", config->listen_owner);
                write_name(unit, "SocketGroup", "listen.group", config->listen_group);
        }
}

/* An address that the machine gets later: from DHCP, or when a failover moves it here. */
static void write_free_bind(const Unit *unit) {
        const PoolConfig *config = unit->config;
        bool any = config->status_listen && names_host(config->status_listen);

        for (size_t i = 0; i < config->listen.n_items && !any; i++)
                any = names_host(config->listen.items[i].value);
        if (any)
                put(unit, "FreeBind", "yes");
}

/* Everybody is denied first, so that a list with a mistake admits too few rather than too many. */
static void write_clients(const Unit *unit) {
        const char *cursor = unit->config->listen_allowed_clients;
        ClientRange range;
        int r;

        if (!is_given(unit, "listen.allowed_clients") || !listens_on_tcp(unit->config))
                return;
        if (cursor && *cursor == '\0')
                return;

        put(unit, "IPAddressDeny", "any");

        while (cursor && (r = client_list_next(&cursor, &range)) != 0)
                if (r > 0)
                        put(unit, "IPAddressAllow", range.text);
}

/* What systemd has closed may be open for a moment longer: see port_release.h. */
static void write_release(const Unit *unit) {
        const PoolConfig *config = unit->config;

        if (listens_on_tcp(config) || (config->status_listen && !is_unix(config->status_listen)))
                fprintf(unit->out, "ExecStopPost=-" FPMD_MANAGER_PROGRAM " --socket-closed %s\n",
                                config->name);
}

static bool says_anything(const Unit *unit) {
        static const char *const directives[] = {
                "listen",
                "listen.backlog",
                "listen.owner",
                "listen.group",
                "listen.mode",
                "listen.acl_users",
                "listen.acl_groups",
                "listen.allowed_clients",
                "pm.status_listen",
        };

        for (size_t i = 0; i < ELEMENTSOF(directives); i++)
                if (is_given(unit, directives[i]))
                        return true;

        return unit->config->listen.n_items > 0;
}

/* The socket of a user whom a service knows, sssd say, waits for that service. Sockets are otherwise opened before any
 * service starts (Before=sockets.target), which would be a circle. The lines are the rest of what DefaultDependencies=
 * stands for. */
static void write_late_order(const Unit *unit) {
        fputs("DefaultDependencies=no\n"
              "Requires=sysinit.target\n"
              "After=sysinit.target nss-user-lookup.target\n"
              "Conflicts=shutdown.target\n"
              "Before=shutdown.target\n",
                        unit->out);
}

static void write_order(const Unit *unit) {
        if (!unit->facts->has_late_names && !unit->facts->folder_unit)
                return;

        fputs("[Unit]\n", unit->out);
        if (unit->facts->has_late_names)
                write_late_order(unit);
        if (unit->facts->folder_unit)
                fprintf(unit->out, "Requires=%s\nAfter=%s\n", unit->facts->folder_unit,
                                unit->facts->folder_unit);
}

static void write_socket(const Unit *unit) {
        fputs("[Socket]\n", unit->out);

        /* The unit reports the reason, and fails. The addresses stay, since an open socket is closed when its unit
         * loses the address. */
        if (unit->facts->is_refused)
                fprintf(unit->out, "ExecStartPre=" FPMD_MANAGER_PROGRAM " --socket-refused %s\n",
                                unit->config->name);

        write_addresses(unit);
        write_free_bind(unit);
        write_backlog(unit);
        write_access(unit);
        write_clients(unit);
        write_release(unit);
}

int unit_socket_dropin(const PoolConfig *config, const UnitFacts *facts, const UnitReport *report,
                char **ret) {
        Unit unit = { .config = config, .facts = facts, .report = report };
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (!says_anything(&unit) && !facts->is_refused && !facts->folder_unit) {
                *ret = NULL;
                return 0;
        }

        unit.out = open_memstream(&text, &size);
        if (!unit.out)
                return -ENOMEM;

        fprintf(unit.out,
                        "# Made by fpmd-generator(8) from the pool file %s.conf. Change that file, "
                        "then run\n# systemctl daemon-reload && systemctl restart fpmd@%s.socket "
                        "fpmd@%s.service\n",
                        config->name, config->name, config->name);
        write_order(&unit);
        write_socket(&unit);

        if (fclose(unit.out) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

bool unit_socket_has_processes(const char *dropin) {
        return !dropin || strstr(dropin, "\nExec") ||
               !strstr(dropin, "\nSocketUser=\nSocketGroup=\n");
}

/* SPDX-License-Identifier: MIT */
#include "generator/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "config/value/address.h"
#include "contract/unit_files.h"

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

/* As the template does. */
static void leave_to_root(const Unit *unit) {
        if (!unit->facts->has_default_owner)
                return;

        put(unit, "SocketUser", "");
        put(unit, "SocketGroup", "");
}

static void write_owner(const Unit *unit, const char *owner, const char *group) {
        const char *otherwise = unit->facts->has_default_owner ? NULL : UNIT_SOCKET_OWNER;

        write_name(unit, "SocketUser", "listen.owner", owner ? owner : otherwise);
        write_name(unit, "SocketGroup", "listen.group", group ? group : otherwise);
}

/* systemd changes the owner by the path. In a folder of another user that path may be a link by then, and ACLs are not
 * among what systemd sets: fpmd does both, by a descriptor of the socket that systemd has bound. */
static void write_access_helper(const Unit *unit) {
        if (unit->facts->is_owned) {
                leave_to_root(unit);
                put(unit, "Environment", UNIT_SOCKET_IS_ROOTS "=1");
        } else
                write_owner(unit, NULL, NULL);

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

        if (!pool_config_listens_on_path(config)) {
                if (unit->facts->is_owned)
                        write_access_helper(unit);
                else if (config->status_listen && is_unix(config->status_listen))
                        write_owner(unit, NULL, NULL);
                return;
        }

        if (is_given(unit, "listen.mode") &&
                        !(unit->facts->inherits_group && config->listen_mode == 0660))
                fprintf(unit->out, "SocketMode=0%llo\n", (unsigned long long) config->listen_mode);

        /* For a name, be it root's, systemd starts a process; what it binds is root's anyway. */
        if (unit->facts->inherits_group ||
                        (!acl && is_root(config->listen_owner) && is_root(config->listen_group)))
                leave_to_root(unit);
        else if (acl || unit->facts->is_owned)
                write_access_helper(unit);
        else
                write_owner(unit, config->listen_owner, config->listen_group);
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

/* The socket of a user whom a service knows, sssd say, waits for that service. Sockets are otherwise opened before any
 * service starts (Before=sockets.target), which would be a circle. The lines are the rest of what DefaultDependencies=
 * stands for. */
static void write_late_order(const Unit *unit) {
        fputs("[Unit]\n"
              "DefaultDependencies=no\n"
              "Requires=sysinit.target\n"
              "After=sysinit.target nss-user-lookup.target\n"
              "Conflicts=shutdown.target\n"
              "Before=shutdown.target\n",
                        unit->out);
}

static void write_socket(const Unit *unit) {
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

/* Makes the lines below [Socket]; *ret is NULL if there is none. */
static int make_socket(Unit *unit, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        unit->out = open_memstream(&text, &size);
        if (!unit->out)
                return -ENOMEM;

        write_socket(unit);
        if (fclose(unit->out) != 0)
                return -ENOMEM;

        *ret = size > 0 ? TAKE_PTR(text) : NULL;
        return 0;
}

/* systemd reads the drop-ins of all pools at each daemon-reload, so there is none that says what the template does. */
int unit_socket_dropin(const PoolConfig *config, const UnitFacts *facts, const UnitReport *report,
                char **ret) {
        Unit unit = { .config = config, .facts = facts, .report = report };
        _cleanup_free_ char *text = NULL, *lines = NULL;
        size_t size;
        int r;

        *ret = NULL;
        r = make_socket(&unit, &lines);
        if (r < 0 || (!lines && !facts->has_late_names))
                return r;

        unit.out = open_memstream(&text, &size);
        if (!unit.out)
                return -ENOMEM;

        fprintf(unit.out,
                        "# Made by fpmd-generator(8) from the pool file %s.conf. Change that file, "
                        "then run\n# systemctl daemon-reload && systemctl restart fpmd@%s.socket "
                        "fpmd@%s.service\n",
                        config->name, config->name, config->name);
        if (facts->has_late_names)
                write_late_order(&unit);
        if (lines)
                fprintf(unit.out, "[Socket]\n%s", lines);

        if (fclose(unit.out) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

static bool has_owner(const char *dropin) {
        return strstr(dropin, "\nSocketUser=") || strstr(dropin, "\nSocketGroup=");
}

bool unit_socket_has_processes(const char *dropin, bool has_default_owner) {
        if (!dropin)
                return has_default_owner;
        if (strstr(dropin, "\nExec"))
                return true;

        return has_default_owner ? !strstr(dropin, "\nSocketUser=\nSocketGroup=\n")
                                 : has_owner(dropin);
}

const char *unit_socket_owner(void) {
        return "# Made by fpmd-generator(8): /run/fpmd does not give its group to the sockets of all pools.\n"
               "[Socket]\n"
               "SocketUser=" UNIT_SOCKET_OWNER "\n"
               "SocketGroup=" UNIT_SOCKET_OWNER "\n";
}

const char *unit_socket_owner_of_unit(void) {
        return "# Made by fpmd-generator(8): the unit says who owns the socket.\n";
}

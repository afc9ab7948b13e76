/* SPDX-License-Identifier: MIT */
/* A pool file is any bytes: the parser refuses it with one error, or what it makes of it comes
 * through serialize() and deserialize() unchanged. The same bytes are also read for the units, in which
 * there is no line then that the generator does not mean, and as what deserialize() gets. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config/pool_config.h"
#include "config/value/unit_setting.h"
#include "contract/unit_files.h"
#include "generator/unit.h"
#include "listen/pool_sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

enum {
        ERRORS_MAX = 120, /* 20 of lines, and what checks can say of each directive */
};

/* One line each. */
static void count_errors(void *userdata, int priority, const char *line) {
        unsigned *n_errors = userdata;

        require(strpbrk(line, "\n\r\033") == NULL);
        *n_errors += priority <= LOG_ERR;
        require(*n_errors <= ERRORS_MAX);
}

static void check_round_trip(const PoolConfig *config) {
        _cleanup_free_ char *data = NULL, *again = NULL;
        PoolConfig *back = NULL;
        size_t size, again_size;

        require(pool_config_serialize(config, &data, &size) == 0);
        require(pool_config_deserialize(&back, data, size) == 0);
        require(pool_config_serialize(back, &again, &again_size) == 0);
        require(size == again_size && memcmp(data, again, size) == 0);
        pool_config_free(back);
}

static void check_parse(const char *text, size_t size) {
        PoolConfig *config = NULL;
        unsigned n_errors = 0;
        int r;

        r = pool_config_parse(&config, "www", "www.conf", text, size, count_errors, &n_errors);
        require((r == 0) == (config != NULL));
        require((n_errors > 0) == (r < 0));

        if (config) {
                require(config->pm != PM_UNSET && config->max_children > 0);
                check_round_trip(config);
                (void) pool_config_extension_allowed(config, "/index.php");
        }

        pool_config_free(config);
}

/* No line of a unit but those that the generator means to write. */
static void check_unit(const char *unit) {
        static const char *const lines[] = { "#", "[Unit]", "[Socket]", "DefaultDependencies=no",
                "Requires=sysinit.target", "After=sysinit.target nss-user-lookup.target",
                "Conflicts=shutdown.target", "Before=shutdown.target",
                "ListenStream=", "FreeBind=yes", "Backlog=", "SocketMode=0",
                "SocketUser=", "SocketGroup=", "IPAddressDeny=any",
                "Environment=" UNIT_SOCKET_IS_ROOTS "=1",
                "IPAddressAllow=", "ExecStartPre=" FPMD_MANAGER_PROGRAM " --socket-refused www",
                "ExecStartPost=" FPMD_MANAGER_PROGRAM " --socket-access www",
                "ExecStopPost=-" FPMD_MANAGER_PROGRAM " --socket-closed www",
                "Description=Mounts of the PHP", "Documentation=man:", "StopWhenUnneeded=yes",
                "RequiresMountsFor=\"/", "Wants=fpmd-mounts@www.target",
                "After=fpmd-mounts@www.target" };

        for (const char *p = unit; p && *p; p += strspn(p, "\n")) {
                size_t size = strcspn(p, "\n"), i = 0;

                while (i < ELEMENTSOF(lines) && strncmp(p, lines[i], strlen(lines[i])) != 0)
                        i++;
                require(i < ELEMENTSOF(lines));
                require(size == 0 || p[size - 1] != '\\');
                p += size;
        }
}

/* The same of systemd.KEY: each line is one of the keys that are allowed, and no specifier is left. */
static void check_settings(char *unit) {
        char *rest = unit, why[UNIT_SETTING_WHY_MAX];

        for (char *line; rest && (line = strsep(&rest, "\n"));) {
                size_t size = strcspn(line, "=");
                const char *known;

                if (*line == '\0' || *line == '#' || strcmp(line, "[Unit]") == 0 ||
                                strcmp(line, "[Service]") == 0)
                        continue;

                require(line[size] == '=');
                line[size] = '\0';
                known = unit_setting_key(line, why);
                require(known && strcmp(known, line) == 0);
                for (const char *p = strchr(line + size + 1, '%'); p; p = strchr(p + 2, '%'))
                        require(p[1] == '%');
        }
}

static void check_units(const PoolConfig *config, uint8_t facts_bits, const UnitReport *report) {
        UnitFacts facts = { .is_refused = facts_bits & 1,
                .is_owned = facts_bits & 2,
                .has_late_names = facts_bits & 4,
                .inherits_group = facts_bits & 8,
                .has_default_owner = facts_bits & 16 };
        _cleanup_free_ char *socket = NULL, *target = NULL, *service = NULL, *settings = NULL;
        _cleanup_(pool_sockets_done) PoolSockets sockets = {};

        require(unit_socket_dropin(config, &facts, report, &socket) == 0);
        require(unit_mounts(config, &target, &service) == 0);
        require(unit_settings(config, &settings) == 0);
        check_settings(settings);
        check_unit(socket);
        check_unit(target);
        check_unit(service);

        require(pool_sockets_add(&sockets, config) == 0);
        (void) pool_sockets_check(&sockets, "www", false, NULL, NULL);
}

static void ignore(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        (void) line;
}

static void check_parse_listen(const char *text, size_t size) {
        PoolConfig *config = NULL;
        unsigned n_errors = 0;

        require(pool_config_parse_listen(&config, "www", "www.conf", text, size, count_errors,
                                &n_errors) == 0);
        require(n_errors == 0);
        check_units(config, size > 0 ? (uint8_t) text[size - 1] : 0,
                        &(UnitReport){ .report = ignore });
        pool_config_free(config);
}

static void check_deserialize(const char *data, size_t size) {
        PoolConfig *config = NULL;

        if (pool_config_deserialize(&config, data, size) == 0)
                check_round_trip(config);

        pool_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data;

        /* What include= finds is up to the machine. */
        if (memmem(data, size, "include", strlen("include")))
                return 0;

        check_parse(text, size);
        check_parse_listen(text, size);
        check_deserialize(text, size);
        return 0;
}

/* SPDX-License-Identifier: MIT */
/* A pool file is any bytes, and what the generator makes of it is read by systemd as root: each line of the drop-in is one
 * of its own, with one of the directives that it knows, and nothing of the file is more than a value. */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "generator/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void check_report(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        require(strpbrk(line, "\n\r\033") == NULL);
}

/* Letters, then '='. A program runs as root: it is fpmd, with the pool's name. */
static void check_directive(const char *line, size_t n) {
        static const char *const programs[] = {
                "ExecStartPre=" FPMD_MANAGER_PROGRAM " --socket-refused www",
                "ExecStartPost=" FPMD_MANAGER_PROGRAM " --socket-access www",
                "ExecStopPost=-" FPMD_MANAGER_PROGRAM " --socket-closed www",
        };
        size_t name = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        bool known = strncmp(line, "Exec", 4) != 0;

        require(name > 0 && name < n && line[name] == '=');
        require(line[n - 1] != '\\'); /* it would take the next line along */
        for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                known = known || (n == strlen(programs[i]) && memcmp(line, programs[i], n) == 0);
        require(known);
}

static void check_unit(const char *unit) {
        bool has_section = false;

        while (*unit) {
                size_t n = strcspn(unit, "\n");

                require(unit[n] == '\n');
                for (size_t i = 0; i < n; i++)
                        require(!iscntrl((unsigned char) unit[i]));
                if (*unit == '[') {
                        require((n == 6 && memcmp(unit, "[Unit]", n) == 0) ||
                                        (n == 8 && memcmp(unit, "[Socket]", n) == 0));
                        has_section = true;
                } else if (n > 0 && *unit != '#') {
                        require(has_section);
                        check_directive(unit, n);
                }
                unit += n + 1;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1), *unit = NULL, *target = NULL, *dropin = NULL;
        UnitFacts facts = {
                .is_refused = size & 1,
                .is_owned = size & 2,
                .has_late_names = size & 4,
                .inherits_group = size & 8,
                .has_default_owner = size & 16,
        };
        UnitReport report = { .report = check_report };
        PoolConfig *config = NULL;

        if (!text)
                return 0;

        memcpy(text, data, size);
        text[size] = '\0';
        require(pool_config_parse_listen(
                                &config, "www", "www.conf", text, size, check_report, NULL) == 0);
        require(unit_socket_dropin(config, &facts, &report, &unit) == 0);
        require(unit_mounts(config, &target, &dropin) == 0);
        if (unit)
                check_unit(unit);
        if (target) {
                check_unit(target);
                check_unit(dropin);
        }
        pool_config_free(config);
        return 0;
}

/* SPDX-License-Identifier: MIT */
/* Proves which settings of systemd a pool file may make, and that none of them can be more than one line of a unit. */

#include "config/value/unit_setting.h"

#include <stdio.h>
#include <string.h>

#include "config/pool_config.h"
#include "generator/unit.h"
#include "unit.h"

static char reports[8192];

static void record(void *userdata, int priority, const char *line) {
        size_t used = strlen(reports);

        (void) userdata;
        snprintf(reports + used, sizeof(reports) - used, "<%d> %s\n", priority, line);
}

/* The drop-in that these lines make, without its comment; NULL: none. */
static char *dropin(const char *lines) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *unit = NULL;
        char text[4096];

        reports[0] = '\0';
        snprintf(text, sizeof(text), "[www]\n%s", lines);
        ck_assert_int_eq(pool_config_parse_listen(&config, "www", "www.conf", text, strlen(text),
                                         record, NULL),
                        0);
        ck_assert_int_eq(unit_settings(config, &unit), 0);
        return unit ? strdup(strchr(unit, '[')) : NULL;
}

static void becomes(const char *lines, const char *expected) {
        _cleanup_free_ char *unit = dropin(lines);

        ck_assert_str_eq(unit ? unit : "", expected);
        ck_assert_str_eq(reports, "");
}

static void refused(const char *line, const char *part) {
        _cleanup_free_ char *unit = dropin(line);

        ck_assert_ptr_null(unit);
        ck_assert_msg(strstr(reports, part) != NULL, "%s: %s", line, reports);
}

START_TEST(settings) {
        becomes("", "");
        becomes("systemd.MemoryMax = 512M\nsystemd.cpuweight = 50\n",
                        "[Service]\nMemoryMax=512M\nCPUWeight=50\n");
        becomes("systemd.Nice = 5\nsystemd.OnFailure = mail@%n.service\nSYSTEMD.Description = \"50% of $pool\"\n",
                        "[Unit]\nOnFailure=mail@%%n.service\nDescription=50%% of www\n[Service]\nNice=5\n");
        /* words of the ini dialect are systemd's words too */
        becomes("systemd.PrivateNetwork = no\nsystemd.ProtectHome = yes\nsystemd.IPAddressDeny = any\n",
                        "[Service]\nPrivateNetwork=no\nProtectHome=yes\nIPAddressDeny=any\n");
        /* lists, and what empties them */
        becomes("systemd.ReadWritePaths =\nsystemd.ReadWritePaths = /a\nsystemd.ReadWritePaths = /b\n",
                        "[Service]\nReadWritePaths=\nReadWritePaths=/a\nReadWritePaths=/b\n");
}
END_TEST

START_TEST(identity) {
        refused("systemd.User = root\n", "systemd.User: cannot be set here: the manager is root");
        refused("systemd.ExecStart = /bin/sh\n", "it is fpmd that runs");
        refused("systemd.execstartpre = /bin/sh\n", "it is fpmd that runs");
        refused("systemd.CapabilityBoundingSet = ~\n", "www.conf:2: ");
        refused("systemd.KillMode = mixed\n", "signals would cost requests");
        refused("systemd.ListenStream = /x\n", "write listen = ADDRESS");
        refused("systemd.MemoryMaximum = 1\n", "none of the settings of [Service] and [Unit]");
        refused("systemd. = 1\n", "");
        refused("systemd = 1\n", "none of the settings");
        refused("systemd[MemoryMax] = 1\n", "");
}
END_TEST

START_TEST(one_line) {
        setenv("EVIL", "1\nExecStart=/bin/touch /pwned", 1);
        refused("systemd.MemoryMax = ${EVIL}\n", "contains a control character");
        refused("systemd.MemoryMax = \"1\\\"\n", "");
        refused("systemd.Environment = 'A=1\\'\n", "ends with a backslash");
        refused("systemd.Environment = \"A=\xff\"\n", "is not UTF-8");
        refused("systemd.Memory Max = 1\n", "none of the settings");
        refused("systemd.\xff = 1\n", "");
}
END_TEST

/* A key is in one list only, and each that is refused says why. */
START_TEST(table) {
        char why[UNIT_SETTING_WHY_MAX];
        const char *key, *reason = NULL;
        size_t n = 0;

        for (; (key = unit_setting_refused(n, &reason)); n++) {
                ck_assert_ptr_null(unit_setting_key(key, why));
                ck_assert_ptr_nonnull(strstr(why, reason));
        }
        ck_assert_uint_gt(n, 50);
}
END_TEST

UNIT_MAIN("unit-setting", settings, identity, one_line, table);

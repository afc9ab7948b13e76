/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitSetting: systemd.KEY = value of a pool file: which keys of systemd.unit(5), systemd.service(5), systemd.exec(5)
 * and systemd.resource-control(5) a pool file may set, and which it may not, with the reason. Pure.
 *
 * Runs in: any process.
 * Trusts:  nobody. A value that could be read as more than a value is refused. */

#include <stdbool.h>
#include <stddef.h>

enum {
        UNIT_SETTING_WHY_MAX = 256,
};

/* Returns the key as systemd spells it, for one in any case; or NULL with what would be right in why. */
const char *unit_setting_key(const char *key, char why[static UNIT_SETTING_WHY_MAX]);

/* Returns whether the key belongs into [Unit]; all others belong into [Service]. */
bool unit_setting_is_of_unit(const char *key);

/* Returns whether a line of a unit can hold the value: UTF-8 without control bytes and without a backslash at its end.
 * If not, what would be right is in why. */
bool unit_setting_value_fits(const char *value, char why[static UNIT_SETTING_WHY_MAX]);

/* Returns the i-th key of the table of what is refused, with the reason in *ret_reason, or NULL behind the last one.
 * It is for the man page and its test. */
const char *unit_setting_refused(size_t i, const char **ret_reason);

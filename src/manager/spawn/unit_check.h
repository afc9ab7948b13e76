/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitCheck: whether the service of a pool has what fpmd-generator makes of the pool file. It makes that at a
 * daemon-reload, which a new line of the file may not have seen yet.
 *
 * Runs in: manager. */

#include <stdbool.h>

/* What is said then; both take the name of the pool. */
#define UNIT_CHECK_REMEDY "systemctl daemon-reload && systemctl restart fpmd@%s.service"
#define UNIT_CHECK_REFUSED "its service may not do that yet: " UNIT_CHECK_REMEDY
#define UNIT_CHECK_NEW "is new to its service: " UNIT_CHECK_REMEDY

/* Returns whether fpmd-generator has not given the service of a pool the right to change its root directory. Always
 * false where systemd does not run: a pool is not started by a unit there. */
bool unit_check_lacks_chroot(const char *pool);

/* Does the same for a start that is to come. Always false in a service, which has tried it. */
bool unit_check_will_lack_chroot(const char *pool);

/* SPDX-License-Identifier: MIT */
#pragma once
/* MountCheck: whether a folder lies on a mount that this machine should have and does not have (yet). A pool that is
 * started in the empty folder below would serve nothing, and a chroot would stay in it when the mount has come.
 *
 * Runs in: manager. Reads the names of the mount units of /etc/fstab and of the administrator. */

#include <stdbool.h>
#include <stddef.h>

/* Writes the name of systemd's unit for a mount point: "/srv/www" is "srv-www.mount". Pure. Returns 0 or
 * -ENAMETOOLONG. */
int mount_check_unit(const char *path, char *buffer, size_t size);

/* Returns whether a mount is missing at path or at a folder above it; writes which one. path is absolute. */
bool mount_check_is_missing(const char *path, char *ret_unit, size_t size);

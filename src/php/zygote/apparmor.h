/* SPDX-License-Identifier: MIT */
#pragma once
/* AppArmor: changes to a hat, a child profile of the one that confines this process. It does so for good, by
 * change_profile as php-fpm does, so that no token could be guessed to change back.
 *
 * Runs in: zygote, when PHP has started, so that no worker ever runs without the hat. Trusts: the pool file. */

enum {
        APPARMOR_WHY_MAX = 200,
};

/* Changes to the hat by the files below proc_fd, since a chroot has no path to /proc. Returns 0, or a negative errno
 * with the cause in why. */
int apparmor_put_on(int proc_fd, const char *hat, char why[static APPARMOR_WHY_MAX]);

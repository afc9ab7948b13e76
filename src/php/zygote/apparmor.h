/* SPDX-License-Identifier: MIT */
#pragma once
/* AppArmor: puts on a hat, a child profile of the one that confines this process. For good: with
 * change_profile, as under php-fpm, so no token could be guessed to take it off.
 *
 * Runs in: zygote, when PHP has started: no worker ever runs without it. Trusts: the pool file. */

enum {
        APPARMOR_WHY_MAX = 200,
};

/* Through the files of proc_fd: in a chroot there is no path to /proc. 0, or negative errno with what is
 * wrong in why. */
int apparmor_put_on(int proc_fd, const char *hat, char why[static APPARMOR_WHY_MAX]);

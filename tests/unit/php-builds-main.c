/* SPDX-License-Identifier: MIT */
/* An engine that only compares itself with the program that it is loaded into, for php-builds.sh. */

#include <stdio.h>

#include "php/engine/php_pairing.h"
#include "php/hooks/libc_hooks.h"

int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks);

__attribute__((visibility("default"))) int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks) {
        char why[256] = "it fits";

        (void) argc;
        (void) argv;
        (void) hooks;
        (void) php_pairing_check(php_pairing_of_build(), why, sizeof(why));
        puts(why);
        return 0;
}

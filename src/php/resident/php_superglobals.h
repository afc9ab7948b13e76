/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSuperglobals: $_GET, $_POST, $_SERVER and so on for a script that stays and for each of its requests.
 *
 * PHP makes $_SERVER when it compiles code that names it (auto_globals_jit). For a request of a script that stays that
 * code is compiled already, so that PHP would not make it again; a script that does not name it is spared it.
 *
 * Runs in: zygote (init), worker. */

/* Is to be called once PHP has started. */
void php_superglobals_init(void);

/* Is to be called before PHP starts the script with that path, which is borrowed: $_SERVER names it, beside the
 * environment, until the first request. NULL: the script has ended. */
void php_superglobals_set_script(const char *path);

/* Makes them those of the request that begins. $_ENV stays the script's. */
void php_superglobals_make(void);

/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpVariables: $_SERVER from the environment and the request's params.
 *
 * Runs in: worker. */

#include <Zend/zend_types.h>

/* Is to be called once in a worker: from now on $_ENV and getenv() have the request's params too. */
void php_variables_install(void);

/* Is to be called before a script that stays: from now on $_ENV has the environment of the process alone, and $_SERVER
 * is no copy of it. */
void php_variables_enter_resident(void);

/* Is the SAPI callback register_server_variables: fills $_SERVER. */
void php_variables_register(zval *track_vars_array);

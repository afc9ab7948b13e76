/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaselineIni: the part of PhpBaseline that is about php.ini settings.
 *
 * PHP itself undoes at the end of a request what zend_alter_ini_entry() has noted as changed. The script's own changes
 * are taken out of these notes, so that zend_ini_deactivate() undoes a request's alone, and are put back for PHP's end.
 *
 * Runs in: worker. */

#include "config/pool_config.h"

/* Zygote: reads which settings the script may set for good (worker_keep_ini). config is borrowed for good. */
void php_baseline_ini_init(const PoolConfig *config);

/* Takes the script's own changes out of PHP's notes, so that each request begins with them. */
void php_baseline_ini_seal(void);

/* Notes which settings the web server has made for the request that begins: all that were changed since
 * php_baseline_ini_seal(). */
void php_baseline_ini_note_request(void);

/* Undoes what the last request has changed. */
void php_baseline_ini_restore(void);

/* Undoes only what the web server has set for it. */
void php_baseline_ini_restore_request(void);

/* Puts the script's own changes back into PHP's notes, which undo them at the end of the script. */
void php_baseline_ini_unseal(void);

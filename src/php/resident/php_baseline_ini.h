/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaselineIni: the part of PhpBaseline that is about php.ini settings.
 *
 * PHP itself undoes at the end of a request what zend_alter_ini_entry() has noted as changed. The script's own changes
 * are taken out of these notes, so that zend_ini_deactivate() undoes a request's alone, and are put back for PHP's end.
 *
 * Runs in: worker. */

#include "config/pool_config.h"

void php_baseline_ini_init(const PoolConfig *config);
void php_baseline_ini_seal(void);
void php_baseline_ini_note_request(void);
void php_baseline_ini_restore(void);
void php_baseline_ini_restore_request(void);
void php_baseline_ini_unseal(void);

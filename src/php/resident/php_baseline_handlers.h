/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaselineHandlers: the part of PhpBaseline that is about set_error_handler() and set_exception_handler().
 *
 * Runs in: worker. */

/* Note the present handlers; give them back; and leave it to PHP to undo them when the script has ended. */
void php_baseline_handlers_seal(void);
void php_baseline_handlers_restore(void);
void php_baseline_handlers_unseal(void);

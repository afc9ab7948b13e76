/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaselineStreams: the part of PhpBaseline that is about stream wrappers, stream filters and the default context.
 *
 * Runs in: worker. */

/* Note the present wrappers, filters and default context; give them back, if one of the functions that change them was
 * called; and leave it to PHP to undo them when the script has ended. */
void php_baseline_streams_seal(void);
void php_baseline_streams_restore(void);
void php_baseline_streams_unseal(void);

/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpBaselineStreams: the part of PhpBaseline that is about stream wrappers, stream filters and the default context.
 *
 * Runs in: worker. */

void php_baseline_streams_seal(void);
void php_baseline_streams_restore(void); /* where one of their functions was called */
void php_baseline_streams_unseal(void);

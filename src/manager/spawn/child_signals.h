/* SPDX-License-Identifier: MIT */
#pragma once
/* ChildSignals: how a process that the manager has just forked takes signals.
 *
 * Runs in: a child of the manager, whose own signals are blocked. */

/* Sets all signals to their default effect and unblocks them, but ignores those by which a pool is told to reload,
 * reopen or leave. systemctl kill sends a signal to all processes of the unit, and goes on as long as new ones appear:
 * what makes the manager start a child must not end it. The ignored ones stay ignored over exec. */
void child_signals_reset(void);

/* SPDX-License-Identifier: MIT */
#pragma once
/* Traces: the PHP stacks that the zygote reports, frame by frame, put together by slot.
 *
 * Runs in: manager.
 * Trusts:  nobody: frames are escaped, and no more are kept than were asked for. */

#include "shared/cleanup.h"

typedef struct Traces Traces;

/* 0 or -ENOMEM. */
int traces_new(Traces **ret, unsigned n_slots, unsigned depth);
Traces *traces_free(Traces *traces);
DEFINE_CLEANUP(Traces, traces_free);

/* A new one begins: what is there of the slot is forgotten. */
void traces_begin(Traces *traces, unsigned slot);

/* 0, -EBADMSG: more than the depth, or -ENOMEM. */
int traces_add(Traces *traces, unsigned slot, const char *frame);

/* The frames, a line each ("\n" in front), or "": none. Valid until the next call for the slot. */
const char *traces_text(const Traces *traces, unsigned slot);

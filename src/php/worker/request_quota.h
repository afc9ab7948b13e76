/* SPDX-License-Identifier: MIT */
#pragma once
/* Lifetime: after how many requests another worker takes the place of this one. Pure.
 *
 * Runs in: worker. */

#include <stdint.h>

/* Of pm.max_requests, from 1 to all of them; 0 if that is 0, without end. Slot 0 has all of them. */
uint64_t request_quota_requests(uint64_t max_requests, unsigned slot);

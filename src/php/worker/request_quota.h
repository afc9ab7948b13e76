/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestQuota: after how many requests a worker is replaced by another. Pure.
 *
 * Runs in: worker. */

#include <stdint.h>

/* Returns the number of requests for the worker in a slot, from 1 to max_requests, so that not all are replaced at
 * once; slot 0 has max_requests. Returns 0, without end, if max_requests is 0. */
uint64_t request_quota_requests(uint64_t max_requests, unsigned slot);

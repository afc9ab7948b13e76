/* SPDX-License-Identifier: MIT */
#pragma once
/* ControlQuota: how much of the manager strangers may use: so many questions of one user in a row, and a share of one
 * CPU for the questions of all together. Pure.
 *
 * Runs in: manager.
 * Trusts:  nobody. A user of many ids (a container's) has the share of all of them, and no more. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        CONTROL_QUOTA_USERS = 32,

        /* One user may ask so often at once, and then so often a second. A scraper asks once a second. */
        CONTROL_QUOTA_BURST = 64,
        CONTROL_QUOTA_PER_SEC = 64,

        /* Of one CPU, in percent. */
        CONTROL_QUOTA_CPU = 5,
};

typedef struct ControlQuota {
        struct {
                uid_t uid;
                uint64_t due_usec; /* when the questions that this user has asked are used up */
        } users[CONTROL_QUOTA_USERS];
        uint64_t cpu_due_usec; /* the same of the CPU time that was spent */
} ControlQuota;

/* Counts a question of uid at now_usec. Returns whether it may be answered. */
bool control_quota_take(ControlQuota *quota, uid_t uid, uint64_t now_usec);

/* Counts cpu_usec of work. Returns until when there is to be no more work, or 0 if there may be more now. */
uint64_t control_quota_spend(ControlQuota *quota, uint64_t cpu_usec, uint64_t now_usec);

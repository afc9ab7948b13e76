/* SPDX-License-Identifier: MIT */
#include "manager/control/control_quota.h"

#include "base/number.h"
#include "base/parse.h"

/* How far the spent time may be ahead of the allowance: a millisecond of CPU at 5 percent. It is short, so that a
 * client that tries again every few milliseconds finds a moment in which the manager accepts. */
#define CPU_AHEAD_USEC (USEC_PER_SEC / 50)

/* Returns the entry of uid, else the entry of the user who has not asked for the longest time. */
static size_t find_user(const ControlQuota *quota, uid_t uid) {
        size_t quiet = 0;

        for (size_t i = 0; i < CONTROL_QUOTA_USERS; i++) {
                if (quota->users[i].uid == uid)
                        return i;
                if (quota->users[i].due_usec < quota->users[quiet].due_usec)
                        quiet = i;
        }

        return quiet;
}

bool control_quota_take(ControlQuota *quota, uid_t uid, uint64_t now_usec) {
        const uint64_t cost = USEC_PER_SEC / CONTROL_QUOTA_PER_SEC;
        size_t i = find_user(quota, uid);
        uint64_t due = quota->users[i].uid == uid ? quota->users[i].due_usec : 0;

        if (due > now_usec + (CONTROL_QUOTA_BURST - 1) * cost)
                return false;

        quota->users[i].uid = uid;
        quota->users[i].due_usec = number_max(due, now_usec) + cost;
        return true;
}

uint64_t control_quota_spend(ControlQuota *quota, uint64_t cpu_usec, uint64_t now_usec) {
        uint64_t due = number_max(quota->cpu_due_usec, now_usec);

        quota->cpu_due_usec = due + cpu_usec * 100 / CONTROL_QUOTA_CPU;
        return quota->cpu_due_usec > now_usec + CPU_AHEAD_USEC ? quota->cpu_due_usec : 0;
}

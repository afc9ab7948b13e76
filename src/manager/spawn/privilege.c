/* SPDX-License-Identifier: MIT */
#include "manager/spawn/privilege.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/base/log.h"

/* The kernel lets nobody look into a process that has a capability which he has not, even if both are of one user. From
 * its exec on, which makes it dumpable, until the first lines of preload.so the zygote has the first of these that
 * there is. There is little to be had of them: to hold up who opens a file, and set-ID bits that stay when a file is
 * written to. The second one is for containers without systemd, which lack the first, and for a unit of an earlier
 * version. */
static const cap_value_t shields[] = { CAP_LEASE, CAP_FSETID };

static void cap_freep(cap_t *caps) {
        if (*caps)
                cap_free(*caps);
}

/* Where there is nothing to let go of, the sandbox of a unit may forbid the very call. */
static int take_capabilities(cap_t wanted) {
        _cleanup_(cap_freep) cap_t have = cap_get_proc();

        if (have && cap_compare(have, wanted) == 0)
                return 0;

        return cap_set_proc(wanted) < 0 ? -errno : 0;
}

static bool has_flag(cap_t caps, cap_value_t capability, cap_flag_t flag) {
        cap_flag_value_t value = CAP_CLEAR;

        return cap_get_flag(caps, capability, flag, &value) >= 0 && value == CAP_SET;
}

static bool has_capability(cap_value_t capability) {
        _cleanup_(cap_freep) cap_t caps = cap_get_proc();

        return caps && has_flag(caps, capability, CAP_EFFECTIVE);
}

/* Returns -1: there is none, since a unit that was changed may not give it. */
static cap_value_t find_shield(cap_t caps) {
        for (size_t i = 0; i < ELEMENTSOF(shields); i++)
                if (has_flag(caps, shields[i], CAP_PERMITTED))
                        return shields[i];

        return -1;
}

bool privilege_can_switch_user(void) {
        return has_capability(CAP_SETUID) && has_capability(CAP_SETGID);
}

/* The limit is counted from 40 down. */
bool privilege_allows_priority(int64_t priority) {
        struct rlimit limit;
        int present;

        errno = 0;
        present = getpriority(PRIO_PROCESS, 0);
        if (present == -1 && errno != 0)
                return true; /* then the start reports it */

        return priority >= present || has_capability(CAP_SYS_NICE) ||
               (getrlimit(RLIMIT_NICE, &limit) >= 0 && 20 - priority <= (int64_t) limit.rlim_cur);
}

bool privilege_can_raise_limits(void) {
        return has_capability(CAP_SYS_RESOURCE);
}

bool privilege_can_chroot(void) {
        return chroot("/") >= 0; /* where it is already */
}

static bool is_needed(cap_t have, cap_value_t capability) {
        static const cap_value_t needed[] = {
                CAP_SETUID,
                CAP_SETGID,
                CAP_SETPCAP,
                CAP_SYS_CHROOT,
                CAP_SYS_NICE,
                CAP_SYS_RESOURCE,
        };

        for (size_t i = 0; i < ELEMENTSOF(needed); i++)
                if (capability == needed[i])
                        return true;

        return capability == find_shield(have);
}

/* None that overrides permissions, also where there is one: --test of a shell is to find what the service would. */
int privilege_keep_spawning(void) {
        _cleanup_(cap_freep) cap_t have = cap_get_proc(), keep = cap_init();

        if (!have || !keep)
                return -errno;

        for (cap_value_t cap = 0; cap_valid(cap); cap++)
                if (is_needed(have, cap) && has_flag(have, cap, CAP_PERMITTED) &&
                                (cap_set_flag(keep, CAP_PERMITTED, 1, &cap, CAP_SET) < 0 ||
                                                cap_set_flag(keep, CAP_EFFECTIVE, 1, &cap,
                                                                CAP_SET) < 0))
                        return -errno;

        return take_capabilities(keep);
}

/* Can only be done with CAP_SETPCAP; a manager that was not given it keeps what the unit allows, which is
 * harmless where privileges cannot be gained, and no error. */
static void drop_bounding_set(void) {
        for (cap_value_t cap = 0; cap_valid(cap); cap++)
                (void) cap_drop_bound(cap);
}

static int clear_capabilities(void) {
        _cleanup_(cap_freep) cap_t none = cap_init();

        if (!none || cap_reset_ambient() < 0)
                return -errno;

        return take_capabilities(none);
}

/* While all capabilities are there, so that this one survives the change of the user and the exec. Returns it, or -1
 * where there is none. */
static cap_value_t prepare_shield(void) {
        _cleanup_(cap_freep) cap_t caps = cap_get_proc();
        cap_value_t shield = caps ? find_shield(caps) : -1;

        return shield >= 0 && cap_set_flag(caps, CAP_INHERITABLE, 1, &shield, CAP_SET) >= 0 &&
                                               cap_set_proc(caps) >= 0 &&
                                               prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) >= 0
                               ? shield
                               : -1;
}

static int keep_shield_alone(cap_value_t shield) {
        _cleanup_(cap_freep) cap_t caps = cap_init();

        if (!caps || cap_set_flag(caps, CAP_PERMITTED, 1, &shield, CAP_SET) < 0 ||
                        cap_set_flag(caps, CAP_INHERITABLE, 1, &shield, CAP_SET) < 0 ||
                        cap_reset_ambient() < 0 || cap_set_proc(caps) < 0 ||
                        cap_set_ambient(shield, CAP_SET) < 0)
                return -errno;

        return 0;
}

static int switch_user(const Account *account) {
        if (setgroups(account->n_groups, account->groups) < 0)
                return -errno;

        if (setresgid(account->gid, account->gid, account->gid) < 0)
                return -errno;

        if (setresuid(account->uid, account->uid, account->uid) < 0)
                return -errno;

        return 0;
}

static bool has_file_ids(uid_t uid, gid_t gid) {
        /* setfsuid(2) reports no error and returns the former id only, so a second call reads the present one. */
        return (uid_t) setfsuid((uid_t) -1) == uid && (gid_t) setfsgid((gid_t) -1) == gid;
}

static int enter_files(const Account *account) {
        (void) setfsgid(account->gid);
        (void) setfsuid(account->uid);
        return has_file_ids(account->uid, account->gid) ? 0 : -EPERM;
}

/* A manager that went on with ids or groups of a pool's user would open its files with the wrong rights, and pass them
 * to every process that it starts. Workers finish without the manager, and systemd starts another one. */
static void leave_files(const gid_t *groups, size_t n_groups) {
        (void) setfsuid(geteuid());
        (void) setfsgid(getegid());
        if (has_file_ids(geteuid(), getegid()) && setgroups(n_groups, groups) >= 0)
                return;

        log_error_errno(EPERM, "Cannot get the manager's own ids back, aborting: %m");
        abort();
}

int privilege_try_files(const Account *account, int (*attempt)(void *userdata), void *userdata) {
        int n = getgroups(0, NULL), r;
        _cleanup_free_ gid_t *groups = calloc((size_t) (n > 0 ? n : 0) + 1, sizeof(*groups));

        if (!groups)
                return -ENOMEM;

        n = getgroups(n, groups);
        if (n < 0 || setgroups(account->n_groups, account->groups) < 0)
                return -errno;

        r = enter_files(account);
        if (r >= 0)
                r = attempt(userdata);

        leave_files(groups, (size_t) n);
        return r;
}

int privilege_lend_effective(uid_t user) {
        return setresuid((uid_t) -1, user, (uid_t) -1) < 0 ? -errno : 0;
}

/* The effective capabilities come back with root's id. */
void privilege_take_effective_back(void) {
        uid_t own = getuid();

        if (setresuid((uid_t) -1, own, (uid_t) -1) >= 0 && geteuid() == own)
                return;

        log_error_errno(EPERM, "Cannot get the manager's own ids back, aborting: %m");
        abort();
}

/* Tries what must fail now, and checks what must have worked: the child ends if a kernel or a policy has kept the old
 * ids. */
static int check_identity(const Account *account) {
        uid_t uid, effective_uid, saved_uid;
        gid_t gid, effective_gid, saved_gid;

        if (account->uid != 0 && setresuid(0, 0, 0) >= 0)
                return -EPERM;
        if (getresuid(&uid, &effective_uid, &saved_uid) < 0 ||
                        getresgid(&gid, &effective_gid, &saved_gid) < 0)
                return -errno;
        if (uid != account->uid || effective_uid != uid || saved_uid != uid ||
                        gid != account->gid || effective_gid != gid || saved_gid != gid)
                return -EPERM;

        return 0;
}

int privilege_drop(const Account *account, bool no_new_privileges, bool shielded) {
        cap_value_t shield = shielded ? prepare_shield() : -1;
        int r;

        if (no_new_privileges) {
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                        return -errno;
                drop_bounding_set();
        }

        if (privilege_can_switch_user()) {
                r = switch_user(account);
                if (r < 0)
                        return r;
        }

        r = shield >= 0 ? keep_shield_alone(shield) : clear_capabilities();
        if (r < 0)
                return r;

        return check_identity(account);
}

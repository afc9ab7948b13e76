/* SPDX-License-Identifier: MIT */
/* Proves that a manager which has lent itself the ids of a pool's user takes its own back, and ends where the kernel
 * does not let it. The calls that change ids are this file's: they take the place of libc's. */

#include "manager/spawn/privilege.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static unsigned n_setgroups, setgroups_fails_at;
static uid_t fs_uid;
static gid_t fs_gid;
static bool ids_are_stuck;
static const gid_t *last_groups;
static unsigned n_attempts;

int setgroups(size_t n, const gid_t *groups) {
        (void) n;
        last_groups = groups;
        if (++n_setgroups != setgroups_fails_at)
                return 0;

        errno = EPERM;
        return -1;
}

int setfsuid(uid_t uid) {
        uid_t was = fs_uid;

        if (uid != (uid_t) -1 && !(ids_are_stuck && uid == geteuid()))
                fs_uid = uid;
        return (int) was;
}

int setfsgid(gid_t gid) {
        gid_t was = fs_gid;

        if (gid != (gid_t) -1)
                fs_gid = gid;
        return (int) was;
}

static gid_t groups_of_account[] = { 5001 };
static const Account account = {
        .uid = 5000, .gid = 5001, .groups = groups_of_account, .n_groups = 1
};

static int attempt(void *userdata) {
        (void) userdata;
        n_attempts++;
        ck_assert_uint_eq(fs_uid, account.uid);
        ck_assert_uint_eq(fs_gid, account.gid);
        return 7;
}

static void start(void) {
        fs_uid = geteuid();
        fs_gid = getegid();
        n_setgroups = setgroups_fails_at = n_attempts = 0;
        ids_are_stuck = false;
}

/* The status that a process has which tries. */
static int try_in_child(void) {
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                (void) setrlimit(RLIMIT_CORE, &(struct rlimit){});
                (void) signal(SIGABRT, SIG_DFL);
                (void) privilege_try_files(&account, attempt, NULL);
                _exit(0);
        }

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        return status;
}

START_TEST(there_and_back) {
        start();
        ck_assert_int_eq(privilege_try_files(&account, attempt, NULL), 7);
        ck_assert_uint_eq(n_attempts, 1);
        ck_assert_uint_eq(fs_uid, geteuid());
        ck_assert_uint_eq(fs_gid, getegid());
        ck_assert_uint_eq(n_setgroups, 2);
        ck_assert_ptr_ne(last_groups, groups_of_account);
}
END_TEST

START_TEST(no_way_there_changes_nothing) {
        start();
        setgroups_fails_at = 1;
        ck_assert_int_eq(privilege_try_files(&account, attempt, NULL), -EPERM);
        ck_assert_uint_eq(n_attempts, 0);
        ck_assert_uint_eq(fs_uid, geteuid());
}
END_TEST

START_TEST(no_way_back_for_the_groups_is_the_end) {
        int status;

        start();
        setgroups_fails_at = 2;
        status = try_in_child();
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(no_way_back_for_the_user_is_the_end) {
        int status;

        start();
        ids_are_stuck = true;
        status = try_in_child();
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

UNIT_MAIN("privilege", there_and_back, no_way_there_changes_nothing,
                no_way_back_for_the_groups_is_the_end, no_way_back_for_the_user_is_the_end);

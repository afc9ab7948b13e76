/* SPDX-License-Identifier: MIT */
/* Proves that a process knows its own weight, also as an unprivileged user in a chroot. */

#include "php/worker/worker_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

#define MIB (INT64_C(1024) * 1024)
#define BLOCK_BYTES (50 * MIB)
#define SLOP_BYTES (3 * MIB) /* what the test and the kernel's counters add themselves */
#define NOBODY 65534

static void *map_block(int flags) {
        void *block = mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

        ck_assert_ptr_ne(block, MAP_FAILED);
        return block;
}

static int64_t pss(const WorkerMemory *worker_memory) {
        uint64_t bytes = 0;

        ck_assert_int_eq(worker_memory_read_pss(worker_memory, &bytes), 0);
        return (int64_t) bytes;
}

static int64_t private(const WorkerMemory *worker_memory) {
        uint64_t bytes = 0;

        ck_assert_int_eq(worker_memory_read_private(worker_memory, &bytes), 0);
        return (int64_t) bytes;
}

static void is_about(int64_t bytes, int64_t expected) {
        ck_assert_int_ge(bytes, expected - SLOP_BYTES);
        ck_assert_int_le(bytes, expected + SLOP_BYTES);
}

START_TEST(touched_memory_weighs) {
        int64_t pss_before, private_before;
        WorkerMemory worker_memory;
        char *block;

        ck_assert_int_eq(worker_memory_init(&worker_memory, -EBADF), 0);
        pss_before = pss(&worker_memory);
        private_before = private(&worker_memory);
        ck_assert_int_gt(pss_before, 0);

        block = map_block(MAP_PRIVATE);
        is_about(pss(&worker_memory), pss_before);
        is_about(private(&worker_memory), private_before);

        memset(block, 1, BLOCK_BYTES);
        is_about(pss(&worker_memory), pss_before + BLOCK_BYTES);
        is_about(private(&worker_memory), private_before + BLOCK_BYTES);

        munmap(block, BLOCK_BYTES);
        is_about(pss(&worker_memory), pss_before);
        is_about(private(&worker_memory), private_before);
        worker_memory_done(&worker_memory);
}
END_TEST

START_TEST(shared_memory_is_not_private) {
        int64_t pss_before, private_before;
        WorkerMemory worker_memory;
        char *block;

        ck_assert_int_eq(worker_memory_init(&worker_memory, -EBADF), 0);
        pss_before = pss(&worker_memory);
        private_before = private(&worker_memory);

        block = map_block(MAP_SHARED);
        memset(block, 1, BLOCK_BYTES);
        is_about(pss(&worker_memory), pss_before + BLOCK_BYTES);
        is_about(private(&worker_memory), private_before);

        munmap(block, BLOCK_BYTES);
        worker_memory_done(&worker_memory);
}
END_TEST

START_TEST(two_carry_half_each) {
        int64_t pss_before, private_before;
        WorkerMemory worker_memory;
        char *block;
        pid_t pid;

        ck_assert_int_eq(worker_memory_init(&worker_memory, -EBADF), 0);
        block = map_block(MAP_PRIVATE);
        memset(block, 1, BLOCK_BYTES);
        pss_before = pss(&worker_memory);
        private_before = private(&worker_memory);

        pid = fork();
        if (pid == 0)
                for (;;)
                        pause();
        ck_assert_int_gt(pid, 0);
        ck_assert_int_lt(pss(&worker_memory), pss_before - BLOCK_BYTES / 2 + SLOP_BYTES);
        is_about(private(&worker_memory), private_before);

        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        is_about(pss(&worker_memory), pss_before);
        munmap(block, BLOCK_BYTES);
        worker_memory_done(&worker_memory);
}
END_TEST

/* As a worker is after privilege.c: another user, nothing in /proc/self its own. */
static int become_worker(const char *root) {
        if (geteuid() == 0 &&
                        ((root && chroot(root) < 0) || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                                        setresuid(NOBODY, NOBODY, NOBODY) < 0))
                return -errno;

        return prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0;
}

static int weigh_as_worker(const char *root) {
        int proc_fd = root ? open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
        uint64_t pss_bytes = 0, private_bytes = 0;
        WorkerMemory worker_memory;
        int r;

        r = become_worker(root);
        if (r >= 0)
                r = worker_memory_init(&worker_memory, proc_fd);
        if (r >= 0)
                r = worker_memory_read_pss(&worker_memory, &pss_bytes);
        if (r >= 0)
                r = worker_memory_read_private(&worker_memory, &private_bytes);
        return r < 0 ? -r : pss_bytes > 0 && private_bytes > 0 ? 0 : 255;
}

/* _exit(), because the leak sanitizer wants to trace, which cannot be done to who is not dumpable.
 */
static int status_of_worker(const char *root) {
        int status = 0;
        pid_t pid = fork();

        if (pid == 0)
                _exit(weigh_as_worker(root));
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

START_TEST(a_worker_that_is_not_dumpable) {
        ck_assert_int_eq(status_of_worker(NULL), 0);
}
END_TEST

START_TEST(a_worker_in_a_chroot) {
        char root[] = "/tmp/fpmd-test-worker-memory-XXXXXX";

        ck_assert_ptr_nonnull(mkdtemp(root));
        ck_assert_int_eq(status_of_worker(root), 0);
        ck_assert_int_eq(rmdir(root), 0);
}
END_TEST

START_TEST(without_smaps_rollup) {
        WorkerMemory worker_memory;
        uint64_t bytes = 7;

        ck_assert_int_eq(worker_memory_init(&worker_memory, -EBADF), 0);
        worker_memory.rollup_fd = fd_close(worker_memory.rollup_fd);
        ck_assert_int_eq(worker_memory_read_pss(&worker_memory, &bytes), -EOPNOTSUPP);
        ck_assert_uint_eq(bytes, 7);
        ck_assert_int_gt(private(&worker_memory), 0);
        worker_memory_done(&worker_memory);
        worker_memory_done(&worker_memory);
        ck_assert_int_eq(worker_memory_read_private(&worker_memory, &bytes), -EBADF);
}
END_TEST

START_TEST(rollup_texts) {
        static const char *const wrong[] = { "", "\n", "Pss: 1 kB\n", "\nPss:", "\nPss: kB\n",
                "\nPss: 1 MB\n", "\nPss: 1", "\nPss: -1 kB\n",
                "\nPss_Dirty: 12 kB\nSwapPss: 1 kB\n", "\nPss: 18446744073709551616 kB\n",
                "\nPss: 18446744073709551615 kB\n" };
        uint64_t bytes = 7;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_int_eq(worker_memory_parse_rollup(wrong[i], &bytes), -EBADMSG);
        ck_assert_uint_eq(bytes, 7);

        ck_assert_int_eq(worker_memory_parse_rollup(
                                         "5588a000-7ffe6000 ---p 00000000 00:00 0  [rollup]\n"
                                         "Rss:               17888 kB\n"
                                         "Pss:               10131 kB\n"
                                         "Pss_Dirty:          4100 kB\n",
                                         &bytes),
                        0);
        ck_assert_uint_eq(bytes, 10131 * 1024);
}
END_TEST

START_TEST(statm_texts) {
        static const char *const wrong[] = { "", "\n", "1 2\n", "1 2 3", "1 2 3x 4", "a b c\n",
                "1 -2 3 4\n", "1 99999999999999999999 3 4\n", "1 18446744073709551615 3 4\n" };
        uint64_t bytes = 7;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_int_eq(worker_memory_parse_statm(wrong[i], 4096, &bytes), -EBADMSG);
        ck_assert_uint_eq(bytes, 7);

        ck_assert_int_eq(worker_memory_parse_statm("16796 4491 3439 780 0 1371 0\n", 4096, &bytes),
                        0);
        ck_assert_uint_eq(bytes, (4491 - 3439) * 4096);
        ck_assert_int_eq(worker_memory_parse_statm("10 4 5 1 0 1 0\n", 4096, &bytes), 0);
        ck_assert_uint_eq(bytes, 0);
}
END_TEST

UNIT_MAIN("weight", touched_memory_weighs, shared_memory_is_not_private, two_carry_half_each,
                a_worker_that_is_not_dumpable, a_worker_in_a_chroot, without_smaps_rollup,
                rollup_texts, statm_texts);

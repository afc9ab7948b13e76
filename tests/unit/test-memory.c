/* SPDX-License-Identifier: MIT */
/* Proves that the tightest limit is found wherever it stands, and otherwise what the machine has.
 */

#include "manager/workers/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

#define UNIT "/system.slice/system-fpmd.slice/fpmd@www.service"

static const char meminfo[] = "MemTotal:        8388608 kB\n"
                              "MemFree:          524288 kB\n"
                              "MemAvailable:    4194304 kB\n"
                              "Buffers:          199704 kB\n";

/* --- a tree that looks like / ----------------------------------------------------------------- */

static char tree[sizeof("/tmp/fpmd-test-memory-XXXXXX")];
static int tree_fd = -EBADF;

static void make_parents(char *path) {
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                ck_assert(mkdirat(tree_fd, path, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
}

static void put(const char *path, const char *text) {
        _cleanup_close_ int fd = -EBADF;
        char buffer[PATH_MAX];

        snprintf(buffer, sizeof(buffer), "%s", path);
        make_parents(buffer);
        fd = openat(tree_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fd_write_all(fd, text, strlen(text)), 0);
}

static void make_tree(void) {
        strcpy(tree, "/tmp/fpmd-test-memory-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(tree));
        tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(tree_fd, 0);
        put("proc/meminfo", meminfo);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st;
        (void) type;
        (void) ftw;
        return remove(path);
}

static void remove_tree(void) {
        tree_fd = fd_close(tree_fd);
        ck_assert_int_eq(nftw(tree, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void limit_is(uint64_t bytes, const char *file) {
        MemoryBudget budget = {};

        ck_assert_int_eq(memory_budget_at(tree_fd, 0, &budget), 0);
        ck_assert_int_eq(budget.source, MEMORY_CGROUP_LIMIT);
        ck_assert_uint_eq(budget.bytes, bytes);
        ck_assert_str_eq(budget.description, file);
}

static void machine_is(uint64_t used_bytes, uint64_t bytes) {
        MemoryBudget budget = {};

        ck_assert_int_eq(memory_budget_at(tree_fd, used_bytes, &budget), 0);
        ck_assert_int_eq(budget.source, MEMORY_MACHINE_AVAILABLE);
        ck_assert_uint_eq(budget.bytes, bytes);
        ck_assert_str_eq(budget.description, "MemAvailable in /proc/meminfo");
}

static void fails_with(int error) {
        MemoryBudget budget = { .bytes = 7 };

        ck_assert_int_eq(memory_budget_at(tree_fd, 0, &budget), error);
        ck_assert_uint_eq(budget.bytes, 7);
}

/* --- texts ------------------------------------------------------------------------------------ */

START_TEST(limits) {
        static const char *const none[] = { "max\n", "max", "9223372036854771712\n",
                "9223372036854710272\n", "18446744073709551615\n" };
        static const char *const wrong[] = { "", "\n", "min\n", "maxi\n", "-1\n", "12 \n", "1G\n",
                "99999999999999999999\n",
                "00000000000000000000000000000000000000000000000000000000000000000001\n" };
        uint64_t bytes = 7;

        ck_assert_int_eq(memory_parse_limit("268435456\n", &bytes), 0);
        ck_assert_uint_eq(bytes, 256 * MIB);
        ck_assert_int_eq(memory_parse_limit("0\n", &bytes), 0);
        ck_assert_uint_eq(bytes, 0);

        for (size_t i = 0; i < ELEMENTSOF(none); i++) {
                bytes = 7;
                ck_assert_int_eq(memory_parse_limit(none[i], &bytes), 0);
                ck_assert_uint_eq(bytes, MEMORY_UNLIMITED);
        }
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_int_eq(memory_parse_limit(wrong[i], &bytes), -EBADMSG);
}
END_TEST

START_TEST(the_machine) {
        static const char *const wrong[] = { "", "\n", "MemTotal:        8388608 kB\n",
                "MemTotal: 1 kB\nMemAvailable:\n", "MemTotal: 1 kB\nMemAvailable: 1\n",
                "MemTotal: 1 kB\nMemAvailable: 1 kB", "MemTotal: 1 kB\nMemAvailable: 1 k",
                "MemTotal: -1 kB\nMemAvailable: 1 kB\n", "XMemTotal: 1 kB\nMemAvailable: 1 kB\n",
                "MemTotal: 1 kB\nMemAvailable: 18446744073709551615 kB\n" };
        MachineMemory machine = { .total_bytes = 7 };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_int_eq(memory_parse_meminfo(wrong[i], &machine), -EBADMSG);
        ck_assert_uint_eq(machine.total_bytes, 7);

        ck_assert_int_eq(memory_parse_meminfo(meminfo, &machine), 0);
        ck_assert_uint_eq(machine.total_bytes, 8192 * MIB);
        ck_assert_uint_eq(machine.available_bytes, 4096 * MIB);
}
END_TEST

static void path_is(const char *text, const char *controller, const char *expected) {
        char path[64] = "untouched";

        ck_assert_int_eq(memory_parse_cgroup(text, controller, path, sizeof(path)), 0);
        ck_assert_str_eq(path, expected);
}

START_TEST(cgroup_paths) {
        static const char hybrid[] = "5:cpu,cpuacct:/c\n4:net_prio,memory:/m\n1:name=systemd:/s\n"
                                     "0::/a:b/c\n";
        char path[64];

        path_is(hybrid, "", "/a:b/c");
        path_is(hybrid, "memory", "/m");
        path_is(hybrid, "cpu", "/c");
        path_is("0::/\n", "", "");
        path_is("0::/../other.service\n", "", "");
        path_is("0::/..\n", "", "");
        path_is("0::/..x/y\n", "", "/..x/y");
        path_is("7:memory:/\n", "memory", "");

        ck_assert_int_eq(memory_parse_cgroup("", "", path, sizeof(path)), -ENOENT);
        ck_assert_int_eq(memory_parse_cgroup("0::/\n", "memory", path, sizeof(path)), -ENOENT);
        ck_assert_int_eq(memory_parse_cgroup("3:mem:/\n2:memoryx:/\n", "memory", path, 9), -ENOENT);
        ck_assert_int_eq(memory_parse_cgroup("4:memory:/m\n", "", path, sizeof(path)), -ENOENT);
        ck_assert_int_eq(memory_parse_cgroup(hybrid, "", path, 6), -ENAMETOOLONG);
}
END_TEST

START_TEST(cgroup_texts_that_the_kernel_does_not_write) {
        static const char *const wrong[] = { "\n", "0:", "0::", "0::/a", "0::\n", "0::a\n",
                "0\n:\n:" };
        char path[64] = "untouched";

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                ck_assert_int_eq(memory_parse_cgroup(wrong[i], "", path, sizeof(path)), -EBADMSG);
        ck_assert_str_eq(path, "untouched");
}
END_TEST

/* --- trees ------------------------------------------------------------------------------------ */

START_TEST(the_tightest_of_all_levels) {
        put("proc/self/cgroup", "0::" UNIT "\n");
        put("sys/fs/cgroup" UNIT "/memory.max", "1073741824\n");
        put("sys/fs/cgroup" UNIT "/memory.high", "max\n");
        limit_is(1024 * MIB, "/sys/fs/cgroup" UNIT "/memory.max");

        put("sys/fs/cgroup/system.slice/memory.high", "536870912\n");
        limit_is(512 * MIB, "/sys/fs/cgroup/system.slice/memory.high");

        put("sys/fs/cgroup" UNIT "/memory.high", "268435456\n");
        limit_is(256 * MIB, "/sys/fs/cgroup" UNIT "/memory.high");

        /* a container's own cgroup is the mount point */
        put("sys/fs/cgroup/memory.max", "134217728\n");
        limit_is(128 * MIB, "/sys/fs/cgroup/memory.max");

        put("sys/fs/cgroup/memory.max", "0\n");
        limit_is(0, "/sys/fs/cgroup/memory.max");
}
END_TEST

START_TEST(v1_beside_v2) {
        put("proc/self/cgroup", "4:memory:" UNIT "\n1:name=systemd:/x\n0::" UNIT "\n");
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        put("sys/fs/cgroup/memory" UNIT "/memory.limit_in_bytes", "9223372036854771712\n");
        machine_is(0, 4096 * MIB);

        put("sys/fs/cgroup/memory/system.slice/memory.limit_in_bytes", "268435456\n");
        limit_is(256 * MIB, "/sys/fs/cgroup/memory/system.slice/memory.limit_in_bytes");
}
END_TEST

START_TEST(no_limit_is_what_the_machine_has) {
        put("proc/self/cgroup", "0::" UNIT "\n");
        machine_is(0, 4096 * MIB);

        put("sys/fs/cgroup" UNIT "/memory.max", "max\n");
        machine_is(0, 4096 * MIB);
        machine_is(100 * MIB, 4196 * MIB);
        machine_is(5000 * MIB, 8192 * MIB);
        machine_is(UINT64_MAX, 8192 * MIB);

        /* more than there is */
        put("sys/fs/cgroup" UNIT "/memory.max", "8589934592\n");
        machine_is(0, 4096 * MIB);
        put("sys/fs/cgroup" UNIT "/memory.max", "8589930496\n");
        limit_is(8192 * MIB - 4 * KIB, "/sys/fs/cgroup" UNIT "/memory.max");
}
END_TEST

START_TEST(meminfo_can_be_hidden) {
        put("proc/self/cgroup", "0::/x\n");
        ck_assert_int_eq(unlinkat(tree_fd, "proc/meminfo", 0), 0);
        fails_with(-ENOENT);

        put("sys/fs/cgroup/x/memory.max", "4096\n");
        limit_is(4 * KIB, "/sys/fs/cgroup/x/memory.max");
}
END_TEST

START_TEST(a_tree_that_is_broken) {
        fails_with(-ENOENT);

        put("proc/self/cgroup", "nonsense");
        fails_with(-EBADMSG);

        put("proc/self/cgroup", "0::/x\n");
        put("sys/fs/cgroup/x/memory.max", "a lot\n");
        fails_with(-EBADMSG);

        put("sys/fs/cgroup/x/memory.max", "");
        fails_with(-EBADMSG);

        put("sys/fs/cgroup/x/memory.max", "max\n");
        put("proc/meminfo", "");
        fails_with(-EBADMSG);
}
END_TEST

START_TEST(a_path_that_is_too_long) {
        char text[PATH_MAX + 64];
        int n = snprintf(text, sizeof(text), "0::/%0*d\n", PATH_MAX - 10, 0);

        ck_assert_int_lt(n, (int) sizeof(text));
        put("proc/self/cgroup", text);
        fails_with(-ENAMETOOLONG);
}
END_TEST

START_TEST(this_machine) {
        MemoryBudget budget = {};

        ck_assert_int_eq(memory_budget(0, &budget), 0);
        ck_assert_uint_gt(budget.bytes, MIB);
        ck_assert_uint_lt(budget.bytes, MEMORY_UNLIMITED);
        ck_assert_str_ne(budget.description, "");
}
END_TEST

int main(void) {
        const TTest *const pure[] = { limits, the_machine, cgroup_paths,
                cgroup_texts_that_the_kernel_does_not_write, this_machine };
        const TTest *const trees[] = { the_tightest_of_all_levels, v1_beside_v2,
                no_limit_is_what_the_machine_has, meminfo_can_be_hidden, a_tree_that_is_broken,
                a_path_that_is_too_long };
        Suite *suite = suite_create("memory");
        TCase *on_texts = tcase_create("texts"), *on_trees = tcase_create("trees");

        for (size_t i = 0; i < ELEMENTSOF(pure); i++)
                tcase_add_test(on_texts, pure[i]);
        for (size_t i = 0; i < ELEMENTSOF(trees); i++)
                tcase_add_test(on_trees, trees[i]);
        tcase_add_checked_fixture(on_trees, make_tree, remove_tree);
        suite_add_tcase(suite, on_texts);
        suite_add_tcase(suite, on_trees);
        return unit_run(suite);
}

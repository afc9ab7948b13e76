/* SPDX-License-Identifier: MIT */
/* Proves that what deep calls have left of the first stack is given back, that what is in use stays, and that another
 * stack, which has neighbours, is left alone. */

#include "base/stack.h"

#include <alloca.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "unit.h"

enum {
        DEPTH = 300 * 1024,
        OTHER = 128 * 1024,
};

static ucontext_t first, other;

/* KiB of the first stack that are in memory. */
static unsigned long resident(void) {
        char line[256];
        unsigned long size = 0;
        bool is_stack = false;
        FILE *file = fopen("/proc/self/smaps", "re");

        ck_assert_ptr_nonnull(file);
        while (fgets(line, sizeof(line), file)) {
                if (strstr(line, "[stack]"))
                        is_stack = true;
                if (is_stack && sscanf(line, "Rss: %lu kB", &size) == 1)
                        break;
        }
        (void) fclose(file);
        return size;
}

static __attribute__((noinline)) void go_deep(void) {
        volatile char *bytes = alloca(DEPTH);

        for (size_t i = 0; i < DEPTH; i += 1024)
                bytes[i] = 1;
}

START_TEST(what_is_unused_is_given_back) {
        char used[8192];
        unsigned long before;

        memset(used, 'x', sizeof(used));
        go_deep();
        before = resident();
        ck_assert_uint_ge(before, DEPTH / 1024);
        stack_release();
        ck_assert_uint_le(resident() + DEPTH / 1024 - 64, before);
        for (size_t i = 0; i < sizeof(used); i++)
                ck_assert_int_eq(used[i], 'x');
}
END_TEST

static void release_there(void) {
        stack_release();
}

START_TEST(another_stack_is_left_alone) {
        char *area = mmap(NULL, 8 * OTHER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);

        ck_assert_ptr_ne(area, MAP_FAILED);
        memset(area, 'x', 8 * OTHER);
        ck_assert_int_eq(getcontext(&other), 0);
        other.uc_stack = (stack_t){ .ss_sp = area + 7 * OTHER, .ss_size = OTHER };
        other.uc_link = &first;
        makecontext(&other, release_there, 0);
        ck_assert_int_eq(swapcontext(&first, &other), 0);
        for (size_t i = 0; i < 7 * OTHER; i++)
                ck_assert_int_eq(area[i], 'x');
        munmap(area, 8 * OTHER);
}
END_TEST

UNIT_MAIN("stack", what_is_unused_is_given_back, another_stack_is_left_alone);

/* SPDX-License-Identifier: MIT */
/* Proves that entries stand in the file in their order, also those that came while others were written, and that what
 * does not fit into the queue is counted. */

#include "manager/requests/slow_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

enum {
        ENTRY_BYTES = 1000,
};

static char path[64], entry[ENTRY_BYTES + 1];

static size_t file_size(void) {
        FILE *f = fopen(path, "r");
        long size;

        if (!f)
                return 0;

        ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
        size = ftell(f);
        fclose(f);
        return (size_t) size;
}

static void run_until(sd_event *event, size_t size) {
        for (int i = 0; i < 100 && file_size() < size; i++)
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        ck_assert_uint_eq(file_size(), size);
}

START_TEST(in_order_and_counted) {
        _cleanup_(slow_writer_freep) SlowWriter *writer = NULL;
        PoolConfig config = { .name = (char *) "test", .slowlog = path };
        unsigned n_fit = SLOW_WRITER_BYTES_MAX / ENTRY_BYTES;
        sd_event *event = NULL;
        char text[8] = "";
        sigset_t set;
        FILE *f;

        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(slow_writer_new(&writer, event, &config), 0);

        /* While the loop stands still the first one is being written, and the others wait. */
        slow_writer_add(writer, "first\n");
        memset(entry, 'x', ENTRY_BYTES);
        for (unsigned i = 0; i < n_fit + 3; i++)
                slow_writer_add(writer, entry);
        ck_assert_uint_eq(slow_writer_count_dropped(writer), 3);
        run_until(event, 6 + (size_t) n_fit * ENTRY_BYTES);

        f = fopen(path, "r");
        ck_assert_ptr_nonnull(f);
        ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
        ck_assert_str_eq(text, "first\n");
        fclose(f);

        /* There is room again. */
        slow_writer_add(writer, "last\n");
        run_until(event, 6 + (size_t) n_fit * ENTRY_BYTES + 5);
        ck_assert_uint_eq(slow_writer_count_dropped(writer), 3);
        sd_event_unref(event);
        unlink(path);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("slow-writer");
        TCase *tcase = tcase_create("slow-writer");

        snprintf(path, sizeof(path), "/tmp/test-slow-writer-%d", getpid());
        tcase_add_test(tcase, in_order_and_counted);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}

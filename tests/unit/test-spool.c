/* SPDX-License-Identifier: MIT */
/* Proves that a spool gives back what was appended, wherever one reads and however both alternate, with a file only
 * beyond its window; and that a file which cannot be had or written is told and loses nothing that was held. */

#include "php/files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

enum { SIZE = 5 * SPOOL_WINDOW / 2 };

static char data[SIZE], back[SIZE];
static unsigned n_opened;

static int open_memory(void) {
        n_opened++;
        return memfd_create("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int open_nothing(void) {
        return -EACCES;
}

static int open_full(void) {
        int fd = open_memory();

        ck_assert_int_eq(ftruncate(fd, SPOOL_WINDOW), 0);
        ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
        return fd;
}

static char window[SPOOL_WINDOW];
static Spool spool;

static void begin(int (*open_file)(void)) {
        for (size_t i = 0; i < sizeof(data); i++)
                data[i] = (char) (i * 7 + i / 251);
        spool = (Spool){ .open_file = open_file, .fd = -EBADF, .window = window };
        n_opened = 0;
}

static void assert_read(size_t position, size_t size) {
        size_t there = position < (size_t) spool.size ? (size_t) spool.size - position : 0;
        size_t expected = size < there ? size : there;

        ck_assert_int_eq(spool_read(&spool, (off_t) position, back, size), (ssize_t) expected);
        ck_assert_mem_eq(back, data + position, expected);
}

START_TEST(all_comes_back) {
        static const size_t pieces[] = { 1000, 8192, SPOOL_WINDOW, SPOOL_WINDOW + 1, SIZE };

        for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
                begin(open_memory);
                for (size_t n, done = 0; done < SIZE; done += n) {
                        n = SIZE - done < pieces[i] ? SIZE - done : pieces[i];
                        ck_assert_int_eq(spool_append(&spool, data + done, n), 0);
                }
                assert_read(0, SIZE);
                assert_read(1, 100);
                assert_read(SIZE - 5, 100);
                assert_read(SIZE, 1);
                assert_read(SPOOL_WINDOW - 1, 2);
                assert_read(0, SIZE);
                ck_assert_uint_eq(n_opened, 1);
                spool_reset(&spool);
                ck_assert_int_eq(spool.fd, -EBADF);
        }
}
END_TEST

START_TEST(the_window_needs_no_file) {
        begin(open_nothing);
        ck_assert_int_eq(spool_append(&spool, data, SPOOL_WINDOW), 0);
        assert_read(0, SPOOL_WINDOW);
        assert_read(77, 1000);
}
END_TEST

START_TEST(reading_and_appending_in_turns) {
        unsigned seed = 1;

        begin(open_memory);
        for (size_t done = 0; done < SIZE;) {
                size_t n = 1 + (size_t) rand_r(&seed) % 9000;

                n = SIZE - done < n ? SIZE - done : n;
                ck_assert_int_eq(spool_append(&spool, data + done, n), 0);
                done += n;
                assert_read((size_t) rand_r(&seed) % done, (size_t) rand_r(&seed) % 20000);
        }
        assert_read(0, SIZE);
        spool_reset(&spool);
}
END_TEST

START_TEST(cut) {
        begin(open_memory);
        ck_assert_int_eq(spool_append(&spool, data, SIZE), 0);
        spool_cut(&spool, SPOOL_WINDOW + 10);
        assert_read(0, SIZE);
        spool_cut(&spool, 10);
        assert_read(0, 100);
        ck_assert_int_eq(spool_append(&spool, data + 10, SIZE - 10), 0);
        assert_read(0, SIZE);
        spool_cut(&spool, 0);
        assert_read(0, 1);
        spool_reset(&spool);
}
END_TEST

START_TEST(failures_are_told) {
        begin(open_nothing);
        ck_assert_int_eq(spool_append(&spool, data, SPOOL_WINDOW + 1), -EACCES);
        assert_read(0, SPOOL_WINDOW);

        begin(open_full);
        ck_assert_int_eq(spool_append(&spool, data, SIZE), -EPERM);
        ck_assert_int_eq(spool.size, 2 * SPOOL_WINDOW);
        assert_read(SPOOL_WINDOW, SPOOL_WINDOW);
        ck_assert_int_eq(spool_read(&spool, 0, back, 1), -EPERM);
        spool_reset(&spool);
}
END_TEST

UNIT_MAIN("spool", all_comes_back, the_window_needs_no_file, reading_and_appending_in_turns, cut,
                failures_are_told);

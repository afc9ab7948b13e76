/* SPDX-License-Identifier: MIT */
/* Proves that pieces which are held back reach the file as they are, in order, when a shorter one ends it or when
 * they are flushed; that a file of one piece is written at once; and that a write which fails is told. */

#include "php/files/write_coalescer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit.h"

enum { PIECE = 5119, LARGEST = 3 * WRITE_COALESCER_SIZE };

static WriteCoalescer held;
static char data[LARGEST];

static void begin(void) {
        for (size_t i = 0; i < sizeof(data); i++)
                data[i] = (char) (i * 7 + i / 251);
        write_coalescer_reset(&held);
}

static size_t size_of(int fd) {
        struct stat st;

        ck_assert_int_eq(fstat(fd, &st), 0);
        return (size_t) st.st_size;
}

static int new_file(void) {
        int fd = memfd_create("held", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        ck_assert_int_ge(fd, 0);
        return fd;
}

static void put_all(int fd, size_t size, size_t piece) {
        for (size_t done = 0; done < size; done += piece) {
                size_t n = size - done < piece ? size - done : piece;

                ck_assert_int_eq(write_coalescer_put(&held, fd, data + done, n), 0);
        }
}

static void assert_file(int fd, size_t size) {
        static char read_back[LARGEST];

        ck_assert_uint_eq(size_of(fd), size);
        ck_assert_int_eq(pread(fd, read_back, sizeof(read_back), 0), (ssize_t) size);
        ck_assert_mem_eq(read_back, data, size);
}

static const size_t sizes[] = { 1, 2, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE,
        WRITE_COALESCER_SIZE - 1, WRITE_COALESCER_SIZE, WRITE_COALESCER_SIZE + 1, 26 * PIECE,
        LARGEST };

START_TEST(any_size_arrives) {
        static const size_t pieces[] = { 1000, PIECE, 8192, WRITE_COALESCER_SIZE,
                WRITE_COALESCER_SIZE + 1 };

        begin();
        for (size_t i = 0; i < ELEMENTSOF(sizes) * ELEMENTSOF(pieces); i++) {
                size_t size = sizes[i / ELEMENTSOF(pieces)];
                _cleanup_close_ int fd = new_file();

                write_coalescer_reset(&held);
                put_all(fd, size, pieces[i % ELEMENTSOF(pieces)]);
                ck_assert_int_eq(write_coalescer_flush(&held, fd), 0);
                assert_file(fd, size);
        }
}
END_TEST

START_TEST(first_piece_is_written_at_once) {
        _cleanup_close_ int fd = new_file();

        begin();
        put_all(fd, PIECE, PIECE);
        assert_file(fd, PIECE);
}
END_TEST

START_TEST(shorter_piece_ends_the_file) {
        _cleanup_close_ int fd = new_file();

        begin();
        put_all(fd, 10 * PIECE, PIECE);
        ck_assert_uint_eq(size_of(fd), PIECE);
        ck_assert_int_eq(write_coalescer_put(&held, fd, data + 10 * PIECE, 1), 0);
        assert_file(fd, 10 * PIECE + 1);
        ck_assert_uint_eq(held.used, 0);
}
END_TEST

START_TEST(another_file_begins_anew) {
        _cleanup_close_ int first = new_file(), second = new_file();

        begin();
        put_all(first, 3 * PIECE, PIECE);
        write_coalescer_reset(&held);
        put_all(second, 20 * PIECE + 5, PIECE);
        ck_assert_uint_eq(size_of(first), PIECE);
        assert_file(second, 20 * PIECE + 5);
}
END_TEST

START_TEST(failure_is_told) {
        _cleanup_close_ int fd = new_file();

        begin();
        /* The file may grow no more. */
        ck_assert_int_eq(ftruncate(fd, WRITE_COALESCER_SIZE), 0);
        ck_assert_int_eq(lseek(fd, WRITE_COALESCER_SIZE - 2 * PIECE, SEEK_SET),
                        WRITE_COALESCER_SIZE - 2 * PIECE);
        ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);

        ck_assert_int_eq(write_coalescer_put(&held, fd, data, PIECE), 0);
        ck_assert_int_eq(write_coalescer_put(&held, fd, data, PIECE), 0);
        ck_assert_int_eq(write_coalescer_put(&held, fd, data, PIECE), 0);
        ck_assert_int_eq(write_coalescer_put(&held, fd, data, 1), -EPERM);
        ck_assert_int_eq(write_coalescer_flush(&held, fd), 0);
}
END_TEST

UNIT_MAIN("held-writes", any_size_arrives, first_piece_is_written_at_once,
                shorter_piece_ends_the_file, another_file_begins_anew, failure_is_told);

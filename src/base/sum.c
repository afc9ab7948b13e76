/* SPDX-License-Identifier: MIT */
#include "base/sum.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

uint64_t sum_of_file(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        size_t left = SUM_FILE_BYTES_MAX;
        uint64_t sum = SUM_OF_NOTHING;
        char buffer[16384];
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;

        while (left > 0 &&
                        (n = read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer))) > 0) {
                sum = sum_add(sum, buffer, (size_t) n);
                left -= (size_t) n;
        }

        return sum;
}

/* SPDX-License-Identifier: MIT */
#include "contract/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/parse.h"

/* No pool has a dot first: this is no runtime directory of a pool. */
#define FOLDER "/run/fpmd/.drained"

enum {
        PATH_BYTES = 256,
        TEXT_BYTES = 32,
};

/* pool is a valid name. */
static int path_of(char path[static PATH_BYTES], const char *pool) {
        int n = snprintf(path, PATH_BYTES, FOLDER "/%s", pool);

        return n < 0 || n >= PATH_BYTES ? -ENAMETOOLONG : 0;
}

static int make_folder(void) {
        if (mkdir("/run/fpmd", 0755) < 0 && errno != EEXIST)
                return -errno;

        return mkdir(FOLDER, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int rotation_leave(const char *pool, uint64_t seconds) {
        char path[PATH_BYTES], text[TEXT_BYTES] = "for ever\n";
        int r;

        r = path_of(path, pool);
        if (r == 0)
                r = make_folder();
        if (r < 0)
                return r;

        if (seconds != ROTATION_WITHOUT_END)
                snprintf(text, sizeof(text), "%" PRIu64 "\n", (uint64_t) time(NULL) + seconds);

        return fd_replace_file(AT_FDCWD, path, text, 0644);
}

int rotation_enter(const char *pool) {
        char path[PATH_BYTES];
        int r;

        r = path_of(path, pool);
        if (r < 0)
                return r;

        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

uint64_t rotation_seconds_left(const char *pool) {
        _cleanup_free_ char *text = NULL;
        char path[PATH_BYTES];
        size_t size;
        int r;

        if (path_of(path, pool) < 0)
                return 0;

        r = fd_read_file(path, TEXT_BYTES, &text, &size);
        if (r == -ENOENT)
                return 0;

        return r < 0 ? ROTATION_WITHOUT_END : rotation_parse(text, (uint64_t) time(NULL));
}

uint64_t rotation_parse(const char *text, uint64_t now_sec) {
        char digits[TEXT_BYTES];
        uint64_t until;

        snprintf(digits, sizeof(digits), "%.*s", (int) strcspn(text, "\n"), text);
        if (parse_uint(digits, &until) < 0)
                return ROTATION_WITHOUT_END;

        return until > now_sec ? until - now_sec : 0;
}

/* SPDX-License-Identifier: MIT */
#include "php/files/spool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"

void spool_reset(Spool *spool) {
        spool->fd = fd_close(spool->fd);
        spool->size = spool->start = 0;
        spool->used = 0;
        spool->dirty = false;
}

static int write_window(Spool *spool) {
        for (size_t done = 0; done < spool->used;) {
                ssize_t n = pwrite(spool->fd, spool->window + done, spool->used - done,
                                spool->start + (off_t) done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;

                done += (size_t) n;
        }

        return 0;
}

static int save_window(Spool *spool) {
        int r;

        if (!spool->dirty)
                return 0;

        if (spool->fd < 0) {
                spool->fd = spool->open_file();
                if (spool->fd < 0)
                        return spool->fd;
        }

        r = write_window(spool);
        if (r >= 0)
                spool->dirty = false;
        return r;
}

int spool_make_room(Spool *spool, char **ret, size_t *ret_size) {
        if (spool->start + (off_t) spool->used != spool->size || spool->used == SPOOL_WINDOW) {
                int r = save_window(spool);

                if (r < 0)
                        return r;

                spool->start = spool->size;
                spool->used = 0;
        }

        *ret = spool->window + spool->used;
        *ret_size = SPOOL_WINDOW - spool->used;
        return 0;
}

void spool_grow(Spool *spool, size_t size) {
        spool->used += size;
        spool->size += (off_t) size;
        spool->dirty = spool->dirty || size > 0;
}

int spool_append(Spool *spool, const char *data, size_t size) {
        while (size > 0) {
                char *room;
                size_t n;
                int r;

                r = spool_make_room(spool, &room, &n);
                if (r < 0)
                        return r;

                n = number_min(n, size);
                memcpy(room, data, n);
                spool_grow(spool, n);
                data += n;
                size -= n;
        }

        return 0;
}

static int load_window(Spool *spool, off_t position) {
        ssize_t n;
        int r;

        if (position >= spool->start && position < spool->start + (off_t) spool->used)
                return 0;

        r = save_window(spool);
        if (r < 0)
                return r;

        n = pread(spool->fd, spool->window, SPOOL_WINDOW, position);
        r = n < 0 ? -errno : n == 0 ? -EIO : 0;
        spool->start = position;
        spool->used = r < 0 ? 0 : number_min((size_t) n, (size_t) (spool->size - position));
        return r;
}

ssize_t spool_read(Spool *spool, off_t position, char *data, size_t size) {
        size_t done = 0;

        while (done < size && position < spool->size) {
                size_t at, n;
                int r;

                r = load_window(spool, position);
                if (r < 0)
                        return done > 0 ? (ssize_t) done : r;

                at = (size_t) (position - spool->start);
                n = number_min(size - done, spool->used - at);
                memcpy(data + done, spool->window + at, n);
                position += (off_t) n;
                done += n;
        }

        return (ssize_t) done;
}

void spool_cut(Spool *spool, off_t size) {
        spool->size = size;
        if (spool->start > size)
                spool->start = size;
        spool->used = number_min(spool->used, (size_t) (size - spool->start));
        spool->dirty = spool->dirty && spool->used > 0;
}

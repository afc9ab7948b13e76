/* SPDX-License-Identifier: MIT */
#include "pool/php_input.h"

#include <SAPI.h>
#include <errno.h>
#include <fcntl.h>
#include <php.h>
#include <php_content_types.h>
#include <php_open_temporary_file.h>
#include <stdbool.h>
#include <unistd.h>

#include "shared/fd.h"

enum { WINDOW_SIZE = 128 * 1024 };

/* One request runs, and it has one body. */
static struct {
        php_stream *stream; /* NULL: PHP's own way */
        bool given;         /* to this request, even if it has been closed since */
        bool opened;        /* a script has opened php://input */

        int fd; /* the file, -EBADF while the window holds all */
        zend_off_t size, position;

        /* Of the body from start; what is dirty is not in the file. */
        zend_off_t start;
        size_t used;
        bool dirty;
        char window[WINDOW_SIZE];
} body = { .fd = -EBADF };

/* --- the window --- */

static int open_file(void) {
        zend_string *path = NULL;

        body.fd = php_open_temporary_fd(PG(upload_tmp_dir), "php", &path);
        if (body.fd < 0) {
                php_error_docref(NULL, E_WARNING,
                                "Unable to create temporary file, Check permissions in temporary "
                                "files directory.");
                return body.fd = -EBADF;
        }

        (void) fcntl(body.fd, F_SETFD, FD_CLOEXEC);
        (void) unlink(ZSTR_VAL(path));
        zend_string_release(path);
        return 0;
}

static int write_window(void) {
        for (size_t done = 0; done < body.used;) {
                ssize_t n = pwrite(body.fd, body.window + done, body.used - done,
                                body.start + (zend_off_t) done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        php_error_docref(NULL, E_NOTICE,
                                        "Write of %zu bytes failed with errno=%d %s", body.used,
                                        errno, strerror(errno));
                        return n < 0 ? -errno : -EIO;
                }

                done += (size_t) n;
        }

        return 0;
}

static int save_window(void) {
        int r;

        if (!body.dirty)
                return 0;

        if (body.fd < 0 && (r = open_file()) < 0)
                return r;

        r = write_window();
        if (r < 0)
                return r;

        body.dirty = false;
        return 0;
}

/* Where the next bytes of the body go, and how many: at least one. */
static int make_room(char **ret, size_t *ret_size) {
        if (body.start + (zend_off_t) body.used != body.size || body.used == WINDOW_SIZE) {
                int r = save_window();

                if (r < 0)
                        return r;

                body.start = body.size;
                body.used = 0;
        }

        *ret = body.window + body.used;
        *ret_size = WINDOW_SIZE - body.used;
        return 0;
}

static void grow(size_t size) {
        body.used += size;
        body.size += (zend_off_t) size;
        body.dirty = body.dirty || size > 0;
}

static bool window_has_position(void) {
        return body.position >= body.start && body.position < body.start + (zend_off_t) body.used;
}

static int load_window(void) {
        ssize_t n;
        int r;

        if (window_has_position())
                return 0;

        r = save_window();
        if (r < 0)
                return r;

        n = pread(body.fd, body.window, WINDOW_SIZE, body.position);
        body.start = body.position;
        body.used = n > 0 ? MIN((size_t) n, (size_t) (body.size - body.position)) : 0;
        return n < 0 ? -errno : n == 0 ? -EIO : 0;
}

static void cut(zend_off_t size) {
        body.size = size;
        if (body.start > size)
                body.start = size;
        body.used = MIN(body.used, (size_t) (size - body.start));
        body.dirty = body.dirty && body.used > 0;
}

/* --- the stream --- */

static ssize_t on_write(php_stream *stream, const char *data, size_t size) {
        size_t done = 0;

        (void) stream;
        body.opened = true;
        if (body.position != body.size)
                return -1;

        while (done < size) {
                char *room;
                size_t n;

                if (make_room(&room, &n) < 0)
                        return done > 0 ? (ssize_t) done : -1;

                n = MIN(n, size - done);
                memcpy(room, data + done, n);
                grow(n);
                done += n;
                body.position = body.size;
        }

        return (ssize_t) done;
}

static ssize_t on_read(php_stream *stream, char *data, size_t size) {
        size_t done = 0;

        body.opened = true;
        while (done < size && body.position < body.size) {
                size_t at, n;

                if (load_window() < 0)
                        return done > 0 ? (ssize_t) done : -1;

                at = (size_t) (body.position - body.start);
                n = MIN(size - done, body.used - at);
                memcpy(data + done, body.window + at, n);
                body.position += (zend_off_t) n;
                done += n;
        }

        stream->eof = done < size;
        return (ssize_t) done;
}

/* Out of range, as PHP's own two storages answer: php://temp in memory goes to an end and fails, a file takes a
 * place behind its end. */
static int seek_outside(zend_off_t position, int whence, zend_off_t *ret) {
        if (body.size >= SAPI_POST_BLOCK_SIZE) {
                if (position < 0)
                        return -1;

                *ret = body.position = position;
                return 0;
        }

        body.position = position < 0 && whence != SEEK_SET ? 0 : body.size;
        *ret = -1;
        return -1;
}

static int on_seek(php_stream *stream, zend_off_t offset, int whence, zend_off_t *ret) {
        zend_off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? body.position : body.size;
        zend_off_t position;

        body.opened = true;
        if (__builtin_add_overflow(base, offset, &position))
                return -1;
        if (position < 0 || position > body.size)
                return seek_outside(position, whence, ret);

        *ret = body.position = position;
        stream->eof = 0;
        return 0;
}

static int on_set_option(php_stream *stream, int option, int value, void *arg) {
        (void) stream;
        if (option != PHP_STREAM_OPTION_TRUNCATE_API)
                return PHP_STREAM_OPTION_RETURN_NOTIMPL;
        if (value == PHP_STREAM_TRUNCATE_SUPPORTED)
                return PHP_STREAM_OPTION_RETURN_OK;
        if (*(ptrdiff_t *) arg < 0 || *(ptrdiff_t *) arg > body.size)
                return PHP_STREAM_OPTION_RETURN_ERR;

        cut(*(ptrdiff_t *) arg);
        return PHP_STREAM_OPTION_RETURN_OK;
}

static int on_close(php_stream *stream, int close_handle) {
        (void) stream;
        (void) close_handle;
        body.fd = fd_close(body.fd);
        body.stream = NULL;
        return 0;
}

static const php_stream_ops stream_ops = {
        .write = on_write,
        .read = on_read,
        .close = on_close,
        .label = "request body",
        .seek = on_seek,
        .set_option = on_set_option,
};

static void give_stream(void) {
        body.size = body.position = body.start = 0;
        body.used = 0;
        body.dirty = body.opened = false;
        body.given = true;
        body.stream = php_stream_alloc(&stream_ops, &body, NULL, "rb+");
        body.stream->flags |= PHP_STREAM_FLAG_NO_BUFFER;
        SG(request_info).request_body = body.stream;
}

/* --- what PHP calls --- */

/* What fits into the memory of PHP's stream costs least there. */
static bool is_large(void) {
        return SG(request_info).content_length > SAPI_POST_BLOCK_SIZE;
}

/* php-fpm's reader says so. */
static bool is_too_large(void) {
        return SG(post_max_size) > 0 && SG(request_info).content_length > SG(post_max_size);
}

/* As sapi_read_standard_form_data(). */
static void read_all(void) {
        size_t n, size;

        give_stream();
        do {
                char *room;

                if (make_room(&room, &size) < 0) {
                        cut(0);
                        php_error_docref(NULL, E_WARNING,
                                        "POST data can't be buffered; all data discarded");
                        return;
                }

                n = sapi_read_post_block(room, size);
                grow(n);
        } while (n == size);
}

static void on_read_post(void) {
        if (SG(request_info).post_entry || !is_large() || is_too_large())
                php_default_post_reader();
        else
                read_all();
}

int php_input_activate(void) {
        body.given = body.stream != NULL;
        if (is_large() && !SG(request_info).request_body && !SG(request_info).post_entry &&
                        !SG(post_read))
                give_stream();
        return SUCCESS;
}

/* PHP reads what is left of a body that nobody has opened; it takes one with a stream for opened. */
int php_input_deactivate(void) {
        char rest[SAPI_POST_BLOCK_SIZE];

        if (!body.given || body.opened || !SG(server_context))
                return SUCCESS;

        while (!SG(post_read) && sapi_read_post_block(rest, sizeof(rest)) == sizeof(rest))
                continue;
        return SUCCESS;
}

void php_input_init(void) {
        (void) sapi_register_default_post_reader(on_read_post);
}

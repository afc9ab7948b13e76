/* SPDX-License-Identifier: MIT */
#include "php/engine/php_input.h"

#include <SAPI.h>
#include <errno.h>
#include <fcntl.h>
#include <php.h>
#include <php_content_types.h>
#include <php_open_temporary_file.h>
#include <stdbool.h>
#include <unistd.h>

#include "php/files/spool.h"

static int open_file(void);

/* Not in the struct, which is no zeros: these would be 32 pages of the file. */
static char window[SPOOL_WINDOW];

/* One request runs, and it has one body. */
static struct {
        Spool spool;
        php_stream *stream; /* NULL: PHP's own way */
        bool given;         /* belongs to this request, even if it has been closed since */
        bool opened;        /* a script has opened php://input */
        zend_off_t position;
} body = { .spool = { .open_file = open_file, .fd = -EBADF, .window = window } };

/* --- the stream; what fails is said as by php://temp --- */

static int open_file(void) {
        zend_string *path = NULL;
        int fd;

        fd = php_open_temporary_fd(PG(upload_tmp_dir), "php", &path);
        if (fd < 0) {
                php_error_docref(NULL, E_WARNING,
                                "Unable to create temporary file, Check permissions in temporary "
                                "files directory.");
                return -EACCES;
        }

        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void) unlink(ZSTR_VAL(path));
        zend_string_release(path);
        return fd;
}

static void complain(int r, size_t size) {
        if (body.spool.fd >= 0)
                php_error_docref(NULL, E_NOTICE, "Write of %zu bytes failed with errno=%d %s", size,
                                -r, strerror(-r));
}

static ssize_t php_input_on_write(php_stream *stream, const char *data, size_t size) {
        int r;

        (void) stream;
        body.opened = true;
        if (body.position != body.spool.size)
                return -1;

        r = spool_append(&body.spool, data, size);
        body.position = body.spool.size;
        if (r >= 0)
                return (ssize_t) size;

        complain(r, size);
        return -1;
}

static ssize_t php_input_on_read(php_stream *stream, char *data, size_t size) {
        ssize_t n = spool_read(&body.spool, body.position, data, size);

        body.opened = true;
        if (n < 0)
                return -1;

        body.position += n;
        stream->eof = (size_t) n < size;
        return n;
}

/* Out of range, as PHP's own two storages answer: php://temp in memory goes to an end and fails, a file, and since PHP
 * 8.3 memory too, takes a place behind its end. */
static int seek_outside(zend_off_t position, int whence, zend_off_t *ret) {
        if (body.spool.size >= SAPI_POST_BLOCK_SIZE) {
                if (position < 0)
                        return -1;

                *ret = body.position = position;
                return 0;
        }

#if PHP_VERSION_ID >= 80300
        if (position >= 0) {
                *ret = body.position = position;
                return 0;
        }
        body.position = 0;
        *ret = -1;
        return -1;
#endif
        body.position = position < 0 && whence != SEEK_SET ? 0 : body.spool.size;
        *ret = -1;
        return -1;
}

static int php_input_on_seek(php_stream *stream, zend_off_t offset, int whence, zend_off_t *ret) {
        zend_off_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? body.position
                                               : body.spool.size;
        zend_off_t position;

        body.opened = true;
        if (__builtin_add_overflow(base, offset, &position))
                return -1;
        if (position < 0 || position > body.spool.size)
                return seek_outside(position, whence, ret);

        *ret = body.position = position;
        stream->eof = 0;
        return 0;
}

static int php_input_on_set_option(php_stream *stream, int option, int value, void *arg) {
        (void) stream;
        if (option != PHP_STREAM_OPTION_TRUNCATE_API)
                return PHP_STREAM_OPTION_RETURN_NOTIMPL;
        if (value == PHP_STREAM_TRUNCATE_SUPPORTED)
                return PHP_STREAM_OPTION_RETURN_OK;
        if (*(ptrdiff_t *) arg < 0 || *(ptrdiff_t *) arg > body.spool.size)
                return PHP_STREAM_OPTION_RETURN_ERR;

        spool_cut(&body.spool, *(ptrdiff_t *) arg);
        return PHP_STREAM_OPTION_RETURN_OK;
}

static int php_input_on_close(php_stream *stream, int close_handle) {
        (void) stream;
        (void) close_handle;
        spool_reset(&body.spool);
        body.stream = NULL;
        return 0;
}

static const php_stream_ops stream_ops = {
        .write = php_input_on_write,
        .read = php_input_on_read,
        .close = php_input_on_close,
        .label = "request body",
        .seek = php_input_on_seek,
        .set_option = php_input_on_set_option,
};

static void give_stream(void) {
        spool_reset(&body.spool);
        body.position = 0;
        body.opened = false;
        body.given = true;
        body.stream = php_stream_alloc(&stream_ops, &body, NULL, "rb+");
        body.stream->flags |= PHP_STREAM_FLAG_NO_BUFFER;
        SG(request_info).request_body = body.stream;
}

/* --- what PHP calls --- */

/* A body that fits into the memory of PHP's stream costs least there. */
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

                int r = spool_make_room(&body.spool, &room, &size);

                if (r < 0) {
                        complain(r, SPOOL_WINDOW);
                        spool_cut(&body.spool, 0);
                        php_error_docref(NULL, E_WARNING,
                                        "POST data can't be buffered; all data discarded");
                        return;
                }

                n = sapi_read_post_block(room, size);
                spool_grow(&body.spool, n);
        } while (n == size);
}

static void php_input_on_read_post(void) {
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
        (void) sapi_register_default_post_reader(php_input_on_read_post);
}

/* SPDX-License-Identifier: MIT */
#include "php/hooks/php_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <php.h>
#include <rfc1867.h>
#include <unistd.h>

#include "base/fd.h"
#include "php/files/write_coalescer.h"
#include "php/hooks/libc_hooks.h"

typedef int (*UploadCallback)(unsigned int event, void *data, void **extra);

static struct {
        UploadCallback before;
        const void *piece; /* what PHP writes next; NULL: nothing of an upload */
        size_t size;
        WriteCoalescer held;
} upload;

static ssize_t on_write(int fd, const void *data, size_t size) {
        int r;

        if (!upload.piece || data != upload.piece || size != upload.size)
                return libc_hooks_real_write(fd, data, size);

        upload.piece = NULL;
        r = write_coalescer_put(&upload.held, fd, data, size);
        if (r < 0) {
                errno = -r;
                return -1;
        }

        return (ssize_t) size;
}

static void expect_piece(const multipart_event_file_data *event) {
        upload.piece = event->data;
        upload.size = *event->newlength;
}

/* PHP has closed the file. */
static int append_rest(const char *path) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

        return fd < 0 ? -errno : write_coalescer_flush(&upload.held, fd);
}

static int end_file(const multipart_event_file_end *event) {
        int r = 0;

        if (upload.held.used > 0 && !event->cancel_upload && event->temp_filename)
                r = append_rest(event->temp_filename);
        php_upload_begin_request();
        if (r == 0)
                return SUCCESS;

        php_error_docref(NULL, E_WARNING, "Upload: writing %s failed: %s (%d)",
                        event->temp_filename, strerror(-r), -r);
        return FAILURE;
}

static int php_upload_on_event(unsigned int event, void *data, void **extra) {
        int r = upload.before ? upload.before(event, data, extra) : SUCCESS;

        if (event == MULTIPART_EVENT_FILE_START)
                php_upload_begin_request();
        else if (event == MULTIPART_EVENT_FILE_DATA && r != FAILURE)
                expect_piece(data);
        else if (event == MULTIPART_EVENT_FILE_END)
                return end_file(data) == SUCCESS ? r : FAILURE;

        return r;
}

void php_upload_begin_request(void) {
        upload.piece = NULL;
        write_coalescer_reset(&upload.held);
}

void php_upload_init(void) {
        upload.before = php_rfc1867_callback;
        php_rfc1867_callback = php_upload_on_event;
        libc_hooks_set_write(on_write);
}

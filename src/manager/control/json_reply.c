/* SPDX-License-Identifier: MIT */
#include "manager/control/json_reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fd.h"

struct JsonReply {
        FILE *f;
        bool failed;
};

int json_reply_new(JsonReply **ret) {
        _cleanup_free_ JsonReply *answer = calloc(1, sizeof(*answer));
        _cleanup_close_ int fd = -EBADF;

        if (!answer)
                return -ENOMEM;

        fd = fd_memfd_empty("fpmd-answer");
        if (fd < 0)
                return fd;

        answer->f = fdopen(fd, "we");
        if (!answer->f)
                return -errno;

        TAKE_FD(fd);
        *ret = TAKE_PTR(answer);
        return 0;
}

JsonReply *json_reply_free(JsonReply *answer) {
        if (!answer)
                return NULL;

        fclose(answer->f);
        free(answer);
        return NULL;
}

void json_reply_put(JsonReply *answer, const char *text) {
        if (fputs(text, answer->f) < 0)
                answer->failed = true;
}

void json_reply_put_json(JsonReply *answer, json_t *json) {
        if (!json || json_dumpf(json, answer->f, JSON_COMPACT) < 0)
                answer->failed = true;

        json_decref(json);
}

int json_reply_finish(JsonReply *answer) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (answer->failed || fflush(answer->f) != 0 || ferror(answer->f))
                return -EIO;

        fd = fcntl(fileno(answer->f), F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return -errno;

        r = fd_memfd_seal(fd);
        return r < 0 ? r : TAKE_FD(fd);
}

json_t *json_reply_string(const char *text) {
        json_t *json = json_string(text);
        _cleanup_free_ char *valid = json ? NULL : escape_utf8_new(text);

        return valid ? json_string(valid) : json;
}

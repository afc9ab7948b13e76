/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

static const char BYTES_KEY[] = "bytes";

enum {
        BYTES_MAX = 4 * 1024 * 1024,
        NAMES_MAX = 10000, /* under which a file can be put away */
};

char *migrate_file_read(const char *path) {
        char *text = NULL;
        size_t size;
        int r;

        r = fd_read_file(path, BYTES_MAX, &text, &size);
        if (r < 0) {
                errno = -r;
                return NULL;
        }

        return text;
}

/* JSON has characters and no bytes: each byte stands as the character of that number. */
static char *bytes_to_characters(const char *text) {
        char *characters = malloc(2 * strlen(text) + 1), *p = characters;

        for (const unsigned char *s = (const unsigned char *) text; p && *s; s++) {
                if (*s >= 0x80)
                        *p++ = (char) (0xc0 | *s >> 6);
                *p++ = (char) (*s < 0x80 ? *s : 0x80 | (*s & 0x3f));
        }
        if (p)
                *p = '\0';
        return characters;
}

static char *characters_to_bytes(const char *characters) {
        char *text = strdup(characters), *p = text;

        for (const unsigned char *s = (const unsigned char *) characters; p && *s; s++) {
                unsigned char c = *s;

                if ((c & 0xfc) == 0xc0 && s[1])
                        c = (unsigned char) (c << 6 | (*++s & 0x3f));
                *p++ = (char) c;
        }
        if (p)
                *p = '\0';
        return text;
}

json_t *migrate_file_to_json(const char *text) {
        json_t *json = json_string(text);
        _cleanup_free_ char *characters = NULL;

        if (json)
                return json;

        characters = bytes_to_characters(text);
        return characters ? json_pack("{s:s}", BYTES_KEY, characters) : NULL;
}

char *migrate_file_from_json(const json_t *json) {
        const char *text = json_string_value(json),
                   *characters = json_string_value(json_object_get(json, BYTES_KEY));

        if (text)
                return strdup(text);

        return characters ? characters_to_bytes(characters) : NULL;
}

mode_t migrate_file_mode(const char *path) {
        struct stat st;

        return stat(path, &st) < 0 ? 0600 : 0600 | (st.st_mode & 0044);
}

char *migrate_file_path(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int put_away_as(const char *path, const char *name) {
        struct stat st;

        if (renameat2(AT_FDCWD, path, AT_FDCWD, name, RENAME_NOREPLACE) == 0)
                return 0;
        if (errno != EINVAL && errno != ENOSYS)
                return -errno;

        /* The file system does not know this flag. */
        if (lstat(name, &st) == 0)
                return -EEXIST;

        return rename(path, name) < 0 ? -errno : 0;
}

int migrate_file_put_away(const char *path, const char *suffix, char **ret) {
        for (unsigned i = 1; i < NAMES_MAX; i++) {
                _cleanup_free_ char *name = NULL;
                char number[16] = "";
                int r;

                if (i > 1)
                        snprintf(number, sizeof(number), ".%u", i);
                if (asprintf(&name, "%s.%s%s", path, suffix, number) < 0)
                        return -ENOMEM;

                r = put_away_as(path, name);
                if (r == 0)
                        *ret = TAKE_PTR(name);
                if (r != -EEXIST)
                        return r;
        }

        return -EEXIST;
}

int migrate_file_sync(const char *folder) {
        _cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || syncfs(fd) < 0 ? -errno : 0;
}

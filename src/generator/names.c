/* SPDX-License-Identifier: MIT */
#include "generator/names.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "config/value/syntax.h"

enum {
        FILE_BYTES_MAX = 16 * 1024 * 1024,
};

/* With a newline in front, so that each line has one before it. */
static char *read_lines(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
                return NULL;

        text = malloc((size_t) st.st_size + 2);
        if (!text)
                return NULL;

        n = read(fd, text + 1, (size_t) st.st_size);
        if (n < 0)
                return NULL;

        text[0] = '\n';
        text[n + 1] = '\0';
        return TAKE_PTR(text);
}

void names_read(Names *ret) {
        *ret = (Names){
                .users = read_lines("/etc/passwd"),
                .groups = read_lines("/etc/group"),
        };
}

void names_done(Names *names) {
        free(names->users);
        free(names->groups);
        *names = (Names){};
}

/* "\nNAME:" */
static bool has(const char *lines, const char *name, size_t size) {
        for (const char *p = lines; p && (p = strchr(p, '\n')); p++)
                if (strncmp(p + 1, name, size) == 0 && p[1 + size] == ':')
                        return true;

        return false;
}

static bool has_all(const char *lines, const char *list) {
        size_t size;

        for (; (size = syntax_next_name(&list)) > 0; list += size)
                if (strspn(list, "0123456789") < size && !has(lines, list, size))
                        return false;

        return true;
}

bool names_have_users(const Names *names, const char *list) {
        return has_all(names->users, list);
}

bool names_have_groups(const Names *names, const char *list) {
        return has_all(names->groups, list);
}

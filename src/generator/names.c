/* SPDX-License-Identifier: MIT */
#include "generator/names.h"

#include <fcntl.h>
#include <stdint.h>
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

/* "\nNAME:". Returns what stands behind the line break, or NULL. */
static const char *find(const char *lines, const char *name, size_t size) {
        for (const char *p = lines; p && (p = strchr(p, '\n')); p++)
                if (strncmp(p + 1, name, size) == 0 && p[1 + size] == ':')
                        return p + 1;

        return NULL;
}

static bool has_all(const char *lines, const char *list) {
        size_t size;

        for (; (size = syntax_next_name(&list)) > 0; list += size)
                if (strspn(list, "0123456789") < size && !find(lines, list, size))
                        return false;

        return true;
}

bool names_have_users(const Names *names, const char *list) {
        return has_all(names->users, list);
}

bool names_have_groups(const Names *names, const char *list) {
        return has_all(names->groups, list);
}

/* Returns where the field of a line begins that has so many colons before it, or NULL. */
static const char *field_of(const char *line, unsigned colons) {
        for (; colons > 0; line++) {
                if (*line == '\0' || *line == '\n')
                        return NULL;
                if (*line == ':')
                        colons--;
        }

        return line;
}

/* A number that ends with one of the characters of ends. */
static bool read_id(const char *text, const char *ends, id_t *ret) {
        unsigned long id;
        char *end;

        if (!text || *text < '0' || *text > '9')
                return false;

        id = strtoul(text, &end, 10);
        if (id >= UINT32_MAX || (*end && !strchr(ends, *end)) || (!*end && *ends))
                return false;

        *ret = (id_t) id;
        return true;
}

static bool has_id(const char *line, unsigned colons, id_t id) {
        id_t found;

        return read_id(field_of(line, colons), ":", &found) && found == id;
}

bool names_group_id(const Names *names, const char *group, gid_t *ret) {
        const char *line;

        if (read_id(group, "", ret))
                return true;

        line = find(names->groups, group, strlen(group));
        return line && read_id(field_of(line, 2), ":", ret);
}

/* The line of a user, by name or by the number that the third field has. */
static const char *find_user(const Names *names, const char *user) {
        id_t id;

        if (!read_id(user, "", &id))
                return find(names->users, user, strlen(user));

        for (const char *p = names->users; p && (p = strchr(p, '\n')); p++)
                if (has_id(p + 1, 2, id))
                        return p + 1;

        return NULL;
}

/* members: names with commas between, up to the end of the line. */
static bool lists(const char *members, const char *name, size_t size) {
        while (members && *members && *members != '\n') {
                size_t n = strcspn(members, ",\n");

                if (n == size && memcmp(members, name, size) == 0)
                        return true;

                members += n + (members[n] == ',');
        }

        return false;
}

bool names_user_is_in(const Names *names, const char *user, gid_t group) {
        const char *line = find_user(names, user);
        size_t size = line ? strcspn(line, ":\n") : 0;

        if (!line)
                return false;
        if (has_id(line, 3, group))
                return true;

        for (const char *p = names->groups; p && (p = strchr(p, '\n')); p++)
                if (has_id(p + 1, 2, group) && lists(field_of(p + 1, 3), line, size))
                        return true;

        return false;
}

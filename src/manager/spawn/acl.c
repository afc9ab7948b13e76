/* SPDX-License-Identifier: MIT */
#include "manager/spawn/acl.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

static bool is_before(const AclName *name, bool is_group, uint32_t id) {
        return name->is_group != is_group ? is_group : name->id < id;
}

int acl_add(Acl *acl, bool is_group, uint32_t id) {
        size_t at = 0;

        while (at < acl->n_names && is_before(&acl->names[at], is_group, id))
                at++;
        if (at < acl->n_names && acl->names[at].is_group == is_group && acl->names[at].id == id)
                return 0;
        if (acl->n_names == ACL_NAMES_MAX)
                return -E2BIG;

        memmove(&acl->names[at + 1], &acl->names[at], (acl->n_names - at) * sizeof(acl->names[0]));
        acl->names[at] = (AclName){ .is_group = is_group, .id = id };
        acl->n_names++;
        return 0;
}

typedef struct Writer {
        struct posix_acl_xattr_entry *entry;
} Writer;

static void put(Writer *writer, uint16_t tag, mode_t permissions, uint32_t id) {
        *writer->entry++ = (struct posix_acl_xattr_entry){
                .e_tag = htole16(tag),
                .e_perm = htole16((uint16_t) (permissions & 7)),
                .e_id = htole32(id),
        };
}

/* The kernel wants the entries in the order of their tags. */
ssize_t acl_format(const Acl *acl, mode_t mode, void *buffer, size_t size) {
        struct posix_acl_xattr_header *header = buffer;
        Writer writer = { .entry = (struct posix_acl_xattr_entry *) (header + 1) };
        const uint32_t none = (uint32_t) ACL_UNDEFINED_ID;
        size_t i = 0, needed = sizeof(*header) + (acl->n_names + 4) * sizeof(*writer.entry);

        if (needed > size)
                return -ENOSPC;

        header->a_version = htole32(POSIX_ACL_XATTR_VERSION);
        put(&writer, ACL_USER_OBJ, mode >> 6, none);
        for (; i < acl->n_names && !acl->names[i].is_group; i++)
                put(&writer, ACL_USER, ACL_READ | ACL_WRITE, acl->names[i].id);
        put(&writer, ACL_GROUP_OBJ, mode >> 3, none);
        for (; i < acl->n_names; i++)
                put(&writer, ACL_GROUP, ACL_READ | ACL_WRITE, acl->names[i].id);
        put(&writer, ACL_MASK, (mode >> 3) | ACL_READ | ACL_WRITE, none);
        put(&writer, ACL_OTHER, mode, none);
        return (ssize_t) needed;
}

/* Uses the name of the descriptor in /proc, since fsetxattr(2) takes no descriptor that was opened with O_PATH. */
int acl_set(const Acl *acl, int fd, mode_t mode) {
        _Alignas(struct posix_acl_xattr_header) char
                        buffer[sizeof(struct posix_acl_xattr_header) +
                                        (ACL_NAMES_MAX + 4) * sizeof(struct posix_acl_xattr_entry)];
        char path[32];
        ssize_t size;

        size = acl_format(acl, mode, buffer, sizeof(buffer));
        if (size < 0)
                return (int) size;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return setxattr(path, "system.posix_acl_access", buffer, (size_t) size, 0) < 0 ? -errno : 0;
}

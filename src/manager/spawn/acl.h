/* SPDX-License-Identifier: MIT */
#pragma once
/* Acl: users and groups that may read and write one file beside its owner and group, as setfacl -m u:NAME:rw would say.
 *
 * Runs in: fpmd, as root. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        ACL_NAMES_MAX = 64,
};

typedef struct AclName {
        bool is_group;
        uint32_t id;
} AclName;

typedef struct Acl {
        AclName names[ACL_NAMES_MAX]; /* users before groups, each by number */
        size_t n_names;
} Acl;

/* Adds a name, unless the list has it. Pure. Returns 0 or -E2BIG. */
int acl_add(Acl *acl, bool is_group, uint32_t id);

/* Writes the list as the extended attribute in which the kernel keeps it, for a file with this mode, into at most size
 * bytes. Pure. Returns the number of bytes or -ENOSPC. */
ssize_t acl_format(const Acl *acl, mode_t mode, void *buffer, size_t size);

/* Sets the list on the file of fd, which may be opened with O_PATH. Returns 0 or a negative errno. */
int acl_set(const Acl *acl, int fd, mode_t mode);

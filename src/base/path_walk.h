/* SPDX-License-Identifier: MIT */
#pragma once
/* PathWalk: goes to the folder that the last name of a path stands in, folder by folder, and asks at each one whether
 * to go on.
 *
 * A user who can rename what is in one of the folders of a path decides where the path leads: by a link, or by another
 * folder in its place. To check the whole path beforehand does not help, since that user can change it after the check.
 * So each folder is opened in the one before it, and judged before anything is looked up there. A link in a folder that
 * was judged well is as good as the folder.
 *
 * Runs in: any process.
 * Trusts:  what the judge says. */

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

typedef struct PathFolder {
        const char *path; /* without links; "/" for the root */
        int fd;           /* O_PATH, borrowed */
        struct stat st;
        bool is_last; /* the last name of the path stands in it */
} PathFolder;

/* Returns 0 to go on, or a negative errno, which ends the walk. */
typedef int (*PathJudge)(const PathFolder *folder, void *userdata);

/* Opens the folder that the last name of path, which is absolute, stands in. *ret_name is that name, in path; it is
 * not looked up. Returns an O_PATH fd of the folder, which the caller closes; what the judge has returned; or another
 * negative errno: -EINVAL for a path that is not absolute, -ENOENT where a folder is missing. */
int path_walk(const char *path, PathJudge judge, void *userdata, const char **ret_name);

/* Returns whether root alone may change a file or folder: it belongs to root, and nobody else may write to it, neither
 * as a member of root's group, to which an ACL may add others, nor as anybody. An O_PATH fd will do. */
bool path_is_roots(int fd, const struct stat *st);

/* Returns whether an ACL allows more than the mode says. Returns true also when that cannot be found out. */
bool path_has_acl(int fd);

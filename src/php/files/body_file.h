/* SPDX-License-Identifier: MIT */
#pragma once
/* BodyFile: the body of a request that the web server has put into a file (REQUEST_BODY_FILE).
 *
 * Runs in: worker, as the pool's user.
 * Trusts:  the parameter as much as SCRIPT_FILENAME: who can set either runs code in this pool. A client
 * cannot: its headers come as HTTP_*. */

/* Only a regular file, and none behind a symbolic link in its last component: a fifo would hold the
 * worker, a device do worse. Returns the fd or negative errno; -EINVAL: not a regular file. */
int body_file_open(const char *path);

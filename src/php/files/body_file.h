/* SPDX-License-Identifier: MIT */
#pragma once
/* BodyFile: the body of a request that the web server has put into a file (REQUEST_BODY_FILE).
 *
 * Runs in: worker, as the pool's user.
 * Trusts:  the parameter as much as SCRIPT_FILENAME: a web server that can set either can run code in this pool. A
 * client cannot, since its headers come as HTTP_*. */

/* Opens a regular file whose last component is no symbolic link: a fifo would block the worker, a device could do
 * worse. Returns the fd, -EINVAL when it is no regular file, or another negative errno. */
int body_file_open(const char *path);

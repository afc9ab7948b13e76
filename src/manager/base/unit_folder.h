/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitFolder: a folder that systemd has made for the pool (RuntimeDirectory=, CacheDirectory= of its unit), and names
 * in a variable of the environment. A drop-in of the administrator's may ask for others; systemd sorts them all by
 * name.
 *
 * Runs in: manager, and helpers of it. */

/* Returns the path of the pool's own folder, fpmd/POOL below whatever systemd's is, among those of the variable; or of
 * the first one if none is called so, in a unit of another kind. The caller frees it. Returns NULL where the variable
 * is not set, or memory is short. */
char *unit_folder(const char *variable, const char *pool);

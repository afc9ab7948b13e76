/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitFiles: names of what fpmd-generator writes, for those who look whether it has.
 *
 * Runs in: fpmd-generator, manager. */

#define UNIT_GENERATOR_DIR "/run/systemd/generator"

/* In fpmd@POOL.service.d: the right to change the root directory. */
#define UNIT_CHROOT_FILE "55-chroot.conf"

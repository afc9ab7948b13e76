/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitFiles: names of what fpmd-generator writes, for those who look whether it has.
 *
 * Runs in: fpmd-generator, manager. */

/* Tells `fpmd --socket-access` by the environment that the unit leaves all its sockets to root. */
#define UNIT_SOCKET_IS_ROOTS "FPMD_SOCKET_IS_ROOTS"

#define UNIT_GENERATOR_DIR "/run/systemd/generator"

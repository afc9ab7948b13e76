/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitFiles: what fpmd-generator writes and the manager reads or says as well.
 *
 * Runs in: fpmd-generator, manager. */

/* Who owns a socket, and which group has it, where its pool file says nothing. */
#define UNIT_SOCKET_OWNER "www-data"

/* Tells `fpmd --socket-access` by the environment that the unit leaves all its sockets to root. */
#define UNIT_SOCKET_IS_ROOTS "FPMD_SOCKET_IS_ROOTS"

#define UNIT_GENERATOR_DIR "/run/systemd/generator"

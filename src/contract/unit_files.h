/* SPDX-License-Identifier: MIT */
#pragma once
/* UnitFiles: names of what fpmd-generator writes, for those who look whether it has.
 *
 * Runs in: fpmd-generator, manager. */

#define UNIT_GENERATOR_DIR "/run/systemd/generator"

/* SPDX-License-Identifier: MIT */
#pragma once
/* ResidentCall: what the script's functions (resident_module.c) ask of its life (php_resident.c).
 *
 * Runs in: worker. */

#include <php.h>

/* The script asks for the next request, and is called back for it. Returns whether there was one. May throw. */
bool resident_call_handle(zend_fcall_info *call, zend_fcall_info_cache *cache);

/* Before PHP ends the script's own long request. */
void resident_call_end_script(void);

/* SPDX-License-Identifier: MIT */
#pragma once
/* ResidentCall: what the script's functions (resident_module.c) ask of its life (php_resident.c).
 *
 * Runs in: worker. */

#include <php.h>

/* Is to be called when the script asks for the next request: waits for it, and calls the script back for it. Returns
 * whether there was one. May throw. */
bool resident_call_handle(zend_fcall_info *call, zend_fcall_info_cache *cache);

/* Sets the function that is called while no request comes; NULL: none. May throw. */
void resident_call_set_idle(const zval *callback);

/* Is to be called before PHP ends the script's own long request. */
void resident_call_end_script(void);

/* SPDX-License-Identifier: MIT */
#pragma once
/* ResidentModule: what scripts see of the worker mode: the extension "frankenphp" with its functions, whose names
 * Symfony's Runtime, Laravel's Octane and others call.
 *
 * Runs in: zygote and worker. */

struct _zend_module_entry;

extern struct _zend_module_entry resident_module;

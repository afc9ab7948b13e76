/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpSapi: the callbacks by which PHP reads a request and writes an answer.
 *
 * Runs in: zygote and worker. */

struct _sapi_module_struct;

/* The module to start PHP with. Its name is fpm-fcgi, because opcache starts only for names that it knows, and
 * applications ask php_sapi_name(). */
extern struct _sapi_module_struct fpmd_sapi_module;

/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpUpload: the files of an upload are written in large pieces.
 *
 * PHP writes each 5 KB of a multipart body as they come (main/rfc1867.c), which takes twice the CPU of writing
 * 64 KB and more. It tells php_rfc1867_callback of each piece right before, so that the hook of
 * write() knows it again by its address and size, and can hold it back. Nothing else is held.
 *
 * Runs in: zygote and worker. */

/* Zygote: is to be called after PHP's extensions have started; callbacks that they have set are called first. */
void php_upload_init(void);

/* Is to be called before each request: drops the bytes of a request that ended in the middle of an upload. */
void php_upload_begin_request(void);

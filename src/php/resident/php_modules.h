/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpModules: the start and the end of a request for those extensions whose state is a request's: session, filter and
 * a few more. All others keep theirs as long as the script stays.
 *
 * Runs in: worker. */

/* Start and end the request of these extensions. */
void php_modules_begin(void);
void php_modules_end(void);

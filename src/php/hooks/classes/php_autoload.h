/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpAutoload: classes that a request asks for by name are taken from the request before (preload = auto).
 *
 * An application's classes are compiled once, by opcache, but each request looks for each of them again: it calls the
 * autoload functions one behind the other, includes a file, and links the class. With opcache.preload they would be
 * there from the start, which applications notice: class_exists() finds classes that nobody has loaded, a file that is
 * included after all declares what there is, plugins that are switched off seem to be there, and an edited file counts
 * only after a restart. Here a class comes at the same moment as it would without: when PHP asks the autoload functions
 * for it. Only what they would do then is not done again.
 *
 * A worker learns while it serves. It keeps a class when
 * - one file was included for it, by a path that was absolute, by an autoload function that, with all those in front
 *   of it, does the same for the same name (php_loaders.h): others may look at the request, and are always called;
 * - this file does nothing but declare classes (php_code.h), no function and no constant;
 * - all that was declared is in opcache's memory, linked with what is known (php_class_links.h), and made no warning,
 *   which each request is to see.
 * It is used as long as
 * - the name is spelled in the same way, and the autoload functions up to that one are the same;
 * - open_basedir is the same, and PHP's own functions look for files (php_autoload_request.h);
 * - opcache has not started afresh, and no script has called opcache_invalidate();
 * - its file was not included, and what it is linked with is what this request has under these names;
 * - opcache.revalidate_freq is not over since it was learned, where opcache looks at the time of files. So an edit is
 *   seen at the latest after twice this time.
 * Then the classes of the file are declared, with those that they are linked with in front, and the file counts as
 * included. What differs from a request that loads them: get_declared_classes() has another order, and opcache counts
 * no hit. Where others watch what PHP compiles, nothing is done at all: they would miss it.
 *
 * Runs in: worker. Zygote: php_autoload_init(). */

/* Is to be called after PHP has started. Returns 0 or a negative errno. */
int php_autoload_init(void);

/* Is to be called before each request. */
void php_autoload_begin_request(void);

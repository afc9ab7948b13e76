/* SPDX-License-Identifier: MIT */
#include "php/engine/php_pairing.h"

#include <SAPI.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <ext/standard/basic_functions.h>
#include <link.h>
#include <php.h>
#include <php_globals.h>
#include <stdio.h>
#include <string.h>
#include <zend_globals.h>
#include <zend_modules.h>

static const PhpPairing of_build = {
        .sizes = {
                { "executor_globals", sizeof(executor_globals) },
                { "compiler_globals", sizeof(compiler_globals) },
                { "core_globals", sizeof(core_globals) },
                { "sapi_globals", sizeof(sapi_globals) },
                { "basic_globals", sizeof(basic_globals) },
#ifdef ZEND_SIGNALS
                { "zend_signal_globals", sizeof(zend_signal_globals) },
#endif
        },
};

const PhpPairing *php_pairing_of_build(void) {
        return &of_build;
}

static int check_size(const char *symbol, size_t expected, char *why, size_t size) {
        void *address = dlsym(RTLD_DEFAULT, symbol);
        const ElfW(Sym) *entry = NULL;
        Dl_info info;

        if (!address) {
                snprintf(why, size,
                                "this engine was built for PHP " PHP_VERSION
                                " and the program has no %s",
                                symbol);
                return -ENOEXEC;
        }
        if (!dladdr1(address, &info, (void **) &entry, RTLD_DL_SYMENT) || !entry ||
                        entry->st_size == expected)
                return 0;

        snprintf(why, size,
                        "this engine was built for PHP " PHP_VERSION
                        ", where %s has %zu bytes, and in the program it has %zu",
                        symbol, expected, (size_t) entry->st_size);
        return -ENOEXEC;
}

/* Exported by builds for debugging alone. */
static int check_debug(char *why, size_t size) {
        bool is_debug = dlsym(RTLD_DEFAULT, "zend_rc_debug") != NULL;

        if (is_debug == (ZEND_DEBUG != 0))
                return 0;

        snprintf(why, size,
                        "this engine was built for PHP " PHP_VERSION
                        " with%s debugging, and the program is built with%s",
                        ZEND_DEBUG ? "" : "out", is_debug ? "" : "out");
        return -ENOEXEC;
}

int php_pairing_check(const PhpPairing *expected, char *why, size_t size) {
        int r;

        for (size_t i = 0; i < PHP_PAIRING_SIZES && expected->sizes[i].symbol; i++) {
                r = check_size(expected->sizes[i].symbol, expected->sizes[i].size, why, size);
                if (r < 0)
                        return r;
        }

        return check_debug(why, size);
}

int php_pairing_check_modules(char *why, size_t size) {
        const zend_module_entry *standard =
                        zend_hash_str_find_ptr(&module_registry, ZEND_STRL("standard"));

        if (!standard || strcmp(standard->build_id, ZEND_MODULE_BUILD_ID) == 0)
                return 0;

        snprintf(why, size,
                        "this engine was built for PHP " PHP_VERSION " (" ZEND_MODULE_BUILD_ID
                        ") and the program has PHP %s (%s)",
                        standard->version, standard->build_id);
        return -ENOEXEC;
}

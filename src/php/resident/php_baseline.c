/* SPDX-License-Identifier: MIT */
#include "php/resident/php_baseline.h"

#include <SAPI.h>
#include <ext/standard/basic_functions.h>
#include <fcntl.h>
#include <locale.h>
#include <php.h>
#include <php_main.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#if __has_include(<ext/pcre/php_pcre.h>)
#include <ext/pcre/php_pcre.h>
#endif

#include "base/fd.h"
#include "php/engine/php_functions.h"
#include "php/resident/php_baseline_handlers.h"
#include "php/resident/php_baseline_ini.h"
#include "php/resident/php_baseline_streams.h"
#include "php/resident/php_watched.h"

static struct {
        const PoolConfig *config;
        bool is_sealed;
        bool is_spent;
        int directory_fd;
        mode_t umask;
        char *locale;
        bool locale_changed; /* by the script */
        HashTable putenv;    /* of the script */
        zval env;            /* $_ENV */
        struct rlimit limits[RLIM_NLIMITS];
} baseline = { .directory_fd = -EBADF };

void php_baseline_init(const PoolConfig *config) {
        baseline.config = config;
        php_baseline_ini_init(config);
        php_watched_init();
}

bool php_baseline_is_spent(void) {
        return baseline.is_spent;
}

/* --- $_ENV --- */

static zval *env_variable(void) {
        zval *env = zend_hash_str_find(&EG(symbol_table), ZEND_STRL("_ENV"));

        if (env && Z_TYPE_P(env) == IS_INDIRECT)
                env = Z_INDIRECT_P(env);
        return env;
}

/* It is made now, or the first request whose code names it would make it anew and take away what the boot has added. */
void php_baseline_seal_env(void) {
        const zval *env;

        zval_ptr_dtor(&baseline.env);
        (void) zend_is_auto_global_str((char *) ZEND_STRL("_ENV"));
        env = env_variable();
        ZVAL_UNDEF(&baseline.env);
        if (!env)
                return;

        ZVAL_DEREF(env);
        ZVAL_COPY(&baseline.env, env);
}

void php_baseline_restore_env(void) {
        zend_auto_global *variable = zend_hash_str_find_ptr(CG(auto_globals), ZEND_STRL("_ENV"));
        zval *env;

        if (variable)
                variable->armed = 0; /* or PHP would make it anew for code that it compiles later */

        if (Z_TYPE(baseline.env) != IS_ARRAY)
                return;

        env = env_variable();
        if (env && Z_TYPE_P(env) == IS_ARRAY && Z_ARR_P(env) == Z_ARR(baseline.env))
                return;

        Z_ADDREF(baseline.env);
        (void) zend_hash_str_update_ind(&EG(symbol_table), ZEND_STRL("_ENV"), &baseline.env);
}

/* --- the process --- */

void php_baseline_enter_worker(void) {
        for (int i = 0; i < (int) RLIM_NLIMITS; i++)
                (void) getrlimit(i, &baseline.limits[i]);
}

static void seal_process(void) {
        baseline.directory_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void) php_functions_directory_was_left();
        baseline.umask = umask(077);
        (void) umask(baseline.umask);
        baseline.locale = strdup(setlocale(LC_ALL, NULL));
        baseline.locale_changed = BG(locale_changed);
        BG(locale_changed) = 0;
        baseline.putenv = BG(putenv_ht);
        zend_hash_init(&BG(putenv_ht), 1, NULL, baseline.putenv.pDestructor, 0);
        php_baseline_enter_worker();
}

static void restore_locale(void) {
        if (!BG(locale_changed) || !baseline.locale)
                return;

        (void) setlocale(LC_ALL, baseline.locale);
        zend_update_current_locale();
        if (BG(ctype_string)) {
                zend_string_release(BG(ctype_string));
                BG(ctype_string) = NULL;
        }
        BG(locale_changed) = 0;
}

/* A lower hard limit cannot be raised again. */
static void restore_limits(void) {
        for (int i = 0; i < (int) RLIM_NLIMITS; i++) {
                struct rlimit now;

                if (getrlimit(i, &now) < 0 ||
                                (now.rlim_cur == baseline.limits[i].rlim_cur &&
                                                now.rlim_max == baseline.limits[i].rlim_max))
                        continue;
                if (setrlimit(i, &baseline.limits[i]) < 0)
                        baseline.is_spent = true;
        }
}

static void restore_process(void) {
        if (php_functions_directory_was_left() && baseline.directory_fd >= 0)
                (void) !fchdir(baseline.directory_fd);
        if (php_watched_take(WATCHED_UMASK))
                (void) umask(baseline.umask);
        restore_locale();
        if (zend_hash_num_elements(&BG(putenv_ht)) > 0)
                zend_hash_clean(&BG(putenv_ht));
        if (php_watched_take(WATCHED_LIMITS))
                restore_limits();
        if (php_watched_take(WATCHED_PRIORITY))
                baseline.is_spent = true;
}

static void unseal_process(void) {
        baseline.directory_fd = fd_close(baseline.directory_fd);
        BG(locale_changed) = BG(locale_changed) || baseline.locale_changed;
        free(baseline.locale);
        baseline.locale = NULL;
        zend_hash_destroy(&BG(putenv_ht));
        BG(putenv_ht) = baseline.putenv;
}

/* --- what PHP keeps of the last call of something --- */

static void forget_last_error(void) {
        PG(last_error_type) = 0;
        PG(last_error_lineno) = 0;
        if (PG(last_error_message)) {
                zend_string_release(PG(last_error_message));
                PG(last_error_message) = NULL;
        }
        if (PG(last_error_file)) {
                zend_string_release(PG(last_error_file));
                PG(last_error_file) = NULL;
        }
#if PHP_VERSION_ID >= 80500
        zval_ptr_dtor(&EG(last_fatal_error_backtrace));
        ZVAL_UNDEF(&EG(last_fatal_error_backtrace));
#endif
}

static void forget_calls(void) {
        php_clear_stat_cache(0, NULL, 0);
        if (BG(strtok_string)) {
                zend_string_release(BG(strtok_string));
                BG(strtok_string) = NULL;
        }
        BG(page_uid) = BG(page_gid) = BG(page_inode) = -1;
        BG(page_mtime) = -1;
        if (BG(user_tick_functions)) {
                zend_llist_destroy(BG(user_tick_functions));
                efree(BG(user_tick_functions));
                BG(user_tick_functions) = NULL;
                zend_llist_clean(&PG(tick_functions));
        }
#ifdef PCRE_G
        PCRE_G(error_code) = PHP_PCRE_NO_ERROR;
#endif
        zend_memory_reset_peak_usage();
}

/* libxml has its own end of a request, and start of the next. */
static void restart_libxml(void) {
        const zend_module_entry *libxml =
                        zend_hash_str_find_ptr(&module_registry, ZEND_STRL("libxml"));

        if (!libxml || !libxml->post_deactivate_func || !libxml->request_startup_func)
                return;

        (void) libxml->post_deactivate_func();
        (void) libxml->request_startup_func(libxml->type, libxml->module_number);
}

/* --- all together --- */

void php_baseline_seal(void) {
        php_baseline_ini_seal();
        php_watched_seal();
        php_baseline_handlers_seal();
        php_baseline_streams_seal();
        seal_process();
        php_baseline_seal_env();
        baseline.is_sealed = true;
}

void php_baseline_restore(void) {
        forget_last_error();
        forget_calls();
        if (!baseline.is_sealed || !baseline.config->worker_restore) {
                php_baseline_ini_restore_request();
                return;
        }

        php_baseline_ini_restore();
        zend_set_memory_limit(PG(memory_limit));
        if (php_watched_take(WATCHED_LIBXML))
                restart_libxml();
        php_watched_restore();
        php_baseline_handlers_restore();
        if (php_watched_take(WATCHED_STREAMS))
                php_baseline_streams_restore();
        restore_process();
}

void php_baseline_begin_request_ini(void) {
        php_baseline_ini_seal();
}

void php_baseline_note_request_ini(void) {
        php_baseline_ini_note_request();
}

void php_baseline_unseal(void) {
        zval_ptr_dtor(&baseline.env);
        ZVAL_UNDEF(&baseline.env);
        php_baseline_ini_unseal();
        if (!baseline.is_sealed)
                return;

        baseline.is_sealed = false;
        php_watched_unseal();
        php_baseline_handlers_unseal();
        php_baseline_streams_unseal();
        unseal_process();
}

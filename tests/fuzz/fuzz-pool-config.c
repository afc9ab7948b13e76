/* SPDX-License-Identifier: MIT */
/* A pool file is any bytes: the parser refuses it with one error, or what it makes of it comes
 * through serialize() and deserialize() unchanged. The same bytes are also read for the socket
 * unit, and as what deserialize() gets. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config/pool_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

enum {
        ERRORS_MAX = 120, /* 20 of lines, and what checks can say of each directive */
};

/* One line each. */
static void count_errors(void *userdata, int priority, const char *line) {
        unsigned *n_errors = userdata;

        require(strpbrk(line, "\n\r\033") == NULL);
        *n_errors += priority <= LOG_ERR;
        require(*n_errors <= ERRORS_MAX);
}

static void check_round_trip(const PoolConfig *config) {
        _cleanup_free_ char *data = NULL, *again = NULL;
        PoolConfig *back = NULL;
        size_t size, again_size;

        require(pool_config_serialize(config, &data, &size) == 0);
        require(pool_config_deserialize(&back, data, size) == 0);
        require(pool_config_serialize(back, &again, &again_size) == 0);
        require(size == again_size && memcmp(data, again, size) == 0);
        pool_config_free(back);
}

static void check_parse(const char *text, size_t size) {
        PoolConfig *config = NULL;
        unsigned n_errors = 0;
        int r;

        r = pool_config_parse(&config, "www", "www.conf", text, size, count_errors, &n_errors);
        require((r == 0) == (config != NULL));
        require((n_errors > 0) == (r < 0));

        if (config) {
                require(config->pm != PM_UNSET && config->max_children > 0);
                check_round_trip(config);
                (void) pool_config_extension_allowed(config, "/index.php");
        }

        pool_config_free(config);
}

static void check_parse_listen(const char *text, size_t size) {
        PoolConfig *config = NULL;
        unsigned n_errors = 0;

        require(pool_config_parse_listen(&config, "www", "www.conf", text, size, count_errors,
                                &n_errors) == 0);
        require(n_errors == 0);
        pool_config_free(config);
}

static void check_deserialize(const char *data, size_t size) {
        PoolConfig *config = NULL;

        if (pool_config_deserialize(&config, data, size) == 0)
                check_round_trip(config);

        pool_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data;

        /* What include= finds is up to the machine. */
        if (memmem(data, size, "include", strlen("include")))
                return 0;

        check_parse(text, size);
        check_parse_listen(text, size);
        check_deserialize(text, size);
        return 0;
}

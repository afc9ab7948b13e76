/* SPDX-License-Identifier: MIT */
/* Proves that a configuration reaches the pool program as it is, and nothing else does. */

#include "pool-config.h"

static PoolConfig *parse_much(void) {
        return parse_more(
                        "user = u\ngroup = g\nlisten = 9000\nlisten = /x\nlisten.mode = 0600\n"
                        "process.priority = -5\nrlimit_core = unlimited\nrlimit_files = 9\n"
                        "env[A] = b\nphp_value[a] =\nphp_admin_flag[b] = on\nslowlog = /s\n"
                        "access.suppress_path[] = /p\nsecurity.limit_extensions = no\n"
                        "request_terminate_timeout = 1d\n[global]\nprocess_control_timeout = 5s\n",
                        0);
}

START_TEST(there_and_back) {
        PoolConfig *config = parse_much(), *back = NULL;
        _cleanup_free_ char *data = NULL, *again = NULL;
        size_t size, again_size;

        ck_assert_int_eq(pool_config_serialize(config, &data, &size), 0);
        ck_assert_int_eq(pool_config_deserialize(&back, data, size), 0);
        ck_assert_int_eq(pool_config_serialize(back, &again, &again_size), 0);
        ck_assert_uint_eq(size, again_size);
        ck_assert_mem_eq(data, again, size);

        ck_assert_str_eq(back->name, "www");
        ck_assert_str_eq(back->file, "www.conf");
        ck_assert_str_eq(back->limit_extensions, "");
        ck_assert_ptr_null(back->chroot);
        ck_assert_int_eq(back->process_priority, -5);
        ck_assert_uint_eq(back->rlimit_core, LIMIT_UNLIMITED);
        ck_assert_uint_eq(back->listen.n_items, 2);
        ck_assert_uint_eq(back->php_values.n_items, 2);
        ck_assert_str_eq(back->php_values.items[0].value, "");
        ck_assert_uint_eq(back->php_values.items[1].line, 14);
        ck_assert_str_eq(back->php_values.items[1].file, "www.conf");
        ck_assert_uint_eq(back->process_control_timeout_usec, 5000000);
        ck_assert_uint_eq(pool_config_line_of(back, "user"), 0);
        ck_assert_str_eq(pool_config_file_of(back, "user"), "www.conf");
        pool_config_free(config);
        pool_config_free(back);
}
END_TEST

START_TEST(a_part_is_refused) {
        PoolConfig *config = parse_much(), *back = NULL;
        _cleanup_free_ char *data = NULL;
        size_t size;

        ck_assert_int_eq(pool_config_serialize(config, &data, &size), 0);
        for (size_t n = 0; n < size; n++)
                ck_assert_int_eq(pool_config_deserialize(&back, data, n), -EBADMSG);

        data = realloc(data, size + 1);
        data[size] = 0;
        ck_assert_int_eq(pool_config_deserialize(&back, data, size + 1), -EBADMSG);
        pool_config_free(config);
}
END_TEST

/* The second number: of the table of directives and of contract/. */
static bool is_of_build(size_t i) {
        return i >= 8 && i < 16;
}

/* Whatever bytes are changed: refused, or something that serialize() writes the same way. */
START_TEST(changed_bytes_are_refused_or_meant) {
        PoolConfig *config = parse_much();
        _cleanup_free_ char *data = NULL;
        size_t size;

        ck_assert_int_eq(pool_config_serialize(config, &data, &size), 0);
        for (size_t i = 0; i < size; i++) {
                for (int bit = 0; bit < 8; bit += 7) {
                        _cleanup_free_ char *again = NULL;
                        PoolConfig *back = NULL;
                        size_t again_size;
                        int r;

                        data[i] ^= (char) (1 << bit);
                        r = pool_config_deserialize(&back, data, size);
                        ck_assert(!is_of_build(i) || r < 0);
                        if (r == 0) {
                                ck_assert_int_eq(pool_config_serialize(back, &again, &again_size),
                                                0);
                                ck_assert_uint_eq(again_size, size);
                                ck_assert_mem_eq(again, data, size);
                        } else
                                ck_assert_int_eq(r, is_of_build(i) ? -EPROTO : -EBADMSG);
                        pool_config_free(back);
                        data[i] ^= (char) (1 << bit);
                }
        }
        pool_config_free(config);
}
END_TEST

UNIT_MAIN("pool-config-serial", there_and_back, a_part_is_refused,
                changed_bytes_are_refused_or_meant);

/* SPDX-License-Identifier: MIT */
#pragma once
/* What the main() of every unit test does: one suite per file of src/. */

#include <check.h>
#include <stdlib.h>

static inline int unit_run(Suite *suite) {
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_run_all(runner, CK_NORMAL);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#ifndef UNIT_ENTRY
#define UNIT_ENTRY int main(void)
#endif

/* For tests that need neither a fixture nor a loop. */
#define UNIT_MAIN(name, ...)                                                                       \
        UNIT_ENTRY {                                                                               \
                const TTest *const tests[] = { __VA_ARGS__ };                                      \
                Suite *suite = suite_create(name);                                                 \
                TCase *tcase = tcase_create(name);                                                 \
                                                                                                   \
                for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                      \
                        tcase_add_test(tcase, tests[i]);                                           \
                tcase_set_timeout(tcase, 60);                                                      \
                suite_add_tcase(suite, tcase);                                                     \
                return unit_run(suite);                                                            \
        }                                                                                          \
        extern int unit_main_semicolon

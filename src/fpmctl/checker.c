/* SPDX-License-Identifier: MIT */
#include "fpmctl/checker.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "fpmctl/pools/program.h"

int checker_run(const char *conf_dir, const char *pool, char **ret) {
        _cleanup_free_ char *option = NULL;

        if (asprintf(&option, "--conf-dir=%s", conf_dir) < 0)
                return -ENOMEM;

        return program_run(
                        (const char *const[]){ FPMD_MANAGER_PROGRAM, option, "--test", pool, NULL },
                        ret);
}

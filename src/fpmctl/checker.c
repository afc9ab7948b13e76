/* SPDX-License-Identifier: MIT */
#include "fpmctl/checker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "fpmctl/pools/program.h"

int checker_run(const char *conf_dir, const char *pool, char **ret) {
        _cleanup_free_ char *option = NULL;

        if (asprintf(&option, "--conf-dir=%s", conf_dir) < 0)
                return -ENOMEM;

        return program_run(
                        (const char *const[]){ FPMD_MANAGER_PROGRAM, option, "--test", pool, NULL },
                        ret);
}

void checker_print(char *output, FILE *f) {
        char escaped[4096], *line;

        while ((line = strsep(&output, "\n"))) {
                if (*line == '\0')
                        continue;
                escape_string(escaped, sizeof(escaped), line);
                fprintf(f, "%s\n", escaped);
        }
}

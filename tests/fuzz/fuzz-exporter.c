/* SPDX-License-Identifier: MIT */
/* The exporter reads a client's Accept header, which is any text, and what a manager answers, which is any JSON: the page
 * stays lines of the format, whatever is missing or of another type in there. */

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "exporter/accept.h"
#include "fpmctl/pools/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

/* name{labels} number, with names of ours and quotes that end. */
static void check_sample(const char *line, size_t n) {
        const char *end = line + n, *p = line;
        char *rest;

        require(strncmp(line, "fpmd_", 5) == 0);
        while (p < end && *p != '{' && *p != ' ')
                p++;
        require(p < end);
        if (*p == '{') {
                bool quoted = false;

                for (p++; p < end && (quoted || *p != '}'); p++)
                        if (quoted && *p == '\\')
                                p++;
                        else if (*p == '"')
                                quoted = !quoted;
                require(p < end && !quoted);
                p++;
        }

        require(p < end && *p == ' ' && p + 1 < end);
        (void) strtod(p + 1, &rest);
        require(rest == end);
}

static void check_page(const char *text) {
        while (*text) {
                size_t n = strcspn(text, "\n");

                require(text[n] == '\n');
                if (*text != '#')
                        check_sample(text, n);
                else
                        require(strncmp(text, "# HELP fpmd_", 12) == 0 ||
                                        strncmp(text, "# TYPE fpmd_", 12) == 0 ||
                                        strncmp(text, "# UNIT fpmd_", 12) == 0 ||
                                        strncmp(text, "# EOF\n", 6) == 0);
                text += n + 1;
        }
}

static void check_metrics(const char *text, size_t size) {
        json_t *answer = json_loadb(text, size, 0, NULL);
        Resources resources = {
                .memory_bytes = UINT64_MAX, .cpu_usec = UINT64_MAX, .of_cgroup = true
        };
        UnitState service = { .active = "active", .n_restarts = UINT64_MAX };
        MetricsPool pools[] = {
                { .name = "www", .answer = answer, .resources = &resources, .service = &service },
                { .name = "silent", .resources = &resources, .service = &service },
        };

        for (MetricsFormat format = 0; format < _METRICS_FORMAT_MAX; format++) {
                _cleanup_free_ char *page = NULL;
                size_t page_size;
                FILE *f = open_memstream(&page, &page_size);

                require(f && metrics_write(f, format, 0, pools, ELEMENTSOF(pools)) == 0);
                require(fclose(f) == 0 && strlen(page) == page_size);
                check_page(page);
        }

        json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = malloc(size + 1);
        MetricsFormat format;

        if (!text)
                return 0;

        memcpy(text, data, size);
        text[size] = '\0';
        format = accept_format(text);
        require(format == METRICS_PROMETHEUS || format == METRICS_OPENMETRICS);
        check_metrics(text, size);
        return 0;
}

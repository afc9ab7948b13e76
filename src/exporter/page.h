/* SPDX-License-Identifier: MIT */
#pragma once
/* Page: the metrics of all pools as text, which is renewed at most once a second.
 *
 * Runs in: fpmd-exporter.
 * Trusts:  no manager to answer: the page is there within PAGE_LIMIT_USEC. */

#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"
#include "fpmctl/pools/metrics.h"

#define PAGE_LIMIT_USEC (2 * USEC_PER_SEC)

/* A manager that did not answer the last time. */
typedef struct Silent {
        char *name;
        uint64_t tried_usec; /* when it was last given as much time as the others */
} Silent;

typedef struct Page {
        const char *conf_dir; /* borrowed */
        MetricsMask left_out;
        struct {
                char *text;
                size_t size;
        } forms[_METRICS_FORMAT_MAX];
        uint64_t made_usec; /* 0: never */
        Silent *silent;
        size_t n_silent;
} Page;

/* Returns the text in a format, which stays the page's and is valid until the next call. Returns 0 or a negative
 * errno. */
int page_get(Page *page, MetricsFormat format, const char **ret, size_t *ret_size);
void page_done(Page *page);

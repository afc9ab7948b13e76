/* SPDX-License-Identifier: MIT */
#pragma once
/* Page: the metrics of all pools as text, asked for anew at most once a second.
 *
 * Runs in: fpmd-exporter.
 * Trusts:  a manager to answer or not: the page is there within PAGE_LIMIT_USEC. */

#include <stddef.h>
#include <stdint.h>

#include "base/parse.h"
#include "fpmctl/pools/metrics.h"

#define PAGE_LIMIT_USEC (2 * USEC_PER_SEC)

/* A manager that did not answer the last time. */
typedef struct Silent {
        char *name;
        uint64_t tried_usec; /* when it was last waited for as long as the others */
} Silent;

typedef struct Page {
        const char *conf_dir; /* borrowed */
        struct {
                char *text;
                size_t size;
        } forms[_METRICS_FORMAT_MAX];
        uint64_t made_usec; /* 0: never */
        Silent *silent;
        size_t n_silent;
} Page;

/* The text stays the page's, until the next call. 0 or negative errno. */
int page_get(Page *page, MetricsFormat format, const char **ret, size_t *ret_size);
void page_done(Page *page);

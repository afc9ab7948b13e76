/* SPDX-License-Identifier: MIT */
#include "exporter/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fpmctl/pools/pools.h"

/* Whoever asks more often, or all at once, costs the managers nothing. */
#define FRESH_USEC USEC_PER_SEC

/* For the managers in any case, should systemd have taken its time. */
#define ASK_MIN_USEC (USEC_PER_SEC / 2)

/* For what comes behind the last answer. */
#define WRITE_USEC (USEC_PER_SEC / 5)

static uint64_t left_to_ask(uint64_t since_usec) {
        uint64_t gone = clock_now_usec() - since_usec,
                 limit = PAGE_LIMIT_USEC - WRITE_USEC - ASK_MIN_USEC;

        return ASK_MIN_USEC + (gone < limit ? limit - gone : 0);
}

static int write_form(Page *page, MetricsFormat format, const Pools *pools) {
        char *text = NULL;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return -errno;

        r = metrics_write_pools(f, format, pools);
        if (fclose(f) != 0 && r >= 0)
                r = -errno;
        if (r < 0) {
                free(text);
                return r;
        }

        free(page->forms[format].text);
        page->forms[format].text = text;
        page->forms[format].size = size;
        return 0;
}

/* Pool files are not needed to ask who runs: an administrator may have closed the folder. */
static int find_pools(const Page *page, Pools *ret) {
        int r = pools_find(ret, page->conf_dir, true);

        return r == -EACCES ? pools_find(ret, "/nonexistent", true) : r;
}

static int make(Page *page) {
        _cleanup_(pools_done) Pools pools = {};
        uint64_t begin = clock_now_usec();
        int r;

        r = find_pools(page, &pools);
        if (r < 0)
                return r;

        pools_ask(&pools, left_to_ask(begin));
        for (MetricsFormat format = 0; format < _METRICS_FORMAT_MAX; format++) {
                r = write_form(page, format, &pools);
                if (r < 0)
                        return r;
        }

        page->made_usec = clock_now_usec();
        return 0;
}

int page_get(Page *page, MetricsFormat format, const char **ret, size_t *ret_size) {
        if (page->made_usec == 0 || clock_now_usec() - page->made_usec > FRESH_USEC) {
                int r = make(page);

                if (r < 0)
                        return r;
        }

        *ret = page->forms[format].text;
        *ret_size = page->forms[format].size;
        return 0;
}

void page_done(Page *page) {
        for (MetricsFormat format = 0; format < _METRICS_FORMAT_MAX; format++)
                free(page->forms[format].text);
}

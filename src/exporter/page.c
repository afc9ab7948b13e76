/* SPDX-License-Identifier: MIT */
#include "exporter/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fpmctl/pools/pools.h"

/* Scrapers that ask more often, or all at once, cost the managers nothing. */
#define FRESH_USEC USEC_PER_SEC

/* The time that managers get in any case, should systemd have been slow. */
#define ASK_MIN_USEC (USEC_PER_SEC / 2)

/* A manager that has not answered the last time is waited for no longer than this, except once in the period below. */
#define SILENT_PATIENCE_USEC (USEC_PER_SEC / 10)
#define TRY_AGAIN_USEC (30 * USEC_PER_SEC)

/* The time for the work after the last answer. */
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

        r = metrics_write_pools(f, format, page->left_out, pools);
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
        int r = pools_find(ret, page->conf_dir, POOLS_WITH_UNITS);

        return r == -EACCES ? pools_find(ret, NULL, POOLS_WITH_UNITS) : r;
}

/* --- who is silent --- */

static Silent *find_silent(const Page *page, const char *name) {
        for (size_t i = 0; i < page->n_silent; i++)
                if (strcmp(page->silent[i].name, name) == 0)
                        return &page->silent[i];

        return NULL;
}

static void free_silent(Silent *silent, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(silent[i].name);
        free(silent);
}

/* One manager that hangs is not to hold up the numbers of all pools at each scrape. */
static void set_patience(const Page *page, Pools *pools, uint64_t now_usec) {
        for (size_t i = 0; i < pools->n_items; i++) {
                const Silent *silent = find_silent(page, pools->items[i].name);

                if (silent && now_usec - silent->tried_usec < TRY_AGAIN_USEC)
                        pools->items[i].question.patience_usec = SILENT_PATIENCE_USEC;
        }
}

static void note_silent(Page *page, const Pools *pools, uint64_t now_usec) {
        Silent *silent = calloc(pools->n_items, sizeof(*silent));
        size_t n = 0;

        for (size_t i = 0; silent && i < pools->n_items; i++) {
                const Question *question = &pools->items[i].question;
                const Silent *before = find_silent(page, pools->items[i].name);

                if (!question_was_late(question))
                        continue;

                silent[n].name = strdup(pools->items[i].name);
                if (!silent[n].name)
                        break;
                silent[n++].tried_usec = before && question->patience_usec > 0 ? before->tried_usec
                                                                               : now_usec;
        }

        free_silent(page->silent, page->n_silent);
        page->silent = silent;
        page->n_silent = n;
}

static int make(Page *page) {
        _cleanup_(pools_done) Pools pools = {};
        uint64_t begin = clock_now_usec();
        int r;

        r = find_pools(page, &pools);
        if (r < 0)
                return r;

        set_patience(page, &pools, begin);
        pools_ask(&pools, left_to_ask(begin));
        note_silent(page, &pools, begin);
        pools_read_files(&pools);
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
        free_silent(page->silent, page->n_silent);
}

/* SPDX-License-Identifier: MIT */
/* fpmctl list and fpmctl metrics: all pools of the machine at once. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "fpmctl/command.h"
#include "fpmctl/pool_view.h"
#include "fpmctl/pools/metrics.h"
#include "fpmctl/pools/pools.h"

static const TableColumn columns[] = {
        { "POOL", false },
        { "STATE", false },
        { "GEN", true },
        { "BUSY", true },
        { "IDLE", true },
        { "MAX", true },
        { "QUEUE", true },
        { "REQUESTS", true },
        { "REQ/S", true },
        { "MEMORY", true },
        { "RESTARTS", true },
        { "FILE", false },
};

static void add_row(Table *table, const PoolFacts *pool) {
        const json_t *answer = pool->question.json;
        bool answers = pool->question.result == 0;

        table_cell(table, TABLE_PLAIN, "%s", pool->name);
        pool_view_state(table, pool);
        for (size_t i = 0; !answers && i + 4 < ELEMENTSOF(columns); i++)
                table_cell(table, TABLE_FAINT, "-");

        if (answers) {
                table_cell(table, TABLE_PLAIN, "%" PRIu64, answer_number(answer, "generation"));
                pool_view_numbers(table, answer);
                table_cell(table, TABLE_PLAIN, "%" PRIu64, answer_number(answer, "requests"));
                table_cell(table, TABLE_PLAIN, "%s", format_rate(pool_view_rate(answer)).text);
                table_cell(table, TABLE_PLAIN, "%s",
                                format_bytes(pool->resources.memory_bytes).text);
        }

        table_cell(table, pool->service.n_restarts > 0 ? TABLE_CARE : TABLE_PLAIN, "%" PRIu64,
                        pool->service.n_restarts);
        table_cell(table,
                        pool->file_state == POOL_FILE_OK        ? TABLE_PLAIN
                        : pool->file_state == POOL_FILE_CHANGED ? TABLE_CARE
                        : pool->file_state == POOL_FILE_UNKNOWN ? TABLE_FAINT
                                                                : TABLE_BAD,
                        "%s", pool_file_state_name(pool->file_state));
}

static int print_names(const Pools *pools) {
        for (size_t i = 0; i < pools->n_items; i++)
                puts(pools->items[i].name);

        return EXIT_SUCCESS;
}

static int print_all_json(const Pools *pools) {
        json_auto_t *list = json_array();

        for (size_t i = 0; i < pools->n_items; i++)
                (void) json_array_append_new(list, pool_view_json(&pools->items[i]));

        return print_json(list);
}

static void complain_first_failed(const Pools *pools) {
        for (size_t i = 0; i < pools->n_items; i++)
                if (pool_presence(&pools->items[i]) == PRESENCE_FAILED) {
                        (void) complain_failed(pools->items[i].name);
                        return;
                }
}

static int print_all(const Pools *pools) {
        _cleanup_(table_freep) Table *table = NULL;
        int status;

        if (table_new(&table, columns, ELEMENTSOF(columns)) < 0)
                return complain_memory();

        for (size_t i = 0; i < pools->n_items; i++)
                add_row(table, &pools->items[i]);

        status = print_table(table);
        complain_first_failed(pools);
        return status;
}

int command_list(const Invocation *in) {
        _cleanup_(pools_done) Pools pools = {};
        int r;

        r = pools_find(&pools, in->conf_dir, in->names ? POOLS_WITHOUT_UNITS : POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));
        if (in->names)
                return print_names(&pools);

        pools_ask(&pools, ASK_TIMEOUT_USEC);
        pools_read_files(&pools);
        return in->json ? print_all_json(&pools) : print_all(&pools);
}

int command_metrics(const Invocation *in) {
        MetricsFormat format = in->openmetrics ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
        _cleanup_(pools_done) Pools pools = {};
        int r;

        r = pools_find(&pools, in->conf_dir, POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));

        pools_ask(&pools, ASK_TIMEOUT_USEC);
        pools_read_files(&pools);
        r = metrics_write_pools(stdout, format, 0, &pools);
        if (r < 0)
                return complain(EX_IOERR, "cannot write: %s", strerror(-r));

        return EXIT_SUCCESS;
}

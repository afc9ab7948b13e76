/* SPDX-License-Identifier: MIT */
#include "fpmctl/pool_view.h"

#include <inttypes.h>
#include <string.h>

#include "contract/rotation.h"
#include "fpmctl/command.h"
#include "fpmctl/pools/rates.h"

void pool_view_state(Table *table, const PoolFacts *pool) {
        static const TableStyle styles[_PRESENCE_MAX] = {
                [PRESENCE_STOPPED] = TABLE_FAINT,
                [PRESENCE_LISTENING] = TABLE_PLAIN,
                [PRESENCE_IDLE] = TABLE_PLAIN,
                [PRESENCE_STARTING] = TABLE_CARE,
                [PRESENCE_SERVING] = TABLE_GOOD,
                [PRESENCE_STOPPING] = TABLE_CARE,
                [PRESENCE_FAILED] = TABLE_BAD,
                [PRESENCE_SILENT] = TABLE_BAD,
        };
        PoolPresence presence = pool_presence(pool);
        bool drained = rotation_seconds_left(pool->name) > 0,
             outdated = pool->question.result == 0 &&
                        *answer_text(pool->question.json, "outdated") != '\0';

        table_cell(table, drained || outdated ? TABLE_CARE : styles[presence], "%s%s%s",
                        pool_presence_name(presence), drained ? ", drained" : "",
                        outdated ? ", outdated" : "");
}

const char *pool_view_remedy(const json_t *answer) {
        return strcmp(answer_text(answer, "outdated_remedy"), "restart") == 0 ? "restart"
                                                                              : "reload";
}

void pool_view_numbers(Table *table, const json_t *answer) {
        uint64_t n_busy = answer_number(answer, "workers.busy"),
                 n_max = answer_number(answer, "workers.max"),
                 n_queued = answer_number(answer, "queue.now");

        table_cell(table, n_busy >= n_max ? TABLE_CARE : TABLE_PLAIN, "%" PRIu64, n_busy);
        table_cell(table, TABLE_PLAIN, "%" PRIu64, answer_number(answer, "workers.idle"));
        table_cell(table, TABLE_PLAIN, "%" PRIu64, n_max);
        table_cell(table, n_queued > 0 ? TABLE_CARE : TABLE_PLAIN, "%" PRIu64, n_queued);
}

double pool_view_rate(const json_t *answer) {
        return rate_since_start(answer_real(answer, "requests"), answer_real(answer, "uptime"));
}

void pool_view_add_resources(json_t *answer, const Resources *resources) {
        (void) json_object_set_new(
                        answer, "memory_bytes", json_integer((json_int_t) resources->memory_bytes));
        (void) json_object_set_new(answer, "cpu_seconds",
                        json_real((double) resources->cpu_usec / (double) USEC_PER_SEC));
        (void) json_object_set_new(answer, "resources_of",
                        json_string(resources->of_cgroup ? "cgroup" : "processes"));
}

json_t *pool_view_json(const PoolFacts *pool) {
        json_t *json = json_pack("{s:s, s:s, s:b, s:b, s:s, s:i, s:s, s:s}", "pool", pool->name,
                        "state", pool_presence_name(pool_presence(pool)), "drained",
                        rotation_seconds_left(pool->name) > 0, "file", pool->has_file, "file_state",
                        pool_file_state_name(pool->file_state), "restarts",
                        (int) pool->service.n_restarts, "service", pool->service.active, "socket",
                        pool->socket.active);

        if (json && pool->question.result == 0) {
                pool_view_add_resources(pool->question.json, &pool->resources);
                (void) json_object_set(json, "status", pool->question.json);
        }

        return json;
}

/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "contract/durations.h"
#include "contract/rotation.h"

typedef struct Writer {
        FILE *f;
        MetricsFormat format;
        const MetricsPool *pools;
        size_t n_pools;
        bool has_head; /* of the family that is being written */
} Writer;

typedef struct Family Family;

struct Family {
        const char *name; /* of a counter: without _total */
        enum { TYPE_GAUGE, TYPE_COUNTER, TYPE_HISTOGRAM } type;
        const char *help;
        void (*write)(Writer *w, const Family *family, const MetricsPool *pool);
        const char *key;   /* in the answer */
        const char *inner; /* key of an object there, NULL: none */
        const char *label; /* these keys of the object are this label's values, NULL: no label */
        const char *const *values; /* NULL behind the last */
};

/* As control_queries.c of the manager sends them. What else an answer names is left out: the manager of a hardened pool
 * is a process of the pool's user, and each name would be a series that Prometheus keeps. */
static const char *const worker_states[] = { "busy", "idle", "starting", "draining", NULL };
static const char *const exit_reasons[] = { "left", "crashed", "never started", NULL };

/* \, " and line breaks are what the format knows of escapes. */
static void write_label(FILE *f, const char *text) {
        for (; *text; text++)
                switch (*text) {
                case '\n':
                        fputs("\\n", f);
                        break;
                case '"':
                case '\\':
                        fputc('\\', f);
                        /* fall through */
                default:
                        fputc(*text, f);
                }
}

/* The older format has no notion of a family: what is described there is the sample, _total and all. A family without a
 * sample has no head either: where all pools are at rest, most have none. */
static void write_head(Writer *w, const Family *family) {
        static const char *const types[] = { "gauge", "counter", "histogram" };
        const char *suffix = family->type == TYPE_COUNTER && w->format == METRICS_PROMETHEUS
                                             ? "_total"
                                             : "";

        if (w->has_head)
                return;

        w->has_head = true;
        fprintf(w->f, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name, suffix, family->help,
                        family->name, suffix, types[family->type]);
}

static void write_suffixed(Writer *w, const Family *family, const char *suffix,
                const MetricsPool *pool, const char *label) {
        write_head(w, family);
        fprintf(w->f, "%s%s{pool=\"", family->name, suffix);
        write_label(w->f, pool->name);
        if (label) {
                fprintf(w->f, "\",%s=\"", family->label);
                write_label(w->f, label);
        }
        fputs("\"} ", w->f);
}

static void write_name(
                Writer *w, const Family *family, const MetricsPool *pool, const char *label) {
        write_suffixed(w, family, family->type == TYPE_COUNTER ? "_total" : "", pool, label);
}

static void write_number(const Writer *w, const json_t *value) {
        if (json_is_integer(value))
                fprintf(w->f, "%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
        else
                fprintf(w->f, "%.6f\n", json_real_value(value));
}

static void write_sample(Writer *w, const Family *family, const MetricsPool *pool,
                const char *label, const json_t *value) {
        if (!json_is_number(value))
                return;

        write_name(w, family, pool, label);
        write_number(w, value);
}

/* --- where the numbers come from --- */

static void write_answer(Writer *w, const Family *family, const MetricsPool *pool) {
        const json_t *value = json_object_get(pool->answer, family->key);

        if (family->inner)
                value = json_object_get(value, family->inner);
        write_sample(w, family, pool, NULL, value);
}

static void write_labels(Writer *w, const Family *family, const MetricsPool *pool) {
        const json_t *object = json_object_get(pool->answer, family->key);

        for (const char *const *value = family->values; *value; value++)
                write_sample(w, family, pool, *value, json_object_get(object, *value));
}

static bool has_all_buckets(const json_t *buckets) {
        for (unsigned i = 0; i < DURATION_BUCKETS; i++)
                if (!json_is_integer(json_object_get(buckets, durations_bound(i))))
                        return false;

        return true;
}

/* Whole or not at all: half a histogram, or a bound that is no number, is an error to who reads it, and the end of the
 * page of all pools. */
static void write_histogram(Writer *w, const Family *family, const MetricsPool *pool) {
        const json_t *answer = json_object_get(pool->answer, family->key),
                     *sum = json_object_get(answer, "sum"),
                     *buckets = json_object_get(answer, "buckets"),
                     *all = json_object_get(buckets, durations_bound(DURATION_BUCKETS - 1));

        if (!json_is_number(sum) || !has_all_buckets(buckets))
                return;

        for (unsigned i = 0; i < DURATION_BUCKETS; i++) {
                write_suffixed(w, family, "_bucket", pool, durations_bound(i));
                write_number(w, json_object_get(buckets, durations_bound(i)));
        }
        write_suffixed(w, family, "_sum", pool, NULL);
        write_number(w, sum);
        write_suffixed(w, family, "_count", pool, NULL);
        write_number(w, all);
}

static void write_up(Writer *w, const Family *family, const MetricsPool *pool) {
        write_name(w, family, pool, NULL);
        fprintf(w->f, "%d\n", pool_is_healthy(pool->presence, pool->file_state));
}

/* What may be so beside the state: load balancers send nothing, a reload would be refused because of the file, or what
 * runs is not what is on disk. */
static void write_beside(Writer *w, const Family *family, const MetricsPool *pool) {
        const char *outdated = json_string_value(json_object_get(pool->answer, "outdated"));
        const struct {
                const char *name;
                bool is_so;
        } states[] = {
                { "draining", pool->presence == PRESENCE_STOPPING || pool->is_drained },
                { "wrong", pool->file_state == POOL_FILE_WRONG },
                { "stale", pool->file_state == POOL_FILE_CHANGED ||
                                                pool->file_state == POOL_FILE_GONE ||
                                                (outdated && *outdated) },
        };

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                write_name(w, family, pool, states[i].name);
                fprintf(w->f, "%d\n", states[i].is_so);
        }
}

/* Each state, so that one that a pool has left is 0, and not merely absent. */
static void write_state(Writer *w, const Family *family, const MetricsPool *pool) {
        for (PoolPresence presence = 0; presence < _PRESENCE_MAX; presence++) {
                write_name(w, family, pool, pool_presence_name(presence));
                fprintf(w->f, "%d\n", presence == pool->presence);
        }
        write_beside(w, family, pool);
}

static void write_restarts(Writer *w, const Family *family, const MetricsPool *pool) {
        if (!pool->service || !*pool->service->active)
                return; /* systemd was not reached */

        write_name(w, family, pool, NULL);
        fprintf(w->f, "%" PRIu64 "\n", pool->service->n_restarts);
}

static void write_memory(Writer *w, const Family *family, const MetricsPool *pool) {
        if (!pool->resources || pool->resources->memory_bytes == 0)
                return;

        write_name(w, family, pool, NULL);
        fprintf(w->f, "%" PRIu64 "\n", pool->resources->memory_bytes);
}

static void write_cpu(Writer *w, const Family *family, const MetricsPool *pool) {
        if (!pool->resources || pool->resources->memory_bytes == 0)
                return;

        write_name(w, family, pool, NULL);
        fprintf(w->f, "%.6f\n", (double) pool->resources->cpu_usec / (double) USEC_PER_SEC);
}

#define GAUGE(name_, help_, write_, ...)                                                           \
        { .name = name_, .help = help_, .write = write_, __VA_ARGS__ }
#define COUNTER(name_, help_, write_, ...)                                                         \
        { .name = name_, .type = TYPE_COUNTER, .help = help_, .write = write_, __VA_ARGS__ }

/* clang-format off */
static const Family families[] = {
        GAUGE("fpmd_up", "1 if the pool answers requests, or would start for the next one, else 0.",
              write_up),
        GAUGE("fpmd_state", "State of the pool: 1 for each that it is in, 0 for the others.", write_state,
              .label = "state"),
        GAUGE("fpmd_start_time_seconds", "When the manager of the pool started, since the epoch.",
              write_answer, .key = "start_time"),
        GAUGE("fpmd_generation", "The number of the generation that serves, 0 if none does.",
              write_answer, .key = "generation"),
        GAUGE("fpmd_workers", "Workers of the pool, by state.",
              write_labels, .key = "workers", .label = "state", .values = worker_states),
        GAUGE("fpmd_workers_max", "Limit of the number of workers.",
              write_answer, .key = "workers", .inner = "max"),
        GAUGE("fpmd_queue", "Connections that wait for a worker.",
              write_answer, .key = "queue", .inner = "now"),
        GAUGE("fpmd_queue_max", "Longest queue seen since the pool started.",
              write_answer, .key = "queue", .inner = "max"),
        COUNTER("fpmd_requests", "Requests that were answered.", write_answer, .key = "requests"),
        { .name = "fpmd_request_duration_seconds", .type = TYPE_HISTOGRAM,
          .help = "Time that a request occupied its worker, from the complete request to the next one.",
          .write = write_histogram, .key = "request_seconds", .label = "le" },
        COUNTER("fpmd_slow_requests", "Requests that took longer than request_slowlog_timeout.",
                write_answer, .key = "slow_requests"),
        COUNTER("fpmd_queue_timeouts", "Requests that were refused because they waited too long.",
                write_answer, .key = "queue_timeouts"),
        COUNTER("fpmd_max_children_reached",
                "How often the pool wanted more workers than the limit allows.",
                write_answer, .key = "max_children_reached"),
        COUNTER("fpmd_worker_exits", "Workers that have ended, by reason.",
                write_labels, .key = "worker_exits", .label = "reason", .values = exit_reasons),
        COUNTER("fpmd_restarts", "Restarts of the pool by systemd.", write_restarts),
        GAUGE("fpmd_memory_bytes", "Memory of all processes of the pool.", write_memory),
        COUNTER("fpmd_cpu_seconds", "CPU time of all processes of the pool.", write_cpu),
};
/* clang-format on */

static void write_family(Writer *w, const Family *family) {
        w->has_head = false;
        for (size_t i = 0; i < w->n_pools; i++)
                family->write(w, family, &w->pools[i]);
}

/* "requests", "fpmd_requests" and "fpmd_requests_total" are one. */
static bool is_name_of(const Family *family, const char *name, size_t size) {
        const char *known = family->name;
        size_t prefix = strlen("fpmd_"), suffix = strlen("_total");

        if (size < prefix || strncmp(name, "fpmd_", prefix) != 0)
                known += prefix;
        if (size > suffix && strncmp(name + size - suffix, "_total", suffix) == 0)
                size -= suffix;

        return strlen(known) == size && strncmp(known, name, size) == 0;
}

int metrics_mask(const char *names, MetricsMask *ret, const char **ret_wrong, size_t *ret_size) {
        MetricsMask mask = 0;

        _Static_assert(ELEMENTSOF(families) <= 64, "a bit for each");
        for (const char *name = names;; name++) {
                size_t size = strcspn(name, ","), i = 0;

                while (i < ELEMENTSOF(families) && !is_name_of(&families[i], name, size))
                        i++;
                if (i == ELEMENTSOF(families)) {
                        *ret_wrong = name;
                        *ret_size = size;
                        return -ENOENT;
                }

                mask |= (MetricsMask) 1 << i;
                name += size;
                if (*name == '\0')
                        break;
        }

        *ret = mask;
        return 0;
}

int metrics_write(FILE *f, MetricsFormat format, MetricsMask left_out, const MetricsPool *pools,
                size_t n_pools) {
        Writer w = { .f = f, .format = format, .pools = pools, .n_pools = n_pools };

        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (!(left_out & (MetricsMask) 1 << i))
                        write_family(&w, &families[i]);
        if (format == METRICS_OPENMETRICS)
                fputs("# EOF\n", f);

        return fflush(f) == 0 && !ferror(f) ? 0 : -EIO;
}

int metrics_write_pools(FILE *f, MetricsFormat format, MetricsMask left_out, const Pools *pools) {
        _cleanup_free_ MetricsPool *items = calloc(pools->n_items + 1, sizeof(*items));

        if (!items)
                return -ENOMEM;

        for (size_t i = 0; i < pools->n_items; i++) {
                const PoolFacts *pool = &pools->items[i];

                items[i] = (MetricsPool){
                        .name = pool->name,
                        .presence = pool_presence(pool),
                        .file_state = pool->file_state,
                        .is_drained = rotation_seconds_left(pool->name) > 0,
                        .answer = pool->question.result == 0 ? pool->question.json : NULL,
                        .resources = &pool->resources,
                        .service = &pool->service,
                };
        }

        return metrics_write(f, format, left_out, items, pools->n_items);
}

const char *metrics_content_type(MetricsFormat format) {
        return format == METRICS_OPENMETRICS
                               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
}

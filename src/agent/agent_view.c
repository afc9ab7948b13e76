/* SPDX-License-Identifier: MIT */
#include "agent/agent_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cpu_pressure.h"
#include "base/clock.h"
#include "contract/rotation.h"

#define LIST_USEC (2 * USEC_PER_SEC)
#define FRESH_USEC USEC_PER_SEC

/* A pool that nobody has asked for in this time is not looked at with the others. */
#define INTEREST_USEC (10 * USEC_PER_SEC)

/* To read a pool file takes a tenth of a millisecond: hundreds of them are not read each second, nor all at once while
 * load balancers wait. */
#define FILE_USEC (3 * USEC_PER_SEC)
#define FILES_AT_ONCE 20

/* A manager that did not answer the last time is not given as long again, except once in the period. */
#define SILENT_PATIENCE_USEC (USEC_PER_SEC / 20)
#define TRY_AGAIN_USEC (30 * USEC_PER_SEC)

/* --- the list --- */

static int compare(const void *key, const void *item) {
        return strcmp(key, ((const PoolFacts *) item)->name);
}

static const PoolFacts *find_facts(const AgentView *view, const char *name) {
        return view->pools.n_items > 0 ? bsearch(name, view->pools.items, view->pools.n_items,
                                                         sizeof(*view->pools.items), compare)
                                       : NULL;
}

static void forget_gone(AgentView *view) {
        size_t n = 0;

        for (size_t i = 0; i < view->n_entries; i++)
                if (find_facts(view, view->entries[i].name))
                        view->entries[n++] = view->entries[i];
                else
                        free(view->entries[i].name);

        view->n_entries = n;
}

/* Who may not read the folder of pool files still asks about pools that have units. */
static void list(AgentView *view, uint64_t now_usec) {
        Pools pools = {};
        int r;

        if (view->listed_usec > 0 && now_usec - view->listed_usec < LIST_USEC)
                return;

        r = pools_find(&pools, view->conf_dir, POOLS_WITH_UNIT_STATES);
        if (r == -EACCES)
                r = pools_find(&pools, NULL, POOLS_WITH_UNIT_STATES);
        if (r < 0)
                return; /* what was known stays; the next asker tries again */

        pools_done(&view->pools);
        view->pools = pools;
        view->listed_usec = clock_now_usec();
        forget_gone(view);
}

/* --- the managers --- */

static AgentEntry *find_entry(AgentView *view, const char *name) {
        AgentEntry *grown;

        for (size_t i = 0; i < view->n_entries; i++)
                if (strcmp(view->entries[i].name, name) == 0)
                        return &view->entries[i];

        grown = reallocarray(view->entries, view->n_entries + 1, sizeof(*grown));
        if (!grown)
                return NULL;

        view->entries = grown;
        grown[view->n_entries] = (AgentEntry){ .name = strdup(name) };
        if (!grown[view->n_entries].name)
                return NULL;

        return &grown[view->n_entries++];
}

static uint64_t number_at(const json_t *answer, const char *object, const char *key) {
        json_int_t n = json_integer_value(json_object_get(json_object_get(answer, object), key));

        return n > 0 ? (uint64_t) n : 0;
}

/* Half of what is seen now and half of what was seen before: a load balancer that follows each moment swings. */
static void take_load(AgentPool *pool, const json_t *answer, bool is_first) {
        uint64_t limit = number_at(answer, "workers", "max"),
                 wanted = number_at(answer, "workers", "busy") + number_at(answer, "queue", "now");
        double used = limit > 0 ? (double) wanted / (double) limit : 0;

        if (used > 1)
                used = 1;
        pool->worker_limit = limit;
        pool->used = is_first ? used : (pool->used + used) / 2;
}

/* One whose file had a mistake has more turns than the others, for as long as these are few: it gets no requests, and
 * is to have them back when the file is right, or was only being written. */
static bool has_its_turn(AgentView *view, const AgentEntry *entry) {
        size_t n = view->n_entries, i = (size_t) (entry - view->entries);

        return (i + n - view->first_file % n) % n < FILES_AT_ONCE ||
               (entry->pool.has_mistake && view->n_read_again < FILES_AT_ONCE);
}

/* A pool that is at rest starts with its file as it is then. One that runs goes on with what it has read. */
static void look_at_file(
                AgentView *view, AgentEntry *entry, const PoolFacts *facts, uint64_t now_usec) {
        if (!pool_is_at_rest(entry->pool.presence)) {
                entry->pool.has_mistake = false;
                entry->file_usec = 0;
                return;
        }
        if ((entry->file_usec > 0 && now_usec - entry->file_usec < FILE_USEC) ||
                        !has_its_turn(view, entry))
                return;

        view->n_read_again += entry->pool.has_mistake;
        entry->file_usec = now_usec;
        entry->pool.has_mistake = pools_file_state(&view->pools, facts) == POOL_FILE_WRONG;
}

static void take_answer(
                AgentView *view, AgentEntry *entry, const Question *question, uint64_t now_usec) {
        const PoolFacts *known = find_facts(view, entry->name);
        PoolFacts facts = known ? *known : (PoolFacts){ .name = entry->name };
        AgentPool *pool = &entry->pool;
        bool answers = question->result == 0 && question->json;

        facts.question = *question;
        pool->presence = pool_presence(&facts);
        look_at_file(view, entry, &facts, now_usec);
        if (answers)
                take_load(pool, question->json, entry->fresh_usec == 0 || pool->worker_limit == 0);
        else if (pool->presence != PRESENCE_SILENT)
                pool->used = 0;
        if (!answers)
                pool->worker_limit = 0;

        if (!question_was_late(question))
                entry->silent_usec = 0;
        else if (entry->silent_usec == 0 || question->patience_usec == 0)
                entry->silent_usec = now_usec;
        pool->starts_late = agent_start_is_late(&entry->start, pool->presence, now_usec);
        entry->fresh_usec = now_usec;
}

static bool is_due(const AgentEntry *entry, uint64_t now_usec) {
        return now_usec - entry->asked_usec < INTEREST_USEC &&
               now_usec - entry->fresh_usec >= FRESH_USEC / 2;
}

static void put_question(const AgentEntry *entry, Question *question, uint64_t now_usec) {
        question_init(question, entry->name, CONTROL_STATUS);
        if (entry->silent_usec > 0 && now_usec - entry->silent_usec < TRY_AGAIN_USEC)
                question->patience_usec = SILENT_PATIENCE_USEC;
}

/* All that are due, at once: the others would be asked for in the next moment. */
static void refresh(AgentView *view, uint64_t now_usec) {
        Question *questions = calloc(view->n_entries, sizeof(*questions));
        double cpu = cpu_pressure_read();
        size_t n = 0;

        if (!questions)
                return;

        for (size_t i = 0; i < view->n_entries; i++)
                if (is_due(&view->entries[i], now_usec))
                        put_question(&view->entries[i], &questions[n++], now_usec);

        client_ask(questions, n, AGENT_ASK_USEC);
        for (size_t i = 0, k = 0; i < view->n_entries; i++)
                if (is_due(&view->entries[i], now_usec)) {
                        view->entries[i].pool.cpu_pressure = cpu;
                        take_answer(view, &view->entries[i], &questions[k++], now_usec);
                }

        view->first_file += FILES_AT_ONCE;
        view->n_read_again = 0;
        for (size_t i = 0; i < n; i++)
                question_done(&questions[i]);
        free(questions);
}

/* --- */

void agent_view_get(AgentView *view, const char *name, AgentPool *ret) {
        uint64_t now = clock_now_usec();
        AgentEntry *entry;

        *ret = (AgentPool){};
        list(view, now);
        if (!find_facts(view, name))
                return;

        entry = find_entry(view, name);
        if (!entry)
                return;

        entry->asked_usec = now;
        if (entry->fresh_usec == 0 || now - entry->fresh_usec >= FRESH_USEC)
                refresh(view, now);

        *ret = entry->pool;
        ret->is_known = true;
        ret->is_drained = rotation_seconds_left(name) > 0;
}

void agent_view_done(AgentView *view) {
        for (size_t i = 0; i < view->n_entries; i++)
                free(view->entries[i].name);

        free(view->entries);
        pools_done(&view->pools);
        *view = (AgentView){};
}

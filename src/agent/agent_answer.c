/* SPDX-License-Identifier: MIT */
#include "agent/agent_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

unsigned agent_read_line(char *line) {
        unsigned wishes = 0;
        char *words, *word;

        line[strcspn(line, "\r\n")] = '\0';
        words = line + strcspn(line, " ");
        if (*words == '\0')
                return AGENT_ALL;

        *words++ = '\0';
        while ((word = strsep(&words, " ")))
                wishes |= strcmp(word, "weight") == 0    ? AGENT_WEIGHT
                          : strcmp(word, "maxconn") == 0 ? AGENT_MAXCONN
                                                         : 0;

        return wishes;
}

static double limited(double share) {
        return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* A machine whose processors are busy is slower, and still serves: half of its weight is for that. */
unsigned agent_weight(double used, double cpu_pressure) {
        double weight = 100 * (1 - limited(used)) * (1 - limited(cpu_pressure) / 2);

        return weight < AGENT_WEIGHT_MIN ? AGENT_WEIGHT_MIN : (unsigned) (weight + 0.5);
}

/* Of a server that cannot serve. HAProxy logs and shows what is behind the sharp. */
static const char *trouble_of(const AgentPool *pool) {
        if (!pool->is_known)
                return "fail#there is no pool of this name";
        if (pool->presence == PRESENCE_FAILED)
                return "fail#the pool has failed";
        if (pool->has_mistake)
                return "fail#the pool file has a mistake";
        if (pool->starts_late)
                return "fail#the pool does not start";
        if (pool->presence == PRESENCE_STOPPED)
                return "stopped#nobody has started the pool";

        return NULL;
}

void agent_answer(const AgentPool *pool, unsigned wishes, char ret[static AGENT_ANSWER_MAX]) {
        const char *trouble = trouble_of(pool);
        bool drains = pool->is_drained || pool->presence == PRESENCE_STOPPING;
        char weight[16] = "", limit[32] = "";

        if (trouble) {
                snprintf(ret, AGENT_ANSWER_MAX, "%s\n", trouble);
                return;
        }

        /* The workers of a manager that gives no answer may serve as before: the weight stays what it is. */
        if (pool->presence == PRESENCE_SILENT) {
                snprintf(ret, AGENT_ANSWER_MAX, "up%s\n", drains ? " drain" : "");
                return;
        }

        if (wishes & AGENT_WEIGHT)
                snprintf(weight, sizeof(weight), " %u%%",
                                agent_weight(pool->used, pool->cpu_pressure));
        if ((wishes & AGENT_MAXCONN) && pool->worker_limit > 0)
                snprintf(limit, sizeof(limit), " maxconn:%" PRIu64, pool->worker_limit);
        snprintf(ret, AGENT_ANSWER_MAX, "up %s%s%s\n", drains ? "drain" : "ready", weight, limit);
}

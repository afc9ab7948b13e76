/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/parse.h"

double rate_since_start(double requests, double uptime_sec) {
        return requests / (uptime_sec > 1 ? uptime_sec : 1);
}

typedef struct Item {
        char *name;
        RateSample sample;
} Item;

struct Rates {
        Item *items;
        size_t n_items;
};

int rates_new(Rates **ret) {
        *ret = calloc(1, sizeof(**ret));

        return *ret ? 0 : -ENOMEM;
}

Rates *rates_free(Rates *rates) {
        if (!rates)
                return NULL;

        for (size_t i = 0; i < rates->n_items; i++)
                free(rates->items[i].name);
        free(rates->items);
        free(rates);
        return NULL;
}

static Item *get(Rates *rates, const char *name) {
        Item *items;

        for (size_t i = 0; i < rates->n_items; i++)
                if (strcmp(rates->items[i].name, name) == 0)
                        return &rates->items[i];

        items = reallocarray(rates->items, rates->n_items + 1, sizeof(*items));
        if (!items)
                return NULL;

        rates->items = items;
        items[rates->n_items] = (Item){ .name = strdup(name) };
        return items[rates->n_items].name ? &items[rates->n_items++] : NULL;
}

int rates_add(Rates *rates, const char *name, const RateSample *sample, uint64_t uptime_usec,
                Rate *ret) {
        Item *item = get(rates, name);
        RateSample from;
        double usec;

        if (!item)
                return -ENOMEM;

        from = item->sample;
        if (from.usec == 0 || from.usec >= sample->usec || from.requests > sample->requests ||
                        from.cpu_usec > sample->cpu_usec)
                from = (RateSample){
                        .usec = sample->usec -
                                number_min(sample->usec, number_max(uptime_usec, USEC_PER_SEC))
                };

        usec = (double) (sample->usec - from.usec);
        *ret = (Rate){};
        if (usec > 0)
                *ret = (Rate){
                        .requests = (double) (sample->requests - from.requests) / usec * 1e6,
                        .cpu = (double) (sample->cpu_usec - from.cpu_usec) / usec,
                };

        item->sample = *sample;
        return 0;
}

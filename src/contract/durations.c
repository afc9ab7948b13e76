/* SPDX-License-Identifier: MIT */
#include "contract/durations.h"

#include "base/cleanup.h"
#include "base/number.h"

/* One worker at a million requests a second for twelve days, or at work for 35 years; and what is far
 * from an overflow in a signed number. */
#define CLAIM_N_MAX (UINT64_C(1) << 40)
#define CLAIM_USEC_MAX (UINT64_C(1) << 50)
#define SUM_MAX (UINT64_C(1) << 58)

static const struct {
        uint64_t usec;
        const char *text;
} bounds[DURATION_BUCKETS] = {
        { 1000, "0.001" },
        { 2500, "0.0025" },
        { 5000, "0.005" },
        { 10000, "0.01" },
        { 25000, "0.025" },
        { 50000, "0.05" },
        { 100000, "0.1" },
        { 250000, "0.25" },
        { 500000, "0.5" },
        { 1000000, "1.0" },
        { 2500000, "2.5" },
        { 5000000, "5.0" },
        { 10000000, "10.0" },
        { 30000000, "30.0" },
        { UINT64_MAX, "+Inf" },
};

unsigned durations_bucket(uint64_t usec) {
        unsigned i = 0;

        while (usec > bounds[i].usec)
                i++;

        return i;
}

const char *durations_bound(unsigned bucket) {
        return bounds[bucket].text;
}

void durations_add_claim(Durations *sum, const Durations *claim) {
        Durations possible = { .sum_usec = number_min(claim->sum_usec, CLAIM_USEC_MAX) };

        for (unsigned i = 0; i < DURATION_BUCKETS; i++)
                possible.n[i] = number_min(claim->n[i], CLAIM_N_MAX);
        durations_add(sum, &possible);
}

void durations_add(Durations *sum, const Durations *other) {
        for (unsigned i = 0; i < DURATION_BUCKETS; i++)
                sum->n[i] = number_min(sum->n[i] + number_min(other->n[i], SUM_MAX), SUM_MAX);
        sum->sum_usec = number_min(sum->sum_usec + number_min(other->sum_usec, SUM_MAX), SUM_MAX);
}

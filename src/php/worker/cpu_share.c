/* SPDX-License-Identifier: MIT */
#include "php/worker/cpu_share.h"

enum {
        WHOLE = 10000,
};

void cpu_share_init(CpuShare *ret, uint64_t cpu_usec) {
        *ret = (CpuShare){ .cpu_usec = cpu_usec };
}

bool cpu_share_add(CpuShare *share, uint64_t duration_usec) {
        share->elapsed_usec += duration_usec;
        share->n_requests++;
        return share->elapsed_usec >= CPU_SHARE_SAMPLE_USEC;
}

void cpu_share_sample(CpuShare *share, uint64_t cpu_usec) {
        uint64_t used = cpu_usec - share->cpu_usec;

        if (share->elapsed_usec == 0)
                return;

        share->centipercent = used * WHOLE / share->elapsed_usec;

        /* Work between two requests counts, too: for short requests it is a good part. A request can use more than one
         * CPU, by threads of an extension. */
        if (share->n_requests > 1 && share->centipercent > WHOLE)
                share->centipercent = WHOLE;

        share->cpu_usec = cpu_usec;
        share->elapsed_usec = 0;
        share->n_requests = 0;
}

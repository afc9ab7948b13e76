/* SPDX-License-Identifier: MIT */
#include "contract/fingerprint.h"

#include <string.h>

#include "contract/message.h"
#include "contract/scoreboard_internal.h"

/* The edition is to be raised where the meaning of something changes and its size does not. It is looked for in the
 * file by the test that plays another build. */
static const volatile struct {
        char mark[16];
        uint64_t edition;
} contract = { .mark = "fpmd contract: ", .edition = 2 };

uint64_t fingerprint_add(uint64_t sum, const void *data, size_t size) {
        const unsigned char *bytes = data;

        for (size_t i = 0; i < size; i++)
                sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);

        return sum;
}

uint64_t contract_fingerprint(void) {
        static const size_t layout[] = {
                MESSAGE_READY,
                MESSAGE_TRACED,
                sizeof(Message),
                SCOREBOARD_SLOTS_MAX,
                SCOREBOARD_QUEUES_MAX,
                _SLOT_STATE_MAX,
                sizeof(PoolTotals),
                sizeof(PoolControl),
                offsetof(PoolControl, stale),
                offsetof(PoolControl, retired),
                offsetof(PoolControl, totals),
                offsetof(PoolControl, totals_answered),
                sizeof(BoardHead),
                offsetof(BoardHead, n_questions),
                offsetof(BoardHead, changed),
                offsetof(BoardHead, refused),
                offsetof(BoardHead, n_queued_max),
                sizeof(SlotDetail),
                offsetof(SlotDetail, method),
                sizeof(SlotDurations),
                DURATION_BUCKETS,
        };
        uint64_t edition = contract.edition;

        return fingerprint_add(
                        fingerprint_add(UINT64_C(0xcbf29ce484222325), layout, sizeof(layout)),
                        &edition, sizeof(edition));
}

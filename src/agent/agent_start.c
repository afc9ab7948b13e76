/* SPDX-License-Identifier: MIT */
#include "agent/agent_start.h"

bool agent_start_is_late(AgentStart *start, PoolPresence presence, uint64_t now_usec) {
        /* Between two tries it has failed, stops, listens only, or has a manager that is about to leave. */
        bool tries = presence == PRESENCE_STARTING || presence == PRESENCE_FAILED,
             has_ended = presence == PRESENCE_SERVING || presence == PRESENCE_STOPPED;

        if (has_ended || now_usec - start->tried_usec > AGENT_PAUSE_USEC)
                *start = (AgentStart){};
        if (tries) {
                if (start->since_usec == 0)
                        start->since_usec = now_usec;
                start->tried_usec = now_usec;
        }

        return start->tried_usec - start->since_usec >= AGENT_START_USEC;
}

/* SPDX-License-Identifier: MIT */
/* Feeds each event to a generation in each state: what follows, what is done, and until when it may last. The loop
 * and the clock are the test's. */

#include "manager/generation/generation_state.h"

#include <string.h>

#include "unit.h"

#define NOW UINT64_C(1000000000)
#define SECOND UINT64_C(1000000)

/* One letter for a state, one for an action. */
static const char states[] = "SWVDOG";
static const char actions[] = {
        [GENERATION_IGNORE] = '.',
        [GENERATION_MISUSE] = '!',
        [GENERATION_TAKE] = 't',
        [GENERATION_WARM] = 'w',
        [GENERATION_REFUSE] = 'r',
        [GENERATION_SERVE] = 's',
        [GENERATION_DRAIN] = 'd',
        [GENERATION_HURRY] = 'h',
        [GENERATION_KILL] = 'k',
        [GENERATION_GIVE_UP] = 'u',
        [GENERATION_KILL_ZYGOTE] = 'z',
        [GENERATION_KILL_WORKERS] = 'o',
        [GENERATION_KEEP_WORKERS] = 'p',
        [GENERATION_LEAVE_WORKERS] = 'a',
        [GENERATION_LEAVE] = 'l',
};

/* For each event the state that follows and the action, from each state: starting, warming, serving, draining,
 * orphaned, gone. */
static const char *const expected[_GENERATION_EVENT_MAX] = {
        [GENERATION_READY] = "Ww W! V! D. O! G.",
        [GENERATION_FAILED] = "Dr W! V! Dr O! G.",
        [GENERATION_FORKED] = "S! Wt Vt Dt O! G.",
        [GENERATION_NOT_FORKED] = "S! Wt Vt Dt O! G.",
        [GENERATION_EXITED] = "S! Wt Vt Dt O! G.",
        [GENERATION_PONG] = "St Wt Vt Dt O! G.",
        [GENERATION_FRAME] = "S! Wt Vt Dt O! G.",
        [GENERATION_TRACED] = "S! Wt Vt Dt O! G.",
        [GENERATION_WORKER_WAITS] = "S. Vs V. D. O. G.",
        [GENERATION_ASKED_TO_DRAIN] = "Dk Dd Dd Dh Oh G.",
        [GENERATION_ASKED_TO_STOP] = "Dk Dd Dd Dh Oh G.",
        [GENERATION_TO_BE_KILLED] = "Dk Dk Dk Dk Oo G.",
        [GENERATION_PING_MISSED] = "Dz Dz Dz Dz O. G.",
        [GENERATION_ZYGOTE_DIED] = "Gl Gl Gl Gl O. G.",
        [GENERATION_ZYGOTE_LEFT_THEM] = "Op Op Op Op O. G.",
        [GENERATION_LAST_LEFT] = "S. W. V. D. Gl G.",
        [GENERATION_ABANDONED] = "S. W. V. D. Gl G.",
        [GENERATION_TIME_IS_UP] = "Du Du V. Du Ou G.",
        [GENERATION_KILL_FAILED] = "S. W. V. Dz Ga G.",
};

/* Led there as in life. */
static GenerationLife life_in(GenerationState state, uint64_t process_control_timeout_usec) {
        GenerationLife life;

        generation_life_init(&life, process_control_timeout_usec, NOW);
        if (state == GENERATION_STARTING)
                return life;

        generation_life_take(&life, GENERATION_READY, NOW);
        if (state == GENERATION_WARMING)
                return life;

        generation_life_take(&life, GENERATION_WORKER_WAITS, NOW);
        if (state == GENERATION_SERVING)
                return life;

        if (state == GENERATION_GONE)
                generation_life_take(&life, GENERATION_ZYGOTE_DIED, NOW);
        else if (state == GENERATION_ORPHANED)
                generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, NOW);
        else
                generation_life_take(&life, GENERATION_ASKED_TO_DRAIN, NOW);
        return life;
}

START_TEST(each_event_in_each_state) {
        for (GenerationEvent event = 0; event < _GENERATION_EVENT_MAX; event++)
                for (GenerationState state = 0; state < _GENERATION_STATE_MAX; state++) {
                        GenerationLife life = life_in(state, 0);
                        char got[3] = "";

                        ck_assert_uint_eq(life.state, state);
                        got[1] = actions[generation_life_take(&life, event, NOW)];
                        got[0] = states[life.state];
                        ck_assert_msg(strncmp(got, expected[event] + 3 * state, 2) == 0,
                                        "event %u in state %c: %s", event, states[state], got);
                }
}
END_TEST

/* What happens when nothing else does. */
static GenerationEvent next_event(GenerationLife *life, uint64_t *now) {
        GenerationEvent event = _GENERATION_EVENT_MAX;
        uint64_t next = generation_life_next_usec(life);

        if (next == 0)
                return _GENERATION_EVENT_MAX;

        ck_assert_uint_ge(next, *now);
        ck_assert(!generation_life_time(life, next - 1, &event));
        *now = next;
        ck_assert(generation_life_time(life, next, &event));
        return event;
}

START_TEST(a_start_has_a_limit_until_it_serves) {
        GenerationLife life = life_in(GENERATION_WARMING, 0);
        uint64_t now = NOW;

        ck_assert_uint_eq(next_event(&life, &now), GENERATION_TIME_IS_UP);
        ck_assert_uint_eq(now, NOW + GENERATION_START_LIMIT_USEC);
        ck_assert_uint_eq(generation_life_take(&life, GENERATION_TIME_IS_UP, now),
                        GENERATION_GIVE_UP);
        ck_assert(life.doomed);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_KILL_FAILED);

        life = life_in(GENERATION_SERVING, 0);
        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);
}
END_TEST

START_TEST(a_drain_has_a_limit_where_somebody_waits) {
        GenerationLife life = life_in(GENERATION_DRAINING, 0);
        uint64_t now = NOW;

        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);
        generation_life_take(&life, GENERATION_ASKED_TO_STOP, NOW + SECOND);
        generation_life_take(&life, GENERATION_ASKED_TO_STOP, NOW + 2 * SECOND);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_TIME_IS_UP);
        ck_assert_uint_eq(now, NOW + SECOND + GENERATION_DRAIN_LIMIT_USEC);

        now = NOW;
        life = life_in(GENERATION_DRAINING, 7 * SECOND);
        generation_life_take(&life, GENERATION_ASKED_TO_STOP, NOW + SECOND);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_TIME_IS_UP);
        ck_assert_uint_eq(now, NOW + 7 * SECOND);
}
END_TEST

START_TEST(workers_without_a_zygote_keep_their_limit) {
        GenerationLife life = life_in(GENERATION_DRAINING, 7 * SECOND);
        uint64_t now = NOW;

        generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, NOW + 2 * SECOND);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_TIME_IS_UP);
        ck_assert_uint_eq(now, NOW + 7 * SECOND);

        now = NOW;
        life = life_in(GENERATION_SERVING, 7 * SECOND);
        generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, NOW + 2 * SECOND);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_TIME_IS_UP);
        ck_assert_uint_eq(now, NOW + 9 * SECOND);

        /* Killed, and left alone when that is in vain. */
        ck_assert_uint_eq(generation_life_take(&life, GENERATION_TIME_IS_UP, now),
                        GENERATION_GIVE_UP);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_KILL_FAILED);
        ck_assert_uint_eq(now, NOW + 9 * SECOND + GENERATION_KILL_LIMIT_USEC);
        ck_assert_uint_eq(generation_life_take(&life, GENERATION_KILL_FAILED, now),
                        GENERATION_LEAVE_WORKERS);
        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);

        life = life_in(GENERATION_SERVING, 0);
        generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, NOW);
        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);
}
END_TEST

START_TEST(who_is_to_be_killed_is_killed_again) {
        GenerationLife life = life_in(GENERATION_SERVING, 0);
        uint64_t now = NOW;

        generation_life_take(&life, GENERATION_TO_BE_KILLED, NOW);
        for (unsigned i = 1; i < 4; i++) {
                ck_assert_uint_eq(next_event(&life, &now), GENERATION_KILL_FAILED);
                ck_assert_uint_eq(now, NOW + i * GENERATION_KILL_LIMIT_USEC);
                ck_assert_uint_eq(generation_life_take(&life, GENERATION_KILL_FAILED, now),
                                GENERATION_KILL_ZYGOTE);
        }

        generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, now);
        ck_assert(life.doomed);
        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);
}
END_TEST

START_TEST(a_missed_ping_dooms_nobody) {
        GenerationLife life = life_in(GENERATION_SERVING, 0);
        uint64_t now = NOW;

        ck_assert_uint_eq(generation_life_take(&life, GENERATION_PING_MISSED, NOW),
                        GENERATION_KILL_ZYGOTE);
        ck_assert(!life.doomed);
        generation_life_take(&life, GENERATION_ZYGOTE_LEFT_THEM, NOW);
        ck_assert_uint_eq(next_event(&life, &now), _GENERATION_EVENT_MAX);
}
END_TEST

/* A zygote that says again and again that it cannot start does not live longer by that. */
START_TEST(a_refusal_ends_soon) {
        GenerationLife life = life_in(GENERATION_STARTING, 0);
        uint64_t now = NOW;

        for (unsigned i = 0; i < 3; i++)
                ck_assert_uint_eq(generation_life_take(&life, GENERATION_FAILED, NOW + i * SECOND),
                                GENERATION_REFUSE);
        ck_assert_uint_eq(next_event(&life, &now), GENERATION_KILL_FAILED);
        ck_assert_uint_eq(now, NOW + GENERATION_REFUSED_LIMIT_USEC);
}
END_TEST

UNIT_MAIN("generation-state", each_event_in_each_state, a_start_has_a_limit_until_it_serves,
                a_drain_has_a_limit_where_somebody_waits, workers_without_a_zygote_keep_their_limit,
                who_is_to_be_killed_is_killed_again, a_missed_ping_dooms_nobody,
                a_refusal_ends_soon);

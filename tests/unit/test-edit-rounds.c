/* SPDX-License-Identifier: MIT */
#include "manager/edit_rounds.h"

#include "base/parse.h"
#include "unit.h"

enum {
        OWN = 1,
        OTHER,
};

static EditRounds rounds;
static uint64_t now;

static void setup(void) {
        rounds = (EditRounds){};
        now = 1000 * USEC_PER_SEC;
}

/* The change is noted and its reload serves, with a boot of half a second. */
static void reload(uint64_t which) {
        uint64_t due;

        ck_assert_int_eq(edit_rounds_note(&rounds, which, false, now), EDIT_RELOADS);
        due = edit_rounds_due_usec(&rounds, now);
        if (due > now)
                now = due;
        rounds.asked_usec = now;
        now += USEC_PER_SEC / 2;
        rounds.serving_usec = now;
}

START_TEST(test_person) {
        for (int i = 0; i < 100; i++) {
                uint64_t begun = now;

                reload(OWN);
                ck_assert_uint_le(now, begun + USEC_PER_SEC / 2);
                now += 3 * USEC_PER_SEC;
        }
}
END_TEST

/* Two in a second are one reload in it. */
START_TEST(test_pause) {
        reload(OWN);
        now -= USEC_PER_SEC / 4;
        ck_assert_int_eq(edit_rounds_note(&rounds, OTHER, false, now), EDIT_RELOADS);
        ck_assert_uint_ge(edit_rounds_due_usec(&rounds, now), rounds.asked_usec + USEC_PER_SEC);
}
END_TEST

/* Each boot writes a file of its own: some rounds, and an end. */
static void boot_until_left(void) {
        int n = 0;

        for (reload(OWN); n < 10; n++) {
                EditVerdict verdict = edit_rounds_note(&rounds, OWN, true, now - 1000);

                /* Again by another worker of the same round. */
                if (verdict == EDIT_IS_LEFT_ANEW) {
                        ck_assert_int_eq(edit_rounds_note(&rounds, OWN, false, now), EDIT_IS_LEFT);
                        break;
                }
                reload(OWN);
        }
        ck_assert_int_eq(n, 4);
}

START_TEST(test_boot_writes) {
        uint64_t begun = now;

        boot_until_left();
        ck_assert_uint_le(now, begun + 40 * USEC_PER_SEC);

        /* Something else is noticed, at once too; and later the file itself. */
        ck_assert_int_eq(edit_rounds_note(&rounds, OWN ^ OTHER, false, now), EDIT_RELOADS);
        now += 30 * USEC_PER_SEC;
        ck_assert_int_eq(edit_rounds_note(&rounds, OWN, false, now), EDIT_RELOADS);
}
END_TEST

START_TEST(test_left_and_changed_later) {
        boot_until_left();
        now += 10 * USEC_PER_SEC;
        reload(OWN); /* by whoever it was */
        ck_assert_int_eq(edit_rounds_note(&rounds, OWN, false, now), EDIT_IS_LEFT);

        /* After a quiet minute all begins anew. */
        now += 120 * USEC_PER_SEC;
        reload(OWN);
        reload(OWN);
        reload(OWN);
}
END_TEST

/* Requests write it all the time: the reloads come less and less often, and do not begin anew. */
START_TEST(test_requests_write) {
        unsigned n = 0;

        for (uint64_t end = now + 600 * USEC_PER_SEC; now < end; now += USEC_PER_SEC) {
                if (edit_rounds_note(&rounds, OWN, false, now) != EDIT_RELOADS)
                        continue;

                n++;
                reload(OWN);
        }
        ck_assert_uint_le(n, 20);
        ck_assert_uint_ge(n, 8);
}
END_TEST

/* A person who saves a file all the time, also while it boots, meets a pause. */
START_TEST(test_busy_person) {
        for (int i = 0; i < 50; i++) {
                reload(OWN);
                ck_assert_int_eq(edit_rounds_note(&rounds, OWN, true, now), EDIT_RELOADS);
                now += 2500000;
                ck_assert_int_eq(edit_rounds_note(&rounds, OWN, false, now), EDIT_RELOADS);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("edit-rounds");
        TCase *tc = tcase_create("all");

        tcase_add_checked_fixture(tc, setup, NULL);
        tcase_add_test(tc, test_person);
        tcase_add_test(tc, test_pause);
        tcase_add_test(tc, test_boot_writes);
        tcase_add_test(tc, test_left_and_changed_later);
        tcase_add_test(tc, test_requests_write);
        tcase_add_test(tc, test_busy_person);
        suite_add_tcase(s, tc);
        return s;
}

UNIT_ENTRY {
        return unit_run(suite());
}

/* SPDX-License-Identifier: MIT */
/* Proves that fields stand in an entry as journald takes them, whatever is in their values. */

#include "base/journal_entry.h"

#include <string.h>

#include "unit.h"

static void check(const JournalEntry *entry, const char *expected, size_t n) {
        ck_assert(!entry->failed);
        ck_assert_uint_eq(entry->size, n);
        ck_assert_mem_eq(entry->data, expected, n);
}

START_TEST(plain_values) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};

        journal_entry_add(&entry, "MESSAGE", "a = b");
        journal_entry_add_number(&entry, "PRIORITY", 4);
        check(&entry, "MESSAGE=a = b\nPRIORITY=4\n", 25);
}
END_TEST

START_TEST(a_value_with_a_new_line_makes_no_field) {
        static const char expected[] = "MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
        _cleanup_(journal_entry_done) JournalEntry entry = {};

        journal_entry_add(&entry, "MESSAGE", "a\nPRIORITY=0");
        check(&entry, expected, sizeof(expected) - 1);
}
END_TEST

START_TEST(a_value_may_hold_zero_bytes) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};

        journal_entry_add_bytes(&entry, "A", "x\0y", 3);
        check(&entry, "A=x\0y\n", 6);
}
END_TEST

START_TEST(nothing_is_left_out) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};

        journal_entry_add(&entry, "A", NULL);
        journal_entry_add(&entry, "B", "");
        journal_entry_add_bytes(&entry, "C", NULL, 7);
        ck_assert_uint_eq(entry.size, 0);
}
END_TEST

START_TEST(grows) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};
        static char large[100000];

        memset(large, 'x', sizeof(large) - 1);
        journal_entry_add(&entry, "A", "1");
        journal_entry_add(&entry, "B", large);
        journal_entry_add(&entry, "C", "3");
        ck_assert(!entry.failed);
        ck_assert_uint_eq(entry.size, 4 + 2 + sizeof(large) - 1 + 1 + 4);
        ck_assert_mem_eq(entry.data, "A=1\nB=x", 7);
        ck_assert_mem_eq(entry.data + entry.size - 6, "x\nC=3\n", 6);
}
END_TEST

UNIT_MAIN("journal entry", plain_values, a_value_with_a_new_line_makes_no_field,
                a_value_may_hold_zero_bytes, nothing_is_left_out, grows);

/* SPDX-License-Identifier: MIT */
/* Proves that each event has an id of its own and a text in the catalog, and the catalog none besides. */

#include "contract/events.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static char catalog[1 << 16];

static void read_catalog(void) {
        const char *folder = getenv("srcdir");
        char path[4096];
        FILE *f;

        snprintf(path, sizeof(path), "%s/src/manager/fpmd.catalog", folder ? folder : ".");
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        catalog[fread(catalog, 1, sizeof(catalog) - 1, f)] = '\0';
        fclose(f);
}

START_TEST(ids) {
        for (Event i = 0; i < _EVENT_MAX; i++) {
                ck_assert_uint_eq(strlen(event_id(i)), 32);
                ck_assert_uint_eq(strspn(event_id(i), "0123456789abcdef"), 32);
                ck_assert_uint_eq(strspn(event_name(i), "abcdefghijklmnopqrstuvwxyz-"),
                                strlen(event_name(i)));
                for (Event j = 0; j < i; j++) {
                        ck_assert_str_ne(event_id(i), event_id(j));
                        ck_assert_str_ne(event_name(i), event_name(j));
                }
        }
}
END_TEST

/* "-- ID\nSubject: …\nDefined-By: fpmd\n…\n\ntext" */
START_TEST(each_has_a_text) {
        unsigned n = 0;

        read_catalog();
        for (Event i = 0; i < _EVENT_MAX; i++) {
                char head[64];
                const char *entry;

                snprintf(head, sizeof(head), "\n-- %s\nSubject: ", event_id(i));
                entry = strstr(catalog, head);
                ck_assert_msg(entry, "%s (%s) has no text", event_name(i), event_id(i));
                ck_assert_ptr_nonnull(strstr(entry + strlen(head), "\nDefined-By: fpmd\n"));
        }
        for (const char *s = catalog; (s = strstr(s, "\n-- ")); s++)
                n++;
        ck_assert_uint_eq(n, _EVENT_MAX);
}
END_TEST

/* journalctl shows them as they stand. */
START_TEST(lines_are_short) {
        read_catalog();
        for (const char *line = catalog; *line; line += strcspn(line, "\n") + 1)
                ck_assert_msg(strcspn(line, "\n") <= 76, "too long: %.80s", line);
}
END_TEST

UNIT_MAIN("events", ids, each_has_a_text, lines_are_short);

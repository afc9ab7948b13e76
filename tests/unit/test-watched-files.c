/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "php/zygote/watched_files.h"
#include "unit.h"

enum {
        LIMIT = 20000,
};

static WatchedFiles files;

static WatchedFile *add(const char *path, WatchedKind kind) {
        WatchedFile *file = NULL;

        ck_assert(!watched_files_has(&files, path, kind));
        ck_assert_int_eq(watched_files_add(&files, path, kind, &file), 0);
        ck_assert(watched_files_has(&files, path, kind));
        ck_assert_int_lt(file->wd, 0);
        ck_assert_str_eq(file->path, path);
        return file;
}

static const char *parent_of(const char *path, WatchedKind kind) {
        const WatchedFile *file = add(path, kind);

        return file->parent > 0 ? files.items[file->parent - 1].path : "";
}

static unsigned count_of_wd(int wd) {
        const WatchedFile *file = NULL;
        unsigned n = 0;

        while ((file = watched_files_of_wd(&files, wd, file))) {
                ck_assert_int_eq(file->wd, wd);
                n++;
        }

        return n;
}

START_TEST(test_paths) {
        ck_assert(!watched_files_has(&files, "/srv", WATCHED_FOLDER));
        add("/srv", WATCHED_FOLDER);
        add("/srv", WATCHED_FILE);
        ck_assert(watched_files_has(&files, "/srv", WATCHED_LINK)); /* which a folder may become */
        ck_assert(!watched_files_has(&files, "/sr", WATCHED_FOLDER));
        ck_assert(!watched_files_has(&files, "/srv/", WATCHED_FOLDER));
        ck_assert(!watched_files_has(&files, "", WATCHED_FILE));
        watched_files_done(&files);
}
END_TEST

START_TEST(test_parents) {
        ck_assert_str_eq(parent_of("/srv", WATCHED_FOLDER), "");
        ck_assert_str_eq(parent_of("/srv/app", WATCHED_FOLDER), "/srv");
        ck_assert_str_eq(parent_of("/srv/app/one", WATCHED_FILE), "/srv/app");
        ck_assert_str_eq(parent_of("/srv/application", WATCHED_FILE), "/srv");
        ck_assert_str_eq(parent_of("/elsewhere/one", WATCHED_FILE), "");
        ck_assert_str_eq(parent_of("/srv/app/index", WATCHED_LINK), "/srv/app");
        ck_assert_str_eq(parent_of("/srv/app/index", WATCHED_FILE), "/srv/app/index");
        ck_assert_int_eq(files.items[files.items[files.n - 1].parent - 1].kind, WATCHED_LINK);
        watched_files_done(&files);
}
END_TEST

/* As many as may be: each has a descriptor, which it changes, and the table grows meanwhile. */
START_TEST(test_many) {
        WatchedFile *file;
        char path[32];

        for (int i = 0; i < LIMIT; i++) {
                snprintf(path, sizeof(path), "/file-%d", i);
                watched_files_set_wd(&files, add(path, WATCHED_FILE), i + 1);
                if (i % 3 == 0)
                        watched_files_set_wd(&files, &files.items[i / 2], LIMIT + i + 1);
        }
        ck_assert_int_eq(watched_files_add(&files, "/more", WATCHED_FILE, &file), -ENOSPC);
        for (int i = 0; i < LIMIT; i++) {
                file = &files.items[i];
                ck_assert(watched_files_has(&files, file->path, WATCHED_FILE));
                ck_assert_ptr_eq(watched_files_of_wd(&files, file->wd, NULL), file);
                ck_assert_ptr_null(watched_files_of_wd(&files, file->wd, file));
                if (file->wd != i + 1)
                        ck_assert_uint_eq(count_of_wd(i + 1), 0);
        }
        watched_files_done(&files);
}
END_TEST

/* Hard links have one descriptor; others come to the same place of the table. */
START_TEST(test_descriptors) {
        static const char *const paths[] = { "/a", "/b", "/c", "/d", "/e", "/f" };

        ck_assert_uint_eq(count_of_wd(7), 0);
        for (int i = 0; i < 6; i++)
                watched_files_set_wd(&files, add(paths[i], WATCHED_FILE), i % 2 == 0 ? 7 : 7 + 64);
        ck_assert_uint_eq(count_of_wd(7), 3);
        ck_assert_uint_eq(count_of_wd(7 + 64), 3);
        ck_assert_uint_eq(count_of_wd(7 + 128), 0);
        ck_assert_uint_eq(count_of_wd(-1), 0);

        watched_files_set_wd(&files, &files.items[2], 7); /* as before */
        ck_assert_uint_eq(count_of_wd(7), 3);
        watched_files_set_wd(&files, &files.items[2], 7 + 64);
        ck_assert_uint_eq(count_of_wd(7), 2);
        ck_assert_uint_eq(count_of_wd(7 + 64), 4);
        for (int i = 0; i < 6; i++)
                watched_files_set_wd(&files, &files.items[i], -1);
        ck_assert_uint_eq(count_of_wd(7), 0);
        ck_assert_uint_eq(count_of_wd(7 + 64), 0);

        /* It is given anew. */
        watched_files_set_wd(&files, &files.items[5], 7);
        ck_assert_ptr_eq(watched_files_of_wd(&files, 7, NULL), &files.items[5]);
        watched_files_done(&files);
}
END_TEST

START_TEST(test_events) {
        static const char *const below[] = { "/srv/app/src", "/srv/app/src/one", "/srv/app/two" };
        unsigned n = 0;

        add("/srv", WATCHED_FOLDER);
        add("/srv/app", WATCHED_FOLDER)->has_event = true;
        add("/srv/app.php", WATCHED_FILE);
        add(below[0], WATCHED_FOLDER);
        add(below[1], WATCHED_FILE);
        add(below[2], WATCHED_FILE);
        add("/srv/other", WATCHED_FILE);
        watched_files_pass_events_down(&files);
        for (size_t i = 0; i < files.n; i++)
                n += files.items[i].has_event;
        ck_assert_uint_eq(n, 4);
        for (size_t i = 3; i < 6; i++)
                ck_assert(files.items[i].has_event);
        watched_files_done(&files);
}
END_TEST

UNIT_MAIN("watched-files", test_paths, test_parents, test_many, test_descriptors, test_events);

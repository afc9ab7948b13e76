/* SPDX-License-Identifier: MIT */
#include "fpmctl/migrate/plan_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "fpmctl/migrate/file.h"

int plan_files_write(const MigratePlan *plan, const char *base) {
        _cleanup_free_ char *conf_dir = migrate_file_path(base, "conf.d");

        if (!conf_dir)
                return -ENOMEM;
        if ((mkdir(base, 0755) < 0 && errno != EEXIST) ||
                        (mkdir(conf_dir, 0755) < 0 && errno != EEXIST))
                return -errno;

        for (size_t i = 0; i < plan->n_files; i++) {
                _cleanup_free_ char *path = migrate_file_path(base, plan->files[i].name);
                int r;

                r = path ? fd_replace_file(AT_FDCWD, path, plan->files[i].text, plan->files[i].mode)
                         : -ENOMEM;
                if (r < 0)
                        return r;
        }

        return 0;
}

void plan_files_remove(const MigratePlan *plan, const char *base) {
        _cleanup_free_ char *conf_dir = migrate_file_path(base, "conf.d");

        for (size_t i = 0; i < plan->n_files; i++) {
                _cleanup_free_ char *path = migrate_file_path(base, plan->files[i].name);

                if (path)
                        (void) unlink(path);
        }
        if (conf_dir)
                (void) rmdir(conf_dir);
        (void) rmdir(base);
}

/* old is what stood at path before the migration, or NULL; text is what the migration has written there. */
static int restore_one(const char *path, const char *text, const char *old) {
        _cleanup_free_ char *now = migrate_file_read(path), *kept = NULL;
        int r;

        if (now && strcmp(now, text) != 0 && (!old || strcmp(now, old) != 0)) {
                r = migrate_file_put_away(path, "changed", &kept);
                if (r < 0)
                        return r;
                printf("kept %s, which was changed, as %s\n", path, kept);
        } else if (now && !old && unlink(path) < 0)
                return -errno;

        return old ? fd_replace_file(AT_FDCWD, path, old, 0644) : 0;
}

int plan_files_restore(json_t *files, const json_t *saved) {
        const char *path;
        json_t *text;

        json_object_foreach(files, path, text) {
                _cleanup_free_ char *written = migrate_file_from_json(text),
                                    *old = migrate_file_from_json(json_object_get(saved, path));
                int r;

                r = written ? restore_one(path, written, old) : -EINVAL;
                if (r < 0)
                        return r;
        }

        return 0;
}

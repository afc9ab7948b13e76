/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/value/log_target.h"
#include "generator/unit.h"

typedef struct Paths {
        FILE *out;
        bool any;
} Paths;

/* RequiresMountsFor= takes several paths, in quotes. What cannot stand there is left out: then the pool starts without
 * waiting for the mount. */
static void add(Paths *paths, const char *root, const char *path, size_t size) {
        if (size == 0 && !root)
                return;

        for (const char *p = path; p < path + size; p++)
                if ((unsigned char) *p < ' ' || strchr("\\\"'\x7f", *p))
                        return;

        fprintf(paths->out, "%s\"", paths->any ? " " : "RequiresMountsFor=");
        for (const char *p = root; p && *p; p++)
                fputs(*p == '%' ? "%%" : (char[]){ *p, '\0' }, paths->out);
        for (const char *p = path; p < path + size; p++)
                fputs(*p == '%' ? "%%" : (char[]){ *p, '\0' }, paths->out);
        fputc('"', paths->out);
        paths->any = true;
}

/* As pool_config_load() makes a path absolute: with prefix. */
static char *resolve(const PoolConfig *config, const char *path) {
        const char *variable = "$prefix", *prefix = "";
        char *whole;

        if (*path != '/') {
                if (!config->prefix)
                        return NULL;

                prefix = config->prefix;
                if (strncmp(path, variable, strlen(variable)) == 0)
                        path += strlen(variable);
        }

        if (asprintf(&whole, "%s%s%s", prefix, *path == '/' || *path == '\0' ? "" : "/", path) < 0)
                return NULL;

        return whole;
}

static void add_folder_of(Paths *paths, const PoolConfig *config, const char *log) {
        _cleanup_free_ char *file =
                        log && !log_target_is_journal(log) ? resolve(config, log) : NULL;
        const char *slash = file ? strrchr(file, '/') : NULL;
        size_t size = slash ? (size_t) (slash - file) : 0;

        /* LogsDirectory= of the unit makes that folder. */
        if (size > 0 && strncmp(file, FPMD_LOG_DIR "/", strlen(FPMD_LOG_DIR "/")) != 0)
                add(paths, NULL, file, size);
}

static bool is_plain(const char *root) {
        for (const char *p = root; p && *p; p++)
                if ((unsigned char) *p < ' ' || strchr("\\\"'\x7f", *p))
                        return false;

        return true;
}

static void add_all(Paths *paths, const PoolConfig *config) {
        _cleanup_free_ char *root = config->chroot ? resolve(config, config->chroot) : NULL;
        const char *chdir = config->chdir && *config->chdir == '/' ? config->chdir : "";

        if (is_plain(root) && ((root && root[1]) || (*chdir && chdir[1])))
                add(paths, root, chdir, strlen(chdir));

        add_folder_of(paths, config, config->access_log);
        add_folder_of(paths, config, config->slowlog);
}

static int write_target(const PoolConfig *config, Paths *paths, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        paths->out = open_memstream(&text, &size);
        if (!paths->out)
                return -ENOMEM;

        fprintf(paths->out,
                        "# Made by fpmd-generator(8) from the pool file %s.conf.\n"
                        "[Unit]\n"
                        "Description=Mounts of the PHP pool %s\n"
                        "Documentation=man:fpmd-generator(8)\n"
                        "StopWhenUnneeded=yes\n",
                        config->name, config->name);
        add_all(paths, config);
        fputc('\n', paths->out);
        if (fclose(paths->out) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

int unit_mounts(const PoolConfig *config, char **ret_target, char **ret_dropin) {
        _cleanup_free_ char *target = NULL;
        Paths paths = {};
        int r;

        *ret_target = *ret_dropin = NULL;
        r = write_target(config, &paths, &target);
        if (r < 0 || !paths.any)
                return r;

        if (asprintf(ret_dropin,
                            "# Made by fpmd-generator(8) from the pool file %s.conf. Wants=: a mount that fails "
                            "would\n# otherwise fail each start of the pool at once, and with it the socket.\n"
                            "[Unit]\n"
                            "Wants=fpmd-mounts@%s.target\n"
                            "After=fpmd-mounts@%s.target\n",
                            config->name, config->name, config->name) < 0) {
                *ret_dropin = NULL;
                return -ENOMEM;
        }

        *ret_target = TAKE_PTR(target);
        return 0;
}

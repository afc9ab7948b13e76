/* SPDX-License-Identifier: MIT */
#include "generator/run_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "contract/unit_files.h"
#include "listen/address_key.h"

#define RUN_FOLDER "/run/fpmd"

enum {
        MODE_RW = 06,
};

static bool is_below(const char *path) {
        return strncmp(path, RUN_FOLDER "/", strlen(RUN_FOLDER "/")) == 0;
}

/* Links may lead there, such as /var/run. */
bool run_folder_has_path(const char *path) {
        _cleanup_(address_key_done) AddressKey key = {};

        return is_below(path) || (*path == '/' && address_key_make(&key, path) >= 0 && key.path &&
                                                 is_below(key.path));
}

static bool has_socket(const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (run_folder_has_path(config->listen.items[i].value))
                        return true;

        return config->listen.n_items == 0 ||
               (config->status_listen && run_folder_has_path(config->status_listen));
}

/* In the folder itself: one below it may have been made before. */
static bool is_directly_in(const char *path) {
        return *path != '/' || (is_below(path) && !strchr(path + strlen(RUN_FOLDER "/"), '/'));
}

static bool all_directly_in(const PoolConfig *config) {
        for (size_t i = 0; i < config->listen.n_items; i++)
                if (!is_directly_in(config->listen.items[i].value))
                        return false;

        return !config->status_listen || is_directly_in(config->status_listen);
}

static bool has_acl(const PoolConfig *config) {
        return config->listen_acl_users || config->listen_acl_groups;
}

/* With an ACL, and for pm.status_listen beside TCP sockets, listen.group has no effect. */
static const char *group_of(const PoolConfig *config) {
        bool is_asked = config->listen_group && !has_acl(config) &&
                        pool_config_listens_on_path(config);

        return is_asked ? config->listen_group : UNIT_SOCKET_OWNER;
}

/* No group can do more than everybody. */
static bool is_open_to_all(const PoolConfig *config) {
        return ((config->listen_mode >> 3) & ~config->listen_mode & MODE_RW) == 0;
}

/* Nobody whom the pool file does not let in may connect while the socket belongs to root and the group. */
static bool may_be_of(const PoolConfig *config, const Names *names, gid_t group) {
        gid_t gid;

        return !has_socket(config) || is_open_to_all(config) ||
               (names_group_id(names, group_of(config), &gid) && gid == group);
}

gid_t run_folder_group(PoolConfig *const *configs, size_t n_configs, const Names *names) {
        const char *name = UNIT_SOCKET_OWNER;
        gid_t group;

        for (size_t i = 0; i < n_configs; i++)
                if (has_socket(configs[i]) && !is_open_to_all(configs[i]))
                        name = group_of(configs[i]);

        if (!names_group_id(names, name, &group))
                return 0;

        for (size_t i = 0; i < n_configs; i++)
                if (!may_be_of(configs[i], names, group))
                        return 0;

        return group;
}

/* What the owner may do, the group may do as well. */
static bool owner_gains_nothing(const PoolConfig *config, const Names *names, gid_t group) {
        const char *owner = config->listen_owner ? config->listen_owner : UNIT_SOCKET_OWNER;
        unsigned mode = (unsigned) config->listen_mode;

        if (strcmp(owner, "root") == 0 || strcmp(owner, "0") == 0)
                return true;

        return ((mode >> 6) & MODE_RW) == ((mode >> 3) & MODE_RW) &&
               names_user_is_in(names, owner, group);
}

bool run_folder_gives(const PoolConfig *config, const Names *names, gid_t group) {
        gid_t gid;

        return pool_config_listens_on_path(config) && all_directly_in(config) && !has_acl(config) &&
               names_group_id(names, group_of(config), &gid) && gid == group &&
               owner_gains_nothing(config, names, group);
}

gid_t run_folder_group_now(void) {
        struct stat st;

        return stat(RUN_FOLDER, &st) >= 0 && (st.st_mode & S_ISGID) != 0 ? st.st_gid : 0;
}

char *run_folder_unit_name(char name[static RUN_FOLDER_UNIT_MAX], gid_t group) {
        snprintf(name, RUN_FOLDER_UNIT_MAX, "fpmd-folder-%u.service", (unsigned) group);
        return name;
}

/* The others that may be active must not be taken for having been there last. */
static void put_conflicts(FILE *out, gid_t group, gid_t now) {
        char name[RUN_FOLDER_UNIT_MAX];

        if (group != 0)
                fprintf(out, "Conflicts=%s\n", run_folder_unit_name(name, 0));
        if (now != 0 && now != group)
                fprintf(out, "Conflicts=%s\n", run_folder_unit_name(name, now));
}

int run_folder_unit(gid_t group, gid_t now, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return -ENOMEM;

        fprintf(out,
                        "# Made by fpmd-generator(8): %s. After that it is active for a second,\n"
                        "# so that many sockets need one look. +: not in the sandbox of a drop-in for all services.\n"
                        "[Unit]\n"
                        "Description=Folder of the sockets of PHP pools\n"
                        "Documentation=man:fpmd-generator(8)\n"
                        "DefaultDependencies=no\n"
                        "After=systemd-tmpfiles-setup.service\n"
                        "Conflicts=shutdown.target\n"
                        "Before=shutdown.target\n"
                        "RefuseManualStop=yes\n"
                        "StartLimitIntervalSec=0\n",
                        group ? "what is made in the folder gets its group"
                              : "each socket gets its own group");
        put_conflicts(out, group, now);
        fprintf(out,
                        "[Service]\n"
                        "Type=exec\n"
                        "ExecStartPre=+/usr/bin/install -d -m %s -o 0 -g %u " RUN_FOLDER "\n"
                        "ExecStart=+/usr/bin/sleep 1\n",
                        group ? "02755" : "00755", (unsigned) group);
        if (fclose(out) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

/* SPDX-License-Identifier: MIT */
#include "manager/generation/pool_resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "manager/spawn/cache_folder.h"
#include "manager/spawn/log_file.h"
#include "manager/spawn/privilege.h"

/* --- from the machine --- */

/* As php-fpm does: who watches the file, or gives it to a group, finds it before the first slow request. The check of
 * the pool file has said already where it cannot be made. */
static void make_slow_log(const PoolConfig *config) {
        int fd = -EBADF;

        if (config->request_slowlog_timeout_usec == 0)
                return;

        (void) log_file_open_target(config, config->slowlog, &fd);
        fd_close(fd);
}

/* *ret_directive: of what failed. */
static int open_all(PoolResources *resources, const char **ret_directive) {
        const PoolConfig *config = resources->config;
        int r;

        *ret_directive = "user";
        r = privilege_can_switch_user()
                            ? account_resolve(&resources->account, config->user, config->group)
                            : account_of_self(&resources->account);
        if (r < 0)
                return r;

        *ret_directive = "access.log";
        r = log_file_open_target(config, config->access_log, &resources->access_fd);
        if (r < 0)
                return r;

        /* The zygote says what is wrong with it. */
        if (config->idle_warm_bytes > 0)
                (void) cache_folder_make(config->name, &resources->account);
        make_slow_log(config);
        return 0;
}

/* In the form of all mistakes. */
static void report_unopened(const PoolConfig *config, const char *directive, int error,
                PoolCheckReport report, void *userdata) {
        unsigned n = pool_config_line_of(config, directive);
        char line[512], place[16] = "";

        if (n > 0)
                snprintf(place, sizeof(place), ":%u", n);
        snprintf(line, sizeof(line), "%.300s%s: %s: cannot be %s: %s",
                        pool_config_file_of(config, directive), place, directive,
                        strcmp(directive, "user") == 0 ? "looked up" : "opened", strerror(-error));
        report(userdata, line);
}

int pool_resources_open(PoolResources *ret, const char *conf_dir, const char *name,
                PoolCheckReport report, void *userdata) {
        PoolResources resources = POOL_RESOURCES_NONE;
        const char *directive;
        int r;

        r = pool_check_load(&resources.config, conf_dir, name, report, userdata);
        if (r < 0)
                return r;

        r = open_all(&resources, &directive);
        if (r < 0) {
                if (report)
                        report_unopened(resources.config, directive, r, report, userdata);
                pool_resources_done(&resources);
                return r;
        }

        *ret = resources;
        return 0;
}

void pool_resources_done(PoolResources *resources) {
        pool_config_free(resources->config);
        account_done(&resources->account);
        fd_close(resources->access_fd);
        *resources = POOL_RESOURCES_NONE;
}

void pool_resources_set_access_log(PoolResources *resources, int fd) {
        fd_close(resources->access_fd);
        resources->access_fd = fd;
}

/* --- as buffers --- */

static int copy_account(Account *ret, const Account *from) {
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        r = account_serialize(from, &data, &size);
        return r < 0 ? r : account_deserialize(ret, data, size);
}

int pool_resources_copy(PoolResources *ret, const PoolResources *from) {
        PoolResources copy = POOL_RESOURCES_NONE;
        int r;

        r = pool_config_copy(&copy.config, from->config);
        if (r >= 0)
                r = copy_account(&copy.account, &from->account);
        if (r >= 0 && from->access_fd >= 0) {
                copy.access_fd = fcntl(from->access_fd, F_DUPFD_CLOEXEC, 3);
                r = copy.access_fd < 0 ? -errno : 0;
        }
        if (r < 0) {
                pool_resources_done(&copy);
                return r;
        }

        *ret = copy;
        return 0;
}

/* --- from a helper --- */

/* What a packet says that comes with an fd; others of the same helper have other numbers. */
typedef enum Part {
        PART_CONFIG = 0x7e500001,
        PART_ACCOUNT,
        PART_ACCESS_LOG,
} Part;

enum {
        PART_BYTES_MAX = 16 << 20,
};

static int send_part(int answer_fd, Part part, int fd) {
        return fd_pass_send(answer_fd, &part, sizeof(part), fd, 0);
}

static int send_data(int answer_fd, Part part, const char *data, size_t size) {
        _cleanup_close_ int fd = fd_memfd_data("fpmd-resources", data, size);

        return fd < 0 ? fd : send_part(answer_fd, part, fd);
}

int pool_resources_send(const PoolResources *resources, int answer_fd) {
        _cleanup_free_ char *config = NULL, *account = NULL;
        size_t config_size, account_size;
        int r;

        r = pool_config_serialize(resources->config, &config, &config_size);
        if (r < 0)
                return r;

        r = account_serialize(&resources->account, &account, &account_size);
        if (r < 0)
                return r;

        r = send_data(answer_fd, PART_CONFIG, config, config_size);
        if (r < 0)
                return r;

        r = send_data(answer_fd, PART_ACCOUNT, account, account_size);
        if (r < 0 || resources->access_fd < 0)
                return r;

        return send_part(answer_fd, PART_ACCESS_LOG, resources->access_fd);
}

static int receive_part(PoolResources *resources, Part part, const char *data, size_t size) {
        if (part == PART_CONFIG) {
                pool_config_free(resources->config);
                resources->config = NULL;
                return pool_config_deserialize(&resources->config, data, size);
        }

        account_done(&resources->account);
        return account_deserialize(&resources->account, data, size);
}

int pool_resources_receive(PoolResources *resources, const void *data, size_t size, int fd) {
        _cleanup_free_ char *content = NULL;
        size_t content_size;
        Part part;
        int r;

        if (size != sizeof(part))
                return -ENOMSG;
        memcpy(&part, data, sizeof(part));
        if (part == PART_ACCESS_LOG) {
                pool_resources_set_access_log(resources, fd);
                return 0;
        }
        if (part != PART_CONFIG && part != PART_ACCOUNT)
                return -ENOMSG;

        r = fd_read_all(fd, PART_BYTES_MAX, &content, &content_size);
        fd_close(fd);
        return r < 0 ? r : receive_part(resources, part, content, content_size);
}

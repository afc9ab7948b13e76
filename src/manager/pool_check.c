/* SPDX-License-Identifier: MIT */
#include "manager/pool_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/account.h"
#include "manager/log.h"
#include "manager/log_file.h"
#include "manager/pool_user.h"
#include "manager/privilege.h"
#include "shared/fd.h"
#include "shared/ini_files.h"
#include "shared/log_target.h"

/* The last mistake is the reason; those before it are said as they come. */
static void report_line(void *userdata, int priority, const char *line) {
        char *reason = userdata;

        if (priority > LOG_ERR) {
                log_full(priority, "%s", line);
                return;
        }

        if (*reason)
                log_error("%s", reason);
        snprintf(reason, POOL_CHECK_REASON_MAX, "%s", line);
}

typedef struct Check {
        const PoolConfig *config;
        char *reason;
} Check;

/* Says where in the file the trouble is. Returns -EINVAL. */
_printf_(3, 4) static int refuse(
                const Check *check, const char *directive, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        unsigned line = pool_config_line_of(check->config, directive);
        char place[16] = "";
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r < 0)
                return -ENOMEM;

        if (line > 0)
                snprintf(place, sizeof(place), ":%u", line);
        snprintf(check->reason, POOL_CHECK_REASON_MAX, "%s%s: %s: %s",
                        pool_config_file_of(check->config, directive), place, directive, text);
        return -EINVAL;
}

static int check_root(const Check *check) {
        uid_t uid;
        gid_t gid;
        int r;

        if (!check->config->user)
                return refuse(check, "user", "not set; name the user that PHP runs as");

        r = account_know(check->config->user, check->config->group, &uid, &gid);
        if (r == -ESRCH)
                return refuse(check, "user", "there is no user '%s' on this machine",
                                check->config->user);
        if (r == -ENODATA)
                return refuse(check, "group", "there is no group '%s' on this machine",
                                check->config->group);
        if (r < 0)
                return refuse(check, "user", "cannot look up '%s': %s", check->config->user,
                                strerror(-r));

        if (uid == 0)
                return refuse(check, "user", "PHP never runs as root; name another user");
        if (gid == 0)
                return refuse(check, "group",
                                "PHP never runs with root's group; name another group");

        return 0;
}

/* Without privileges everything runs as whoever started us, as under php-fpm. */
static int check_plain_user(const Check *check) {
        if (geteuid() == 0)
                return refuse(check, "user",
                                "the manager is root without CAP_SETUID and CAP_SETGID; give it "
                                "both");
        if (check->config->user || check->config->group)
                log_notice("%s: user, group: ignored, the manager does not run as root",
                                check->config->file);
        if (check->config->chroot)
                log_notice("%s: chroot: ignored, the manager does not run as root",
                                check->config->file);

        return 0;
}

static int check_name(const Check *check, const char *directive, const char *name, bool is_group) {
        int r;

        r = is_group ? account_know_group(name) : account_know_user(name);
        if (r == -ESRCH || r == -ENODATA)
                return refuse(check, directive, "there is no %s '%s' on this machine",
                                is_group ? "group" : "user", name);
        if (r < 0)
                return refuse(check, directive, "cannot look up '%s': %s", name, strerror(-r));

        return 0;
}

static int check_names(
                const Check *check, const char *directive, const char *names, bool is_group) {
        for (const char *p = names; p && *p;) {
                size_t size = strcspn(p += strspn(p, ", \t"), ", \t");
                _cleanup_free_ char *name = strndup(p, size);
                int r;

                p += size;
                if (!name)
                        return -ENOMEM;

                r = size > 0 ? check_name(check, directive, name, is_group) : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

/* The generator has no user database at boot, and systemd names the unit only, not the line. */
static int check_socket_names(const Check *check) {
        const PoolConfig *config = check->config;
        bool acl = config->listen_acl_users || config->listen_acl_groups;
        int r;

        if (!pool_config_listens_on_path(config))
                return 0;

        r = check_names(check, "listen.acl_users", config->listen_acl_users, false);
        if (r < 0)
                return r;

        r = check_names(check, "listen.acl_groups", config->listen_acl_groups, true);
        if (r < 0 || acl) /* owner and group have no effect then */
                return r;

        r = config->listen_owner ? check_name(check, "listen.owner", config->listen_owner, false)
                                 : 0;
        if (r < 0)
                return r;

        return config->listen_group ? check_name(check, "listen.group", config->listen_group, true)
                                    : 0;
}

static int check_directory(
                const Check *check, const char *directive, const char *root, const char *path) {
        _cleanup_free_ char *full = NULL;
        struct stat st;

        if (!path)
                return 0;

        if (asprintf(&full, "%s%s", root ? root : "", path) < 0)
                return -ENOMEM;

        if (stat(full, &st) < 0)
                return refuse(check, directive, "'%s': %s; create it or name another folder", full,
                                strerror(errno));
        if (!S_ISDIR(st.st_mode))
                return refuse(check, directive, "'%s' is not a folder", full);

        return 0;
}

static int check_php_ini(const Check *check) {
        struct stat st;

        if (!check->config->php_ini)
                return 0;

        if (stat(check->config->php_ini, &st) < 0)
                return refuse(check, "php_ini", "'%s': %s; name a php.ini that exists",
                                check->config->php_ini, strerror(errno));
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
                return refuse(check, "php_ini", "'%s' is neither a file nor a folder",
                                check->config->php_ini);

        return 0;
}

static int check_scan_dir(const Check *check) {
        /* A list as in PHP_INI_SCAN_DIR: an empty element stands for PHP's own folder. */
        if (!check->config->php_ini_scan_dir || strchr(check->config->php_ini_scan_dir, ':') ||
                        *check->config->php_ini_scan_dir == '\0')
                return 0;

        return check_directory(check, "php_ini_scan_dir", NULL, check->config->php_ini_scan_dir);
}

typedef struct IniLook {
        const PoolConfig *config;
        const char *directive;
        char why[256];
} IniLook;

static int look_at_ini_files(void *userdata) {
        IniLook *look = userdata;

        look->directive = ini_files_check(look->config, look->why, sizeof(look->why));
        return look->directive ? -EACCES : 0;
}

/* What the zygote would find. */
static int check_ini_files(const Check *check) {
        IniLook look = { .config = check->config };
        int r;

        r = pool_user_is_another(check->config)
                            ? pool_user_try(check->config, look_at_ini_files, &look)
                            : look_at_ini_files(&look);
        if (r < 0 && look.directive)
                return refuse(check, look.directive, "%s", look.why);

        return 0;
}

/* Where the file cannot be read there may be one: then the zygote says so. */
static int check_apparmor(const Check *check) {
        _cleanup_close_ int fd = -EBADF;
        char enabled = 'Y';

        if (!check->config->apparmor_hat)
                return 0;

        fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                (void) !read(fd, &enabled, 1);
        if (enabled != 'Y' || (fd < 0 && errno == ENOENT))
                return refuse(check, "apparmor_hat",
                                "AppArmor is not enabled in this kernel; remove the line or boot with "
                                "security=apparmor");

        return 0;
}

/* systemd makes this folder when the pool starts (LogsDirectory= of the unit): before that --test is not to
 * miss it. */
static bool will_be_made(const Check *check, const char *path) {
        _cleanup_free_ char *folder = NULL;

        if (getenv("LOGS_DIRECTORY") ||
                        asprintf(&folder, FPMD_LOG_DIR "/%s/", check->config->name) < 0)
                return false;

        return strncmp(path, folder, strlen(folder)) == 0 && !strchr(path + strlen(folder), '/');
}

static int check_log(const Check *check, const char *directive, const char *path) {
        char why[LOG_FILE_WHY_MAX];
        int r;

        if (!path || log_target_is_journal(path))
                return 0;

        r = log_file_check(check->config, path, why);
        if (r >= 0 || (r == -ENOENT && will_be_made(check, path)))
                return 0;

        return refuse(check, directive, "%s", why);
}

/* Without request_slowlog_timeout nobody writes to it, and php-fpm does not look whether one could. */
static int check_slow_log(const Check *check) {
        int r = check_log(check, "slowlog", check->config->slowlog);

        if (r >= 0 || check->config->request_slowlog_timeout_usec > 0)
                return r;

        log_warning("%s (not in use, request_slowlog_timeout is 0)", check->reason);
        return 0;
}

static int check_machine(const Check *check) {
        const char *root = privilege_can_switch_user() ? check->config->chroot : NULL;
        int r;

        r = privilege_can_switch_user() ? check_root(check) : check_plain_user(check);
        if (r < 0)
                return r;

        r = check_socket_names(check);
        if (r < 0)
                return r;

        r = check_directory(check, "chroot", NULL, root);
        if (r < 0)
                return r;

        r = check_directory(check, "chdir", root, check->config->chdir);
        if (r < 0)
                return r;

        r = check_apparmor(check);
        if (r < 0)
                return r;

        r = check_php_ini(check);
        if (r < 0)
                return r;

        r = check_scan_dir(check);
        if (r < 0)
                return r;

        r = check_ini_files(check);
        if (r < 0)
                return r;

        r = check_log(check, "access.log", check->config->access_log);
        if (r < 0)
                return r;

        return check_slow_log(check);
}

/* What libfcgi and php-fpm call it. An entry that is no address allows nobody. */
static int take_clients_of_environment(PoolConfig *config) {
        const char *clients = getenv("FCGI_WEB_SERVER_ADDRS");

        if (config->listen_allowed_clients || !clients || *clients == '\0')
                return 0;

        config->listen_allowed_clients = strdup(clients);
        return config->listen_allowed_clients ? 0 : -ENOMEM;
}

int pool_check_load(PoolConfig **ret, const char *conf_dir, const char *name,
                char reason[POOL_CHECK_REASON_MAX]) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        snprintf(reason, POOL_CHECK_REASON_MAX, "no memory");
        if (asprintf(&path, "%s/%s.conf", conf_dir, name) < 0)
                return -ENOMEM;

        *reason = '\0';
        r = pool_config_load(&config, name, path, report_line, reason);
        if (r < 0)
                return r;

        r = take_clients_of_environment(config);
        if (r < 0)
                return r;

        r = check_machine(&(Check){ .config = config, .reason = reason });
        if (r < 0)
                return r;

        *ret = TAKE_PTR(config);
        return 0;
}

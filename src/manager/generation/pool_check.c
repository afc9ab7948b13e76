/* SPDX-License-Identifier: MIT */
#include "manager/generation/pool_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/ini_files.h"
#include "config/value/log_target.h"
#include "config/value/syntax.h"
#include "contract/php_side.h"
#include "manager/base/log.h"
#include "manager/generation/mount_check.h"
#include "manager/generation/pool_check_internal.h"
#include "manager/spawn/account.h"
#include "manager/spawn/as_user.h"
#include "manager/spawn/folder_owner.h"
#include "manager/spawn/log_file.h"
#include "manager/spawn/privilege.h"
#include "manager/spawn/unit_check.h"

void pool_check_report_line(void *userdata, int priority, const char *line) {
        const Check *check = userdata;

        if (!check->report)
                return;

        if (priority <= LOG_ERR)
                check->report(check->userdata, line);
        else
                log_full(priority, "%s", line);
}

/* Reports a mistake, or what is worth a line, with its place in the file. */
_printf_(4, 0) static void report_valist(const Check *check, int priority, const char *directive,
                const char *format, va_list arguments) {
        _cleanup_free_ char *text = NULL, *whole = NULL;
        unsigned line = pool_config_line_of(check->config, directive);
        char place[16] = "";

        if (line > 0)
                snprintf(place, sizeof(place), ":%u", line);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        if (asprintf(&whole, "%s%s: %s: %s", pool_config_file_of(check->config, directive), place,
                            directive, text ? text : "is wrong") < 0)
                whole = NULL;

        pool_check_report_line((void *) (uintptr_t) check, priority, whole ? whole : "no memory");
}

/* Returns -EINVAL. */
_printf_(3, 4) static int refuse(
                const Check *check, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        report_valist(check, LOG_ERR, directive, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

_printf_(4, 5) static void log_line(
                const Check *check, int priority, const char *directive, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        report_valist(check, priority, directive, format, arguments);
        va_end(arguments);
}

/* Returns whether an error says nothing about the pool: the user who asks may not look there, but root, which runs the
 * pool, may. */
static bool is_unknown(const Check *check, int error) {
        return check->as == POOL_CHECK_FOR_ROOT && (error == -EACCES || error == -EPERM);
}

/* Returns 0. */
static int leave_unknown(const Check *check, const char *directive, const char *path) {
        log_line(check, LOG_NOTICE, directive,
                        "'%s' was not checked, because only root may look there", path);
        return 0;
}

static int check_root(const Check *check) {
        uid_t uid;
        gid_t gid;
        int r;

        if (!check->config->user)
                return refuse(check, "user", "not set; name the user that PHP runs as");

        r = account_know(check->config->user, check->config->group, &uid, &gid);
        if (r == -ESRCH && account_know_user(check->config->user) >= 0)
                return refuse(check, "group",
                                "not set; user %s has no entry in the user database, and so no group "
                                "of its own: name the group that PHP runs as",
                                check->config->user);
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

/* Without privileges everything runs as the user who started the manager, as under php-fpm. */
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
        size_t size;

        for (; (size = syntax_next_name(&names)) > 0; names += size) {
                _cleanup_free_ char *name = strndup(names, size);
                int r;

                if (!name)
                        return -ENOMEM;

                r = check_name(check, directive, name, is_group);
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
        char unit[NAME_MAX + 1];
        struct stat st;
        int r;

        if (!path)
                return 0;

        if (asprintf(&full, "%s%s", root ? root : "", path) < 0)
                return -ENOMEM;

        if (mount_check_is_missing(full, unit, sizeof(unit)))
                return refuse(check, directive,
                                "'%s' needs a mount that is not there: systemctl start '%s'", full,
                                unit);

        r = folder_owner_stat(full, &st);
        if (r < 0 && is_unknown(check, r))
                return leave_unknown(check, directive, full);
        if (r < 0)
                return refuse(check, directive, "'%s': %s; create it or name another folder", full,
                                strerror(-r));
        if (!S_ISDIR(st.st_mode))
                return refuse(check, directive, "'%s' is not a folder", full);

        return 0;
}

static int check_php(const Check *check) {
        _cleanup_(php_side_done) PhpSide side = {};
        _cleanup_free_ char *others = NULL;

        if (check->config->php && php_side_find(&side, check->config->php) >= 0)
                return 0;

        if (php_side_describe_all(&others) < 0 || *others == '\0')
                return refuse(check, "php",
                                "no PHP is installed here that fpmd was built for: install the "
                                "php-fpm of one");

        return refuse(check, "php", "%s is not installed here; there %s %s", check->config->php,
                        strchr(others, ' ') ? "are" : "is", others);
}

static int check_php_ini(const Check *check) {
        struct stat st;
        int r;

        if (!check->config->php_ini)
                return 0;

        r = folder_owner_stat(check->config->php_ini, &st);
        if (r < 0 && is_unknown(check, r))
                return leave_unknown(check, "php_ini", check->config->php_ini);
        if (r < 0)
                return refuse(check, "php_ini", "'%s': %s; name a php.ini that exists",
                                check->config->php_ini, strerror(-r));
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

typedef struct IniCheck {
        const PoolConfig *config;
        const char *directive;
        char why[256];
} IniCheck;

static int open_ini_files(void *userdata) {
        IniCheck *ini = userdata;

        return ini_files_try(ini->config, &ini->directive, ini->why, sizeof(ini->why));
}

/* What the zygote would find. */
static int check_ini_files(const Check *check) {
        IniCheck ini = { .config = check->config };
        int r;

        r = as_user_is_another(check->config) ? as_user_try(check->config, open_ini_files, &ini)
                                              : open_ini_files(&ini);
        if (r < 0 && ini.directive && !is_unknown(check, r))
                return refuse(check, ini.directive, "%s", ini.why);
        if (r < 0 && ini.directive)
                log_line(check, LOG_NOTICE, ini.directive,
                                "PHP's ini files were not all checked, because only root may look "
                                "at them");

        return 0;
}

/* If the file cannot be read it may have one, and the zygote reports it. */
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

static bool log_works(const Check *check, const char *directive, const char *path,
                char why[static LOG_FILE_WHY_MAX]) {
        int r;

        if (!path || log_target_is_journal(path))
                return true;

        r = log_file_check(check->config, path, why);
        if (is_unknown(check, r))
                return leave_unknown(check, directive, path) == 0;
        if (r == -ESRCH || r == -ENODATA) /* of the user, and reported for it */
                return true;

        return r >= 0 || (r == -ENOENT && will_be_made(check, path));
}

static int check_access_log(const Check *check) {
        char why[LOG_FILE_WHY_MAX];

        return log_works(check, "access.log", check->config->access_log, why)
                               ? 0
                               : refuse(check, "access.log", "%s", why);
}

/* Without request_slowlog_timeout nothing is written to it, and php-fpm does not check it either. */
static int check_slow_log(const Check *check) {
        char why[LOG_FILE_WHY_MAX];

        if (log_works(check, "slowlog", check->config->slowlog, why))
                return 0;
        if (check->config->request_slowlog_timeout_usec > 0)
                return refuse(check, "slowlog", "%s", why);

        log_line(check, LOG_WARNING, "slowlog", "%s (not in use, request_slowlog_timeout is 0)",
                        why);
        return 0;
}

/* Whether the pool runs, or will run, with a manager that becomes the pool's user. */
static bool switches_user(const Check *check) {
        return check->as == POOL_CHECK_FOR_ROOT || privilege_can_switch_user();
}

static int check_user(const Check *check) {
        return switches_user(check) ? check_root(check) : check_plain_user(check);
}

static int check_folders(const Check *check) {
        const char *root = switches_user(check) ? check->config->chroot : NULL;
        int r = check_directory(check, "chroot", NULL, root);

        return r < 0 ? r : check_directory(check, "chdir", root, check->config->chdir);
}

static int check_php_files(const Check *check) {
        int r;

        r = check_php(check);
        if (r < 0)
                return r;

        r = check_php_ini(check);
        if (r < 0)
                return r;

        r = check_scan_dir(check);
        return r < 0 ? r : check_ini_files(check);
}

static void pool_check_on_lack(
                void *userdata, int priority, const char *directive, const char *text) {
        log_line(userdata, priority, directive, "%s", text);
}

static int check_rights(const Check *check) {
        return unit_check(&(UnitCheck){
                        .config = check->config,
                        .is_own = check->as == POOL_CHECK_FOR_SELF,
                        .switches_user = switches_user(check),
                        .files_of_unit = check->what->files_of_unit,
                        .unit_userdata = check->what->unit_userdata,
                        .report = pool_check_on_lack,
                        .userdata = (void *) (uintptr_t) check,
        });
}

/* Runs all checks: each mistake is reported, and the error of the first is returned. */
int pool_check_machine(const Check *check) {
        static int (*const checks[])(const Check *check) = {
                check_user,
                check_socket_names,
                check_folders,
                check_apparmor,
                check_php_files,
                check_access_log,
                check_slow_log,
                check_rights,
        };
        int result = 0;

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int r;

                r = checks[i](check);
                if (result == 0)
                        result = r;
        }

        return result;
}

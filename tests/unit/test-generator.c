/* SPDX-License-Identifier: MIT */
/* Proves that the drop-in says what the pool file says of its socket, and that a pool file cannot
 * put anything else into a unit. */

#include "generator/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "config/value/address.h"
#include "generator/names.h"
#include "generator/overrules.h"
#include "generator/run_folder.h"
#include "unit.h"

static char reports[8192];

static void record(void *userdata, int priority, const char *line) {
        size_t used = strlen(reports);

        (void) userdata;
        snprintf(reports + used, sizeof(reports) - used, "<%d> %s\n", priority, line);
}

static PoolConfig *config_of(const char *lines) {
        PoolConfig *config = NULL;
        char text[4096];

        reports[0] = '\0';
        snprintf(text, sizeof(text), "[www]\n%s", lines);
        ck_assert_int_eq(pool_config_parse_listen(&config, "www", "www.conf", text, strlen(text),
                                         record, NULL),
                        0);
        return config;
}

/* The drop-in of the pool file that has these lines, without the comment. NULL for none. */
static char *dropin_with(const char *lines, const UnitFacts *facts) {
        _cleanup_(pool_config_freep) PoolConfig *config = config_of(lines);
        UnitReport report = { .report = record };
        _cleanup_free_ char *unit = NULL;

        ck_assert_int_eq(unit_socket_dropin(config, facts, &report, &unit), 0);
        return unit ? strdup(strchr(unit, '[')) : NULL;
}

static void becomes_with(const char *lines, const UnitFacts *facts, const char *expected) {
        _cleanup_free_ char *unit = dropin_with(lines, facts);

        ck_assert_ptr_nonnull(unit);
        ck_assert_str_eq(unit, expected);
}

/* What stands below [Socket]. */
static void becomes(const char *lines, const char *expected) {
        _cleanup_free_ char *unit = dropin_with(lines, &(UnitFacts){ .has_default_owner = true }),
                            *whole = NULL;

        if (!expected)
                ck_assert_ptr_null(unit);
        else {
                ck_assert_ptr_nonnull(unit);
                ck_assert_int_ge(asprintf(&whole, "[Socket]\n%s", expected), 0);
                ck_assert_str_eq(unit, whole);
        }
}

/* Behind all else, where there is a TCP socket. */
#define CLOSED "ExecStopPost=-" FPMD_MANAGER_PROGRAM " --socket-closed www\n"

START_TEST(nothing_said) {
        becomes("", NULL);
        becomes("user = alice\npm = static\n", NULL);
}
END_TEST

START_TEST(addresses) {
        becomes("listen = /run/php/$pool.sock\n",
                        "ListenStream=\nListenStream=/run/php/www.sock\n");
        becomes("listen = 9000\n", "ListenStream=\nListenStream=9000\n" CLOSED);
        becomes("listen = 127.0.0.1:9000\n",
                        "ListenStream=\nListenStream=127.0.0.1:9000\nFreeBind=yes\n" CLOSED);
        becomes("listen = localhost:9000\n",
                        "ListenStream=\nListenStream=127.0.0.1:9000\nFreeBind=yes\n" CLOSED);
        becomes("listen = [::1]:9000\n",
                        "ListenStream=\nListenStream=[::1]:9000\nFreeBind=yes\n" CLOSED);
        becomes("listen = ::1:9000\n",
                        "ListenStream=\nListenStream=[::1]:9000\nFreeBind=yes\n" CLOSED);
        becomes("prefix = /srv\nlisten = x.sock\n", "ListenStream=\nListenStream=/srv/x.sock\n");
        becomes("listen = //a//./b\nlisten = /./c\n",
                        "ListenStream=\nListenStream=/a/b\nListenStream=/c\n");
        becomes("listen = /a\nlisten = 9000\nlisten = /b\n",
                        "ListenStream=\nListenStream=/a\nListenStream=9000\nListenStream=/b\n" CLOSED);
        ck_assert_str_eq(reports, "");
}
END_TEST

START_TEST(owner_group_mode_backlog) {
        becomes("listen.owner = bob\nlisten.group = 33\nlisten.mode = 666\nlisten.backlog = 77\n",
                        "Backlog=77\nSocketMode=0666\nSocketUser=bob\nSocketGroup=33\n");
        becomes("listen.owner = root\nlisten.group = 0\n", "SocketUser=\nSocketGroup=\n");
        becomes("listen.owner = root\n", "SocketUser=root\n");
        becomes("listen.backlog = -1\n", "Backlog=4294967295\n");
        becomes("listen.mode = 0\n", "SocketMode=00\n");
        /* tcp sockets have neither */
        becomes("listen = 9000\nlisten.owner = bob\nlisten.mode = 0600\n",
                        "ListenStream=\nListenStream=9000\n" CLOSED);
        ck_assert_str_eq(reports, "");
}
END_TEST

#define ROOTS "Environment=FPMD_SOCKET_IS_ROOTS=1\n"
#define GIVE "ExecStartPost=" FPMD_MANAGER_PROGRAM " --socket-access www\n"

START_TEST(access_by_descriptor) {
        /* what systemd does not know */
        becomes("listen.acl_users = alice, bob\nlisten.acl_groups = web\nlisten.owner = bob\n",
                        GIVE);
        becomes("listen = 9000\nlisten.acl_users = a\n",
                        "ListenStream=\nListenStream=9000\n" CLOSED);

        /* in a folder of somebody else, where systemd's way would be a race */
        becomes_with("listen = /x\nlisten.owner = bob\nlisten.mode = 0600\n",
                        &(UnitFacts){ .is_owned = true, .has_default_owner = true },
                        "[Socket]\nListenStream=\nListenStream=/x\nSocketMode=0600\nSocketUser=\n"
                        "SocketGroup=\n" ROOTS GIVE);
        becomes_with("listen.owner = root\nlisten.group = root\nlisten.mode = 0666\n",
                        &(UnitFacts){ .is_owned = true, .has_default_owner = true },
                        "[Socket]\nSocketMode=0666\nSocketUser=\nSocketGroup=\n");
        becomes("listen.acl_users = alice\nlisten.owner = root\nlisten.group = root\n", GIVE);
        for (int of_others = 0; of_others < 2; of_others++)
                becomes_with("listen = 9000\npm.status_listen = /x\n",
                                &(UnitFacts){ .is_owned = true, .has_default_owner = of_others },
                                of_others ? "[Socket]\nListenStream=\nListenStream=9000\nListenStream=/x\n"
                                            "SocketUser=\nSocketGroup=\n" ROOTS GIVE CLOSED
                                          : "[Socket]\nListenStream=\nListenStream=9000\nListenStream=/x\n" ROOTS
                                                                GIVE CLOSED);
        ck_assert_str_eq(reports, "");
}
END_TEST

START_TEST(refused) {
        becomes_with("", &(UnitFacts){ .is_refused = true, .has_default_owner = true },
                        "[Socket]\nExecStartPre=" FPMD_MANAGER_PROGRAM " --socket-refused www\n");
        /* an open socket keeps what its unit says */
        becomes_with("listen = /x\n", &(UnitFacts){ .is_refused = true, .has_default_owner = true },
                        "[Socket]\nExecStartPre=" FPMD_MANAGER_PROGRAM " --socket-refused www\n"
                        "ListenStream=\nListenStream=/x\n");
}
END_TEST

START_TEST(late_names) {
        becomes_with("listen.owner = bob\n",
                        &(UnitFacts){ .has_late_names = true, .has_default_owner = true },
                        "[Unit]\nDefaultDependencies=no\nRequires=sysinit.target\n"
                        "After=sysinit.target nss-user-lookup.target\nConflicts=shutdown.target\n"
                        "Before=shutdown.target\n[Socket]\nSocketUser=bob\n");
}
END_TEST

START_TEST(folder_that_gives_the_group) {
        const UnitFacts gives = { .inherits_group = true }, not_so = {},
                        owned = { .is_owned = true };
        _cleanup_free_ char *nothing = dropin_with("", &gives);

        /* nothing is said that the template says */
        ck_assert_ptr_null(nothing);
        nothing = dropin_with("listen = /run/fpmd/www.sock\nlisten.owner = www-data\n"
                              "listen.group = www-data\nlisten.mode = 0660\n",
                        &gives);
        ck_assert_ptr_null(nothing);
        becomes_with("listen.owner = bob\nlisten.group = web\nlisten.mode = 0640\n", &gives,
                        "[Socket]\nSocketMode=0640\n");
        becomes_with("listen = /run/fpmd/www.sock\nlisten = 9000\n", &gives,
                        "[Socket]\nListenStream=\nListenStream=/run/fpmd/www.sock\nListenStream=9000\n" CLOSED);

#define OWNER "SocketUser=www-data\nSocketGroup=www-data\n"
        /* the template's owner is root */
        becomes_with("", &not_so, "[Socket]\n" OWNER);
        becomes_with("listen.owner = bob\n", &not_so,
                        "[Socket]\nSocketUser=bob\nSocketGroup=www-data\n");
        becomes_with("listen.group = web\n", &not_so,
                        "[Socket]\nSocketUser=www-data\nSocketGroup=web\n");
        becomes_with("listen.acl_users = bob\n", &not_so, "[Socket]\n" OWNER GIVE);
        becomes_with("listen = /x\nlisten.owner = bob\n", &owned,
                        "[Socket]\nListenStream=\nListenStream=/x\n" ROOTS GIVE);
        becomes_with("listen = /x\nlisten.owner = root\nlisten.group = root\n", &not_so,
                        "[Socket]\nListenStream=\nListenStream=/x\n");
        becomes_with("listen = 9000\n", &not_so,
                        "[Socket]\nListenStream=\nListenStream=9000\n" CLOSED);
        becomes_with("listen = 9000\npm.status_listen = /run/fpmd/s\nlisten.group = web\n", &not_so,
                        "[Socket]\nListenStream=\nListenStream=9000\nListenStream=/run/fpmd/s\n" OWNER
                                        CLOSED);
}
END_TEST

START_TEST(sockets_with_processes) {
        ck_assert(unit_socket_has_processes(NULL, true));
        ck_assert(!unit_socket_has_processes(NULL, false));
        for (int of_others = 0; of_others < 2; of_others++) {
                ck_assert(unit_socket_has_processes("[Socket]\nSocketUser=bob\n", of_others));
                ck_assert(unit_socket_has_processes("[Socket]\nExecStartPre=x\n", of_others));
        }
        ck_assert(!unit_socket_has_processes(
                        "[Socket]\nListenStream=/x\nSocketUser=\nSocketGroup=\n", true));
        ck_assert(unit_socket_has_processes("[Socket]\nBacklog=7\n", true));
        ck_assert(!unit_socket_has_processes("[Socket]\nBacklog=7\n", false));
        ck_assert(unit_socket_has_processes("[Socket]\nSocketGroup=web\n", false));
}
END_TEST

static char FILE_OF_USERS[] =
                "\nroot:x:0:0::/:\nwww-data:x:33:33::/:\nbob:x:2002:2002::/:\nbobby:x:2003:2003:";
static char FILE_OF_GROUPS[] =
                "\nroot:x:0:\nwww-data:x:33:\nweb:x:2100:alice,bob\nlast:x:2101:bobby";

static const Names names_of_machine = { .users = FILE_OF_USERS, .groups = FILE_OF_GROUPS };

START_TEST(members_of_groups) {
        const Names *names = &names_of_machine;
        gid_t gid;

        ck_assert(names_group_id(names, "web", &gid) && gid == 2100);
        ck_assert(names_group_id(names, "4711", &gid) && gid == 4711);
        ck_assert(names_group_id(names, "root", &gid) && gid == 0);
        ck_assert(!names_group_id(names, "we", &gid));
        ck_assert(!names_group_id(names, "47x", &gid));
        ck_assert(!names_group_id(names, "4294967295", &gid));
        ck_assert(!names_group_id(&(Names){}, "web", &gid));

        ck_assert(names_user_is_in(names, "www-data", 33));
        ck_assert(names_user_is_in(names, "33", 33));
        ck_assert(names_user_is_in(names, "bob", 2100));
        ck_assert(names_user_is_in(names, "2002", 2100));
        ck_assert(names_user_is_in(names, "bobby", 2101));
        ck_assert(!names_user_is_in(names, "bobby", 2100));
        ck_assert(!names_user_is_in(names, "alice", 2100)); /* there is no such user */
        ck_assert(!names_user_is_in(names, "4711", 2100));
        ck_assert(!names_user_is_in(names, "bob", 33));
        ck_assert(!names_user_is_in(&(Names){}, "bob", 2100));
}
END_TEST

/* The group of /run/fpmd with one pool of these lines and one without any, and whether it is enough for the first. */
static void folder_of(const char *lines, gid_t group, bool gives) {
        _cleanup_(pool_config_freep) PoolConfig *config = config_of(lines), *other = config_of("");
        PoolConfig *both[] = { config, other }, *turned[] = { other, config };

        ck_assert_int_eq(run_folder_group(both, 2, &names_of_machine), group);
        ck_assert_int_eq(run_folder_group(turned, 2, &names_of_machine), group);
        ck_assert_int_eq(run_folder_gives(config, &names_of_machine, 33), gives);
        ck_assert(run_folder_gives(other, &names_of_machine, 33));
}

START_TEST(group_of_the_folder) {
        folder_of("", 33, true);
        folder_of("listen = /run/fpmd/x.sock\nlisten.owner = www-data\nlisten.group = www-data\n",
                        33, true);
        folder_of("listen.owner = root\nlisten.mode = 0640\n", 33, true);
        folder_of("listen = 9000\nlisten = /run/fpmd/x.sock\n", 33, true);

        /* the owner would lose something, or is given something */
        folder_of("listen.owner = bob\n", 33, false);
        folder_of("listen.mode = 0600\n", 33, false);
        folder_of("listen.mode = 0460\n", 33, false);
        folder_of("listen.acl_users = bob\n", 33, false);

        /* where the group of the folder may not even connect for a moment */
        folder_of("listen.group = web\n", 0, false);
        folder_of("listen.owner = root\nlisten.group = root\n", 0, false);
        folder_of("listen.group = nobody-knows\n", 0, false);
        folder_of("listen = /run/fpmd/folder/x.sock\nlisten.group = web\n", 0, false);
        folder_of("listen = /srv/x.sock\npm.status_listen = /run/fpmd/s.sock\nlisten.group = web\n",
                        0, false);
        folder_of("listen.group = web\nlisten.mode = 0666\n", 33, false);
        folder_of("listen = /srv/x.sock\nlisten.group = web\n", 33, false);
        folder_of("listen = 9000\n", 33, false);

        /* a folder below may be there already, and be another group's */
        folder_of("listen = /run/fpmd/folder/x.sock\n", 33, false);
}
END_TEST

START_TEST(folder_of_another_group) {
        _cleanup_(pool_config_freep)
                        PoolConfig *a = config_of("listen.owner = bob\nlisten.group = web\n"),
                                   *b = config_of("listen.owner = 0\nlisten.group = 2100\n"),
                                   *other = config_of("listen = 9000\nlisten.group = web\n");
        PoolConfig *both[] = { a, b };
        _cleanup_free_ char *unit = NULL, *none = NULL;

        ck_assert_int_eq(run_folder_group(both, 2, &names_of_machine), 2100);
        ck_assert_int_eq(run_folder_group(both, 2, &(Names){}), 0);
        ck_assert_int_eq(run_folder_group(both, 0, &names_of_machine), 33); /* for those to come */
        ck_assert_int_eq(run_folder_group(&other, 1, &names_of_machine), 33);
        ck_assert(run_folder_gives(a, &names_of_machine, 2100));
        ck_assert(!run_folder_gives(a, &names_of_machine, 33));

        ck_assert_int_eq(run_folder_unit(2100, 33, &unit), 0);
        ck_assert_ptr_nonnull(strstr(unit,
                        "\nExecStartPre=+/usr/bin/install -d -m 02755 -o 0 -g 2100 /run/fpmd\n"));
        ck_assert_ptr_nonnull(strstr(unit,
                        "\nConflicts=fpmd-folder-0.service\nConflicts=fpmd-folder-33.service\n"));
        ck_assert_int_eq(run_folder_unit(0, 33, &none), 0);
        ck_assert_ptr_nonnull(strstr(none, "\nConflicts=fpmd-folder-33.service\n"));
        ck_assert_ptr_null(strstr(none, "\nConflicts=fpmd-folder-0.service\n"));
        ck_assert_ptr_nonnull(strstr(none,
                        "\nExecStartPre=+/usr/bin/install -d -m 00755 -o 0 -g 0 /run/fpmd\n"));
}
END_TEST

static bool has_owner(const Overrules *overrules, const char *pool) {
        for (size_t i = 0; i < overrules->n_pools; i++)
                if (strcmp(overrules->pools[i], pool) == 0)
                        return true;

        return false;
}

/* What a machine has whose folder root was made by this. */
static Overrules overrules_after(const char *root, const char *format, ...) {
        _cleanup_free_ char *commands = NULL, *line = NULL;
        Overrules overrules;
        va_list ap;

        va_start(ap, format);
        ck_assert_int_ge(vasprintf(&commands, format, ap), 0);
        va_end(ap);
        ck_assert_int_ge(
                        asprintf(&line, "set -e; mkdir -p %s; cd %s; %s", root, root, commands), 0);
        ck_assert_int_eq(system(line), 0);

        ck_assert_int_eq(overrules_read(&overrules, root), 0);
        return overrules;
}

static bool overruled_after(const char *root, const char *commands) {
        Overrules overrules = overrules_after(root, "%s", commands);
        bool any = overrules.any;

        ck_assert(!overrules.template_has_owner && !has_owner(&overrules, "www"));
        overrules_done(&overrules);
        return any;
}

START_TEST(units_of_an_administrator) {
        char root[] = "/tmp/fpmd-generator.XXXXXX";

        ck_assert_ptr_nonnull(mkdtemp(root));
        ck_assert(!overruled_after(root, ":"));
        ck_assert(!overruled_after(root,
                        "mkdir -p etc/systemd/system/fpmd@.service.d run/systemd/system/x.socket.d"));
        ck_assert(overruled_after(root, "mkdir run/systemd/system/fpmd@www.socket.d"));
        /* ours */
        ck_assert(!overruled_after(root,
                        "rm -r run; mkdir -p usr/lib/systemd/system; cd usr/lib/systemd/system;"
                        "echo SocketUser=x >fpmd@.socket; touch fpmd-folder.service"));
        ck_assert(overruled_after(root, "mkdir usr/lib/systemd/system/fpmd@.socket.d"));
        ck_assert(!overruled_after(root, "rmdir usr/lib/systemd/system/fpmd@.socket.d"));
        ck_assert(overruled_after(root, "mkdir etc/systemd/system/fpmd-folder.service.d"));
        ck_assert(!overruled_after(root, "rmdir etc/systemd/system/fpmd-folder.service.d"));
        /* masked */
        ck_assert(!overruled_after(root, "ln -s /dev/null etc/systemd/system/fpmd@off.socket"));
        ck_assert(overruled_after(root, "ln -s /dev/nul etc/systemd/system/fpmd@of.socket"));
        ck_assert(!overruled_after(root, "rm -r *"));
        ck_assert(!overruled_after(root, "rmdir $PWD"));
}
END_TEST

START_TEST(units_with_an_owner) {
        char root[] = "/tmp/fpmd-generator.XXXXXX";
        Overrules overrules;

        ck_assert_ptr_nonnull(mkdtemp(root));
        overrules = overrules_after(root,
                        "mkdir -p etc/systemd/system; cd etc/systemd/system; mkdir fpmd@d.socket.d;"
                        "printf '[Socket]\\nSocketMode=0600\\n\\n#SocketUser=x\\nSocketUsers=x' >fpmd@none.socket;"
                        "printf '[Socket]\\n\\n SocketUser = x\\n' >fpmd@a-b.socket;"
                        "printf SocketGroup= >fpmd@c.socket");
        ck_assert(overrules.any && !overrules.template_has_owner);
        ck_assert(has_owner(&overrules, "a-b"));
        ck_assert(has_owner(&overrules, "c"));
        ck_assert(!has_owner(&overrules, "none"));
        ck_assert(!has_owner(&overrules, "d"));
        ck_assert_uint_eq(overrules.n_pools, 2);
        overrules_done(&overrules);

        overrules = overrules_after(root,
                        "printf '[Socket]\\nSocketUser=\\n' >etc/systemd/system/fpmd@.socket");
        ck_assert(overrules.template_has_owner);
        overrules_done(&overrules);

        /* what cannot be read: nothing is put in front of it */
        overrules = overrules_after(root, "cd etc/systemd/system; rm *.socket; mkdir fpmd@.socket;"
                                          "head -c 70000 /dev/zero >fpmd@large.socket");
        ck_assert(overrules.template_has_owner);
        ck_assert_uint_eq(overrules.n_pools, 1);
        overrules_done(&overrules);
        overrules = overrules_after(root, "rm -r %s", root);
        overrules_done(&overrules);
}
END_TEST

START_TEST(names_of_files) {
        char users[] = "\nroot:x:0:0::/:\nwww-data:x:33:\n", groups[] = "\nweb:x:2100:alice\n";
        Names names = { .users = users, .groups = groups };

        ck_assert(names_have_users(&names, NULL));
        ck_assert(names_have_users(&names, "root, www-data 4711"));
        ck_assert(!names_have_users(&names, "root,www"));
        ck_assert(!names_have_users(&names, "data"));
        ck_assert(!names_have_users(&names, "web"));
        ck_assert(names_have_groups(&names, "web"));
        ck_assert(!names_have_groups(&names, "web2"));
        ck_assert(!names_have_users(&(Names){}, "root"));
        ck_assert(names_have_users(&(Names){}, "0"));
}
END_TEST

static void needs_mounts(const char *lines, const char *expected) {
        _cleanup_(pool_config_freep) PoolConfig *config = config_of(lines);
        _cleanup_free_ char *target = NULL, *dropin = NULL;

        ck_assert_int_eq(unit_mounts(config, &target, &dropin), 0);
        if (!expected) {
                ck_assert_ptr_null(target);
                ck_assert_ptr_null(dropin);
                return;
        }

        ck_assert_ptr_nonnull(target);
        ck_assert_ptr_nonnull(strstr(target, expected));
        ck_assert_ptr_nonnull(strstr(
                        dropin, "Wants=fpmd-mounts@www.target\nAfter=fpmd-mounts@www.target\n"));
}

START_TEST(mounts) {
        needs_mounts("user = alice\n", NULL);
        needs_mounts("chdir = /\n", NULL);
        needs_mounts("chdir = relative\n", NULL);
        needs_mounts("access.log = journal\nslowlog = /var/log/fpmd/www/slow.log\n", NULL);
        needs_mounts("chroot = /srv/$pool\n", "\nRequiresMountsFor=\"/srv/www\"\n");
        needs_mounts("chroot = /srv\nchdir = /a b%\n", "\nRequiresMountsFor=\"/srv/a b%%\"\n");
        needs_mounts("prefix = /data\naccess.log = log/a\nslowlog = /mnt/slow\nchdir = /www\n",
                        "\nRequiresMountsFor=\"/www\" \"/data/log\" \"/mnt\"\n");
        needs_mounts("chdir = '/a\"b'\n", NULL);
        needs_mounts("chdir = \"/a\nWants=evil\"\n", NULL);
}
END_TEST

/* What follows from the pool file: lines of [Service], or NULL. */
static void needs_right(UnitRight right, const char *pool_file, const char *expected) {
        _cleanup_(pool_config_freep) PoolConfig *config = config_of(pool_file);
        _cleanup_free_ char *text = NULL;

        ck_assert_int_eq(unit_right(config, right, &text), 0);
        ck_assert_int_eq(!text, !expected);
        if (expected)
                ck_assert_str_eq(strchr(text, '[') + strlen("[Service]\n"), expected);
}

#define NICE "CapabilityBoundingSet=CAP_SYS_NICE\n"
#define RESOURCE "CapabilityBoundingSet=CAP_SYS_RESOURCE\n"

START_TEST(what_takes_rights) {
        needs_right(UNIT_RIGHT_CHROOT, "chdir = /srv\n", NULL);
        needs_right(UNIT_RIGHT_CHROOT, "chroot = /srv\nSystemCallFilter=\n",
                        "CapabilityBoundingSet=CAP_SYS_CHROOT\nSystemCallFilter=chroot\n");

        needs_right(UNIT_RIGHT_PRIORITY, "pm.max_children = 5\n", NULL);
        needs_right(UNIT_RIGHT_PRIORITY, "process.priority = 7\n", NULL);
        needs_right(UNIT_RIGHT_PRIORITY, "process.priority = -1\n", NICE);
        needs_right(UNIT_RIGHT_PRIORITY, "process.priority = 0\nsystemd.Nice = 5\n", NICE);
        needs_right(UNIT_RIGHT_PRIORITY, "[global]\nprocess.priority = -5\n", NICE);
        needs_right(UNIT_RIGHT_PRIORITY, "process.priority = 1\n[global]\nprocess.priority = -5\n",
                        NULL);

        needs_right(UNIT_RIGHT_LIMITS, "pm.max_children = 1984\nrlimit_files = 4096\n", NULL);
        needs_right(UNIT_RIGHT_LIMITS, "rlimit_core = 0\nrlimit_files = 0\n", NULL);
        needs_right(UNIT_RIGHT_LIMITS, "pm.max_children = 1985\n", RESOURCE);
        needs_right(UNIT_RIGHT_LIMITS, "rlimit_files = 4097\n", RESOURCE);
        needs_right(UNIT_RIGHT_LIMITS, "rlimit_core = unlimited\n", RESOURCE);
        needs_right(UNIT_RIGHT_LABELS, "apparmor_hat = web\n",
                        strstr(unit_labels(), "ReadOnlyPaths=\n"));
        needs_right(UNIT_RIGHT_LABELS, "user = web\n", NULL);

        needs_right(UNIT_RIGHT_LIMITS, "[global]\nrlimit_core = 1\n", RESOURCE);
}
END_TEST

START_TEST(free_bind) {
        becomes("listen = 9000\nlisten = /x\n",
                        "ListenStream=\nListenStream=9000\nListenStream=/x\n" CLOSED);
        becomes("listen = /x\npm.status_listen = [2001:db8::1]:9000\n",
                        "ListenStream=\nListenStream=/x\nListenStream=[2001:db8::1]:9000\n"
                        "FreeBind=yes\n" CLOSED);
}
END_TEST

START_TEST(allowed_clients) {
        becomes("listen = 9000\nlisten.allowed_clients = 127.0.0.1,::1, 10.0.0.0/8\n",
                        "ListenStream=\nListenStream=9000\nIPAddressDeny=any\n"
                        "IPAddressAllow=127.0.0.1/32\nIPAddressAllow=::1/128\n"
                        "IPAddressAllow=10.0.0.0/8\n" CLOSED);
        becomes("listen = 9000\nlisten.allowed_clients =\n",
                        "ListenStream=\nListenStream=9000\n" CLOSED);
        becomes("listen = /x\nlisten.allowed_clients = ::1\n", "ListenStream=\nListenStream=/x\n");
        ck_assert_str_eq(reports, "");

        /* a wrong list shuts everybody out */
        becomes("listen = 9000\nlisten.allowed_clients = host\n",
                        "ListenStream=\nListenStream=9000\nIPAddressDeny=any\n" CLOSED);
        ck_assert_ptr_nonnull(strstr(reports, "'host' is not an IP address"));
}
END_TEST

START_TEST(nothing_else_gets_into_a_unit) {
        setenv("FPMD_EVIL", "/run/x\nExecStartPre=/bin/touch /evil", 1);
        becomes("listen = ${FPMD_EVIL}\n", NULL);
        becomes("listen = \"/run/x\\\"\n", NULL);
        becomes("listen = \"/run/x\\nExecStartPre=/bin/touch /evil\"\n", NULL);
        becomes("listen = '/run/x '\n", NULL);
        becomes("listen.owner = \"a\\b\"\n", NULL);
        becomes("listen.owner = \"%i\"\n", NULL);
        becomes("listen = '/run/%i \"quoted\"; #x'\n",
                        "ListenStream=\nListenStream=/run/%%i \"quoted\"; #x\n");
}
END_TEST

START_TEST(a_wrong_file_keeps_its_address) {
        becomes("this is wrong\npm.max_children = lots\nlisten = /run/x.sock\n[other]\nlisten = "
                "/y\n",
                        "ListenStream=\nListenStream=/run/x.sock\n");
}
END_TEST

/* --- config/value/address.h, for what the generator does not use --- */

static bool v4_allowed(const char *list, const char *peer) {
        struct sockaddr_in address = { .sin_family = AF_INET };

        ck_assert_int_eq(inet_pton(AF_INET, peer, &address.sin_addr), 1);
        return client_list_allows(list, (const struct sockaddr *) &address);
}

static bool v6_allowed(const char *list, const char *peer) {
        struct sockaddr_in6 address = { .sin6_family = AF_INET6 };

        ck_assert_int_eq(inet_pton(AF_INET6, peer, &address.sin6_addr), 1);
        return client_list_allows(list, (const struct sockaddr *) &address);
}

START_TEST(peers) {
        struct sockaddr_un path = { .sun_family = AF_UNIX };

        ck_assert(v4_allowed(NULL, "192.0.2.1"));
        ck_assert(v4_allowed("", "192.0.2.1"));
        ck_assert(v4_allowed("127.0.0.1, 192.0.2.1", "192.0.2.1"));
        ck_assert(!v4_allowed("127.0.0.1", "192.0.2.1"));
        ck_assert(v4_allowed("192.0.2.0/25", "192.0.2.127"));
        ck_assert(!v4_allowed("192.0.2.0/25", "192.0.2.128"));
        ck_assert(v4_allowed("0.0.0.0/0", "192.0.2.128"));
        ck_assert(!v4_allowed("::/0", "192.0.2.128"));
        ck_assert(!v4_allowed("nonsense", "192.0.2.128"));
        ck_assert(v6_allowed("::1", "::1"));
        ck_assert(!v6_allowed("::1", "::2"));
        ck_assert(v6_allowed("2001:db8::/33", "2001:db8:7fff::1"));
        ck_assert(!v6_allowed("2001:db8::/33", "2001:db8:8000::1"));
        ck_assert(v6_allowed("192.0.2.1", "::ffff:192.0.2.1"));
        ck_assert(!v6_allowed("192.0.2.1", "::ffff:192.0.2.2"));
        ck_assert(client_list_allows("::1", (const struct sockaddr *) &path));
}
END_TEST

START_TEST(client_lists) {
        const char *cursor = "1.2.3.4/33,::1/129,1.2.3.4/,1.2.3.4/x,1.2.3/8,"
                             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                             "xxxxxxxxx,"
                             "1.2.3.4";
        ClientRange range;

        for (int i = 0; i < 6; i++)
                ck_assert_int_eq(client_list_next(&cursor, &range), -EINVAL);
        ck_assert_int_eq(client_list_next(&cursor, &range), 1);
        ck_assert_str_eq(range.text, "1.2.3.4/32");
        ck_assert_int_eq(client_list_next(&cursor, &range), 0);
        ck_assert_int_eq(client_list_next(&cursor, &range), 0);
}
END_TEST

START_TEST(addresses_that_are_none) {
        static const char *const bad[] = { "", "0", "65536", "99999999999999999999", "127.0.0.1:0",
                "127.0.0.1:", ":9000", "*:9000", "256.0.0.1:1", "[127.0.0.1]:1", "[localhost]:1",
                "[::1:9000", "[]:1", "host:1", "[::1%lo]:1", "/tmp/../etc/passwd", "../x",
                "/run/..", "/run/x/" };
        char long_path[200], why[ADDRESS_WHY_MAX];
        Address address = { .port = 7 };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                why[0] = '\0';
                ck_assert_msg(address_parse(&address, bad[i], why) == -EINVAL, "%s", bad[i]);
                ck_assert(why[0]);
        }

        memset(long_path, 'x', sizeof(long_path));
        long_path[0] = '/';
        long_path[108] = '\0';
        ck_assert_int_eq(address_parse(&address, long_path, why), -EINVAL);
        long_path[107] = '\0';
        ck_assert_uint_eq(address.port, 7);
        ck_assert_int_eq(address_parse(&address, long_path, why), 0);
}
END_TEST

START_TEST(slices) {
        unsigned n[32] = {};

        for (unsigned i = 0; i < 640; i++) {
                _cleanup_free_ char *socket = NULL, *service = NULL;
                char name[16], *at;
                unsigned number;

                snprintf(name, sizeof(name), "site%u", i);
                ck_assert_int_eq(unit_slice(name, "Socket", &socket), 0);
                ck_assert_int_eq(unit_slice(name, "Service", &service), 0);
                at = strstr(socket, "\n[Socket]\nSlice=system-fpmd-");
                ck_assert_ptr_nonnull(at);
                ck_assert_ptr_nonnull(strstr(service, "\n[Service]\n"));
                ck_assert_str_eq(strstr(service, "Slice="), strstr(at, "Slice="));
                ck_assert_int_eq(
                                sscanf(at, "\n[Socket]\nSlice=system-fpmd-%u.slice\n", &number), 1);
                ck_assert_uint_lt(number, ELEMENTSOF(n));
                n[number]++;
        }
        for (size_t i = 0; i < ELEMENTSOF(n); i++)
                ck_assert(n[i] >= 5 && n[i] <= 60);
}
END_TEST

UNIT_MAIN("generator", nothing_said, slices, addresses, owner_group_mode_backlog,
                access_by_descriptor, refused, late_names, names_of_files,
                folder_that_gives_the_group, sockets_with_processes, members_of_groups,
                group_of_the_folder, folder_of_another_group, units_of_an_administrator,
                units_with_an_owner, mounts, what_takes_rights, free_bind, allowed_clients,
                nothing_else_gets_into_a_unit, a_wrong_file_keeps_its_address, peers, client_lists,
                addresses_that_are_none);

/* SPDX-License-Identifier: MIT */
/* Proves which addresses exclude each other, by whatever names, that both files are named then, and which folders are
 * root's alone. */

#include "listen/pool_sockets.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "listen/socket_path.h"
#include "unit.h"

START_TEST(clashes) {
        static const struct {
                const char *a, *b;
                bool clash;
        } cases[] = {
                { "/run/a.sock", "/run/a.sock", true },
                { "/run/a.sock", "/run/b.sock", false },
                { "/run//a.sock", "/run/./a.sock", true },
                { "/var/run/a.sock", "/run/a.sock", true },
                { "/var/run/nosuch/deep/a.sock", "/run/nosuch/deep/a.sock", true },
                { "/proc/self/root/run/a.sock", "/run/a.sock", true },
                { "/run/9000", "9000", false },
                { "9000", "9000", true },
                { "9000", "127.0.0.1:9000", true },
                { "9000", "[::1]:9000", true },
                { "9000", "0.0.0.0:9000", true },
                { "9000", "[::]:9000", true },
                { "9000", "9001", false },
                { "0.0.0.0:9000", "127.0.0.1:9000", true },
                { "0.0.0.0:9000", "[::1]:9000", false },
                { "0.0.0.0:9000", "[::]:9000", true },
                { "[::]:9000", "127.0.0.1:9000", true },
                { "[::ffff:127.0.0.1]:9000", "127.0.0.1:9000", true },
                { "[::ffff:127.0.0.1]:9000", "127.0.0.2:9000", false },
                { "localhost:9000", "127.0.0.1:9000", true },
                { "127.0.0.1:9000", "127.0.0.2:9000", false },
                { "127.0.0.1:9000", "127.0.0.1:9001", false },
                { "[::1]:9000", "[0:0::1]:9000", true },
                { "[::1]:9000", "[::2]:9000", false },
                { "[::1]:9000", "127.0.0.1:9000", false },
                { "nonsense:0", "nonsense:0", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ck_assert_msg(address_clashes(cases[i].a, cases[i].b) == cases[i].clash, "%s %s",
                                cases[i].a, cases[i].b);
                ck_assert(address_clashes(cases[i].b, cases[i].a) == cases[i].clash);
        }
}
END_TEST

static char told[4096];

static void record(void *userdata, int priority, const char *line) {
        size_t used = strlen(told);

        (void) userdata;
        ck_assert_int_eq(priority, LOG_ERR);
        snprintf(told + used, sizeof(told) - used, "%s\n", line);
}

static void add(PoolSockets *sockets, const char *name, const char *lines) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        char text[1024], file[64];

        snprintf(text, sizeof(text), "[%s]\n%s", name, lines);
        snprintf(file, sizeof(file), "%s.conf", name);
        ck_assert_int_eq(pool_config_parse_listen(
                                         &config, name, file, text, strlen(text), NULL, NULL),
                        0);
        ck_assert_int_eq(pool_sockets_add(sockets, config), 0);
}

static void is_told(
                const PoolSockets *sockets, const char *pool, unsigned n, const char *expected) {
        told[0] = '\0';
        ck_assert_uint_eq(pool_sockets_check(sockets, pool, false, record, NULL), n);
        ck_assert_str_eq(told, expected);
}

START_TEST(both_files_are_named) {
        _cleanup_(pool_sockets_done) PoolSockets sockets = {};

        add(&sockets, "one", "listen = /run/x.sock\nlisten = 127.0.0.1:9281\n");
        add(&sockets, "two", "listen = 9281\nlisten = /run/two.sock\nlisten = /var/run/x.sock\n");
        add(&sockets, "three", "pm.status_listen = /run/fpmd/four.sock\n");
        add(&sockets, "four", "");
        add(&sockets, "alone", "");
        is_told(&sockets, "one", 2,
                        "one.conf:2: listen: /run/x.sock is an address of pool two too (two.conf:4: "
                        "/var/run/x.sock); give each pool an address of its own\n"
                        "one.conf:3: listen: 127.0.0.1:9281 is an address of pool two too "
                        "(two.conf:2: 9281); give each pool an address of its own\n");
        is_told(&sockets, "two", 2,
                        "two.conf:2: listen: 9281 is an address of pool one too (one.conf:3: "
                        "127.0.0.1:9281); give each pool an address of its own\n"
                        "two.conf:4: listen: /var/run/x.sock is an address of pool one too "
                        "(one.conf:2: /run/x.sock); give each pool an address of its own\n");
        is_told(&sockets, "three", 1,
                        "three.conf:2: pm.status_listen: /run/fpmd/four.sock is an address of pool "
                        "four too (four.conf: /run/fpmd/four.sock); give each pool an address of its "
                        "own\n");
        is_told(&sockets, "four", 1,
                        "four.conf: listen: /run/fpmd/four.sock is an address of pool three too "
                        "(three.conf:2: /run/fpmd/four.sock); give each pool an address of its own\n");
        is_told(&sockets, "alone", 0, "");
        is_told(&sockets, "nosuch", 0, "");
}
END_TEST

START_TEST(twice_in_one_file) {
        _cleanup_(pool_sockets_done) PoolSockets sockets = {};

        add(&sockets, "one", "listen = 9281\nlisten = 127.0.0.1:9281\n");
        is_told(&sockets, "one", 1,
                        "one.conf:3: listen: 127.0.0.1:9281 and 9281 (one.conf:2) cannot both be "
                        "opened; take one of them away\n");
}
END_TEST

/* systemd makes /run/fpmd/POOL for the service of each pool. */
START_TEST(folders_of_services) {
        _cleanup_(pool_sockets_done) PoolSockets sockets = {};

        add(&sockets, "www", "");
        add(&sockets, "www.sock", "");
        add(&sockets, "inside", "listen = /run/fpmd/inside/x.sock\n");
        is_told(&sockets, "www", 1,
                        "www.conf: listen: /run/fpmd/www.sock lies in /run/fpmd/www.sock, the folder "
                        "of pool www.sock (www.sock.conf), which systemd removes when that pool "
                        "stops; name another path\n");
        is_told(&sockets, "www.sock", 1,
                        "www.conf: listen: /run/fpmd/www.sock of pool www is the folder of pool "
                        "www.sock, which systemd removes when that pool stops; rename one of the "
                        "pools, or name another path\n");
        is_told(&sockets, "inside", 1,
                        "inside.conf:2: listen: /run/fpmd/inside/x.sock lies in /run/fpmd/inside, "
                        "the folder of pool inside (inside.conf), which systemd removes when that "
                        "pool stops; name another path\n");
}
END_TEST

/* --- folders --- */

static char base[64], why[SOCKET_PATH_WHY_MAX];

static SocketPathKind kind_of(const char *below) {
        char path[256];

        why[0] = '\0';
        snprintf(path, sizeof(path), "%s/%s", base, below);
        return socket_path_check(path, why);
}

static void make_folder(const char *name, mode_t mode, uid_t uid) {
        ck_assert_int_eq(mkdir(name, 0700), 0);
        ck_assert_int_eq(chown(name, uid, 0), 0);
        ck_assert_int_eq(chmod(name, mode), 0);
}

START_TEST(folders_of_the_machine) {
        ck_assert_int_eq(socket_path_check("/tmp/x.sock", why), SOCKET_PATH_UNSAFE);
        ck_assert_ptr_nonnull(strstr(
                        why, "the folder /tmp can be changed by others than root (mode 1777)"));
        ck_assert_int_eq(socket_path_check("/tmp/nosuch/x.sock", why), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(socket_path_check("/etc/passwd", why), SOCKET_PATH_UNSAFE);
        ck_assert_ptr_nonnull(strstr(why, "/etc/passwd is there and is no socket"));
        ck_assert_int_eq(socket_path_check("/etc/passwd/x.sock", why), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(socket_path_check("/nosuch/at/all.sock", why), SOCKET_PATH_SAFE);
}
END_TEST

START_TEST(folders_of_others) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "safe/there.sock" };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (geteuid() != 0 || !mkdtemp(strcpy(base, "/run/fpmd-test-XXXXXX")))
                return; /* only root has folders that are root's alone */

        ck_assert_int_eq(chdir(base), 0);
        ck_assert_int_eq(chmod(".", 0755), 0);
        make_folder("safe", 0755, 0);
        make_folder("safe/owned", 0755, 2001);
        make_folder("safe/owned/safe", 0755, 0);
        make_folder("shared", 0775, 0);
        make_folder("sticky", 01777, 0);
        ck_assert_int_eq(symlink("safe", "link"), 0);
        ck_assert_int_eq(symlink("../safe/owned/safe", "safe/detour"), 0);
        ck_assert_int_eq(symlink("round", "round"), 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);

        ck_assert_int_eq(kind_of("safe/x.sock"), SOCKET_PATH_SAFE);
        ck_assert_int_eq(kind_of("safe/there.sock"), SOCKET_PATH_SAFE);
        ck_assert_int_eq(kind_of("link/x.sock"), SOCKET_PATH_SAFE);
        ck_assert_int_eq(kind_of("safe/later/x.sock"), SOCKET_PATH_SAFE);
        ck_assert_int_eq(kind_of("safe/owned/x.sock"), SOCKET_PATH_OWNED);
        ck_assert_int_eq(kind_of("link//owned/./x.sock"), SOCKET_PATH_OWNED);
        ck_assert_int_eq(kind_of("safe/owned/safe/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_ptr_nonnull(strstr(why, "belongs to uid 2001"));
        ck_assert_int_eq(kind_of("safe/owned/later/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(kind_of("safe/detour/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(kind_of("shared/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(kind_of("sticky/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(kind_of("round/x.sock"), SOCKET_PATH_UNSAFE);
        ck_assert_int_eq(kind_of("link"), SOCKET_PATH_UNSAFE);

        close(fd);
        ck_assert_int_eq(system("rm -r -- \"$PWD\""), 0);
}
END_TEST

UNIT_MAIN("pool-sockets", clashes, both_files_are_named, twice_in_one_file, folders_of_services,
                folders_of_the_machine, folders_of_others);

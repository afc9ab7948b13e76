/* SPDX-License-Identifier: MIT */
#include "php/files/script_path.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

/* The files of the machine that the rows speak of; /www and /www/dir are directories. */
static const char *const files[] = { "/www/a.php", "/www/sub/b.php", "/www/with space.php",
        "/www/info.php", "/cgi/php", "C:\\www\\a.php", NULL };
static const char *const directories[] = { "/www", "/www/sub", "/www/dir.php", "/", NULL };

static unsigned n_exists, n_is_file;

static bool is_among(const char *const *list, const char *path) {
        for (size_t i = 0; list[i]; i++)
                if (strcmp(list[i], path) == 0)
                        return true;

        return false;
}

static bool exists(const char *path, void *userdata) {
        (void) userdata;
        n_exists++;
        return is_among(files, path) || is_among(directories, path);
}

static bool is_file(const char *path, void *userdata) {
        (void) userdata;
        n_is_file++;
        return is_among(files, path);
}

/* --- a row: what is sent, what comes out --- */

typedef struct Row {
        const char *what;
        const char *sent;   /* "NAME=VALUE\n…" */
        const char *script; /* NULL: none */
        const char *uri;
        const char *after; /* params afterwards, "NAME=-" for one that is not there */
} Row;

static FcgiParams params;

static void setup(void) {
        ck_assert_int_eq(fcgi_params_init(&params, 64 * 1024, 64), 0);
}

static void teardown(void) {
        fcgi_params_done(&params);
}

/* Calls with each line of the text; n is the name's length. */
static void each_line(const char *what, const char *text,
                void (*call)(const char *what, const char *line, size_t name_len)) {
        char line[8192];

        while (*text) {
                size_t n = strcspn(text, "\n");

                ck_assert_uint_lt(n, sizeof(line));
                memcpy(line, text, n);
                line[n] = '\0';
                call(what, line, strcspn(line, "="));
                text += n + (text[n] == '\n');
        }
}

static void send_line(const char *what, const char *line, size_t n) {
        char name[64];

        ck_assert_msg(n < sizeof(name) && line[n] == '=', "%s: %s", what, line);
        memcpy(name, line, n);
        name[n] = '\0';
        ck_assert_int_eq(fcgi_params_set(&params, name, line + n + 1, strlen(line + n + 1)), 0);
}

static void check_line(const char *what, const char *line, size_t n) {
        const FcgiParam *param = fcgi_params_find(&params, line, n);
        const char *value = param ? param->value : "-";

        ck_assert_msg(strcmp(value, line + n + 1) == 0, "%s: %.*s is '%s', not '%s'", what, (int) n,
                        line, value, line + n + 1);
}

static const char *text_of(const char *string) {
        return string ? string : "-";
}

static void check_rows(const Row *rows, size_t n, const ScriptRules *rules) {
        for (size_t i = 0; i < n; i++) {
                const Row *row = &rows[i];
                ScriptPath path;

                fcgi_params_reset(&params);
                each_line(row->what, row->sent, send_line);
                ck_assert_int_eq(script_path_find(&path, &params, rules), 0);
                ck_assert_msg(strcmp(text_of(path.script), text_of(row->script)) == 0,
                                "%s: script '%s'", row->what, text_of(path.script));
                ck_assert_msg(strcmp(text_of(path.request_uri), text_of(row->uri)) == 0,
                                "%s: URI '%s'", row->what, text_of(path.request_uri));
                each_line(row->what, row->after, check_line);
        }
}

#define CHECK_ROWS(rows, ...)                                                                      \
        check_rows(rows, sizeof(rows) / sizeof(rows[0]),                                           \
                        &(ScriptRules){ .exists = exists, .is_file = is_file, __VA_ARGS__ })

/* --- cgi.fix_pathinfo = 1 --- */

static const Row nginx[] = {
        { "plain", "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php",
                        "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=-\nPATH_TRANSLATED=-\n"
                        "ORIG_SCRIPT_FILENAME=-\nORIG_SCRIPT_NAME=-\nORIG_PATH_INFO=-" },
        { "split by nginx", "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=/x/y",
                        "/www/a.php", "/a.php",
                        "PATH_INFO=/x/y\nORIG_PATH_INFO=-\nPATH_TRANSLATED=-" },
        { "not split, no PATH_INFO",
                        "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php/x\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php/x",
                        "SCRIPT_FILENAME=/www/a.php\nORIG_SCRIPT_FILENAME=/www/a.php/x\nPATH_INFO=-\n"
                        "SCRIPT_NAME=/a.php/x\nPATH_TRANSLATED=/www" },
        { "not split, the whole as PATH_INFO",
                        "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php/x\nPATH_INFO=/a.php/x\n"
                        "DOCUMENT_ROOT=/www/",
                        "/www/a.php", "/a.php",
                        "SCRIPT_FILENAME=/www/a.php\nPATH_INFO=/x\nORIG_PATH_INFO=/a.php/x\n"
                        "SCRIPT_NAME=/a.php\nORIG_SCRIPT_NAME=/a.php/x\nPATH_TRANSLATED=/www/x" },
        { "SCRIPT_NAME is right already",
                        "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=/a.php/x",
                        "/www/a.php", "/a.php",
                        "PATH_INFO=/x\nORIG_SCRIPT_NAME=-\nORIG_PATH_INFO=/a.php/x\nPATH_TRANSLATED=/www/x" },
        { "a directory with a slash", "SCRIPT_FILENAME=/www/\nSCRIPT_NAME=/", NULL, "/",
                        "SCRIPT_FILENAME=-\nORIG_SCRIPT_FILENAME=/www/\nSCRIPT_NAME=/" },
        { "a directory", "SCRIPT_FILENAME=/www/sub\nSCRIPT_NAME=/sub", "/www/sub", "/sub",
                        "SCRIPT_FILENAME=/www/sub" },
        { "a file with a slash", "SCRIPT_FILENAME=/www/a.php/\nSCRIPT_NAME=/a.php/", "/www/a.php",
                        "/a.php/", "SCRIPT_FILENAME=/www/a.php\nPATH_TRANSLATED=-" },
        { "missing", "SCRIPT_FILENAME=/www/none.php\nSCRIPT_NAME=/none.php", NULL, "/none.php",
                        "SCRIPT_FILENAME=-\nORIG_SCRIPT_FILENAME=/www/none.php" },
        { "a path up", "SCRIPT_FILENAME=/www/sub/../a.php\nSCRIPT_NAME=/a.php", NULL, "/a.php",
                        "SCRIPT_FILENAME=-" },
        { "nothing at all", "REQUEST_METHOD=GET", NULL, NULL, "SCRIPT_FILENAME=-" },
        { "empty", "SCRIPT_FILENAME=\nSCRIPT_NAME=/a.php", "", "/a.php", "SCRIPT_FILENAME=" },
        { "slashes", "SCRIPT_FILENAME=////\nSCRIPT_NAME=/", NULL, "/", "SCRIPT_FILENAME=-" },
};

START_TEST(test_nginx) {
        CHECK_ROWS(nginx, .fix_pathinfo = true);
}
END_TEST

static const Row apache[] = {
        { "SetHandler, tcp",
                        "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/www/a.php\nSCRIPT_NAME=/a.php",
                        "/www/a.php", "/a.php",
                        "SCRIPT_FILENAME=/www/a.php\nORIG_SCRIPT_FILENAME=-\nSCRIPT_NAME=/a.php" },
        { "SetHandler, unix: an authority that means nothing",
                        "SCRIPT_FILENAME=proxy:fcgi://localhost/www/a.php\nSCRIPT_NAME=/a.php",
                        "/www/a.php", "/a.php", "SCRIPT_FILENAME=/www/a.php" },
        { "unix, none", "SCRIPT_FILENAME=proxy:fcgi:///www/a.php\nSCRIPT_NAME=/a.php", "/www/a.php",
                        "/a.php", "SCRIPT_FILENAME=/www/a.php" },
        { "balancer, case", "SCRIPT_FILENAME=PROXY:Balancer://php/www/a.php\nSCRIPT_NAME=/a.php",
                        "/www/a.php", "/a.php", "SCRIPT_FILENAME=/www/a.php" },
        { "a query of a rewrite",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php?q=1\nSCRIPT_NAME=/a.php",
                        "/www/a.php", "/a.php", "SCRIPT_FILENAME=/www/a.php" },
        { "SetHandler with PATH_INFO, split by Apache",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=/x\n"
                        "PATH_TRANSLATED=/www/x\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php",
                        "PATH_INFO=/x\nPATH_TRANSLATED=/www/x\nORIG_PATH_INFO=-" },
        { "ProxyPass with a rest",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x\nSCRIPT_NAME=/a.php/x\n"
                        "DOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php",
                        "SCRIPT_FILENAME=/www/a.php\nORIG_SCRIPT_FILENAME=/www/a.php/x\nPATH_INFO=/x\n"
                        "SCRIPT_NAME=/a.php\nORIG_SCRIPT_NAME=/a.php/x\nPATH_TRANSLATED=/www/x" },
        { "ProxyPass, encoded",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x%20y\nSCRIPT_NAME=/a.php/x y",
                        "/www/a.php", "/a.php", "PATH_INFO=/x%20y\nORIG_SCRIPT_NAME=/a.php/x y" },
        { "a plus is a plus",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x+%41\nSCRIPT_NAME=/a.php/x+A",
                        "/www/a.php", "/a.php", "PATH_INFO=/x+%41\nSCRIPT_NAME=/a.php" },
        { "SCRIPT_NAME does not end so",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x\nSCRIPT_NAME=/other",
                        "/www/a.php", "/other",
                        "PATH_INFO=/x\nSCRIPT_NAME=/other\nORIG_SCRIPT_NAME=-" },
        { "SCRIPT_NAME is nothing but the rest",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x\nSCRIPT_NAME=/x",
                        "/www/a.php", "/x", "PATH_INFO=/x\nSCRIPT_NAME=/x\nORIG_SCRIPT_NAME=-" },
        { "another PATH_INFO",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=/other",
                        "/www/a.php", "/other",
                        "PATH_INFO=/x\nORIG_PATH_INFO=/other\nSCRIPT_NAME=/other\nORIG_SCRIPT_NAME=/a.php" },
        { "a broken escape", "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php/%4\nSCRIPT_NAME=/a.php/%4",
                        "/www/a.php", "/a.php", "PATH_INFO=/%4\nSCRIPT_NAME=/a.php" },
        { "an authority alone", "SCRIPT_FILENAME=proxy:fcgi://h:9\nSCRIPT_NAME=/a.php", NULL,
                        "/a.php", "SCRIPT_FILENAME=-\nORIG_SCRIPT_FILENAME=proxy:fcgi://h:9" },
        { "ProxyFCGIBackendType GENERIC sends a path",
                        "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nREDIRECT_URL=/nice",
                        "/www/a.php", "/a.php", "SCRIPT_NAME=/a.php" },
        { "mod_proxy_fcgi with a rewrite keeps PATH_INFO",
                        "SCRIPT_FILENAME=proxy:fcgi://h:9/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=/x\n"
                        "PATH_TRANSLATED=/www/x\nREDIRECT_URL=/x",
                        "/www/a.php", "/a.php", "PATH_INFO=/x\nPATH_TRANSLATED=/www/x" },
        { "Action: SCRIPT_FILENAME is the handler",
                        "SCRIPT_FILENAME=/cgi/php\nSCRIPT_NAME=/cgi/php\nPATH_INFO=/info.php\n"
                        "PATH_TRANSLATED=/www/info.php\nREDIRECT_URL=/info.php\nDOCUMENT_ROOT=/www",
                        "/www/info.php", "/info.php",
                        "SCRIPT_FILENAME=/www/info.php\nORIG_SCRIPT_FILENAME=/cgi/php\nPATH_INFO=-\n"
                        "ORIG_PATH_INFO=/info.php\nPATH_TRANSLATED=-\nORIG_PATH_TRANSLATED=/www/info.php\n"
                        "SCRIPT_NAME=/info.php\nORIG_SCRIPT_NAME=/cgi/php" },
        { "Action with a rest",
                        "SCRIPT_FILENAME=/cgi/php\nSCRIPT_NAME=/cgi/php\nPATH_INFO=/info.php/x\n"
                        "PATH_TRANSLATED=/www/info.php/x\nREDIRECT_URL=/info.php/x\nDOCUMENT_ROOT=/www",
                        "/www/info.php", "/info.php",
                        "SCRIPT_FILENAME=/www/info.php\nORIG_SCRIPT_FILENAME=/cgi/php\nPATH_INFO=/x\n"
                        "ORIG_PATH_INFO=/info.php/x\nPATH_TRANSLATED=/www/x\n"
                        "ORIG_PATH_TRANSLATED=/www/info.php/x\nSCRIPT_NAME=/info.php\n"
                        "ORIG_SCRIPT_NAME=/cgi/php" },
        { "Action, SCRIPT_FILENAME is the script already",
                        "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nPATH_TRANSLATED=/www/a.php/x\n"
                        "REDIRECT_URL=/a.php/x",
                        "/www/a.php", "/a.php/x",
                        "SCRIPT_FILENAME=/www/a.php\nORIG_SCRIPT_FILENAME=-" },
};

START_TEST(test_apache) {
        CHECK_ROWS(apache, .fix_pathinfo = true);
}
END_TEST

static const Row others[] = {
        { "lighttpd, Caddy: split",
                        "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=/x\n"
                        "PATH_TRANSLATED=/www/x\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php",
                        "PATH_INFO=/x\nPATH_TRANSLATED=/www/x\nORIG_PATH_INFO=-" },
        { "lighttpd with broken-scriptfilename",
                        "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=/x\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php",
                        "SCRIPT_FILENAME=/www/a.php\nPATH_INFO=/x\nORIG_PATH_INFO=-\nPATH_TRANSLATED=/www/x" },
        { "HAProxy: docroot and path, an empty PATH_INFO",
                        "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nPATH_INFO=\nDOCUMENT_ROOT=/www",
                        "/www/a.php", "/a.php", "PATH_INFO=\nORIG_PATH_INFO=-" },
        { "IIS repeats SCRIPT_NAME",
                        "SERVER_SOFTWARE=Microsoft-IIS/10.0\nSCRIPT_FILENAME=/www/a.php\n"
                        "SCRIPT_NAME=/a.php\nPATH_INFO=/a.php/x",
                        "/www/a.php", "/a.php", "PATH_INFO=/x\nORIG_PATH_INFO=/a.php/x" },
        { "IIS, and nothing else",
                        "SERVER_SOFTWARE=Microsoft-IIS/10.0\nSCRIPT_FILENAME=/www/a.php\n"
                        "SCRIPT_NAME=/a.php\nPATH_INFO=/a.php",
                        "/www/a.php", "/a.php", "PATH_INFO=-\nORIG_PATH_INFO=/a.php" },
        { "only IIS does",
                        "SERVER_SOFTWARE=nginx\nSCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\n"
                        "PATH_INFO=/a.php/x",
                        "/www/a.php", "/a.php", "PATH_INFO=/a.php/x\nORIG_PATH_INFO=-" },
        { "backslashes", "SCRIPT_FILENAME=C:\\www\\a.php\\x\nSCRIPT_NAME=/a.php", "C:\\www\\a.php",
                        "/a.php", "SCRIPT_FILENAME=C:\\www\\a.php" },
        { "PATH_TRANSLATED alone", "PATH_TRANSLATED=/www/a.php\nSCRIPT_NAME=/a.php", "/www/a.php",
                        "/a.php", "SCRIPT_FILENAME=/www/a.php\nORIG_SCRIPT_FILENAME=-" },
        { "without a document root",
                        "SCRIPT_FILENAME=/www/sub/b.php/x/y\nSCRIPT_NAME=/sub/b.php\nPATH_INFO=/sub/b.php/x/y",
                        "/www/sub/b.php", "/sub/b.php",
                        "PATH_INFO=/x/y\nPATH_TRANSLATED=/www/x/y" },
};

START_TEST(test_others) {
        CHECK_ROWS(others, .fix_pathinfo = true);
}
END_TEST

/* php-fpm took PATH_INFO's length less that of the cut part for a place in PATH_INFO, whichever was longer. */
static const Row cve_2019_11043[] = {
        { "empty PATH_INFO", "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php/x\nPATH_INFO=",
                        "/www/a.php", "/a.php/x", "PATH_INFO=\nORIG_PATH_INFO=-" },
        { "shorter", "SCRIPT_FILENAME=/www/a.php/xxxxxxxxxxxxx\nSCRIPT_NAME=/a.php\nPATH_INFO=/x",
                        "/www/a.php", "/a.php", "PATH_INFO=/x\nORIG_PATH_INFO=-" },
        { "the same length", "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=/y",
                        "/www/a.php", "/a.php", "PATH_INFO=/y\nORIG_PATH_INFO=-" },
        { "one more", "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=z/y",
                        "/www/a.php", "z", "PATH_INFO=/y\nORIG_PATH_INFO=z/y\nSCRIPT_NAME=z" },
        { "SCRIPT_NAME longer than the file",
                        "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/long/long/long/www/a.php",
                        "/www/a.php", "/long/long/long/www/a.php", "PATH_TRANSLATED=-" },
};

START_TEST(test_cve_2019_11043) {
        CHECK_ROWS(cve_2019_11043, .fix_pathinfo = true);
}
END_TEST

START_TEST(test_doc_root) {
        static const Row rows[] = {
                { "php.ini's stands in", "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php/x",
                                "/www/a.php", "/a.php/x",
                                "DOCUMENT_ROOT=/root/\nPATH_TRANSLATED=/root" },
                { "the web server's counts more",
                                "SCRIPT_FILENAME=/www/a.php\nSCRIPT_NAME=/a.php\nDOCUMENT_ROOT=/www",
                                "/www/a.php", "/a.php", "DOCUMENT_ROOT=/www" },
        };

        CHECK_ROWS(rows, .fix_pathinfo = true, .doc_root = "/root/");
}
END_TEST

/* --- cgi.fix_pathinfo = 0 --- */

START_TEST(test_unfixed) {
        static const Row rows[] = {
                { "as it came", "SCRIPT_FILENAME=/www/a.php/x\nSCRIPT_NAME=/a.php\nPATH_INFO=/x",
                                "/www/a.php/x", "/x", "PATH_INFO=/x\nSCRIPT_NAME=/a.php" },
                { "PATH_TRANSLATED counts more",
                                "SCRIPT_FILENAME=/cgi/php\nSCRIPT_NAME=/p\nPATH_TRANSLATED=/www/a.php",
                                "/www/a.php", "/p", "SCRIPT_FILENAME=/cgi/php" },
                { "a path up", "SCRIPT_FILENAME=/www/..\nSCRIPT_NAME=/p", NULL, "/p",
                                "SCRIPT_FILENAME=/www/.." },
                { "Apache", "SCRIPT_FILENAME=proxy:fcgi://h/www/a.php\nSCRIPT_NAME=/p",
                                "/www/a.php", "/p", "SCRIPT_FILENAME=/www/a.php" },
        };
        static const Row discarded[] = {
                { "PATH_TRANSLATED is discarded",
                                "SCRIPT_FILENAME=/cgi/php\nSCRIPT_NAME=/p\nPATH_TRANSLATED=/www/a.php",
                                "/cgi/php", "/p", "SCRIPT_FILENAME=/cgi/php" },
        };

        CHECK_ROWS(rows, .fix_pathinfo = false);
        CHECK_ROWS(discarded, .discard_path = true);
        ck_assert_uint_eq(n_exists + n_is_file, 0);
}
END_TEST

/* --- what it costs --- */

static ScriptPath find(const char *sent, int result) {
        ScriptRules rules = { .fix_pathinfo = true, .exists = exists, .is_file = is_file };
        ScriptPath path;

        fcgi_params_reset(&params);
        each_line("find", sent, send_line);
        n_exists = n_is_file = 0;
        ck_assert_int_eq(script_path_find(&path, &params, &rules), result);
        return path;
}

START_TEST(test_looks) {
        size_t n_bytes;

        fcgi_params_reset(&params);
        each_line("plain", nginx[0].sent, send_line);
        n_bytes = params.n_bytes;
        (void) find(nginx[0].sent, 0);
        ck_assert_uint_eq(n_exists, 1);
        ck_assert_uint_eq(n_is_file, 0);
        ck_assert_uint_eq(params.n_bytes, n_bytes);

        (void) find("SCRIPT_FILENAME=/www/a.php/x/y", 0);
        ck_assert_uint_eq(n_exists, 1);
        ck_assert_uint_eq(n_is_file, 2);
}
END_TEST

/* A client's slashes must not be as many system calls. */
START_TEST(test_long_path) {
        static char path[20 * 1024];
        ScriptRules rules = { .fix_pathinfo = true, .exists = exists, .is_file = is_file };
        ScriptPath found;

        memset(path, '/', sizeof(path));
        fcgi_params_reset(&params);
        ck_assert_int_eq(fcgi_params_set(&params, "SCRIPT_FILENAME", path, sizeof(path)), 0);
        ck_assert_int_eq(script_path_find(&found, &params, &rules), 0);
        ck_assert_ptr_null(found.script);
        ck_assert_uint_lt(n_is_file, 4097);
}
END_TEST

START_TEST(test_no_room) {
        char filler[64 * 1024];
        size_t n;
        ScriptRules rules = { .fix_pathinfo = true, .exists = exists, .is_file = is_file };
        ScriptPath path;

        fcgi_params_reset(&params);
        each_line("room", apache[6].sent, send_line);
        memset(filler, 'x', sizeof(filler));
        n = params.max_bytes - params.n_bytes - sizeof("F=") - 10;
        ck_assert_int_eq(fcgi_params_set(&params, "F", filler, n), 0);
        ck_assert_int_eq(script_path_find(&path, &params, &rules), -E2BIG);
        ck_assert_ptr_null(path.script);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("script-path");
        TCase *tcase = tcase_create("script-path");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_nginx);
        tcase_add_test(tcase, test_apache);
        tcase_add_test(tcase, test_others);
        tcase_add_test(tcase, test_cve_2019_11043);
        tcase_add_test(tcase, test_doc_root);
        tcase_add_test(tcase, test_unfixed);
        tcase_add_test(tcase, test_looks);
        tcase_add_test(tcase, test_long_path);
        tcase_add_test(tcase, test_no_room);
        suite_add_tcase(suite, tcase);
        return unit_run(suite);
}

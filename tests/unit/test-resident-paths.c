/* SPDX-License-Identifier: MIT */
/* Proves whose a request is in a pool with worker_script, and that the application sees its own script named. */

#include "php/resident/resident_paths.h"

#include <string.h>

#include "unit.h"

static bool exists(const char *path) {
        return strcmp(path, "/srv/other.php") == 0 || strcmp(path, "/srv/picture.jpg") == 0 ||
               strcmp(path, "/srv/index.php") == 0;
}

static ResidentOwner owner(const char *paths, const char *script, const char *name) {
        PoolConfig config = {
                .worker_script = (char *) "/srv/index.php",
                .worker_paths = (char *) paths,
                .limit_extensions = (char *) ".php .phar",
        };
        ScriptPath path = { .named = true, .script = script, .request_uri = name };

        return resident_paths_owner(&path, &config, exists);
}

START_TEST(without_patterns) {
        ck_assert_int_eq(owner(NULL, "/srv/index.php", "/index.php"), RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner(NULL, NULL, "/a/route"), RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner(NULL, "/srv/route", "/route"), RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner(NULL, "/srv/other.php", "/other.php"), RESIDENT_OWNER_SCRIPT);
        ck_assert_int_eq(owner(NULL, "/srv/picture.jpg", "/picture.jpg"), RESIDENT_OWNER_NOBODY);
}
END_TEST

START_TEST(with_patterns) {
        ck_assert_int_eq(owner("/api/* /x.php", NULL, "/api/v1"), RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner("/api/* /x.php", NULL, "/x.php"), RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner("  /other.php\t", "/srv/other.php", "/other.php"),
                        RESIDENT_OWNER_APPLICATION);
        ck_assert_int_eq(owner("/api/*", NULL, "/else"), RESIDENT_OWNER_NOBODY);
        ck_assert_int_eq(owner("/api/*", "/srv/other.php", "/other.php"), RESIDENT_OWNER_SCRIPT);
        ck_assert_int_eq(owner("/api/*", NULL, NULL), RESIDENT_OWNER_NOBODY);
        ck_assert_int_eq(owner("/api/*", "/srv/index.php", "/index.php"),
                        RESIDENT_OWNER_APPLICATION);
}
END_TEST

START_TEST(a_request_without_a_path) {
        const PoolConfig config = { .worker_script = (char *) "/srv/index.php" };

        ck_assert_int_eq(resident_paths_owner(&(ScriptPath){}, &config, exists),
                        RESIDENT_OWNER_NOBODY);
}
END_TEST

static void add(FcgiParams *params, const char *name, const char *value) {
        ck_assert_int_eq(fcgi_params_set(params, name, value, strlen(value)), 0);
}

static const char *value_of(FcgiParams *params, const char *name) {
        const FcgiParam *param = fcgi_params_find(params, name, strlen(name));

        return param ? param->value : NULL;
}

START_TEST(the_script_is_named) {
        const PoolConfig config = { .worker_script = (char *) "/srv/index.php" };
        ScriptPath route = { .named = true, .request_uri = "/a/route" };
        ScriptPath other = {
                .named = true, .script = "/srv/other.php", .request_uri = "/other.php"
        };
        FcgiParams params;

        ck_assert_int_eq(fcgi_params_init(&params, 4096, 16), 0);
        add(&params, "SCRIPT_NAME", "/a/route");
        resident_paths_name_script(&other, &params, &config, exists);
        ck_assert_str_eq(value_of(&params, "SCRIPT_NAME"), "/a/route");

        resident_paths_name_script(&route, &params, &config, exists);
        ck_assert_str_eq(value_of(&params, "SCRIPT_NAME"), "/index.php");
        ck_assert_str_eq(value_of(&params, "SCRIPT_FILENAME"), "/srv/index.php");
        ck_assert_str_eq(route.script, "/srv/index.php");
        ck_assert_str_eq(route.request_uri, "/index.php");
        fcgi_params_done(&params);
}
END_TEST

UNIT_MAIN("resident-paths", without_patterns, with_patterns, a_request_without_a_path,
                the_script_is_named);

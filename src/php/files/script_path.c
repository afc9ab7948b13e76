/* SPDX-License-Identifier: MIT */
#include "php/files/script_path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PARAM(finder, name) param(finder, name, sizeof(name) - 1)

/* Parts of what the web server has sent, as far as they were not corrected yet. */
typedef struct Finder {
        FcgiParams *params;
        const ScriptRules *rules;
        const char *script_filename, *path_translated, *path_info, *script_name;
        const char *document_root, *redirect_url;
        const char *script;      /* the answer so far */
        const char *request_uri; /* too */
        bool apache;             /* mod_proxy_fcgi */
        int error;
} Finder;

static const char *param(const Finder *finder, const char *name, size_t name_len) {
        const FcgiParam *found = fcgi_params_find(finder->params, name, name_len);

        return found ? found->value : NULL;
}

/* The first size bytes of the value, as the params have them now; NULL: no room. */
static const char *set_part(Finder *finder, const char *name, const char *value, size_t size) {
        int r = fcgi_params_set(finder->params, name, value, size);

        if (r < 0) {
                finder->error = r;
                return NULL;
        }

        return param(finder, name, strlen(name));
}

/* As above; a value of NULL takes the param away. */
static const char *set(Finder *finder, const char *name, const char *value) {
        if (value)
                return set_part(finder, name, value, strlen(value));

        fcgi_params_unset(finder->params, name);
        return NULL;
}

/* What has not been sent has no original. */
static void keep_original(Finder *finder, const char *name, const char *value) {
        if (value)
                (void) set(finder, name, value);
}

/* The variable that was sent as old becomes the first n bytes of text, unless it is that already. */
static const char *replace(
                Finder *finder, const char *original, const char *old, const char *text, size_t n) {
        if (old && strlen(old) == n && memcmp(old, text, n) == 0)
                return old;

        keep_original(finder, original, old);
        return set_part(finder, original + strlen("ORIG_"), text, n);
}

static bool same(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

/* --- what single web servers do --- */

/* IIS begins PATH_INFO with SCRIPT_NAME. */
static void correct_iis(Finder *finder) {
        static const char iis[] = "Microsoft-IIS";
        const char *software = PARAM(finder, "SERVER_SOFTWARE");
        size_t n;

        if (!software || !finder->script_name || !finder->path_info ||
                        strncmp(software, iis, sizeof(iis) - 1) != 0)
                return;

        n = strlen(finder->script_name);
        if (strncmp(finder->path_info, finder->script_name, n) != 0)
                return;

        keep_original(finder, "ORIG_PATH_INFO", finder->path_info);
        finder->path_info = set(finder, "PATH_INFO",
                        finder->path_info[n] == '\0' ? NULL : finder->path_info + n);
}

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';

        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX alone, '+' stays. false: there is none, or no room. */
static bool decode_url(char *buffer, size_t size, const char *text) {
        size_t n = 0;

        if (!strchr(text, '%'))
                return false;

        while (*text && n + 1 < size) {
                int high = *text == '%' ? hex_value(text[1]) : -1;
                int low = high >= 0 ? hex_value(text[2]) : -1;

                buffer[n++] = low >= 0 ? (char) (high << 4 | low) : *text;
                text += low >= 0 ? 3 : 1;
        }
        buffer[n] = '\0';
        return *text == '\0' && strlen(buffer) == n;
}

/* mod_proxy_fcgi without ProxyFCGIBackendType sends its handler's URL. With ProxyPass a query that a
 * rewrite has added is still in it. On a unix socket the authority is "localhost", or empty. */
static void correct_apache(Finder *finder) {
        static const char *const schemes[] = { "proxy:fcgi://", "proxy:balancer://" };
        const char *name = finder->script_filename;
        char decoded[PATH_MAX];

        for (size_t i = 0; name && i < sizeof(schemes) / sizeof(schemes[0]); i++) {
                size_t n = strlen(schemes[i]);
                const char *path;

                if (strncasecmp(name, schemes[i], n) != 0)
                        continue;

                path = strchr(name + n, '/');
                finder->apache = path != NULL;
                if (!path)
                        path = name;
                finder->script_filename =
                                set_part(finder, "SCRIPT_FILENAME", path, strcspn(path, "?"));
                if (finder->rules->decode_script && finder->script_filename &&
                                decode_url(decoded, sizeof(decoded), finder->script_filename))
                        finder->script_filename = set(finder, "SCRIPT_FILENAME", decoded);
                return;
        }
}

/* mod_fastcgi with an Action: SCRIPT_FILENAME and SCRIPT_NAME are those of the handler. */
static bool is_redirected(const Finder *finder) {
        return !finder->apache && finder->path_translated && finder->redirect_url &&
               !same(finder->path_translated, finder->script);
}

/* --- the path as it came --- */

static void take_as_it_is(Finder *finder, bool redirected) {
        if (!same(finder->script, finder->script_filename)) {
                keep_original(finder, "ORIG_SCRIPT_FILENAME", finder->script_filename);
                finder->script = set(finder, "SCRIPT_FILENAME", finder->script);
        }

        if (!finder->apache && finder->redirect_url) {
                keep_original(finder, "ORIG_PATH_INFO", finder->path_info);
                fcgi_params_unset(finder->params, "PATH_INFO");
                keep_original(finder, "ORIG_PATH_TRANSLATED", finder->path_translated);
                fcgi_params_unset(finder->params, "PATH_TRANSLATED");
        }

        finder->request_uri = finder->script_name;
        if (redirected) {
                keep_original(finder, "ORIG_SCRIPT_NAME", finder->script_name);
                finder->request_uri = set(finder, "SCRIPT_NAME", finder->redirect_url);
        }
}

/* --- a path with something behind the script --- */

/* Cuts the path at each separator before end, from the right, until a file is left: its length, or 0.
 * ret_first is the place of the first separator. */
static size_t cut_at(const Finder *finder, char separator, size_t end, size_t *ret_first) {
        char path[PATH_MAX];

        *ret_first = end;
        for (size_t i = end; i-- > 0;) {
                if (finder->script[i] != separator)
                        continue;

                *ret_first = i;
                if (i == 0 || i >= sizeof(path))
                        continue; /* can be no file: not worth a system call */

                memcpy(path, finder->script, i);
                path[i] = '\0';
                if (finder->rules->is_file(path, finder->rules->userdata))
                        return i;
        }

        return 0;
}

/* Where the file ends and the rest begins, 0: no beginning of the path is a file. */
static size_t find_file(const Finder *finder) {
        size_t n, first;

        n = cut_at(finder, '/', strlen(finder->script), &first);
        return n > 0 ? n : cut_at(finder, '\\', first, &first);
}

/* SCRIPT_NAME is what stands in PATH_INFO before what is PATH_INFO now. */
static void name_script_by_path_info(Finder *finder, size_t n) {
        finder->request_uri = replace(
                        finder, "ORIG_SCRIPT_NAME", finder->script_name, finder->path_info, n);
}

/* ProxyPass of Apache: no PATH_INFO, and SCRIPT_NAME has the rest at its end. */
static void cut_script_name(Finder *finder, const char *rest) {
        size_t n = finder->script_name ? strlen(finder->script_name) : 0, m = strlen(rest);

        if (n <= m || memcmp(finder->script_name + n - m, rest, m) != 0)
                return;

        keep_original(finder, "ORIG_SCRIPT_NAME", finder->script_name);
        finder->script_name = set_part(finder, "SCRIPT_NAME", finder->script_name, n - m);
        finder->request_uri = finder->script_name;
}

static void set_path_info_of_apache(Finder *finder, const char *rest) {
        char decoded[PATH_MAX];

        if (same(finder->path_info, rest))
                return;

        if (finder->path_info) {
                keep_original(finder, "ORIG_PATH_INFO", finder->path_info);
                name_script_by_path_info(finder, strlen(finder->path_info));
        } else {
                bool is_encoded = decode_url(decoded, sizeof(decoded), rest);

                cut_script_name(finder, rest);
                if (!finder->request_uri && is_encoded)
                        cut_script_name(finder, decoded);
                if (finder->script_name && is_encoded && finder->rules->decode_path_info)
                        rest = decoded;
        }
        finder->path_info = set(finder, "PATH_INFO", rest);
}

/* The end of PATH_INFO, as long as the part that was cut off the path. A PATH_INFO that is not longer belongs to
 * another path, and is not used. */
static void set_path_info(Finder *finder, size_t rest_len) {
        size_t n = finder->path_info ? strlen(finder->path_info) : 0;

        if (n <= rest_len)
                return;

        keep_original(finder, "ORIG_PATH_INFO", finder->path_info);
        name_script_by_path_info(finder, n - rest_len);
        finder->path_info = set(finder, "PATH_INFO", finder->path_info + n - rest_len);
}

static void set_script_filename(Finder *finder, size_t n) {
        finder->script = replace(
                        finder, "ORIG_SCRIPT_FILENAME", finder->script_filename, finder->script, n);
}

/* The file that PATH_INFO would be if it were a path below the document root. Without one: below the
 * directory that the URL's beginning stands for. */
static void set_path_translated(Finder *finder, const char *script_name) {
        const char *root = finder->document_root,
                   *info = finder->path_info ? finder->path_info : "";
        char path[PATH_MAX];
        size_t root_len;
        int n;

        if (root) {
                root_len = strlen(root);
                root_len -= root_len > 0 && root[root_len - 1] == '/';
        } else {
                if (!finder->script || !script_name || !strstr(finder->script, script_name))
                        return;

                root = finder->script;
                root_len = strlen(root) - strlen(script_name);
        }

        n = snprintf(path, sizeof(path), "%.*s%s", (int) root_len, root, info);
        if (n < 0 || (size_t) n >= sizeof(path))
                return;

        keep_original(finder, "ORIG_PATH_TRANSLATED", finder->path_translated);
        (void) set_part(finder, "PATH_TRANSLATED", path, (size_t) n);
}

static void split(Finder *finder, bool redirected) {
        const char *path = finder->script, *orig_script_name = finder->script_name;
        size_t n = find_file(finder);

        if (n == 0) {
                keep_original(finder, "ORIG_SCRIPT_FILENAME", finder->script_filename);
                finder->script = set(finder, "SCRIPT_FILENAME", NULL);
        } else {
                if (finder->apache)
                        set_path_info_of_apache(finder, path + n);
                else
                        set_path_info(finder, strlen(path) - n);
                set_script_filename(finder, n);
                set_path_translated(
                                finder, redirected ? finder->redirect_url : finder->script_name);
        }

        if (finder->request_uri)
                return;

        finder->request_uri = orig_script_name;
        if (redirected && !same(orig_script_name, finder->redirect_url)) {
                keep_original(finder, "ORIG_SCRIPT_NAME", orig_script_name);
                finder->request_uri = set(finder, "SCRIPT_NAME", finder->redirect_url);
        }
}

/* --- all together --- */

static bool leads_up(const char *path) {
        while (*path) {
                size_t n = strcspn(path, "/");

                if (n == 2 && path[0] == '.' && path[1] == '.')
                        return true;
                path += n + (path[n] == '/');
        }

        return false;
}

static void find_fixed(Finder *finder) {
        const ScriptRules *rules = finder->rules;
        bool redirected;
        size_t n;

        finder->redirect_url = PARAM(finder, "REDIRECT_URL");
        finder->document_root = PARAM(finder, "DOCUMENT_ROOT");
        if (!finder->document_root && rules->doc_root)
                finder->document_root = set(finder, "DOCUMENT_ROOT", rules->doc_root);

        redirected = is_redirected(finder);
        if (redirected)
                finder->script = finder->path_translated;

        n = strlen(finder->script);
        if (n > 0 && (finder->script[n - 1] == '/' ||
                                     !rules->exists(finder->script, rules->userdata)))
                split(finder, redirected);
        else
                take_as_it_is(finder, redirected);
}

static void find_unfixed(Finder *finder) {
        finder->request_uri = finder->path_info ? finder->path_info : finder->script_name;
        if (!finder->rules->discard_path && finder->path_translated)
                finder->script = finder->path_translated;
}

int script_path_find(ScriptPath *ret, FcgiParams *params, const ScriptRules *rules) {
        Finder finder = { .params = params, .rules = rules };

        finder.script_filename = PARAM(&finder, "SCRIPT_FILENAME");
        finder.path_translated = PARAM(&finder, "PATH_TRANSLATED");
        finder.path_info = PARAM(&finder, "PATH_INFO");
        finder.script_name = PARAM(&finder, "SCRIPT_NAME");
        *ret = (ScriptPath){};
        if (!finder.script_filename && !finder.path_translated)
                return 0;

        ret->named = true;
        correct_iis(&finder);
        correct_apache(&finder);
        finder.script = finder.script_filename ? finder.script_filename : finder.path_translated;
        if (finder.error == 0 && rules->fix_pathinfo)
                find_fixed(&finder);
        else if (finder.error == 0)
                find_unfixed(&finder);

        ret->request_uri = finder.request_uri;
        if (finder.error == 0 && finder.script && !leads_up(finder.script))
                ret->script = finder.script;
        return finder.error;
}

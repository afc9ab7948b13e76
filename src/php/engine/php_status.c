/* SPDX-License-Identifier: MIT */
#include "php/engine/php_status.h"

#include <SAPI.h>
#include <php.h>
#include <php_main.h>

#include "php/pages/live_page.inc"
#include "php/pages/pool_snapshot.h"
#include "php/pages/status_page.h"

static bool is_path(const char *path, const char *uri) {
        return path && uri && strcmp(path, uri) == 0;
}

bool php_status_is_asked(const PhpRequest *request) {
        const char *uri = request->path.request_uri;

        return request->path.named && (is_path(request->config->status_path, uri) ||
                                                      is_path(request->config->ping_path, uri));
}

static void add_header(const char *line) {
        sapi_add_header_ex(estrdup(line), strlen(line), false, true);
}

/* These pages must not be cached. */
static void forbid_caching(void) {
        add_header("Expires: Thu, 01 Jan 1970 00:00:00 GMT");
        add_header("Cache-Control: no-cache, no-store, must-revalidate, max-age=0");
}

static void begin_page(const char *type) {
        char *line;
        size_t n = spprintf(&line, 0, "Content-Type: %s", type);

        SG(sapi_headers).http_response_code = 200;
        forbid_caching();
        sapi_add_header_ex(line, n, false, true);
}

static void write_page(const char *text, size_t size) {
        if (!SG(request_info).headers_only)
                php_output_write(text, size);
}

static void serve_ping(const PhpRequest *request) {
        PoolTotals totals = {};

        if (request->view)
                scoreboard_totals(request->view->board, &totals);
        SG(sapi_headers).http_response_code = totals.is_out_of_rotation ? 503 : 200;
        add_header("Content-Type: text/plain"); /* php-fpm has it first here, last on the status page */
        forbid_caching();
        if (totals.is_out_of_rotation)
                write_page(ZEND_STRL("drained"));
        else
                write_page(request->config->ping_response, strlen(request->config->ping_response));
}

/* A key with a value that is no array, as php-fpm looks for it. */
static bool query_has(const char *key) {
        const zval *get = &PG(http_globals)[TRACK_VARS_GET], *value;

        if (Z_TYPE_P(get) != IS_ARRAY)
                return false;

        value = zend_hash_str_find(Z_ARRVAL_P(get), key, strlen(key));
        return value && Z_TYPE_P(value) == IS_STRING;
}

/* Behind php-fpm's own keys, which mean what they always did. */
static bool is_live_asked(void) {
        return query_has("live") && !query_has("html") && !query_has("xml") && !query_has("json") &&
               !query_has("openmetrics");
}

static StatusFormat asked_format(void) {
        if (query_has("html"))
                return STATUS_HTML;
        if (query_has("xml"))
                return STATUS_XML;
        if (query_has("json"))
                return STATUS_JSON;

        return query_has("openmetrics") ? STATUS_OPENMETRICS : STATUS_TEXT;
}

static int read_page(const PhpRequest *request, StatusPage *ret) {
        int r;

        r = request->view ? pool_snapshot_read(request->view, ret) : -ENODATA;
        ret->has_memory_peak = PHP_VERSION_ID >= 80400;
        return r;
}

/* A page that asks ?json&full every second. What runs in it is known by its hash. */
static void serve_live(void) {
        begin_page("text/html");
        add_header(live_policy);
        add_header("X-Content-Type-Options: nosniff");
        add_header("Referrer-Policy: no-referrer");
        write_page((const char *) live_page, sizeof(live_page));
}

/* Takes text, which PHP does not free when it leaves by a jump. */
static void write_and_free(const char *type, char *text, size_t size) {
        volatile bool failed = true;

        zend_try {
                begin_page(type);
                write_page(text, size);
                failed = false;
        }
        zend_end_try();
        free(text);

        if (failed)
                zend_bailout();
}

static void serve_status(const PhpRequest *request) {
        StatusFormat format = asked_format();
        char *text = NULL;
        StatusPage page = {};
        size_t size = 0;
        int r;

        r = read_page(request, &page);
        if (r >= 0)
                r = status_page_write(&text, &size, &page, format, query_has("full"));
        free((void *) page.processes);
        if (r >= 0) {
                write_and_free(status_page_type(format), text, size);
                return;
        }

        free(text);
        SG(sapi_headers).http_response_code = 500;
        write_page(ZEND_STRL("Internal error. Please review log file for errors."));
}

void php_status_note_user(const PhpRequest *request) {
        if (request->view && SG(request_info).auth_user)
                scoreboard_set_user(request->view->board, request->view->slot,
                                SG(request_info).auth_user);
}

bool php_status_serve(PhpRequest *request) {
        if (!php_status_is_asked(request))
                return false;

        request->stage(SLOT_RUNNING, request->userdata);
        if (is_path(request->config->ping_path, request->path.request_uri))
                serve_ping(request);
        else if (is_live_asked())
                serve_live();
        else
                serve_status(request);
        return true;
}

/* --- fpm_get_status() --- */

static void add_process(zval *list, const StatusProcess *process, uint64_t now_sec) {
        const SlotView *slot = &process->slot;
        zval entry;

        array_init(&entry);
        add_assoc_long(&entry, "pid", slot->pid);
        add_assoc_string(&entry, "state", status_page_state(slot->state));
        add_assoc_long(&entry, "start-time", (zend_long) slot->start_sec);
        add_assoc_long(&entry, "start-since", (zend_long) (now_sec - slot->start_sec));
        add_assoc_long(&entry, "requests", (zend_long) slot->n_requests_own);
        add_assoc_long(&entry, "request-duration", (zend_long) process->duration_usec);
        add_assoc_string(&entry, "request-method", slot->method);
        add_assoc_string(&entry, "request-uri", slot->uri);
        add_assoc_string(&entry, "query-string", slot->query);
        add_assoc_long(&entry, "request-length", (zend_long) slot->content_length);
        add_assoc_string(&entry, "user", *slot->user ? slot->user : "-");
        add_assoc_string(&entry, "script", *slot->script ? slot->script : "-");
        add_assoc_double(&entry, "last-request-cpu", (double) slot->usage.cpu_centipercent / 100);
        add_assoc_long(&entry, "last-request-memory", (zend_long) slot->usage.memory_bytes);
        add_next_index_zval(list, &entry);
}

/* "max children" of the page is max-children here. */
static void add_number(zval *ret, const char *name, uint64_t number) {
        char key[32];

        snprintf(key, sizeof(key), "%s", name);
        for (char *p = strchr(key, ' '); p; p = strchr(p, ' '))
                *p = '-';
        add_assoc_long(ret, key, (zend_long) number);
}

static void add_pool(zval *ret, const StatusPage *page) {
        const char *name;
        uint64_t number;

        add_assoc_string(ret, "pool", page->pool);
        add_assoc_string(ret, "process-manager", page->process_manager);
        for (size_t i = 0; (name = status_page_number(page, i, &number)); i++)
                add_number(ret, name, number);
}

static void add_processes(zval *ret, const StatusPage *page) {
        zval list;

        array_init(&list);
        for (size_t i = 0; i < page->n_processes; i++)
                add_process(&list, &page->processes[i], page->now_sec);
        add_assoc_zval(ret, "procs", &list);
}

void php_status_array(PhpRequest *request, zval *ret) {
        volatile bool failed = true;
        StatusPage page;

        if (!request || read_page(request, &page) < 0) {
                ZVAL_FALSE(ret);
                return;
        }

        zend_try {
                array_init(ret);
                add_pool(ret, &page);
                add_processes(ret, &page);
                failed = false;
        }
        zend_end_try();
        free((void *) page.processes);

        if (failed)
                zend_bailout(); /* memory_limit */
}

/* SPDX-License-Identifier: MIT */
/* fpmctl slow: the last requests that took longer than request_slowlog_timeout, from the journal. */

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/parse.h"
#include "config/pool_files.h"
#include "contract/control.h"
#include "contract/events.h"
#include "fpmctl/command.h"
#include "fpmctl/migrate/systemctl.h"
#include "fpmctl/request_view.h"

static void journal_closep(sd_journal **journal) {
        sd_journal_close(*journal);
}

/* New: the text of a field, "" where there is none. NULL: no memory. */
static char *field(sd_journal *journal, const char *name) {
        size_t size = 0, skip = strlen(name) + 1;
        const void *data;

        if (sd_journal_get_data(journal, name, &data, &size) < 0 || size < skip)
                return strdup("");

        return strndup((const char *) data + skip, size - skip);
}

/* User= of the unit: systemd removes the folder when the pool stops or leaves. */
static uid_t unit_user(const char *unit) {
        _cleanup_free_ char *name = systemctl_property(unit, "User");
        const struct passwd *entry;
        uint64_t number;

        if (!name || *name == '\0')
                return 0;

        entry = getpwnam(name);
        if (entry)
                return entry->pw_uid;

        return parse_uint(name, &number) >= 0 && number < (uid_t) -1 ? (uid_t) number : 0;
}

/* Whose the manager is: root's, or that of User= in a drop-in, to whom systemd gives the folder of its sockets. */
static uid_t manager_user(const char *pool, const char *unit) {
        char path[sizeof(((struct sockaddr_un *) NULL)->sun_path)], *name;
        struct stat st;

        if (control_path(path, sizeof(path), pool) < 0)
                return 0;

        name = strrchr(path, '/');
        *name = '\0';
        return stat(path, &st) >= 0 ? st.st_uid : unit_user(unit);
}

static int add_match(sd_journal *journal, const char *field, const char *value) {
        _cleanup_free_ char *match = NULL;

        if (asprintf(&match, "%s=%s", field, value) < 0)
                return -ENOMEM;

        return sd_journal_add_match(journal, match, 0);
}

/* An entry of this pool's unit, not of a process that only claims the pool's name; and of its manager, since scripts
 * run in that unit, too, and may write to the journal what they like. With User= they have the manager's id, and
 * nothing tells them apart. */
static int add_matches(sd_journal *journal, const char *pool) {
        char unit[300], user[16];
        int r;

        snprintf(unit, sizeof(unit), "fpmd@%s.service", pool);
        snprintf(user, sizeof(user), "%u", manager_user(pool, unit));
        r = add_match(journal, "_SYSTEMD_UNIT", unit);
        if (r >= 0)
                r = add_match(journal, "_UID", user);
        return r < 0 ? r : add_match(journal, "MESSAGE_ID", event_id(EVENT_REQUEST_SLOW));
}

/* JSON wants valid UTF-8. */
static json_t *json_text(const char *text) {
        json_t *json = json_string(text);
        _cleanup_free_ char *valid = json ? NULL : escape_utf8_new(text);

        return valid ? json_string(valid) : json;
}

/* 0 where the field is none. */
static json_t *number(const char *text) {
        uint64_t n = 0;

        if (text && parse_uint(text, &n) < 0)
                n = 0;
        return json_integer(n <= INT32_MAX ? (json_int_t) n : 0);
}

/* json_real() knows neither infinity nor NaN. */
static json_t *real(const char *text) {
        json_t *json = json_real(text ? strtod(text, NULL) : 0);

        return json ? json : json_real(0);
}

static json_t *entry_json(sd_journal *journal) {
        static const struct {
                const char *key, *field;
        } texts[] = {
                { "method", "REQUEST_METHOD" },
                { "uri", "REQUEST_URI" },
                { "script", "SCRIPT_FILENAME" },
        };
        _cleanup_free_ char *stack = field(journal, "FPMD_STACK"),
                            *slot = field(journal, "FPMD_SLOT"),
                            *seconds = field(journal, "FPMD_SECONDS");
        json_t *json = json_object(), *frames = json_array();
        char *rest = stack, *line;
        uint64_t usec = 0;

        (void) sd_journal_get_realtime_usec(journal, &usec);
        (void) json_object_set_new(json, "time", json_real((double) usec / 1e6));
        (void) json_object_set_new(json, "slot", number(slot));
        (void) json_object_set_new(json, "seconds", real(seconds));
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_free_ char *text = field(journal, texts[i].field);

                (void) json_object_set_new(json, texts[i].key, text ? json_text(text) : NULL);
        }
        while ((line = strsep(&rest, "\n")))
                if (*line)
                        (void) json_array_append_new(frames, json_text(line));
        (void) json_object_set_new(json, "frames", frames);
        return json;
}

static void print_line(const char *before, const char *text) {
        char line[4096];

        escape_string(line, sizeof(line), text);
        printf("%s%s\n", before, line);
}

static void print_entry(const json_t *entry) {
        time_t time = (time_t) answer_real(entry, "time");
        _cleanup_free_ char *request = NULL;
        char when[32] = "";
        struct tm tm;

        if (localtime_r(&time, &tm))
                strftime(when, sizeof(when), "%F %T", &tm);
        if (asprintf(&request, " %.6fs %s %s (%s)", answer_real(entry, "seconds"),
                            answer_text(entry, "method"), answer_text(entry, "uri"),
                            answer_text(entry, "script")) < 0)
                return;

        print_line(when, request);
        request_view_frames(stdout, entry);
}

/* The last lines entries, the oldest of them first. */
static int read_entries(sd_journal *journal, uint64_t n, json_t *list) {
        int r;

        r = sd_journal_seek_tail(journal);
        if (r < 0)
                return r;

        r = sd_journal_previous_skip(journal, n);
        for (; r > 0; r = sd_journal_next(journal))
                if (json_array_append_new(list, entry_json(journal)) < 0)
                        return -ENOMEM;

        return r;
}

/* A user who may not read any file of the journal sees an empty journal, and no error. */
static int check_readable(sd_journal *journal) {
        if (sd_journal_has_persistent_files(journal) > 0 ||
                        sd_journal_has_runtime_files(journal) > 0)
                return 0;

        return geteuid() == 0 ? -ENOENT : -EACCES;
}

static int read_slow(const Invocation *in, json_t *list) {
        _cleanup_(journal_closep) sd_journal *journal = NULL;
        int r;

        r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r < 0)
                return r;

        r = check_readable(journal);
        if (r < 0)
                return r;

        r = add_matches(journal, in->arguments[0]);
        return r < 0 ? r : read_entries(journal, in->lines, list);
}

static int complain_journal(int error) {
        if (error == -EACCES || error == -EPERM)
                return complain(EX_NOPERM,
                                "may not read the journal: only root and the groups adm and "
                                "systemd-journal may");
        if (error == -ENOENT)
                return complain(EX_OSERR, "there is no journal on this machine");

        return complain(EX_OSERR, "cannot read the journal: %s", strerror(-error));
}

static void ignore_report(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        (void) line;
}

static void report_none(const Invocation *in) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        const char *pool = in->arguments[0];
        bool times = true;

        if (pool_files_load_name(&config, in->conf_dir, pool, false, ignore_report, NULL) >= 0)
                times = config->request_slowlog_timeout_usec > 0;

        fprintf(stderr, "fpmctl: pool %s: the journal has no slow request%s\n", pool,
                        times ? "" : "; request_slowlog_timeout is 0, which tells of none");
}

int command_slow(const Invocation *in) {
        const char *pool = in->arguments[0];
        json_auto_t *list = json_array();
        json_t *entry;
        size_t i;
        int r;

        r = list ? read_slow(in, list) : -ENOMEM;
        if (r < 0)
                return complain_journal(r);
        /* The journal remembers pools whose file has gone. */
        if (json_array_size(list) == 0 && !pool_has_file(in->conf_dir, pool))
                return complain_no_pool(in->conf_dir, pool);
        if (in->json)
                return print_json(list);

        json_array_foreach(list, i, entry)
                print_entry(entry);
        if (json_array_size(list) == 0)
                report_none(in);
        return EXIT_SUCCESS;
}

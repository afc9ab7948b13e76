/* SPDX-License-Identifier: MIT */
#include "manager/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/parse.h"

/* How long the manager's end waits for a journald that does not read. */
#define DRAIN_LIMIT_USEC (USEC_PER_SEC / 5)

/* The one static of the manager: a log without a handle, because a failing constructor has none
 * yet. */
static struct {
        const char *pool;
        int max_priority;
        bool journal;
        bool is_plain; /* lines on stderr */
        int fd;        /* to journald; -EBADF: lines go to stderr */
        bool sent;     /* by this process */
        char trouble[160];
        time_t trouble_at;
        Event trouble_event;
        unsigned n_troubles;
        unsigned long long
                        n_lost; /* lines that journald did not take, and whose number was not logged yet */
        sd_event_source *room_source;
} state = { .pool = "", .max_priority = LOG_INFO, .fd = -EBADF };

/* $JOURNAL_STREAM names the device and inode of stderr when systemd connected it (systemd.exec(5)).
 */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
                return false;

        return fstat(STDERR_FILENO, &st) >= 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *pool, int max_priority) {
        state.pool = pool;
        state.max_priority = max_priority;
        state.journal = stderr_is_journal();
        if (state.journal && state.fd < 0)
                state.fd = journal_socket_open();
}

void log_plainly(void) {
        state.is_plain = true;
}

int log_fd(void) {
        return state.fd;
}

const char *log_number(char buffer[static 24], unsigned long long number) {
        snprintf(buffer, 24, "%llu", number);
        return buffer;
}

const char *log_last_trouble(time_t *ret_at) {
        *ret_at = state.trouble_at;
        return *state.trouble ? state.trouble : NULL;
}

unsigned log_n_troubles(void) {
        return state.n_troubles;
}

void log_forget_trouble(Event event) {
        if (state.trouble_event == event)
                state.trouble[0] = '\0';
}

/* line is escaped already; a character that was cut in two is removed. */
static void remember_trouble(Event event, const char *line) {
        size_t n = strcspn(line, "\n");

        if (n >= sizeof(state.trouble))
                for (n = sizeof(state.trouble) - 1; n > 0 && (line[n] & 0xc0) == 0x80;)
                        n--;
        memcpy(state.trouble, line, n);
        state.trouble[n] = '\0';
        state.trouble_at = time(NULL);
        state.trouble_event = event;
        state.n_troubles++;
}

typedef struct Entry {
        int priority;
        const char *line;
        const char *event_id, *event_name; /* NULL: none */
        const LogField *fields;
        bool is_trouble;
        Event event; /* of a trouble */
} Entry;

static int send_entry(const Entry *entry) {
        _cleanup_(journal_entry_done) JournalEntry fields = {};
        int r;

        if (state.fd < 0)
                return -EBADF;

        journal_entry_add(&fields, "MESSAGE", entry->line);
        journal_entry_add_number(&fields, "PRIORITY", (unsigned) entry->priority);
        journal_entry_add(&fields, "SYSLOG_IDENTIFIER", "fpmd");
        journal_entry_add(&fields, "FPMD_POOL", state.pool);
        journal_entry_add(&fields, "MESSAGE_ID", entry->event_id);
        journal_entry_add(&fields, "FPMD_EVENT", entry->event_name);
        for (const LogField *field = entry->fields; field && field->name; field++)
                journal_entry_add(&fields, field->name, field->value);
        r = journal_socket_send(state.fd, &fields);
        state.sent = state.sent || r >= 0;
        return r;
}

/* Writes line by line, since each line on a stream is an entry. Returns 0 or a negative errno. */
static int write_lines(const Entry *entry) {
        _cleanup_free_ char *text = NULL;
        const char *line = entry->line;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -errno;

        while (*line) {
                int n = (int) strcspn(line, "\n");

                if (state.journal)
                        fprintf(f, "<%d>%.*s\n", entry->priority, n, line);
                else if (state.is_plain)
                        fprintf(f, "%.*s\n", n, line);
                else
                        fprintf(f, "fpmd: %s%s%.*s\n", state.pool, *state.pool ? ": " : "", n,
                                        line);
                line += n + (line[n] == '\n');
        }

        if (fclose(f) != 0)
                return -errno;
        return journal_stream_write(STDERR_FILENO, text, size);
}

static int report_lost(void) {
        char line[96], number[24];
        Entry entry = {
                .priority = LOG_WARNING,
                .line = line,
                .event_id = event_id(EVENT_LINES_LOST),
                .event_name = event_name(EVENT_LINES_LOST),
                .fields = LOG_FIELDS({ "FPMD_LOST", log_number(number, state.n_lost) }),
        };
        int r;

        if (state.n_lost == 0)
                return 0;

        snprintf(line, sizeof(line), "journald did not read, %llu messages of the manager are lost",
                        state.n_lost);
        r = send_entry(&entry);
        if (r >= 0)
                state.n_lost = 0;

        return r;
}

static void note_lost(void) {
        state.n_lost++;
        if (state.room_source)
                (void) sd_event_source_set_enabled(state.room_source, SD_EVENT_ONESHOT);
}

static int log_on_room(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void) fd;
        (void) revents;
        (void) userdata;
        if (report_lost() == -EAGAIN)
                (void) sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);

        return 0;
}

void log_attach_event(sd_event *event) {
        if (state.fd >= 0 && sd_event_add_io(event, &state.room_source, state.fd, EPOLLOUT,
                                             log_on_room, NULL) >= 0)
                (void) sd_event_source_set_enabled(state.room_source, SD_EVENT_OFF);
}

/* Entries go to journald's socket rather than stderr as long as journald takes them: an event has fields, and entries
 * on two ways would lose their order. The manager's end waits for journald (log_close), which would not know the unit
 * of a process that has gone. */
static void log_entry(const Entry *entry) {
        if (report_lost() >= 0 && send_entry(entry) >= 0)
                return;
        if (write_lines(entry) < 0)
                note_lost();
}

/* The source is left to the manager: its epoll is not ours. */
void log_enter_child(void) {
        state.n_lost = 0;
        state.sent = false;
        state.room_source = NULL;
}

void log_close(void) {
        (void) report_lost();
        state.room_source = sd_event_source_unref(state.room_source);
        if (state.fd >= 0 && state.sent)
                (void) journal_socket_drain(state.fd, -EBADF, DRAIN_LIMIT_USEC);
        state.fd = fd_close(state.fd);
}

_printf_(3, 0) static void log_valist(
                const Entry *base, int error, const char *text, va_list arguments) {
        _cleanup_free_ char *line = NULL;
        Entry entry = *base;

        if (entry.priority > state.max_priority)
                return;

        errno = error;
        if (vasprintf(&line, text, arguments) < 0)
                return;

        entry.line = line;
        if (entry.is_trouble)
                remember_trouble(entry.event, line);
        log_entry(&entry);
}

void log_full(int priority, const char *text, ...) {
        Entry entry = { .priority = priority, .fields = LOG_NO_FIELDS };
        int error = errno;
        va_list arguments;

        va_start(arguments, text);
        log_valist(&entry, error, text, arguments);
        va_end(arguments);
        errno = error;
}

int log_full_errno(int priority, int error, const char *text, ...) {
        Entry entry = { .priority = priority, .fields = LOG_NO_FIELDS };
        va_list arguments;

        va_start(arguments, text);
        log_valist(&entry, abs(error), text, arguments);
        va_end(arguments);
        return -abs(error);
}

void log_event(Event event, int priority, const LogField *fields, const char *text, ...) {
        Entry entry = {
                .priority = priority,
                .event_id = event_id(event),
                .event_name = event_name(event),
                .fields = fields,
                .event = event,
                .is_trouble = priority <= LOG_WARNING && event != EVENT_REQUEST_SLOW,
        };
        int error = errno;
        va_list arguments;

        va_start(arguments, text);
        log_valist(&entry, error, text, arguments);
        va_end(arguments);
        errno = error;
}

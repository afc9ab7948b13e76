/* SPDX-License-Identifier: MIT */
#include "php/pages/status_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "php/pages/status_text.h"

enum {
        TIME_MAX = 64,
};

typedef enum Field {
        POOL,
        PROCESS_MANAGER,
        START_TIME,
        START_SINCE,
        ACCEPTED_CONN,
        LISTEN_QUEUE,
        MAX_LISTEN_QUEUE,
        LISTEN_QUEUE_LEN,
        IDLE_PROCESSES,
        ACTIVE_PROCESSES,
        TOTAL_PROCESSES,
        MAX_ACTIVE_PROCESSES,
        MAX_CHILDREN_REACHED,
        SLOW_REQUESTS,
        MEMORY_PEAK,
        MAX_CHILDREN,
        _FIELD_MAX,
} Field;

typedef struct FieldName {
        const char *name;
        const char *metric; /* NULL: not one */
        const char *type, *help;
} FieldName;

/* clang-format off */
static const FieldName fields[] = {
        [POOL]                 = { "pool",                 NULL, NULL, NULL },
        [PROCESS_MANAGER]      = { "process manager",      NULL, NULL, NULL },
        [START_TIME]           = { "start time",           NULL, NULL, NULL },
        [START_SINCE]          = { "start since",          "start_since",          "counter",
                "The number of seconds since FPM has started." },
        [ACCEPTED_CONN]        = { "accepted conn",        "accepted_connections", "counter",
                "The number of requests accepted by the pool." },
        [LISTEN_QUEUE]         = { "listen queue",         "listen_queue",         "gauge",
                "The number of requests in the queue of pending connections." },
        [MAX_LISTEN_QUEUE]     = { "max listen queue",     "max_listen_queue",     "counter",
                "The maximum number of requests in the queue of pending connections since FPM has started." },
        [LISTEN_QUEUE_LEN]     = { "listen queue len",     "listen_queue_length",  "gauge",
                "The size of the socket queue of pending connections." },
        [IDLE_PROCESSES]       = { "idle processes",       "idle_processes",       "gauge",
                "The number of idle processes." },
        [ACTIVE_PROCESSES]     = { "active processes",     "active_processes",     "gauge",
                "The number of active processes." },
        [TOTAL_PROCESSES]      = { "total processes",      "total_processes",      "gauge",
                "The number of idle + active processes." },
        [MAX_ACTIVE_PROCESSES] = { "max active processes", "max_active_processes", "counter",
                "The maximum number of active processes since FPM has started." },
        [MAX_CHILDREN_REACHED] = { "max children reached", "max_children_reached", "counter",
                "The number of times, the process limit has been reached, when pm tries to start more children "
                "(works only for pm 'dynamic' and 'ondemand')." },
        [SLOW_REQUESTS]        = { "slow requests",        "slow_requests",        "counter",
                "The number of requests that exceeded your 'request_slowlog_timeout' value." },
        [MEMORY_PEAK]          = { "memory peak",          "memory_peak",          "gauge",
                "The memory usage peak since FPM has started." },
        [MAX_CHILDREN]         = { "max children",         "max_children",         "gauge",
                "The number of processes that there may be." },
};

static const char *const process_fields[] = {
        "pid", "state", "start time", "start since", "requests", "request duration", "request method",
        "request uri", "content length", "user", "script", "last request cpu", "last request memory",
};

static const char *const states[_SLOT_STATE_MAX] = {
        [SLOT_IDLE]            = "Idle",
        [SLOT_READING_HEADERS] = "Reading headers",
        [SLOT_REQUEST_INFO]    = "Getting request information",
        [SLOT_RUNNING]         = "Running",
        [SLOT_ENDING]          = "Finishing", /* shutdown functions run; "Ending" no php-fpm shows */
        [SLOT_FINISHING]       = "Finishing",
};

static const char *const types[_STATUS_FORMAT_MAX] = {
        [STATUS_TEXT]        = "text/plain",
        [STATUS_HTML]        = "text/html",
        [STATUS_XML]         = "text/xml",
        [STATUS_JSON]        = "application/json",
        [STATUS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};
/* clang-format on */

const char *status_page_type(StatusFormat format) {
        return types[format];
}

bool status_page_counts(SlotState state) {
        return state > SLOT_STARTING && state < _SLOT_STATE_MAX;
}

const char *status_page_state(SlotState state) {
        return status_page_counts(state) ? states[state] : "-";
}

/* --- values --- */

static uint64_t claimed_number(const StatusPage *page, Field field) {
        const PoolTotals *totals = &page->totals;

        switch (field) {
        case START_TIME:
                return totals->start_sec;
        case START_SINCE:
                return page->now_sec > totals->start_sec ? page->now_sec - totals->start_sec : 0;
        case ACCEPTED_CONN:
                return page->n_requests;
        case LISTEN_QUEUE:
                return page->n_queued;
        case MAX_LISTEN_QUEUE:
                return totals->n_queued_max > page->n_queued ? totals->n_queued_max
                                                             : page->n_queued;
        case LISTEN_QUEUE_LEN:
                return page->n_queue_limit;
        case IDLE_PROCESSES:
                return page->n_idle;
        case ACTIVE_PROCESSES:
                return page->n_busy;
        case TOTAL_PROCESSES:
                return (uint64_t) page->n_idle + page->n_busy;
        case MAX_ACTIVE_PROCESSES:
                return totals->n_busy_max > page->n_busy ? totals->n_busy_max : page->n_busy;
        case MAX_CHILDREN_REACHED:
                return totals->n_limit_reached;
        case SLOW_REQUESTS:
                return totals->n_slow;
        case MEMORY_PEAK:
                return page->memory_peak_bytes;
        case MAX_CHILDREN:
                return totals->worker_limit;
        default:
                return 0;
        }
}

static uint64_t number_of(const StatusPage *page, Field field) {
        return scoreboard_number(claimed_number(page, field));
}

static bool is_shown(const StatusPage *page, Field field) {
        return field != MEMORY_PEAK || page->has_memory_peak;
}

/* fpm_get_status() has no memory peak, in no version. */
const char *status_page_number(const StatusPage *page, size_t i, uint64_t *ret) {
        Field field = START_TIME + (Field) i;

        if (field >= MEMORY_PEAK)
                field++;

        if (field >= _FIELD_MAX)
                return NULL;

        *ret = number_of(page, field);
        return fields[field].name;
}

/* People read dates, programs seconds. */
static void write_time(FILE *f, StatusFormat format, uint64_t sec) {
        time_t time = (time_t) sec;
        char text[TIME_MAX];
        struct tm tm;

        if (format == STATUS_XML || format == STATUS_JSON || !localtime_r(&time, &tm) ||
                        strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S %z", &tm) == 0)
                fprintf(f, "%" PRIu64, sec);
        else
                fputs(text, f);
}

static void write_string(FILE *f, StatusFormat format, const char *text) {
        switch (format) {
        case STATUS_JSON:
                fputc('"', f);
                status_text_json(f, text);
                fputc('"', f);
                break;
        case STATUS_HTML:
        case STATUS_XML:
                status_text_markup(f, text);
                break;
        default:
                status_text_plain(f, text);
        }
}

static void write_pool_value(FILE *f, StatusFormat format, const StatusPage *page, Field field) {
        if (field == POOL)
                write_string(f, format, page->pool);
        else if (field == PROCESS_MANAGER)
                write_string(f, format, page->process_manager);
        else if (field == START_TIME)
                write_time(f, format, number_of(page, field));
        else
                fprintf(f, "%" PRIu64, number_of(page, field));
}

static void write_uri(FILE *f, StatusFormat format, const SlotView *slot) {
        char uri[sizeof(slot->uri) + sizeof(slot->query) + 1];

        snprintf(uri, sizeof(uri), "%s%s%s", slot->uri, *slot->query ? "?" : "", slot->query);
        write_string(f, format, *uri ? uri : "-");
}

static void write_string_or_dash(FILE *f, StatusFormat format, const char *text) {
        write_string(f, format, *text ? text : "-");
}

static void write_process_value(FILE *f, StatusFormat format, const StatusPage *page,
                const StatusProcess *process, size_t field) {
        const SlotView *slot = &process->slot;
        const RequestUsage *usage = &slot->usage;
        const uint64_t numbers[] = {
                [0] = (uint64_t) slot->pid,
                [3] = page->now_sec > slot->start_sec ? page->now_sec - slot->start_sec : 0,
                [4] = slot->n_requests_own,
                [5] = process->duration_usec,
                [8] = slot->content_length,
                [12] = usage->memory_bytes,
        };

        switch (field) {
        case 1:
                write_string(f, format, status_page_state(slot->state));
                break;
        case 2:
                write_time(f, format, slot->start_sec);
                break;
        case 6:
                write_string_or_dash(f, format, slot->method);
                break;
        case 7:
                write_uri(f, format, slot);
                break;
        case 9:
                write_string_or_dash(f, format, slot->user);
                break;
        case 10:
                write_string_or_dash(f, format, slot->script);
                break;
        case 11:
                fprintf(f, "%" PRIu64 ".%02u", usage->cpu_centipercent / 100,
                                (unsigned) (usage->cpu_centipercent % 100));
                break;
        default:
                fprintf(f, "%" PRIu64, scoreboard_number(numbers[field]));
        }
}

/* --- text --- */

/* "pool:                 www": values begin in column 23. */
static void write_label(FILE *f, const char *name) {
        fprintf(f, "%s:%*s", name, (int) (21 - strlen(name)), "");
}

static void write_text(FILE *f, const StatusPage *page, bool full) {
        for (Field i = 0; i < _FIELD_MAX; i++) {
                if (is_shown(page, i)) {
                        write_label(f, fields[i].name);
                        write_pool_value(f, STATUS_TEXT, page, i);
                        fputc('\n', f);
                }
        }

        for (size_t n = 0; full && n < page->n_processes; n++) {
                fputs("\n************************\n", f);
                for (size_t i = 0; i < ELEMENTSOF(process_fields); i++) {
                        write_label(f, i == 7 ? "request URI" : process_fields[i]);
                        write_process_value(f, STATUS_TEXT, page, &page->processes[n], i);
                        fputc('\n', f);
                }
        }
}

/* --- html --- */

static void write_html_processes(FILE *f, const StatusPage *page) {
        fputs("<table border=\"1\">\n<tr>", f);
        for (size_t i = 0; i < ELEMENTSOF(process_fields); i++)
                fprintf(f, "<th>%s</th>", process_fields[i]);
        fputs("</tr>\n", f);

        for (size_t n = 0; n < page->n_processes; n++) {
                fputs("<tr>", f);
                for (size_t i = 0; i < ELEMENTSOF(process_fields); i++) {
                        fputs("<td>", f);
                        write_process_value(f, STATUS_HTML, page, &page->processes[n], i);
                        fputs("</td>", f);
                }
                fputs("</tr>\n", f);
        }
        fputs("</table>", f);
}

static void write_html(FILE *f, const StatusPage *page, bool full) {
        fputs("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
              "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n"
              "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
              "<head><title>PHP-FPM Status Page</title></head>\n"
              "<body>\n<table>\n",
                        f);
        for (Field i = 0; i < _FIELD_MAX; i++) {
                if (!is_shown(page, i))
                        continue;

                fprintf(f, "<tr><th>%s</th><td>", fields[i].name);
                write_pool_value(f, STATUS_HTML, page, i);
                fputs("</td></tr>\n", f);
        }
        fputs("</table>\n", f);
        if (full)
                write_html_processes(f, page);
        fputs("</body></html>", f);
}

/* --- xml --- */

static void write_tag(FILE *f, const char *name, bool end) {
        fputs(end ? "</" : "<", f);
        for (; *name; name++)
                fputc(*name == ' ' ? '-' : *name, f);
        fputc('>', f);
}

static void write_xml_process(FILE *f, const StatusPage *page, const StatusProcess *process) {
        fputs("<process>", f);
        for (size_t i = 0; i < ELEMENTSOF(process_fields); i++) {
                write_tag(f, process_fields[i], false);
                write_process_value(f, STATUS_XML, page, process, i);
                write_tag(f, process_fields[i], true);
        }
        fputs("</process>\n", f);
}

static void write_xml(FILE *f, const StatusPage *page, bool full) {
        fputs("<?xml version=\"1.0\" ?>\n<status>\n", f);
        for (Field i = 0; i < _FIELD_MAX; i++) {
                if (is_shown(page, i)) {
                        write_tag(f, fields[i].name, false);
                        write_pool_value(f, STATUS_XML, page, i);
                        write_tag(f, fields[i].name, true);
                        fputc('\n', f);
                }
        }
        if (full) {
                fputs("<processes>\n", f);
                for (size_t n = 0; n < page->n_processes; n++)
                        write_xml_process(f, page, &page->processes[n]);
                fputs("</processes>\n", f);
        }
        fputs("</status>", f);
}

/* --- json --- */

static void write_json_process(FILE *f, const StatusPage *page, const StatusProcess *process) {
        for (size_t i = 0; i < ELEMENTSOF(process_fields); i++) {
                fprintf(f, "%s\"%s\":", i == 0 ? "{" : ",", process_fields[i]);
                write_process_value(f, STATUS_JSON, page, process, i);
        }
        fputc('}', f);
}

static void write_json(FILE *f, const StatusPage *page, bool full) {
        for (Field i = 0; i < _FIELD_MAX; i++) {
                if (!is_shown(page, i))
                        continue;

                fprintf(f, "%s\"%s\":", i == 0 ? "{" : ",", fields[i].name);
                write_pool_value(f, STATUS_JSON, page, i);
        }
        if (full) {
                fputs(", \"processes\":[", f);
                for (size_t n = 0; n < page->n_processes; n++) {
                        if (n > 0)
                                fputc(',', f);
                        write_json_process(f, page, &page->processes[n]);
                }
                fputc(']', f);
        }
        fputc('}', f);
}

/* --- openmetrics --- */

static void write_metrics(FILE *f, const StatusPage *page, bool full) {
        (void) full; /* as php-fpm: there are no metrics of single processes */
        fprintf(f,
                        "# HELP phpfpm_up Could pool %s using a %s PM on PHP-FPM be reached?\n"
                        "# TYPE phpfpm_up gauge\nphpfpm_up 1\n",
                        page->pool, page->process_manager);

        for (Field i = 0; i < _FIELD_MAX; i++) {
                const FieldName *field = &fields[i];

                if (!field->metric || !is_shown(page, i))
                        continue;

                /* php-fpm has these two in the other order, and what reads it may have learned that. */
                if (i == LISTEN_QUEUE_LEN)
                        fprintf(f, "# TYPE phpfpm_%s %s\n", field->metric, field->type);
                fprintf(f, "# HELP phpfpm_%s %s\n", field->metric, field->help);
                if (i != LISTEN_QUEUE_LEN)
                        fprintf(f, "# TYPE phpfpm_%s %s\n", field->metric, field->type);
                fprintf(f, "phpfpm_%s %" PRIu64 "\n", field->metric, number_of(page, i));
        }
        fputs("# EOF\n", f);
}

int status_page_write(char **ret, size_t *ret_size, const StatusPage *page, StatusFormat format,
                bool full) {
        static void (*const writers[])(FILE * f, const StatusPage *page, bool full) = {
                [STATUS_TEXT] = write_text,
                [STATUS_HTML] = write_html,
                [STATUS_XML] = write_xml,
                [STATUS_JSON] = write_json,
                [STATUS_OPENMETRICS] = write_metrics,
        };
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return -ENOMEM;

        writers[format](f, page, full);
        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

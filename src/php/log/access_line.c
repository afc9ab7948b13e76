/* SPDX-License-Identifier: MIT */
#include "php/log/access_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "config/value/access_format.h"

typedef struct Line {
        char *text;
        size_t used, size;
} Line;

typedef struct Step {
        void (*put)(const struct Step *step, const AccessFacts *facts, Line *out);
        char letter;      /* '\0': text of the format */
        const char *text; /* the same, or what stands in braces; ends at size */
        size_t size;
        uint64_t unit;
        size_t header; /* offset + 1 of a response header's value, 0: there is none */
        const AccessLine *line;
} Step;

struct AccessLine {
        char *format;
        char headers[ACCESS_LINE_MAX]; /* values, each with a NUL */
        size_t headers_used;
        size_t n_steps;
        Step steps[];
};

/* --- what tokens become --- */

static void put_bytes(Line *out, const char *bytes, size_t size) {
        if (size > out->size - out->used)
                size = out->size - out->used;

        memcpy(out->text + out->used, bytes, size);
        out->used += size;
}

_printf_(2, 3) static void put_number(Line *out, const char *format, ...) {
        char text[64];
        va_list arguments;
        int n;

        va_start(arguments, format);
        n = vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        if (n > 0)
                put_bytes(out, text, (size_t) n < sizeof(text) ? (size_t) n : sizeof(text) - 1);
}

/* Text of a stranger. As in nginx and Apache, the quote is escaped too, since it separates fields. */
static void put_text(Line *out, const char *text) {
        char escaped[ACCESS_LINE_MAX];

        escape_string(escaped, sizeof(escaped), text);
        for (const char *p = escaped; *p;) {
                size_t n = strcspn(p, "\"");

                put_bytes(out, p, n);
                p += n;
                if (*p == '"') {
                        put_bytes(out, "\\x22", 4);
                        p++;
                }
        }
}

static void put_or_dash(Line *out, const char *text) {
        if (text && *text)
                put_text(out, text);
        else
                put_bytes(out, "-", 1);
}

static void put_literal(const Step *step, const AccessFacts *facts, Line *out) {
        (void) facts;
        put_bytes(out, step->text, step->size);
}

static void put_cpu(const Step *step, const AccessFacts *facts, Line *out) {
        uint64_t used = (step->unit & ACCESS_CPU_USER ? facts->user_usec : 0) +
                        (step->unit & ACCESS_CPU_SYSTEM ? facts->system_usec : 0);

        put_number(out, "%.2f",
                        facts->duration_usec > 0
                                        ? (double) used / (double) facts->duration_usec * 100
                                        : 0.0);
}

static void put_duration(const Step *step, const AccessFacts *facts, Line *out) {
        if (step->unit == 1)
                put_number(out, "%" PRIu64, facts->duration_usec);
        else
                put_number(out, "%.3f", (double) facts->duration_usec / (double) step->unit);
}

static void put_param(const Step *step, const AccessFacts *facts, Line *out) {
        const char *value =
                        facts->param ? facts->param(facts->userdata, step->text, step->size) : NULL;

        put_text(out, value ? value : "-");
}

static void put_script(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_or_dash(out, facts->script);
}

static void put_length(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_number(out, "%" PRIu64, facts->content_length);
}

static void put_method(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_or_dash(out, facts->method);
}

static void put_memory(const Step *step, const AccessFacts *facts, Line *out) {
        put_number(out, "%" PRIu64, facts->memory_bytes / step->unit);
}

static void put_pool(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_or_dash(out, facts->pool);
}

static void put_header(const Step *step, const AccessFacts *facts, Line *out) {
        (void) facts;
        put_or_dash(out, step->header > 0 ? step->line->headers + step->header - 1 : NULL);
}

static void put_pid(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_number(out, "%d", facts->pid);
}

static void put_parent_pid(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_number(out, "%d", facts->parent_pid);
}

static void put_query(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_text(out, facts->query ? facts->query : "");
}

static void put_question_mark(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        if (facts->query && *facts->query)
                put_bytes(out, "?", 1);
}

static void put_uri(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_text(out, facts->uri ? facts->uri : "");
}

static void put_peer(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_or_dash(out, facts->peer);
}

static void put_status(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_number(out, "%d", facts->status);
}

/* The administrator's own format. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_time(const Step *step, const AccessFacts *facts, Line *out) {
        const time_t *at = step->letter == 't' ? &facts->start_sec : &facts->now_sec;
        char format[ACCESS_FORMAT_ARGUMENT_MAX + 1] = "%d/%b/%Y:%H:%M:%S %z", text[512];
        struct tm tm;

        if (step->size > 0) {
                memcpy(format, step->text, step->size);
                format[step->size] = '\0';
        }

        /* localtime() would look at /etc/localtime each time, and see none in a chroot. */
        if (localtime_r(at, &tm) && strftime(text, sizeof(text), format, &tm) > 0)
                put_text(out, text);
}

#pragma GCC diagnostic pop

static void put_user(const Step *step, const AccessFacts *facts, Line *out) {
        (void) step;
        put_text(out, facts->user ? facts->user : ""); /* php-fpm has no dash here */
}

/* --- reading the format --- */

typedef void (*Put)(const Step *step, const AccessFacts *facts, Line *out);

/* Which letters there are, and what each may have in braces, is said in config/value/access_format.c. */
static Put put_of(char letter) {
        static const struct {
                char letter;
                Put put;
        } puts[] = {
                { '\0', put_literal },
                { 'C', put_cpu },
                { 'd', put_duration },
                { 'e', put_param },
                { 'f', put_script },
                { 'l', put_length },
                { 'm', put_method },
                { 'M', put_memory },
                { 'n', put_pool },
                { 'o', put_header },
                { 'p', put_pid },
                { 'P', put_parent_pid },
                { 'q', put_query },
                { 'Q', put_question_mark },
                { 'r', put_uri },
                { 'R', put_peer },
                { 's', put_status },
                { 't', put_time },
                { 'T', put_time },
                { 'u', put_user },
        };

        for (size_t i = 0; i < ELEMENTSOF(puts); i++)
                if (puts[i].letter == letter)
                        return puts[i].put;

        return NULL;
}

static size_t count_steps_at_most(const char *format) {
        size_t n = 1;

        for (; *format; format++)
                n += *format == '%' ? 2 : 0;

        return n;
}

static int add_steps(AccessLine *line) {
        const char *format = line->format;
        char why[ACCESS_FORMAT_WHY_MAX];
        AccessToken token;
        int r;

        while ((r = access_format_next(&format, &token, why)) > 0) {
                Put put = put_of(token.letter);

                if (!put)
                        return -EINVAL;

                line->steps[line->n_steps++] = (Step){
                        .put = put,
                        .letter = token.letter,
                        .text = token.text,
                        .size = token.size,
                        .unit = token.unit,
                        .line = line,
                };
        }

        return r;
}

int access_line_new(AccessLine **ret, const char *format) {
        _cleanup_(access_line_freep) AccessLine *line = NULL;
        int r;

        if (*format == '\0')
                return -EINVAL;

        line = calloc(1, sizeof(*line) + count_steps_at_most(format) * sizeof(Step));
        if (!line)
                return -ENOMEM;

        line->format = strdup(format);
        if (!line->format)
                return -ENOMEM;

        r = add_steps(line);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(line);
        return 0;
}

AccessLine *access_line_free(AccessLine *line) {
        if (!line)
                return NULL;

        free(line->format);
        free(line);
        return NULL;
}

/* --- one request --- */

bool access_line_has(const AccessLine *line, char letter) {
        for (size_t i = 0; i < line->n_steps; i++)
                if (line->steps[i].letter == letter)
                        return true;

        return false;
}

void access_line_forget_headers(AccessLine *line) {
        for (size_t i = 0; i < line->n_steps && line->headers_used > 0; i++)
                line->steps[i].header = 0;
        line->headers_used = 0;
}

/* The value is copied: PHP frees its headers before the answer ends. */
static size_t keep_value(AccessLine *line, const char *value, size_t size) {
        size_t offset = line->headers_used, room = sizeof(line->headers) - offset;

        if (room < 2)
                return 0;
        if (size > room - 1)
                size = room - 1;

        memcpy(line->headers + offset, value, size);
        line->headers[offset + size] = '\0';
        line->headers_used = offset + size + 1;
        return offset + 1;
}

void access_line_note_header(AccessLine *line, const char *header, size_t size) {
        const char *colon = memchr(header, ':', size);
        size_t name_size = colon ? (size_t) (colon - header) : size, value;

        for (size_t i = 0; colon && i < line->n_steps; i++) {
                Step *step = &line->steps[i];

                if (step->put != put_header || step->header > 0 || step->size != name_size ||
                                strncasecmp(step->text, header, name_size) != 0)
                        continue;

                value = name_size + 1;
                while (value < size && (header[value] == ' ' || header[value] == '\t'))
                        value++;
                step->header = keep_value(line, header + value, size - value);
        }
}

size_t access_line_format(
                AccessLine *line, const AccessFacts *facts, char buffer[static ACCESS_LINE_MAX]) {
        Line out = { .text = buffer, .size = ACCESS_LINE_MAX - 1 };

        for (size_t i = 0; i < line->n_steps; i++)
                line->steps[i].put(&line->steps[i], facts, &out);

        buffer[out.used] = '\n';
        return out.used + 1;
}

bool access_line_is_suppressed(const AccessFacts *facts, const SettingList *paths) {
        if (facts->status < 200 || facts->status > 299 || facts->content_length > 0)
                return false;
        if ((facts->query && *facts->query) || !facts->uri || !facts->method)
                return false;
        if (strcmp(facts->method, "GET") != 0 && strcmp(facts->method, "HEAD") != 0)
                return false;

        for (size_t i = 0; i < paths->n_items; i++)
                if (strcmp(paths->items[i].value, facts->uri) == 0)
                        return true;

        return false;
}

/* SPDX-License-Identifier: MIT */
#include "fpmctl/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/number.h"
#include "config/pool_files.h"
#include "contract/remedies.h"
#include "fpmctl/checker.h"

_printf_(3, 0) static void print_escaped(
                FILE *file, const char *before, const char *format, va_list ap) {
        _cleanup_free_ char *text = NULL;
        char line[8192];

        if (vasprintf(&text, format, ap) < 0)
                text = NULL;

        escape_string(line, sizeof(line), text ? text : format);
        fprintf(file, "%s%s\n", before, line);
}

int complain(int status, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print_escaped(stderr, "fpmctl: ", format, ap);
        va_end(ap);
        return status;
}

int complain_memory(void) {
        return complain(EX_OSERR, "not enough memory");
}

/* A file that may not be checked counts as there: the code that reads it reports what is wrong. */
bool pool_has_file(const char *conf_dir, const char *pool) {
        _cleanup_(pool_files_done) PoolFiles files = {};
        _cleanup_free_ char *path = NULL;

        /* All files are read only where its own is not there: --all asks for each pool. */
        if (asprintf(&path, "%s/%s.conf", conf_dir, pool) >= 0 &&
                        (access(path, F_OK) == 0 || errno != ENOENT))
                return true;

        return pool_files_read(&files, conf_dir, NULL, NULL) == 0 && pool_files_find(&files, pool);
}

int complain_no_pool(const char *conf_dir, const char *pool) {
        return complain(EX_NOINPUT, "there is no pool %s: no %s/%s.conf", pool, conf_dir, pool);
}

int complain_failed(const char *pool) {
        return complain(EX_UNAVAILABLE,
                        "pool %s has failed: correct what journalctl -u fpmd@%s names, " REMEDY_RESTART,
                        pool, pool, pool);
}

/* Of this pool alone: with --all it is asked of each of thousands. */
PoolPresence pool_presence_by_unit(const char *name) {
        _cleanup_(pools_done) Pools pools = {};

        if (pools_find_one(&pools, name) < 0)
                return PRESENCE_STOPPED;

        pools.items[0].question.result = -ENOENT;
        return pool_presence(&pools.items[0]);
}

static int complain_absent(const Invocation *in, const char *pool) {
        PoolPresence presence;

        if (!pool_has_file(in->conf_dir, pool))
                return complain_no_pool(in->conf_dir, pool);

        presence = pool_presence_by_unit(pool);
        if (presence == PRESENCE_LISTENING || presence == PRESENCE_IDLE)
                return complain(EX_UNAVAILABLE,
                                "pool %s does not run: it listens, and the next connection starts it",
                                pool);
        if (presence == PRESENCE_FAILED)
                return complain_failed(pool);

        return complain(EX_UNAVAILABLE, "pool %s does not run: systemctl start fpmd@%s", pool,
                        pool);
}

/* Each mistake as a check tells it. */
static int complain_mistakes(const Question *question) {
        _cleanup_free_ char *lines = strdup(question->text);

        if (!lines)
                return complain_memory();

        checker_print(lines, stderr);
        return complain(EX_CONFIG, "pool %s: not reloaded, what runs goes on", question->pool);
}

/* The manager's own text: what was wrong, or why it refuses. */
static int complain_refused(const Question *question) {
        int status = question->result == -EPERM ? EX_NOPERM
                     : question->result == -EAGAIN || question->result == CONTROL_BUSY
                                     ? EX_TEMPFAIL
                                     : EXIT_FAILURE;

        if (question->result == CONTROL_MISTAKES)
                return complain_mistakes(question);

        return complain(status, "pool %s: %s", question->pool, question->text);
}

static int complain_late(const Question *question) {
        uint64_t minutes = question->timeout_usec / USEC_PER_SEC / 60;

        if (minutes > 0)
                return complain(EX_TEMPFAIL,
                                "the manager of pool %s did not answer within %" PRIu64 " minutes",
                                question->pool, minutes);

        return complain(EX_TEMPFAIL, "the manager of pool %s did not answer in time",
                        question->pool);
}

int complain_question(const Invocation *in, const Question *question) {
        const char *pool = question->pool;

        if (question->refused)
                return complain_refused(question);

        switch (-question->result) {
        case ENOENT:
        case ECONNREFUSED:
                return complain_absent(in, pool);
        case ETIMEDOUT:
                return complain_late(question);
        case ECONNRESET:
        case EPIPE:
                return complain(EX_UNAVAILABLE, "the manager of pool %s ended before it answered",
                                pool);
        case EPROTO:
                return complain(EX_PROTOCOL,
                                "the manager of pool %s is of another version of fpmd: systemctl "
                                "restart fpmd@%s",
                                pool, pool);
        case EBADMSG:
        case EFBIG:
                return complain(EX_PROTOCOL,
                                "the manager of pool %s gave an answer that fpmctl does not understand",
                                pool);
        case ELOOP:
                return complain(EX_PROTOCOL,
                                "the control socket of pool %s leads to another program, which was not asked",
                                pool);
        case EACCES:
                return complain(EX_NOPERM, "may not ask the manager of pool %s", pool);
        default:
                return complain(EX_OSERR, "cannot ask the manager of pool %s: %s", pool,
                                strerror(-question->result));
        }
}

static int ask_one(const Invocation *in, const PoolQuestion *asked) {
        _cleanup_(question_done) Question question = { .fd = -EBADF };
        int status;

        question_init(&question, in->arguments[0], asked->verb);
        question.insists = true;
        status = asked->prepare ? asked->prepare(in, &question) : EXIT_SUCCESS;
        if (status != EXIT_SUCCESS)
                return status;

        client_ask(&question, 1, asked->timeout_usec);
        return asked->tell(in, &question);
}

int command_ask(const Invocation *in, const PoolQuestion *asked) {
        return in->all ? command_ask_all(in, asked) : ask_one(in, asked);
}

/* --- output --- */

TableFormat output_format(void) {
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
        struct winsize size;
        TableFormat format = {};

        if (!isatty(STDOUT_FILENO))
                return format;

        format.colour = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0)
                format.width = size.ws_col;
        return format;
}

int print_table(const Table *table) {
        _cleanup_free_ char *text = NULL;
        TableFormat format = output_format();

        if (table_render(table, &format, &text) < 0)
                return complain_memory();

        fputs(text, stdout);
        return EXIT_SUCCESS;
}

int print_json(const json_t *json) {
        if (!json)
                return complain_memory();

        /* ASCII, or a control character of a client (U+009B is one) could come to a terminal by a pipe. 15
         * digits are what a double keeps: with 17 of them 0.62 becomes 0.62007100000000004. */
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
        putchar('\n');
        return EXIT_SUCCESS;
}

void say(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print_escaped(stdout, "", format, ap);
        va_end(ap);
}

void print_pool_line(const Invocation *in, const char *text) {
        char line[CONTROL_TEXT_MAX];

        escape_string(line, sizeof(line), text);
        if (in->all)
                printf("%s: %s\n", in->arguments[0], line);
        else
                puts(line);
}

void print_value(const char *name, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *line = NULL, *left = escape_string_new(name);
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);

        line = text ? escape_string_new(text) : NULL;
        if (line && left)
                printf("%s:%*s%s\n", left, (int) (21 - number_min(21, strlen(left))), "", line);
}

/* --- answers --- */

static const json_t *answer_at(const json_t *answer, const char *path) {
        char part[64];

        while (answer && *path) {
                size_t n = strcspn(path, ".");

                snprintf(part, sizeof(part), "%.*s", (int) n, path);
                answer = json_object_get(answer, part);
                path += n + (path[n] == '.');
        }

        return answer;
}

uint64_t answer_number(const json_t *answer, const char *path) {
        json_int_t number = json_integer_value(answer_at(answer, path));

        return number > 0 ? (uint64_t) number : 0;
}

double answer_real(const json_t *answer, const char *path) {
        double number = json_number_value(answer_at(answer, path));

        return number < 0 ? 0 : number > ANSWER_REAL_MAX ? ANSWER_REAL_MAX : number;
}

const char *answer_text(const json_t *answer, const char *path) {
        const char *text = json_string_value(answer_at(answer, path));

        return text ? text : "";
}

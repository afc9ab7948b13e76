/* SPDX-License-Identifier: MIT */
/* fpmctl top: all pools, or what one pool does, once a second. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/fd.h"
#include "fpmctl/command.h"
#include "fpmctl/pool_view.h"
#include "fpmctl/pools/rates.h"
#include "fpmctl/request_view.h"
#include "fpmctl/screen.h"

typedef struct Row {
        const PoolFacts *pool;
        Rate rate;
} Row;

typedef struct Top {
        const Invocation *in;
        Rates *rates;
        char sort; /* a key of sorts[] */
} Top;

static const TableColumn columns[] = {
        { "POOL", false },
        { "STATE", false },
        { "BUSY", true },
        { "IDLE", true },
        { "MAX", true },
        { "QUEUE", true },
        { "REQ/S", true },
        { "CPU%", true },
        { "MEMORY", true },
};

/* --- order --- */

static double number_of(const Row *row, const char *path) {
        return row->pool->question.result == 0 ? answer_real(row->pool->question.json, path) : -1;
}

static double busy_of(const Row *row) {
        return number_of(row, "workers.busy");
}

static double queue_of(const Row *row) {
        return number_of(row, "queue.now");
}

static double rate_of(const Row *row) {
        return row->rate.requests;
}

static double cpu_of(const Row *row) {
        return row->rate.cpu;
}

static double memory_of(const Row *row) {
        return (double) row->pool->resources.memory_bytes;
}

static const struct {
        char key;
        const char *name;
        double (*value)(const Row *row); /* NULL: by name */
} sorts[] = {
        { 'n', "name", NULL },
        { 'b', "busy", busy_of },
        { 'u', "queue", queue_of },
        { 'r', "rate", rate_of },
        { 'c', "cpu", cpu_of },
        { 'm', "memory", memory_of },
};

static int compare(const void *a, const void *b, void *userdata) {
        double (**value)(const Row *) = userdata;
        double x = *value ? (*value)(a) : 0, y = *value ? (*value)(b) : 0;

        if (x != y)
                return x < y ? 1 : -1;

        return strcmp(((const Row *) a)->pool->name, ((const Row *) b)->pool->name);
}

static void sort_rows(const Top *top, Row *rows, size_t n) {
        for (size_t i = 0; n > 1 && i < ELEMENTSOF(sorts); i++)
                if (sorts[i].key == top->sort) {
                        double (*value)(const Row *) = sorts[i].value;

                        qsort_r(rows, n, sizeof(*rows), compare, &value);
                }
}

/* --- all pools --- */

static void add_row(Table *table, const Row *row) {
        const PoolFacts *pool = row->pool;

        table_cell(table, TABLE_PLAIN, "%s", pool->name);
        pool_view_state(table, pool);
        if (pool->question.result < 0) {
                for (size_t i = 2; i < ELEMENTSOF(columns); i++)
                        table_cell(table, TABLE_FAINT, "-");
                return;
        }

        pool_view_numbers(table, pool->question.json);
        table_cell(table, TABLE_PLAIN, "%s", format_rate(row->rate.requests).text);
        table_cell(table, TABLE_PLAIN, "%.1f", 100 * row->rate.cpu);
        table_cell(table, TABLE_PLAIN, "%s", format_bytes(pool->resources.memory_bytes).text);
}

static int rate_pool(Top *top, const PoolFacts *pool, Rate *ret) {
        RateSample sample = { .usec = clock_now_usec() };

        *ret = (Rate){};
        if (pool->question.result < 0)
                return 0;

        sample.requests = answer_number(pool->question.json, "requests");
        sample.cpu_usec = pool->resources.cpu_usec;
        return rates_add(top->rates, pool->name, &sample,
                        (uint64_t) (answer_real(pool->question.json, "uptime") * 1e6), ret);
}

/* New rows in their order. NULL: no memory. */
static Row *rate_all(Top *top, const Pools *pools) {
        _cleanup_free_ Row *rows = calloc(pools->n_items + 1, sizeof(*rows));

        for (size_t i = 0; rows && i < pools->n_items; i++) {
                rows[i].pool = &pools->items[i];
                if (rate_pool(top, rows[i].pool, &rows[i].rate) < 0)
                        return NULL;
        }

        if (rows)
                sort_rows(top, rows, pools->n_items);
        return TAKE_PTR(rows);
}

static int draw_pools(Top *top, const TableFormat *format, FILE *f) {
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_(pools_done) Pools pools = {};
        _cleanup_free_ char *text = NULL;
        _cleanup_free_ Row *rows = NULL;
        int r;

        r = pools_find(&pools, top->in->conf_dir, POOLS_WITH_UNITS);
        if (r < 0)
                return complain(EX_OSERR, "cannot look for pools: %s", strerror(-r));

        pools_ask(&pools, ASK_TIMEOUT_USEC);
        rows = rate_all(top, &pools);
        if (!rows || table_new(&table, columns, ELEMENTSOF(columns)) < 0)
                return complain_memory();

        for (size_t i = 0; i < pools.n_items; i++)
                add_row(table, &rows[i]);
        if (table_render(table, format, &text) < 0)
                return complain_memory();

        fputs(text, f);
        return EXIT_SUCCESS;
}

/* --- one pool --- */

/* A line that a terminal breaks would push all below it down, and the first one out of the screen. */
static void put_line(FILE *f, const TableFormat *format, const char *text) {
        fprintf(f, "%.*s\n", (int) table_text_fit(text, format), text);
}

static int draw_head(Top *top, Question *question, const TableFormat *format, FILE *f) {
        PoolFacts pool = { .name = (char *) (uintptr_t) question->pool, .question = *question };
        const json_t *answer = question->json;
        _cleanup_free_ char *line = NULL;
        Rate rate;

        resources_read(question->pid, &pool.resources);
        if (rate_pool(top, &pool, &rate) < 0)
                return complain_memory();

        if (asprintf(&line,
                            "%s: generation %" PRIu64 ", %" PRIu64 " busy and %" PRIu64
                            " idle of %" PRIu64 ", queue %" PRIu64
                            ", %s requests/s, %.1f%% CPU, %s",
                            question->pool, answer_number(answer, "generation"),
                            answer_number(answer, "workers.busy"),
                            answer_number(answer, "workers.idle"),
                            answer_number(answer, "workers.max"),
                            answer_number(answer, "queue.now"), format_rate(rate.requests).text,
                            100 * rate.cpu, format_bytes(pool.resources.memory_bytes).text) < 0) {
                line = NULL;
                return complain_memory();
        }

        put_line(f, format, line);
        fputc('\n', f);
        return EXIT_SUCCESS;
}

static int draw_requests(const Question *question, const TableFormat *format, FILE *f) {
        _cleanup_(table_freep) Table *table = NULL;
        _cleanup_free_ char *text = NULL;
        char line[CONTROL_TEXT_MAX];

        /* Numbers are for everybody, requests are not. */
        if (question->result < 0) {
                escape_string(line, sizeof(line), question->text ? question->text : "");
                put_line(f, format, line);
                return EXIT_SUCCESS;
        }

        if (request_view_table(&table, question->json) < 0 ||
                        table_render(table, format, &text) < 0)
                return complain_memory();

        fputs(text, f);
        return EXIT_SUCCESS;
}

static int draw_pool(Top *top, const TableFormat *format, FILE *f) {
        const char *name = top->in->arguments[0];
        Question questions[2];
        int status;

        question_init(&questions[0], name, CONTROL_STATUS);
        question_init(&questions[1], name, CONTROL_REQUESTS);
        client_ask(questions, ELEMENTSOF(questions), ASK_TIMEOUT_USEC);

        if (questions[0].result < 0)
                status = complain_question(top->in, &questions[0]);
        else
                status = draw_head(top, &questions[0], format, f);
        if (status == EXIT_SUCCESS)
                status = draw_requests(&questions[1], format, f);

        question_done(&questions[0]);
        question_done(&questions[1]);
        return status;
}

/* --- pictures --- */

static int make_picture(Top *top, const TableFormat *format, char **ret) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        int status;

        if (!f)
                return complain_memory();

        status = top->in->n_arguments > 0 ? draw_pool(top, format, f) : draw_pools(top, format, f);
        if (fclose(f) != 0 || status != EXIT_SUCCESS) {
                free(text);
                return status != EXIT_SUCCESS ? status : complain_memory();
        }

        *ret = text;
        return EXIT_SUCCESS;
}

static int print_once(Top *top) {
        _cleanup_free_ char *text = NULL;
        TableFormat format = output_format();
        int status;

        status = make_picture(top, &format, &text);
        if (status == EXIT_SUCCESS)
                fputs(text, stdout);

        return status;
}

/* Whether the key was one that changes the order. */
static bool take_key(Top *top, char key) {
        for (size_t i = 0; i < ELEMENTSOF(sorts); i++)
                if (sorts[i].key == key) {
                        top->sort = key;
                        return true;
                }

        return false;
}

/* Waits until the next picture is due. Returns false to end. */
static bool wait_for_key(Top *top, Screen *screen) {
        uint64_t until = clock_now_usec() + USEC_PER_SEC;

        for (uint64_t now = clock_now_usec(); now < until; now = clock_now_usec()) {
                char key = 0;

                if (!screen_wait(screen, until - now, &key))
                        return true;
                if (key == 'q' || key == 'Q')
                        return false;
                if (key == 0 || take_key(top, key))
                        return true;
        }

        return true;
}

static int show(Top *top) {
        Screen screen;
        bool go_on;
        int r;

        r = screen_open(&screen);
        if (r < 0)
                return complain(EX_IOERR, "cannot use the terminal: %s", strerror(-r));

        do {
                _cleanup_free_ char *text = NULL;
                TableFormat format = output_format();

                /* Once more, where it can be read, when there is something to complain of. */
                if (make_picture(top, &format, &text) != EXIT_SUCCESS) {
                        screen_close(&screen);
                        return print_once(top);
                }

                screen_draw(text);
                go_on = wait_for_key(top, &screen);
        } while (go_on);

        screen_close(&screen);
        return EXIT_SUCCESS;
}

static int choose_sort(Top *top, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(sorts); i++)
                if (strcmp(sorts[i].name, name) == 0) {
                        top->sort = sorts[i].key;
                        return EXIT_SUCCESS;
                }

        return complain(EX_USAGE, "--sort is one of name, busy, queue, rate, cpu, memory");
}

int command_top(const Invocation *in) {
        _cleanup_(rates_freep) Rates *rates = NULL;
        Top top = { .in = in, .sort = 'n' };
        int status;

        status = in->sort ? choose_sort(&top, in->sort) : EXIT_SUCCESS;
        if (status != EXIT_SUCCESS)
                return status;
        if (rates_new(&rates) < 0)
                return complain_memory();

        top.rates = rates;
        return in->once || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ? print_once(&top)
                                                                           : show(&top);
}

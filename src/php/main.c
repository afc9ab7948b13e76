/* SPDX-License-Identifier: MIT */
/* fpmd-php: the PHP side of a pool, in php-fpm's program. Started by fpmd, see fpmd-php(8). */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "config/pool_config.h"
#include "contract/message.h"
#include "php/engine/php_engine.h"
#include "php/engine/php_timezones.h"
#include "php/hooks/libc_hooks.h"
#include "php/resident/php_compiled.h"
#include "php/resident/php_resident.h"
#include "php/trace/php_trace.h"
#include "php/trace/trace_line.h"
#include "php/worker/leave_signals.h"
#include "php/worker/template.h"
#include "php/worker/warm_start.h"
#include "php/worker/worker.h"
#include "php/zygote/apparmor.h"
#include "php/zygote/inherited.h"
#include "php/zygote/proctitle.h"
#include "php/zygote/zygote.h"

/* As long as a manager would wait for a drain. */
#define ORPHAN_LIMIT_USEC (80 * USEC_PER_SEC)

/* Requests that came on kept connections are begun within this time by workers that leave, and some slack. */
#define LAST_BEGIN_USEC (6 * USEC_PER_SEC)

enum {
        CONFIG_BYTES_MAX = 4 << 20,
        FILES_COMPILED_MAX = 20000, /* worker_watch knows so many */
};

/* PHP calls exit() when it gives up while it starts: then this tells the manager why. */
static int starting_control_fd = -EBADF;

static void report_exit_while_starting(void) {
        const char *why = php_engine_startup_error();

        if (starting_control_fd >= 0)
                zygote_report_failure(
                                starting_control_fd, *why ? why : "it gave up without a word");
}

static int read_config(PoolConfig **ret, int fd) {
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        r = fd_read_all(fd, CONFIG_BYTES_MAX, &data, &size);
        if (r < 0)
                return r;

        return pool_config_deserialize(ret, data, size);
}

/* The manager left a helper behind that shares our root directory and may change it; we may not. */
static int change_root(int root_fd) {
        int answer;

        if (root_fd < 0)
                return 0;

        if (write(root_fd, "", 1) != 1)
                return -errno;
        if (read(root_fd, &answer, sizeof(answer)) != sizeof(answer))
                return -EIO;

        return answer;
}

static int fail(const Inherited *inherited, int r, const char *what) {
        char text[200];

        snprintf(text, sizeof(text), "%s: %s", what, strerror(-r));
        starting_control_fd = -EBADF;
        zygote_report_failure(inherited->control_fd, text);
        return EX_CONFIG;
}

/* Both were replaced, and the manager that runs is the one from before. */
static int refuse_build(const Inherited *inherited, const char *pool) {
        char text[200];

        snprintf(text, sizeof(text),
                        "this engine is of another build of fpmd than the manager that runs: systemctl restart fpmd@%s",
                        pool);
        starting_control_fd = -EBADF;
        zygote_report_failure(inherited->control_fd, text);
        return EX_CONFIG;
}

static int enter_folders(const Inherited *inherited, const PoolConfig *config) {
        int r;

        r = inherited->root_fd >= 0 ? php_timezones_keep(config->chroot) : 0;
        if (r < 0)
                stderr_line("<4>Cannot keep the time zones for the chroot: %s\n", strerror(-r));

        r = change_root(inherited->root_fd);
        if (r < 0)
                return fail(inherited, r, "chroot");

        if (inherited->root_fd >= 0) {
                fd_close(inherited->root_fd);
                php_engine_root_changed();
        }

        if (config->chdir && chdir(config->chdir) < 0)
                return fail(inherited, -errno, "chdir");

        return 0;
}

/* In the zygote, before it can fork: a pool that cannot be confined as its file asks does not start. */
static int put_on_hat(const Inherited *inherited, const PoolConfig *config, int proc_fd) {
        char why[APPARMOR_WHY_MAX], text[sizeof(why) + 20];

        if (!config->apparmor_hat || apparmor_put_on(proc_fd, config->apparmor_hat, why) >= 0)
                return 0;

        snprintf(text, sizeof(text), "apparmor_hat: %s", why);
        starting_control_fd = -EBADF;
        zygote_report_failure(inherited->control_fd, text);
        return EX_CONFIG;
}

/* Where in the innermost call, unless that is one into PHP's own code: then its place says it. */
static void add_innermost(const PhpTrace *trace, void (*add)(const char *frame, void *userdata),
                void *userdata) {
        char line[MESSAGE_TEXT_MAX];

        if (trace->n > 0 && trace->line == trace->frames[0].line &&
                        strcmp(trace->file, trace->frames[0].file) == 0)
                return;

        trace_line_innermost(line, sizeof(line), trace->file, trace->line);
        add(line, userdata);
}

/* One line for each call, as php-fpm's slow log has it. */
static int trace_worker(int memory_fd, unsigned depth,
                void (*add)(const char *frame, void *userdata), void *userdata) {
        PhpTrace *trace = malloc(sizeof(*trace));
        char line[MESSAGE_TEXT_MAX];
        int r;

        if (!trace)
                return -ENOMEM;

        r = php_trace_read(memory_fd, depth, trace);
        if (r >= 0)
                add_innermost(trace, add, userdata);
        for (unsigned i = 0; r >= 0 && i < trace->n; i++) {
                const PhpTraceFrame *frame = &trace->frames[i];

                trace_line_call(line, sizeof(line), frame);
                add(line, userdata);
        }

        free(trace);
        return r;
}

/* $FPMD_GENERATION is from the manager, and not for scripts. */
static void set_title(Proctitle *proctitle, const PoolConfig *config) {
        const char *generation = getenv("FPMD_GENERATION");
        char text[128];

        snprintf(text, sizeof(text), "fpmd: %s: zygote (generation %s)", config->name,
                        generation ? generation : "?");
        proctitle_set(proctitle, text);
        unsetenv("FPMD_GENERATION");
}

/* Without a manager nobody looks at single requests: request_terminate_timeout holds for what is left of all. */
static uint64_t orphan_limit_usec(const PoolConfig *config) {
        uint64_t limit = config->process_control_timeout_usec > 0
                                         ? config->process_control_timeout_usec
                                         : ORPHAN_LIMIT_USEC;
        uint64_t request = config->request_terminate_timeout_usec;

        return request > 0 && request + LAST_BEGIN_USEC < limit ? request + LAST_BEGIN_USEC : limit;
}

static int run_zygote(WorkerContext *context) {
        _cleanup_(zygote_freep) Zygote *zygote = NULL;
        const Inherited *inherited = context->inherited;
        ZygoteHooks hooks = {
                .worker = template_worker_run,
                .trace = trace_worker,
                .list_scripts = warm_start_list,
                .keep_scripts = warm_start_keep,
                .keeps_scripts = warm_start_keeps,
                .userdata = context,
                .status_fd = inherited->status_fd,
                .log_fd = inherited->access_fd,
                .wake_fd = inherited->wake_fd,
                .orphan_limit_usec = orphan_limit_usec(context->config),
        };
        int r;

        /* After PHP has started: what runs in it then has the limit of scripts. */
        r = file_limit_raise(&context->file_limit);
        if (r < 0)
                return fail(inherited, r, "RLIMIT_NOFILE");

        r = zygote_new(&zygote, inherited->control_fd, context->board, &hooks);
        if (r < 0)
                return fail(inherited, r, "zygote");

        if (context->config->worker_script && context->config->worker_watch)
                r = zygote_watch_files(zygote, context->config->worker_script, context->compiled,
                                &context->paths_fd);
        if (r < 0)
                return fail(inherited, r, "worker_watch");

        starting_control_fd = -EBADF;
        return template_run(zygote, context, inherited->control_fd);
}

/* Before PHP starts. */
static int register_script(WorkerContext *context) {
        int r;

        if (!context->config->worker_script)
                return 0;

        php_resident_register(context->config);
        if (!context->config->worker_watch)
                return 0;

        r = sum_table_new(&context->compiled, FILES_COMPILED_MAX);
        if (r >= 0)
                php_compiled_init(context->compiled);
        return r;
}

static int run(const Inherited *inherited, const PoolConfig *config, Proctitle *proctitle,
                bool strict) {
        _cleanup_(scoreboard_freep) Scoreboard *board = NULL;
        _cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        WorkerContext context = {
                .config = config,
                .inherited = inherited,
                .proctitle = proctitle,
                .strict = strict,
                .paths_fd = -EBADF,
        };
        int r;

        r = scoreboard_attach(&board, inherited->board_fd, inherited->control_page_fd,
                        (unsigned) config->max_children);
        if (r < 0)
                return fail(inherited, r, "scoreboard");

        leave_signals_install();
        r = register_script(&context);
        if (r < 0)
                return fail(inherited, r, "worker_watch");

        r = php_engine_start(config, strict);
        if (r < 0)
                return EX_CONFIG; /* report_exit_while_starting() has PHP's own message */

        if (config->worker_script)
                php_resident_init(config);

        r = enter_folders(inherited, config);
        if (r != 0)
                return r;

        r = put_on_hat(inherited, config, proc_fd);
        if (r != 0)
                return r;

        /* Without a chroot this fd is not needed, since /proc can be opened. */
        if (inherited->root_fd < 0)
                proc_fd = fd_close(proc_fd);

        warm_start_init(config);
        if (inherited->scripts_fd < 0)
                warm_start_read_ahead();
        warm_start_compile(inherited->scripts_fd, config);
        context.board = board;
        context.proc_fd = proc_fd;
        return run_zygote(&context);
}

/* What preload.so calls in the place of php-fpm's main(): --fpmd POOL [--strict]. */
__attribute__((visibility("default"))) int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks);

int fpmd_php_main(int argc, char *argv[], LibcHooks *hooks) {
        _cleanup_(pool_config_freep) PoolConfig *config = NULL;
        Inherited inherited;
        Proctitle proctitle;
        bool strict = argc == 4 && strcmp(argv[3], "--strict") == 0;
        int r;

        proctitle_init(&proctitle, argc, argv);
        r = argc == 3 + strict ? inherited_receive(&inherited) : -EINVAL;
        if (r == -E2BIG) {
                fprintf(stderr, "fpmd-php was passed more than %d sockets or %d fds: fpmd is of another version\n",
                                LISTENERS_MAX, LISTEN_FDS_MAX);
                return EX_USAGE;
        }
        if (r < 0) {
                fputs("fpmd-php is started by fpmd(8), not by hand\n", stderr);
                return EX_USAGE;
        }

        libc_hooks_init(hooks);
        starting_control_fd = inherited.control_fd;
        if (atexit(report_exit_while_starting) != 0)
                return EX_OSERR;

        r = read_config(&config, inherited.config_fd);
        if (r == -EPROTO)
                return refuse_build(&inherited, argv[2]);
        if (r < 0)
                return fail(&inherited, r, "configuration");

        fd_close(inherited.config_fd);
        set_title(&proctitle, config);
        r = run(&inherited, config, &proctitle, strict);
#ifndef __SANITIZE_ADDRESS__
        /* All that libraries would tidy up now the kernel takes back anyway. */
        if (r == EX_OK)
                _exit(r);
#endif
        return r;
}

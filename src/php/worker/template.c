/* SPDX-License-Identifier: MIT */
#include "php/worker/template.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "php/engine/php_engine.h"
#include "php/resident/php_resident.h"
#include "php/worker/worker_internal.h"
#include "php/worker/worker_warmup.h"
#include "php/zygote/lifeline.h"
#include "php/zygote/probe.h"
#include "php/zygote/shared_files.h"

/* What a probe ends with. */
enum {
        PROBE_GOOD,
        PROBE_SHARES,
        PROBE_FAILED,
};

/* There is one in a process, and a jump leads to it. */
static struct {
        Zygote *zygote;
        WorkerContext *context;
        pid_t pid; /* who boots */
        bool is_probe, is_booted;
        SharedFiles files;
        char why[SHARED_FILES_WHY_MAX];

        FcgiRequest *fcgi; /* of the warm-up */
        PhpRequest php;

        /* In a child. */
        jmp_buf fork_point;
        unsigned slot;
        int lifeline_fd;
        Worker worker;
        bool is_worker;
} template;

static const volatile unsigned char is_answering = 1;

/* --- the zygote's side --- */

static void template_on_stage(SlotState state, void *userdata) {
        (void) state;
        (void) userdata;
}

static void template_on_close(int fd, void *userdata) {
        (void) userdata;
        fd_close(fd);
}

static int template_on_begin_warmup(void *userdata) {
        int fd;

        (void) userdata;
        if (!template.context->config->worker_warmup)
                return -ENOENT;

        fd = worker_warmup_connect(template.context->config);
        if (fd < 0)
                return fd;

        fcgi_request_attach(template.fcgi, fd);
        if (fcgi_request_read(template.fcgi) < 0) {
                (void) fd_close(fcgi_request_detach(template.fcgi));
                return -EIO;
        }

        php_engine_resolve(&template.php);
        return 0;
}

static void template_on_end_warmup(void *userdata) {
        (void) userdata;
        (void) fd_close(fcgi_request_detach(template.fcgi));
}

/* A probe has a copy of what the zygote watches, and a spare worker tells the zygote. */
static int template_on_compiled(const char *path, void *userdata) {
        (void) userdata;
        if (!template.is_probe)
                zygote_watch_file(template.zygote, path);
        return 0;
}

static int spare_on_compiled(const char *path, void *userdata) {
        (void) userdata;
        (void) send(template.context->paths_fd, path, strlen(path), MSG_NOSIGNAL);
        return 0;
}

static void template_on_boots(void *userdata) {
        (void) userdata;
}

static bool template_is_first(void *userdata) {
        (void) userdata;
        return true;
}

/* --- a worker's side --- */

/* Of the zygote's own frames the jump leaves behind only what become_worker() has closed. */
int template_worker_run(unsigned slot, int lifeline_fd, void *userdata) {
        if (!template.is_booted)
                return worker_run(slot, lifeline_fd, userdata);

        template.slot = slot;
        template.lifeline_fd = lifeline_fd;
        longjmp(template.fork_point, 1);
}

static int become_worker(void) {
        Worker *worker = &template.worker;
        PhpResidentHooks hooks;

        template.is_worker = true;
        template.fcgi = fcgi_request_free(template.fcgi);
        if (worker_new(worker, template.context, template.slot, template.lifeline_fd) < 0)
                _exit(EX_OSERR);

        resident_worker_hooks(worker, &hooks);
        php_resident_set_hooks(&hooks);
        return hooks.next(0, worker);
}

/* The script's first wait for a client. 0: it is to leave. */
static int template_on_next(uint64_t until_usec, void *userdata) {
        int r;

        (void) until_usec;
        (void) userdata;
        if (getpid() != template.pid)
                _exit(EX_OK); /* a child that the script has forked while it booted */

        template.is_booted = shared_files_check(&template.files, template.why) >= 0;
        if (template.is_probe || !template.is_booted)
                return 0;

        if (setjmp(template.fork_point) != 0)
                return become_worker();

        r = zygote_run(template.zygote);
        _exit(r < 0 ? EX_OSERR : EX_OK);
}

/* --- both --- */

static int boot(int (*next)(uint64_t until_usec, void *userdata)) {
        const PhpResidentHooks hooks = {
                .next = next,
                .begin_warmup = template_on_begin_warmup,
                .end_warmup = template_on_end_warmup,
                .boots = template_on_boots,
                .is_first = template_is_first,
                .compiled = next == template_on_next ? template_on_compiled : spare_on_compiled,
                .request = &template.php,
        };

        template.pid = getpid();
        return php_resident_boot(&hooks);
}

static int probe(void *userdata) {
        (void) userdata;
        template.is_probe = true;
        if (boot(template_on_next) < 0)
                return PROBE_FAILED;

        if (!template.is_booted)
                stderr_line("<5>worker_boot: %s does not boot in the zygote, because %s\n",
                                template.context->config->worker_script, template.why);
        return template.is_booted ? PROBE_GOOD : PROBE_SHARES;
}

/* The context has /proc only for a chroot. */
static int proc_fd(void) {
        int fd = template.context->proc_fd;

        return fd >= 0 ? fd : open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int prepare_warmup(void) {
        FcgiLimits limits = FCGI_LIMITS_DEFAULT;
        int r;

        r = fcgi_request_new(&template.fcgi, &limits);
        if (r < 0)
                return r;

        template.php = (PhpRequest){
                .fcgi = template.fcgi,
                .config = template.context->config,
                .stage = template_on_stage,
                .close = template_on_close,
                .is_worker = &is_answering,
        };
        return 0;
}

/* Is to be called right before each boot: a deployment may put another script in the place of the one that the last
 * boot has opened. */
static int note_files(void) {
        return shared_files_note(&template.files, template.files.proc_fd,
                        template.context->config->worker_script);
}

static int prepare(void) {
        int r;

        template.files.proc_fd = proc_fd();
        r = note_files();
        return r < 0 ? r : prepare_warmup();
}

static int refuse(int control_fd, const char *why) {
        char text[256];

        snprintf(text, sizeof(text), "worker_script %s: %s",
                        template.context->config->worker_script, why);
        zygote_report_failure(control_fd, text);
        return EX_CONFIG;
}

/* A worker whose script has ended by itself leaves: another one has booted already. */
static int end_worker(int r) {
        Worker *worker = &template.worker;

        if (r == 0)
                return worker_free(worker, resident_worker_hand_over(worker));

        return worker_free(worker, r < 0 ? EX_SOFTWARE : request_source_exit_status(worker));
}

/* --- a spare worker --- */

static int spare_on_next(uint64_t until_usec, void *userdata) {
        (void) until_usec;
        (void) userdata;
        if (getpid() != template.pid)
                _exit(EX_OK); /* a child that the script has forked while it booted */

        resident_worker_stop_boot_timer(&template.worker);
        if (lifeline_wait_for_slot(template.lifeline_fd, &template.slot) < 0)
                _exit(EX_OK);

        return become_worker();
}

static void name_spare(const WorkerContext *context) {
        char title[128];

        snprintf(title, sizeof(title), "fpmd: %s: spare worker", context->config->name);
        proctitle_set(context->proctitle, title);
}

/* It is as a zygote while it boots, with its own slot to come. */
static int spare_run(int lifeline_fd, void *userdata) {
        int r;

        name_spare(userdata);
        template.lifeline_fd = lifeline_fd;
        template.worker.context = userdata;
        if (prepare_warmup() < 0)
                return EX_OSERR;

        resident_worker_start_boot_timer(&template.worker);
        r = boot(spare_on_next);
        return template.is_worker ? end_worker(r) : EX_CONFIG;
}

/* Where many workers come and go anyway, none is kept that nobody has asked for. */
static int run_plain(Zygote *zygote) {
        const PoolConfig *config = template.context->config;

        if (config->worker_script && config->pm != PM_ONDEMAND)
                zygote_keep_spare(zygote, spare_run);

        return zygote_run(zygote) < 0 ? EX_OSERR : EX_OK;
}

int template_run(Zygote *zygote, WorkerContext *context, int control_fd) {
        const PoolConfig *config = context->config;
        bool must = strcmp(config->worker_boot, "zygote") == 0;
        int r;

        template.zygote = zygote;
        template.context = context;
        if (!config->worker_script || strcmp(config->worker_boot, "worker") == 0)
                return run_plain(zygote);

        r = prepare();
        if (r >= 0)
                r = probe_run(probe, NULL);
        if (r != PROBE_GOOD && must)
                return refuse(control_fd, r == PROBE_SHARES ? "it opens what workers must not share"
                                                            : "it does not boot in the zygote");
        if (r == PROBE_FAILED && context->strict)
                return refuse(control_fd, "it does not boot, it says why in the journal");
        if (r != PROBE_GOOD)
                return run_plain(zygote);

        r = note_files();
        if (r < 0)
                return refuse(control_fd, strerror(-r));

        /* A zygote does not come back from this, a worker does. */
        r = boot(template_on_next);
        if (template.is_worker)
                return end_worker(r);

        return refuse(control_fd, "it has booted only the first time");
}

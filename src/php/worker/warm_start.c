/* SPDX-License-Identifier: MIT */
#include "php/worker/warm_start.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "php/engine/php_engine.h"
#include "php/engine/php_file_cache.h"
#include "php/engine/php_warm.h"
#include "php/zygote/probe.h"

/* What a child may take for its last script when the time of reload_warm is over. */
#define SLACK_USEC (USEC_PER_SEC / 2)

/* Whoever has not read all by then is late: workers have read it themselves. */
#define READ_AHEAD_USEC (5 * USEC_PER_SEC)

/* --- for a generation that follows --- */

void warm_start_list(int fd, void *userdata) {
        (void) userdata;
        php_engine_enter_worker();
        (void) php_warm_list(fd);
}

typedef struct Plan {
        int fd;
        uint64_t until_usec;
} Plan;

static int compile(void *userdata) {
        const Plan *plan = userdata;
        PhpWarmResult result = {};

        php_engine_enter_worker();
        if (php_warm_compile(plan->fd, plan->until_usec, &result) < 0 ||
                        result.n_tried == result.n_scripts)
                return 0;

        stderr_line("<5>In the time of reload_warm %u of %u scripts were compiled\n",
                        result.n_tried, result.n_scripts);
        return 0;
}

/* A child that is in the middle of a script when the time is over ends by itself; only one that hangs is killed. */
void warm_start_compile(int scripts_fd, const PoolConfig *config) {
        Plan plan = { scripts_fd, clock_now_usec() + config->reload_warm_usec };

        if (scripts_fd < 0)
                return;

        if (probe_run_until(compile, &plan, plan.until_usec + SLACK_USEC) == -ETIME)
                stderr_line("<4>A script could not be compiled beforehand in the time of reload_warm: going on "
                            "without\n");
        fd_close(scripts_fd);
}

/* --- for a start after an idle exit, a restart or a boot --- */

static KeptScripts kept;         /* without a folder: nothing is kept */
static bool has_no_list = false; /* of another start, to be taken back */

/* "150%", as systemd reads it; an empty one takes back those before. */
static bool quota_allows_second_cpu(const SettingList *settings) {
        bool allows = true;

        for (size_t i = 0; i < settings->n_items; i++)
                if (strcasecmp(settings->items[i].key, "CPUQuota") == 0)
                        allows = !*settings->items[i].value ||
                                 strtod(settings->items[i].value, NULL) > 100;

        return allows;
}

/* With one CPU, or the time of one, a reader would only be in the way of the worker, which may need less. */
static bool has_second_cpu(const PoolConfig *config) {
        cpu_set_t cpus;

        return quota_allows_second_cpu(&config->unit_settings) &&
               (sched_getaffinity(0, sizeof(cpus), &cpus) < 0 || CPU_COUNT(&cpus) > 1);
}

bool warm_start_keeps(void) {
        return kept.folder && php_warm_may_have(has_no_list ? KEPT_SCRIPTS_MIN : 1);
}

void warm_start_keep(void *userdata) {
        (void) userdata;
        php_engine_enter_worker();
        (void) php_warm_keep(&kept);
}

typedef struct Ahead {
        char *list;
        size_t size;
} Ahead;

/* In memory that is broken it may hang: then the alarm ends it. */
static int read_ahead(void *userdata) {
        const Ahead *ahead = userdata;

        (void) signal(SIGALRM, SIG_DFL);
        (void) alarm(2 * READ_AHEAD_USEC / USEC_PER_SEC);
        php_engine_enter_worker();
        (void) php_warm_read(&kept, ahead->list, ahead->size, clock_now_usec() + READ_AHEAD_USEC);
        return 0;
}

static int share_places(void) {
        void *places = mmap(NULL, SCRIPT_LIST_MAX, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (places == MAP_FAILED)
                return -errno;

        kept.is_ahead = places;
        return 0;
}

void warm_start_read_ahead(void) {
        Ahead ahead = {};
        int r;

        if (!kept.folder)
                return;

        r = kept_scripts_read(&kept, &ahead.list, &ahead.size);
        has_no_list = r == -ENOENT;
        if (r < 0)
                return;

        kept.list_sum = kept_scripts_sum(ahead.list, ahead.size);

        /* Its memory is the zygote's, which is closed to the scripts of other workers. */
        (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (share_places() >= 0)
                (void) probe_start(read_ahead, &ahead);
        free(ahead.list);
}

void warm_start_init(const PoolConfig *config) {
        if (has_second_cpu(config))
                kept = php_file_cache_kept();
}

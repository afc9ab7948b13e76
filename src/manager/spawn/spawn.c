/* SPDX-License-Identifier: MIT */
#include "manager/spawn/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/base/log.h"
#include "manager/spawn/cache_folder.h"
#include "manager/spawn/child_signals.h"
#include "manager/spawn/chroot_helper.h"
#include "manager/spawn/environment.h"
#include "manager/spawn/file_limits.h"
#include "manager/spawn/pool_signal.h"
#include "manager/spawn/privilege.h"

enum {
        /* A machine that starts thousands of pools at once needs some seconds for it. */
        EXEC_MSEC = 10 * 1000,

        /* Of systemd's patience with the manager, which gives no sign of life meanwhile. */
        WATCHDOG_PART = 3,
};

/* What the child was doing when it failed. The child sends it to its parent, which can log. */
typedef enum SpawnStep {
        STEP_FDS,
        STEP_LIMITS,
        STEP_PRIORITY,
        STEP_CHROOT,
        STEP_IDENTITY,
        STEP_EXEC,
        _STEP_MAX,
} SpawnStep;

static const char *const step_texts[_STEP_MAX] = {
        [STEP_FDS] = "Cannot pass file descriptors",
        [STEP_LIMITS] = "Cannot set rlimit_files or rlimit_core",
        [STEP_PRIORITY] = "Cannot set process.priority",
        [STEP_CHROOT] = "Cannot prepare the chroot",
        [STEP_IDENTITY] = "Cannot become the pool's user",
        [STEP_EXEC] = "Cannot execute the pool program",
};

/* Nothing is to be loaded before it but what a build with sanitizers needs. */
#define FPMD_PRELOAD FPMD_PHP_DIR "/preload.so" FPMD_SANITIZER_PRELOAD

typedef struct SpawnFailure {
        int step;
        int error;
} SpawnFailure;

int spawn_plan_add(SpawnPlan *plan, int fd, const char *name) {
        if (plan->n_fds >= LISTEN_FDS_MAX - 1)
                return -E2BIG;

        plan->fds[plan->n_fds++] = (SpawnFd){ .fd = fd, .name = name };
        return 0;
}

static int child_set_limit(int resource, uint64_t value) {
        struct rlimit limit;

        if (value == LIMIT_UNSET)
                return 0;

        limit.rlim_cur = limit.rlim_max = value == LIMIT_UNLIMITED ? RLIM_INFINITY : value;
        return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

static int child_set_limits(const PoolConfig *config) {
        int r;

        r = file_limits_raise(config);
        if (r < 0)
                return r;

        return child_set_limit(RLIMIT_CORE, config->rlimit_core);
}

static int child_set_priority(const PoolConfig *config) {
        if (config->process_priority == INT_UNSET)
                return 0;

        return setpriority(PRIO_PROCESS, 0, (int) config->process_priority) < 0 ? -errno : 0;
}

/* The numbers from 3 on are the contract of sd_listen_fds(3). The failure pipe moves out of the
 * way. */
static int child_arrange_fds(const SpawnPlan *plan, int root_fd, int *failure_fd) {
        int fds[LISTEN_FDS_MAX], fd, r;
        size_t n = 0;

        for (; n < plan->n_fds; n++)
                fds[n] = plan->fds[n].fd;
        if (root_fd >= 0)
                fds[n++] = root_fd;

        fd = fcntl(*failure_fd, F_DUPFD_CLOEXEC, SD_LISTEN_FDS_START + (int) n);
        if (fd < 0)
                return -errno;
        *failure_fd = fd;

        if (plan->stdout_fd >= 0 && dup2(plan->stdout_fd, STDOUT_FILENO) < 0)
                return -errno;
        if (plan->stderr_fd >= 0 && dup2(plan->stderr_fd, STDERR_FILENO) < 0)
                return -errno;

        r = fd_arrange(fds, n, SD_LISTEN_FDS_START);
        if (r < 0)
                return r;

        return 0;
}

static int child_set_pid(char **environment) {
        /* environment_set() left room for any pid. */
        for (char **p = environment; *p; p++)
                if (strncmp(*p, "LISTEN_PID=", 11) == 0)
                        sprintf(*p + 11, "%d", getpid());

        return 0;
}

static int child_prepare(const SpawnPlan *plan, int *failure_fd, SpawnStep *step) {
        int root_fd = -EBADF, r;

        *step = STEP_LIMITS;
        r = child_set_limits(plan->config);
        if (r < 0)
                return r;

        *step = STEP_PRIORITY;
        r = child_set_priority(plan->config);
        if (r < 0)
                return r;

        *step = STEP_CHROOT;
        if (plan->config->chroot && privilege_can_switch_user()) {
                r = chroot_helper_fork(plan->config->chroot, plan->account, &root_fd);
                if (r < 0)
                        return r;
        }

        *step = STEP_FDS;
        r = child_arrange_fds(plan, root_fd, failure_fd);
        if (r < 0)
                return r;

        *step = STEP_IDENTITY;
        return privilege_drop(plan->account, plan->config->no_new_privileges, plan->engine);
}

_noreturn_ static void child_main(const SpawnPlan *plan, char **environment, int failure_fd) {
        char *const argv[] = {
                (char *) plan->program,
                (char *) "--fpmd",
                (char *) plan->pool,
                (char *) plan->option,
                NULL,
        };
        SpawnStep step;
        SpawnFailure failure;
        int r;

        child_signals_reset();
        r = child_prepare(plan, &failure_fd, &step);
        if (r >= 0) {
                step = STEP_EXEC;
                child_set_pid(environment);
                execve(plan->program, argv, environment);
                r = -errno;
        }

        failure = (SpawnFailure){ .step = (int) step, .error = r };
        (void) !write(failure_fd, &failure, sizeof(failure));
        _exit(EXIT_FAILURE);
}

/* Last, so that preload.so leaves no gap in the environment when it takes these away. What the pool has of the kind
 * itself comes behind ours, and is all that remains. */
static int environment_add_engine(char ***environment, const char *engine) {
        _cleanup_free_ char *pool_own = NULL, *both = NULL;
        const char *found = environment_get(*environment, "LD_PRELOAD");
        int r;

        if (found) {
                pool_own = strdup(found);
                if (!pool_own || asprintf(&both, FPMD_PRELOAD ":%s", pool_own) < 0)
                        return -ENOMEM;

                r = environment_set(environment, "FPMD_LD_PRELOAD", pool_own);
                if (r < 0)
                        return r;
        }

        r = environment_set(environment, "FPMD_ENGINE", engine);
        if (r < 0)
                return r;

        return environment_set(environment, "LD_PRELOAD", both ? both : FPMD_PRELOAD);
}

static int environment_for_plan(char ***ret, const SpawnPlan *plan) {
        _cleanup_(environment_freep) char **environment = NULL;
        _cleanup_free_ char *cache = NULL;
        bool root = plan->config->chroot && privilege_can_switch_user();
        char names[LISTEN_FDS_MAX * 16] = "", number[16];
        size_t used = 0;
        int r;

        r = environment_new(&environment, plan->config, plan->account);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plan->n_fds; i++)
                used += (size_t) snprintf(names + used, sizeof(names) - used, "%s%s",
                                i > 0 ? ":" : "", plan->fds[i].name);
        if (root)
                snprintf(names + used, sizeof(names) - used, ":root");

        snprintf(number, sizeof(number), "%zu", plan->n_fds + root);
        r = environment_set(&environment, "LISTEN_FDS", number);
        if (r < 0)
                return r;

        r = environment_set(&environment, "LISTEN_FDNAMES", names);
        if (r < 0)
                return r;

        snprintf(number, sizeof(number), "%u", plan->generation);
        r = environment_set(&environment, "FPMD_GENERATION", number);
        if (r < 0)
                return r;

        cache = plan->config->idle_warm_bytes > 0
                                ? cache_folder_path(plan->pool, plan->account->uid)
                                : NULL;
        r = cache ? environment_set(&environment, "FPMD_CACHE", cache) : 0;
        if (r >= 0 && cache && plan->cache_is_suspect)
                r = environment_set(&environment, "FPMD_CACHE_SUSPECT", "1");
        if (r < 0)
                return r;

        r = environment_set(&environment, "LISTEN_PID", "2147483647");
        if (r < 0)
                return r;

        r = plan->engine ? environment_add_engine(&environment, plan->engine) : 0;
        if (r < 0)
                return r;

        *ret = TAKE_PTR(environment);
        return 0;
}

static int exec_limit_msec(void) {
        uint64_t usec = 0;

        if (sd_watchdog_enabled(false, &usec) <= 0 || usec / 1000 / WATCHDOG_PART >= EXEC_MSEC)
                return EXEC_MSEC;

        return (int) (usec / 1000 / WATCHDOG_PART);
}

/* From the moment on that it is the pool's user, processes of that user may stop the child. Returns what was read, 0
 * for end of file, or a negative errno. */
static ssize_t read_failure(int fd, int limit_msec, SpawnFailure *ret) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        ssize_t n;

        /* No signal interrupts it: the manager has blocked those that it handles. */
        n = poll(&pollfd, 1, limit_msec);
        if (n <= 0)
                return n < 0 ? -errno : -ETIMEDOUT;

        n = read(fd, ret, sizeof(*ret));
        return n < 0 ? -errno : n;
}

/* EOF on the pipe means that exec() closed it. A child that does not end at once is the reaper's. */
static int wait_for_exec(const SpawnPlan *plan, int fd, pid_t pid) {
        int limit_msec = exec_limit_msec();
        SpawnFailure failure;
        ssize_t n = read_failure(fd, limit_msec, &failure);

        if (n == 0)
                return 0;

        pool_signal_child(pid, plan->account->uid, SIGKILL);
        (void) waitpid(pid, NULL, WNOHANG);
        if (n == -ETIMEDOUT)
                return log_error_errno(ETIMEDOUT,
                                "The child that should start %s was killed after %.1f s: %m",
                                plan->program, limit_msec / 1000.);
        if (n != sizeof(failure) || failure.step < 0 || failure.step >= _STEP_MAX)
                return log_error_errno(
                                EIO, "The child that should start %s failed: %m", plan->program);

        return log_error_errno(failure.error, "%s: %m", step_texts[failure.step]);
}

int spawn_pool_program(const SpawnPlan *plan, pid_t *ret_pid) {
        _cleanup_(environment_freep) char **environment = NULL;
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        int fds[2], r;
        pid_t pid;

        r = environment_for_plan(&environment, plan);
        if (r < 0)
                return log_error_errno(r, "Cannot build the pool's environment: %m");

        if (pipe2(fds, O_CLOEXEC) < 0)
                return log_error_errno(errno, "Cannot make a pipe: %m");
        ours = fds[0];
        theirs = fds[1];

        pid = fork();
        if (pid < 0)
                return log_error_errno(errno, "Cannot fork: %m");
        if (pid == 0)
                child_main(plan, environment, theirs);

        theirs = fd_close(theirs);
        r = wait_for_exec(plan, ours, pid);
        if (r < 0)
                return r;

        *ret_pid = pid;
        return 0;
}

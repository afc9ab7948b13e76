/* SPDX-License-Identifier: MIT */
#include "manager/generation/zygote_start.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-journal.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "contract/php_side.h"
#include "manager/base/log.h"
#include "manager/spawn/spawn.h"

/* The pool gets streams of its own, so that its lines have an identifier and default priorities of their own. They are
 * connected here because the journal's socket cannot be reached after a chroot. */
static int journal_stream(int priority) {
        int fd;

        if (!getenv("JOURNAL_STREAM"))
                return -ENOENT;

        fd = sd_journal_stream_fd("fpmd-php", priority, true);
        if (fd >= 0)
                journal_stream_limit(fd);

        return fd;
}

/* Entries with fields go through this socket, beside the streams. */
static int journal_socket(void) {
        return getenv("JOURNAL_STREAM") ? journal_socket_open() : -ENOENT;
}

static int config_memfd(const PoolConfig *config) {
        _cleanup_free_ char *data = NULL;
        size_t size;
        int r;

        r = pool_config_serialize(config, &data, &size);
        if (r < 0)
                return r;

        return fd_memfd_data("fpmd-config", data, size);
}

/* The fds that are made for this one start; their owner closes them. */
typedef struct StartFds {
        int control_fd, config_fd, journal_fd;
} StartFds;

static int plan_fds(SpawnPlan *spawn, const ZygotePlan *plan, const StartFds *fds) {
        const SpawnFd ours[] = {
                { fds->control_fd, "control" },
                { fds->config_fd, "config" },
                { scoreboard_board_fd(plan->board), "board" },
                { scoreboard_control_page_fd(plan->board), "control-page" },
                { plan->wake_fd, "wake" },
                { fds->journal_fd, "journal" },
                { plan->status_fd, "status" },
                { plan->access_fd, "access" },
                { plan->scripts_fd, "scripts" },
                { plan->listeners->pair->handoff_in_fd, "handoff-in" },
                { plan->listeners->pair->handoff_out_fd, "handoff-out" },
        };
        int r;

        for (size_t i = 0; i < plan->listeners->n_fds; i++) {
                r = spawn_plan_add(spawn, plan->listeners->fds[i], "listen");
                if (r < 0)
                        return r;
        }

        /* One that is not there has no name either. */
        for (size_t i = 0; i < ELEMENTSOF(ours); i++) {
                if (ours[i].fd < 0)
                        continue;

                r = spawn_plan_add(spawn, ours[i].fd, ours[i].name);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* What is executed, and what it loads. */
static int plan_program(SpawnPlan *spawn, const ZygotePlan *plan, PhpSide *side) {
        int r;

        if (plan->program) {
                spawn->program = plan->program;
                return 0;
        }

        r = php_side_find(side, plan->config->php);
        if (r < 0)
                return r;

        spawn->program = side->program;
        spawn->engine = side->engine;
        return 0;
}

static int spawn_zygote(const ZygotePlan *plan, int control_fd, pid_t *ret_pid) {
        _cleanup_close_ int config_fd = -EBADF, stdout_fd = -EBADF, stderr_fd = -EBADF;
        _cleanup_close_ int journal_fd = journal_socket();
        _cleanup_(php_side_done) PhpSide side = {};
        SpawnPlan spawn = {
                .pool = plan->config->name,
                .option = plan->strict ? "--strict" : NULL,
                .generation = plan->generation,
                .cache_is_suspect = plan->cache_is_suspect,
                .config = plan->config,
                .account = plan->account,
        };
        int r;

        r = plan_program(&spawn, plan, &side);
        if (r < 0)
                return log_error_errno(
                                r, "PHP %s is not installed any more: %m", plan->config->php);

        config_fd = config_memfd(plan->config);
        if (config_fd < 0)
                return log_error_errno(config_fd, "Cannot serialize the configuration: %m");

        spawn.stdout_fd = stdout_fd = journal_stream(LOG_INFO);
        spawn.stderr_fd = stderr_fd = journal_stream(LOG_WARNING);

        r = plan_fds(&spawn, plan, &(StartFds){ control_fd, config_fd, journal_fd });
        if (r < 0)
                return log_error_errno(r, "Too many sockets for one pool: %m");

        return spawn_pool_program(&spawn, ret_pid);
}

int zygote_start(const ZygotePlan *plan, pid_t *ret_pid, int *ret_control_fd) {
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return log_error_errno(errno, "Cannot make a control socket: %m");
        ours = pair[0];
        theirs = pair[1];

        r = fd_set_nonblock(ours, true);
        if (r < 0)
                return log_error_errno(r, "Cannot make a control socket: %m");

        r = spawn_zygote(plan, theirs, ret_pid);
        if (r < 0)
                return r;

        *ret_control_fd = TAKE_FD(ours);
        return 0;
}

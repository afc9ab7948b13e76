/* SPDX-License-Identifier: MIT */
/* A zygote is a customer's once its memory is: what it says, in any order and of any size, what it and its workers write on
 * the scoreboard, and when it dies, leads a generation through its states, whatever the manager orders meanwhile. Nothing
 * but processes that the kernel knows as the manager's own is ever signalled, and each order is one that a zygote may get.
 *
 * The zygote is a process that sleeps, and this program speaks for it. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"
#include "contract/message.h"
#include "manager/base/log.h"
#include "manager/generation/generation.h"
#include "manager/generation/zygote_start.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        STEPS_MAX = 200,
        ROUNDS_MAX = 20,
};

static struct {
        sd_event *event;
        Reaper *reaper;
        pid_t zygote_pid, worker_pid; /* 0: to be started */
        int fd;                       /* the zygote's end of the control socket */
        int board_fd, wake_fd;        /* borrowed */
        Listeners listeners;
        unsigned n_slots;
        bool gone, takes_orphans;
} world = { .fd = -EBADF };

static void require(bool holds) {
        if (!holds)
                abort();
}

/* In front of libc's. */
int kill(pid_t pid, int sig) {
        require(pid > 0 && (pid == world.zygote_pid || pid == world.worker_pid || pid == getpid()));
        return (int) syscall(SYS_kill, pid, sig);
}

static pid_t start_sleeper(void) {
        pid_t pid = fork();

        require(pid >= 0);
        if (pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                execl("/bin/sleep", "sleep", "1000", NULL);
                _exit(127);
        }

        return pid;
}

static bool has_ended(pid_t pid) {
        siginfo_t si = {};

        return pid == 0 || waitid(P_PID, (id_t) pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0;
}

/* In the place of the one that starts fpmd-php. */
int zygote_start(const ZygotePlan *plan, pid_t *ret_pid, int *ret_control_fd) {
        int pair[2];

        require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
        if (world.zygote_pid == 0)
                world.zygote_pid = start_sleeper();
        world.fd = pair[1];
        world.board_fd = scoreboard_board_fd(plan->board);
        world.wake_fd = plan->wake_fd;
        *ret_pid = world.zygote_pid;
        *ret_control_fd = pair[0];
        return 0;
}

/* --- hooks --- */

static void fuzz_on_change(Generation *generation, void *userdata) {
        (void) generation;
        (void) userdata;
}

static void fuzz_on_edited(Generation *generation, uint64_t which, void *userdata) {
        (void) generation;
        (void) which;
        (void) userdata;
}

static bool fuzz_on_orphaned(Generation *generation, void *userdata) {
        (void) generation;
        (void) userdata;
        return world.takes_orphans;
}

static void fuzz_on_gone(Generation *generation, void *userdata) {
        (void) userdata;
        require(generation_state(generation) == GENERATION_GONE && !world.gone);
        world.gone = true;
}

static void fuzz_on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        (void) error;
        (void) userdata;
        require(slot < world.n_slots && stack);
}

/* --- what happens --- */

typedef struct Input {
        const uint8_t *data;
        size_t size;
} Input;

static uint8_t next(Input *in) {
        if (in->size == 0)
                return 0;

        in->size--;
        return *in->data++;
}

static void run(void) {
        for (int i = 0; i < ROUNDS_MAX && !world.gone && sd_event_run(world.event, 0) > 0; i++)
                ;
}

static void say(Input *in) {
        static const uint32_t types[] = { MESSAGE_READY, MESSAGE_FAILED, MESSAGE_FORKED,
                MESSAGE_NOT_FORKED, MESSAGE_EXITED, MESSAGE_PONG, MESSAGE_FRAME, MESSAGE_TRACED,
                MESSAGE_FORK, 0 };
        Message message = { .type = types[next(in) % ELEMENTSOF(types)] };
        uint8_t value;

        message.slot = next(in) % (world.n_slots + 1);
        value = next(in);
        message.value = value == 255 ? world.worker_pid : value == 254 ? world.zygote_pid : value;
        if (message.type == MESSAGE_FRAME || message.type == MESSAGE_FAILED)
                memset(message.text, next(in), next(in) % MESSAGE_TEXT_MAX);
        (void) send(world.fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_anything(Input *in) {
        size_t n = next(in) * 2;

        (void) send(world.fd, in->data, n < in->size ? n : in->size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void listen_to_manager(void) {
        Message message;
        int fd;

        while (message_receive_fd(world.fd, &message, &fd) > 0) {
                require(message_check(&message, MESSAGE_FROM_MANAGER, world.n_slots) == 0);
                fd_close(fd);
        }
}

/* Any worker can write there. */
static void scribble(Input *in) {
        uint8_t bytes[8];
        off_t size = lseek(world.board_fd, 0, SEEK_END), at;

        at = (off_t) (next(in) | next(in) << 8);
        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = next(in);
        if (at + (off_t) sizeof(bytes) <= size)
                (void) !pwrite(world.board_fd, bytes, sizeof(bytes), at);
}

static void die(pid_t *pid) {
        siginfo_t si;

        if (*pid == 0 || has_ended(*pid))
                return;

        (void) kill(*pid, SIGKILL);
        (void) waitid(P_PID, (id_t) *pid, &si, WEXITED | WNOWAIT);
}

static void order(Generation *g, Input *in) {
        switch (next(in) % 8) {
        case 0:
                generation_drain(g, DRAINING_LAST);
                break;
        case 1:
                generation_drain(g, DRAINING_REPLACED);
                break;
        case 2:
                generation_kill(g);
                break;
        case 3:
                generation_ping(g, USEC_PER_SEC / 5);
                break;
        case 4:
                generation_reopen_logs(g, STDERR_FILENO);
                break;
        case 5:
                generation_forget_stacks(g, &world);
                break;
        default:
                (void) generation_trace(g,
                                &(StackQuestion){ .slot = next(in) % world.n_slots, .depth = 5 },
                                fuzz_on_stack, &world);
        }
}

static void step(Generation *g, Input *in) {
        uint64_t one = 1;

        switch (next(in) % 12) {
        case 0:
        case 1:
        case 2:
        case 3:
                say(in);
                break;
        case 4:
                say_anything(in);
                break;
        case 5:
                scribble(in);
                break;
        case 6:
                order(g, in);
                break;
        case 7:
                listen_to_manager();
                break;
        case 8:
                (void) !write(world.wake_fd, &one, sizeof(one));
                break;
        case 9:
                if (next(in) < 64)
                        die(&world.zygote_pid);
                else if (next(in) < 32)
                        die(&world.worker_pid);
                break;
        case 10:
                if (next(in) < 32)
                        (void) shutdown(world.fd, SHUT_WR);
                break;
        default:
                run();
        }
}

static void no_report(void *userdata, int priority, const char *line) {
        (void) userdata;
        (void) priority;
        (void) line;
}

static PoolConfig *configuration(uint8_t kind) {
        static const char *const texts[] = {
                "[www]\nuser=nobody\npm=static\npm.max_children=3\n",
                ("[www]\nuser=nobody\npm=dynamic\npm.max_children=4\npm.start_servers=2\n"
                 "pm.min_spare_servers=1\npm.max_spare_servers=3\nrequest_terminate_timeout=1\n"),
                "[www]\nuser=nobody\npm=ondemand\npm.max_children=2\npm.queue_timeout=1s\n",
                "[www]\nuser=nobody\npm=auto\nrequest_slowlog_timeout=1\n",
        };
        const char *text = texts[kind % ELEMENTSOF(texts)];
        PoolConfig *config = NULL;

        require(pool_config_parse(&config, "www", "www.conf", text, strlen(text), no_report,
                                NULL) == 0);
        return config;
}

static void make_world(void) {
        sigset_t set;

        if (world.event)
                return;

        log_open("www", -1);
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        require(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
        require(sd_event_new(&world.event) >= 0 && reaper_new(&world.reaper, world.event) >= 0);
        require(handoff_pair_new(&world.listeners.pair, getuid()) >= 0);
}

static void end_world(void) {
        world.fd = fd_close(world.fd);
        for (int i = 0; i < ROUNDS_MAX && sd_event_run(world.event, 0) > 0; i++)
                ;
        if (has_ended(world.zygote_pid))
                world.zygote_pid = 0;
        if (has_ended(world.worker_pid))
                world.worker_pid = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const GenerationHooks hooks = { fuzz_on_change, fuzz_on_change, fuzz_on_change,
                fuzz_on_change, fuzz_on_change, fuzz_on_edited, fuzz_on_orphaned, fuzz_on_gone };
        static uint64_t n_exits[_SLOT_END_MAX];
        Account account = { .uid = getuid(), .gid = getgid() };
        Input in = { data, size };
        GenerationContext context = {
                .listeners = &world.listeners,
                .account = &account,
                .hooks = &hooks,
                .n_exits = n_exits,
        };
        uint8_t kind = next(&in);
        Generation *g = NULL;
        PoolConfig *config;

        make_world();
        if (world.worker_pid == 0)
                world.worker_pid = start_sleeper();
        config = configuration(kind);
        context.event = world.event;
        context.reaper = world.reaper;
        world.n_slots = (unsigned) config->max_children;
        world.gone = false;
        world.takes_orphans = kind & 4;
        require(generation_new(&g, &context, config, 1) == 0 && generation_start(g) == 0);
        for (int i = 0; i < STEPS_MAX && in.size > 0 && !world.gone; i++)
                step(g, &in);
        run();
        require(generation_state(g) >= 0 && generation_state(g) < _GENERATION_STATE_MAX);
        generation_free(g);
        end_world();
        return 0;
}

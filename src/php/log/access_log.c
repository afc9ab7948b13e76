/* SPDX-License-Identifier: MIT */
#include "php/log/access_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "config/value/log_target.h"
#include "php/zygote/lifeline.h"

/* In front of each line of the journal: how important it is (sd-daemon(3)). */
#define JOURNAL_PREFIX "<6>"

enum {
        JOURNAL_PREFIX_SIZE = sizeof(JOURNAL_PREFIX) - 1,
};

typedef struct CpuTime {
        uint64_t user_usec, system_usec;
} CpuTime;

struct AccessLog {
        const PoolConfig *config;
        const Scoreboard *board;
        int fd, lifeline_fd;
        bool journal, needs_peer, needs_cpu, needs_headers, failing;
        uint32_t n_reopens;
        WorkerLog *worker_log;
        AccessLine *line;

        AccessFacts facts;
        uint64_t begin_usec;
        CpuTime begin_cpu;
        char user[256], peer[INET6_ADDRSTRLEN];
        char text[JOURNAL_PREFIX_SIZE + ACCESS_LINE_MAX];
};

/* --- what costs a system call, for formats that ask for it --- */

static uint64_t usec_of(const struct timeval *time) {
        return (uint64_t) time->tv_sec * 1000000 + (uint64_t) time->tv_usec;
}

/* With the programs that it waited for, as in php-fpm. */
static CpuTime cpu_time(void) {
        static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
        CpuTime cpu = {};

        for (size_t i = 0; i < ELEMENTSOF(whose); i++) {
                struct rusage usage = {};

                (void) getrusage(whose[i], &usage);
                cpu.user_usec += usec_of(&usage.ru_utime);
                cpu.system_usec += usec_of(&usage.ru_stime);
        }

        return cpu;
}

/* The web server that connected, "" if it did by a unix socket. */
static void find_peer(AccessLog *log, int fd) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        const struct sockaddr_in *v4 = (const struct sockaddr_in *) &address;
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) &address;

        log->peer[0] = '\0';
        if (getpeername(fd, (struct sockaddr *) &address, &size) < 0)
                return;

        if (address.ss_family == AF_INET)
                (void) inet_ntop(AF_INET, &v4->sin_addr, log->peer, sizeof(log->peer));
        else if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
                (void) inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], log->peer, sizeof(log->peer));
        else if (address.ss_family == AF_INET6)
                (void) inet_ntop(AF_INET6, &v6->sin6_addr, log->peer, sizeof(log->peer));
}

static bool is_tcp(int fd) {
        int domain = AF_UNIX;
        socklen_t size = sizeof(domain);

        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) >= 0 && domain != AF_UNIX;
}

static bool has_tcp(const Inherited *inherited) {
        for (size_t i = 0; i < inherited->n_listen_fds; i++)
                if (is_tcp(inherited->listen_fds[i]))
                        return true;

        return is_tcp(inherited->status_fd);
}

/* --- the file --- */

void access_log_take_file(AccessLog *log) {
        int fd;

        if (!log || log->journal)
                return;

        log->n_reopens = scoreboard_reopens(log->board);
        fd = lifeline_receive_log(log->lifeline_fd);
        if (fd < 0)
                return;

        /* It gets the old number, so that no other code has to change. */
        (void) dup3(fd, log->fd, O_CLOEXEC);
        fd_close(fd);
}

int access_log_new(AccessLog **ret, const PoolConfig *config, const Inherited *inherited,
                const Scoreboard *board, int lifeline_fd) {
        _cleanup_(access_log_freep) AccessLog *log = NULL;
        int r;

        if (!config->access_log) {
                *ret = NULL;
                return 0;
        }

        log = calloc(1, sizeof(*log));
        if (!log)
                return -ENOMEM;

        r = access_line_new(&log->line, config->access_format);
        if (r < 0)
                return r;

        log->config = config;
        log->board = board;
        log->lifeline_fd = lifeline_fd;
        log->journal = log_target_is_journal(config->access_log);
        log->fd = log->journal ? STDERR_FILENO : inherited->access_fd;
        if (log->fd < 0)
                return -EBADF;

        log->needs_peer = access_line_has(log->line, 'R') && has_tcp(inherited);
        log->needs_cpu = access_line_has(log->line, 'C');
        log->needs_headers = access_line_has(log->line, 'o');
        log->facts.pid = getpid();
        log->facts.parent_pid = getppid();
        memcpy(log->text, JOURNAL_PREFIX, JOURNAL_PREFIX_SIZE);

        /* The file may have been reopened since this worker was forked. */
        access_log_take_file(log);
        *ret = TAKE_PTR(log);
        return 0;
}

AccessLog *access_log_free(AccessLog *log) {
        if (!log)
                return NULL;

        access_line_free(log->line);
        free(log);
        return NULL;
}

/* --- a request --- */

static const char *param(const void *userdata, const char *name, size_t name_len) {
        return fcgi_request_param(userdata, name, name_len);
}

static const char *param_of(const FcgiRequest *fcgi, const char *name) {
        return fcgi_request_param(fcgi, name, strlen(name));
}

void access_log_count_in(AccessLog *log, WorkerLog *worker_log) {
        log->worker_log = worker_log;
}

void access_log_begin(AccessLog *log, const FcgiRequest *fcgi) {
        AccessFacts *facts = &log->facts;

        access_line_forget_headers(log->line);
        *facts = (AccessFacts){
                .pool = log->config->name,
                .method = param_of(fcgi, "REQUEST_METHOD"),
                .uri = param_of(fcgi, "SCRIPT_NAME"),
                .query = param_of(fcgi, "QUERY_STRING"),
                .script = param_of(fcgi, "SCRIPT_FILENAME"),
                .user = log->user,
                .peer = log->peer,
                .status = 200,
                .start_sec = time(NULL),
                .pid = facts->pid,
                .parent_pid = facts->parent_pid,
                .param = param,
                .userdata = fcgi,
        };
        log->user[0] = '\0';
        if (log->needs_peer)
                find_peer(log, fcgi_request_fd(fcgi));
        if (log->needs_cpu)
                log->begin_cpu = cpu_time();
        log->begin_usec = clock_now_usec();
}

AccessFacts *access_log_facts(AccessLog *log) {
        return &log->facts;
}

void access_log_set_user(AccessLog *log, const char *user) {
        snprintf(log->user, sizeof(log->user), "%s", user ? user : "");
}

bool access_log_wants_headers(const AccessLog *log) {
        return log->needs_headers;
}

void access_log_note_header(AccessLog *log, const char *header, size_t size) {
        access_line_note_header(log->line, header, size);
}

static void complete(AccessLog *log) {
        AccessFacts *facts = &log->facts;

        facts->duration_usec = clock_now_usec() - log->begin_usec;
        facts->now_sec = time(NULL);
        if (log->needs_cpu) {
                CpuTime cpu = cpu_time();

                facts->user_usec = cpu.user_usec - log->begin_cpu.user_usec;
                facts->system_usec = cpu.system_usec - log->begin_cpu.system_usec;
        }
}

/* This is logged once until writing works again: a full disk must not fill the journal too. */
static void complain(AccessLog *log, int error) {
        if (!log->failing)
                stderr_line("<3>Cannot write the access log, its lines are lost: %s\n",
                                strerror(error));
        log->failing = true;
}

/* In one piece: other workers append to the same file. */
static void write_line(AccessLog *log, const char *text, size_t size) {
        ssize_t n;

        do
                n = write(log->fd, text, size);
        while (n < 0 && errno == EINTR);

        if (n == (ssize_t) size)
                log->failing = false;
        else
                complain(log, n < 0 ? errno : ENOSPC);
}

void access_log_end(AccessLog *log) {
        char *text = log->text + JOURNAL_PREFIX_SIZE;
        size_t size;

        if (access_line_is_suppressed(&log->facts, &log->config->access_suppress_path))
                return;

        complete(log);
        size = access_line_format(log->line, &log->facts, text);
        if (log->journal) {
                worker_log_write(log->worker_log, log->text, size + JOURNAL_PREFIX_SIZE);
                return;
        }

        if (scoreboard_reopens(log->board) != log->n_reopens)
                access_log_take_file(log);
        write_line(log, text, size);
}

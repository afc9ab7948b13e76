/* SPDX-License-Identifier: MIT */
#include "fpmctl/pools/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fd_pass.h"
#include "base/number.h"
#include "base/parse.h"

enum {
        /* A manager whose backlog is full, or that has too many askers, is tried again after this: often, since
         * somebody who floods it tries all the time. */
        RETRY_MSEC = 3,

        LOST_MAX = 3, /* tries at managers that end before they reply: one whose reload is its end is not asked on */
};

/* How long a question that insists tries to get through to a manager that others crowd. */
#define CROWD_PATIENCE_USEC (5 * USEC_PER_SEC)

void question_init(Question *question, const char *pool, ControlVerb verb) {
        *question = (Question){
                .pool = pool,
                .verb = verb,
                .slot = CONTROL_SLOT_ALL,
                .result = -EINPROGRESS,
                .fd = -EBADF,
        };
}

void question_done(Question *question) {
        question->fd = fd_close(question->fd);
        json_decref(question->json);
        free(question->text);
        question->json = NULL;
        question->text = NULL;
}

static bool is_open(const Question *question) {
        return question->begun && question->result == -EINPROGRESS;
}

static void end(Question *question, int result) {
        question->fd = fd_close(question->fd);
        question->result = result;
}

/* --- there --- */

static int open_socket(Question *question) {
        question->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        return question->fd < 0 ? -errno : 0;
}

static void note_peer(Question *question) {
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(question->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) >= 0)
                question->pid = peer.pid;
}

/* The user of a hardened pool owns the folder, and may put a link there that leads to the manager of another pool, or
 * to whatever else listens and obeys root. The kernel knows where that one has bound its socket. */
static int check_place(int fd, const char *path) {
        struct sockaddr_un address = {};
        socklen_t size = sizeof(address);

        if (getpeername(fd, (struct sockaddr *) &address, &size) < 0)
                return -errno;

        return strncmp(address.sun_path, path, sizeof(address.sun_path)) == 0 ? 0 : -ELOOP;
}

static int connect_at(const Question *question,
                int (*path)(char *buffer, size_t size, const char *pool)) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int r;

        r = path(address.sun_path, sizeof(address.sun_path), question->pool);
        if (r < 0)
                return r;
        if (connect(question->fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        return check_place(question->fd, address.sun_path);
}

/* Tries root's own socket first, which no other user can fill. Only root may connect there. */
static int connect_to(const Question *question) {
        int r;

        r = connect_at(question, control_root_path);
        if (r == -EACCES || r == -EPERM || r == -ENOENT || r == -ECONNREFUSED)
                r = connect_at(question, control_path);

        return r;
}

/* Returns 0, -EAGAIN to try again, or another negative errno. */
static int ask(Question *question) {
        ControlRequest request = {
                .version = CONTROL_VERSION,
                .verb = question->verb,
                .slot = question->slot,
        };
        int r;

        r = question->fd < 0 ? open_socket(question) : 0;
        if (r < 0)
                return r;

        r = connect_to(question);
        if (r < 0)
                return r;

        /* A client that was turned away has the reply already, and can send no more. */
        if (send(question->fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 && errno != EPIPE)
                return -errno;

        note_peer(question);
        question->asked = true;
        return 0;
}

/* --- and back --- */

/* Sealed, so that nobody changes it while it is read. */
static int read_answer(Question *question, int fd) {
        const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int seals, r;

        seals = fcntl(fd, F_GET_SEALS);
        if (seals < 0 || (seals & wanted) != wanted)
                return -EBADMSG;

        r = fd_read_all(fd, control_json_max(question->verb), &text, &size);
        if (r < 0)
                return r;
        if (!control_values_fit(text, size))
                return -EFBIG;

        question->json = json_loadb(text, size, 0, NULL);
        if (json_array_size(json_object_get(question->json, "workers")) > CONTROL_WORKERS_MAX)
                return -EFBIG;

        return json_is_object(question->json) ? 0 : -EBADMSG;
}

static int hear(Question *question) {
        _cleanup_close_ int fd = -EBADF;
        ControlReply reply;
        int n, r;

        n = fd_pass_receive(question->fd, &reply, sizeof(reply), &fd, MSG_DONTWAIT);
        if (n < 0)
                return n == -EAGAIN ? -EINPROGRESS : n;
        if (n == 0)
                return -ECONNRESET;

        r = control_reply_check(&reply, (size_t) n);
        if (r < 0)
                return r;
        if (fd == -EMFILE)
                return fd;

        free(question->text);
        question->text = strdup(reply.text);
        if (!question->text)
                return -ENOMEM;

        question->refused = reply.result < 0;
        return fd >= 0 && reply.result == 0 ? read_answer(question, fd) : reply.result;
}

/* --- all together --- */

/* The manager has too many askers now, and its reply stays, for the case that it is the last; or it has left, to be
 * idle or for a restart: then another one answers, or nobody is there. */
static void ask_later(Question *question, int result) {
        question->fd = fd_close(question->fd);
        question->asked = false;
        question->refused = false;
        question->is_busy = result == CONTROL_BUSY;
        question->n_lost += result != CONTROL_BUSY;
        question->deadline_usec = question->give_up_usec;
        question->not_before_usec = clock_now_usec() + RETRY_MSEC * USEC_PER_SEC / 1000;
}

static void take_result(Question *question, int result) {
        bool is_lost = result == -ECONNRESET || result == -EPIPE;

        if (result == CONTROL_BUSY || (is_lost && question->n_lost < LOST_MAX))
                ask_later(question, result);
        else
                end(question, result);
}

/* Sends the questions that are due. Returns whether one has to be tried again. */
static bool ask_all(Question *questions, size_t n, uint64_t now_usec) {
        bool again = false;

        for (size_t i = 0; i < n; i++) {
                int r;

                if (!is_open(&questions[i]) || questions[i].asked)
                        continue;

                r = questions[i].not_before_usec <= now_usec ? ask(&questions[i]) : -EAGAIN;
                if (r < 0 && r != -EAGAIN)
                        take_result(&questions[i], r);
                else if (r == 0 && questions[i].insists)
                        questions[i].deadline_usec = now_usec + questions[i].timeout_usec;
                again = again || (is_open(&questions[i]) && !questions[i].asked);
        }

        return again;
}

static bool is_heard(const Question *question) {
        return is_open(question) && question->asked;
}

/* fds has those that are heard, in their order: poll(2) takes no more than the process may have. */
static void receive_all(Question *questions, const struct pollfd *fds, size_t n) {
        for (size_t i = 0, k = 0; i < n; i++) {
                int r;

                if (!is_heard(&questions[i]) || fds[k++].revents == 0)
                        continue;

                r = hear(&questions[i]);
                if (r != -EINPROGRESS)
                        take_result(&questions[i], r);
        }
}

static void end_unheard(Question *question, int result) {
        question->refused = question->is_busy;
        end(question, question->is_busy ? CONTROL_BUSY : result);
}

/* Ends the open questions that are late, and marks those that are slow. */
static void note_time(Question *questions, size_t n, uint64_t now_usec) {
        for (size_t i = 0; i < n; i++) {
                Question *question = &questions[i];

                if (!is_open(question))
                        continue;
                if (question->deadline_usec <= now_usec)
                        end_unheard(question, -ETIMEDOUT);
                else if (question->slow_at_usec <= now_usec)
                        question->is_slow = true;
        }
}

/* Returns when the next open question is late or slow, or 0 if none is open. */
static uint64_t next_deadline(const Question *questions, size_t n) {
        uint64_t next = 0;

        for (size_t i = 0; i < n; i++) {
                const Question *question = &questions[i];
                uint64_t own = question->deadline_usec;

                if (!is_open(question))
                        continue;
                if (!question->is_slow)
                        own = number_min(own, question->slow_at_usec);
                if (next == 0 || own < next)
                        next = own;
        }

        return next;
}

static void begin(Question *question, const ClientTurns *turns, uint64_t now_usec,
                uint64_t timeout_usec) {
        uint64_t patience = question->patience_usec;

        question->begun = true;
        question->timeout_usec = patience > 0 ? number_min(patience, timeout_usec) : timeout_usec;
        question->give_up_usec =
                        now_usec +
                        (question->insists ? number_max(question->timeout_usec, CROWD_PATIENCE_USEC)
                                           : question->timeout_usec);
        question->deadline_usec = question->give_up_usec;
        question->slow_at_usec = turns->slow_usec > 0 ? now_usec + turns->slow_usec : UINT64_MAX;
        if (turns->begin)
                turns->begin(question, turns->userdata);
}

/* Returns how many more may be asked. A slow one keeps no place. */
static size_t free_places(const Question *questions, size_t n, const ClientTurns *turns) {
        size_t n_taken = 0;

        for (size_t i = 0; i < n; i++)
                n_taken += is_open(&questions[i]) && !questions[i].is_slow;

        return turns->n_at_once > n_taken ? turns->n_at_once - n_taken : 0;
}

/* Begins as many as there are places for. Returns whether others wait for theirs. */
static bool begin_next(Question *questions, size_t n, const ClientTurns *turns, uint64_t now_usec,
                uint64_t timeout_usec) {
        size_t n_free = free_places(questions, n, turns);

        for (size_t i = 0; i < n; i++) {
                if (questions[i].begun || questions[i].result != -EINPROGRESS)
                        continue;
                if (n_free == 0)
                        return true;

                begin(&questions[i], turns, now_usec, timeout_usec);
                n_free -= is_open(&questions[i]);
        }

        return false;
}

static void wait_for_answers(
                Question *questions, struct pollfd *fds, size_t n, uint64_t until_usec) {
        uint64_t now = clock_now_usec();
        nfds_t n_fds = 0;

        for (size_t i = 0; i < n; i++)
                if (is_heard(&questions[i]))
                        fds[n_fds++] = (struct pollfd){ .fd = questions[i].fd, .events = POLLIN };

        if (poll(fds, n_fds, until_usec > now ? (int) ((until_usec - now) / 1000 + 1) : 0) > 0)
                receive_all(questions, fds, n);
}

void client_ask_in_turns(
                Question *questions, size_t n, uint64_t timeout_usec, const ClientTurns *turns) {
        _cleanup_free_ struct pollfd *fds = calloc(n, sizeof(*fds));

        for (size_t i = 0; !fds && i < n; i++)
                end(&questions[i], -ENOMEM);

        for (;;) {
                uint64_t now = clock_now_usec(), until;
                bool more = begin_next(questions, n, turns, now, timeout_usec);
                bool again = ask_all(questions, n, now);

                if (turns->progress)
                        turns->progress(turns->userdata);

                until = next_deadline(questions, n);
                if (until == 0 && !more)
                        return;
                if (more && free_places(questions, n, turns) > 0)
                        until = 0;
                else if (again)
                        until = clock_now_usec() + RETRY_MSEC * USEC_PER_SEC / 1000;

                /* What progress() has taken is no manager's fault: their answers are read first. */
                wait_for_answers(questions, fds, n, until);
                note_time(questions, n, clock_now_usec());
        }
}

/* Half of the fds that this process may have: each answer needs one, too, and the rest is the caller's. */
static size_t count_places(void) {
        struct rlimit limit;

        return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 1 : number_max(1, limit.rlim_cur / 2);
}

void client_ask(Question *questions, size_t n, uint64_t timeout_usec) {
        client_ask_in_turns(
                        questions, n, timeout_usec, &(ClientTurns){ .n_at_once = count_places() });
}

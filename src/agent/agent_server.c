/* SPDX-License-Identifier: MIT */
#include "agent/agent_server.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "exporter/clients.h"

enum {
        BATCH_MAX = 32, /* accepted before those that are here have their turn */
        LINE_MAX_BYTES = 128,
};

/* How long the end of a line is waited for, after its first bytes: HAProxy sends what agent-send says, which may have
 * none. */
#define LINE_END_USEC (USEC_PER_SEC / 5)

/* How long to wait when there is no fd for a client that waits. */
#define NO_FD_PAUSE_USEC (USEC_PER_SEC / 10)

typedef struct Asker {
        Client *client; /* NULL: the place is free */
        char line[LINE_MAX_BYTES];
        size_t size;
        uint64_t deadline_usec;
} Asker;

struct AgentServer {
        AgentView *view;
        ActivationSockets sockets;
        Clients clients;
        Asker askers[CLIENTS_MAX];
        uint64_t last_usec;   /* when somebody asked last */
        uint64_t accept_usec; /* nobody is accepted before this time */
};

/* --- one asker --- */

static void asker_end(AgentServer *server, Asker *asker) {
        int fd = asker->client->fd;

        clients_remove(&server->clients, asker->client);
        fd_close(fd);
        *asker = (Asker){};
}

static void asker_answer(AgentServer *server, Asker *asker) {
        char text[AGENT_ANSWER_MAX];
        unsigned wishes;
        AgentPool pool;

        wishes = agent_read_line(asker->line);
        agent_view_get(server->view, asker->line, &pool);
        agent_answer(&pool, wishes, text);
        /* The buffer of a new connection has room for a line. */
        (void) send(asker->client->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
        asker_end(server, asker);
}

static void asker_hear(AgentServer *server, Asker *asker, uint64_t now_usec) {
        size_t room = sizeof(asker->line) - 1 - asker->size;
        ssize_t n = recv(asker->client->fd, asker->line + asker->size, room, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n < 0 || (n == 0 && asker->size == 0)) {
                asker_end(server, asker);
                return;
        }

        if (asker->size == 0)
                asker->deadline_usec = now_usec + LINE_END_USEC;
        asker->size += (size_t) n;
        asker->line[asker->size] = '\0';
        if (n == 0 || asker->size == sizeof(asker->line) - 1 || strpbrk(asker->line, "\r\n"))
                asker_answer(server, asker);
}

static void end_late_askers(AgentServer *server, uint64_t now_usec) {
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
                Asker *asker = &server->askers[i];

                if (!asker->client || asker->deadline_usec > now_usec)
                        continue;
                if (asker->size > 0)
                        asker_answer(server, asker);
                else
                        asker_end(server, asker);
        }
}

/* --- who comes --- */

static Asker *find_asker(AgentServer *server, const Client *client) {
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->askers[i].client == client)
                        return &server->askers[i];

        return NULL;
}

/* Returns 1 when there may be more, 0 when there is none now. */
static int accept_asker(AgentServer *server, int listen_fd) {
        uint64_t now = clock_now_usec();
        Client *victim, *client;
        Asker *asker;
        int fd;

        server->accept_usec = clients_make_room(&server->clients, now, &victim);
        if (server->accept_usec > 0)
                return 0;

        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
                if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                        server->accept_usec = now + NO_FD_PAUSE_USEC;
                return 0;
        }

        if (victim)
                asker_end(server, find_asker(server, victim));
        asker = find_asker(server, NULL);
        client = clients_add(&server->clients, fd, now);
        if (!asker || !client) {
                clients_remove(&server->clients, client);
                fd_close(fd);
                return 0;
        }

        *asker = (Asker){ .client = client, .deadline_usec = now + AGENT_PATIENCE_USEC };
        server->last_usec = now;
        asker_hear(server, asker, now); /* most have asked by now */
        return 1;
}

static void accept_askers(AgentServer *server, const struct pollfd *fds) {
        for (size_t i = 0; i < server->sockets.n; i++)
                for (size_t n = 0; fds[i].revents && n < BATCH_MAX; n++)
                        if (accept_asker(server, fds[i].fd) == 0)
                                break;
}

/* --- life --- */

int agent_server_new(AgentServer **ret, AgentView *view, ActivationSockets *sockets) {
        AgentServer *server = calloc(1, sizeof(*server));

        if (!server)
                return -ENOMEM;

        server->view = view;
        server->last_usec = clock_now_usec();
        server->sockets = *sockets;
        *sockets = (ActivationSockets){};
        *ret = server;
        return 0;
}

AgentServer *agent_server_free(AgentServer *server) {
        if (!server)
                return NULL;

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->askers[i].client)
                        asker_end(server, &server->askers[i]);
        activation_done(&server->sockets);
        free(server);
        return NULL;
}

/* Until somebody is late, may be accepted again, or nobody has asked for long enough, which ends nothing while somebody
 * is there. */
static int wait_msec(const AgentServer *server, uint64_t idle_usec, uint64_t now_usec) {
        uint64_t end = idle_usec > 0 && !server->clients.first ? server->last_usec + idle_usec
                                                               : now_usec + USEC_PER_SEC * 60;

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->askers[i].client && server->askers[i].deadline_usec < end)
                        end = server->askers[i].deadline_usec;
        if (server->accept_usec > now_usec && server->accept_usec < end)
                end = server->accept_usec;

        return end > now_usec ? (int) ((end - now_usec) / 1000 + 1) : 0;
}

/* The listening sockets, then a place for each asker. */
static void fill_fds(const AgentServer *server, struct pollfd *fds, uint64_t now_usec) {
        activation_poll(&server->sockets, server->accept_usec <= now_usec, fds);
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                fds[server->sockets.n + i] = (struct pollfd){
                        .fd = server->askers[i].client ? server->askers[i].client->fd : -1,
                        .events = POLLIN,
                };
}

int agent_server_run(AgentServer *server, uint64_t idle_usec) {
        struct pollfd fds[ACTIVATION_SOCKETS_MAX + CLIENTS_MAX];

        for (;;) {
                uint64_t now = clock_now_usec();

                if (idle_usec > 0 && !server->clients.first && now >= server->last_usec + idle_usec)
                        return 0;

                fill_fds(server, fds, now);
                if (poll(fds, server->sockets.n + CLIENTS_MAX, wait_msec(server, idle_usec, now)) <
                                                0 &&
                                errno != EINTR)
                        return -errno;

                now = clock_now_usec();
                for (size_t i = 0; i < CLIENTS_MAX; i++)
                        if (fds[server->sockets.n + i].revents && server->askers[i].client)
                                asker_hear(server, &server->askers[i], now);
                end_late_askers(server, now);
                accept_askers(server, fds);
        }
}

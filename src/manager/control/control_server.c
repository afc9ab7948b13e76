/* SPDX-License-Identifier: MIT */
#include "manager/control/control_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "manager/base/log.h"

enum {
        CLIENTS_MAX = 16,
        GROUPS_MAX = 1024,
};

typedef enum ClientState {
        CLIENT_ABSENT,
        CLIENT_SILENT, /* has not asked yet */
        CLIENT_WAITS_FOR_RELOAD,
        CLIENT_WAITS_FOR_ANSWER,
} ClientState;

struct ControlClient {
        ControlServer *server;
        int fd; /* -EBADF: a free place */
        ClientState state;
        uint64_t number; /* the lower, the longer it is here */
        sd_event_source *source;
};

struct ControlServer {
        int fd;
        const ControlHooks *hooks;
        void *userdata;
        sd_event *event;
        sd_event_source *source;
        uint64_t n_clients; /* that ever came */
        ControlClient clients[CLIENTS_MAX];
};

static void client_close(ControlClient *client) {
        client->source = sd_event_source_disable_unref(client->source);
        client->fd = fd_close(client->fd);
        client->state = CLIENT_ABSENT;
}

/* --- answers --- */

/* fd is -EBADF where there is nothing to pass. The client may have gone, or not read: both are its own
 * affair. */
static void client_send(ControlClient *client, int result, const char *text, int fd) {
        ControlReply reply = { .version = CONTROL_VERSION, .result = result };
        size_t n = strnlen(text, CONTROL_TEXT_MAX - 1);
        struct iovec iov = { .iov_base = &reply, .iov_len = CONTROL_REPLY_MIN + n };
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(sizeof(int))];
        } control = {
                .header = {
                        .cmsg_len = CMSG_LEN(sizeof(int)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                },
        };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

        memcpy(reply.text, text, n);
        if (fd >= 0) {
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
        }

        (void) sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        client_close(client);
}

void control_client_reply(ControlClient *client, int fd) {
        client_send(client, 0, "", fd);
}

void control_client_refuse(ControlClient *client, int error, const char *text) {
        client_send(client, error, text, -EBADF);
}

/* --- who may ask what --- */

/* All numbers a client has, the first by itself. */
static bool is_member(int fd, const struct ucred *peer, gid_t group) {
        gid_t groups[GROUPS_MAX];
        socklen_t size = sizeof(groups);

        if (group == (gid_t) -1)
                return false;
        if (peer->gid == group)
                return true;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
                return false;

        for (size_t i = 0; i < size / sizeof(gid_t); i++)
                if (groups[i] == group)
                        return true;

        return false;
}

/* NULL: it may; else why not. Numbers are for whoever reaches the socket. What requests and stacks show —
 * addresses with what is in their query, paths — is for those who may connect to the pool by their group,
 * the web server's: they see the requests anyway. */
static const char *refusal(const ControlClient *client, ControlVerb verb) {
        const ControlServer *server = client->server;
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return "it cannot be told who asks";
        if (peer.uid == 0 || peer.uid == geteuid() || verb == CONTROL_STATUS)
                return NULL;
        if (verb == CONTROL_RELOAD)
                return "only root may reload a pool";

        return is_member(client->fd, &peer, server->hooks->group(server->userdata))
                               ? NULL
                               : "only root and the group of the pool's socket may see requests";
}

/* --- questions --- */

static bool somebody_waits(const ControlServer *server) {
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->clients[i].state == CLIENT_WAITS_FOR_RELOAD)
                        return true;

        return false;
}

static void client_leaves(ControlClient *client) {
        ControlServer *server = client->server;
        ClientState state = client->state;

        if (state == CLIENT_WAITS_FOR_ANSWER)
                server->hooks->leave(client, server->userdata);
        client_close(client);
        if (state == CLIENT_WAITS_FOR_RELOAD && !somebody_waits(server))
                server->hooks->abandon(server->userdata);
}

static void client_asks(ControlClient *client, const ControlRequest *request) {
        ControlServer *server = client->server;
        const char *why_not = refusal(client, request->verb);

        if (why_not) {
                control_client_refuse(client, -EPERM, why_not);
                return;
        }
        if (request->verb == CONTROL_RELOAD) {
                client->state = CLIENT_WAITS_FOR_RELOAD;
                server->hooks->reload(server->userdata);
                return;
        }

        client->state = CLIENT_WAITS_FOR_ANSWER;
        server->hooks->ask(client, request, server->userdata);
}

static int control_server_on_client(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ControlClient *client = userdata;
        ControlRequest request;
        ssize_t n;
        int r;

        (void) source;
        (void) revents;

        n = recv(fd, &request, sizeof(request), MSG_TRUNC | MSG_DONTWAIT);
        if (n <= 0 || client->state != CLIENT_SILENT) {
                client_leaves(client); /* gone, or talks out of turn */
                return 0;
        }

        r = control_request_check(&request, (size_t) n);
        if (r < 0)
                control_client_refuse(client, r, "the manager does not understand this request");
        else
                client_asks(client, &request);

        return 0;
}

/* A free place; else that of the one who has said nothing for longest, so that nobody takes the places of
 * others by keeping silent. NULL: all wait for an answer. */
static ControlClient *find_place(ControlServer *server) {
        ControlClient *oldest = NULL;

        for (size_t i = 0; i < CLIENTS_MAX; i++) {
                ControlClient *client = &server->clients[i];

                if (client->state == CLIENT_ABSENT)
                        return client;
                if (client->state == CLIENT_SILENT && (!oldest || client->number < oldest->number))
                        oldest = client;
        }

        if (oldest)
                client_close(oldest);
        return oldest;
}

static int control_server_on_connection(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ControlServer *server = userdata;
        ControlClient *client;
        int client_fd;

        (void) source;
        (void) revents;

        client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client_fd < 0)
                return 0;

        client = find_place(server);
        if (!client) {
                fd_close(client_fd); /* the others are answered, or leave, soon */
                return 0;
        }

        client->fd = client_fd;
        client->state = CLIENT_SILENT;
        client->number = server->n_clients++;
        if (sd_event_add_io(server->event, &client->source, client_fd, EPOLLIN,
                            control_server_on_client, client) < 0)
                client_close(client);

        return 0;
}

static int listen_at(const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;

        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;

        (void) unlink(path); /* of a manager that was killed */
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        /* Whoever may enter the folder may ask; who may order is decided by who asks. */
        if (chmod(path, 0666) < 0 || listen(fd, CLIENTS_MAX) < 0)
                return -errno;

        return TAKE_FD(fd);
}

int control_server_new(ControlServer **ret, sd_event *event, const char *path,
                const ControlHooks *hooks, void *userdata) {
        _cleanup_(control_server_freep) ControlServer *server = NULL;
        int r;

        server = calloc(1, sizeof(*server));
        if (!server)
                return -ENOMEM;

        *server = (ControlServer){ .event = event, .hooks = hooks, .userdata = userdata };
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                server->clients[i] = (ControlClient){ .server = server, .fd = -EBADF };

        server->fd = listen_at(path);
        if (server->fd < 0)
                return server->fd;

        r = sd_event_add_io(event, &server->source, server->fd, EPOLLIN,
                        control_server_on_connection, server);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(server);
        return 0;
}

ControlServer *control_server_free(ControlServer *server) {
        if (!server)
                return NULL;

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                client_close(&server->clients[i]);
        sd_event_source_disable_unref(server->source);
        fd_close(server->fd);
        free(server);
        return NULL;
}

void control_server_reloaded(ControlServer *server, int result, const char *reason) {
        for (size_t i = 0; server && i < CLIENTS_MAX; i++)
                if (server->clients[i].state == CLIENT_WAITS_FOR_RELOAD)
                        client_send(&server->clients[i], result, reason, -EBADF);
}

/* SPDX-License-Identifier: MIT */
#include "manager/control_server.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "manager/log.h"
#include "shared/control.h"
#include "shared/fd.h"

enum {
        CLIENTS_MAX = 16,
};

typedef struct Client {
        ControlServer *server;
        int fd; /* -EBADF: a free place */
        bool waits_for_reload;
        sd_event_source *source;
} Client;

struct ControlServer {
        int fd;
        const ControlHooks *hooks;
        void *userdata;
        sd_event *event;
        sd_event_source *source;
        Client clients[CLIENTS_MAX];
};

static void client_close(Client *client) {
        client->source = sd_event_source_disable_unref(client->source);
        client->fd = fd_close(client->fd);
        client->waits_for_reload = false;
}

/* The client may have gone, or not read: both are its own affair. */
static void client_reply(Client *client, int result, const char *text) {
        _cleanup_free_ ControlReply *reply = calloc(1, sizeof(*reply));
        size_t n = strnlen(text, CONTROL_TEXT_MAX - 1);

        if (reply) {
                reply->version = CONTROL_VERSION;
                reply->result = result;
                memcpy(reply->text, text, n);
                (void) send(client->fd, reply, CONTROL_REPLY_MIN + n, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        client_close(client);
}

static bool client_is_root(const Client *client) {
        struct ucred peer;
        socklen_t size = sizeof(peer);

        return getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) >= 0 &&
               (peer.uid == 0 || peer.uid == geteuid());
}

static void client_asks_reload(Client *client) {
        if (!client_is_root(client)) {
                client_reply(client, -EPERM, "only root may reload a pool");
                return;
        }

        client->waits_for_reload = true;
        client->server->hooks->reload(client->server->userdata);
}

static void client_asks_status(Client *client) {
        _cleanup_free_ char *text = client->server->hooks->status(client->server->userdata);

        if (text)
                client_reply(client, 0, text);
        else
                client_reply(client, -ENOMEM, "no memory for the answer");
}

static bool somebody_waits(const ControlServer *server) {
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->clients[i].waits_for_reload)
                        return true;

        return false;
}

static void client_leaves(Client *client) {
        bool waited = client->waits_for_reload;

        client_close(client);
        if (waited && !somebody_waits(client->server))
                client->server->hooks->abandon(client->server->userdata);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Client *client = userdata;
        ControlRequest request;
        ssize_t n;

        (void) source;
        (void) revents;

        n = recv(fd, &request, sizeof(request), MSG_TRUNC | MSG_DONTWAIT);
        if (n <= 0 || client->waits_for_reload) {
                client_leaves(client); /* gone, or talks out of turn */
                return 0;
        }
        if (control_request_check(&request, (size_t) n) < 0) {
                client_reply(client, -EBADMSG, "the manager does not understand this request");
                return 0;
        }

        if (request.verb == CONTROL_RELOAD)
                client_asks_reload(client);
        else
                client_asks_status(client);
        return 0;
}

static Client *find_place(ControlServer *server) {
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (server->clients[i].fd < 0)
                        return &server->clients[i];

        return NULL;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ControlServer *server = userdata;
        Client *client = find_place(server);
        int client_fd;

        (void) source;
        (void) revents;

        client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client_fd < 0)
                return 0;
        if (!client) {
                fd_close(client_fd); /* the others answer, or leave, soon */
                return 0;
        }

        client->fd = client_fd;
        if (sd_event_add_io(server->event, &client->source, client_fd, EPOLLIN, on_client, client) <
                        0)
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
                server->clients[i] = (Client){ .server = server, .fd = -EBADF };

        server->fd = listen_at(path);
        if (server->fd < 0)
                return server->fd;

        r = sd_event_add_io(event, &server->source, server->fd, EPOLLIN, on_connection, server);
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
                if (server->clients[i].waits_for_reload)
                        client_reply(&server->clients[i], result, reason);
}

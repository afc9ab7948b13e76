/* SPDX-License-Identifier: MIT */
#include "manager/control/control_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/control/control_clients.h"
#include "manager/control/control_quota.h"
#include "manager/control/control_socket.h"

enum {
        GROUPS_MAX = 1024,

        ROOT_BACKLOG = 65536,
        STRANGERS_BACKLOG = 256,

        /* How many clients are accepted before other events have their turn. */
        BATCH_MAX = 32,
};

/* fpmctl asks in the moment in which it connects. */
#define SILENCE_LIMIT_USEC USEC_PER_SEC

struct ControlServer {
        ControlSocket *root_socket, *socket;
        const ControlHooks *hooks;
        void *userdata;
        sd_event *event;
        sd_event_source *silence_source;
        ControlClients clients;
        ControlQuota quota;
};

static void client_close(ControlClient *client) {
        ControlServer *server = client->server;
        bool was_full = control_clients_is_full(&server->clients);

        control_clients_remove(&server->clients, client);
        if (was_full)
                control_socket_resume(server->root_socket);
}

/* --- answers --- */

static void client_send(ControlClient *client, int result, const char *text, int fd) {
        control_client_send(client, result, text, fd);
        client_close(client);
}

void control_client_reply(ControlClient *client, int fd) {
        client_send(client, 0, "", fd);
}

void control_client_refuse(ControlClient *client, int error, const char *text) {
        client_send(client, error, text, -EBADF);
}

/* --- who may ask what --- */

/* All groups of a client; the primary one comes separately. */
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

/* Returns NULL if the client may ask, else the reason why not. Every user may ask for numbers. Requests and stacks show
 * URLs with their query and paths, so they are for members of the group that may connect to the pool's socket, the web
 * server's, who see the requests anyway. */
static const char *why_refused(const ControlClient *client, ControlVerb verb) {
        const ControlServer *server = client->server;
        const struct ucred *peer = &client->peer;

        if (peer->uid == 0 || peer->uid == geteuid() || verb == CONTROL_STATUS)
                return NULL;
        if (verb == CONTROL_RELOAD)
                return "only root may reload a pool";
        if (verb == CONTROL_DRAIN || verb == CONTROL_UNDRAIN)
                return "only root may take a pool out of the rotation of its load balancers, and back";

        return is_member(client->fd, peer, server->hooks->group(server->userdata))
                               ? NULL
                               : "only root and the group of the pool's socket may see requests";
}

/* --- questions --- */

static bool somebody_waits(const ControlServer *server) {
        for (const ControlClient *client = server->clients.first; client; client = client->next)
                if (client->state == CLIENT_WAITS_FOR_RELOAD)
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
        const char *why_not = why_refused(client, request->verb);

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

/* May free the client. */
static void client_receive(ControlClient *client) {
        ControlRequest request;
        ssize_t n;
        int r;

        n = recv(client->fd, &request, sizeof(request), MSG_TRUNC | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
                return;
        if (n <= 0 || client->state != CLIENT_SILENT) {
                client_leaves(client); /* it has gone, or has sent a second request */
                return;
        }

        r = control_request_check(&request, (size_t) n);
        if (r < 0)
                control_client_refuse(client, r, "the manager does not understand this request");
        else
                client_asks(client, &request);
}

/* --- what strangers may use --- */

static uint64_t cpu_now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
        return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

/* Counts the work for strangers that began at begin_usec of the CPU clock. */
static void charge(ControlServer *server, uint64_t begin_usec) {
        uint64_t until = control_quota_spend(
                        &server->quota, cpu_now_usec() - begin_usec, clock_now_usec());

        if (until > 0)
                control_socket_pause(server->socket, until);
}

static int control_server_on_client(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ControlClient *client = userdata;
        ControlServer *server = client->server;
        bool is_stranger = client->is_stranger;
        uint64_t begin = is_stranger ? cpu_now_usec() : 0;

        (void) source;
        (void) fd;
        (void) revents;
        client_receive(client);
        if (is_stranger)
                charge(server, begin);
        return 0;
}

static void watch_silence(ControlServer *server);

static int control_server_on_silence(sd_event_source *source, uint64_t usec, void *userdata) {
        ControlServer *server = userdata;
        uint64_t now = timer_now_usec(server->event);
        ControlClient *next;

        (void) source;
        (void) usec;
        for (ControlClient *client = server->clients.first; client; client = next) {
                next = client->next;
                if (client->state != CLIENT_SILENT || client->since_usec + SILENCE_LIMIT_USEC > now)
                        continue;

                control_turn_away(client->fd);
                client_close(client);
        }

        watch_silence(server);
        return 0;
}

static void watch_silence(ControlServer *server) {
        const ControlClient *oldest = control_clients_find_silent(&server->clients);

        if (oldest)
                (void) timer_arm(server->event, &server->silence_source,
                                oldest->since_usec + SILENCE_LIMIT_USEC, control_server_on_silence,
                                server, "silent clients keep their places");
}

/* --- who comes --- */

static int client_new(ControlServer *server, int fd, bool is_stranger) {
        ControlClient *client;
        int r;

        r = control_clients_add(&server->clients, fd, is_stranger, &client);
        if (r < 0)
                return r;

        client->server = server;
        r = sd_event_add_io(server->event, &client->source, fd, EPOLLIN, control_server_on_client,
                        client);
        if (r < 0) {
                client_close(client);
                return r;
        }

        client_receive(client); /* most clients have sent their request by now */
        return 0;
}

static int welcome_stranger(ControlServer *server, ControlSocket *socket) {
        _cleanup_close_ int fd = control_socket_accept(socket);
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (fd < 0)
                return fd;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return 0;

        if (control_quota_take(&server->quota, peer.uid, clock_now_usec()) &&
                        control_clients_make_room(&server->clients, peer.uid))
                (void) client_new(server, TAKE_FD(fd), true);
        else
                control_turn_away(fd);

        return 0;
}

static void control_server_on_strangers(ControlSocket *socket, void *userdata) {
        ControlServer *server = userdata;
        uint64_t begin = cpu_now_usec();

        for (size_t i = 0; i < BATCH_MAX; i++)
                if (welcome_stranger(server, socket) < 0)
                        break;

        watch_silence(server);
        charge(server, begin);
}

static void control_server_on_root(ControlSocket *socket, void *userdata) {
        ControlServer *server = userdata;

        for (size_t i = 0; i < BATCH_MAX && !control_clients_is_full(&server->clients); i++) {
                int fd = control_socket_accept(socket);

                if (fd < 0)
                        break;
                (void) client_new(server, fd, false);
        }

        if (control_clients_is_full(&server->clients))
                control_socket_pause(socket, 0);
        watch_silence(server);
}

/* --- life --- */

static int listen_in(ControlServer *server, const char *directory) {
        _cleanup_free_ char *path = NULL, *root_path = NULL;
        int r;

        if (asprintf(&path, "%s/" CONTROL_SOCKET, directory) < 0 ||
                        asprintf(&root_path, "%s/" CONTROL_ROOT_SOCKET, directory) < 0)
                return -ENOMEM;

        r = control_socket_new(&server->root_socket, server->event,
                        &(ControlSocketOptions){ root_path, 0600, ROOT_BACKLOG },
                        control_server_on_root, server);
        if (r < 0)
                return r;

        /* Every user who may enter the folder may connect; what a client may do depends on its user. */
        return control_socket_new(&server->socket, server->event,
                        &(ControlSocketOptions){ path, 0666, STRANGERS_BACKLOG },
                        control_server_on_strangers, server);
}

int control_server_new(ControlServer **ret, sd_event *event, const char *directory,
                const ControlHooks *hooks, void *userdata) {
        _cleanup_(control_server_freep) ControlServer *server = calloc(1, sizeof(*server));
        int r;

        if (!server)
                return -ENOMEM;

        *server = (ControlServer){ .event = event, .hooks = hooks, .userdata = userdata };
        r = listen_in(server, directory);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(server);
        return 0;
}

ControlServer *control_server_free(ControlServer *server) {
        if (!server)
                return NULL;

        while (server->clients.first)
                client_close(server->clients.first);
        sd_event_source_disable_unref(server->silence_source);
        control_socket_free(server->root_socket);
        control_socket_free(server->socket);
        free(server);
        return NULL;
}

void control_server_reloaded(ControlServer *server, int result, const char *reason) {
        ControlClient *next;

        for (ControlClient *client = server ? server->clients.first : NULL; client; client = next) {
                next = client->next;
                if (client->state == CLIENT_WAITS_FOR_RELOAD)
                        client_send(client, result, reason, -EBADF);
        }
}

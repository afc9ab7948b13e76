/* SPDX-License-Identifier: MIT */
#include "exporter/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "exporter/accept.h"
#include "exporter/clients.h"

enum {
        HEADERS_MAX = 16 * 1024, /* of one client */
        BATCH_MAX = 32,          /* accepted before those that are here have their turn */
        /* What the kernel keeps of a page that a client does not read; it doubles this. Its own limit is megabytes a
         * client, which are the service's memory. */
        UNREAD_MAX = 64 * 1024,
};

/* From its connection to the end of its answer. libmicrohttpd's own limit counts from the last byte, and would let a
 * client stay that sends a byte a second. */
#define CLIENT_LIMIT_USEC (5 * USEC_PER_SEC)

/* How long to wait when there is no fd for a client that waits, since the socket would be ready all the time. */
#define NO_FD_PAUSE_USEC (USEC_PER_SEC / 10)

struct Server {
        Page *page;
        struct MHD_Daemon *daemon;
        struct MHD_Response *pages[_METRICS_FORMAT_MAX]; /* NULL: not asked for yet */
        uint64_t pages_usec;                             /* when what they have was made */
        ActivationSockets sockets;
        Clients clients;
        uint64_t last_usec;   /* when a client was there last */
        uint64_t accept_usec; /* no client is accepted before this time */
};

/* --- answers --- */

static void response_freep(struct MHD_Response **response) {
        if (*response)
                MHD_destroy_response(*response);
        *response = NULL;
}

/* Copies text. One request a connection: its time limit is that of the request, and an idle one keeps nobody out. NULL:
 * no memory. */
static struct MHD_Response *response_new(const char *type, const char *text, size_t size) {
        _cleanup_(response_freep) struct MHD_Response *response =
                        MHD_create_response_from_buffer(size, (void *) text, MHD_RESPMEM_MUST_COPY);

        if (!response ||
                        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) !=
                                        MHD_YES ||
                        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") !=
                                        MHD_YES)
                return NULL;

        return TAKE_PTR(response);
}

static enum MHD_Result refuse(
                struct MHD_Connection *connection, unsigned status, const char *text) {
        _cleanup_(response_freep) struct MHD_Response *response =
                        response_new("text/plain; charset=utf-8", text, strlen(text));

        if (!response || (status == MHD_HTTP_METHOD_NOT_ALLOWED &&
                                         MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                                         "GET, HEAD") != MHD_YES))
                return MHD_NO;

        return MHD_queue_response(connection, status, response);
}

static void free_pages(Server *server) {
        for (MetricsFormat format = 0; format < _METRICS_FORMAT_MAX; format++)
                response_freep(&server->pages[format]);
}

/* All clients of one page have one copy of it, which goes with the last of them: with many pools it has megabytes, and
 * there are many clients that read slowly, or not at all. */
static enum MHD_Result queue_page(Server *server, struct MHD_Connection *connection,
                MetricsFormat format, const char *text, size_t size) {
        struct MHD_Response **page = &server->pages[format];

        if (server->pages_usec != server->page->made_usec)
                free_pages(server);
        server->pages_usec = server->page->made_usec;
        if (!*page)
                *page = response_new(metrics_content_type(format), text, size);

        return *page ? MHD_queue_response(connection, MHD_HTTP_OK, *page) : MHD_NO;
}

static enum MHD_Result answer_page(Server *server, struct MHD_Connection *connection) {
        MetricsFormat format = accept_format(MHD_lookup_connection_value(
                        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
        const char *text;
        size_t size;
        int r;

        r = page_get(server->page, format, &text, &size);
        if (r < 0) {
                stderr_line("<3>Cannot ask the pools: %s\n", strerror(-r));
                return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                "The pools cannot be asked.\n");
        }

        return queue_page(server, connection, format, text, size);
}

/* Its request is there: it does not make room for a client that has not sent one. */
static void note_request(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info =
                        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        Client *client = info ? info->socket_context : NULL;

        if (client)
                client->has_asked = true;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
                const char *url, const char *method, const char *version, const char *upload,
                size_t *upload_size, void **state) {
        (void) version;
        (void) upload;
        (void) upload_size;
        (void) state;
        note_request(connection);
        if (strcmp(url, "/metrics") != 0)
                return refuse(connection, MHD_HTTP_NOT_FOUND, "There is only /metrics.\n");
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET.\n");

        return answer_page(userdata, connection);
}

/* --- clients --- */

static void server_on_connection(void *userdata, struct MHD_Connection *connection, void **client,
                enum MHD_ConnectionNotificationCode what) {
        Server *server = userdata;
        const union MHD_ConnectionInfo *info;

        server->last_usec = clock_now_usec();
        if (what != MHD_CONNECTION_NOTIFY_STARTED) {
                clients_remove(&server->clients, *client);
                return;
        }

        /* Without memory it has no limit but libmicrohttpd's own. */
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *client = info ? clients_add(&server->clients, info->connect_fd, server->last_usec) : NULL;
}

/* libmicrohttpd sees the end of the connection, and closes it. */
static void end_client(Client *client) {
        client->is_leaving = true;
        (void) shutdown(client->fd, SHUT_RDWR);
}

static void end_late_clients(Server *server, uint64_t now) {
        for (Client *client = server->clients.first; client; client = client->next)
                if (!client->is_leaving && now - client->since_usec >= CLIENT_LIMIT_USEC)
                        end_client(client);
}

/* Returns 1 when there may be more, 0 when there is none now. */
static int accept_client(Server *server, int listen_fd) {
        struct sockaddr_storage address = {};
        socklen_t size = sizeof(address);
        uint64_t now = clock_now_usec();
        Client *victim;
        int fd;

        server->accept_usec = clients_make_room(&server->clients, now, &victim);
        if (server->accept_usec > 0)
                return 0;

        fd = accept4(listen_fd, (struct sockaddr *) &address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
                if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                        server->accept_usec = now + NO_FD_PAUSE_USEC;
                return 0;
        }

        if (victim)
                end_client(victim);
        (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ UNREAD_MAX }, sizeof(int));
        (void) MHD_add_connection(server->daemon, fd, (struct sockaddr *) &address, size);
        return 1;
}

static void accept_clients(Server *server, const struct pollfd *fds) {
        for (size_t i = 0; i < server->sockets.n; i++)
                for (size_t n = 0; fds[i].revents && n < BATCH_MAX; n++)
                        if (accept_client(server, fds[i].fd) == 0)
                                break;
}

/* --- life --- */

/* libmicrohttpd does not accept clients itself: when all places are taken it would let the next client wait for a slow
 * one. */
static struct MHD_Daemon *start_daemon(Server *server) {
        return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request,
                        server, MHD_OPTION_CONNECTION_LIMIT,
                        (unsigned) (CLIENTS_MAX + ACTIVATION_SOCKETS_MAX * BATCH_MAX),
                        MHD_OPTION_CONNECTION_TIMEOUT,
                        (unsigned) (CLIENT_LIMIT_USEC / USEC_PER_SEC),
                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) HEADERS_MAX,
                        MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_END);
}

int server_new(Server **ret, Page *page, ActivationSockets *sockets) {
        _cleanup_(server_freep) Server *server = calloc(1, sizeof(*server));

        if (!server)
                return -ENOMEM;

        server->page = page;
        server->last_usec = clock_now_usec();
        server->daemon = start_daemon(server);
        if (!server->daemon)
                return -EIO;

        server->sockets = *sockets;
        *sockets = (ActivationSockets){};
        *ret = TAKE_PTR(server);
        return 0;
}

Server *server_free(Server *server) {
        if (!server)
                return NULL;

        if (server->daemon)
                MHD_stop_daemon(server->daemon);
        free_pages(server);
        activation_done(&server->sockets);
        free(server);
        return NULL;
}

/* Waits until libmicrohttpd has work, a client is late, clients may be accepted again, or there was no client for long
 * enough. */
static int wait_msec(const Server *server, uint64_t idle_usec, uint64_t now) {
        bool has_clients = server->clients.first;
        uint64_t end = has_clients ? now + USEC_PER_SEC : server->last_usec + idle_usec, msec;
        MHD_UNSIGNED_LONG_LONG due;

        if (!has_clients && idle_usec == 0)
                end = now + INT32_MAX;
        if (server->accept_usec > now)
                end = server->accept_usec;
        msec = end > now ? (end - now) / 1000 + 1 : 0;
        if (MHD_get_timeout(server->daemon, &due) == MHD_YES && due < msec)
                msec = due;

        return msec < INT32_MAX ? (int) msec : INT32_MAX;
}

static bool is_over(const Server *server, uint64_t idle_usec, uint64_t now) {
        return idle_usec > 0 && !server->clients.first && now >= server->last_usec + idle_usec;
}

/* The listening sockets, then libmicrohttpd's own fd. */
static size_t fill_fds(const Server *server, struct pollfd *fds, uint64_t now) {
        activation_poll(&server->sockets, server->accept_usec <= now, fds);
        fds[server->sockets.n] = (struct pollfd){
                .fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                .events = POLLIN,
        };
        return server->sockets.n + 1;
}

int server_run(Server *server, uint64_t idle_usec) {
        struct pollfd fds[ACTIVATION_SOCKETS_MAX + 1];

        for (;;) {
                uint64_t now = clock_now_usec();
                size_t n = fill_fds(server, fds, now);

                if (is_over(server, idle_usec, now))
                        return 0;

                if (poll(fds, n, wait_msec(server, idle_usec, now)) < 0 && errno != EINTR)
                        return -errno;

                end_late_clients(server, clock_now_usec());
                accept_clients(server, fds);
                if (MHD_run(server->daemon) != MHD_YES)
                        return -EIO;
        }
}

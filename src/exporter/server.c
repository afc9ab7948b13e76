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
#include "exporter/accept.h"

enum {
        SOCKETS_MAX = 8,
        CLIENTS_MAX = 64,
        HEADERS_MAX = 16 * 1024, /* of one client */
};

/* From its connection to the end of its answer. libmicrohttpd's own limit counts from the last byte, and would let
 * one that sends a byte a second stay. */
#define CLIENT_LIMIT_USEC (5 * USEC_PER_SEC)

typedef struct Client {
        struct Client *next;
        int fd; /* libmicrohttpd's */
        uint64_t since_usec;
} Client;

struct Server {
        Page *page;
        struct MHD_Daemon *daemons[SOCKETS_MAX];
        size_t n_daemons;
        Client *clients;
        uint64_t last_usec; /* when somebody was there */
};

/* --- answers --- */

/* One request a connection: its time limit is that of the request, and an idle one keeps nobody out. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                const char *text, size_t size) {
        struct MHD_Response *response =
                        MHD_create_response_from_buffer(size, (void *) text, MHD_RESPMEM_MUST_COPY);
        enum MHD_Result r = MHD_NO;

        if (!response)
                return MHD_NO;

        if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
                        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") ==
                                        MHD_YES &&
                        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
                                        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                                        "GET, HEAD") == MHD_YES))
                r = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return r;
}

static enum MHD_Result refuse(
                struct MHD_Connection *connection, unsigned status, const char *text) {
        return answer(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result answer_page(Server *server, struct MHD_Connection *connection) {
        MetricsFormat format = accept_format(MHD_lookup_connection_value(
                        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
        const char *text;
        size_t size;
        int r;

        r = page_get(server->page, format, &text, &size);
        if (r < 0) {
                fprintf(stderr, "<3>Cannot ask the pools: %s\n", strerror(-r));
                return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                "The pools cannot be asked.\n");
        }

        return answer(connection, MHD_HTTP_OK, metrics_content_type(format), text, size);
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
                const char *url, const char *method, const char *version, const char *upload,
                size_t *upload_size, void **state) {
        (void) version;
        (void) upload;
        (void) upload_size;
        (void) state;
        if (strcmp(url, "/metrics") != 0)
                return refuse(connection, MHD_HTTP_NOT_FOUND, "There is only /metrics.\n");
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET.\n");

        return answer_page(userdata, connection);
}

/* --- clients --- */

static void add_client(Server *server, struct MHD_Connection *connection, void **ret) {
        const union MHD_ConnectionInfo *info =
                        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        Client *client = calloc(1, sizeof(*client));

        *ret = client;
        if (!client)
                return; /* without a limit, then, but the one of libmicrohttpd */

        *client = (Client){
                .next = server->clients,
                .fd = info ? info->connect_fd : -EBADF,
                .since_usec = clock_now_usec(),
        };
        server->clients = client;
}

static void remove_client(Server *server, Client *client) {
        for (Client **p = &server->clients; *p; p = &(*p)->next)
                if (*p == client) {
                        *p = client->next;
                        free(client);
                        return;
                }
}

static void server_on_connection(void *userdata, struct MHD_Connection *connection, void **client,
                enum MHD_ConnectionNotificationCode what) {
        Server *server = userdata;

        server->last_usec = clock_now_usec();
        if (what == MHD_CONNECTION_NOTIFY_STARTED)
                add_client(server, connection, client);
        else
                remove_client(server, *client);
}

/* libmicrohttpd sees the end of the connection, and closes it. */
static void end_late_clients(const Server *server, uint64_t now) {
        for (const Client *client = server->clients; client; client = client->next)
                if (now - client->since_usec >= CLIENT_LIMIT_USEC)
                        (void) shutdown(client->fd, SHUT_RDWR);
}

/* --- life --- */

static int start_daemon(Server *server, int fd) {
        struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request,
                        server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                        (unsigned) CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                        (unsigned) (CLIENT_LIMIT_USEC / USEC_PER_SEC),
                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) HEADERS_MAX,
                        MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_END);

        if (!daemon)
                return -EIO;

        server->daemons[server->n_daemons++] = daemon;
        return 0;
}

int server_new(Server **ret, Page *page, const int *fds, size_t n_fds) {
        _cleanup_(server_freep) Server *server = NULL;
        int r;

        if (n_fds > SOCKETS_MAX)
                return -E2BIG;

        server = calloc(1, sizeof(*server));
        if (!server)
                return -ENOMEM;

        server->page = page;
        server->last_usec = clock_now_usec();
        for (size_t i = 0; i < n_fds; i++) {
                r = start_daemon(server, fds[i]);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(server);
        return 0;
}

Server *server_free(Server *server) {
        if (!server)
                return NULL;

        for (size_t i = 0; i < server->n_daemons; i++)
                MHD_stop_daemon(server->daemons[i]);
        free(server);
        return NULL;
}

/* Until something of libmicrohttpd's is due, a client is late, or it has been quiet for long enough. */
static int wait_msec(const Server *server, uint64_t idle_usec, uint64_t now) {
        uint64_t end = server->clients ? now + USEC_PER_SEC : server->last_usec + idle_usec;
        uint64_t msec = end > now ? (end - now) / 1000 + 1 : 0;
        MHD_UNSIGNED_LONG_LONG due;

        if (!server->clients && idle_usec == 0)
                msec = INT32_MAX;
        for (size_t i = 0; i < server->n_daemons; i++)
                if (MHD_get_timeout(server->daemons[i], &due) == MHD_YES && due < msec)
                        msec = due;

        return msec < INT32_MAX ? (int) msec : INT32_MAX;
}

static bool is_over(const Server *server, uint64_t idle_usec, uint64_t now) {
        return idle_usec > 0 && !server->clients && now >= server->last_usec + idle_usec;
}

int server_run(Server *server, uint64_t idle_usec) {
        struct pollfd fds[SOCKETS_MAX];

        for (size_t i = 0; i < server->n_daemons; i++)
                fds[i] = (struct pollfd){
                        .fd = MHD_get_daemon_info(server->daemons[i], MHD_DAEMON_INFO_EPOLL_FD)
                                              ->epoll_fd,
                        .events = POLLIN,
                };

        for (;;) {
                uint64_t now = clock_now_usec();

                if (is_over(server, idle_usec, now))
                        return 0;

                if (poll(fds, server->n_daemons, wait_msec(server, idle_usec, now)) < 0 &&
                                errno != EINTR)
                        return -errno;

                end_late_clients(server, clock_now_usec());
                for (size_t i = 0; i < server->n_daemons; i++)
                        if (MHD_run(server->daemons[i]) != MHD_YES)
                                return -EIO;
        }
}

/* SPDX-License-Identifier: MIT */
#include "manager/control/control_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"
#include "manager/base/timer.h"

/* How long to wait until fds may have become free. The client stays in the queue, so that the socket would be ready all
 * the time. */
#define NO_FD_PAUSE_USEC (USEC_PER_SEC / 10)

struct ControlSocket {
        int fd;
        sd_event *event;
        sd_event_source *source, *resume_source;
        ControlSocketHook hook;
        void *userdata;
};

static int control_socket_on_connection(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ControlSocket *socket = userdata;

        (void) source;
        (void) fd;
        (void) revents;
        socket->hook(socket, socket->userdata);
        return 0;
}

static int control_socket_on_resume(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        control_socket_resume(userdata);
        return 0;
}

static int listen_at(const ControlSocketOptions *options) {
        const char *path = options->path;
        _cleanup_close_ int fd = -EBADF;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        mode_t mask;
        int r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;

        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;

        (void) unlink(path); /* of a manager that was killed */
        mask = umask(0777);
        r = bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0;
        (void) umask(mask);
        if (r < 0)
                return r;

        /* Before this nobody can connect. */
        if (listen(fd, options->backlog) < 0 || chmod(path, options->mode) < 0)
                return -errno;

        return TAKE_FD(fd);
}

int control_socket_new(ControlSocket **ret, sd_event *event, const ControlSocketOptions *options,
                ControlSocketHook hook, void *userdata) {
        _cleanup_(control_socket_freep) ControlSocket *socket = calloc(1, sizeof(*socket));
        int r;

        if (!socket)
                return -ENOMEM;

        *socket = (ControlSocket){
                .fd = listen_at(options),
                .event = event,
                .hook = hook,
                .userdata = userdata,
        };
        if (socket->fd < 0)
                return socket->fd;

        r = sd_event_add_io(event, &socket->source, socket->fd, EPOLLIN,
                        control_socket_on_connection, socket);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(socket);
        return 0;
}

ControlSocket *control_socket_free(ControlSocket *socket) {
        if (!socket)
                return NULL;

        sd_event_source_disable_unref(socket->source);
        sd_event_source_disable_unref(socket->resume_source);
        if (socket->fd >= 0)
                fd_close(socket->fd);
        free(socket);
        return NULL;
}

int control_socket_accept(ControlSocket *socket) {
        int fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0)
                return fd;

        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                control_socket_pause(socket, timer_now_usec(socket->event) + NO_FD_PAUSE_USEC);
                return -EAGAIN;
        }

        return -errno;
}

void control_socket_pause(ControlSocket *socket, uint64_t usec) {
        if (usec > 0 && timer_arm(socket->event, &socket->resume_source, usec,
                                        control_socket_on_resume, socket,
                                        "fpmctl may have to wait") < 0)
                return;

        (void) sd_event_source_set_enabled(socket->source, SD_EVENT_OFF);
}

void control_socket_resume(ControlSocket *socket) {
        (void) sd_event_source_set_enabled(socket->source, SD_EVENT_ON);
}

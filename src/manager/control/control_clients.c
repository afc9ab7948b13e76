/* SPDX-License-Identifier: MIT */
#include "manager/control/control_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fd_pass.h"
#include "contract/control.h"
#include "manager/base/log.h"

int control_clients_add(ControlClients *clients, int fd, bool is_stranger, ControlClient **ret) {
        _cleanup_close_ int mine = fd;
        _cleanup_free_ ControlClient *client = calloc(1, sizeof(*client));
        socklen_t size = sizeof(client->peer);

        if (!client)
                return -ENOMEM;

        *client = (ControlClient){
                .next = clients->first,
                .fd = fd,
                .is_stranger = is_stranger,
                .since_usec = clock_now_usec(),
        };
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->peer, &size) < 0)
                return -errno;

        clients->n_strangers += is_stranger;
        clients->n_root += !is_stranger;
        clients->first = client;
        TAKE_FD(mine);
        *ret = TAKE_PTR(client);
        return 0;
}

/* The request is read first: closing a socket that has unread data would make the kernel drop the reply. */
void control_turn_away(int fd) {
        ControlReply reply = { .version = CONTROL_VERSION, .result = CONTROL_BUSY };
        static const char text[] = "too many ask the manager at once; try again";
        char byte;

        (void) shutdown(fd, SHUT_RD);
        while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) > 0)
                ;
        memcpy(reply.text, text, sizeof(text));
        (void) send(fd, &reply, offsetof(ControlReply, text) + sizeof(text),
                        MSG_NOSIGNAL | MSG_DONTWAIT);
}

void control_clients_remove(ControlClients *clients, ControlClient *client) {
        for (ControlClient **p = &clients->first; *p; p = &(*p)->next)
                if (*p == client) {
                        *p = client->next;
                        break;
                }

        clients->n_strangers -= client->is_stranger;
        clients->n_root -= !client->is_stranger;
        sd_event_source_disable_unref(client->source);
        fd_close(client->fd);
        free(client);
}

bool control_clients_is_full(const ControlClients *clients) {
        return clients->n_root >= CONTROL_ROOT_MAX;
}

ControlClient *control_clients_find_silent(const ControlClients *clients) {
        ControlClient *oldest = NULL;

        for (ControlClient *client = clients->first; client; client = client->next)
                if (client->state == CLIENT_SILENT)
                        oldest = client;

        return oldest;
}

bool control_clients_make_room(ControlClients *clients, uid_t uid) {
        ControlClient *silent = NULL, *silent_of_user = NULL;
        size_t n_of_user = 0;
        bool user_is_full;

        for (ControlClient *client = clients->first; client; client = client->next) {
                bool is_of_user = client->is_stranger && client->peer.uid == uid;

                n_of_user += is_of_user;
                if (!client->is_stranger || client->state != CLIENT_SILENT)
                        continue;
                silent = client;
                if (is_of_user)
                        silent_of_user = client;
        }

        user_is_full = n_of_user >= CONTROL_STRANGERS_PER_USER;
        if (!user_is_full && clients->n_strangers < CONTROL_STRANGERS_MAX)
                return true;
        if (user_is_full)
                silent = silent_of_user;
        if (!silent)
                return false;

        control_turn_away(silent->fd);
        control_clients_remove(clients, silent);
        return true;
}

void control_client_send(const ControlClient *client, int result, const char *text, int fd) {
        ControlReply reply = { .version = CONTROL_VERSION, .result = result };
        size_t n = strnlen(text, CONTROL_TEXT_MAX - 1);
        int r;

        memcpy(reply.text, text, n);
        r = fd_pass_send(client->fd, &reply, CONTROL_REPLY_MIN + n, fd, MSG_DONTWAIT);
        /* That one has gone, or does not read, is its own affair. */
        if (r < 0 && r != -EPIPE && r != -ECONNRESET && r != -EAGAIN)
                log_warning_errno(r, "Cannot answer a question of fpmctl: %m");
}

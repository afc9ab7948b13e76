/* SPDX-License-Identifier: MIT */
#include "manager/sockets/port_release.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "listen/address_key.h"

enum {
        PAUSE_NSEC = 5000000,
};

static socklen_t make_ipv4(struct sockaddr_storage *ret, const AddressKey *key) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                .sin_port = htons((uint16_t) key->port) };

        memcpy(&address.sin_addr, key->bytes, sizeof(address.sin_addr));
        memcpy(ret, &address, sizeof(address));
        return sizeof(address);
}

static socklen_t make_ipv6(struct sockaddr_storage *ret, const AddressKey *key) {
        struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                .sin6_port = htons((uint16_t) key->port) };

        memcpy(&address.sin6_addr, key->bytes, sizeof(address.sin6_addr));
        memcpy(ret, &address, sizeof(address));
        return sizeof(address);
}

/* As systemd binds it: connections that end do not count. Nor do listeners that share the port, as while php-fpm moves
 * in or out. */
static bool is_held(const AddressKey *key) {
        static const int on = 1;
        struct sockaddr_storage address = {};
        socklen_t size = key->family == AF_INET ? make_ipv4(&address, key)
                                                : make_ipv6(&address, key);
        _cleanup_close_ int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return false;

        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
        return bind(fd, (const struct sockaddr *) &address, size) < 0 && errno == EADDRINUSE;
}

bool port_release_wait(const char *address, uint64_t until_usec) {
        static const struct timespec pause = { .tv_nsec = PAUSE_NSEC };
        AddressKey key;
        bool held;

        if (address_key_make(&key, address) < 0)
                return true;

        for (held = !key.path && is_held(&key); held && clock_now_usec() < until_usec;
                        held = is_held(&key))
                (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);

        address_key_done(&key);
        return !held;
}

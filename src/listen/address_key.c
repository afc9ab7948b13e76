/* SPDX-License-Identifier: MIT */
#include "listen/address_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/value/address.h"

/* Cuts the last component off, and returns where it stood. */
static char *cut_last(char *path) {
        char *slash = strrchr(path, '/');

        if (!slash)
                return NULL;

        *slash = '\0';
        return slash;
}

/* The folders of a socket may be made later, by systemd or by tmpfiles.d: links are followed in those that are there.
 * The last component is the socket itself and is not followed, since bind replaces a link. */
static int path_without_links(const char *path, char **ret) {
        _cleanup_free_ char *folder = strdup(path), *real = NULL;
        char *end;

        if (!folder)
                return -ENOMEM;

        errno = 0;
        for (end = cut_last(folder); end; end = cut_last(folder)) {
                real = realpath(end == folder ? "/" : folder, NULL);
                if (real || errno == ENOMEM)
                        break;
        }
        if (!real)
                return errno == ENOMEM ? -ENOMEM : -EINVAL;

        if (asprintf(ret, "%s%s", strcmp(real, "/") == 0 ? "" : real, path + (end - folder)) < 0)
                return -ENOMEM;

        return 0;
}

static void make_inet(AddressKey *key, const Address *address) {
        struct in6_addr v6;

        key->port = address->port;
        key->family = address->kind == ADDRESS_IPV4 ? AF_INET : AF_INET6;
        if (address->kind == ADDRESS_PORT)
                v6 = in6addr_any;
        else if (inet_pton(key->family, address->host,
                                 key->family == AF_INET ? key->bytes : v6.s6_addr) != 1)
                return; /* address_parse() has read it before */

        if (key->family == AF_INET) {
                key->is_wild = memcmp(key->bytes, "\0\0\0\0", 4) == 0;
                return;
        }

        memcpy(key->bytes, v6.s6_addr, sizeof(key->bytes));
        key->is_wild = IN6_IS_ADDR_UNSPECIFIED(&v6);
        if (key->is_wild)
                key->family = AF_UNSPEC;
        if (!IN6_IS_ADDR_V4MAPPED(&v6))
                return;

        key->family = AF_INET;
        memcpy(key->bytes, v6.s6_addr + 12, 4);
        key->is_wild = memcmp(key->bytes, "\0\0\0\0", 4) == 0;
}

int address_key_make(AddressKey *ret, const char *text) {
        char why[ADDRESS_WHY_MAX];
        AddressKey key = {};
        Address address;

        if (address_parse(&address, text, why) < 0)
                return -EINVAL;

        if (address.kind == ADDRESS_UNIX) {
                int r;

                r = path_without_links(address.path, &key.path);
                if (r < 0)
                        return r;
        } else
                make_inet(&key, &address);

        *ret = key;
        return 0;
}

void address_key_done(AddressKey *key) {
        free(key->path);
        key->path = NULL;
}

static bool inet_clashes(const AddressKey *a, const AddressKey *b) {
        if (a->port != b->port)
                return false;
        if (a->family != b->family && a->family != AF_UNSPEC && b->family != AF_UNSPEC)
                return false;

        return a->is_wild || b->is_wild ||
               memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16) == 0;
}

bool address_key_clashes(const AddressKey *a, const AddressKey *b) {
        if (a->path || b->path)
                return a->path && b->path && strcmp(a->path, b->path) == 0;

        return inet_clashes(a, b);
}

bool address_clashes(const char *a, const char *b) {
        _cleanup_(address_key_done) AddressKey first = {}, second = {};

        return address_key_make(&first, a) >= 0 && address_key_make(&second, b) >= 0 &&
               address_key_clashes(&first, &second);
}

/* SPDX-License-Identifier: MIT */
#include "config/value/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/parse.h"

static int parse_port(const char *text, unsigned *ret, char why[static ADDRESS_WHY_MAX]) {
        uint64_t port;

        if (parse_uint(text, &port) < 0 || port < 1 || port > 65535) {
                snprintf(why, ADDRESS_WHY_MAX, "'%.40s' is not a port from 1 to 65535", text);
                return -EINVAL;
        }

        *ret = (unsigned) port;
        return 0;
}

/* The host part without brackets. */
static int parse_host(
                Address *ret, const char *text, size_t size, char why[static ADDRESS_WHY_MAX]) {
        struct in6_addr binary;
        char host[INET6_ADDRSTRLEN];
        size_t bracket = size >= 2 && text[0] == '[' && text[size - 1] == ']';

        if (size - 2 * bracket < sizeof(host)) {
                memcpy(host, text + bracket, size - 2 * bracket);
                host[size - 2 * bracket] = '\0';

                if (!bracket && strcmp(host, "localhost") == 0)
                        strcpy(host, "127.0.0.1");

                ret->kind = inet_pton(AF_INET6, host, &binary) == 1 ? ADDRESS_IPV6 : ADDRESS_IPV4;
                strcpy(ret->host, host);
                if (ret->kind == ADDRESS_IPV6 ||
                                (!bracket && inet_pton(AF_INET, host, &binary) == 1))
                        return 0;
        }

        snprintf(why, ADDRESS_WHY_MAX,
                        "'%.*s' is not an IP address: write 9000, 127.0.0.1:9000, [::1]:9000 or "
                        "the "
                        "path of a unix socket; systemd does not look up names",
                        (int) (size < 60 ? size : 60), text);
        return -EINVAL;
}

static bool climbs(const char *path) {
        for (const char *p = strstr(path, ".."); p; p = strstr(p + 1, ".."))
                if ((p == path || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
                        return true;

        return false;
}

static int parse_path(Address *ret, const char *text, char why[static ADDRESS_WHY_MAX]) {
        size_t room = sizeof(((struct sockaddr_un *) NULL)->sun_path);

        if (*text == '\0') {
                snprintf(why, ADDRESS_WHY_MAX, "is empty, write an address or leave the line out");
                return -EINVAL;
        }

        if (strlen(text) >= room) {
                snprintf(why, ADDRESS_WHY_MAX,
                                "the path is longer than the %zu bytes of a unix socket", room - 1);
                return -EINVAL;
        }

        if (climbs(text)) {
                snprintf(why, ADDRESS_WHY_MAX,
                                "'%.120s' has '..' in it, write the path that it leads to", text);
                return -EINVAL;
        }

        if (text[strlen(text) - 1] == '/') {
                snprintf(why, ADDRESS_WHY_MAX, "'%.120s' is a folder, name a socket in it", text);
                return -EINVAL;
        }

        ret->kind = ADDRESS_UNIX;
        ret->path = text;
        return 0;
}

/* systemd binds the path without these, and listener_is() compares the text with what is bound. */
void address_simplify(char *text) {
        char *out = text;

        if (*text != '/')
                return;

        for (const char *p = text; *p;) {
                size_t size = strcspn(++p, "/");

                if (size > 0 && !(size == 1 && *p == '.')) {
                        *out++ = '/';
                        memmove(out, p, size);
                        out += size;
                }
                p += size;
        }

        *out = '\0';
}

int address_parse(Address *ret, const char *text, char why[static ADDRESS_WHY_MAX]) {
        Address address = {};
        const char *colon = strrchr(text, ':');
        int r;

        if (*text && text[strspn(text, "0123456789")] == '\0') {
                address.kind = ADDRESS_PORT;
                r = parse_port(text, &address.port, why);
        } else if (colon) {
                r = parse_host(&address, text, (size_t) (colon - text), why);
                if (r == 0)
                        r = parse_port(colon + 1, &address.port, why);
        } else
                r = parse_path(&address, text, why);

        if (r == 0)
                *ret = address;

        return r;
}

void address_stream(const Address *address, char ret[static ADDRESS_STREAM_MAX]) {
        if (address->kind == ADDRESS_PORT)
                snprintf(ret, ADDRESS_STREAM_MAX, "%u", address->port);
        else
                snprintf(ret, ADDRESS_STREAM_MAX,
                                address->kind == ADDRESS_IPV6 ? "[%s]:%u" : "%s:%u", address->host,
                                address->port);
}

/* Splits "address/bits"; without bits it is the whole address. */
static int parse_range(ClientRange *range, char *text) {
        char *slash = strchr(text, '/');
        uint64_t bits;
        unsigned most;

        if (slash)
                *slash = '\0';

        if (inet_pton(AF_INET, text, range->bytes) == 1) {
                range->family = AF_INET;
                most = 32;
        } else if (inet_pton(AF_INET6, text, range->bytes) == 1) {
                range->family = AF_INET6;
                most = 128;
        } else
                return -EINVAL;

        bits = most;
        if (slash && (parse_uint(slash + 1, &bits) < 0 || bits > most))
                return -EINVAL;

        range->bits = (unsigned) bits;
        return 0;
}

int client_list_next(const char **cursor, ClientRange *ret) {
        char text[INET6_ADDRSTRLEN + 4];
        const char *start = *cursor + strspn(*cursor, ", \t");
        size_t size = strcspn(start, ", \t");

        *ret = (ClientRange){};
        *cursor = start + size;
        if (size == 0)
                return 0;

        snprintf(text, sizeof(text), "%.*s", (int) (size < sizeof(text) ? size : sizeof(text)),
                        start);
        memcpy(ret->text, text, sizeof(text));

        if (size >= sizeof(text) || parse_range(ret, text) < 0)
                return -EINVAL;

        snprintf(ret->text, sizeof(ret->text), "%s/%u", text, ret->bits);
        return 1;
}

static bool bits_match(const unsigned char *a, const unsigned char *b, unsigned bits) {
        unsigned whole = bits / 8, rest = bits % 8;

        if (memcmp(a, b, whole) != 0)
                return false;

        return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* The address bytes of a peer; v4 behind a v6 socket counts as v4. NULL: not an IP peer. */
static const unsigned char *peer_bytes(const struct sockaddr *peer, int *ret_family) {
        const struct in6_addr *v6;

        if (peer->sa_family == AF_INET) {
                *ret_family = AF_INET;
                return (const unsigned char *) &((const struct sockaddr_in *) (const void *) peer)
                                ->sin_addr;
        }

        if (peer->sa_family != AF_INET6)
                return NULL;

        v6 = &((const struct sockaddr_in6 *) (const void *) peer)->sin6_addr;
        *ret_family = IN6_IS_ADDR_V4MAPPED(v6) ? AF_INET : AF_INET6;
        return v6->s6_addr + (*ret_family == AF_INET ? 12 : 0);
}

bool client_list_allows(const char *list, const struct sockaddr *peer) {
        const unsigned char *bytes;
        ClientRange range;
        int family, r;

        bytes = peer_bytes(peer, &family);
        if (!bytes)
                return true;

        if (!list || list[strspn(list, ", \t")] == '\0')
                return true;

        while ((r = client_list_next(&list, &range)) != 0)
                if (r > 0 && range.family == family && bits_match(bytes, range.bytes, range.bits))
                        return true;

        return false;
}

static bool host_is(const char *host, int family, const void *bytes) {
        unsigned char wanted[sizeof(struct in6_addr)];

        return inet_pton(family, host, wanted) == 1 &&
               memcmp(wanted, bytes, family == AF_INET ? 4 : 16) == 0;
}

bool address_is_of(const char *text, const struct sockaddr *bound) {
        const struct sockaddr_un *un = (const struct sockaddr_un *) bound;
        const struct sockaddr_in *in = (const struct sockaddr_in *) bound;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) bound;
        char why[ADDRESS_WHY_MAX];
        Address address;

        if (address_parse(&address, text, why) < 0)
                return false;
        if (address.kind == ADDRESS_UNIX)
                return bound->sa_family == AF_UNIX &&
                       strncmp(un->sun_path, address.path, sizeof(un->sun_path)) == 0;
        if (bound->sa_family == AF_INET6)
                return ntohs(in6->sin6_port) == address.port &&
                       (address.kind == ADDRESS_PORT ||
                                       (address.kind == ADDRESS_IPV6 &&
                                                       host_is(address.host, AF_INET6,
                                                                       &in6->sin6_addr)));

        return bound->sa_family == AF_INET && ntohs(in->sin_port) == address.port &&
               (address.kind == ADDRESS_PORT ||
                               (address.kind == ADDRESS_IPV4 &&
                                               host_is(address.host, AF_INET, &in->sin_addr)));
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* Address: what listen and listen.allowed_clients may say. Pure: no name is ever looked up.
 *
 * Runs in: any process.
 * Trusts:  nobody. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

typedef enum AddressKind {
        ADDRESS_UNIX, /* a path, absolute or relative to the pool's prefix */
        ADDRESS_PORT, /* 9000: every address of the machine */
        ADDRESS_IPV4, /* 127.0.0.1:9000 */
        ADDRESS_IPV6, /* [::1]:9000 */
} AddressKind;

typedef struct Address {
        AddressKind kind;
        const char *path; /* ADDRESS_UNIX; borrowed from the text */
        char host[INET6_ADDRSTRLEN];
        unsigned port;
} Address;

enum {
        ADDRESS_WHY_MAX = 256,
        ADDRESS_STREAM_MAX = INET6_ADDRSTRLEN + 16,
};

/* Reads an address by php-fpm's rule: with a colon, or of digits only, it is tcp, everything else is a unix path, which
 * must not contain "..". "localhost" is 127.0.0.1. Returns 0, or -EINVAL with what would be right in why. */
int address_parse(Address *ret, const char *text, char why[static ADDRESS_WHY_MAX]);

/* Writes a TCP address as systemd takes it in ListenStream=. */
void address_stream(const Address *address, char ret[static ADDRESS_STREAM_MAX]);

/* Returns whether a listening socket bound there is the one that the text names. An address of the whole machine is
 * that of any family. */
bool address_is_of(const char *text, const struct sockaddr *bound);

/* Takes the doubled slashes and "/./" out of an absolute path; other texts stay as they are. */
void address_simplify(char *text);

/* One entry of listen.allowed_clients: an address or, which php-fpm lacks, address/bits. */
typedef struct ClientRange {
        int family;
        unsigned char bytes[16];
        unsigned bits;
        char text[INET6_ADDRSTRLEN + 16]; /* address/bits */
} ClientRange;

/* Reads the entry at *cursor of a comma-separated list and moves behind it. Returns 1 with an entry, 0 at the end, or
 * -EINVAL when this entry is no address (ret->text has it, cut short); the next entry may be one. */
int client_list_next(const char **cursor, ClientRange *ret);

/* Returns whether a peer may talk to the pool. NULL or an empty list allows everybody, a unix peer is always allowed,
 * an entry that is no address allows nobody. */
bool client_list_allows(const char *list, const struct sockaddr *peer);

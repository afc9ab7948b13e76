/* SPDX-License-Identifier: MIT */
#pragma once
/* AddressKey: an address in a form in which two addresses can be compared: whether both can be bound at once.
 *
 * Runs in: any process. Reads links of the file system, and nothing else of the machine.
 * Trusts:  nobody. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef struct AddressKey {
        char *path; /* without links in its folders; NULL: TCP */

        unsigned port;
        int family; /* AF_UNSPEC: IPv4 and IPv6 at once, which is what systemd binds for [::] and a port alone */
        bool is_wild; /* each address of the family */
        unsigned char bytes[16];
} AddressKey;

/* Makes the key of an address as address_parse() takes it. The caller frees it by address_key_done(). Returns 0,
 * -EINVAL when text is no address, or -ENOMEM. */
int address_key_make(AddressKey *ret, const char *text);
void address_key_done(AddressKey *key);

/* Returns whether only one of the two addresses can be bound. */
bool address_key_clashes(const AddressKey *a, const AddressKey *b);

/* Does the same for two texts. A text that is no address clashes with none. */
bool address_clashes(const char *a, const char *b);

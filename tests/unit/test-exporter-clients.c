/* SPDX-License-Identifier: MIT */
/* Proves who has to leave when all places of the exporter are taken. */

#include "exporter/clients.h"

#include "unit.h"

#define NOW (1000 * USEC_PER_SEC)

static Client *add(Clients *clients, uint64_t peer, bool has_asked) {
        Client *client = clients_add(clients, -1, NOW);

        client->peer = peer;
        client->has_asked = has_asked;
        return client;
}

static Client *victim_of(const Clients *clients) {
        Client *victim;

        ck_assert_uint_eq(clients_make_room(clients, NOW + CLIENTS_GRACE_USEC, &victim), 0);
        return victim;
}

static void done(Clients *clients) {
        while (clients->first)
                clients_remove(clients, clients->first);
}

START_TEST(nobody_while_there_is_room) {
        Clients clients = {};

        for (unsigned i = 0; i < CLIENTS_MAX - 1; i++)
                add(&clients, 1, false);
        ck_assert_ptr_null(victim_of(&clients));
        add(&clients, 1, false)->is_leaving = true;
        ck_assert_ptr_null(victim_of(&clients));
        add(&clients, 1, false);
        ck_assert_ptr_nonnull(victim_of(&clients));
        done(&clients);
}
END_TEST

START_TEST(the_oldest_of_who_has_most) {
        Clients clients = {};
        Client *scraper = add(&clients, 7, false), *oldest = add(&clients, 1, false), *next;

        next = add(&clients, 1, false);
        for (unsigned i = 3; i < CLIENTS_MAX; i++)
                add(&clients, 1, false);
        ck_assert_ptr_eq(victim_of(&clients), oldest);
        oldest->is_leaving = true;
        add(&clients, 1, false);
        ck_assert_ptr_eq(victim_of(&clients), next);
        clients_remove(&clients, oldest);
        ck_assert_ptr_eq(victim_of(&clients), next);
        ck_assert_ptr_ne(victim_of(&clients), scraper);
        done(&clients);
}
END_TEST

START_TEST(who_has_asked_goes_last) {
        Clients clients = {};
        Client *silent;

        add(&clients, 1, true);
        silent = add(&clients, 2, false);
        for (unsigned i = 2; i < CLIENTS_MAX; i++)
                add(&clients, 1, true);
        ck_assert_ptr_eq(victim_of(&clients), silent);
        silent->has_asked = true;
        ck_assert_uint_eq(victim_of(&clients)->peer, 1);
        done(&clients);
}
END_TEST

START_TEST(each_has_time_to_ask) {
        Clients clients = {};
        Client *victim, *first = add(&clients, 1, false);

        for (unsigned i = 1; i < CLIENTS_MAX; i++)
                add(&clients, 1, false);
        ck_assert_uint_eq(clients_make_room(&clients, NOW + 1, &victim), NOW + CLIENTS_GRACE_USEC);
        ck_assert_ptr_null(victim);
        first->since_usec -= CLIENTS_GRACE_USEC;
        ck_assert_uint_eq(clients_make_room(&clients, NOW + 1, &victim), 0);
        ck_assert_ptr_eq(victim, first);
        done(&clients);
}
END_TEST

UNIT_MAIN("exporter clients", nobody_while_there_is_room, the_oldest_of_who_has_most,
                who_has_asked_goes_last, each_has_time_to_ask);

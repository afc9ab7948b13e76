/* SPDX-License-Identifier: MIT */
#pragma once
/* What the two halves of PhpResident share: the life of the script (php_resident.c) and each of its requests
 * (php_resident_request.c). There is one, because PHP calls back without an argument of ours.
 *
 * Runs in: zygote (init), worker. */

#include <stdbool.h>
#include <stdint.h>

#include "php/resident/php_resident.h"

typedef enum ResidentPhase {
        RESIDENT_NONE, /* no script runs */
        RESIDENT_BOOTS,
        RESIDENT_WAITS,
        RESIDENT_IDLES, /* in the function that is called while no request comes */
        RESIDENT_ANSWERS,
        RESIDENT_GOES_ON, /* behind its answer */
        RESIDENT_LEAVES,
} ResidentPhase;

typedef struct Resident {
        const PoolConfig *config; /* borrowed */
        PhpResidentHooks hooks;
        ResidentPhase phase;
        bool is_warming;       /* the request is one of our own */
        bool is_ready;         /* the script has come to its first client */
        bool has_asked;        /* the script has asked for a request since it booted */
        bool must_leave;       /* the worker is to leave */
        bool has_classic;      /* the request that waits is another script's */
        bool has_request;      /* a request of the script's waits while the script does not run */
        int result;            /* of the request whose answer is out */
        unsigned n_asks;       /* how often the script has asked after it was told to leave */
        unsigned n_failures;   /* how many boots have failed, one after the other */
        uint32_t n_files;      /* how many of the files that it has compiled were told */
        uint64_t opcache_usec; /* when opcache is asked next, by CLOCK_MONOTONIC */
} Resident;

extern Resident resident;

/* Returns whether this process is a child that a script has forked, and not the worker any more. */
bool resident_is_child(void);

/* Ends the request that the script goes on behind (RESIDENT_GOES_ON): gives back what the request has changed, and
 * calls end() or end_warmup(). A bailout of PHP passes through. */
void resident_settle(void);

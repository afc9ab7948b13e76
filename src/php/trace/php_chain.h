/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpChain: the calls that the PHP of another process is in, from the innermost to the outermost.
 *
 * Runs in: zygote. Trusts: nobody, see php/trace/remote_memory.h. */

#include <stdbool.h>

#include "php/trace/remote_memory.h"

#define PHP_CHAIN_MAX 1024U /* also when it is a circle */

/* The parts of a zend_execute_data that matter here. */
typedef struct PhpCall {
        RemoteAddress address;
        RemoteAddress func;
        RemoteAddress prev;
        RemoteAddress opline;
        RemoteAddress object;
        bool has_object;
        bool is_generator;
        uint32_t kind; /* ZEND_CALL_TOP_CODE and so on */
} PhpCall;

typedef struct PhpChain {
        unsigned n;
        bool complete;   /* goes to the outermost call */
        bool has_script; /* which is the script, not a function that PHP calls at the end */
        bool moved;      /* inner calls came or went between two passes, and were left out */
        PhpCall calls[PHP_CHAIN_MAX];
} PhpChain;

/* Reads the chain once. Returns 0, -ENODATA when no PHP code runs, -EAGAIN when it changes too fast, or a negative
 * errno of remote_memory_copy(). */
int php_chain_read(PhpChain *chain, RemoteMemory *memory);

/* Reads the chain again and keeps the calls that are still there, with their present oplines. Returns as above, and
 * -EAGAIN also when none is. */
int php_chain_read_again(PhpChain *chain, RemoteMemory *memory);

/* Returns whether the chain has that address. */
bool php_chain_has(const PhpChain *chain, RemoteAddress address);

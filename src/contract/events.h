/* SPDX-License-Identifier: MIT */
#pragma once
/* Events: what happens in the life of a pool, each with a MESSAGE_ID of its own in the journal.
 *
 * Runs in: manager, zygote, workers. Pure.
 *
 * An id never changes and is never used again: scripts and alerts of others name it. fpmd.catalog has a text for
 * each (journalctl -x). A new event is a row here and a text there; tests/unit/test-events.c compares them. */

/* clang-format off */
#define EVENTS(E) \
        E(POOL_STARTING,      "pool-starting",      "86eed5ab42b144dc89e5ab3b0ea34ab0") \
        E(POOL_READY,         "pool-ready",         "24bd6d7e44044f9ea8554706f8c6a0ba") \
        E(POOL_STOPPING,      "pool-stopping",      "09f2d1e9612045298ca0234dfc30942c") \
        E(POOL_IDLE_EXIT,     "pool-idle-exit",     "9329c7699d434901957b69780ecff07c") \
        E(POOL_STUCK,         "pool-stuck",         "cbb297d3b925416296668842faa2a9ce") \
        E(LOGS_REOPENED,      "logs-reopened",      "9198b66c6ed14bc9921241df8f8b0da4") \
        E(GENERATION_SERVING, "generation-serving", "dcbe6a53b25c4869a239247dd3529c1c") \
        E(RELOADED,           "reloaded",           "09966f105ce24707b21d9e9acfda90af") \
        E(RELOAD_REFUSED,     "reload-refused",     "da3ad66a78a541de916c992a2a6a357d") \
        E(EMERGENCY_RESTART,  "emergency-restart",  "dd5fcfcba107413cab59a83e795d3445") \
        E(EMERGENCY_ENDED,    "emergency-ended",    "e3277ea4a86240da99427cf197c3299a") \
        E(CONFIG_REFUSED,     "config-refused",     "ab10fb8d3f4b4b1ab2d938f842773258") \
        E(PHP_REFUSED,        "php-refused",        "0db95d7294f74415a9f1099b04b66235") \
        E(START_THROTTLED,    "start-throttled",    "d9f5dbddb8134faca37c072d6ad7c51c") \
        E(START_GIVEN_UP,     "start-given-up",     "6b1da1c929a54d44a338c822a5351f22") \
        E(ZYGOTE_DIED,        "zygote-died",        "4563f2afddeb406398e5d424d97bec28") \
        E(ZYGOTE_MISUSED,     "zygote-misbehaved",  "e72c39b0fcbb47b1bbaf78e1fd647144") \
        E(WORKER_CRASHED,     "worker-crashed",     "cab1cea083a545058118fb619930ea84") \
        E(WORKER_FAILED,      "worker-failed",      "c4d39b1d493749b0a5dd85cedcc7bb63") \
        E(WORKER_NOT_FORKED,  "worker-not-forked",  "3c44655de8ed415c8f3d1b03d50ef3ba") \
        E(WORKER_HEAVY,       "worker-heavy",       "626ff3c6554148fc931d4e614622fa3c") \
        E(REQUEST_SLOW,       "request-slow",       "cb04314e51044df39d6464b06320464f") \
        E(REQUEST_TIMEOUT,    "request-timeout",    "ba8211834ab34805947355b11b3caf81") \
        E(DRAIN_TIMEOUT,      "drain-timeout",      "2400c5f7144e4a329d4f986acc326d02") \
        E(LIMIT_REACHED,      "limit-reached",      "d8db7efb0f2c45c28683a943f167698f") \
        E(SPARES_LIMITED,     "spares-limited",     "c9f71ba57fb24761ac552509ce23c5b9") \
        E(QUEUE_REFUSED,      "queue-refused",      "2958b8b323154bf1a1a597dfe5bc0a85") \
        E(LINES_LOST,         "lines-lost",         "8ed4a1dc4e0549d3bfad609f9cc21198")
/* clang-format on */

typedef enum Event {
#define EVENT_CONSTANT(symbol, name, id) EVENT_##symbol,
        EVENTS(EVENT_CONSTANT)
#undef EVENT_CONSTANT
                        _EVENT_MAX,
} Event;

/* Returns the value of MESSAGE_ID=: 32 lower case hexadecimal digits. */
const char *event_id(Event event);

/* Returns the name for programs and people: "worker-crashed". */
const char *event_name(Event event);

/* SPDX-License-Identifier: MIT */
#pragma once
/* FcgiControl: answers management records of a connection, and refuses a request.
 *
 * Runs in: worker.
 * Trusts:  nobody. Every answer is sent at once, so that a peer cannot pile answers up. A peer that does not take them
 * runs into the writer's deadline, and a peer that asks for many into its limit. */

#include <stdint.h>

#include "php/fastcgi/fcgi_reader.h"
#include "php/fastcgi/fcgi_writer.h"

/* Answers the management record whose header was just read; max_conns is that of FcgiLimits. Returns 0, -EBADMSG, or
 * the negative errno of either direction. */
int fcgi_control_reply(FcgiReader *reader, FcgiWriter *writer, const FcgiRecord *record,
                unsigned max_conns, uint64_t deadline_usec);

/* Sends END_REQUEST for a request that never ran. Returns 0 or a negative errno. */
int fcgi_control_end(FcgiWriter *writer, uint16_t id, uint8_t protocol_status);

/* SPDX-License-Identifier: MIT */
#pragma once
/* FCGI control: what the connection itself is asked, and the refusal of a request.
 *
 * Runs in: worker.
 * Trusts:  nobody. Every answer is sent at once, so that a peer cannot pile answers up, and a peer
 * that does not take them runs into the writer's deadline, one that asks for many into its limit. */

#include <stdint.h>

#include "php/fastcgi/fcgi_reader.h"
#include "php/fastcgi/fcgi_writer.h"

/* Answers the management record that was just begun. max_conns as in FcgiLimits. 0, -EBADMSG, or
 * the errno of either direction. */
int fcgi_control_reply(FcgiReader *reader, FcgiWriter *writer, const FcgiRecord *record,
                unsigned max_conns, uint64_t deadline_usec);

/* END_REQUEST for a request that never ran. 0 or negative errno. */
int fcgi_control_end(FcgiWriter *writer, uint16_t id, uint8_t protocol_status);

/* SPDX-License-Identifier: MIT */
#pragma once
/* Unit: the parts of units that follow from a pool file: the drop-in of fpmd@POOL.socket from listen and listen.*, and
 * the target that requires the mounts of the pool's folders. Pure.
 *
 * Runs in: fpmd-generator.
 * Trusts:  nobody. A value that could be read as more than a value (line breaks, backslashes, quotes) is reported and
 * left out; a percent sign is doubled. */

#include "config/pool_config.h"
#include "config/unit_rights.h"

enum {
        UNIT_SLICE_POOLS = 64, /* with more pools than these each has a slice of unit_slice(); */
        UNIT_SLICE_QUIET_POOLS = 1024, /* … of its service where the socket has no process */
};

typedef struct UnitReport {
        ConfigReport report;
        void *userdata;
} UnitReport;

/* What the machine says of a pool. */
typedef struct UnitFacts {
        bool is_refused; /* the pool must not listen there: the socket tells why and does not start */
        bool is_owned; /* a unix socket lies in a folder of another user than root, or may do so when it is opened */
        bool inherits_group; /* its folder gives the socket the owner and the group that the pool file asks for */
        bool has_default_owner; /* unit_socket_owner() or a unit of an administrator says who owns the socket */
        bool has_late_names; /* a user or group of the socket does not stand in /etc/passwd or /etc/group */
} UnitFacts;

/* Makes the drop-in of the socket unit; *ret is NULL if it would be empty. The caller frees *ret. Returns 0 or
 * -ENOMEM. */
int unit_socket_dropin(const PoolConfig *config, const UnitFacts *facts, const UnitReport *report,
                char **ret);

/* Returns whether a socket with this drop-in, or none (NULL), makes systemd start processes: those have a cgroup.
 * has_default_owner: as in its facts. */
bool unit_socket_has_processes(const char *dropin, bool has_default_owner);

/* Returns the text of the drop-in that gives sockets the owner and the group that most want, where their folder does
 * not: those of the template are root's. */
const char *unit_socket_owner(void);

/* Returns the text of a drop-in that takes the place of the former for a socket whose unit says who owns it. */
const char *unit_socket_owner_of_unit(void);

/* Makes the text of fpmd-mounts@POOL.target, and of the drop-in by which fpmd@POOL.service starts after it. Both are
 * NULL if the pool file names no folder; the caller frees both. Returns 0 or -ENOMEM. */
int unit_mounts(const PoolConfig *config, char **ret_target, char **ret_dropin);

/* Makes the text of the drop-in of fpmd@POOL.service with each systemd.KEY of the pool file; *ret is NULL if there is
 * none. The caller frees *ret. Returns 0 or -ENOMEM. */
int unit_settings(const PoolConfig *config, char **ret);

/* Makes the text of the drop-in by which fpmd@POOL.service gets a right of its own; *ret is NULL if the pool file does
 * not ask for it. The caller frees *ret. Returns 0 or -ENOMEM. */
int unit_right(const PoolConfig *config, UnitRight right, char **ret);

/* Returns the text of the drop-in of fpmd@.service for a machine with SELinux or Smack. */
const char *unit_labels(void);

/* Returns the text of the drop-in of fpmd@.service for a machine whose sendmail is set-user-ID root. */
const char *unit_mail(void);

/* Makes the text of the drop-in that puts the socket or the service (section: "Socket" or "Service") of the pool of
 * that name into one of 32 slices below system-fpmd.slice. The caller frees *ret. Returns 0 or -ENOMEM. */
int unit_slice(const char *name, const char *section, char **ret);

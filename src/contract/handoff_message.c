/* SPDX-License-Identifier: MIT */
#include "contract/handoff_message.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

enum {
        DEPTH_MAX = 1024,
};

/* In SOCK_SEQPACKET SIOCINQ counts all that waits. A message each, so they say. */
unsigned handoff_message_depth(int handoff_in_fd) {
        unsigned depth;
        int n = 0;

        if (handoff_in_fd < 0 || ioctl(handoff_in_fd, SIOCINQ, &n) < 0 || n < 0)
                return 0;

        depth = ((unsigned) n + sizeof(HandoffMessage) - 1) / sizeof(HandoffMessage);
        return depth < DEPTH_MAX ? depth : DEPTH_MAX;
}

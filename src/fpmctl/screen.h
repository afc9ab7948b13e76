/* SPDX-License-Identifier: MIT */
#pragma once
/* Screen: the terminal as a picture that is drawn anew, given back as it was whatever ends us.
 *
 * Runs in: fpmctl. */

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "base/cleanup.h"

typedef struct Screen {
        struct termios before;
        bool open;
        int signal_fd;
} Screen;

/* Standard input and output are a terminal, which now shows pictures and gives keys at once. 0 or negative
 * errno. */
int screen_open(Screen *screen);
void screen_close(Screen *screen);

/* Draws text, which has at most as many lines as fit; what is longer is cut. */
void screen_draw(const char *text);

/* Waits for a key, or a change of the size, which is 0. ret_key 'q' also means: end, whoever asked for it.
 * false: the time has passed. */
bool screen_wait(Screen *screen, uint64_t usec, char *ret_key);

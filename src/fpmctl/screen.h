/* SPDX-License-Identifier: MIT */
#pragma once
/* Screen: a terminal whose whole content is drawn anew each time. It is restored whatever ends the program.
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

/* Takes the terminal of standard input and output, which now delivers each key at once. Returns 0 or a negative
 * errno. */
int screen_open(Screen *screen);
void screen_close(Screen *screen);

/* Draws text; lines that do not fit are cut. */
void screen_draw(const char *text);

/* Waits at most usec for a key. *ret_key is 0 when the size of the terminal has changed, and 'q' also when a signal
 * asks the program to end. Returns false when the time has passed. */
bool screen_wait(Screen *screen, uint64_t usec, char *ret_key);

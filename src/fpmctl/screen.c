/* SPDX-License-Identifier: MIT */
#include "fpmctl/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"

/* The second screen, no cursor; and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static void enter(Screen *screen) {
        struct termios raw = screen->before;

        /* ISIG stays: ^C and ^Z are signals, which come by signal_fd. */
        raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        (void) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        fputs(ENTER, stdout);
        fflush(stdout);
}

static void leave(Screen *screen) {
        fputs(LEAVE, stdout);
        fflush(stdout);
        (void) tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
}

int screen_open(Screen *screen) {
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
        sigset_t set;

        *screen = (Screen){ .signal_fd = -EBADF };
        if (tcgetattr(STDIN_FILENO, &screen->before) < 0)
                return -errno;

        sigemptyset(&set);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&set, signals[i]);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;

        screen->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (screen->signal_fd < 0)
                return -errno;

        enter(screen);
        screen->open = true;
        return 0;
}

void screen_close(Screen *screen) {
        if (screen->open)
                leave(screen);
        screen->open = false;
        screen->signal_fd = fd_close(screen->signal_fd);
}

void screen_draw(const char *text) {
        struct winsize size;
        unsigned row = 0, n_rows = 24;

        /* A serial line does not know its size: 0. */
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_row > 0)
                n_rows = size.ws_row;

        fputs("\033[H", stdout);
        while (*text && row + 1 < n_rows) {
                size_t n = strcspn(text, "\n");

                printf("%.*s\033[K\n", (int) n, text);
                text += n + (text[n] == '\n');
                row++;
        }
        fputs("\033[J", stdout);
        fflush(stdout);
}

static char screen_on_signal(Screen *screen) {
        struct signalfd_siginfo si;

        if (read(screen->signal_fd, &si, sizeof(si)) != sizeof(si) || si.ssi_signo == SIGWINCH)
                return 0;
        if (si.ssi_signo != SIGTSTP)
                return 'q';

        leave(screen);
        (void) raise(SIGSTOP);
        enter(screen);
        return 0;
}

bool screen_wait(Screen *screen, uint64_t usec, char *ret_key) {
        struct pollfd fds[] = {
                { .fd = STDIN_FILENO, .events = POLLIN },
                { .fd = screen->signal_fd, .events = POLLIN },
        };
        int n = poll(fds, ELEMENTSOF(fds), (int) ((usec + 999) / 1000));

        if (n <= 0)
                return false;
        if (fds[1].revents)
                *ret_key = screen_on_signal(screen);
        else if (read(STDIN_FILENO, ret_key, 1) != 1)
                *ret_key = 'q'; /* the terminal is gone */

        return true;
}

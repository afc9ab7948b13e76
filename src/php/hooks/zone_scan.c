/* SPDX-License-Identifier: MIT */
#include "php/hooks/zone_scan.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "php/hooks/libc_hooks.h"

#define ZONEINFO "/usr/share/zoneinfo"

/* The folder that was scanned last. PHP asks from its last entry to the first, and of nothing else in between. */
typedef struct Scan {
        char *folder;
        char *entries, *next; /* of each its type, as one character, and its name; the last one stands in front */
        size_t size;
        bool is_proven; /* the kernel has said the same of an entry, and that this user may look at them */
} Scan;

static Scan scan;
static unsigned n_told;

/* PHP's. Those that extensions have started meanwhile ask the kernel. */
static pthread_t watched;

static void forget(void) {
        free(scan.folder);
        free(scan.entries);
        scan = (Scan){};
}

static void remember(const char *folder, struct dirent **entries, int n) {
        FILE *f = open_memstream(&scan.entries, &scan.size);

        for (int i = n; f && i > 0; i--) {
                (void) fputc(entries[i - 1]->d_type, f);
                (void) fwrite(entries[i - 1]->d_name, strlen(entries[i - 1]->d_name) + 1, 1, f);
        }

        scan.folder = strdup(folder);
        if (!f || fclose(f) != 0 || !scan.folder)
                forget();
        scan.next = scan.entries;
}

static int scan_folder(
                const char *folder, struct dirent ***ret, ScanFilter filter, ScanOrder order) {
        int n = libc_hooks_real_scandir(folder, ret, filter, order);

        if (!pthread_equal(pthread_self(), watched))
                return n;

        forget();
        if (n > 0 && strncmp(folder, ZONEINFO, strlen(ZONEINFO)) == 0)
                remember(folder, *ret, n);

        return n;
}

static bool is_next(const char *path) {
        size_t n = scan.folder ? strlen(scan.folder) : 0, slashes;

        if (n == 0 || scan.next == scan.entries + scan.size || strncmp(path, scan.folder, n) != 0)
                return false;

        slashes = strspn(path + n, "/");
        return (slashes > 0 || scan.folder[n - 1] == '/') &&
               strcmp(path + n + slashes, scan.next + 1) == 0;
}

/* Returns the mode by the type that the scan has said, or 0: the path is not that of the next entry, or the kernel is
 * to say where a link leads. What is left of a scan that PHP does not go on with tells nobody anything later. */
static mode_t mode_of(const char *path) {
        unsigned char type;

        if (!is_next(path)) {
                forget();
                return 0;
        }

        type = (unsigned char) *scan.next;
        scan.next += strlen(scan.next + 1) + 2;
        return type == DT_REG || type == DT_DIR ? DTTOIF(type) : 0;
}

static int tell_mode(const char *path, struct stat *ret) {
        mode_t mode;
        int r;

        if (!pthread_equal(pthread_self(), watched))
                return libc_hooks_real_stat(path, ret);

        mode = mode_of(path);
        if (mode != 0 && scan.is_proven) {
                *ret = (struct stat){ .st_mode = mode };
                n_told++;
                return 0;
        }

        r = libc_hooks_real_stat(path, ret);
        scan.is_proven = scan.is_proven || (r == 0 && mode != 0 && (ret->st_mode & S_IFMT) == mode);
        return r;
}

void zone_scan_begin(void) {
        n_told = 0;
        watched = pthread_self();
        libc_hooks_set_scan(scan_folder, tell_mode);
}

void zone_scan_end(void) {
        libc_hooks_set_scan(NULL, NULL);
        forget();
}

unsigned zone_scan_told(void) {
        return n_told;
}

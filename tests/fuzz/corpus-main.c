/* SPDX-License-Identifier: MIT */
/* The main() of a fuzz target that is built without a fuzzer: runs every file that it is given, and
 * every file of a folder that it is given, so that make check replays the corpus with any compiler.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_run;

/* Exactly as large as the file, so that a sanitizer sees a read behind its end. */
static uint8_t *read_whole(const char *path, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        uint8_t *data = NULL;
        long size = -1;

        if (f && fseek(f, 0, SEEK_END) == 0)
                size = ftell(f);
        if (size >= 0 && fseek(f, 0, SEEK_SET) == 0)
                data = malloc(size > 0 ? (size_t) size : 1);
        if (data && fread(data, 1, (size_t) size, f) != (size_t) size) {
                free(data);
                data = NULL;
        }
        if (f)
                fclose(f);

        *ret_size = (size_t) size;
        return data;
}

static int run_file(const char *path) {
        size_t size;
        uint8_t *data = read_whole(path, &size);

        if (!data) {
                fprintf(stderr, "%s: cannot read it: %s\n", path, strerror(errno));
                return -1;
        }

        fprintf(stderr, "%s\n", path);
        (void) LLVMFuzzerTestOneInput(data, size);
        n_run++;
        free(data);
        return 0;
}

static int run_folder(const char *path) {
        struct dirent **entries;
        int n = scandir(path, &entries, NULL, alphasort), r = n < 0 ? -1 : 0;

        for (int i = 0; i < n; i++) {
                char *file;

                if (entries[i]->d_name[0] != '.' &&
                                asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
                        r = run_file(file) < 0 ? -1 : r;
                        free(file);
                }
                free(entries[i]);
        }

        if (n >= 0)
                free(entries);
        return r;
}

int main(int argc, char *argv[]) {
        int r = 0;

        for (int i = 1; i < argc; i++) {
                struct stat st;
                int one = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? run_folder(argv[i])
                                                                         : run_file(argv[i]);

                r = one < 0 ? -1 : r;
        }

        printf("%u inputs\n", n_run);
        return r == 0 && n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

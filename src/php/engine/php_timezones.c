/* SPDX-License-Identifier: MIT */
#include "php/engine/php_timezones.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <php.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ext/date/php_date.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define ZONEINFO "/usr/share/zoneinfo"

/* PHP takes another database if its version is higher. The patched one calls itself 0.system; one that was
 * built in has a year, and stays. */
#define ZONES_VERSION "0.system.1"

enum {
        ZONE_BYTES_MAX = 64 * 1024,
        ZONES_MAX = 2000,
        PREAMBLE_LEN = 20, /* TZif's is as long as PHP's own */
        LOCATION_LEN = 12,
};

/* Of zone.tab: those of the list that PHP shows, and their countries. */
typedef struct Country {
        char zone[64];
        char code[3];
} Country;

typedef struct Zones {
        FILE *data;
        Country *countries;
        size_t n_countries, n_entries;
        timelib_tzdb_index_entry entries[ZONES_MAX];
} Zones;

/* PHP keeps pointers to it. */
static timelib_tzdb database;

static int by_name(const void *a, const void *b) {
        return strcasecmp(((const timelib_tzdb_index_entry *) a)->id,
                        ((const timelib_tzdb_index_entry *) b)->id);
}

static void read_countries(Zones *zones) {
        _cleanup_fclose_ FILE *f = fopen(ZONEINFO "/zone.tab", "re");
        char line[512];

        zones->countries = calloc(ZONES_MAX, sizeof(Country));
        while (f && zones->countries && zones->n_countries < ZONES_MAX &&
                        fgets(line, sizeof(line), f)) {
                Country *country = &zones->countries[zones->n_countries];

                if (*line != '#' && sscanf(line, "%2s %*s %63s", country->code, country->zone) == 2)
                        zones->n_countries++;
        }
}

static const char *country_of(const Zones *zones, const char *zone) {
        for (size_t i = 0; i < zones->n_countries; i++)
                if (strcmp(zones->countries[i].zone, zone) == 0)
                        return zones->countries[i].code;

        return strcmp(zone, "UTC") == 0 ? "??" : NULL;
}

/* As PHP's own tables have it: TZif with another preamble, and where on earth the zone is behind it. That
 * is 90 degrees south here: the tables count from there, and nobody asks. */
static int add_zone(Zones *zones, const char *path, const char *name) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        static char bytes[ZONE_BYTES_MAX + LOCATION_LEN];
        const char *country = country_of(zones, name);
        ssize_t n;

        n = fd < 0 ? -1 : read(fd, bytes, ZONE_BYTES_MAX);
        if (n < 0)
                return -errno;

        /* Other files lie there too. Version 1 has no 64-bit part, which PHP wants. */
        if (n < 2 * PREAMBLE_LEN || n == ZONE_BYTES_MAX || memcmp(bytes, "TZif", 4) != 0 ||
                        bytes[4] < '2' || bytes[n - 1] != '\n' || zones->n_entries == ZONES_MAX)
                return 0;

        memcpy(bytes, "PHP2", 4);
        bytes[4] = country != NULL;
        memcpy(bytes + 5, country ? country : "??", 2);
        memset(bytes + n, 0, LOCATION_LEN);
        zones->entries[zones->n_entries] = (timelib_tzdb_index_entry){
                .id = strdup(name),
                .pos = (unsigned int) ftell(zones->data),
        };
        if (!zones->entries[zones->n_entries].id)
                return -ENOMEM;

        zones->n_entries++;
        return fwrite(bytes, (size_t) n + LOCATION_LEN, 1, zones->data) == 1 ? 0 : -ENOMEM;
}

static int add_all(Zones *zones) {
        char *const folders[] = { (char *) ZONEINFO, NULL };
        FTS *fts = fts_open(folders, FTS_LOGICAL | FTS_NOCHDIR, NULL);
        FTSENT *entry;
        int r = 0;

        if (!fts)
                return -errno;

        while (r >= 0 && (entry = fts_read(fts))) {
                if (entry->fts_info == FTS_D &&
                                (strcmp(entry->fts_name, "posix") == 0 ||
                                                strcmp(entry->fts_name, "right") == 0))
                        (void) fts_set(fts, entry, FTS_SKIP);
                else if (entry->fts_info == FTS_F)
                        r = add_zone(zones, entry->fts_path, entry->fts_path + sizeof(ZONEINFO));
        }

        (void) fts_close(fts);
        return r;
}

static int publish(Zones *zones, const char *data) {
        timelib_tzdb_index_entry *index = calloc(zones->n_entries, sizeof(*index));

        if (!index)
                return -ENOMEM;

        qsort(zones->entries, zones->n_entries, sizeof(*index), by_name);
        memcpy(index, zones->entries, zones->n_entries * sizeof(*index));
        database = (timelib_tzdb){
                .version = ZONES_VERSION,
                .index_size = (int) zones->n_entries,
                .index = index,
                .data = (const unsigned char *) data,
        };
        php_date_set_tzdb(&database);
        return 0;
}

int php_timezones_keep(const char *root) {
        _cleanup_free_ char *inside = NULL;
        _cleanup_free_ Zones *zones = calloc(1, sizeof(*zones));
        char *data = NULL;
        size_t size = 0;
        int r;

        if (!zones || asprintf(&inside, "%s" ZONEINFO, root) < 0)
                return -ENOMEM;
        if (access(inside, F_OK) == 0)
                return 0;

        zones->data = open_memstream(&data, &size);
        if (!zones->data)
                return -ENOMEM;

        read_countries(zones);
        r = add_all(zones);
        free(zones->countries);
        if (fclose(zones->data) != 0 && r >= 0)
                r = -ENOMEM;
        if (r >= 0 && zones->n_entries > 0)
                r = publish(zones, data);
        if (r < 0 || zones->n_entries == 0)
                free(data);

        return r;
}

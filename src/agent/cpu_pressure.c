/* SPDX-License-Identifier: MIT */
#include "agent/cpu_pressure.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

double cpu_pressure_parse(const char *text) {
        double percent;

        if (sscanf(text, "some avg10=%lf", &percent) != 1 || !(percent >= 0 && percent <= 100))
                return -1;

        return percent / 100;
}

/* A load of twice the processors is taken for a machine on which something always waits. */
static double share_of_load(void) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        double load;

        if (n < 1 || getloadavg(&load, 1) != 1 || load <= (double) n)
                return 0;

        return load >= 2 * (double) n ? 1 : load / (double) n - 1;
}

double cpu_pressure_read(void) {
        _cleanup_free_ char *text = NULL;
        double share = -1;
        size_t size;

        if (fd_read_file("/proc/pressure/cpu", 4096, &text, &size) >= 0)
                share = cpu_pressure_parse(text);

        return share >= 0 ? share : share_of_load();
}

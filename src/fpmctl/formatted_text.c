/* SPDX-License-Identifier: MIT */
#include "fpmctl/formatted_text.h"

#include <inttypes.h>
#include <stdio.h>

FormattedText format_bytes(uint64_t bytes) {
        static const char units[] = "BKMGTPE";
        double number = (double) bytes;
        size_t unit = 0;
        FormattedText words;

        /* As it will be rounded: 1023.7K is 1.0M. */
        for (; number >= (unit == 0 ? 1024 : 999.5); unit++)
                number /= 1024;

        snprintf(words.text, sizeof(words.text), unit > 0 && number < 9.95 ? "%.1f%c" : "%.0f%c",
                        number, units[unit]);
        return words;
}

FormattedText format_seconds(double seconds) {
        uint64_t s = seconds > 0 ? (uint64_t) seconds : 0;
        FormattedText words;

        if (seconds < 9.995)
                snprintf(words.text, sizeof(words.text), "%.2fs", seconds > 0 ? seconds : 0);
        else if (seconds < 59.95)
                snprintf(words.text, sizeof(words.text), "%.1fs", seconds);
        else if (s < 3600)
                snprintf(words.text, sizeof(words.text), "%" PRIu64 "min %" PRIu64 "s", s / 60,
                                s % 60);
        else if (s < 86400)
                snprintf(words.text, sizeof(words.text), "%" PRIu64 "h %" PRIu64 "min", s / 3600,
                                s / 60 % 60);
        else
                snprintf(words.text, sizeof(words.text), "%" PRIu64 "d %" PRIu64 "h", s / 86400,
                                s / 3600 % 24);

        return words;
}

FormattedText format_rate(double rate) {
        FormattedText words;

        snprintf(words.text, sizeof(words.text),
                        rate <= 0      ? "0"
                        : rate < 9.995 ? "%.2f"
                        : rate < 99.95 ? "%.1f"
                                       : "%.0f",
                        rate);
        return words;
}

/* SPDX-License-Identifier: MIT */
#include "config/value/syntax.h"

#include <string.h>

bool syntax_is_name(const char *text, const char *also) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        static const char others[] = "0123456789_-.@+$\\";

        for (const char *p = text; *p; p++)
                if (!strchr(letters, *p) && !strchr(others, *p) && !strchr(also, *p) &&
                                (unsigned char) *p < 0x80)
                        return false;

        return *text != '-';
}

size_t syntax_next_name(const char **list) {
        static const char between[] = ", \t";

        if (!*list)
                return 0;

        *list += strspn(*list, between);
        return strcspn(*list, between);
}

bool syntax_is_uri(const char *text) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789/_-.~";

        return *text == '/' && text[strspn(text, allowed)] == '\0';
}

bool syntax_has_control_byte(const char *text) {
        for (; *text; text++)
                if ((unsigned char) *text < ' ' || *text == 0x7f)
                        return true;

        return false;
}

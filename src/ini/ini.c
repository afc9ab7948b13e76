/* SPDX-License-Identifier: MIT */
#include "ini/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

typedef struct Ini {
        IniLookup lookup;
        IniHandler handler;
        void *userdata;
        unsigned line;
        size_t offset; /* of the line */
} Ini;

static const char BLANKS[] = " \t";

static int fail(const Ini *ini, const char *why) {
        IniEvent event = { .type = INI_ERROR, .line = ini->line, .value = why };

        return ini->handler(ini->userdata, &event);
}

/* Cuts the blanks off the end of what lies between start and end, and terminates it. */
static void cut(char *start, char *end) {
        while (end > start && strchr(BLANKS, end[-1]))
                end--;

        *end = '\0';
}

static bool is_end(const char *p) {
        return *p == '\0' || *p == ';';
}

static int ini_on_section(const Ini *ini, char *p) {
        _cleanup_free_ char *name = NULL;
        char why[INI_WHY_MAX];
        const char *end;
        int r;

        r = ini_value_bracket(p + 1, ini->lookup, &name, &end, why);
        if (r == -EINVAL)
                return fail(ini, why);
        if (r < 0)
                return r;

        end += 1 + strspn(end + 1, BLANKS);
        if (!is_end(end))
                return fail(ini, "there is text behind the section's ], put it on its own line");
        if (*name == '\0')
                return fail(ini, "the section has no name");

        return ini->handler(ini->userdata, &(IniEvent){ .type = INI_SECTION,
                                                           .line = ini->line,
                                                           .offset = ini->offset,
                                                           .key = name });
}

/* The value of event, whose key was read; p is behind the equals sign. */
static int ini_on_value(const Ini *ini, IniEvent *event, char *p) {
        _cleanup_free_ char *value = NULL;
        char why[INI_WHY_MAX];
        const char *end;
        int r;

        p += strspn(p, BLANKS);

        r = ini_value_evaluate(p, ini->lookup, &value, &event->word, &end, why);
        if (r == -EINVAL)
                return fail(ini, why);
        if (r < 0)
                return r;

        p[end - p] = '\0';
        event->raw = p;
        event->value = value;
        return ini->handler(ini->userdata, event);
}

static int ini_on_array(const Ini *ini, char *key, char *bracket) {
        _cleanup_free_ char *sub = NULL;
        char why[INI_WHY_MAX];
        const char *end;
        IniEvent event;
        int r;

        r = ini_value_bracket(bracket + 1, ini->lookup, &sub, &end, why);
        if (r == -EINVAL)
                return fail(ini, why);
        if (r < 0)
                return r;

        end += 1 + strspn(end + 1, BLANKS);
        if (*end != '=')
                return fail(ini, "there is no = behind the ], write key[name] = value");

        cut(key, bracket);
        event = (IniEvent){ .type = INI_ARRAY, .line = ini->line, .key = key, .sub = sub };
        return ini_on_value(ini, &event, bracket + 1 + (end - bracket));
}

/* "user www-data" is taken for what was meant. */
static int ini_on_no_value(const Ini *ini, const char *p) {
        char why[INI_WHY_MAX];
        size_t n = strcspn(p, BLANKS);
        const char *value = p + n + strspn(p + n, BLANKS);

        if (*value)
                snprintf(why, sizeof(why), "'%.80s': there is no =, write %.*s = %.80s", p,
                                n < 80 ? (int) n : 80, p, value);
        else
                snprintf(why, sizeof(why), "'%.80s' has no value, write %.80s = value", p, p);
        return fail(ini, why);
}

static int ini_on_key(const Ini *ini, char *p) {
        IniEvent event = { .type = INI_KEY, .line = ini->line, .key = p };
        char why[INI_WHY_MAX];
        char *end;

        end = p + strcspn(p, "=;[]&|^$~(){}!\"");
        if (end == p && *end == '=')
                return fail(ini, "there is no name before the =");
        if (*end == '[')
                return ini_on_array(ini, p, end);
        if (is_end(end)) {
                cut(p, end);
                return ini_on_no_value(ini, p);
        }
        if (*end != '=') {
                snprintf(why, sizeof(why), "a name cannot contain %c", *end);
                return fail(ini, why);
        }

        cut(p, end);
        if (strcmp(p, "include") == 0)
                event.type = INI_INCLUDE;

        return ini_on_value(ini, &event, end + 1);
}

static int ini_on_line(const Ini *ini, char *p) {
        p += strspn(p, BLANKS);

        if (is_end(p))
                return 0;
        if (*p == '#')
                return fail(ini, "# does not start a comment here, write ; instead");
        if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
                return fail(ini, "there is a byte order mark, save the file without it");
        if (*p == '[')
                return ini_on_section(ini, p);

        return ini_on_key(ini, p);
}

/* In steps: for each of many lines that end with CR, a search for LF would go to the end of the file. */
static size_t text_length(const char *text, size_t size) {
        enum { STEP = 256 };

        for (size_t n = 0; n < size; n += STEP) {
                size_t step = size - n < STEP ? size - n : STEP;
                const char *lf = memchr(text + n, '\n', step), *cr;

                if (lf)
                        step = (size_t) (lf - (text + n));
                cr = memchr(text + n, '\r', step);
                if (cr || lf)
                        return (size_t) ((cr ? cr : lf) - text);
        }

        return size;
}

/* The length of the line at text, and in ret_next what to skip to be at the next one. A lone CR
 * ends a line too, as it does for Zend. */
static size_t line_length(const char *text, size_t size, size_t *ret_next) {
        size_t n = text_length(text, size);

        *ret_next = n;
        if (*ret_next < size && text[*ret_next] == '\r')
                (*ret_next)++;
        if (*ret_next < size && text[*ret_next] == '\n')
                (*ret_next)++;

        return n;
}

/* Whether a line matters while its section is passed over. */
static bool is_of_all(const char *text, size_t length) {
        static const char include[] = "include";

        while (length > 0 && strchr(BLANKS, *text) && *text)
                text++, length--;

        return length > 0 &&
               (*text == '[' || (length >= sizeof(include) - 1 &&
                                                memcmp(text, include, sizeof(include) - 1) == 0));
}

int ini_parse(const char *text, size_t size, IniLookup lookup, IniHandler handler, void *userdata) {
        return ini_parse_behind(text, size, 0, lookup, handler, userdata);
}

int ini_parse_behind(const char *text, size_t size, unsigned lines, IniLookup lookup,
                IniHandler handler, void *userdata) {
        Ini ini = { .lookup = lookup, .handler = handler, .userdata = userdata, .line = lines };
        size_t length, next;
        bool skips = false;

        for (; size > 0; text += next, size -= next, ini.offset += next) {
                _cleanup_free_ char *line = NULL;
                int r;

                ini.line++;
                length = line_length(text, size, &next);
                if (skips && !is_of_all(text, length))
                        continue;

                line = strndup(text, length);
                if (!line)
                        return -ENOMEM;

                if (memchr(text, '\0', length))
                        r = fail(&ini, "there is a NUL byte, is this a text file?");
                else
                        r = ini_on_line(&ini, line);
                if (r != 0 && r != INI_SKIP_SECTION)
                        return r;

                /* An include line says nothing about the section that it stands in. */
                if (line[strspn(line, BLANKS)] == '[')
                        skips = r == INI_SKIP_SECTION;
        }

        return 0;
}

/* SPDX-License-Identifier: MIT */
#include "ini/ini_value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "ini/ini_constant.h"

enum {
        NESTING_MAX = 32, /* of ( and ~, which we read by recursion */
};

typedef struct Text {
        char *data; /* always terminated, NULL while empty */
        size_t size;
} Text;

typedef struct Value {
        const char *p;
        IniLookup lookup;
        unsigned php; /* as ini_constant() wants it */
        unsigned nesting;
        char *why;
} Value;

static int expression(Value *value, Text *ret);

static const char BLANKS[] = " \t";

static void text_done(Text *text) {
        free(text->data);
}

static int text_append(Text *text, const char *data, size_t size) {
        char *grown;

        if (size > INI_VALUE_MAX - text->size)
                return -E2BIG;

        grown = realloc(text->data, text->size + size + 1);
        if (!grown)
                return -ENOMEM;

        memcpy(grown + text->size, data, size);
        text->data = grown;
        text->size += size;
        text->data[text->size] = '\0';
        return 0;
}

static void text_cut_blanks(Text *text) {
        while (text->size > 0 && strchr(BLANKS, text->data[text->size - 1]))
                text->data[--text->size] = '\0';
}

static bool ends_pieces(char c) {
        return strchr(";&|^~()!", c); /* and the terminator */
}

_printf_(2, 3) static int refuse(Value *value, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(value->why, INI_WHY_MAX, format, ap);
        va_end(ap);
        return -EINVAL;
}

static int append(Value *value, Text *text, const char *data, size_t size) {
        int r;

        r = text_append(text, data, size);
        if (r == -E2BIG)
                return refuse(value, "the value is longer than %d bytes", INI_VALUE_MAX);

        return r;
}

/* ${NAME}, and since PHP 8.3 ${NAME:-otherwise}. */
static int variable(Value *value, Text *ret) {
        _cleanup_free_ char *name = NULL;
        const char *start = value->p + 2, *end, *found;
        char *otherwise;

        end = strchr(start, '}');
        if (!end)
                return refuse(value, "${ is not closed with }");

        start += strspn(start, BLANKS);
        name = strndup(start, (size_t) (end > start ? end - start : 0));
        if (!name)
                return -ENOMEM;

        value->p = end + 1;

        otherwise = strstr(name, ":-");
        if (otherwise)
                *otherwise = '\0';

        for (size_t n = strlen(name); n > 0 && strchr(BLANKS, name[n - 1]); n--)
                name[n - 1] = '\0';
        if (*name == '\0')
                return refuse(value, "${} names no variable");

        found = value->lookup ? value->lookup(name) : NULL;
        if (otherwise && (!found || *found == '\0'))
                found = otherwise + 2;

        return found ? append(value, ret, found, strlen(found)) : 0;
}

/* A quote behind a backslash closes nevertheless if the line ends with it: "C:\php\" . */
static bool is_escape(const char *p) {
        return p[0] == '\\' && (p[1] == '\\' || p[1] == '$' || (p[1] == '"' && p[2] != '\0'));
}

static int double_quoted(Value *value, Text *ret) {
        int r = 0;

        value->p++;
        while (r == 0 && *value->p != '"') {
                const char *p = value->p;
                size_t n;

                if (*p == '\0')
                        return refuse(value, "a \" is not closed on this line");

                if (p[0] == '$' && p[1] == '{') {
                        r = variable(value, ret);
                        continue;
                }

                if (is_escape(p))
                        p++;

                n = 1 + strcspn(p + 1, "\"\\$");
                r = append(value, ret, p, n);
                value->p = p + n;
        }

        if (r < 0)
                return r;

        value->p++;
        return 0;
}

static int single_quoted(Value *value, Text *ret) {
        const char *start = ++value->p, *end;

        end = strchr(start, '\'');
        if (!end)
                return refuse(value, "a ' is not closed on this line");

        value->p = end + 1;
        return append(value, ret, start, (size_t) (end - start));
}

/* How many bytes the bare piece of a value goes on with here. A dollar sign is literal unless a
 * brace follows, and then takes the next dollar sign along: $${X} is not a variable. */
static size_t bare_length(const char *p) {
        if (*p == '$')
                return p[1] == '{' ? 0 : p[1] == '$' ? 2 : 1;

        return !strchr(" \t;&|^~()!\"'=", *p); /* and so not the terminator */
}

static int bare(Value *value, Text *ret) {
        const char *start = value->p, *known;
        size_t n;

        while ((n = bare_length(value->p)) > 0)
                value->p += n;

        known = ini_constant(start, (size_t) (value->p - start), value->php);
        if (known)
                return append(value, ret, known, strlen(known));

        return append(value, ret, start, (size_t) (value->p - start));
}

/* Blanks are kept between pieces, but Zend's scanner eats them around double quotes. */
static int blanks(Value *value, Text *ret) {
        size_t n = strspn(value->p, BLANKS);
        const char *start = value->p;

        value->p += n;
        if (*value->p == '"' || ends_pieces(*value->p))
                return 0;

        return append(value, ret, start, n);
}

static int piece(Value *value, Text *ret) {
        int r;

        switch (*value->p) {
        case '"':
                r = double_quoted(value, ret);
                if (r == 0)
                        value->p += strspn(value->p, BLANKS);
                return r;
        case '\'':
                return single_quoted(value, ret);
        case ' ':
        case '\t':
                return blanks(value, ret);
        case '$':
                if (value->p[1] == '{')
                        return variable(value, ret);
                return bare(value, ret);
        case '=':
                return refuse(value, "a value that contains = needs quotes: \"…\"");
        default:
                return bare(value, ret);
        }
}

/* Pieces side by side, up to an operator, a comment or the end. */
static int pieces(Value *value, Text *ret) {
        int r = 0;

        while (r == 0 && !ends_pieces(*value->p))
                r = piece(value, ret);

        return r;
}

static int operand(Value *value, const Text *text, char op, int64_t *ret) {
        if (!text->data || parse_int(text->data, ret) < 0 || *ret < INT32_MIN || *ret > INT32_MAX)
                return refuse(value,
                                "%c works on whole numbers, not on '%.60s'; a value that contains "
                                "it needs quotes: \"…\"",
                                op, text->data ? text->data : "");

        return 0;
}

static int set_number(Text *ret, int64_t number) {
        char digits[24];

        text_done(ret);
        *ret = (Text){};
        return text_append(
                        ret, digits, (size_t) snprintf(digits, sizeof(digits), "%d", (int) number));
}

static int nested(Value *value, Text *ret, int (*read)(Value *value, Text *ret)) {
        int r;

        if (value->nesting >= NESTING_MAX)
                return refuse(value, "the expression is nested deeper than %d", NESTING_MAX);

        value->nesting++;
        value->p++;
        value->p += strspn(value->p, BLANKS);
        r = read(value, ret);
        value->nesting--;
        return r;
}

static int term(Value *value, Text *ret) {
        char op = *value->p;
        int64_t number;
        int r;

        if (op == '(') {
                r = nested(value, ret, expression);
                if (r < 0)
                        return r;
                if (*value->p != ')')
                        return refuse(value, "a ( is not closed; a value that contains it needs "
                                             "quotes: \"…\"");

                value->p++;
                value->p += strspn(value->p, BLANKS);
                return 0;
        }

        if (op != '~' && op != '!')
                return pieces(value, ret);

        r = nested(value, ret, term);
        if (r < 0)
                return r;

        r = operand(value, ret, op, &number);
        if (r < 0)
                return r;

        return set_number(ret, op == '~' ? ~number : !number);
}

/* Applies one binary operator to left and the term behind it. */
static int binary(Value *value, Text *left, char op) {
        _cleanup_(text_done) Text right = {};
        int64_t a, b;
        int r;

        r = operand(value, left, op, &a);
        if (r < 0)
                return r;

        value->p++;
        value->p += strspn(value->p, BLANKS);

        r = term(value, &right);
        if (r < 0)
                return r;

        r = operand(value, &right, op, &b);
        if (r < 0)
                return r;

        return set_number(left, op == '|' ? a | b : op == '&' ? a & b : a ^ b);
}

/* Zend's grammar gives | & ^ one precedence and reads them from the left. */
static int expression(Value *value, Text *ret) {
        int r;

        r = term(value, ret);
        while (r == 0 && *value->p && strchr("|&^", *value->p))
                r = binary(value, ret, *value->p);

        return r;
}

/* A bare word alone on the right-hand side, as in "log = off ; for now". */
static const char *boolean_word(const char *text, size_t *ret_length) {
        static const struct {
                const char *word, *value;
        } words[] = {
                { "true", "1" },
                { "on", "1" },
                { "yes", "1" },
                { "false", "" },
                { "off", "" },
                { "no", "" },
                { "none", "" },
                { "null", "" },
        };
        size_t n = strcspn(text, " \t;");
        const char *rest = text + n + strspn(text + n, BLANKS);

        if (*rest != '\0' && *rest != ';')
                return NULL;

        *ret_length = n;
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strlen(words[i].word) == n && strncasecmp(words[i].word, text, n) == 0)
                        return words[i].value;

        return NULL;
}

static int take(Text *text, char **ret) {
        char *data = text->data ? TAKE_PTR(text->data) : strdup("");

        if (!data)
                return -ENOMEM;

        *ret = data;
        return 0;
}

/* Up to the end or a comment, which p then is at. */
static int whole_expression(Value *value, char **ret) {
        _cleanup_(text_done) Text result = {};
        int r;

        r = expression(value, &result);
        if (r < 0)
                return r;
        if (*value->p != '\0' && *value->p != ';')
                return refuse(value, "unexpected %c; a value that contains it needs quotes: \"…\"",
                                *value->p);

        return take(&result, ret);
}

int ini_value_evaluate(const char *text, IniLookup lookup, char **ret, bool *ret_word,
                const char **ret_end, char why[static INI_WHY_MAX]) {
        Value value = { .p = text, .lookup = lookup, .why = why };
        const char *word;
        size_t length;
        int r;

        word = boolean_word(text, &length);
        *ret_word = word;
        if (word) {
                *ret_end = text + length;
                *ret = strdup(word);
                return *ret ? 0 : -ENOMEM;
        }

        r = whole_expression(&value, ret);
        if (r < 0)
                return r;

        while (value.p > text && strchr(BLANKS, value.p[-1]))
                value.p--;

        *ret_end = value.p;
        return 0;
}

int ini_value_of_php(const char *raw, IniLookup lookup, unsigned php, char **ret) {
        char why[INI_WHY_MAX];
        Value value = { .p = raw, .lookup = lookup, .php = php, .why = why };

        return whole_expression(&value, ret);
}

int ini_value_bracket(const char *text, IniLookup lookup, char **ret, const char **ret_end,
                char why[static INI_WHY_MAX]) {
        Value value = { .p = text + strspn(text, BLANKS), .lookup = lookup, .why = why };
        _cleanup_(text_done) Text result = {};
        int r = 0;

        while (r == 0 && *value.p != ']') {
                if (*value.p == '\0')
                        return refuse(&value, "a [ is not closed with ]");

                if (*value.p == '"')
                        r = double_quoted(&value, &result);
                else if (*value.p == '\'')
                        r = single_quoted(&value, &result);
                else if (value.p[0] == '$' && value.p[1] == '{')
                        r = variable(&value, &result);
                else
                        r = append(&value, &result, value.p++, 1);
        }
        if (r < 0)
                return r;

        text_cut_blanks(&result);
        *ret_end = value.p;
        return take(&result, ret);
}

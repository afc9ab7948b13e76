/* SPDX-License-Identifier: MIT */
#include "manager/requests/request_text.h"

#include "base/escape.h"

void request_text(RequestText *ret, const SlotView *view) {
        size_t n;

        escape_string(ret->method, sizeof(ret->method), view->method);
        escape_string(ret->script, sizeof(ret->script), view->script);
        n = escape_string(ret->uri, sizeof(ret->uri), *view->target ? view->target : view->uri);
        if (*view->target || view->query[0] == '\0')
                return;

        ret->uri[n++] = '?';
        escape_string(ret->uri + n, sizeof(ret->uri) - n, view->query);
}

/* SPDX-License-Identifier: MIT */
#include "php/engine/php_access.h"

#include <php.h>

#include "php/log/access_log.h"

void php_access_begin(PhpRequest *request) {
        const sapi_request_info *info = &SG(request_info);
        AccessFacts *facts;

        if (!request->access)
                return;

        access_log_begin(request->access, request->fcgi);
        access_log_set_user(request->access, info->auth_user);
        facts = access_log_facts(request->access);
        facts->uri = info->request_uri;
        facts->query = info->query_string;
        facts->script = request->path.script;
        facts->content_length = (uint64_t) info->content_length;
}

void php_access_headers(PhpRequest *request, const sapi_headers_struct *headers) {
        zend_llist_position position;
        zend_llist *list = (zend_llist *) &headers->headers;

        if (!request->access)
                return;

        if (headers->http_response_code)
                access_log_facts(request->access)->status = headers->http_response_code;
        if (!access_log_wants_headers(request->access))
                return;

        for (sapi_header_struct *h = zend_llist_get_first_ex(list, &position); h;
                        h = zend_llist_get_next_ex(list, &position))
                access_log_note_header(request->access, h->header, h->header_len);
}

void php_access_end(PhpRequest *request) {
        if (!request->access)
                return;

        /* The final values are known when the script has ended, else the answer was ended by
         * fastcgi_finish_request(). */
        access_log_facts(request->access)->memory_bytes =
                        request->memory_bytes > 0 ? request->memory_bytes
                                                  : zend_memory_peak_usage(true);
        access_log_end(request->access);
}

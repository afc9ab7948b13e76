/* SPDX-License-Identifier: MIT */
#include "manager/control/worker_json.h"

#include "manager/control/json_reply.h"

static const char *state_name(SlotState state) {
        static const char *const names[_SLOT_STATE_MAX] = {
                [SLOT_EMPTY] = "gone",
                [SLOT_STARTING] = "starting",
                [SLOT_IDLE] = "idle",
                [SLOT_READING_HEADERS] = "reading headers",
                [SLOT_REQUEST_INFO] = "getting request informations",
                [SLOT_RUNNING] = "running",
                [SLOT_ENDING] = "ending",
                [SLOT_FINISHING] = "finishing",
        };

        return state < _SLOT_STATE_MAX ? names[state] : "unknown";
}

static double seconds_since(uint64_t since_usec, uint64_t now_usec) {
        return now_usec > since_usec ? (double) (now_usec - since_usec) / 1e6 : 0;
}

/* While the head of a request is read, the slot still describes the request before. */
static void add_request(json_t *json, const SlotView *view) {
        bool known = view->state > SLOT_READING_HEADERS;

        (void) json_object_set_new(json, "method", json_reply_string(known ? view->method : ""));
        (void) json_object_set_new(json, "uri", json_reply_string(known ? view->uri : ""));
        (void) json_object_set_new(json, "query", json_reply_string(known ? view->query : ""));
        (void) json_object_set_new(json, "script", json_reply_string(known ? view->script : ""));
        (void) json_object_set_new(json, "user", json_reply_string(known ? view->user : ""));
        (void) json_object_set_new(json, "client", json_reply_string(known ? view->remote : ""));
        (void) json_object_set_new(json, "content_length",
                        json_integer(known ? (json_int_t) view->content_length : 0));
}

json_t *worker_json(const WorkerSnapshot *worker, uint64_t now_usec) {
        const SlotView *view = &worker->view;
        json_t *json = json_pack("{s:i, s:i, s:i, s:s, s:f, s:I}", "generation",
                        (int) worker->generation, "slot", (int) worker->slot, "pid",
                        (int) worker->pid, "state", state_name(view->state), "seconds",
                        seconds_since(view->since_usec, now_usec), "requests",
                        (json_int_t) scoreboard_number(view->n_requests));

        if (json)
                add_request(json, view);

        return json;
}

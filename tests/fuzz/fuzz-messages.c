/* SPDX-License-Identifier: MIT */
/* What a zygote may say, in any order, while the manager gives orders: whatever it says, the tables of the manager
 * stay true, and what is wrong ends the generation.
 *
 * Each step is one byte of what happens and a few for it: an order of the manager, a message of the zygote, or time
 * that passes. */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "contract/message.h"
#include "manager/generation/generation_state.h"
#include "manager/requests/stack_requests.h"
#include "manager/workers/slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        N_SLOTS = 5,
        QUESTIONS_MAX = 2 * N_SLOTS,
};

typedef struct Model {
        GenerationLife life;
        Slots *slots;
        StackRequests *stack_requests;
        uint64_t now;
        unsigned n_orders, n_asked, n_answered, n_pings;
} Model;

typedef struct Input {
        const uint8_t *data;
        size_t size;
} Input;

static void require(bool holds) {
        if (!holds)
                abort();
}

static uint8_t take(Input *input) {
        if (input->size == 0)
                return 0;

        input->size--;
        return *input->data++;
}

static int on_order(const StackQuestion *question, void *userdata) {
        Model *m = userdata;

        require(question->slot < N_SLOTS && question->depth <= TRACE_DEPTH_MAX);
        m->n_orders++;
        return 0;
}

static void on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        Model *m = userdata;

        require(slot < N_SLOTS && error <= 0);
        for (const char *p = stack; *p; p++)
                require((uint8_t) *p >= ' ' || *p == '\n');
        m->n_answered++;
}

static GenerationAction happen(Model *m, GenerationEvent event) {
        GenerationState before = m->life.state;
        GenerationAction action = generation_life_take(&m->life, event, m->now);

        require(m->life.state < _GENERATION_STATE_MAX && action < _GENERATION_ACTION_MAX);
        require(before != GENERATION_GONE || m->life.state == GENERATION_GONE);
        require(before < GENERATION_DRAINING || m->life.state >= GENERATION_DRAINING);
        require((action == GENERATION_LEAVE || action == GENERATION_LEAVE_WORKERS) ==
                        (before != GENERATION_GONE && m->life.state == GENERATION_GONE));
        return action;
}

/* --- the manager --- */

static void order(Model *m, Input *input) {
        uint8_t what = take(input);
        unsigned slot = what % N_SLOTS;

        switch (what / 32) {
        case 0:
        case 1:
                (void) slots_take(m->slots, &slot);
                break;
        case 2:
                (void) slots_retire(m->slots, slot);
                break;
        case 3:
                if (stack_requests_ask(m->stack_requests,
                                    &(StackQuestion){ slot, what % 4, 8, false }, on_stack, m) >= 0)
                        m->n_asked++;
                break;
        case 4:
                if (stack_requests_ask(m->stack_requests,
                                    &(StackQuestion){ slot, what % 4, 8, true }, on_stack, m) >= 0)
                        m->n_asked++;
                break;
        case 5:
                m->n_pings++;
                break;
        case 6:
                (void) happen(m, what % 2 ? GENERATION_ASKED_TO_DRAIN : GENERATION_ASKED_TO_STOP);
                break;
        default:
                (void) happen(m, GENERATION_WORKER_WAITS);
        }
        require(m->n_asked - m->n_answered <= QUESTIONS_MAX);
}

/* --- the zygote --- */

static int handle(Model *m, const Message *message) {
        uint64_t lived_usec;

        switch (message->type) {
        case MESSAGE_FORKED:
                return slots_forked(m->slots, message->slot, message->value, m->now);
        case MESSAGE_NOT_FORKED:
                return slots_not_forked(m->slots, message->slot, m->now);
        case MESSAGE_EXITED:
                return slots_exited(m->slots, message->slot, SLOT_LEFT, m->now, &lived_usec);
        case MESSAGE_PONG:
                return m->n_pings > 0 ? (int) --m->n_pings * 0 : -EBADMSG;
        case MESSAGE_FRAME:
                return stack_requests_add(m->stack_requests, message->slot, message->text);
        default:
                return stack_requests_end(m->stack_requests, message->slot, -message->value);
        }
}

static void hear(Model *m, Input *input) {
        Message message = { .type = MESSAGE_READY + take(input) % 10 };
        GenerationAction action = GENERATION_MISUSE;
        uint8_t n;

        message.slot = take(input) % (N_SLOTS + 1);
        message.value = (int8_t) take(input);
        n = take(input) % 32;
        for (uint8_t i = 0; i < n; i++)
                message.text[i] = (char) take(input);

        if (message_check(&message, MESSAGE_FROM_ZYGOTE, N_SLOTS) >= 0)
                action = happen(m, (GenerationEvent) (message.type - MESSAGE_READY));
        if (action == GENERATION_MISUSE || (action == GENERATION_TAKE && handle(m, &message) < 0)) {
                (void) happen(m, GENERATION_TO_BE_KILLED);
                require(m->life.state >= GENERATION_DRAINING);
        }
}

static void die(Model *m) {
        if (m->life.state >= GENERATION_ORPHANED)
                return;

        (void) happen(m, slots_taken(m->slots) > 0 ? GENERATION_ZYGOTE_LEFT_THEM
                                                   : GENERATION_ZYGOTE_DIED);
        stack_requests_cancel(m->stack_requests);
        require(m->n_asked == m->n_answered);
}

/* --- time --- */

static void pass(Model *m, uint64_t usec) {
        GenerationEvent event;

        m->now += usec;
        for (unsigned i = 0; generation_life_time(&m->life, m->now, &event); i++) {
                require(i < 4);
                (void) happen(m, event);
        }
        require(generation_life_next_usec(&m->life) == 0 ||
                        generation_life_next_usec(&m->life) > m->now);
}

static void check_slots(const Model *m) {
        unsigned n_taken = 0, n_forking = 0;

        for (unsigned i = 0; i < N_SLOTS; i++) {
                n_taken += slots_life(m->slots, i) != SLOT_VACANT;
                n_forking += slots_life(m->slots, i) == SLOT_FORKING;
                require((slots_pid(m->slots, i) > 0) == (slots_life(m->slots, i) > SLOT_FORKING));
        }
        require(n_taken == slots_taken(m->slots) && n_forking == slots_forking(m->slots));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        Model m = { .now = 1000000 };

        generation_life_init(&m.life, take(&input) * UINT64_C(100000), m.now);
        require(slots_new(&m.slots, N_SLOTS) == 0);
        require(stack_requests_new(&m.stack_requests, QUESTIONS_MAX, on_order, &m) == 0);
        while (input.size > 0) {
                uint8_t what = take(&input);

                if (what < 100)
                        order(&m, &input);
                else if (what < 245)
                        hear(&m, &input);
                else if (what < 254)
                        pass(&m, take(&input) * UINT64_C(1000000));
                else
                        die(&m);
                check_slots(&m);
        }

        stack_requests_free(m.stack_requests);
        require(m.n_asked == m.n_answered && m.n_orders == m.n_asked);
        slots_free(m.slots);
        return 0;
}

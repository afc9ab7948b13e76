/* SPDX-License-Identifier: MIT */
/* Proves that the table by which code is written to files is found and gone, and that PHP makes it anew. */

#include "php/hooks/opcache/php_opcode_numbers.h"

#include <stdint.h>

#include "php-unit.h"

#include <zend_vm.h>

/* Of an instruction that does nothing. */
static uintptr_t number(void) {
        zend_op op = { .opcode = ZEND_NOP };

        zend_vm_set_opcode_handler(&op);
        zend_serialize_opcode_handler(&op);
        return (uintptr_t) op.handler;
}

static uintptr_t address(void) {
        zend_op op = { .opcode = ZEND_NOP };

        zend_vm_set_opcode_handler(&op);
        return (uintptr_t) op.handler;
}

static uintptr_t address_of(uintptr_t number) {
        zend_op op = {};

        memcpy(&op.handler, &number, sizeof(number));
        zend_deserialize_opcode_handler(&op);
        return (uintptr_t) op.handler;
}

START_TEST(numbers_are_forgotten) {
        uintptr_t first;

        start_php();
        ck_assert(!php_opcode_numbers_forget());
        first = number();
#ifndef __SANITIZE_ADDRESS__
        ck_assert(php_opcode_numbers_forget());
        ck_assert(!php_opcode_numbers_forget());
#endif
        ck_assert_uint_eq(address_of(first), address());
        ck_assert_uint_eq(number(), first);
}
END_TEST

UNIT_MAIN("php-opcode-numbers", numbers_are_forgotten);

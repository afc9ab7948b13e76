/* SPDX-License-Identifier: MIT */
#include "php/hooks/classes/php_code.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "php/hooks/php_disabled.h"

enum {
        VARIABLES_MAX = 64, /* of an autoload function */
};

/* --- scripts --- */

bool php_code_only_declares(const zend_op_array *script) {
        for (uint32_t i = 0; i < script->last; i++) {
                const zend_op *op = &script->opcodes[i];

                switch (op->opcode) {
                case ZEND_NOP:
                case ZEND_EXT_NOP:
                case ZEND_EXT_STMT:
                case ZEND_DECLARE_CLASS:
                case ZEND_DECLARE_CLASS_DELAYED:
                        break;
                case ZEND_RETURN:
                        if (op->op1_type != IS_CONST)
                                return false;
                        break;
                default:
                        return false;
                }
        }

        return true;
}

/* --- autoload functions --- */

/* They know nothing but their arguments and which files there are, and change nothing. */
static bool is_plain_function(const zend_string *name) {
        static const char *const names[] = { "array_key_exists", "basename", "count", "dirname",
                "explode", "file_exists", "implode", "in_array", "is_array", "is_file",
                "is_readable", "is_string", "join", "lcfirst", "ltrim", "rtrim", "sprintf",
                "str_contains", "str_ends_with", "str_replace", "str_starts_with", "strcasecmp",
                "strcmp", "strlen", "strncasecmp", "strncmp", "strpos", "strrchr", "strripos",
                "strrpos", "strstr", "strtolower", "strtoupper", "strtr", "substr", "trim",
                "ucfirst", "ucwords" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i], ZSTR_VAL(name)) == 0)
                        return true;

        return false;
}

/* A call of what may be the user's own function, or a method, is another instruction. */
static bool is_plain_call(const zend_op *op) {
        zend_string *name = Z_STR_P(RT_CONSTANT(op, op->op2));
        const zend_function *function;

        if (!is_plain_function(name))
                return false;

        function = zend_hash_find_ptr(CG(function_table), name);
        return function && function->type == ZEND_INTERNAL_FUNCTION &&
               !php_disabled_has(ZSTR_VAL(name));
}

static bool is_of_files(const zend_string *name) {
        static const char *const names[] = { "file_exists", "is_file", "is_readable" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i], ZSTR_VAL(name)) == 0)
                        return true;

        return false;
}

bool php_code_looks_for_files(const zend_op_array *function) {
        for (uint32_t i = 0; i < function->last; i++) {
                const zend_op *op = &function->opcodes[i];

                if (op->opcode == ZEND_INIT_FCALL && is_of_files(Z_STR_P(RT_CONSTANT(op, op->op2))))
                        return true;
#if PHP_VERSION_ID >= 80400
                if (op->opcode >= ZEND_FRAMELESS_ICALL_1 && op->opcode <= ZEND_FRAMELESS_ICALL_3 &&
                                is_of_files(ZEND_FLF_FUNC(op)->common.function_name))
                        return true;
#endif
        }

        return false;
}

static bool is_bit_set(uint64_t bits, uint32_t variable) {
        uint32_t n = EX_VAR_TO_NUM(variable);

        return n >= VARIABLES_MAX || bits & UINT64_C(1) << n;
}

static bool is_test_for_null(const zend_op *op, uint32_t variable) {
        if (op->op1_type != IS_CV || op->op1.var != variable)
                return false;
        if (op->opcode == ZEND_TYPE_CHECK)
                return op->extended_value == 1 << IS_NULL;

        return op->opcode == ZEND_IS_IDENTICAL && op->op2_type == IS_CONST &&
               Z_TYPE_P(RT_CONSTANT(op, op->op2)) == IS_NULL;
}

/* static $classes = null; if ($classes === null) { $classes = [ constants ]; }: from then on it is the same for all
 * calls, whichever is the first. */
static bool is_first_value(const zend_op_array *function, uint32_t i) {
        const zend_op *assign = &function->opcodes[i], *jump = assign - 1, *test = assign - 2;

        return i >= 2 && assign->op2_type == IS_CONST && is_test_for_null(test, assign->op1.var) &&
               jump->opcode == ZEND_JMPZ && (jump->op1_type & test->result_type) != 0 &&
               jump->op1.var == test->result.var && OP_JMP_ADDR(jump, jump->op2) == assign + 1;
}

static bool is_plain_assignment(const zend_op_array *function, uint32_t i, uint64_t statics) {
        const zend_op *op = &function->opcodes[i];

        if (op->op1_type != IS_CV)
                return false;
        if (!is_bit_set(statics, op->op1.var))
                return true;

        return op->opcode == ZEND_ASSIGN && is_first_value(function, i);
}

/* They compute with what they are given, jump, or call a function that was looked at. */
static const bool is_plain[256] = {
        [ZEND_NOP] = true,
        [ZEND_EXT_NOP] = true,
        [ZEND_EXT_STMT] = true,
        [ZEND_EXT_FCALL_BEGIN] = true,
        [ZEND_EXT_FCALL_END] = true,
        [ZEND_RECV] = true,
        [ZEND_TYPE_CHECK] = true,
        [ZEND_IS_IDENTICAL] = true,
        [ZEND_IS_NOT_IDENTICAL] = true,
        [ZEND_IS_EQUAL] = true,
        [ZEND_IS_NOT_EQUAL] = true,
        [ZEND_IS_SMALLER] = true,
        [ZEND_IS_SMALLER_OR_EQUAL] = true,
        [ZEND_CASE] = true,
        [ZEND_CASE_STRICT] = true,
        [ZEND_SWITCH_STRING] = true,
        [ZEND_MATCH] = true,
        [ZEND_JMP] = true,
        [ZEND_JMPZ] = true,
        [ZEND_JMPNZ] = true,
        [ZEND_JMPZ_EX] = true,
        [ZEND_JMPNZ_EX] = true,
        [ZEND_JMP_SET] = true,
        [ZEND_JMP_NULL] = true,
        [ZEND_COALESCE] = true,
        [ZEND_BOOL] = true,
        [ZEND_BOOL_NOT] = true,
        [ZEND_QM_ASSIGN] = true,
        [ZEND_ADD] = true,
        [ZEND_SUB] = true,
        [ZEND_CONCAT] = true,
        [ZEND_FAST_CONCAT] = true,
        [ZEND_ROPE_INIT] = true,
        [ZEND_ROPE_ADD] = true,
        [ZEND_ROPE_END] = true,
        [ZEND_STRLEN] = true,
        [ZEND_COUNT] = true,
        [ZEND_IN_ARRAY] = true,
        [ZEND_ARRAY_KEY_EXISTS] = true,
        [ZEND_ISSET_ISEMPTY_CV] = true,
        [ZEND_ISSET_ISEMPTY_DIM_OBJ] = true,
        [ZEND_FETCH_DIM_R] = true,
        [ZEND_FETCH_DIM_IS] = true,
        [ZEND_INIT_ARRAY] = true,
        [ZEND_FE_RESET_R] = true,
        [ZEND_FE_FETCH_R] = true,
        [ZEND_FE_FREE] = true,
        [ZEND_FREE] = true,
        [ZEND_SEND_VAL] = true,
        [ZEND_SEND_VAR] = true,
        [ZEND_DO_ICALL] = true,
        [ZEND_DO_FCALL] = true,
        [ZEND_VERIFY_RETURN_TYPE] = true,
        [ZEND_RETURN] = true,
};

static bool is_plain_instruction(const zend_op *op) {
        switch (op->opcode) {
        case ZEND_INIT_FCALL:
                return is_plain_call(op);
        case ZEND_INCLUDE_OR_EVAL:
                return op->extended_value != ZEND_EVAL;
#if PHP_VERSION_ID >= 80400
        case ZEND_FRAMELESS_ICALL_1:
        case ZEND_FRAMELESS_ICALL_2:
        case ZEND_FRAMELESS_ICALL_3:
                return is_plain_function(ZEND_FLF_FUNC(op)->common.function_name);
        case ZEND_OP_DATA:
                return true;
#endif
        default:
                return is_plain[op->opcode];
        }
}

static bool writes_static(const zend_op *op, uint64_t statics) {
        return (op->result_type == IS_CV && is_bit_set(statics, op->result.var)) ||
               (op->opcode == ZEND_FE_FETCH_R && op->op2_type == IS_CV &&
                               is_bit_set(statics, op->op2.var));
}

bool php_code_is_plain_loader(const zend_op_array *function) {
        uint64_t statics = 0;

        if (function->fn_flags & (ZEND_ACC_GENERATOR | ZEND_ACC_VARIADIC) ||
                        function->last_try_catch > 0)
                return false;

        for (uint32_t i = 0; i < function->last; i++)
                if (function->opcodes[i].opcode == ZEND_BIND_STATIC) {
                        if (EX_VAR_TO_NUM(function->opcodes[i].op1.var) >= VARIABLES_MAX)
                                return false;
                        statics |= UINT64_C(1) << EX_VAR_TO_NUM(function->opcodes[i].op1.var);
                }

        for (uint32_t i = 0; i < function->last; i++) {
                const zend_op *op = &function->opcodes[i];
                bool ok;

                if (op->opcode == ZEND_BIND_STATIC)
                        ok = true;
                else if (op->opcode == ZEND_ASSIGN || op->opcode == ZEND_ASSIGN_OP)
                        ok = is_plain_assignment(function, i, statics);
                else
                        ok = is_plain_instruction(op) && !writes_static(op, statics);
                if (!ok)
                        return false;
        }

        return true;
}

/* --- $_SERVER and its like --- */

static const struct {
        const char *name;
        unsigned bit;
} names_of_php[] = {
        { "_SERVER", PHP_CODE_SERVER },
        { "_ENV", PHP_CODE_ENV },
        { "_REQUEST", PHP_CODE_REQUEST },
};

static unsigned name_of(const zval *value) {
        if (Z_TYPE_P(value) == IS_STRING)
                for (size_t i = 0; i < ELEMENTSOF(names_of_php); i++)
                        if (strcmp(Z_STRVAL_P(value), names_of_php[i].name) == 0)
                                return names_of_php[i].bit;

        return 0;
}

/* Also those that are only strings there: that costs less than to look who uses them. */
static unsigned names_of_function(const zend_op_array *function) {
        unsigned names = 0;

        for (int i = 0; i < function->last_literal; i++)
                names |= name_of(&function->literals[i]);
        for (uint32_t i = 0; i < function->num_dynamic_func_defs; i++)
                names |= names_of_function(function->dynamic_func_defs[i]);

        return names;
}

#if PHP_VERSION_ID >= 80400
static unsigned names_of_hooks(const zend_class_entry *class) {
        const zend_property_info *property;
        unsigned names = 0;

        ZEND_HASH_FOREACH_PTR((HashTable *) &class->properties_info, property) {
                for (size_t i = 0; property->hooks && i < ZEND_PROPERTY_HOOK_COUNT; i++)
                        if (property->hooks[i] && property->ce == class)
                                names |= names_of_function(&property->hooks[i]->op_array);
        }
        ZEND_HASH_FOREACH_END();
        return names;
}
#else
static unsigned names_of_hooks(const zend_class_entry *class) {
        (void) class;
        return 0;
}
#endif

unsigned php_code_names_of_class(const zend_class_entry *class) {
        const zend_function *function;
        unsigned names = names_of_hooks(class);

        ZEND_HASH_FOREACH_PTR((HashTable *) &class->function_table, function) {
                if (function->type == ZEND_USER_FUNCTION && function->common.scope == class)
                        names |= names_of_function(&function->op_array);
        }
        ZEND_HASH_FOREACH_END();
        return names;
}

void php_code_fill_names(unsigned names) {
        for (size_t i = 0; i < ELEMENTSOF(names_of_php); i++)
                if (names & names_of_php[i].bit)
                        (void) zend_is_auto_global_str(
                                        names_of_php[i].name, strlen(names_of_php[i].name));
}

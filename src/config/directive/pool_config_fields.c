/* SPDX-License-Identifier: MIT */
#include "config/directive/pool_config_fields.h"

#include "base/cleanup.h"

const char *process_manager_name(uint64_t pm) {
        static const char *const names[] = {
                [PM_UNSET] = "",
                [PM_STATIC] = "static",
                [PM_DYNAMIC] = "dynamic",
                [PM_ONDEMAND] = "ondemand",
                [PM_AUTO] = "auto",
        };

        return pm < ELEMENTSOF(names) ? names[pm] : "";
}

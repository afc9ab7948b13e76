/* SPDX-License-Identifier: MIT */
#include "base/object_variables.h"

#include <link.h>
#include <stddef.h>

typedef struct Search {
        uintptr_t address;
        ObjectVariables found;
} Search;

static int look(struct dl_phdr_info *info, size_t size, void *userdata) {
        Search *search = userdata;

        (void) size;
        for (size_t i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *header = &info->dlpi_phdr[i];
                uintptr_t begin = info->dlpi_addr + header->p_vaddr, end = begin + header->p_memsz;

                if (header->p_type != PT_LOAD || search->address < begin || search->address >= end)
                        continue;

                search->found = (ObjectVariables){ begin + header->p_filesz, end };
                return 1;
        }

        return 0;
}

ObjectVariables object_variables(const void *address) {
        Search search = { .address = (uintptr_t) address };

        (void) dl_iterate_phdr(look, &search);
        search.found.begin =
                        (search.found.begin + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
        return search.found;
}

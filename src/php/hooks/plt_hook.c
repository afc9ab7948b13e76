/* SPDX-License-Identifier: MIT */
#include "php/hooks/plt_hook.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __ELF_NATIVE_CLASS == 64
#define SYMBOL_OF ELF64_R_SYM
#else
#define SYMBOL_OF ELF32_R_SYM
#endif

typedef struct Search {
        uintptr_t address;
        const char *name;
        void *function;
        bool is_done;
} Search;

/* What the dynamic section of an object says of the calls that go through its linkage table. */
typedef struct Linkage {
        const ElfW(Sym) * symbols;
        const char *names;
        const char *relocations;
        size_t size, entry_size;
} Linkage;

static const ElfW(Phdr) *
                header_of(const struct dl_phdr_info *info, uint32_t type, uintptr_t address) {
        for (size_t i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *header = &info->dlpi_phdr[i];
                uintptr_t begin = info->dlpi_addr + header->p_vaddr;

                if (header->p_type == type &&
                                (address == 0 ||
                                                (address >= begin &&
                                                                address - begin < header->p_memsz)))
                        return header;
        }

        return NULL;
}

/* The loader of most machines has replaced the offsets by addresses, that of some has not. */
static const void *pointer(const struct dl_phdr_info *info, const ElfW(Dyn) * entry) {
        uintptr_t value = entry->d_un.d_ptr;

        return (const void *) (value < info->dlpi_addr ? value + info->dlpi_addr : value);
}

static bool read_linkage(const struct dl_phdr_info *info, Linkage *ret) {
        const ElfW(Phdr) *header = header_of(info, PT_DYNAMIC, 0);
        Linkage linkage = { .entry_size = sizeof(ElfW(Rela)) };

        if (!header)
                return false;

        for (const ElfW(Dyn) *entry = (const void *) (info->dlpi_addr + header->p_vaddr);
                        entry->d_tag != DT_NULL; entry++)
                if (entry->d_tag == DT_SYMTAB)
                        linkage.symbols = pointer(info, entry);
                else if (entry->d_tag == DT_STRTAB)
                        linkage.names = pointer(info, entry);
                else if (entry->d_tag == DT_JMPREL)
                        linkage.relocations = pointer(info, entry);
                else if (entry->d_tag == DT_PLTRELSZ)
                        linkage.size = entry->d_un.d_val;
                else if (entry->d_tag == DT_PLTREL && entry->d_un.d_val == DT_REL)
                        linkage.entry_size = sizeof(ElfW(Rel));

        *ret = linkage;
        return linkage.symbols && linkage.names && linkage.relocations;
}

/* The table is read-only where the object was linked with "-z relro -z now". */
static bool write_slot(const struct dl_phdr_info *info, void **slot, void *function) {
        uintptr_t page = (uintptr_t) slot & ~((uintptr_t) sysconf(_SC_PAGESIZE) - 1);
        size_t size = (uintptr_t) (slot + 1) - page;
        bool is_read_only = header_of(info, PT_GNU_RELRO, (uintptr_t) slot);

        if (is_read_only && mprotect((void *) page, size, PROT_READ | PROT_WRITE) < 0)
                return false;

        *slot = function;
        if (is_read_only)
                (void) mprotect((void *) page, size, PROT_READ);
        return true;
}

/* A Rel begins as a Rela does. */
static bool change_calls(
                const struct dl_phdr_info *info, const Linkage *linkage, const Search *search) {
        bool is_done = false;

        for (size_t at = 0; at < linkage->size; at += linkage->entry_size) {
                const ElfW(Rel) *relocation = (const void *) (linkage->relocations + at);
                const ElfW(Sym) *symbol = &linkage->symbols[SYMBOL_OF(relocation->r_info)];

                if (strcmp(linkage->names + symbol->st_name, search->name) == 0)
                        is_done = write_slot(info,
                                                  (void **) (info->dlpi_addr +
                                                                  relocation->r_offset),
                                                  search->function) ||
                                  is_done;
        }

        return is_done;
}

static int look(struct dl_phdr_info *info, size_t size, void *userdata) {
        Search *search = userdata;
        Linkage linkage;

        (void) size;
        if (!header_of(info, PT_LOAD, search->address))
                return 0;

        search->is_done = read_linkage(info, &linkage) && change_calls(info, &linkage, search);
        return 1;
}

bool plt_hook_set(const void *address, const char *name, void *function) {
        Search search = { .address = (uintptr_t) address, .name = name, .function = function };

        (void) dl_iterate_phdr(look, &search);
        return search.is_done;
}

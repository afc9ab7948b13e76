/* SPDX-License-Identifier: MIT */
#include "php/hooks/opcache/php_opcache_sums.h"

#include <php.h>
#include <php_ini.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define SETTING "opcache.file_cache_consistency_checks"

enum {
        PRIME = 65521,
        VECTOR = 32,
        BLOCK = 5536, /* a multiple of VECTOR, after which no part of the sum is too large */
};

/* The begin of a file of opcache's; its header file is in no package. */
typedef struct FileHead {
        char magic[8];
        char id[32];
        uint64_t memory_size, strings_size, place, time;
        uint32_t sum;
} FileHead;

static struct {
        unsigned char *checks; /* the variable behind the setting; NULL: nothing is done */
        unsigned n_spared;

        /* The file whose head was read last. */
        int fd;
        uint64_t size;
        uint32_t sum;
} sums;

/* --- the sum --- */

typedef struct Sum {
        uint64_t a, b; /* of the bytes; of all that a was */
} Sum;

static void add_bytes(Sum *sum, const unsigned char *bytes, size_t size) {
        for (size_t i = 0; i < size; i++) {
                sum->a += bytes[i];
                sum->b += sum->a;
        }
}

#ifdef __x86_64__

bool php_opcache_sums_are_fast(void) {
        return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static uint64_t add_up(__m256i numbers) {
        uint32_t parts[VECTOR / sizeof(uint32_t)];
        uint64_t sum = 0;

        _mm256_storeu_si256((__m256i *) parts, numbers);
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                sum += parts[i];

        return sum;
}

/* Of each vector: its bytes, the first one 32 times, the last one once; and 32 times what was there before. */
__attribute__((target("avx2"))) static void add_vectors(
                Sum *sum, const unsigned char *bytes, size_t size) {
        const __m256i times = _mm256_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
                        19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        const __m256i ones = _mm256_set1_epi16(1), none = _mm256_setzero_si256();
        __m256i plain = none, before = none, weighed = none;

        for (size_t at = 0; at < size; at += VECTOR) {
                __m256i vector = _mm256_loadu_si256((const __m256i *) (bytes + at));

                before = _mm256_add_epi32(before, plain);
                plain = _mm256_add_epi32(plain, _mm256_sad_epu8(vector, none));
                weighed = _mm256_add_epi32(weighed,
                                _mm256_madd_epi16(_mm256_maddubs_epi16(vector, times), ones));
        }

        sum->b += sum->a * size + VECTOR * add_up(before) + add_up(weighed);
        sum->a += add_up(plain);
}

#else

bool php_opcache_sums_are_fast(void) {
        return false;
}

static void add_vectors(Sum *sum, const unsigned char *bytes, size_t size) {
        add_bytes(sum, bytes, size);
}

#endif

uint32_t php_opcache_sums_take(const void *bytes, size_t size) {
        const unsigned char *p = bytes;
        Sum sum = { .a = 1 };

        while (size > 0) {
                size_t n = size < BLOCK ? size : BLOCK, in_vectors = n - n % VECTOR;

                add_vectors(&sum, p, in_vectors);
                add_bytes(&sum, p + in_vectors, n - in_vectors);
                sum.a %= PRIME;
                sum.b %= PRIME;
                p += n;
                size -= n;
        }

        return (uint32_t) (sum.b << 16 | sum.a);
}

/* --- what opcache reads --- */

static bool is_head(const void *bytes, size_t size, FileHead *ret) {
        if (size != sizeof(*ret))
                return false;

        memcpy(ret, bytes, sizeof(*ret));
        return memcmp(ret->magic, "OPCACHE", sizeof(ret->magic)) == 0 &&
               ret->memory_size < SIZE_MAX / 2 && ret->strings_size < SIZE_MAX / 2;
}

void php_opcache_sums_on_read(int fd, const void *bytes, size_t size) {
        FileHead head;

        if (!sums.checks)
                return;

        if (sums.size > 0 && fd == sums.fd && size == sums.size) {
                *sums.checks = php_opcache_sums_take(bytes, size) != sums.sum;
                sums.n_spared += !*sums.checks;
                sums.size = 0;
                return;
        }

        *sums.checks = true;
        sums.size = 0;
        if (is_head(bytes, size, &head)) {
                sums.fd = fd;
                sums.size = head.memory_size + head.strings_size;
                sums.sum = head.sum;
        }
}

/* --- the start --- */

/* The setting is the system's: no script can change it, and what ini_get() says of it stays as it was. */
void php_opcache_sums_init(void) {
        const zend_ini_entry *entry =
                        zend_hash_str_find_ptr(EG(ini_directives), ZEND_STRL(SETTING));
        unsigned char *checks;

        if (!php_opcache_sums_are_fast() || !INI_BOOL(SETTING) || !entry ||
                        entry->on_modify != OnUpdateBool ||
                        (entry->modifiable & (ZEND_INI_USER | ZEND_INI_PERDIR)) != 0 ||
                        !entry->mh_arg2)
                return;

        checks = (unsigned char *) entry->mh_arg2 + (size_t) entry->mh_arg1;
        if (*checks == 1)
                sums.checks = checks;
}

unsigned php_opcache_sums_spared(void) {
        return sums.n_spared;
}

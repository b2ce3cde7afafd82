/* What the fuzz targets share.
 *
 * A target is LLVMFuzzerTestOneInput: it gives the bytes to a parser and checks what the parser promises of
 * any input at all. A promise that is broken ends the process, and libFuzzer keeps the input.
 */
#ifndef ASMO_TESTS_FUZZ_H
#define ASMO_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asmo/err.h"
#include "asmo/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

struct slice fuzz_slice(const uint8_t *data, size_t size);

/* The texts one behind the other, in a heap block of exactly that length, so that a byte read too far is
 * seen. To be freed. */
struct slice fuzz_join(const char *before, struct slice text, const char *behind);
void fuzz_free(struct slice joined);

/* Valid UTF-8, by a decoder of its own; of it all, what a terminal would obey is not there: no control
 * characters, no marks that reverse or hide. `line_breaks`: but for \n. */
bool fuzz_is_utf8(struct slice text);
bool fuzz_is_inert(struct slice text, bool line_breaks);

/* One line of inert text of at most so many bytes, without white space at its ends. */
bool fuzz_is_clean(const char *text, size_t max_bytes);

/* One whole JSON object and nothing behind it. */
bool fuzz_is_object(struct slice json);

/* The error of a call that failed: a code and a sentence of one inert line. */
void fuzz_check_error(const struct err *err);

/* A file in memory with the bytes in it; to be closed. */
int fuzz_file(struct slice bytes);

bool fuzz_is_same(double a, double b); /* equal, or both missing */

#endif

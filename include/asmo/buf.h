/* A growing run of bytes, born with its limit.
 *
 * What would pass the limit is not added and `overflow` is set, so a writer need not check each
 * step: build the whole, then look once. `data` is always terminated by a NUL that `len` does not
 * count, and is "" in an empty buffer.
 */
#ifndef ASMO_BUF_H
#define ASMO_BUF_H

#include "asmo/mem.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t capacity;
	size_t limit;
	bool overflow;
};

struct buf buf_new(size_t limit);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* empty again, memory kept */

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_string(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `more` bytes behind `len` and returns where they go; NULL past the limit. */
char *buf_reserve(struct buf *buf, size_t more);

struct slice buf_slice(const struct buf *buf);

#define AUTO_BUF __attribute__((cleanup(buf_release)))

#endif

#include "asmo/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

struct buf buf_new(size_t limit)
{
	return (struct buf){.data = empty, .limit = limit};
}

void buf_release(struct buf *buf)
{
	if (buf->capacity)
		free(buf->data);
	*buf = buf_new(buf->limit);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
	if (buf->capacity)
		buf->data[0] = '\0';
}

char *buf_reserve(struct buf *buf, size_t more)
{
	size_t needed;

	if (more > buf->limit - buf->len) {
		buf->overflow = true;
		return NULL;
	}
	needed = buf->len + more + 1;
	if (needed > buf->capacity) {
		size_t capacity = buf->capacity ? buf->capacity : 256;

		while (capacity < needed)
			capacity *= 2;
		buf->data = mem_resize(buf->capacity ? buf->data : NULL, capacity);
		buf->capacity = capacity;
		buf->data[buf->len] = '\0';
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	char *room = buf_reserve(buf, len);

	if (!room)
		return;
	if (len)
		memcpy(room, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_string(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	char small[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (len < 0)
		abort();
	if ((size_t)len < sizeof(small)) {
		buf_add(buf, small, (size_t)len);
		return;
	}
	if (!buf_reserve(buf, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){buf->data, buf->len};
}

#include "send/multipart.h"

#include <stdbool.h>
#include <string.h>

static bool stands_in(const char *boundary, const struct multipart_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].bytes.len &&
			memmem(parts[i].bytes.data, parts[i].bytes.len, boundary, strlen(boundary)))
			return true;
	return false;
}

static char *choose_boundary(const struct multipart_part *parts, size_t count, struct arena *arena)
{
	char *boundary;
	unsigned number = 0;

	do {
		boundary = arena_printf(arena, "asmo-boundary-%u", number++);
	} while (stands_in(boundary, parts, count));
	return boundary;
}

char *multipart_write(struct buf *out, const struct multipart_part *parts, size_t count, struct arena *arena)
{
	const char *boundary = choose_boundary(parts, count, arena);

	for (size_t i = 0; i < count; i++) {
		const struct multipart_part *part = &parts[i];

		buf_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, part->name);
		if (part->file_name)
			buf_printf(out, "; filename=\"%s\"", part->file_name);
		buf_printf(out, "\r\nContent-Type: %s\r\n\r\n", part->type);
		buf_add(out, part->bytes.data, part->bytes.len);
		buf_add_string(out, "\r\n");
	}
	buf_printf(out, "--%s--\r\n", boundary);
	return arena_printf(arena, "Content-Type: multipart/form-data; boundary=%s", boundary);
}

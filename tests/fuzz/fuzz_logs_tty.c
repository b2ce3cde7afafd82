/* GET /containers/ID/logs of a container with a terminal. The same bytes in frames of any length must say the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "logs.h"

/* In pieces whose lengths the bytes themselves choose. */
static void add_frames(struct buf *framed, struct slice bytes)
{
	while (bytes.len) {
		size_t len = 1 + ((unsigned char)bytes.data[0] * 7u + bytes.len) % 61;
		char head[8] = {1};

		if (len > bytes.len)
			len = bytes.len;
		head[7] = (char)len;
		buf_add(framed, head, sizeof(head));
		buf_add(framed, bytes.data, len);
		bytes.data += len;
		bytes.len -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = fuzz_slice(data, size);
	struct arena arena = {0};
	struct container c, same;
	struct buf framed AUTO_BUF;
	struct err err = {0};

	record_init(&container_record, &c);
	record_init(&container_record, &same);
	HOLDS(logs_parse(bytes, true, logs_filter(), &arena, &c, &err) == 0);
	logs_check(&c, 0, &err);

	buf_init(&framed, 16 * size + 64);
	add_frames(&framed, bytes);
	HOLDS(logs_parse(buf_slice(&framed), false, logs_filter(), &arena, &same, &err) == 0);
	HOLDS(fuzz_is_same(c.error_count, same.error_count) && c.errors.count == same.errors.count);
	for (size_t i = 0; i < c.errors.count; i++)
		HOLDS(strcmp(c.errors.items[i], same.errors.items[i]) == 0 &&
			fuzz_is_same(c.error_counts.items[i], same.error_counts.items[i]));
	arena_release(&arena);
	return 0;
}

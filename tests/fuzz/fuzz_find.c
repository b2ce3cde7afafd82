/* Where a window begins in a history that asmo wrote, found from its end: from there on a reader sees all
 * that one from the start would see. The first two bytes choose the window, two more each entry: the time
 * since the one before, which may be negative, and its length. */
#include <math.h>
#include <string.h>

#include "asmo/file.h"
#include "history.h"
#include "history/entries.h"

enum { OLDER_IN_A_ROW = 100 }; /* that many ahead of newer ones may hide those before them */

static void add_all(int fd, off_t offset, double from_epoch, struct buf *out)
{
	struct entries entries;
	struct slice entry;
	struct err err;

	entries_init(&entries, fd, offset);
	while (entries_next(&entries, &entry, &err) > 0)
		if (entry_epoch(entry) >= from_epoch)
			buf_printf(out, "%.*s\n", (int)entry.len, entry.data);
	HOLDS(!entries.is_damaged);
	entries_release(&entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const double begin = 1768125600;
	struct buf file AUTO_BUF = buf_new(64 * 1024 * 1024);
	struct buf whole AUTO_BUF = buf_new(file.limit);
	struct buf part AUTO_BUF = buf_new(file.limit);
	double epoch = begin, from_epoch;
	int fd AUTO_CLOSE = -1;

	if (size < 2)
		return 0;
	from_epoch = begin + 16 * (double)((int8_t)data[0] * 256 + data[1]);
	for (size_t i = 2; i + 1 < size && i < (size_t)2 * OLDER_IN_A_ROW; i += 2) {
		size_t filling = data[i + 1];

		epoch += 16 * (double)(int8_t)data[i];
		buf_add_string(&file, i > 2 ? ",\n" : "[\n");
		history_add_entry(&file, epoch, filling == 0xFD ? filling * 256 : filling);
	}
	buf_add_string(&file, file.len ? "\n]\n" : "[\n]\n");
	fd = fuzz_file(buf_slice(&file));
	add_all(fd, 0, from_epoch, &whole);
	add_all(fd, entries_find(fd, from_epoch), from_epoch, &part);
	HOLDS(strcmp(whole.data, part.data) == 0);
	return 0;
}

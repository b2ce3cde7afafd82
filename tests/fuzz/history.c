#include "history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "base/json.h"
#include "history/entries.h"

size_t history_entries(struct slice file, bool *ret_is_damaged, struct buf *lines)
{
	int fd AUTO_CLOSE = fuzz_file(file);
	struct entries entries;
	struct slice entry;
	struct err err;
	size_t count = 0;
	int result;

	entries_init(&entries, fd, 0);
	while ((result = entries_next(&entries, &entry, &err)) > 0) {
		const char *place = memmem(file.data, file.len, entry.data, entry.len);
		char *text = strndup(entry.data, entry.len);

		HOLDS(fuzz_is_object(entry));
		HOLDS(isfinite(entry_epoch(entry)));
		HOLDS(place);
		file.len -= (size_t)(place - file.data) + entry.len;
		file.data = place + entry.len;
		if (memchr(entry.data, '\n', entry.len))
			cJSON_Minify(text);
		buf_printf(lines, "%s\n", text);
		free(text);
		count++;
	}
	HOLDS(result == 0);
	*ret_is_damaged = entries.is_damaged;
	entries_release(&entries);
	return count;
}

void history_add_entry(struct buf *out, double epoch, size_t filling)
{
	char when[CLOCK_TEXT];

	clock_format_local(epoch, when);
	buf_printf(out, "{\"timestamp\":\"%s\",\"server\":\"%*s\",\"epoch\":%.3f}", when, (int)filling, "",
		epoch);
}

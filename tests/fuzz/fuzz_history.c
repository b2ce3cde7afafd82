/* A history file: its entries, and whether it is sound, by cJSON's judgement. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/file.h"
#include "base/json.h"
#include "history.h"
#include "history/entries.h"

/* How many members an array has; -1: it is none, or one of them is no object with a time that can be read. */
static ssize_t array_size(struct slice file)
{
	struct err err;
	cJSON *json AUTO_JSON = json_parse(file, &err);
	ssize_t count = 0;

	if (!cJSON_IsArray(json))
		return -1;
	for (const cJSON *item = json->child; item; item = item->next, count++)
		if (!cJSON_IsObject(item))
			return -1;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = fuzz_slice(data, size);
	int fd AUTO_CLOSE = fuzz_file(file);
	struct buf lines AUTO_BUF = buf_new(16 * 1024 * 1024);
	bool is_damaged;
	size_t count;
	off_t found;

	count = history_entries(file, &is_damaged, &lines);
	if (!is_damaged)
		HOLDS(array_size(file) == (ssize_t)count);

	found = entries_find(fd, (double)INFINITY);
	HOLDS(found == 0 || (found < (off_t)size && (data[found] == '{' || data[found] == ']')));
	found = entries_find(fd, 1768125600);
	HOLDS(found == 0 || (found < (off_t)size && (data[found] == '{' || data[found] == ']')));
	return 0;
}

/* A snapshot is appended to any file: the history is sound afterwards, nothing that could be read in it is
 * lost, and what was damaged is kept as it was. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/history.h"
#include "base/json.h"
#include "history.h"

enum { LIMIT = 16 * 1024 * 1024 };

static char folder[200], history[256], lock[256];

static void remove_folder(void)
{
	unlink(history);
	unlink(lock);
	rmdir(folder);
}

static void make_folder(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/asmo-fuzz-XXXXXX", parent ? parent : "/tmp");
	HOLDS(mkdtemp(folder));
	snprintf(history, sizeof(history), "%s/history.json", folder);
	snprintf(lock, sizeof(lock), "%s/history.json.lock", folder);
	atexit(remove_folder);
}

static void read_file(const char *path, struct buf *ret)
{
	struct err err;

	HOLDS(file_read(AT_FDCWD, path, ret, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = fuzz_slice(data, size);
	struct buf before AUTO_BUF = buf_new(LIMIT);
	struct buf after AUTO_BUF = buf_new(LIMIT);
	struct buf text AUTO_BUF = buf_new(LIMIT);
	struct buf kept AUTO_BUF = buf_new(LIMIT);
	struct history_stat stat = {0};
	bool was_damaged, is_damaged;
	struct snapshot s, last;
	struct err err = {0};
	size_t count;

	if (!folder[0])
		make_folder();
	count = history_entries(file, &was_damaged, &before);
	HOLDS(file_put(history, file, 0600, &err) == 0);
	snapshot_init(&s);
	s.epoch = 1768125600;
	s.timestamp = arena_string(&s.arena, "2026-01-11T10:00:00");
	HOLDS(history_append(history, &s, NULL, -(double)INFINITY, clock_monotonic() + 60, &stat, &err) == 0);

	read_file(history, &text);
	HOLDS(history_entries(buf_slice(&text), &is_damaged, &after) == count + 1 && !is_damaged);
	HOLDS(after.len > before.len && memcmp(before.data, after.data, before.len) == 0);
	HOLDS(stat.snapshots == count + 1 && stat.readable == count && stat.was_damaged == was_damaged);
	if (was_damaged) {
		read_file(stat.kept_as, &kept);
		HOLDS(kept.len == size && (!size || memcmp(kept.data, data, size) == 0));
		unlink(stat.kept_as);
	}
	snapshot_init(&last);
	HOLDS(history_last(history, &last, &err) == 0 && fuzz_is_same(last.epoch, s.epoch));
	snapshot_release(&last);
	snapshot_release(&s);
	unlink(history);
	return 0;
}

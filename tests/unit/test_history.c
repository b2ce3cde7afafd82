#include "../support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/history.h"
#include "history/entries.h"

static char folder[64], path[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/asmo-history-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/health_history.json", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void write_file(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void read_file(const char *name, struct buf *text)
{
	struct err err;

	*text = buf_new(16 * 1024 * 1024);
	if (file_read(AT_FDCWD, name, text, &err) < 0)
		fail_msg("%s", err.text);
}

/* A snapshot whose entry is as long as asked for. */
static void make_snapshot(struct snapshot *s, double epoch, size_t padding)
{
	char when[CLOCK_TEXT];

	snapshot_init(s);
	clock_format_local(epoch, when);
	s->timestamp = arena_string(&s->arena, when);
	s->epoch = epoch;
	s->cpu_percent = fmod(epoch, 100);
	s->server = arena_string(&s->arena, "A\"epoch\":7, a name that looks like a member");
	if (padding) {
		char *text = arena_alloc(&s->arena, padding + 1);

		memset(text, 'x', padding);
		strings_add(&s->alert.warnings, &s->arena, text);
	}
}

static int append(double epoch, double oldest_epoch, struct history_stat *stat, struct err *err)
{
	struct snapshot s;
	int result;

	make_snapshot(&s, epoch, 0);
	result = history_append(path, &s, NULL, oldest_epoch, clock_monotonic() + 20, stat, err);
	snapshot_release(&s);
	return result;
}

static void append_well(double epoch, double oldest_epoch, struct history_stat *stat)
{
	struct err err;

	if (append(epoch, oldest_epoch, stat, &err) < 0)
		fail_msg("%s", err.text);
}

struct seen {
	double epochs[512];
	size_t count;
};

static void see(const struct snapshot *s, void *context)
{
	struct seen *seen = context;

	assert_true(seen->count < 512);
	seen->epochs[seen->count++] = s->epoch;
}

static void read_window(double from, double to, struct seen *seen, struct history_stat *stat)
{
	struct err err;

	seen->count = 0;
	if (history_read(path, from, to, see, seen, stat, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_seen(const struct seen *seen, const double *epochs, size_t count)
{
	assert_int_equal(seen->count, count);
	for (size_t i = 0; i < count; i++)
		assert_true(fabs(seen->epochs[i] - epochs[i]) < 0.5);
}

static void the_first_append_makes_the_folder_and_a_file_of_one_line_each(void **state)
{
	struct history_stat stat;
	struct stat st;
	struct buf text;

	(void)state;
	snprintf(path, sizeof(path), "%s/new/deep/h.json", folder);
	append_well(1000, 0, &stat);
	append_well(2000, 0, &stat);
	assert_int_equal(stat.snapshots, 2);
	assert_false(stat.was_damaged);
	read_file(path, &text);
	assert_memory_equal(text.data, "[\n{\"timestamp\":", 15);
	assert_string_equal(text.data + text.len - 4, "}\n]\n");
	assert_non_null(strstr(text.data, "},\n{\"timestamp\":"));
	buf_release(&text);
	assert_int_equal(stat.was_damaged, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void the_history_is_private_whatever_the_umask(void **state)
{
	mode_t old = umask(0);
	struct history_stat stat;
	struct stat st;
	char lock[128];

	(void)state;
	append_well(1000, 0, &stat);
	umask(old);
	assert_int_equal(stat.snapshots, 1);
	assert_int_equal(stat.was_damaged, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	assert_int_equal(lstat(lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void append_drops_what_is_older_than_the_retention_and_nothing_else(void **state)
{
	const double kept[] = {3000, 4000, 5000};
	struct history_stat stat;
	struct seen seen;

	(void)state;
	for (double epoch = 1000; epoch <= 4000; epoch += 1000)
		append_well(epoch, 0, &stat);
	append_well(5000, 2500, &stat);
	assert_int_equal(stat.snapshots, 3);
	assert_true(fabs(stat.oldest_epoch - 3000) < 1);
	read_window(0, 1e12, &seen, &stat);
	assert_seen(&seen, kept, 3);
}

/* The snapshot of that time, told or not. */
static void make_told(struct snapshot *s, double epoch, enum flag undelivered)
{
	make_snapshot(s, epoch, 0);
	s->alert.undelivered = undelivered;
}

static int replace_last(double epoch, struct err *err)
{
	struct snapshot before, after;
	int result;

	make_told(&before, epoch, FLAG_YES);
	make_told(&after, epoch, FLAG_NO);
	result = history_replace_last(path, &before, &after, clock_monotonic() + 20, err);
	snapshot_release(&before);
	snapshot_release(&after);
	return result;
}

static void append_untold(double epoch)
{
	struct history_stat stat;
	struct snapshot s;
	struct err err;

	make_told(&s, epoch, FLAG_YES);
	if (history_append(path, &s, NULL, 0, clock_monotonic() + 20, &stat, &err) < 0)
		fail_msg("%s", err.text);
	snapshot_release(&s);
}

/* Hourly, kept for two days. It may as well have been a year's pause. */
static void a_clock_that_jumps_ages_nothing(void **state)
{
	const double hour = 3600, days = 48 * hour, year = 365 * 24 * hour;
	struct history_stat stat;

	(void)state;
	for (int i = 0; i < 60; i++)
		append_well(1e9 + i * hour, 1e9 + i * hour - days, &stat);
	assert_int_equal(stat.snapshots, 49);
	for (int i = 60; i < 200; i++) {
		append_well(1e9 + year + i * hour, 1e9 + year + i * hour - days, &stat);
		assert_int_equal(stat.snapshots, 49);
		assert_near(stat.oldest_epoch, 1e9 + (i < 108 ? 0 : year) + (i - 48) * hour, 1);
	}
}

static double met_epoch;

static void meet(const struct snapshot *last, void *context)
{
	*(double *)context = last->epoch;
}

/* What an append met that knew of the entry of `known_epoch` (0: of none). */
static double met_by(double epoch, double known_epoch)
{
	struct snapshot s, known;
	struct history_expected expected = {known_epoch > 0 ? &known : NULL, meet, &met_epoch};
	struct history_stat stat;
	struct err err;

	make_snapshot(&s, epoch, 0);
	make_snapshot(&known, known_epoch, 0);
	met_epoch = MISSING;
	if (history_append(path, &s, &expected, 0, clock_monotonic() + 20, &stat, &err) < 0)
		fail_msg("%s", err.text);
	snapshot_release(&known);
	snapshot_release(&s);
	return met_epoch;
}

static void an_append_meets_what_it_did_not_know_of(void **state)
{
	(void)state;
	assert_missing(met_by(1000, 0));
	assert_missing(met_by(2000, 1000));
	assert_near(met_by(3000, 1000), 2000, 0);
	assert_near(met_by(4000, 0), 3000, 0);
	assert_missing(met_by(5000, 4000));
}

static enum flag last_undelivered(void)
{
	struct snapshot s;
	struct err err;
	enum flag undelivered;

	snapshot_init(&s);
	if (history_last(path, &s, &err) < 0)
		fail_msg("%s", err.text);
	undelivered = s.alert.undelivered;
	snapshot_release(&s);
	return undelivered;
}

static void the_last_entry_is_replaced_and_no_other(void **state)
{
	const double all[] = {1000, 2000, 3000};
	struct history_stat stat;
	struct seen seen;
	struct err err;

	(void)state;
	append_well(1000, 0, &stat);
	append_untold(2000);
	append_untold(3000);
	assert_int_equal(last_undelivered(), FLAG_YES);
	if (replace_last(3000, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(last_undelivered(), FLAG_NO);
	read_window(0, 1e12, &seen, &stat);
	assert_seen(&seen, all, 3);
	assert_false(stat.was_damaged);
}

/* Whatever does not fit: nothing is changed. */
static void what_is_not_the_last_entry_is_not_replaced(void **state)
{
	struct history_stat stat;
	struct buf before, after;
	struct err err;

	(void)state;
	assert_int_equal(replace_last(1000, &err), -1);
	assert_int_equal(err.code, ESTALE);
	assert_int_equal(access(path, F_OK), -1);
	append_untold(1000);
	append_well(2000, 0, &stat);
	read_file(path, &before);
	for (double epoch = 1000; epoch <= 3000; epoch += 1000) {
		assert_int_equal(replace_last(epoch, &err), -1);
		assert_int_equal(err.code, ESTALE);
	}
	read_file(path, &after);
	assert_string_equal(after.data, before.data);
	buf_release(&before);
	buf_release(&after);
}

static void a_damaged_history_is_left_to_the_next_append(void **state)
{
	static const char damaged[] = "[\n{\"timestamp\":\"2026-01-11T10:00:00\",\"epoch\":1000},oops\n]\n";
	struct buf after;
	struct err err;

	(void)state;
	write_file(damaged, sizeof(damaged) - 1);
	assert_int_equal(replace_last(1000, &err), -1);
	assert_int_equal(err.code, EBADMSG);
	read_file(path, &after);
	assert_string_equal(after.data, damaged);
	buf_release(&after);
}

static void a_window_is_read_from_the_end_and_holds_both_its_ends(void **state)
{
	const double inside[] = {2000, 3000, 4000};
	struct history_stat stat;
	struct seen seen;

	(void)state;
	for (double epoch = 1000; epoch <= 5000; epoch += 1000)
		append_well(epoch, 0, &stat);
	read_window(2000, 4000, &seen, &stat);
	assert_seen(&seen, inside, 3);
	assert_int_equal(stat.snapshots, 3);
	assert_true(fabs(stat.oldest_epoch - 1000) < 1);
	assert_false(stat.was_damaged);
	read_window(6000, 7000, &seen, &stat);
	assert_seen(&seen, NULL, 0);
	assert_false(stat.was_damaged);
}

static void a_clock_that_was_set_back_hides_no_entry_and_they_come_in_the_order_of_time(void **state)
{
	const double inside[] = {100000, 101000, 101500, 102000};
	struct history_stat stat;
	struct seen seen;

	(void)state;
	append_well(50000, 0, &stat);
	append_well(101500, 0, &stat);
	append_well(100000, 0, &stat);
	append_well(10, 0, &stat);
	append_well(101000, 0, &stat);
	append_well(20, 0, &stat);
	append_well(102000, 0, &stat);
	read_window(99000, 103000, &seen, &stat);
	assert_seen(&seen, inside, 4);
	assert_true(fabs(stat.oldest_epoch - 50000) < 1);
}

/* The clock was set back by 5000 s within a boot, after it had been right; two runs at a time, of which the
 * earlier one was stored last. */
static void entries_come_as_they_were_taken_whatever_the_clock_said(void **state)
{
	static const char text[] =
		"[\n"
		"{\"timestamp\":\"\",\"epoch\":9000,\"uptime_seconds\":100,\"boot_id\":\"b\"},\n"
		"{\"timestamp\":\"\",\"epoch\":10000,\"uptime_seconds\":1100,\"boot_id\":\"b\"},\n"
		"{\"timestamp\":\"\",\"epoch\":6000,\"uptime_seconds\":2100,\"boot_id\":\"b\"},\n"
		"{\"timestamp\":\"\",\"epoch\":5999,\"uptime_seconds\":2099,\"boot_id\":\"b\"},\n"
		"{\"timestamp\":\"\",\"epoch\":9500,\"uptime_seconds\":5600,\"boot_id\":\"b\"}\n]\n";
	const double taken[] = {9000, 10000, 5999, 6000, 9500}, apart[] = {9000, 10000, 5999, 9500};
	struct history_stat stat;
	struct seen seen;
	struct err err;

	(void)state;
	write_file(text, sizeof(text) - 1);
	read_window(0, 20000, &seen, &stat);
	assert_seen(&seen, taken, 5);
	seen.count = 0;
	assert_int_equal(history_sample(path, 0, 20000, 900, see, &seen, &stat, &err), 0);
	assert_seen(&seen, apart, 4);
}

static void count_one(const struct snapshot *s, void *context)
{
	(void)s;
	++*(size_t *)context;
}

static void more_entries_than_are_put_into_order_at_once_are_all_visited(void **state)
{
	enum { ENTRIES = 250 * 1000 };
	struct history_stat stat;
	struct err err;
	size_t visited = 0;
	FILE *f;

	(void)state;
	if (unit_is_slow())
		skip();
	f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < ENTRIES; i++)
		fprintf(f, "%s{\"timestamp\":\"\",\"epoch\":%d}", i ? ",\n" : "[\n", ENTRIES - i);
	fprintf(f, "\n]\n");
	assert_int_equal(fclose(f), 0);
	assert_int_equal(history_read(path, 0, 1e12, count_one, &visited, &stat, &err), 0);
	assert_int_equal(visited, ENTRIES);
	assert_int_equal(stat.snapshots, ENTRIES);
	assert_false(stat.was_damaged);
	assert_true(fabs(stat.oldest_epoch - 1) < 0.5);
}

static void entries_larger_than_the_reading_buffer_are_whole(void **state)
{
	const size_t paddings[] = {10, 255 * 1024, 256 * 1024, 300 * 1024, 1024 * 1024, 17};
	struct history_stat stat;
	struct seen seen;
	struct snapshot s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		make_snapshot(&s, 1000 + (double)i, paddings[i]);
		assert_int_equal(history_append(path, &s, NULL, 0, clock_monotonic() + 20, &stat, &err), 0);
		snapshot_release(&s);
	}
	assert_int_equal(stat.snapshots, 6);
	read_window(1001, 1e12, &seen, &stat);
	assert_int_equal(seen.count, 5);
	assert_false(stat.was_damaged);
	snapshot_init(&s);
	assert_int_equal(history_last(path, &s, &err), 0);
	assert_true(fabs(s.epoch - 1005) < 0.1);
	assert_string_equal(s.server, "A\"epoch\":7, a name that looks like a member");
	snapshot_release(&s);
}

/* As Python's json.dump(history, f, indent=2) writes it. */
static const char python_history[] = "[\n  {\n    \"timestamp\": \"2026-01-11T10:00:00.123456\",\n    "
				     "\"cpu_percent\": 15.3,\n    \"disks\": [\n"
				     "      {\n        \"mount\": \"/\",\n        \"used_percent\": 27.0\n   "
				     "   }\n    ],\n    \"containers\": []\n"
				     "  },\n  {\n    \"timestamp\": \"2026-01-11T11:00:00\",\n    "
				     "\"cpu_percent\": 16.5,\n    \"containers\": [\n"
				     "      {\n        \"name\": \"web \\\"x\\\" {\",\n        \"state\": "
				     "\"running\"\n      }\n    ]\n  }\n]";

static void a_history_of_the_python_version_is_read_kept_and_pruned(void **state)
{
	double first = clock_parse("2026-01-11T10:00:00", 19);
	struct history_stat stat;
	struct snapshot s;
	struct seen seen;
	struct buf text;
	struct err err;

	(void)state;
	write_file(python_history, sizeof(python_history) - 1);
	read_window(0, 1e12, &seen, &stat);
	assert_int_equal(seen.count, 2);
	assert_false(stat.was_damaged);
	snapshot_init(&s);
	assert_int_equal(history_last(path, &s, &err), 0);
	assert_string_equal(s.containers[0].name, "web \"x\" {");
	snapshot_release(&s);

	append_well(first + 7200, first + 60, &stat);
	assert_int_equal(stat.snapshots, 2);
	assert_false(stat.was_damaged);
	read_file(path, &text);
	assert_non_null(strstr(text.data, "[\n{\"timestamp\":\"2026-01-11T11:00:00\",\"cpu_percent\":16.5,"));
	buf_release(&text);
	read_window(0, 1e12, &seen, &stat);
	assert_int_equal(seen.count, 2);
}

#define A          "{\"timestamp\":\"2026-01-11T10:00:00\",\"cpu_percent\":1,\"epoch\":1000}"
#define B          "{\"timestamp\":\"2026-01-11T10:00:00\",\"cpu_percent\":2,\"epoch\":2000}"
#define C          "{\"timestamp\":\"2026-01-11T10:00:00\",\"cpu_percent\":3,\"epoch\":3000}"
#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	size_t survivors;
	bool is_sound;
} files[] = {
	{"as asmo writes it", TEXT("[\n" A ",\n" B ",\n" C "\n]\n"), 3, true},
	{"an empty array", TEXT("[]"), 0, true},
	{"an empty array in lines", TEXT("[\n]\n"), 0, true},
	{"all in one line", TEXT("[" A "," B "," C "]"), 3, true},
	{"one line with spaces", TEXT(" [ " A " , " B " , " C " ] \n"), 3, true},
	{"without the last line feed", TEXT("[\n" A ",\n" B ",\n" C "\n]"), 3, true},
	{"no bytes at all", TEXT(""), 0, false},
	{"a torn tail", TEXT("[\n" A ",\n" B ",\n{\"timestamp\":\"2026-01-11T1"), 2, false},
	{"a torn tail after a comma", TEXT("[\n" A ",\n" B ",\n"), 2, false},
	{"without the closing bracket", TEXT("[\n" A ",\n" B "\n"), 2, false},
	{"without the opening bracket", TEXT(A ",\n" B "\n]\n"), 2, false},
	{"all NUL", TEXT("\0\0\0\0\0\0\0\0"), 0, false},
	{"a NUL tail", TEXT("[\n" A ",\n" B "\0\0\0\0\0\0\0\0\0\0\0\0"), 2, false},
	{"NUL in the middle of an entry",
		TEXT("[\n" A ",\n{\"timestamp\":\"2026-0\0\0\0\0\0\0\"},\n" C "\n]\n"), 2, false},
	{"junk in the middle", TEXT("[\n" A ",\n%%% junk { [ \" %%%\n" C "\n]\n"), 2, false},
	{"a torn entry in the middle", TEXT("[\n" A ",\n{\"timestamp\":\"2026\",\"x\":{\"y\":\n" C "\n]\n"),
		2, false},
	{"a missing comma", TEXT("[\n" A "\n" B ",\n" C "\n]\n"), 3, false},
	{"two commas", TEXT("[\n" A ",,\n" B "\n]\n"), 2, false},
	{"a comma too many at the end", TEXT("[\n" A ",\n" B ",\n]\n"), 2, false},
	{"something behind the end", TEXT("[\n" A ",\n" B "\n]\n]"), 2, false},
	{"entries behind the end", TEXT("[\n" A "\n]\n[\n" B "\n]\n"), 2, false},
	{"another JSON type", TEXT("{\"snapshots\":[" A "]}"), 1, false},
	{"a number", TEXT("42\n"), 0, false},
	{"a nesting bomb", TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[["), 0, false},
	{"HTML", TEXT("<html><body>404</body></html>"), 0, false},
	{"a comma too many within an entry",
		TEXT("[\n" A ",\n{\"timestamp\":\"2026-01-11T10:00:00\",,\"epoch\":5},\n" C "\n]\n"), 2,
		false},
	{"two torn lines joined",
		TEXT("[\n" A ",\n{\"timestamp\":\"2026-01-11T1{\"timestamp\":\"2026\"},\n" C "\n]\n"), 2,
		false},
	{"invalid UTF-8 in an entry",
		TEXT("[\n" A ",\n{\"timestamp\":\"2026-01-11T10:00:00\",\"x\":\"\xff\"},\n" C "\n]\n"), 2,
		false},
	{"two entries in a line", TEXT("[\n" A "," B ",\n" C "\n]\n"), 3, true},
	{"an object without a time", TEXT("[\n" A ",\n{},\n" C "\n]\n"), 2, false},
	{"sorted by another tool",
		TEXT("[{\"cpu_percent\": 1, \"epoch\": 1000, \"timestamp\": \"2026-01-11T10:00:00\"}]"), 1,
		true},
	{"a byte order mark", TEXT("\xEF\xBB\xBF[\n" A ",\n" B "\n]\n"), 2, false},
	{"line ends of DOS", TEXT("[\r\n" A ",\r\n" B "\r\n]\r\n"), 2, true},
	{"a member with a raw line feed", TEXT("[\n" A ",\n{\"timestamp\":\"2026\n\"},\n" C "\n]\n"), 2,
		false},
};

static void what_can_be_read_of_a_history_survives(void **state)
{
	remove_folder(state);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct history_stat stat;
		struct seen seen;
		struct buf kept;

		make_folder(state);
		write_file(files[i].bytes, files[i].len);
		read_window(0, 1e12, &seen, &stat);
		if (seen.count != files[i].survivors || stat.was_damaged != !files[i].is_sound)
			fail_msg("%s: %zu read, damaged %d", files[i].name, seen.count, stat.was_damaged);
		append_well(9000, 0, &stat);
		if (stat.snapshots != files[i].survivors + 1 || stat.was_damaged != !files[i].is_sound)
			fail_msg("%s: %zu kept, damaged %d", files[i].name, stat.snapshots, stat.was_damaged);
		assert_int_equal(stat.kept_as[0] != '\0', !files[i].is_sound);
		if (!files[i].is_sound) {
			read_file(stat.kept_as, &kept);
			assert_int_equal(kept.len, files[i].len);
			assert_memory_equal(kept.data, files[i].bytes, kept.len);
			buf_release(&kept);
		}
		read_window(0, 1e12, &seen, &stat);
		assert_int_equal(seen.count, files[i].survivors + 1);
		assert_false(stat.was_damaged);
		remove_folder(state);
	}
	make_folder(state);
}

/* The file is read in pieces; the entry behind the junk begins anywhere about the end of one. */
static void an_entry_behind_junk_is_found_wherever_it_begins(void **state)
{
	enum { PIECE = 256 * 1024, BEFORE = sizeof("[\n" A ",\n") - 1 };
	char *bytes = malloc(PIECE + 1000);

	assert_non_null(bytes);
	(void)state;
	for (size_t begin = PIECE - 80; begin < PIECE + 10; begin++) {
		struct history_stat stat;
		struct seen seen;

		memcpy(bytes, "[\n" A ",\n", BEFORE);
		memset(bytes + BEFORE, '#', begin - BEFORE);
		memcpy(bytes + begin, B "\n]\n", sizeof(B "\n]\n"));
		write_file(bytes, strlen(bytes));
		read_window(0, 1e12, &seen, &stat);
		if (seen.count != 2 || !stat.was_damaged)
			fail_msg("at %zu: %zu read, damaged %d", begin, seen.count, stat.was_damaged);
	}
	free(bytes);
}

/* One that another tool wrote. What has no room in an entry is no entry, for a reader and for the next
 * append. */
static void an_entry_as_large_as_it_may_be_is_one_and_a_byte_more_is_damage(void **state)
{
	static const struct {
		size_t size;
		size_t survivors;
	} rows[] = {{ENTRY_LIMIT, 3}, {ENTRY_LIMIT + 1, 2}, {2 * ENTRY_LIMIT - 1000, 2}};
	static const char before[] = "[\n" A ",\n", after[] = ",\n" C "\n]\n";
	static const char head[] = "{\"timestamp\":\"2026-01-11T10:00:00\",\"x\":\"",
			  tail[] = "\",\"epoch\":2000}";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text AUTO_BUF = buf_new(3 * ENTRY_LIMIT);
		size_t padding = rows[i].size - (sizeof(head) - 1) - (sizeof(tail) - 1);
		struct history_stat stat;
		struct snapshot last;
		struct seen seen;
		struct err err;

		buf_add_string(&text, before);
		buf_add_string(&text, head);
		memset(buf_reserve(&text, padding), 'x', padding);
		text.len += padding;
		buf_add_string(&text, tail);
		buf_add_string(&text, "\n]\n");
		write_file(text.data, text.len);
		snapshot_init(&last);
		assert_int_equal(history_last(path, &last, &err), 0);
		assert_true(fabs(last.epoch - (rows[i].survivors == 3 ? 2000 : 1000)) < 1);
		text.len -= 3;
		buf_add_string(&text, after);
		write_file(text.data, text.len);
		read_window(0, 1e12, &seen, &stat);
		assert_int_equal(seen.count, rows[i].survivors);
		assert_int_equal(stat.was_damaged, rows[i].survivors < 3);
		append_well(9000, 0, &stat);
		assert_int_equal(stat.snapshots, rows[i].survivors + 1);
		assert_int_equal(stat.kept_as[0] != '\0', rows[i].survivors < 3);
		read_window(0, 1e12, &seen, &stat);
		assert_int_equal(seen.count, rows[i].survivors + 1);
		assert_false(stat.was_damaged);
		snapshot_release(&last);
	}
}

static void damaged_histories_of_one_second_are_all_kept(void **state)
{
	struct history_stat first, second;

	(void)state;
	write_file(TEXT("junk 1"));
	append_well(9000, 0, &first);
	write_file(TEXT("junk 2"));
	append_well(9000.5, 0, &second);
	assert_string_not_equal(first.kept_as, second.kept_as);
	assert_int_equal(access(first.kept_as, F_OK), 0);
	assert_int_equal(access(second.kept_as, F_OK), 0);
}

static void what_a_killed_run_left_is_removed(void **state)
{
	char left[128];
	struct history_stat stat;
	FILE *f;

	(void)state;
	snprintf(left, sizeof(left), "%s.tmp", path);
	f = fopen(left, "w");
	assert_non_null(f);
	fclose(f);
	append_well(1000, 0, &stat);
	assert_int_equal(access(left, F_OK), -1);
}

static void a_linked_history_stays_a_link(void **state)
{
	char target[128];
	struct history_stat stat;
	struct stat st;
	struct seen seen;

	(void)state;
	snprintf(target, sizeof(target), "%s/elsewhere.json", folder);
	append_well(1000, 0, &stat);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	append_well(2000, 0, &stat);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	read_window(0, 1e12, &seen, &stat);
	assert_int_equal(seen.count, 2);
}

static void a_folder_in_its_place_is_an_error_that_says_so(void **state)
{
	struct history_stat stat;
	struct err err;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(append(1000, 0, &stat, &err), -1);
	assert_non_null(strstr(err.text, "is not a file"));
}

static void a_lock_that_is_not_freed_is_waited_for_and_then_an_error(void **state)
{
	struct history_stat stat;
	struct snapshot s;
	char lock[128];
	struct err err;
	int fd;

	(void)state;
	snprintf(lock, sizeof(lock), "%s.lock", path);
	assert_int_equal(file_lock(lock, clock_monotonic() + 1, &fd, &err), 0);
	make_snapshot(&s, 1000, 0);
	assert_int_equal(history_append(path, &s, NULL, 0, clock_monotonic() + 0.1, &stat, &err), -1);
	assert_int_equal(err.code, ETIMEDOUT);
	snapshot_release(&s);
	close(fd);
	append_well(1000, 0, &stat);
}

static void forty_runs_at_once_store_forty_snapshots(void **state)
{
	enum { RUNS = 40 };
	struct history_stat stat;
	struct seen seen;
	pid_t children[RUNS];

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct err err;

			_exit(append(1000 + i, 0, &stat, &err) < 0);
		}
	}
	for (int i = 0; i < RUNS; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	read_window(0, 1e12, &seen, &stat);
	assert_int_equal(seen.count, RUNS);
	assert_false(stat.was_damaged);
}

static void the_last_entry_in_which_the_engine_answered_is_found(void **state)
{
	static const char text[] =
		"[\n{\"timestamp\":\"2026-01-11T10:00:00\",\"docker\":{\"available\":true},\"epoch\":1000},\n"
		"{\"timestamp\": \"2026-01-11T10:00:00\", \"docker\": {\"available\": true}, \"epoch\": "
		"2000},\n"
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"containers\":[{\"name\":\"available\"}],"
		"\"docker\":{\"available\":true},\"epoch\":2200},\n"
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"server\":\"\\\"available\\\":true\",\"docker\":{"
		"\"available\":"
		"false},\"epoch\":3000}\n]\n";
	struct snapshot s;
	struct err err;

	(void)state;
	write_file(text, sizeof(text) - 1);
	snapshot_init(&s);
	assert_int_equal(history_last_with_engine(path, 500, &s, &err), 0);
	assert_true(fabs(s.epoch - 2200) < 1);
	assert_int_equal(history_last_with_engine(path, 2500, &s, &err), -1);
	assert_int_equal(err.code, ENODATA);
	assert_int_equal(history_last(path, &s, &err), 0);
	assert_true(fabs(s.epoch - 3000) < 1);
	snapshot_release(&s);
}

static void a_sample_holds_entries_that_are_a_step_apart(void **state)
{
	const double apart[] = {1100, 1400, 1700};
	struct seen seen = {.count = 0};
	struct history_stat stat;
	struct err err;

	(void)state;
	for (double epoch = 1000; epoch <= 2000; epoch += 100)
		append_well(epoch, 0, &stat);
	assert_int_equal(history_sample(path, 1050, 1950, 250, see, &seen, &stat, &err), 0);
	assert_seen(&seen, apart, 3);
	assert_int_equal(stat.snapshots, 3);
	assert_false(stat.was_damaged);
}

static void no_history_is_told_from_an_empty_one(void **state)
{
	struct history_stat stat;
	struct snapshot s;
	struct seen seen = {.count = 0};
	struct err err;

	(void)state;
	snapshot_init(&s);
	assert_int_equal(history_last(path, &s, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(history_read(path, 0, 1, see, &seen, &stat, &err), -1);
	assert_int_equal(err.code, ENOENT);
	write_file(TEXT("[\n]\n"));
	assert_int_equal(history_last(path, &s, &err), -1);
	assert_int_equal(err.code, ENODATA);
	snapshot_release(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_append_makes_the_folder_and_a_file_of_one_line_each),
		TEST(the_history_is_private_whatever_the_umask),
		TEST(append_drops_what_is_older_than_the_retention_and_nothing_else),
		TEST(the_last_entry_is_replaced_and_no_other),
		TEST(a_clock_that_jumps_ages_nothing),
		TEST(an_append_meets_what_it_did_not_know_of),
		TEST(what_is_not_the_last_entry_is_not_replaced),
		TEST(a_damaged_history_is_left_to_the_next_append),
		TEST(a_window_is_read_from_the_end_and_holds_both_its_ends),
		TEST(a_clock_that_was_set_back_hides_no_entry_and_they_come_in_the_order_of_time),
		TEST(entries_come_as_they_were_taken_whatever_the_clock_said),
		TEST(more_entries_than_are_put_into_order_at_once_are_all_visited),
		TEST(entries_larger_than_the_reading_buffer_are_whole),
		TEST(a_history_of_the_python_version_is_read_kept_and_pruned),
		TEST(what_can_be_read_of_a_history_survives),
		TEST(an_entry_behind_junk_is_found_wherever_it_begins),
		TEST(an_entry_as_large_as_it_may_be_is_one_and_a_byte_more_is_damage),
		TEST(damaged_histories_of_one_second_are_all_kept),
		TEST(what_a_killed_run_left_is_removed),
		TEST(a_linked_history_stays_a_link),
		TEST(a_folder_in_its_place_is_an_error_that_says_so),
		TEST(a_lock_that_is_not_freed_is_waited_for_and_then_an_error),
		TEST(forty_runs_at_once_store_forty_snapshots),
		TEST(the_last_entry_in_which_the_engine_answered_is_found),
		TEST(a_sample_holds_entries_that_are_a_step_apart),
		TEST(no_history_is_told_from_an_empty_one),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

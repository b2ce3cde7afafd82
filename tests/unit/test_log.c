#include "../support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/file.h"
#include "asmo/log.h"

static struct arena arena;

static int end(void **state)
{
	arena_release(&arena);
	return unit_remove_folder(state);
}

static char *in_folder(void **state, const char *name)
{
	return arena_printf(&arena, "%s/%s", (const char *)*state, name);
}

static const char *content(const char *path)
{
	return unit_read(&arena, path).data;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void a_log_line_has_its_time_its_program_and_one_line(void **state)
{
	char *path = in_folder(state, "logs/asmo.log");
	struct err err;
	struct slice lines, second;

	unit_set_zone("Europe/Paris");
	assert_int_equal(log_add(path, LOG_LIMIT, 1768122000.9, "asmo-monitor", "one\n\033[31mtwo\033[0m\r\n",
				 &err),
		0);
	assert_int_equal(log_add(path, LOG_LIMIT, 1768122001, "asmo-report",
				 unit_repeat(&arena, 'x', 10000).data, &err),
		0);
	lines = unit_read(&arena, path);
	second = (struct slice){memchr(lines.data, '\n', lines.len), 0};
	assert_int_equal(strncmp(lines.data, "2026-01-11T10:00:00 asmo-monitor: one two\n", 42), 0);
	assert_ptr_equal(second.data, lines.data + 41);
	assert_int_equal(strncmp(second.data + 1, "2026-01-11T10:00:01 asmo-report: xxxx", 37), 0);
	assert_text(lines.data + lines.len - 5, "x…\n");
	assert_true(lines.len < 42 + 4096 + 60);
}

static void a_log_that_would_pass_its_limit_is_moved_aside_first(void **state)
{
	char *path = in_folder(state, "asmo.log"), *older = in_folder(state, "asmo.log.1");
	struct err err;
	mode_t before = umask(0);

	unit_set_zone("UTC");
	/* `1970-01-01T00:00:00 p: 0\n` is 25 bytes. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(log_add(path, 75, 0, "p", arena_printf(&arena, "%d", i), &err), 0);
	assert_text(content(older),
		"1970-01-01T00:00:00 p: 3\n1970-01-01T00:00:00 p: 4\n1970-01-01T00:00:00 p: 5\n");
	assert_text(content(path), "1970-01-01T00:00:00 p: 6\n1970-01-01T00:00:00 p: 7\n");
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(mode_of(older), 0600);
	/* One line alone may be longer than the limit. */
	unlink(path);
	assert_int_equal(log_add(path, 10, 0, "p", "8", &err), 0);
	assert_text(content(path), "1970-01-01T00:00:00 p: 8\n");
	umask(before);
	assert_int_equal(access(in_folder(state, "asmo.log.2"), F_OK), -1);
}

enum { WRITERS = 8, LINES = 50 };

/* Starts the writers at once; each adds its lines `<writer>-<line>-xxx...`. */
static void write_at_once(const char *path, size_t limit)
{
	struct slice padding = unit_repeat(&arena, 'x', 200);
	pid_t children[WRITERS];

	for (int w = 0; w < WRITERS; w++) {
		children[w] = fork();
		if (children[w])
			continue;
		for (int i = 0; i < LINES; i++) {
			struct err err;
			char text[300];

			snprintf(text, sizeof(text), "%d-%d-%s", w, i, padding.data);
			if (log_add(path, limit, 0, "p", text, &err) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;

		assert_int_equal(waitpid(children[w], &status, 0), children[w]);
		assert_int_equal(status, 0);
	}
}

static void count_lines(const char *path, int seen[WRITERS][LINES])
{
	struct slice text = unit_read(&arena, path);

	for (char *line = strtok(arena_slice(&arena, text), "\n"); line; line = strtok(NULL, "\n")) {
		int w, i, len = 0;

		assert_int_equal(sscanf(line, "1970-01-01T00:00:00 p: %d-%d-%n", &w, &i, &len), 2);
		assert_int_equal(strlen(line + len), 200);
		assert_int_equal(strspn(line + len, "x"), 200);
		assert_in_range(w, 0, WRITERS - 1);
		assert_in_range(i, 0, LINES - 1);
		seen[w][i]++;
	}
}

static void lines_of_several_runs_at_once_are_all_there_and_whole(void **state)
{
	/* Of 400 lines of 229 bytes or so: no turn of the log, and one. */
	static const size_t limits[] = {LOG_LIMIT, 60 * 1000};

	unit_set_zone("UTC");
	for (size_t l = 0; l < COUNT_OF(limits); l++) {
		int seen[WRITERS][LINES] = {{0}};
		char *path = in_folder(state, arena_printf(&arena, "%zu.log", l));
		char *older = arena_printf(&arena, "%s.1", path);

		unit_case("limit %zu", limits[l]);
		write_at_once(path, limits[l]);
		count_lines(path, seen);
		assert_count(access(older, F_OK), l ? 0 : -1);
		if (l) {
			assert_true(unit_read(&arena, older).len <= limits[l]);
			count_lines(older, seen);
		}
		for (int w = 0; w < WRITERS; w++)
			for (int i = 0; i < LINES; i++)
				assert_count(seen[w][i], 1);
	}
}

static void a_log_that_others_could_read_is_closed_to_them(void **state)
{
	char *path = in_folder(state, "asmo.log");
	struct err err;

	unit_write(path, "");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(log_add(path, LOG_LIMIT, 0, "p", "t", &err), 0);
	assert_int_equal(mode_of(path), 0600);
}

static void a_file_with_another_name_is_not_written_to(void **state)
{
	char *path = in_folder(state, "asmo.log"), *victim = in_folder(state, "victim");
	struct err err;

	unit_set_zone("UTC");
	unit_write(victim, "victim");
	assert_int_equal(chmod(victim, 0644), 0);
	assert_int_equal(link(victim, path), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_add(path, LOG_LIMIT, 0, "p", "t", &err), 0);
	assert_text(content(victim), "victim");
	assert_int_equal(mode_of(victim), 0644);
	assert_text(content(path), "1970-01-01T00:00:00 p: t\n1970-01-01T00:00:00 p: t\n");
}

static void make_link(const char *path)
{
	assert_int_equal(symlink("victim", path), 0);
}

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_pipe(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static const struct {
	void (*plant)(const char *path);
	int code;
	const char *says;
} in_the_way[] = {
	{make_link, ELOOP, "asmo.log is a symbolic link, which is not followed: remove it"},
	{make_folder, EISDIR, "asmo.log is a folder: remove it"},
	{make_pipe, ENXIO, "asmo.log is a pipe, a socket or a device: remove it"},
};

static void what_is_no_file_is_not_written_to_and_named(void **state)
{
	char *path = in_folder(state, "asmo.log"), *victim = in_folder(state, "victim"), byte;
	struct err err;

	unit_write(victim, "victim");
	for (size_t i = 0; i < COUNT_OF(in_the_way); i++) {
		int reader AUTO_CLOSE = -1;

		unit_case("%s", in_the_way[i].says);
		in_the_way[i].plant(path);
		if (in_the_way[i].plant == make_pipe)
			reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		assert_count(log_add(path, LOG_LIMIT, 0, "p", "t", &err), -1);
		assert_count(err.code, in_the_way[i].code);
		assert_says(err.text, in_the_way[i].says);
		if (reader >= 0)
			assert_count(read(reader, &byte, 1), 0);
		assert_count(remove(path), 0);
	}
	assert_text(content(victim), "victim");
}

static void a_log_that_cannot_be_moved_aside_says_what_is_in_the_way(void **state)
{
	char *path = in_folder(state, "asmo.log");
	struct err err;

	make_folder(in_folder(state, "asmo.log.1"));
	assert_int_equal(log_add(path, 10, 0, "p", "t", &err), 0);
	assert_int_equal(log_add(path, 10, 0, "p", "t", &err), -1);
	assert_says(err.text, "asmo.log.1 is a folder: remove it");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_make_folder, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_line_has_its_time_its_program_and_one_line),
		TEST(a_log_that_would_pass_its_limit_is_moved_aside_first),
		TEST(lines_of_several_runs_at_once_are_all_there_and_whole),
		TEST(a_log_that_others_could_read_is_closed_to_them),
		TEST(a_file_with_another_name_is_not_written_to),
		TEST(what_is_no_file_is_not_written_to_and_named),
		TEST(a_log_that_cannot_be_moved_aside_says_what_is_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

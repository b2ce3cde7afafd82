#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docker/answers.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct log_filter defaults;

static int compile_defaults(void **state)
{
	struct config config;

	(void)state;
	config_init(&config);
	log_filter_init(&defaults, &config.docker);
	config_release(&config);
	return 0;
}

static int release_defaults(void **state)
{
	(void)state;
	log_filter_release(&defaults);
	return 0;
}

static const struct log_window everything = {.since_epoch = 0,
	.until_epoch = (double)INFINITY,
	.max_lines = 1e9};

/* Parses from a copy without a byte behind it. */
static int parse(struct slice bytes, bool is_tty, const struct log_filter *filter, struct container *c,
	struct err *err)
{
	char *exact AUTO_FREE = mem_alloc(bytes.len);
	bool has_older;

	record_init(&container_record, c);
	if (bytes.len)
		memcpy(exact, bytes.data, bytes.len);
	return logs_parse((struct slice){exact, bytes.len}, is_tty, filter, &everything, &arena, c,
		&has_older, err);
}

/* `<all>: <count>x <message>|...` */
static const char *found(struct slice bytes, bool is_tty, const struct log_filter *filter)
{
	struct container c;
	struct err err;
	char *all;

	if (parse(bytes, is_tty, filter, &c, &err) < 0) {
		assert_missing(c.error_count);
		return arena_printf(&arena, "error: %s", err.text);
	}
	assert_int_equal(c.errors.count, c.error_counts.count);
	assert_int_equal(c.errors.count, c.error_first_epochs.count);
	assert_int_equal(c.errors.count, c.error_last_epochs.count);
	all = arena_printf(&arena, "%g:", c.error_count);
	for (size_t i = 0; i < c.errors.count; i++)
		all = arena_printf(&arena, "%s%s%gx %s", all, i ? "|" : " ", c.error_counts.items[i],
			c.errors.items[i]);
	return all;
}

/* Adds a frame to a stream. */
static void add_frame(struct buf *stream, char type, const char *text)
{
	size_t len = strlen(text);
	const char head[] = {type, 0, 0, 0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8),
		(char)len};

	buf_add(stream, head, sizeof(head));
	buf_add(stream, text, len);
}

/* What the recorded containers said */

#define LOGGER "3: 2x ERROR: database is locked|1x panic: connect to postgres://app:***@db/app refused"
#define BINARY "3: 1x ERROR: \uFFFD\uFFFD is not UTF-8, \uFFFD( neither|1x ERROR: in red|1x ERROR: café € 🐳"

static const struct {
	const char *engine, *name, *errors;
} recorded[] = {
	{"docker-20.10-cgroup1", "logger", LOGGER},
	{"docker-20.10-cgroup1", "binary", BINARY},
	{"docker-20.10-cgroup1", "tty", "1: 1x ERROR: seen on a terminal"},
	{"docker-20.10-cgroup1", "exited3", "1: 1x fatal: no such table"},
	{"docker-20.10-cgroup1", "limited", "0:"},
	{"docker-20.10-cgroup1", "healthy", "0:"},
	{"docker-26.1-cgroup2", "healthy", "3: 3x ERROR: database is locked"},
	{"docker-26.1-cgroup2", "tty", "5: 5x ERROR tty line"},
	{"docker-26.1-cgroup2", "burner", "0:"},
	{"docker-28.5-cgroup1", "logger", LOGGER},
	{"docker-28.5-cgroup1", "binary", BINARY},
	{"docker-28.5-cgroup1", "tty", "1: 1x ERROR: seen on a terminal"},
	{"podman-4.3", "logger", LOGGER},
	{"podman-4.3", "binary", BINARY},
	{"podman-4.3", "tty", "1: 1x ERROR: seen on a terminal"},
	{"podman-4.3", "exited3", "1: 1x fatal: no such table"},
	{"podman-4.3", "created", "0:"},
};

static void the_recorded_logs_give_each_error_once_with_its_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recorded); i++) {
		bool is_tty = strcmp(recorded[i].name, "tty") == 0;
		struct slice bytes =
			unit_fixture(&arena, "%s/%s.logs.bin", recorded[i].engine, recorded[i].name);

		unit_case("%s on %s", recorded[i].name, recorded[i].engine);
		assert_text(found(bytes, is_tty, &defaults), recorded[i].errors);
	}
}

static void a_terminals_log_read_as_frames_is_an_error(void **state)
{
	(void)state;
	assert_text(found(unit_fixture(&arena, "docker-26.1-cgroup2/tty.logs.bin"), false, &defaults),
		"error: the log is not framed as the engine frames logs");
}

/* Frames */

static const struct {
	const char *what;
	struct slice bytes;
	const char *errors;
} framed[] = {
	{"nothing", {"", 0}, "0:"},
	{"stdout and stderr", BYTES("\1\0\0\0\0\0\0\10error a\n\2\0\0\0\0\0\0\10error b\n"),
		"2: 1x error a|1x error b"},
	{"stdin, and the engine's own", BYTES("\0\0\0\0\0\0\0\10error a\n\3\0\0\0\0\0\0\10error b\n"),
		"2: 1x error a|1x error b"},
	{"two lines in one", BYTES("\2\0\0\0\0\0\0\20error a\nerror b\n"), "2: 1x error a|1x error b"},
	{"a line over two", BYTES("\2\0\0\0\0\0\0\3err\2\0\0\0\0\0\0\5or a\n"), "1: 1x error a"},
	{"a line over three, another stream between them",
		BYTES("\2\0\0\0\0\0\0\3err\1\0\0\0\0\0\0\2ok\2\0\0\0\0\0\0\3or \1\0\0\0\0\0\0\7 "
		      "fatal\n\2\0\0\0\0\0\0\2a\n"),
		"2: 1x ok fatal|1x error a"},
	{"empty ones", BYTES("\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\10error a\n\1\0\0\0\0\0\0\0"), "1: 1x error a"},
	{"no line break at the end", BYTES("\1\0\0\0\0\0\0\7error a\2\0\0\0\0\0\0\7error b"),
		"2: 1x error a|1x error b"},
	{"only line breaks", BYTES("\2\0\0\0\0\0\0\3\n\n\n"), "0:"},
	{"one that is cut off", BYTES("\2\0\0\0\0\0\0\10error a\n\2\0\0\0\0\0\0\100error b"),
		"2: 1x error a|1x error b"},
	{"a head that is cut off", BYTES("\2\0\0\0\0\0\0\10error a\n\2\0\0\0\0\0\0"), "1: 1x error a"},
	{"a length beyond all bounds", BYTES("\2\0\0\0\377\377\377\377error a\n"), "1: 1x error a"},
	{"NULs in a line", BYTES("\2\0\0\0\0\0\0\11err\0or a\n"), "1: 1x error a"},

	{"a stream that there is not", BYTES("\4\0\0\0\0\0\0\10error a\n"),
		"error: the log is not framed as the engine frames logs"},
	{"no zeros behind the stream", BYTES("\1\0\0\1\0\0\0\10error a\n"),
		"error: the log is not framed as the engine frames logs"},
	{"plain text", BYTES("error a\nerror b\n"), "error: the log is not framed as the engine frames logs"},
	{"rubbish behind good ones", BYTES("\2\0\0\0\0\0\0\10error a\nerror b\nerror c\n"),
		"error: the log is not framed as the engine frames logs"},
};

static void lines_are_put_together_from_frames_stream_by_stream(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(framed); i++) {
		unit_case("%s", framed[i].what);
		assert_text(found(framed[i].bytes, false, &defaults), framed[i].errors);
	}
}

static void a_log_that_is_cut_off_anywhere_is_read_as_far_as_it_goes(void **state)
{
	struct slice whole = unit_fixture(&arena, "docker-20.10-cgroup1/logger.logs.bin");
	double most = 0;

	(void)state;
	for (size_t len = 0; len <= whole.len; len++) {
		struct container c;
		struct err err;

		unit_case("%zu bytes", len);
		assert_count(parse((struct slice){whole.data, len}, false, &defaults, &c, &err), 0);
		/* The beginning of a line may be an error where the whole is none, so one may go again. */
		assert_true(c.error_count >= most - 1);
		most = fmax(most, c.error_count);
	}
	assert_near(most, 3, 0);
}

static void rubbish_in_a_log_is_refused_or_read_but_never_past_its_end(void **state)
{
	struct slice whole = unit_fixture(&arena, "podman-4.3/binary.logs.bin");
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char *bytes = arena_slice(&arena, whole);
		struct container c;
		struct err err;

		for (int i = 0; i < 4; i++) {
			random = random * 1664525 + 1013904223;
			bytes[(random >> 8) % whole.len] =
				"\0\1\2\3\4\n\033]\377\200 e\0\0\0\0"[random >> 28];
		}
		parse((struct slice){bytes, whole.len}, random & 1, &defaults, &c, &err);
	}
}

/* The engine splits lines at 16 KiB. */
static void a_line_as_long_as_the_answer_is_one_error_and_the_next_line_is_seen(void **state)
{
	struct slice part = unit_repeat(&arena, 'x', 16 * 1024);
	struct buf stream AUTO_BUF = buf_new(4 * 1024 * 1024);
	struct container c;
	struct err err;

	(void)state;
	add_frame(&stream, 2, "ERROR: ");
	for (int i = 0; i < 64; i++) {
		add_frame(&stream, 2, part.data);
		add_frame(&stream, 1, "fine\n");
	}
	add_frame(&stream, 2, "\nERROR: another\n");
	assert_int_equal(parse(buf_slice(&stream), false, &defaults, &c, &err), 0);
	assert_near(c.error_count, 2, 0);
	assert_int_equal(strncmp(c.errors.items[0], "ERROR: xxxxx", 12), 0);
	assert_in_range(strlen(c.errors.items[0]), DOCKER_ERROR_LENGTH_MAX - 4, DOCKER_ERROR_LENGTH_MAX);
	assert_says(c.errors.items[0], "x…");
	assert_text(c.errors.items[1], "ERROR: another");

	/* On a terminal it comes in one piece. */
	buf_clear(&stream);
	buf_printf(&stream, "ERROR: %s", unit_repeat(&arena, 'y', 1024 * 1024).data);
	assert_int_equal(parse(buf_slice(&stream), true, &defaults, &c, &err), 0);
	assert_near(c.error_count, 1, 0);
	assert_in_range(strlen(c.errors.items[0]), DOCKER_ERROR_LENGTH_MAX - 4, DOCKER_ERROR_LENGTH_MAX);
}

/* Messages */

static void a_message_is_kept_once_up_to_a_number_of_them_and_all_are_counted(void **state)
{
	struct buf log AUTO_BUF = buf_new(1024 * 1024);
	struct container c;
	struct err err;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&log, "error %d\n", i % (DOCKER_ERRORS_MAX + 5));
	assert_int_equal(parse(buf_slice(&log), true, &defaults, &c, &err), 0);
	assert_near(c.error_count, 1000, 0);
	assert_int_equal(c.errors.count, DOCKER_ERRORS_MAX);
	assert_int_equal(c.error_counts.count, DOCKER_ERRORS_MAX);
	for (size_t i = 0; i < c.errors.count; i++) {
		assert_text(c.errors.items[i], arena_printf(&arena, "error %zu", i));
		assert_near(c.error_counts.items[i], 40, 0);
	}
}

static void a_line_takes_memory_only_when_its_message_is_new(void **state)
{
	struct buf log AUTO_BUF = buf_new(1024 * 1024);
	const void *block;
	struct container c;
	struct err err;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_add_string(&log, "error: the same again\n");
	arena_string(&arena, "the first block");
	block = arena.newest;
	assert_int_equal(parse(buf_slice(&log), true, &defaults, &c, &err), 0);
	assert_near(c.error_count, 10000, 0);
	assert_ptr_equal(arena.newest, block); /* one of 16 KiB: there was room for no two copies of each */
}

static void messages_that_differ_only_in_what_is_cleaned_or_masked_are_one(void **state)
{
	(void)state;
	assert_text(found(slice_of("error: a\r\n\033[31merror:\033[0m a\nerror:\ta  \nerror: a\n"), true,
			    &defaults),
		"4: 4x error: a");
	assert_text(found(slice_of("error token=abc\nerror token=def\n"), true, &defaults),
		"2: 2x error token=***");
}

static void a_secret_is_masked_before_the_message_is_cut(void **state)
{
	(void)state;
	for (size_t padding = 200; padding < 320; padding++) {
		char *line = arena_printf(&arena, "error %s password=hunter2hunter2\n",
			unit_repeat(&arena, 'x', padding).data);

		unit_case("behind %zu letters", padding);
		assert_null(strstr(found(slice_of(line), true, &defaults), "hun"));
	}
}

/* Times */

/* 2026-01-11T10:00:00Z */
static const double ten = 1768125600;

#define AT(time) "2026-01-11T" time "Z "

static const struct {
	const char *what;
	bool is_tty;
	struct slice bytes;
	double since, until; /* seconds after ten */
	const char *errors;
} windows[] = {
	{"the window's start is in it, its end is not", true,
		BYTES(AT("09:59:59.999900000") "error a\n" AT("10:00:00.000000000") "error b\n" AT(
			"10:00:01.999999") "error c\n" AT("10:00:02.000000000") "error d\n"),
		0, 2, "2: 1x error b 0 0|1x error c 2 2"},
	{"whole seconds, as Podman has them", true,
		BYTES(AT("09:59:59") "error a\n" AT("10:00:00") "error b\n" AT("10:00:01") "error c\n" AT(
			"10:00:02") "error d\n"),
		0, 2, "2: 1x error b 0 0|1x error c 1 1"},
	{"the zone of the engine's machine", true,
		BYTES("2026-01-11T11:00:00+01:00 error a\n2026-01-11T04:30:01.5-05:30 error b\n"), 0, 2,
		"2: 1x error a 0 0|1x error b 2 2"},
	{"first and last of a message, in any order", true,
		BYTES(AT("10:00:03") "error in /a\n" AT("10:00:01") "error in /b\n" AT(
			"10:00:02") "error in /c\n"),
		0, 9, "3: 3x error in /a 1 3"},
	{"frames", false,
		BYTES("\2\0\0\0\0\0\0\35" AT("10:00:00") "error a\n\1\0\0\0\0\0\0\35" AT(
			"10:00:01") "error b\n"),
		1, 2, "1: 1x error b 1 1"},
	{"a line over two frames has two times, the first counts", false,
		BYTES("\2\0\0\0\0\0\0\30" AT("10:00:00") "err\2\0\0\0\0\0\0\31" AT("10:00:05") "or a\n"), 0,
		1, "1: 1x error a 0 0"},
	{"a part that is only the end of the line", false,
		BYTES("\2\0\0\0\0\0\0\34" AT("10:00:00") "error a\2\0\0\0\0\0\0\26" AT("10:00:00") "\n"), 0,
		1, "1: 1x error a 0 0"},
	{"another stream between the parts", false,
		BYTES("\2\0\0\0\0\0\0\30" AT("10:00:00") "err\1\0\0\0\0\0\0\35" AT(
			"10:00:00") "error b\n\2\0\0\0\0\0\0\31" AT("10:00:00") "or a\n"),
		0, 1, "2: 1x error b 0 0|1x error a 0 0"},
	{"a program's own time stays", false,
		BYTES("\1\0\0\0\0\0\0\64" AT("10:00:00.5") "2026-01-11T10:00:00Z error a\n"), 0, 1,
		"1: 1x 2026-01-11T10:00:00Z error a 0 0"},
	{"a line in parts, on a terminal", true,
		BYTES(AT("10:00:00") "err" AT("10:00:01") "or" AT("10:00:05.123") " a\r\n"), 0, 1,
		"1: 1x error a 0 0"},
	{"a line without a time counts", true, BYTES("error a\n"), 0, 1, "1: 1x error a nan nan"},
	{"an empty line", true, BYTES(AT("10:00:00") "\n" AT("10:00:00") "error a\n"), 0, 1,
		"1: 1x error a 0 0"},
};

static void a_line_counts_in_the_window_that_its_time_lies_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(windows); i++) {
		struct log_window window = {ten + windows[i].since, ten + windows[i].until, 100};
		struct container c;
		bool has_older;
		struct err err;
		char *all;

		unit_case("%s", windows[i].what);
		record_init(&container_record, &c);
		assert_count(logs_parse(windows[i].bytes, windows[i].is_tty, &defaults, &window, &arena, &c,
				     &has_older, &err),
			0);
		all = arena_printf(&arena, "%g:", c.error_count);
		for (size_t k = 0; k < c.errors.count; k++)
			all = arena_printf(&arena, "%s%s%gx %s %.0f %.0f", all, k ? "|" : " ",
				c.error_counts.items[k], c.errors.items[k],
				c.error_first_epochs.items[k] - ten, c.error_last_epochs.items[k] - ten);
		assert_text(all, windows[i].errors);
	}
}

/* One more line than was wanted says that there are more, unless it is older than the window. */
static void a_log_with_more_lines_than_were_wanted_says_so(void **state)
{
	static const struct {
		double since, max_lines;
		bool has_older;
	} cases[] = {{0, 3, false}, {0, 2, true}, {1, 2, false}, {0, 1, true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_window window = {ten + cases[i].since, ten + 9, cases[i].max_lines};
		struct container c;
		bool has_older;
		struct err err;

		unit_case("since %g, %g lines", cases[i].since, cases[i].max_lines);
		record_init(&container_record, &c);
		assert_count(logs_parse(slice_of(AT("10:00:00") "a\n" AT("10:00:01") "b\n" AT(
						"10:00:02") "c\n"),
				     true, &defaults, &window, &arena, &c, &has_older, &err),
			0);
		assert_count(has_older, cases[i].has_older);
	}
}

/* Messages over several lines */

static const struct {
	const char *what, *log, *errors;
} stacks[] = {
	{"Python",
		"Traceback (most recent call last):\n  File \"/app/main.py\", line 7, in <module>\n    "
		"raise Error(1)\nValueError: bad error\n",
		"1: 1x ValueError: bad error"},
	{"Python, twice",
		"Traceback (most recent call last):\n  File \"a\"\nValueError: 1 error\nTraceback (most "
		"recent call "
		"last):\n  File \"a\"\nValueError: 2 errors\n",
		"2: 1x ValueError: 1 error|1x ValueError: 2 errors"},
	{"Python's logging",
		"ERROR:root:job failed\nTraceback (most recent call last):\n  File \"a\"\nValueError: "
		"x\nINFO:root:go "
		"on\n",
		"1: 1x ERROR:root:job failed"},
	{"Python, one while handling another",
		"Traceback (most recent call last):\n  File \"a\"\nKeyError: x\n\nDuring handling of the "
		"above exception, "
		"another exception occurred:\n\nTraceback (most recent call last):\n  File "
		"\"b\"\nValueError: y\nerror z\n",
		"2: 1x KeyError: x|1x error z"},
	{"Python, cut off", "Traceback (most recent call last):\n  File \"a\"\n",
		"1: 1x Traceback (most recent call last):"},
	{"Java",
		"2026-01-11 10:00:00 ERROR [main] App - failed\njava.lang.IllegalStateException: error "
		"x\n\tat "
		"a.B.c(D.java:1)\n\tat a.Error.e(D.java:2)\nCaused by: java.io.IOException: error y\n\t... 2 "
		"more\n",
		"1: 1x 2026-01-11 10:00:00 ERROR [main] App - failed"},
	{"Java alone", "Exception in thread \"main\" java.lang.Error: x\n\tat a.Exception.c(D.java:1)\n",
		"1: 1x Exception in thread \"main\" java.lang.Error: x"},
	{"Jellyfin",
		"[10:00:00] [ERR] [7] Server: Error processing request\nSystem.IO.IOException: error\n   at "
		"Error.X()\n[10:00:00] [INF] fine\n",
		"1: 1x [10:00:00] [ERR] [7] Server: Error processing request"},
	{".NET",
		"fail: Host[1]\n      An unhandled exception has occurred.\ninfo: Host[2]\n      Error page "
		"shown.\n",
		"1: 1x fail: Host[1]"},
	{"Node",
		"Error: connect ECONNREFUSED\n    at TCP (net.js:1)\n    at Error.x (y.js:2) {\n  code: "
		"'error'\n}\n",
		"1: 1x Error: connect ECONNREFUSED"},
	{"an indented line behind one without a level is its own", "starting\n  error a\n", "1: 1x error a"},
	{"an indented line with a level is its own", "error a\n ERROR b\n  [error] c\n",
		"3: 1x error a|1x ERROR b|1x [error] c"},
	{"two errors that are not of a stack", "error a\nerror b\n", "2: 1x error a|1x error b"},
	{"a second later it is another message", AT("10:00:00") "error a\n" AT("10:00:02") "  error b\n",
		"2: 1x error a|1x error b"},
	{"a traceback that goes on a second later is none",
		AT("10:00:00") "Traceback (most recent call last):\n" AT("10:00:02") "error b\n",
		"2: 1x Traceback (most recent call last):|1x error b"},
};

static void an_error_over_several_lines_is_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stacks); i++) {
		unit_case("%s", stacks[i].what);
		assert_text(found(slice_of(stacks[i].log), true, &defaults), stacks[i].errors);
	}
}

/* Which lines are errors */

static const struct {
	const char *line;
	bool is_error;
} lines[] = {
	{"ERROR: database is locked", true},
	{"[error] 1#1: *1 open() \"/x\" failed (2: No such file or directory)", true},
	{"SQLite Error 5: database is locked", true},
	{"java.lang.NullPointerException: Cannot invoke", true},
	{"Traceback (most recent call last):", true},
	{"panic: runtime error: index out of range", true},
	{"FATAL:  role \"app\" does not exist", true},
	{"time=\"2026-01-11T10:00:00Z\" level=error msg=\"x\"", true},
	{"{\"level\":\"error\",\"msg\":\"x\"}", true},
	{"{\"level\":\"fatal\",\"msg\":\"x\"}", true},
	{"npm ERR! code ELIFECYCLE", true},
	{"Segmentation fault (core dumped)", true},
	{"Out of memory: Killed process 7", true},
	{"CRIT Supervisor is running as root", true},
	{"2 errors occurred", true},
	{"backup failed after 3 s", true},
	{"errors: 3", true},
	{"failed=1", true},
	/* what begins as if there were none */
	{"ERROR: no space left on device", true},
	{"Error: No such container: web", true},
	{"error: no route to host", true},
	{"ERROR:  null value in column \"id\" violates not-null constraint", true},
	{"Error: none of the configured nodes are available", true},
	{"failed: 0x80004005", true},
	{"error=0.5", true},

	{"listening on port 8080", false},
	{"GET /health 200", false},
	{"0 errors, 0 warnings", false},
	{"no errors found", false},
	{"finished without error", false},
	{"zero failures", false},
	{"level=info msg=\"job done\" failed=0", false},
	{"PLAY RECAP ok=3 changed=0 unreachable=0 failed=0 skipped=1", false},
	{"{\"level\":\"info\",\"msg\":\"retrying after error\"}", false},
	{"level=debug msg=\"error page loaded\"", false},
	{"{\"ok\":true,\"error\":null}", false},
	{"{\"error\": null}", false},
	{"{\"errors\":0,\"passed\":3}", false},
	{"error: none", false},
	{"errors: 0", false},
	{"Failed: 0, Passed: 3", false},
	{"error_count=0", false},
	{"err=nil", false},
	{"error=\"<nil>\"", false},
	{"interrupted, mirrored, differ", false},
	{"", false},
};

static void the_default_patterns_find_errors_and_not_their_absence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct container c;
		struct err err;

		unit_case("%s", lines[i].line);
		assert_count(parse(slice_of(lines[i].line), true, &defaults, &c, &err), 0);
		assert_count(c.error_count, lines[i].is_error);
	}
}

static struct strings strings_of(const char *joined)
{
	struct strings list = {0};
	char *copy = arena_string(&arena, joined);

	for (char *item = strtok(copy, "\n"); item; item = strtok(NULL, "\n"))
		strings_add(&list, &arena, item);
	return list;
}

static const struct {
	const char *what, *error_patterns, *ignore_patterns, *log, *errors; /* patterns: a line each */
} filters[] = {
	{"no patterns", "", "", "error a\n", "0:"},
	{"only patterns to ignore", "", "a", "error a\n", "0:"},
	{"one of two", "^x\n^y", "", "x1\ny1\nz x\n", "2: 1x x1|1x y1"},
	{"case does not count", "BoOm", "QUIET", "boom\nboom quiet\n", "1: 1x boom"},
	{"ignored stands above error", "boom", "boom b\nboom c", "boom a\nboom b\nboom c\n", "1: 1x boom a"},
	{"each pattern is one of its own", "a|b\n(x)\\1\nc$", "", "ab\nxx\nx\ncd\ndc\n",
		"3: 1x ab|1x xx|1x dc"},
	{"anchors", "^boom$", "", " boom \nboom\nboom!\n", "2: 2x boom"},
	{"letters outside ASCII", "\303\251chec", "", "\303\251chec total\n", "1: 1x \303\251chec total"},
};

static void the_patterns_of_the_config_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		struct config_docker settings = {.error_patterns = strings_of(filters[i].error_patterns),
			.ignore_patterns = strings_of(filters[i].ignore_patterns)};
		struct log_filter filter;

		unit_case("%s", filters[i].what);
		log_filter_init(&filter, &settings);
		assert_text(found(slice_of(filters[i].log), true, &filter), filters[i].errors);
		log_filter_release(&filter);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorded_logs_give_each_error_once_with_its_count),
		TEST(a_terminals_log_read_as_frames_is_an_error),
		TEST(lines_are_put_together_from_frames_stream_by_stream),
		TEST(a_log_that_is_cut_off_anywhere_is_read_as_far_as_it_goes),
		TEST(rubbish_in_a_log_is_refused_or_read_but_never_past_its_end),
		TEST(a_line_as_long_as_the_answer_is_one_error_and_the_next_line_is_seen),
		TEST(a_message_is_kept_once_up_to_a_number_of_them_and_all_are_counted),
		TEST(a_line_takes_memory_only_when_its_message_is_new),
		TEST(messages_that_differ_only_in_what_is_cleaned_or_masked_are_one),
		TEST(a_secret_is_masked_before_the_message_is_cut),
		TEST(a_line_counts_in_the_window_that_its_time_lies_in),
		TEST(a_log_with_more_lines_than_were_wanted_says_so),
		TEST(an_error_over_several_lines_is_one),
		TEST(the_default_patterns_find_errors_and_not_their_absence),
		TEST(the_patterns_of_the_config_decide),
	};

	return cmocka_run_group_tests(tests, compile_defaults, release_defaults);
}

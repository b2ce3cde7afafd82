/* Which lines are errors: by their level, and over the table in tests/fixtures/log-lines: real forms of many
 * programs, a file each. A line begins with `+` when it is an error and with `-` when it is none. `tuning` is
 * what the rules were made with, `held-out` was written down before the rules were tried on it.
 */
#include "../support/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "asmo/text.h"
#include "docker/answers.h"

static struct arena arena;

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

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

#define FINE   LOG_LEVEL_FINE
#define BAD    LOG_LEVEL_ERROR
#define SILENT LOG_LEVEL_NONE

static const struct {
	enum log_level level;
	const char *line;
} levels[] = {
	/* a word at the beginning, behind times and names */
	{BAD, "ERROR: x"},
	{BAD, "error: x"},
	{FINE, "info: error"},
	{FINE, "2026-01-11 10:00:00 INFO error"},
	{BAD, "2026-01-11 10:00:00,123 - root - ERROR - x"},
	{FINE, "2026-01-11T10:00:00Z INF error=\"x\""},
	{FINE, "2026-01-11 10:00:00 UTC [1] LOG:  error"},
	{FINE, "Jan 11 10:00:00 host program[7]: warning: error"},
	{BAD, "Zigbee2MQTT:error 2026-01-11 x"},
	{FINE, "INFO:root:error"},
	{BAD, "[2026-01-11 10:00:00] local.ERROR: x"},
	{FINE, "[2026-01-11 10:00:00] production.DEBUG: error"},
	{FINE, "2026-01-11T10:00:00.000Z | info     | error"},
	{FINE, "10:00:00.123 debug error"},
	{BAD, "error 2026-01-11 10:00:00: x"},
	{SILENT, "error in 2026"},
	{SILENT, "some words before an ERROR are a sentence"},
	{SILENT, "information about an error"},
	{SILENT, "noerror: x"},
	/* in brackets */
	{BAD, "[error] x"},
	{FINE, "[WARN ] error"},
	{BAD, "[10:00:00 ERR] x"},
	{FINE, "[2026-01-11 10:00:00,000: INFO/MainProcess] error"},
	{BAD, "[Mon Jan 11 10:00:00 2026] [core:error] [pid 1] x"},
	{FINE, "[Mon Jan 11 10:00:00 2026] [core:notice] [pid 1] error"},
	{FINE, "2026/01/11 10:00:00 a.go:1:f() [I] error"},
	{BAD, "2026/01/11 10:00:00 a.go:1:f() [E] x"},
	{SILENT, "[error handler] x"},
	{SILENT, "[error"},
	/* as a value */
	{FINE, "time=x level=info msg=\"error\""},
	{BAD, "{\"level\":\"error\",\"msg\":\"info\"}"},
	{BAD, "{\"a\":1, \"levelname\": \"ERROR\"}"},
	{BAD, "{\"log.level\":\"error\"}"},
	{FINE, "{\"level\":30}"},
	{BAD, "{\"level\":50}"},
	{BAD, "{\"reqId\":\"x\",\"level\":3}"},
	{FINE, "{\"reqId\":\"x\",\"level\":2}"},
	{BAD, "{\"version\":\"1.1\",\"level\":2}"},
	{FINE, "{\"version\":\"1.1\",\"level\":6}"},
	{BAD, "t=x lvl=eror msg=x"},
	{SILENT, "GET /?level=info"},
	{SILENT, "sealevel=info"},
	{SILENT, "level: info"},
	{SILENT, "level="},
	{SILENT, "{\"level\":\"\"}"},
	/* of one program alone */
	{FINE, "1:M 11 Jan 2026 10:00:00.123 * error"},
	{SILENT, "1:M 11 Jan 2026 10:00:00.123 # x"},
	{FINE, "1:M 11 Jan 2026 10:00:00.123 # WARNING error"},
	{BAD, "NOTICE: PHP message: PHP Fatal error:  x"},
	{FINE, "NOTICE: PHP message: PHP Warning:  error"},
	{BAD, "E0111 10:00:00.000000       1 a.go:1] x"},
	{FINE, "W0111 10:00:00.000000       1 a.go:1] error"},
	{SILENT, "{\"t\":{\"$date\",\"s\":\""},
	{BAD, "{\"t\":{\"$date\":\"x\"},\"s\":\"E\",  \"c\":\"x\"}"},
	{FINE, "{\"t\":{\"$date\":\"x\"},\"s\":\"I\",  \"c\":\"error\"}"},
	/* requests served */
	{FINE, "1.2.3.4 - - [11/Jan/2026:10:00:00 +0000] \"GET /error HTTP/1.1\" 500 1"},
	{SILENT, "failed to read \"GET /error HTTP/1.1\", host x"},
	{FINE, "GET /error 404 1.2 ms - 7"},
	{SILENT, "GET /error failed"},
	{FINE, "[GIN] 2026/01/11 - 10:00:00 | 500 | 1.2ms | 10.0.0.1 | GET \"/error\""},
	{FINE, "[11/Jan/2026:10:00:00 +0000] - 200 200 - GET https a \"/error\""},
	{SILENT, ""},
	{SILENT, " "},
	{SILENT, "["},
	{SILENT, "-"},
};

static void a_line_has_the_level_that_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(levels); i++) {
		unit_case("%s", levels[i].line);
		assert_count(log_level(levels[i].line), levels[i].level);
	}
}

static void with_levels_left_out_the_patterns_decide_alone(void **state)
{
	static const struct {
		const char *line;
		bool with_levels, without;
	} cases[] = {
		{"WARN failed to connect", false, true}, {"[FTL] x", true, false},
		{"failed to connect", true, true},
		{"ERROR: 0 errors", false, false}, /* what is to be ignored is ignored at any level */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_filter filter = defaults;

		unit_case("%s", cases[i].line);
		assert_count(log_is_error(&filter, cases[i].line), cases[i].with_levels);
		filter.use_levels = false;
		assert_count(log_is_error(&filter, cases[i].line), cases[i].without);
	}
}

struct score {
	double hits, misses, false_alarms, lines;
};

/* As logs_parse would: cleaned first. */
static void judge(const char *file, char *row, struct score *score)
{
	char *line = text_clean_copy(&arena, slice_of(row + 2), 4096);
	bool is_error = log_is_error(&defaults, line), should_be = *row == '+';

	score->lines++;
	score->hits += is_error && should_be;
	score->misses += !is_error && should_be;
	score->false_alarms += is_error && !should_be;
	if (is_error != should_be)
		printf("  %s %s: %s\n", is_error ? "false alarm" : "missed", file, line);
}

static void judge_file(const char *folder, const char *file, struct score *score)
{
	char *text = arena_slice(&arena, unit_fixture(&arena, "log-lines/%s/%s", folder, file));

	for (char *row = strtok(text, "\n"); row; row = strtok(NULL, "\n"))
		if ((*row == '+' || *row == '-') && row[1] == ' ')
			judge(file, row, score);
		else if (*row != '#')
			fail_msg("%s: neither +, - nor #: %s", file, row);
}

static struct score judge_folder(const char *folder)
{
	DIR *dir = opendir(
		unit_checkout_path(&arena, arena_printf(&arena, "tests/fixtures/log-lines/%s", folder)));
	struct score score = {0};
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".txt"))
			judge_file(folder, entry->d_name, &score);
	closedir(dir);
	return score;
}

static void check(const char *what, const struct score *score)
{
	double precision = score->hits / (score->hits + score->false_alarms);
	double recall = score->hits / (score->hits + score->misses);

	printf("%s: %.0f lines, %.0f errors among them: precision %.3f, recall %.3f\n", what, score->lines,
		score->hits + score->misses, precision, recall);
	assert_true(precision >= 0.95);
	assert_true(recall >= 0.95);
}

static void errors_are_found_with_precision_and_recall_of_95_percent(void **state)
{
	struct score tuning, held_out, both;

	(void)state;
	tuning = judge_folder("tuning");
	held_out = judge_folder("held-out");
	both = (struct score){tuning.hits + held_out.hits, tuning.misses + held_out.misses,
		tuning.false_alarms + held_out.false_alarms, tuning.lines + held_out.lines};
	assert_true(both.lines >= 400);
	check("tuning", &tuning);
	check("held-out", &held_out);
	check("both", &both);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_the_level_that_it_says),
		TEST(with_levels_left_out_the_patterns_decide_alone),
		TEST(errors_are_found_with_precision_and_recall_of_95_percent),
	};

	return cmocka_run_group_tests(tests, compile_defaults, release_defaults);
}

/* Which lines are errors, over the table in tests/fixtures/log-lines: real forms of many programs, a file
 * each. A line begins with `+` when it is an error and with `-` when it is none. `tuning` is what the rules
 * were made with, `held-out` was written down before the rules were tried on it.
 */
#include "../support/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "asmo/text.h"
#include "docker/answers.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

struct score {
	double hits, misses, false_alarms, lines;
};

/* As logs_parse would: cleaned first. */
static void judge(const struct log_filter *filter, const char *file, char *row, struct score *score)
{
	char *line = text_clean_copy(&arena, slice_of(row + 2), 4096);
	bool is_error = log_is_error(filter, line), should_be = *row == '+';

	score->lines++;
	score->hits += is_error && should_be;
	score->misses += !is_error && should_be;
	score->false_alarms += is_error && !should_be;
	if (is_error != should_be)
		printf("  %s %s: %s\n", is_error ? "false alarm" : "missed", file, line);
}

static void judge_file(const struct log_filter *filter, const char *folder, const char *file,
	struct score *score)
{
	char *text = arena_slice(&arena, unit_fixture(&arena, "log-lines/%s/%s", folder, file));

	for (char *row = strtok(text, "\n"); row; row = strtok(NULL, "\n"))
		if ((*row == '+' || *row == '-') && row[1] == ' ')
			judge(filter, file, row, score);
		else if (*row != '#')
			fail_msg("%s: neither +, - nor #: %s", file, row);
}

static struct score judge_folder(const struct log_filter *filter, const char *folder)
{
	DIR *dir = opendir(
		unit_checkout_path(&arena, arena_printf(&arena, "tests/fixtures/log-lines/%s", folder)));
	struct score score = {0};
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".txt"))
			judge_file(filter, folder, entry->d_name, &score);
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
	struct config config;
	struct log_filter filter;
	struct score tuning, held_out, both;

	(void)state;
	config_init(&config);
	log_filter_init(&filter, &config.docker);
	config_release(&config);
	tuning = judge_folder(&filter, "tuning");
	held_out = judge_folder(&filter, "held-out");
	log_filter_release(&filter);
	both = (struct score){tuning.hits + held_out.hits, tuning.misses + held_out.misses,
		tuning.false_alarms + held_out.false_alarms, tuning.lines + held_out.lines};
	assert_true(both.lines >= 400);
	check("tuning", &tuning);
	check("held-out", &held_out);
	check("both", &both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(errors_are_found_with_precision_and_recall_of_95_percent, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

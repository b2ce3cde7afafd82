#include "../support/unit.h"

#include <stdio.h>

#include "docker/answers.h"

static const double now_epoch = 1768125600.75;

/* Times are seconds before now; NAN: not known. */
static const struct {
	const char *what;
	bool has_before, answered;
	const char *id; /* of the container in the snapshot before; NULL: it was not there */
	double before, log_until, uptime, uptime_before;
	double since, until; /* seconds before now, of the second that it lies in */
} cases[] = {
	{"the first run", false, false, NULL, 0, 0, 9e5, 0, 3600.75, 0.75},
	{"the next", true, true, "aaaaaaaaaaaa", 3600, 3601.75, 9e5, 9e5 - 3600, 3601.75, 0.75},
	{"at once", true, true, "aaaaaaaaaaaa", 0.1, 0.75, 9e5, 9e5, 0.75, 0.75},
	{"a gap of days", true, true, "aaaaaaaaaaaa", 3e5, 3e5 + 0.75, 9e5, 6e5, 3e5 + 0.75, 0.75},
	{"an older asmo", true, true, "aaaaaaaaaaaa", 3600, (double)NAN, 9e5, 9e5 - 3600, 3600.75, 0.75},
	{"an older asmo, a moment ago", true, true, "aaaaaaaaaaaa", 0.25, (double)NAN, 9e5, 9e5, 0.75, 0.75},
	{"the Python version's id", true, true, "aaaaaaaaaa", 3600, 3601.75, 9e5, 9e5 - 3600, 3601.75, 0.75},
	{"no id, but the name", true, true, "", 3600, 3601.75, 9e5, 9e5 - 3600, 3601.75, 0.75},
	{"another id under the name", true, true, "bbbbbbbbbbbb", 3600, 3601.75, 9e5, 9e5 - 3600, 3600.75,
		0.75},
	{"a new container", true, true, NULL, 3600, 0, 9e5, 9e5 - 3600, 3600.75, 0.75},
	{"no engine before", true, false, NULL, 3600, 0, 9e5, 9e5 - 3600, 3600.75, 0.75},
	{"a log that could not be read for long", true, true, "aaaaaaaaaaaa", 3600, 9e4 + 0.75, 9e5,
		9e5 - 3600, 9e4 + 0.75, 0.75},
	{"the clock was set back", true, true, "aaaaaaaaaaaa", -7200, -7198.25, 9e5, 9e5 - 300, 300.75, 0.75},
	{"set back, and booted", true, true, "aaaaaaaaaaaa", -7200, -7198.25, 200, 9e5, 200.75, 0.75},
	{"set back, and nothing known", true, true, "aaaaaaaaaaaa", -7200, -7198.25, (double)NAN, (double)NAN,
		3600.75, 0.75},
	{"set ahead", true, true, "aaaaaaaaaaaa", 9e6, 9e6 + 0.75, 9e5, 9e5 - 300, 9e6 + 0.75, 0.75},
};

static void a_log_is_read_on_from_where_it_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[] = "web", id[] = "aaaaaaaaaaaa", before_id[16];
		struct container c = {.name = name, .id = id};
		struct container earlier = {.name = name,
			.id = before_id,
			.log_until_epoch = now_epoch - cases[i].log_until};
		struct snapshot before = {.containers = &earlier,
			.container_count = cases[i].id != NULL,
			.epoch = now_epoch - cases[i].before,
			.uptime_seconds = cases[i].uptime_before,
			.docker.available = cases[i].answered ? FLAG_YES : FLAG_NO};
		struct snapshot now = {.epoch = now_epoch, .uptime_seconds = cases[i].uptime};
		struct log_window window;

		unit_case("%s", cases[i].what);
		snprintf(before_id, sizeof(before_id), "%s", cases[i].id ? cases[i].id : "");
		window = log_window(50, &c, cases[i].has_before ? &before : NULL, &now);
		assert_near(window.max_lines, 50, 0);
		assert_near(window.since_epoch, now_epoch - cases[i].since, 0);
		assert_near(window.until_epoch, now_epoch - cases[i].until, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_read_on_from_where_it_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

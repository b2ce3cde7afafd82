#include "../support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"

/* Winter, CET, and summer, CEST: date -u -d ... +%s */
#define WINTER 1768122000.0 /* 2026-01-11T09:00:00Z */
#define SUMMER 1783760400.0 /* 2026-07-11T09:00:00Z */

static int set_zone(void **state)
{
	(void)state;
	unit_set_zone("Europe/Paris");
	return 0;
}

static const struct {
	double seconds;
	const char *text;
} durations[] = {
	{0, "0m"},
	{59.9, "0m"},
	{60, "1m"},
	{3599, "59m"},
	{3600, "1h 0m"},
	{7 * 3600 + 23 * 60, "7h 23m"},
	{86399, "23h 59m"},
	{86400, "1d 0h 0m"},
	{15 * 86400 + 7 * 3600 + 23 * 60 + 59, "15d 7h 23m"},
	{338.34, "5m"},     /* tests/fixtures/docker-26.1-cgroup2/proc/uptime */
	{4079.31, "1h 7m"}, /* docker-20.10-cgroup1 */
	{400.5 * 86400, "400d 12h 0m"},
	{-1, "0m"},
	{(double)NAN, "0m"},
	{(double)INFINITY, "0m"},
};

static void an_uptime_is_written_as_the_seed_does(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(durations); i++) {
		unit_case("%f", durations[i].seconds);
		clock_format_duration(durations[i].seconds, text);
		assert_text(text, durations[i].text);
	}
}

static void a_time_is_written_in_local_time_and_in_utc(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_format_local(WINTER + 0.125, text);
	assert_text(text, "2026-01-11T10:00:00.125000");
	clock_format_local(SUMMER + 0.5, text);
	assert_text(text, "2026-07-11T11:00:00.500000");
	clock_format_utc(WINTER + 0.9, text);
	assert_text(text, "2026-01-11T09:00:00Z");
	clock_format_utc(SUMMER, text);
	assert_text(text, "2026-07-11T09:00:00Z");
	clock_format_short(WINTER, 0, text);
	assert_text(text, "10:00");
	clock_format_short(SUMMER, 1, text);
	assert_text(text, "Jul 11 11:00");
	clock_format_day(WINTER - 10 * 86400, text);
	assert_text(text, "1 January");
	clock_format_day(SUMMER, text);
	assert_text(text, "11 July");
	clock_format_zone(WINTER, text);
	assert_text(text, "UTC+01:00");
}

static const struct {
	const char *text;
	double epoch; /* NaN: none */
} times[] = {
	/* the history's: local time, with or without microseconds */
	{"2026-01-11T10:00:00.123456", WINTER + 0.123456},
	{"2026-01-11T10:00:00", WINTER},
	{"2026-01-11 10:00:00", WINTER},
	{"2026-07-11T11:00:00.5", SUMMER + 0.5},
	/* the engine's: tests/fixtures, inspect and stats */
	{"2026-01-11T09:00:00Z", WINTER},
	{"2026-01-11T09:00:00.338440662Z", WINTER + 0.338440662},
	{"2026-01-11T10:00:00.338440662+01:00", WINTER + 0.338440662},
	{"2026-01-11T03:30:00-05:30", WINTER},
	{"2026-01-11T14:45:00.000000001+05:45", WINTER},
	{"2026-07-11T09:00:00Z", SUMMER},
	{"2024-02-29T00:00:00Z", 1709164800},
	{"1970-01-01T00:00:00Z", 0},
	{"2038-01-19T03:14:08Z", 2147483648.0},
	/* Go's zero time: never */
	{"0001-01-01T00:00:00Z", (double)NAN},
	/* not times */
	{"", (double)NAN},
	{"2026-01-11", (double)NAN},
	{"2026-01-11T", (double)NAN},
	{"2026-01-11T10:00", (double)NAN},
	{"2026-01-11x10:00:00", (double)NAN},
	{"26-01-11T10:00:00", (double)NAN},
	{"2026-13-11T10:00:00", (double)NAN},
	{"2026-00-11T10:00:00", (double)NAN},
	{"2026-01-32T10:00:00", (double)NAN},
	{"2026-01-00T10:00:00", (double)NAN},
	{"2026-01-11T24:00:00", (double)NAN},
	{"2026-01-11T10:60:00", (double)NAN},
	{"2026-01-11T10:00:61", (double)NAN},
	{"2026-01-11T10:00:00z", (double)NAN},
	{"2026-01-11T10:00:00Zjunk", (double)NAN},
	{"2026-01-11T10:00:00 junk", (double)NAN},
	{"2026-01-11T10:00:00+01", (double)NAN},
	{"2026-01-11T10:00:00+01:00x", (double)NAN},
	{"2026-01-11T10:00:00.123456 ", (double)NAN},
	{" 2026-01-11T10:00:00", (double)NAN},
	{"-026-01-11T10:00:00", (double)NAN},
	{"now", (double)NAN},
};

static void the_zone_is_told_as_of_that_time(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_format_zone(WINTER, text);
	assert_text(text, "UTC+01:00");
	clock_format_zone(SUMMER, text);
	assert_text(text, "UTC+02:00");
	unit_set_zone("America/St_Johns");
	clock_format_zone(WINTER, text);
	assert_text(text, "UTC-03:30");
	unit_set_zone("Europe/Paris");
}

static void the_forms_of_the_history_and_of_the_engine_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		unit_case("%s", times[i].text);
		if (isnan(times[i].epoch))
			assert_missing(clock_parse(times[i].text, strlen(times[i].text)));
		else
			assert_near(clock_parse(times[i].text, strlen(times[i].text)), times[i].epoch, 1e-6);
	}
}

static void nothing_behind_the_given_length_is_read(void **state)
{
	static const char text[] = "2026-01-11T10:00:00.5Z";

	(void)state;
	for (size_t len = 0; len < 19; len++) {
		char *exact = malloc(len + 1);

		memcpy(exact, text, len);
		exact = realloc(exact, len ? len : 1);
		assert_missing(clock_parse(exact, len));
		free(exact);
	}
	assert_near(clock_parse(text, 19), WINTER, 1e-6);
	assert_near(clock_parse(text, 21), WINTER + 0.5, 1e-6);
	assert_near(clock_parse(text, 22), WINTER + 3600.5, 1e-6);
}

static void a_timestamp_comes_back_as_it_was_written(void **state)
{
	(void)state;
	for (int micros = 0; micros < 1000000; micros += 7) {
		char written[CLOCK_TEXT], back[CLOCK_TEXT];

		snprintf(written, sizeof(written), "2026-01-11T10:00:00.%06d", micros);
		clock_format_local(clock_parse(written, strlen(written)), back);
		assert_text(back, written);
	}
}

static void the_last_microsecond_of_a_second_is_not_rounded_into_the_next(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_format_local(WINTER + 0.9999997, text);
	assert_text(text, "2026-01-11T10:00:00.999999");
}

/* On 25 October 2026 at 03:00 CEST it becomes 02:00 CET: from 02:00 to 03:00 each local time is there twice.
 */
static void the_hour_that_is_there_twice_in_autumn_gives_one_of_the_two(void **state)
{
	static const char ambiguous[] = "2026-10-25T02:30:00.000000";
	double summer = 1792888200, winter = summer + 3600, read; /* 00:30Z, 01:30Z */
	char text[CLOCK_TEXT];

	(void)state;
	clock_format_local(summer, text);
	assert_text(text, ambiguous);
	clock_format_local(winter, text);
	assert_text(text, ambiguous);
	read = clock_parse(ambiguous, strlen(ambiguous));
	assert_true(fabs(read - summer) < 1e-6 || fabs(read - winter) < 1e-6);
	/* Before and after it there is no doubt. */
	assert_near(clock_parse("2026-10-25T01:59:59", 19), summer - 1801, 1e-6);
	assert_near(clock_parse("2026-10-25T03:00:00", 19), winter + 1800, 1e-6);
}

/* On 29 March 2026 at 02:00 CET it becomes 03:00 CEST. */
static void the_hour_that_is_missing_in_spring_lies_within_an_hour_of_the_change(void **state)
{
	double change = 1774746000; /* 2026-03-29T01:00:00Z */
	char text[CLOCK_TEXT];

	(void)state;
	clock_format_local(change - 1, text);
	assert_text(text, "2026-03-29T01:59:59.000000");
	clock_format_local(change, text);
	assert_text(text, "2026-03-29T03:00:00.000000");
	assert_near(clock_parse("2026-03-29T03:00:00", 19), change, 1e-6);
	assert_near(clock_parse("2026-03-29T02:30:00", 19), change, 3600);
}

static void a_deadline_passes(void **state)
{
	double start = clock_monotonic(), past;

	(void)state;
	assert_int_equal(clock_left_ms(start), 0);
	assert_int_equal(clock_left_ms(start - 1000), 0);
	assert_in_range(clock_left_ms(start + 100), 1, 100 * 1000);
	assert_int_equal(clock_left_ms(start + 1e9), INT32_MAX);
	clock_sleep_until(start + 0.05);
	past = clock_monotonic() - start;
	assert_true(past >= 0.05 && past < 5);
	clock_sleep_until(start); /* is over already */
	/* A wait of what is left does not end before the deadline: the rest is rounded up. */
	assert_in_range(clock_left_ms(clock_monotonic() + 0.0001), 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_uptime_is_written_as_the_seed_does),
		cmocka_unit_test(a_time_is_written_in_local_time_and_in_utc),
		cmocka_unit_test(the_zone_is_told_as_of_that_time),
		cmocka_unit_test(the_forms_of_the_history_and_of_the_engine_are_read),
		cmocka_unit_test(nothing_behind_the_given_length_is_read),
		cmocka_unit_test(a_timestamp_comes_back_as_it_was_written),
		cmocka_unit_test(the_last_microsecond_of_a_second_is_not_rounded_into_the_next),
		cmocka_unit_test(the_hour_that_is_there_twice_in_autumn_gives_one_of_the_two),
		cmocka_unit_test(the_hour_that_is_missing_in_spring_lies_within_an_hour_of_the_change),
		cmocka_unit_test(a_deadline_passes),
	};

	return cmocka_run_group_tests(tests, set_zone, NULL);
}

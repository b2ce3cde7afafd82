#include "../support/unit.h"

#include <math.h>
#include <string.h>

#include "render/page.h"
#include "render/show.h"

static void assert_shown(struct shown shown, const char *text)
{
	assert_string_equal(shown.text, text);
}

static void a_number_is_no_longer_than_a_person_reads(void **state)
{
	(void)state;
	assert_shown(show(15.34, 1, "%"), "15.3 %");
	assert_shown(show(MISSING, 1, "%"), "n/a");
	assert_shown(show((double)INFINITY, 1, "%"), "n/a");
	assert_shown(show(1e300, 1, "GiB"), "1.0e+300 GiB");
	assert_shown(show_change(-1e300, 1, "GiB"), "-1.0e+300 GiB");
	assert_shown(show_change(-0.04, 1, "GiB"), "+0.0 GiB");
	assert_shown(show_change(-0.06, 1, "GiB"), "-0.1 GiB");
	assert_shown(show_mb(1023), "1023.0 MiB");
	assert_shown(show_mb(1024), "1.0 GiB");
	assert_shown(show_mb(1024.0 * 1024 * 3), "3.0 TiB");
	assert_shown(show_mb(1023.0 * 1024), "1023.0 GiB");
	assert_shown(show_used(5.5, 16), "5.5 of 16.0 GiB");
	assert_shown(show_used(512, 2048), "0.5 of 2.0 TiB");
	assert_shown(show_used(MISSING, MISSING), "n/a of n/a");
	assert_shown(show_briefly(9999.94), "9999.9");
	assert_shown(show_briefly(123456.7), "123457");
}

static const struct {
	double values[8];
	size_t count, width;
	const char *spark;
} sparks[] = {
	{{0, 12.4, 12.5, 50, 87.4, 87.5, 100, 1e300}, 8, 8, "▁▁▂▅▇███"},
	{{-5, MISSING}, 2, 2, "▁·"},
	{{10, 90, 10, 10}, 4, 2, "█▁"}, /* a peak is not lost */
	{{MISSING, 10, MISSING, MISSING}, 4, 2, "▁·"},
	{{10, 90}, 2, 4, "▁▁██"},
	{{10, 20, 90}, 3, 2, "▁█"},
	{{0}, 0, 3, "···"},
};

static void a_trend_has_the_highest_value_of_each_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sparks); i++) {
		double values[8];
		struct buf out AUTO_BUF = buf_new(1000);

		unit_case("%s", sparks[i].spark);
		memcpy(values, sparks[i].values, sizeof(values));
		show_spark(&out, &(struct numbers){values, sparks[i].count}, sparks[i].width);
		assert_string_equal(out.data, sparks[i].spark);
	}
}

static void a_bar_is_as_full_as_it_says(void **state)
{
	static const struct {
		double percent;
		const char *bar;
	} bars[] = {{0, "░░░░"}, {12, "░░░░"}, {13, "█░░░"}, {50, "██░░"}, {100, "████"}, {1e300, "████"},
		{-1, "░░░░"}, {MISSING, "····"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bars); i++) {
		struct buf out AUTO_BUF = buf_new(1000);

		show_bar(&out, bars[i].percent, 4);
		assert_string_equal(out.data, bars[i].bar);
	}
}

static void a_shorter_status_bar_keeps_what_needs_a_look(void **state)
{
	static const struct {
		const char *letters;
		size_t width;
		const char *bar;
	} bars[] = {{"uuduux", 3, "udx"}, {"uruu", 2, "ru"}, {"?ui?", 2, "ui"}, {"ii??", 2, "i?"},
		{"ud", 4, "uudd"}, {"", 2, "??"}, {"zz", 1, "?"}, {"?i", 1, "i"}, {"iu", 1, "u"},
		{"ur", 1, "r"}, {"rx", 1, "x"}, {"xd", 1, "d"}};
	char bar[CHART_BAR_STEPS + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bars); i++) {
		unit_case("%s", bars[i].letters);
		show_status_bar(bar, bars[i].letters, bars[i].width);
		assert_string_equal(bar, bars[i].bar);
	}
}

static void a_sentence_is_broken_between_words_but_not_before_a_percent_sign(void **state)
{
	const struct render_style style = {.columns = 0};
	struct buf out AUTO_BUF = buf_new(1000);
	struct page page;

	(void)state;
	page = page_begin(&out, &style);
	assert_int_equal(page.columns, 80);
	page_wrapped(&page, "one two 23.2 % three", 68, 2); /* 12 columns are left */
	assert_string_equal(out.data, "one two\n  23.2 % three\n");
	buf_clear(&out);
	page_wrapped(&page, "abcdefghijklmnopqrstuvwxyz a", 70, 2);
	assert_string_equal(out.data, "abcdefghij\n  klmnopqrstuvwxyz a\n");
	buf_clear(&out);
	page_wrapped(&page, "", 70, 2);
	assert_string_equal(out.data, "\n");
}

static void a_span_is_told_by_its_times_not_by_how_they_look(void **state)
{
	static const struct {
		double from_epoch, epoch;
		const char *when, *in_words;
	} events[] = {
		{MISSING, 1792886400, "02:00", "02:00"},
		{1792886400, 1792886459, "02:00", "02:00"}, /* a minute */
		{1792886400, 1792886460, "02:00-02:01", "between 02:00 and 02:01"},
		/* Summer time ends: 02:30 comes twice. */
		{1792888200, 1792891800, "02:30-02:30", "between 02:30 and 02:30"},
		{1792836060, 1792836060, "12:01", "12:01"},
		{1792836000, 1792836060, "Oct 24 12:00-Oct 24 12:01",
			"between Oct 24 12:00 and Oct 24 12:01"},
		{1792836030, 1792922400, "Oct 24 12:00-Oct 25 11:00",
			"between Oct 24 12:00 and Oct 25 11:00"},
	};
	const struct digest digest = {.to_epoch = 1792922400}; /* 2026-10-25 11:00 in Berlin */

	(void)state;
	unit_set_zone("Europe/Berlin");
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		const struct event event = {.from_epoch = events[i].from_epoch, .epoch = events[i].epoch};

		unit_case("%s", events[i].when);
		assert_shown(show_when(&digest, &event), events[i].when);
		assert_shown(show_when_in_words(&digest, &event), events[i].in_words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_no_longer_than_a_person_reads),
		cmocka_unit_test(a_trend_has_the_highest_value_of_each_part),
		cmocka_unit_test(a_bar_is_as_full_as_it_says),
		cmocka_unit_test(a_shorter_status_bar_keeps_what_needs_a_look),
		cmocka_unit_test(a_sentence_is_broken_between_words_but_not_before_a_percent_sign),
		cmocka_unit_test(a_span_is_told_by_its_times_not_by_how_they_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Times as the history and the engine write them, against a calendar computed in another way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asmo/clock.h"
#include "fuzz.h"

/* Days from 1970-01-01, of the proleptic Gregorian calendar: the year begins in March, so that the day that
 * comes and goes is its last. */
static double days_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	int leap_days = y / 4 - y / 100 + y / 400;

	return 365.0 * y + leap_days + day_of_year - 719468;
}

static int number_at(const char *text, int from, int digits)
{
	char number[8] = "";

	memcpy(number, text + from, (size_t)digits);
	return (int)strtol(number, NULL, 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { BARE = 19 }; /* 2026-01-11T10:00:00 */
	const char *text = (const char *)data;
	double epoch, expected, offset = 0;

	setenv("TZ", "UTC", 1);
	tzset();
	epoch = clock_parse(text, size);
	if (isnan(epoch))
		return 0;
	HOLDS(size >= BARE);
	expected = days_of(number_at(text, 0, 4), number_at(text, 5, 2), number_at(text, 8, 2)) * 86400 +
		   number_at(text, 11, 2) * 3600 + number_at(text, 14, 2) * 60 + number_at(text, 17, 2);
	if (size >= BARE + 6 && (text[size - 6] == '+' || text[size - 6] == '-')) {
		offset = number_at(text, (int)size - 5, 2) * 3600 + number_at(text, (int)size - 2, 2) * 60;
		expected -= text[size - 6] == '-' ? -offset : offset;
	}
	HOLDS(epoch >= expected && epoch <= expected + 1);
	if (size == BARE)
		HOLDS(fuzz_is_same(epoch, expected));
	return 0;
}

#include "asmo/clock.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double clock_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void clock_sleep_until(double monotonic)
{
	struct timespec until = {.tv_sec = (time_t)monotonic};

	until.tv_nsec = (long)((monotonic - (double)until.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

int clock_left_ms(double deadline)
{
	double left = (deadline - clock_monotonic()) * 1000;

	if (left <= 0)
		return 0;
	return left > INT_MAX - 1 ? INT_MAX : (int)ceil(left);
}

void clock_format_local(double epoch, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)floor(epoch);
	int micros = (int)fmin(round((epoch - floor(epoch)) * 1e6), 999999);
	struct tm tm;
	size_t used;

	localtime_r(&seconds, &tm);
	used = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + used, CLOCK_TEXT - used, ".%06d", micros);
}

void clock_format_utc(double epoch, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)floor(epoch);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void clock_format_short(double epoch, int with_day, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)floor(epoch);
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(out, CLOCK_TEXT, with_day ? "%b %d %H:%M" : "%H:%M", &tm);
}

void clock_format_day(double epoch, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)floor(epoch);
	struct tm tm;
	int used;

	localtime_r(&seconds, &tm);
	used = snprintf(out, CLOCK_TEXT, "%d ", tm.tm_mday);
	strftime(out + used, CLOCK_TEXT - (size_t)used, "%B", &tm);
}

void clock_format_zone(double epoch, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)floor(epoch);
	long minutes;
	struct tm tm;

	localtime_r(&seconds, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(out, CLOCK_TEXT, "UTC%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60,
		minutes % 60);
}

void clock_format_duration(double seconds, char out[CLOCK_TEXT])
{
	long minutes = seconds > 0 && seconds < 1e12 ? (long)(seconds / 60) : 0;
	long days = minutes / (24 * 60);
	long hours = minutes / 60 % 24;

	if (days)
		snprintf(out, CLOCK_TEXT, "%ldd %ldh %ldm", days, hours, minutes % 60);
	else if (hours)
		snprintf(out, CLOCK_TEXT, "%ldh %ldm", hours, minutes % 60);
	else
		snprintf(out, CLOCK_TEXT, "%ldm", minutes);
}

/* Reads exactly `digits` decimal digits and, if `after` is not 0, that character. */
static bool take_number(const char **p, const char *end, int digits, char after, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*p)++) {
		if (*p == end || **p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	if (after) {
		if (*p == end || **p != after)
			return false;
		(*p)++;
	}
	*ret = value;
	return true;
}

static double take_fraction(const char **p, const char *end)
{
	double fraction = 0, unit = 0.1;

	if (*p == end || **p != '.')
		return 0;
	for ((*p)++; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		fraction += (**p - '0') * unit;
		unit /= 10;
	}
	return fraction;
}

double clock_parse(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct tm tm = {.tm_isdst = -1};
	double fraction;
	int offset_hours, offset_minutes, sign;

	if (!take_number(&p, end, 4, '-', &tm.tm_year) || !take_number(&p, end, 2, '-', &tm.tm_mon) ||
		!take_number(&p, end, 2, 0, &tm.tm_mday))
		return (double)NAN;
	if (p == end || (*p != 'T' && *p != ' '))
		return (double)NAN;
	p++;
	if (!take_number(&p, end, 2, ':', &tm.tm_hour) || !take_number(&p, end, 2, ':', &tm.tm_min) ||
		!take_number(&p, end, 2, 0, &tm.tm_sec))
		return (double)NAN;
	if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return (double)NAN;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	fraction = take_fraction(&p, end);
	if (p == end)
		return (double)mktime(&tm) + fraction;
	if (*p == 'Z' && p + 1 == end)
		return (double)timegm(&tm) + fraction;
	if (*p != '+' && *p != '-')
		return (double)NAN;
	sign = *p++ == '-' ? -1 : 1;
	if (!take_number(&p, end, 2, ':', &offset_hours) || !take_number(&p, end, 2, 0, &offset_minutes) ||
		p != end)
		return (double)NAN;
	return (double)timegm(&tm) - sign * (offset_hours * 3600 + offset_minutes * 60) + fraction;
}

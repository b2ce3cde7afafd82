#include "render/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"

struct shown show(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_change(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%+.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_mb(double mb)
{
	return mb >= 1024 ? show(mb / 1024, 1, "GiB") : show(mb, 1, "MiB");
}

struct shown show_span(double seconds)
{
	if (!(seconds >= 0.5))
		return (struct shown){"-"};
	if (seconds < 99.5)
		return show(seconds, 0, "s");
	return seconds < 99.5 * 60 ? show(seconds / 60, 0, "min") : show(seconds / 3600, 1, "h");
}

struct shown show_when(const struct digest *digest, const struct event *event)
{
	double first = isnan(event->from_epoch) ? event->epoch : event->from_epoch;
	bool with_day = first < digest->to_epoch - 24 * 3600;
	struct shown s;
	char from[CLOCK_TEXT], to[CLOCK_TEXT];

	clock_format_short(first, with_day, from);
	clock_format_short(event->epoch, with_day, to);
	if (strcmp(from, to) == 0)
		snprintf(s.text, sizeof(s.text), "%.20s", to);
	else
		snprintf(s.text, sizeof(s.text), "%.20s-%.20s", from, to);
	return s;
}

size_t show_choose(const struct digest *digest, const size_t *costs, size_t budget, bool *ret_chosen)
{
	size_t left_out = digest->event_count;

	memset(ret_chosen, 0, digest->event_count * sizeof(*ret_chosen));
	for (int severity = SEVERITY_CRITICAL; severity > SEVERITY_OK; severity--) {
		for (size_t i = 0; i < digest->event_count; i++) {
			if (severity_parse(digest->events[i].severity) != (enum severity)severity)
				continue;
			if (costs[i] > budget)
				return left_out;
			budget -= costs[i];
			ret_chosen[i] = true;
			left_out--;
		}
	}
	return left_out;
}

const char *show_alert(enum severity worst)
{
	if (worst == SEVERITY_CRITICAL)
		return "Critical Alert";
	return worst == SEVERITY_WARNING ? "Warning" : "Resolved";
}

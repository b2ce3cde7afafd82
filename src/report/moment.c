#include "report/moment.h"

#include <math.h>
#include <stdio.h>

#include "asmo/clock.h"

static bool is_clock_steady(const struct digest *d)
{
	for (size_t i = 0; i < d->event_count; i++)
		if (d->events[i].code == EVENT_CLOCK_SET)
			return false;
	return true;
}

static bool is_known(const struct digest *d, double epoch)
{
	return isfinite(epoch) && is_clock_steady(d);
}

static bool needs_day(const struct digest *d, double epoch)
{
	return d->hours > 24 || epoch < d->from_epoch;
}

struct moment moment_at(const struct digest *d, double epoch)
{
	struct moment m = {""};
	char when[CLOCK_TEXT];

	if (!is_known(d, epoch))
		return m;
	clock_format_short(epoch, needs_day(d, epoch), when);
	snprintf(m.text, sizeof(m.text), " at %.30s", when);
	return m;
}

struct moment moment_of(const struct digest *d, const struct event *event)
{
	char from[CLOCK_TEXT], to[CLOCK_TEXT];
	struct moment m = {""};

	if (isnan(event->from_epoch) || floor(event->from_epoch / 60) >= floor(event->epoch / 60))
		return moment_at(d, event->epoch);
	if (!is_known(d, event->epoch))
		return m;
	clock_format_short(event->from_epoch, needs_day(d, event->from_epoch), from);
	clock_format_short(event->epoch, needs_day(d, event->from_epoch), to);
	snprintf(m.text, sizeof(m.text), " between %.30s and %.30s", from, to);
	return m;
}

struct moment moment_since(const struct digest *d, const struct event *event)
{
	struct moment m = {""};
	char when[CLOCK_TEXT];

	if (!is_known(d, event->epoch))
		return m;
	clock_format_short(event->epoch, needs_day(d, event->epoch), when);
	snprintf(m.text, sizeof(m.text), " since %.30s%s", when,
		isnan(event->from_epoch) ? "" : " at the latest");
	return m;
}

static struct event_duration roughly(double seconds)
{
	struct event_duration d;

	if (seconds < 5400)
		return event_duration(round(seconds / 60) * 60);
	snprintf(d.text, sizeof(d.text), "%.0f h", seconds / 3600);
	return d;
}

struct moment moment_for(const struct digest *d, double epoch)
{
	double seconds = d->current.epoch - epoch;
	struct moment m = {""};

	if (is_known(d, epoch) && seconds >= 60)
		snprintf(m.text, sizeof(m.text), " (%s)", roughly(seconds).text);
	return m;
}

struct moment moment_in(const struct digest *d, double seconds)
{
	struct moment m = {""};

	if (is_known(d, seconds) && seconds >= 60)
		snprintf(m.text, sizeof(m.text), " in %s", roughly(seconds).text);
	return m;
}

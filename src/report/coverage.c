#include <stdlib.h>

#include "asmo/clock.h"
#include "report/collect.h"

enum { GAPS_IN_WORDS = 3 };

static const double usual_interval_seconds = 3600,
		    due_factor = 1.5, /* after so many intervals a snapshot has been left out */
	old_intervals = 3;            /* after so many the monitor does not run */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The times between the snapshots from that one on, the shortest first. Returns how many. */
static size_t find_gaps(const struct report *report, size_t first, double *ret_gaps)
{
	size_t count = 0;

	for (size_t i = first + 1; i < report->epoch_count; i++) {
		double gap = report->epochs[i] - report->epochs[i - 1];

		if (gap > 0)
			ret_gaps[count++] = gap;
	}
	qsort(ret_gaps, count, sizeof(*ret_gaps), by_value);
	return count;
}

/* The lower quartile, when half of the window or more is made of gaps that are hardly longer; else MISSING.
 */
static double regular_interval(const struct digest *d, const double *gaps, size_t count)
{
	double usual = count ? gaps[count / 4] : MISSING, regular = 0;

	for (size_t i = 0; i < count && gaps[i] <= usual * due_factor; i++)
		regular += gaps[i];
	return regular >= (d->to_epoch - d->from_epoch) / 2 ? usual : MISSING;
}

/* Of the window, when it is regular in itself: on the day before the monitor may have run more often. Else
 * the shortest gap of both days such that a quarter of the time between the snapshots lies in gaps no longer
 * than it: neither a few runs by hand nor hours without a run change that. */
double report_usual_interval(const struct report *report)
{
	double *gaps AUTO_FREE = mem_alloc(report->epoch_count * sizeof(*gaps));
	size_t count = find_gaps(report, report->epoch_count - report->count, gaps);
	double interval = regular_interval(&report->digest, gaps, count), sum = 0, so_far = 0;

	if (!isnan(interval))
		return interval;
	count = find_gaps(report, 0, gaps);
	for (size_t i = 0; i < count; i++)
		sum += gaps[i];
	for (size_t i = 0; i < count; i++) {
		so_far += gaps[i];
		if (so_far >= sum / 4)
			return gaps[i];
	}
	return usual_interval_seconds;
}

/* Too new to tell what is due. */
static bool is_new(const struct digest *d, double oldest_epoch)
{
	return d->to_epoch - oldest_epoch < 2 * usual_interval_seconds;
}

/* The gap before the last snapshot (1), the one before that (2), and so on; MISSING when there is none. */
static double late_gap(const struct report *report, size_t back)
{
	size_t count = report->epoch_count;

	return count > back ? report->epochs[count - back] - report->epochs[count - back - 1] : MISSING;
}

/* The median of the last three gaps counts as well: the monitor may run more seldom than it did. */
bool report_is_old(const struct report *report, const struct history_stat *history)
{
	const struct digest *d = &report->digest;
	double a = late_gap(report, 1), b = late_gap(report, 2), c = late_gap(report, 3);
	double late_interval = fmax(fmin(a, b), fmin(fmax(a, b), c));
	double interval = fmax(report_usual_interval(report), late_interval);

	return !is_new(d, history->oldest_epoch) && report->epoch_count &&
	       d->to_epoch - report->epochs[report->epoch_count - 1] > old_intervals * interval;
}

static double expected_snapshots(const struct report *report, double oldest_epoch)
{
	const struct digest *d = &report->digest;
	double interval = report_usual_interval(report);
	double expected;

	if (is_new(d, oldest_epoch))
		expected = 0;
	else if (oldest_epoch > d->from_epoch) /* asmo is newer than the window */
		expected = 1 + floor((d->to_epoch - oldest_epoch) / interval);
	else
		expected = round((d->to_epoch - d->from_epoch) / interval);
	return fmax(expected, (double)report->count);
}

static void add_gap(struct report *report, double from_epoch, double to_epoch)
{
	struct digest *d = &report->digest;

	if (from_epoch < to_epoch) /* the clock may have been set back meanwhile */
		d->gaps[d->gap_count++] = (struct digest_gap){from_epoch, to_epoch};
}

/* With the day where the hour is that of the report or was before. */
static char *when(struct digest *d, double epoch)
{
	bool with_day = d->hours > 24 || floor(epoch / 60) <= floor(d->to_epoch / 60) - 24 * 60;
	char text[CLOCK_TEXT];

	clock_format_short(epoch, with_day, text);
	return arena_string(&d->arena, text);
}

/* `from 03:00 to 05:00`, `since 05:00`, `before 05:00`. */
static char *gap_in_words(struct digest *d, const struct digest_gap *gap)
{
	if (gap->to_epoch >= d->to_epoch)
		return arena_printf(&d->arena, "since %s", when(d, gap->from_epoch));
	if (gap->from_epoch <= d->from_epoch)
		return arena_printf(&d->arena, "before %s", when(d, gap->to_epoch));
	return arena_printf(&d->arena, "from %s to %s", when(d, gap->from_epoch), when(d, gap->to_epoch));
}

static void tell_gaps(struct report *report)
{
	struct digest *d = &report->digest;
	struct buf words AUTO_BUF = buf_new(400);

	for (size_t i = 0; i < d->gap_count; i++) {
		const struct digest_gap *gap = &d->gaps[i];
		char *span = gap_in_words(d, gap);
		struct event *e = event_add(&report->events, &d->arena, EVENT_GAP, "monitor", "No snapshot");

		e->epoch = gap->to_epoch;
		e->from_epoch = gap->from_epoch;
		if (i < GAPS_IN_WORDS)
			buf_printf(&words, "%s %s", i ? "," : ", none", span);
	}
	if (d->gap_count > GAPS_IN_WORDS)
		buf_printf(&words, " and in %zu more gap%s", d->gap_count - GAPS_IN_WORDS,
			d->gap_count - GAPS_IN_WORDS > 1 ? "s" : "");
	report->gaps = arena_string(&d->arena, words.data);
	d->coverage = arena_printf(&d->arena, "%.0f of %.0f snapshots%s", d->snapshots, d->expected_snapshots,
		words.data);
}

/* What happened in a gap is not known, so containers neither ran nor did not. */
static void finish_run_times(struct report *report, const bool *is_gap)
{
	double all = report->digest.to_epoch - report->digest.from_epoch;

	for (size_t i = 0; i < report->container_count; i++) {
		struct container_tally *t = report->containers[i];

		for (size_t k = 0; k < t->piece_count; k++) {
			if (is_gap[t->pieces[k].interval])
				continue;
			t->run_time.up += t->pieces[k].time.up;
			t->run_time.down += t->pieces[k].time.down;
		}
		/* A clock that was set back makes more of a time than the window holds. */
		t->run_time.up = fmin(t->run_time.up, all);
		t->run_time.down = fmin(t->run_time.down, all - t->run_time.up);
	}
}

void report_find_coverage(struct report *report, const struct history_stat *history)
{
	struct digest *d = &report->digest;
	double limit = is_new(d, history->oldest_epoch) ? (double)INFINITY
							: due_factor * report_usual_interval(report);
	double first = report->count ? report->epochs[report->epoch_count - report->count] : d->to_epoch;
	double last = report->count ? d->current.epoch : d->to_epoch;
	bool has_interval_before = report->was_seen_before && report->count;
	bool *is_gap AUTO_FREE = mem_alloc((report->interval_count + 1) * sizeof(*is_gap));

	d->snapshots = (double)report->count;
	d->expected_snapshots = expected_snapshots(report, history->oldest_epoch);
	d->observed_seconds = 0;
	d->gaps = arena_array(&d->arena, report->interval_count + 2, sizeof(*d->gaps));
	if (!has_interval_before && history->oldest_epoch <= d->from_epoch && first - d->from_epoch > limit)
		add_gap(report, d->from_epoch, first);
	for (size_t i = 0; i < report->interval_count; i++) {
		const struct interval *interval = &report->intervals[i];

		is_gap[i] = interval->seconds > limit;
		if (is_gap[i])
			add_gap(report, interval->from_epoch, interval->to_epoch);
		else
			d->observed_seconds += interval->seconds;
	}
	if (d->to_epoch - last > limit)
		add_gap(report, last, d->to_epoch);
	d->observed_seconds = fmin(d->observed_seconds, d->to_epoch - d->from_epoch);
	finish_run_times(report, is_gap);
	tell_gaps(report);
}

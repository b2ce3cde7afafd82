#include <stdlib.h>
#include <string.h>

#include "report/collect.h"

static void add_interval(struct report *report, const struct snapshot *s)
{
	double from = fmax(report->last.epoch, report->digest.from_epoch);
	double seconds = snapshot_elapsed_seconds(&report->last, s);
	struct interval *interval =
		report_add_item(&report->intervals, &report->interval_count, sizeof(*interval));

	if (report->last.epoch < from) /* a part of it lies before the window */
		seconds = fmin(seconds, s->epoch - from);
	*interval = (struct interval){fmin(from, s->epoch), s->epoch, fmax(seconds, 0)};
}

/* While the clock was set, the engine's times can't be placed: what ran on without a start did run. */
static struct run_time run_time(const struct report *report, const struct container *was,
	const struct snapshot *s, const struct container *c)
{
	const struct snapshot *before = &report->with_engine;
	bool is_same_run = was && container_is_running(was) && container_is_running(c) && was->started_at &&
			   c->started_at && strcmp(was->started_at, c->started_at) == 0;

	if (fabs(snapshot_clock_jump(before, s)) > 0)
		return (struct run_time){is_same_run ? snapshot_elapsed_seconds(before, s) : 0, 0};
	return event_run_time(was, c, fmax(before->epoch, report->digest.from_epoch), s->epoch);
}

static void add_run_times(struct report *report, const struct snapshot *s)
{
	const struct snapshot *before = &report->with_engine;

	for (size_t i = 0; i < s->container_count; i++) {
		const struct container complete = report_complete(report, &s->containers[i], i),
				       *c = &complete;
		struct container_tally *tally = c->name ? report_find_tally(report, c->name, i) : NULL;
		struct run_piece *piece;

		if (!tally)
			continue;
		piece = report_add_item(&tally->pieces, &tally->piece_count, sizeof(*piece));
		piece->interval = report->interval_count - 1;
		piece->time = run_time(report, snapshot_container_near(before, c->name, i), s, c);
	}
}

/* How often the container ended without being asked to. */
static double crashes(const struct event *e)
{
	bool is_end = e->code == EVENT_OOM_KILLED || e->code == EVENT_CRASHED || e->code == EVENT_FAILED ||
		      e->code == EVENT_COULD_NOT_START;

	return (e->times > 0 ? e->times : 0) + (is_end && !isnan(e->exit_code) ? 1 : 0);
}

static void count(struct container_tally *tally, const struct event *e)
{
	tally->restarts += e->times > 0 ? e->times : 0;
	tally->by_hand += e->code == EVENT_RESTARTED_BY_HAND;
	tally->recreated += e->code == EVENT_RECREATED;
	tally->ooms += e->code == EVENT_OOM_KILLED;
	tally->crashes += crashes(e);
}

/* A container that restarts hour after hour is one happening, also when somebody looked again in between. */
static bool join(struct report *report, struct container_tally *tally, const struct event *e)
{
	const struct interval *interval;

	if (!tally->restart_event)
		return false;
	interval = &report->intervals[report->interval_count - 1];
	return interval->from_epoch - tally->restart_seen_epoch <
		       (interval->to_epoch - interval->from_epoch) / 2 &&
	       event_join(&report->events.items[tally->restart_event - 1], e, &report->digest.arena);
}

static void keep(struct report *report, const struct event *e, double seen_epoch)
{
	struct container_tally *tally = report_find_tally(report, e->subject, 0);
	struct events *events = &report->events;

	if (tally)
		count(tally, e);
	if (!tally || !join(report, tally, e)) {
		*event_add(events, &report->digest.arena, e->code, e->subject, "%s", "") = *e;
		if (tally && e->times > 0)
			tally->restart_event = events->count;
	}
	if (tally && e->times > 0)
		tally->restart_seen_epoch = seen_epoch;
}

/* Whether it still restarts hour after hour is not known of one that was not inspected. */
static void bridge_restarts(struct report *report, const struct snapshot *s)
{
	for (size_t i = 0; i < s->container_count; i++) {
		const struct container *c = &s->containers[i];
		struct container_tally *tally =
			c->name && !container_is_inspected(c) ? report_find_tally(report, c->name, i) : NULL;

		if (tally && tally->restart_seen_epoch >= report->last.epoch)
			tally->restart_seen_epoch = s->epoch;
	}
}

void report_add_events(struct report *report, const struct snapshot *s)
{
	const struct snapshot *before = report->has_last ? &report->last : NULL;
	const struct snapshot *with_engine = report->has_with_engine ? &report->with_engine : NULL;
	struct events found = {0};

	if (before)
		add_interval(report, s);
	if (with_engine && event_engine_answered(s))
		add_run_times(report, s);
	event_find(before, with_engine, s, &report->digest.arena, &found);
	report->oom_open = found.oom_open;
	for (size_t i = 0; i < found.count; i++)
		if (with_engine || found.items[i].epoch >= report->digest.from_epoch)
			keep(report, &found.items[i], s->epoch);
	if (before && event_engine_answered(s))
		bridge_restarts(report, s);
}

static double begin(const struct event *e)
{
	return isnan(e->from_epoch) ? e->epoch : e->from_epoch;
}

/* Stable: what happened at the same time stays in the order in which it was found. */
static int by_time(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a, *y = *(const struct event *const *)b;

	if (begin(x) < begin(y) || begin(x) > begin(y))
		return begin(x) < begin(y) ? -1 : 1;
	return (x > y) - (x < y);
}

/* An absence of the engine that is over is as bad as the issue about it: a warning. */
static void set_severity_of_absences(struct report *report)
{
	bool goes_on = report->engine_error != NULL;

	for (size_t i = report->digest.event_count; i-- > 0;) {
		struct event *e = &report->digest.events[i];

		if (e->code != EVENT_ENGINE_GONE)
			continue;
		if (!goes_on)
			e->severity = arena_string(&report->digest.arena, severity_name(SEVERITY_WARNING));
		goes_on = false;
	}
}

void report_finish_events(struct report *report)
{
	struct digest *d = &report->digest;
	size_t total = report->events.count;
	const struct event **order AUTO_FREE = mem_alloc(total * sizeof(struct event *));

	for (size_t i = 0; i < total; i++)
		order[i] = &report->events.items[i];
	qsort(order, total, sizeof(struct event *), by_time);
	d->events = arena_array(&d->arena, total, sizeof(*d->events));
	d->event_count = total;
	for (size_t i = 0; i < total; i++) {
		d->events[i] = *order[i];
		d->events[i].subject = report_clean_name(report, order[i]->subject);
		d->events[i].message = report_clean_text(report, order[i]->message);
	}
	set_severity_of_absences(report);
}

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "report/collect.h"

static const double mentioned_seconds = 60; /* of down time */

/* Of what is equally bad, what goes on comes before what is over. */
enum tense { GOES_ON, OVER };

struct found {
	struct digest_problem problem;
	enum tense tense;
};

struct problems {
	struct digest *digest;
	struct found *items;
	size_t count, room;
};

__attribute__((format(printf, 5, 6))) static void add(struct problems *p, enum severity severity,
	enum tense tense, const char *subject, const char *format, ...)
{
	char text[1200];
	va_list args;

	if (severity == SEVERITY_OK)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		p->items = mem_resize(p->items, p->room * sizeof(*p->items));
	}
	p->items[p->count++] = (struct found){
		.problem.severity = arena_string(&p->digest->arena, severity_name(severity)),
		.problem.subject = arena_string(&p->digest->arena, subject),
		.problem.message = arena_string(&p->digest->arena, text),
		.tense = tense,
	};
}

struct often {
	char text[80];
};

static struct often how_often(double n)
{
	struct often o = {"once"};

	if (n > 1)
		snprintf(o.text, sizeof(o.text), "%.0f times", n);
	return o;
}

static void find_coverage(struct problems *p, const struct report *report, const struct history_stat *history,
	const char *no_history)
{
	const struct digest *d = p->digest;
	double missing = d->expected_snapshots - d->snapshots, age = d->to_epoch - d->current.epoch;
	double interval = d->hours * 3600 / fmax(d->expected_snapshots, 1);
	char ago[CLOCK_TEXT];

	if (no_history) {
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor", "The monitor is not running: %s", no_history);
	} else if (!(d->snapshots > 0)) {
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor",
			"The monitor is not running: there is no snapshot of the last %g hours", d->hours);
	} else if (age > 3 * interval) {
		clock_format_duration(age, ago);
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor",
			"The monitor is not running: the last snapshot is %s old", ago);
	} else if (missing > 1 && missing > d->expected_snapshots * 0.05) {
		add(p, SEVERITY_WARNING, OVER, "monitor",
			"%.0f of %.0f snapshots are missing%s: what happened then is not known", missing,
			d->expected_snapshots, report->gaps);
	}
	if (history->was_damaged)
		add(p, SEVERITY_WARNING, GOES_ON, "history",
			"The history is damaged: what could not be read is not in this report");
}

static void find_range(struct problems *p, const char *subject, const struct range *range, double now,
	double warning, double critical)
{
	enum severity severity = alert_severity(range->max, warning, critical);
	enum tense tense = alert_severity(now, warning, critical) < severity ? OVER : GOES_ON;

	add(p, severity, tense, subject, "%s reached %.1f %% (%s above %g %%), on average it was at %.1f %%",
		subject, range->max, severity_name(severity),
		severity == SEVERITY_CRITICAL ? critical : warning, range->avg);
}

static void find_disk(struct problems *p, const struct digest_disk *disk, const struct config_thresholds *t)
{
	enum severity now = alert_severity(disk->used_percent, t->disk_warning, t->disk_critical);
	enum severity worst = alert_severity(disk->max_percent, t->disk_warning, t->disk_critical);
	double threshold = worst == SEVERITY_CRITICAL ? t->disk_critical : t->disk_warning;
	char change[60] = "";

	if (!isnan(disk->change_gb))
		snprintf(change, sizeof(change), ", %+.1f GiB in this time", disk->change_gb);
	if (disk->problem)
		add(p, SEVERITY_CRITICAL, GOES_ON, disk->mount, "Disk %s %s", disk->mount, disk->problem);
	else if (worst > now)
		add(p, worst, OVER, disk->mount,
			"Disk %s reached %.1f %% (%s above %g %%) and is at %.1f %% now", disk->mount,
			disk->max_percent, severity_name(worst), threshold, disk->used_percent);
	else
		add(p, now, GOES_ON, disk->mount, "Disk %s is at %.1f %% (%s above %g %%)%s", disk->mount,
			disk->used_percent, severity_name(now), threshold, change);
}

/* Soon is worse: a week leaves time to do something, a day does not, unless the disk is large and nearly
 * empty. */
static void find_full_disk(struct problems *p, const struct digest_disk *disk,
	const struct config_thresholds *t)
{
	double days = fmax(disk->full_epoch - p->digest->to_epoch, 0) / 86400;
	enum severity severity = SEVERITY_INFO;
	char when[CLOCK_TEXT], growth[40];

	if (isnan(disk->full_epoch))
		return;
	if (days <= 1 && disk->used_percent > t->disk_warning)
		severity = SEVERITY_CRITICAL;
	else if (days <= 7)
		severity = SEVERITY_WARNING;
	clock_format_day(disk->full_epoch, when);
	if (disk->growth_gb_per_day < 1)
		snprintf(growth, sizeof(growth), "%.0f MiB", disk->growth_gb_per_day * 1024);
	else
		snprintf(growth, sizeof(growth), "%.1f GiB", disk->growth_gb_per_day);
	add(p, severity, GOES_ON, disk->mount, "Disk %s will be full around %s, in %.0f %s (grows %s a day)",
		disk->mount, when, days < 2 ? days * 24 : days, days < 2 ? "hours" : "days", growth);
}

static void find_disks(struct problems *p, const struct config_thresholds *t)
{
	for (size_t i = 0; i < p->digest->disk_count; i++) {
		find_disk(p, &p->digest->disks[i], t);
		find_full_disk(p, &p->digest->disks[i], t);
	}
}

/* Which container it was is not known, so that no container tells of it. */
static void find_oom_kills(struct problems *p)
{
	for (size_t i = 0; i < p->digest->event_count; i++) {
		const struct event *e = &p->digest->events[i];

		if (e->code == EVENT_OOM_ELSEWHERE)
			add(p, severity_parse(e->severity), OVER, e->subject, "Out of memory: %s",
				e->message);
	}
}

static void find_engine(struct problems *p, const struct report *report)
{
	if (report->engine_error)
		add(p, SEVERITY_CRITICAL, GOES_ON, "engine", "The container engine does not answer: %s",
			report->engine_error);
	else if (report->engine_failures > 0)
		add(p, SEVERITY_WARNING, OVER, "engine",
			"The container engine did not answer in %.0f of %.0f checks", report->engine_failures,
			report->engine_checks);
}

static bool is_word(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

/* The last end of the container; NULL when none is known. */
static const struct event *last_end(const struct digest *d, const struct digest_container *c, bool unplanned)
{
	for (size_t i = d->event_count; i-- > 0;) {
		const struct event *e = &d->events[i];
		bool is_planned = e->code == EVENT_STOPPED || e->code == EVENT_FINISHED;
		bool is_end = is_planned || e->code == EVENT_OOM_KILLED || e->code == EVENT_CRASHED ||
			      e->code == EVENT_FAILED || e->code == EVENT_COULD_NOT_START ||
			      e->code == EVENT_LEFT_DOWN;

		if (is_end && !(unplanned && is_planned) && strcmp(e->subject, c->name) == 0)
			return e;
	}
	return NULL;
}

/* ` since 03:12`, or ` since 04:00 at the latest`. */
static struct often since(const struct digest *d, const struct event *e)
{
	struct often o;
	char when[CLOCK_TEXT];

	clock_format_short(e->epoch, d->hours > 24 || e->epoch < d->from_epoch, when);
	snprintf(o.text, sizeof(o.text), " since %s%s", when, isnan(e->from_epoch) ? "" : " at the latest");
	return o;
}

/* One that does not run now. What happened before this time is not told again. */
static void find_down_now(struct problems *p, const struct digest_container *c)
{
	const struct event *end = last_end(p->digest, c, false);

	if (c->is_done) {
		end = last_end(p->digest, c, true);
		if (end && end->code == EVENT_FAILED)
			add(p, SEVERITY_WARNING, OVER, c->name, "Container %s, but ended well the next time",
				end->message);
		return;
	}
	if (!end || end->code == EVENT_OOM_KILLED) /* that is said already */
		return;
	add(p, severity_parse(end->severity), GOES_ON, c->name, "Container %s%s%s", end->message,
		end->code == EVENT_FAILED ? "" : ", it is down",
		end->code == EVENT_FAILED ? "" : since(p->digest, end).text);
}

/* One that runs now. A moment to restart in by hand is no problem. */
static void find_downtime(struct problems *p, const struct digest_container *c)
{
	const struct event *end = last_end(p->digest, c, true);
	double checks_down = c->checks - c->checks_running - c->checks_idle;
	bool was_unplanned = end || c->crashes > 0;

	if (end && end->code != EVENT_OOM_KILLED)
		add(p, severity_parse(end->severity), OVER, c->name, "Container %s and runs again%s%s%s",
			end->message, c->seconds_down > 0 ? ", it was down for " : "",
			c->seconds_down > 0 && !isnan(end->from_epoch) ? "at least " : "",
			c->seconds_down > 0 ? event_duration(c->seconds_down).text : "");
	else if (c->seconds_down >= mentioned_seconds)
		add(p, was_unplanned ? SEVERITY_WARNING : SEVERITY_INFO, OVER, c->name,
			"Container %s was down for %s", c->name, event_duration(c->seconds_down).text);
	else if (checks_down > 0 && c->checks_running > 0 && !(c->seconds_down > 0))
		add(p, SEVERITY_WARNING, OVER, c->name,
			"Container %s was seen running in %.0f of %.0f checks only (%.1f %%)", c->name,
			c->checks_running, c->checks, c->uptime_percent);
}

static void find_uptime(struct problems *p, const struct digest_container *c)
{
	if (c->is_expected_down)
		return;
	if (is_word(c->state, "paused"))
		add(p, SEVERITY_INFO, GOES_ON, c->name, "Container %s is paused", c->name);
	else if (is_word(c->state, "running"))
		find_downtime(p, c);
	else if (is_word(c->state, "exited") || is_word(c->state, "created"))
		find_down_now(p, c);
}

static void find_container(struct problems *p, const struct digest_container *c,
	const struct config_thresholds *t)
{
	bool is_removed = is_word(c->status, "removed"), is_stopped = is_word(c->state, "exited");

	if (!is_removed && is_word(c->status, "unhealthy"))
		add(p, SEVERITY_CRITICAL, GOES_ON, c->name,
			"Container %s is unhealthy: its health check fails", c->name);
	else if (c->checks_unhealthy > 0)
		add(p, SEVERITY_WARNING, OVER, c->name, "Container %s was unhealthy in %.0f of %.0f checks",
			c->name, c->checks_unhealthy, c->checks);
	if (!is_removed && (is_word(c->state, "restarting") || is_word(c->state, "dead")))
		add(p, SEVERITY_CRITICAL, GOES_ON, c->name, "Container %s is in state %s%s", c->name,
			c->state, event_exit(c->exit_code).text);
	if (c->oom_kills > 0)
		add(p, SEVERITY_CRITICAL, is_stopped ? GOES_ON : OVER, c->name,
			"Container %s was killed for want of memory (OOM) %s%s", c->name,
			how_often(c->oom_kills).text, is_stopped ? " and is stopped" : "");
	if ((c->restarts >= t->restarts_critical || c->restarts >= t->restarts_warning) &&
		c->restarts > c->oom_kills)
		add(p, c->restarts >= t->restarts_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING, OVER,
			c->name, "Container %s was restarted by its policy %s", c->name,
			how_often(c->restarts).text);
	if (!is_removed)
		find_uptime(p, c);
	if (c->mem_max_percent > c->mem_limit_percent)
		add(p, SEVERITY_WARNING, OVER, c->name,
			"Container %s reached %.1f %% of its memory limit (warning above %g %%)", c->name,
			c->mem_max_percent, c->mem_limit_percent);
	if (c->error_count > 0)
		add(p, SEVERITY_INFO, OVER, c->name, "Container %s logged %.0f error line%s%s%s", c->name,
			c->error_count, c->error_count > 1 ? "s" : "",
			c->errors_count ? ", most often: " : "", c->errors_count ? c->errors[0].message : "");
	if (c->mem_growth_mb_per_day > 0)
		add(p, SEVERITY_INFO, GOES_ON, c->name,
			"Container %s's memory only grows: %.0f MiB more in %.0f days", c->name,
			c->mem_growth_mb_per_day * c->mem_growth_days, c->mem_growth_days);
	if (c->problem && !is_removed)
		add(p, SEVERITY_INFO, GOES_ON, c->name, "Container %s: %s", c->name, c->problem);
}

static void take(struct problems *p, enum severity severity, enum tense tense)
{
	struct digest *d = p->digest;

	for (size_t i = 0; i < p->count; i++)
		if (severity_parse(p->items[i].problem.severity) == severity && p->items[i].tense == tense)
			d->problems[d->problem_count++] = p->items[i].problem;
}

/* Stable: what is equal stays in the order in which it was found. */
static void sort(struct problems *p)
{
	p->digest->problems = arena_array(&p->digest->arena, p->count, sizeof(*p->digest->problems));
	for (int severity = SEVERITY_CRITICAL; severity > SEVERITY_OK; severity--) {
		take(p, (enum severity)severity, GOES_ON);
		take(p, (enum severity)severity, OVER);
	}
}

void report_find_problems(struct report *report, const struct config_thresholds *thresholds,
	const struct history_stat *history, const char *no_history)
{
	struct problems p = {.digest = &report->digest};
	struct digest *d = &report->digest;
	enum severity worst;

	find_coverage(&p, report, history, no_history);
	find_range(&p, "CPU", &d->cpu_percent, d->current.cpu_percent, thresholds->cpu_warning,
		thresholds->cpu_critical);
	find_range(&p, "RAM", &d->ram_percent, d->current.ram_percent, thresholds->ram_warning,
		thresholds->ram_critical);
	find_disks(&p, thresholds);
	find_oom_kills(&p);
	find_engine(&p, report);
	for (size_t i = 0; i < d->container_count; i++)
		find_container(&p, &d->containers[i], thresholds);
	sort(&p);
	free(p.items);
	worst = d->problem_count ? severity_parse(d->problems[0].severity) : SEVERITY_OK;
	d->severity = arena_string(&d->arena, severity_name(worst >= SEVERITY_WARNING ? worst : SEVERITY_OK));
}

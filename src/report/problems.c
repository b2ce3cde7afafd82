#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "report/collect.h"
#include "report/moment.h"

static const double mentioned_seconds = 60; /* of down time */

/* Of what is equally bad, what goes on comes before what is over. */
enum tense { GOES_ON, OVER };

struct found {
	struct digest_problem problem;
	enum tense tense;
};

struct problems {
	struct digest *digest;
	char *title; /* what a headline calls the subject of what is added; NULL: as it is */
	bool is_container;
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
		.problem.title = p->title ? p->title : arena_string(&p->digest->arena, subject),
		.problem.message = arena_string(&p->digest->arena, text),
		.problem.is_container = p->is_container,
		.tense = tense,
	};
}

struct often {
	char text[120];
};

/* ` at 17:49`, ` 7 times, last at 17:49`, or ` once` and ` 7 times` when it is not known when. */
static struct often how_often(double n, struct moment last)
{
	struct often o;

	if (n > 1)
		snprintf(o.text, sizeof(o.text), " %.0f times%s%s", n, *last.text ? ", last" : "", last.text);
	else
		snprintf(o.text, sizeof(o.text), "%s", *last.text ? last.text : " once");
	return o;
}

static void find_coverage(struct problems *p, const struct report *report, const struct history_stat *history,
	const struct err *no_history)
{
	const struct digest *d = p->digest;
	double missing = d->expected_snapshots - d->snapshots;
	char ago[CLOCK_TEXT];

	if (no_history && no_history->code != ENOENT) {
		p->title = arena_string(&p->digest->arena, "history unreadable");
		add(p, SEVERITY_CRITICAL, GOES_ON, "history", "Nothing is known: %s", no_history->text);
		p->title = NULL;
		return;
	}
	p->title = arena_string(&p->digest->arena, "monitor not running");
	if (no_history) {
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor", "The monitor is not running: %s",
			no_history->text);
	} else if (!(d->snapshots > 0) && report->epoch_count && !report_is_old(report, history)) {
		clock_format_duration(d->to_epoch - report->epochs[report->epoch_count - 1], ago);
		add(p, SEVERITY_INFO, GOES_ON, "monitor",
			"There is no snapshot in this window: the last one is %s old, the next not yet late",
			ago);
	} else if (!(d->snapshots > 0)) {
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor",
			"The monitor is not running: there is no snapshot of the last %g hour%s", d->hours,
			d->hours > 1 ? "s" : "");
	} else if (d->current.is_old) {
		clock_format_duration(d->to_epoch - d->current.epoch, ago);
		add(p, SEVERITY_CRITICAL, GOES_ON, "monitor",
			"The monitor is not running: the last snapshot is %s old", ago);
	}
	p->title = NULL;
	if (!p->count && missing > 1 && missing > d->expected_snapshots * 0.05)
		add(p, SEVERITY_WARNING, OVER, "monitor",
			"%.0f of %.0f snapshots are missing%s: what happened then is not known", missing,
			d->expected_snapshots, report->gaps);
	if (history->was_damaged)
		add(p, SEVERITY_WARNING, GOES_ON, "history",
			"The history is damaged: what could not be read is not in this report");
}

static void find_range(struct problems *p, const char *subject, const struct range *range, double max_epoch,
	double now, double warning, double critical)
{
	enum severity severity = alert_severity(range->max, warning, critical);
	enum tense tense = alert_severity(now, warning, critical) < severity ? OVER : GOES_ON;
	char text[40] = "";

	if (!p->digest->current.is_old && !isnan(now))
		snprintf(text, sizeof(text), ", now %.1f %%", now);
	add(p, severity, tense, subject, "%s reached %.1f %%%s (%s above %g %%)%s, on average %.1f %%",
		subject, range->max, moment_at(p->digest, max_epoch).text, severity_name(severity),
		severity == SEVERITY_CRITICAL ? critical : warning, text, range->avg);
}

static void find_disk(struct problems *p, const struct digest_disk *disk, const struct config_thresholds *t)
{
	enum severity now = alert_severity(disk->used_percent, t->disk_warning, t->disk_critical);
	enum severity worst = alert_severity(disk->max_percent, t->disk_warning, t->disk_critical);
	double threshold = worst == SEVERITY_CRITICAL ? t->disk_critical : t->disk_warning;
	struct moment failed = moment_at(p->digest, disk->failed_epoch);
	char change[130] = "";

	if (fabs(disk->change_gb) >= 0.05)
		snprintf(change, sizeof(change), ", %+.1f GiB%s", disk->change_gb,
			moment_in(p->digest, disk->change_seconds).text);
	if (disk->last_problem && !disk->problem)
		add(p, SEVERITY_WARNING, OVER, disk->mount, "Disk %s %s in %.0f of %.0f checks%s%s",
			disk->mount, disk->last_problem, disk->checks_failed, disk->checks,
			disk->checks_failed > 1 && *failed.text ? ", last" : "", failed.text);
	if (disk->problem)
		add(p, SEVERITY_CRITICAL, GOES_ON, disk->mount, "Disk %s %s", disk->mount, disk->problem);
	else if (worst > now)
		add(p, worst, OVER, disk->mount,
			"Disk %s reached %.1f %%%s (%s above %g %%) and is at %.1f %% now", disk->mount,
			disk->max_percent, moment_at(p->digest, disk->max_epoch).text, severity_name(worst),
			threshold, disk->used_percent);
	else
		add(p, now, GOES_ON, disk->mount, "Disk %s is at %.1f %% (%s above %g %%)%s", disk->mount,
			disk->used_percent, severity_name(now), threshold, change);
}

/* `in 6 days`, `in 18 hours`, `within an hour`. */
static void format_time_left(double days, char *out, size_t size)
{
	double hours = days * 24;

	if (days >= 2)
		snprintf(out, size, "in %.0f days", days);
	else if (hours >= 1)
		snprintf(out, size, "in %.0f hour%s", hours, hours < 1.5 ? "" : "s");
	else
		snprintf(out, size, "within an hour");
}

/* Soon is worse: a week leaves time to do something, a day does not, unless the disk is large and nearly
 * empty. */
static void find_full_disk(struct problems *p, const struct digest_disk *disk,
	const struct config_thresholds *t)
{
	double days = fmax(disk->full_epoch - p->digest->to_epoch, 0) / 86400;
	enum severity severity = SEVERITY_INFO;
	char when[CLOCK_TEXT], left[40], growth[40];

	if (isnan(disk->full_epoch))
		return;
	if (days <= 1 && disk->used_percent > t->disk_warning)
		severity = SEVERITY_CRITICAL;
	else if (days <= 7)
		severity = SEVERITY_WARNING;
	clock_format_day(disk->full_epoch, when);
	format_time_left(days, left, sizeof(left));
	if (disk->growth_gb_per_day < 1)
		snprintf(growth, sizeof(growth), "%.0f MiB", disk->growth_gb_per_day * 1024);
	else
		snprintf(growth, sizeof(growth), "%.1f GiB", disk->growth_gb_per_day);
	add(p, severity, GOES_ON, disk->mount, "Disk %s will be full around %s, %s (grows %s a day)",
		disk->mount, when, left, growth);
}

static void find_disks(struct problems *p, const struct config_thresholds *t)
{
	for (size_t i = 0; i < p->digest->disk_count; i++) {
		const struct digest_disk *disk = &p->digest->disks[i];

		p->title = arena_printf(&p->digest->arena, "disk %s", disk->mount);
		find_disk(p, disk, t);
		find_full_disk(p, disk, t);
	}
	p->title = NULL;
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
	const struct away *away = &report->engine_away;
	/* Seen to be away in the first check of a time without an answer, and in the last of all. */
	const struct event times = {.from_epoch = away->first_epoch, .epoch = away->last_epoch},
			   begin = {.from_epoch = away->begin_epoch, .epoch = away->begin_epoch};

	if (report->engine_error && report->engine_was_there)
		add(p, SEVERITY_CRITICAL, GOES_ON, "engine", "The container engine does not answer%s: %s",
			moment_since(p->digest, &begin).text, report->engine_error);
	else if (report->engine_error && report->engine_found)
		add(p, SEVERITY_WARNING, GOES_ON, "engine", "The container engine does not answer: %s",
			report->engine_error);
	else if (report->engine_failures > 0)
		add(p, SEVERITY_WARNING, OVER, "engine",
			"The container engine did not answer in %.0f of %.0f checks%s%s",
			report->engine_failures, report->engine_checks, moment_of(p->digest, &times).text,
			report->engine_answered ? ", it answers again" : "");
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
		end->code == EVENT_FAILED ? "" : moment_since(p->digest, end).text);
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
	if (event_is_word(c->state, "paused"))
		add(p, SEVERITY_INFO, GOES_ON, c->name, "Container %s is paused", c->name);
	else if (event_is_word(c->state, "running"))
		find_downtime(p, c);
	else if (event_is_word(c->state, "exited") || event_is_word(c->state, "created"))
		find_down_now(p, c);
}

/* The last event about a container that `is_meant`; NULL when there is none. */
static const struct event *last_event(const struct digest *d, const char *subject,
	bool (*is_meant)(const struct event *))
{
	for (size_t i = d->event_count; i-- > 0;)
		if (is_meant(&d->events[i]) && strcmp(d->events[i].subject, subject) == 0)
			return &d->events[i];
	return NULL;
}

static bool is_sickening(const struct event *e)
{
	return e->code == EVENT_UNHEALTHY;
}

static bool is_oom_kill(const struct event *e)
{
	return e->code == EVENT_OOM_KILLED;
}

static bool is_restart(const struct event *e)
{
	return e->times > 0;
}

static void find_health(struct problems *p, const struct digest_container *c)
{
	const struct event *begin = last_event(p->digest, c->name, is_sickening);
	bool is_always = !begin && c->checks_unhealthy > 1 && !(c->checks > c->checks_unhealthy);
	char always[60] = "";

	if (is_always)
		snprintf(always, sizeof(always), " in all of %.0f checks", c->checks);
	if (!event_is_word(c->status, "removed") && event_is_word(c->status, "unhealthy"))
		add(p, SEVERITY_CRITICAL, GOES_ON, c->name,
			"Container %s is unhealthy%s: its health check fails%s", c->name,
			begin ? moment_since(p->digest, begin).text : "", always);
	else if (c->checks_unhealthy > 0)
		add(p, SEVERITY_WARNING, OVER, c->name,
			"Container %s was unhealthy in %.0f of %.0f checks%s%s", c->name, c->checks_unhealthy,
			c->checks, c->checks_unhealthy > 1 ? ", last" : "",
			moment_at(p->digest, c->unhealthy_epoch).text);
}

/* When it was killed. Of one that its policy started again the event tells when that was. */
static struct moment oom_moment(const struct digest *d, const struct event *e)
{
	if (e && e->times > 0)
		return moment_at(d, e->epoch - e->down_seconds);
	return e ? moment_of(d, e) : (struct moment){""};
}

/* It is the end after which it did not run again. */
static bool is_its_end(const struct digest *d, const struct digest_container *c, const struct event *e)
{
	return event_is_word(c->state, "exited") && e == last_end(d, c, false) && c->exit_code > 0 &&
	       fabs(c->exit_code - e->exit_code) < 0.5;
}

static void find_kills(struct problems *p, const struct digest_container *c)
{
	const struct event *last = last_event(p->digest, c->name, is_oom_kill);
	bool is_stopped = !event_is_word(c->status, "removed") && event_is_word(c->state, "exited");
	struct moment when = oom_moment(p->digest, last);
	bool is_since = *when.text && is_its_end(p->digest, c, last);

	if (!(c->oom_kills > 0))
		return;
	add(p, SEVERITY_CRITICAL, is_stopped ? GOES_ON : OVER, c->name,
		"Container %s was killed for want of memory (OOM)%s%s%s%s", c->name,
		how_often(c->oom_kills, when).text, is_stopped ? " and is stopped" : "",
		is_stopped && is_since ? " since" : "",
		is_stopped && is_since && isnan(last->from_epoch) ? moment_for(p->digest, last->epoch).text
								  : "");
}

/* When its policy last started it, where that is known to the second. */
static struct moment restart_moment(const struct digest *d, const struct event *e)
{
	bool is_start = e && (e->code == EVENT_RESTARTED_BY_POLICY || e->code == EVENT_OOM_KILLED);

	return is_start && !isnan(e->down_seconds) ? moment_at(d, e->epoch) : (struct moment){""};
}

static void find_restarts(struct problems *p, const struct digest_container *c,
	const struct config_thresholds *t)
{
	struct moment last = restart_moment(p->digest, last_event(p->digest, c->name, is_restart));

	if ((c->restarts >= t->restarts_critical || c->restarts >= t->restarts_warning) &&
		c->restarts > c->oom_kills)
		add(p, c->restarts >= t->restarts_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING, OVER,
			c->name, "Container %s was restarted by its policy%s", c->name,
			how_often(c->restarts, last).text);
}

static void find_container(struct problems *p, const struct digest_container *c,
	const struct config_thresholds *t)
{
	bool is_removed = event_is_word(c->status, "removed");

	find_health(p, c);
	if (!is_removed && (event_is_word(c->state, "restarting") || event_is_word(c->state, "dead")))
		add(p, SEVERITY_CRITICAL, GOES_ON, c->name, "Container %s is in state %s%s", c->name,
			c->state, event_exit(c->exit_code).text);
	find_kills(p, c);
	find_restarts(p, c, t);
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
	const struct history_stat *history, const struct err *no_history)
{
	struct problems p = {.digest = &report->digest};
	struct digest *d = &report->digest;
	enum severity worst;

	d->current.is_old = d->snapshots > 0 && report_is_old(report, history);
	find_coverage(&p, report, history, no_history);
	find_range(&p, "CPU", &d->cpu_percent, report->cpu_max_epoch, d->current.cpu_percent,
		thresholds->cpu_warning, thresholds->cpu_critical);
	find_range(&p, "RAM", &d->ram_percent, report->ram_max_epoch, d->current.ram_percent,
		thresholds->ram_warning, thresholds->ram_critical);
	find_range(&p, "Swap", &d->swap_percent, report->swap_max_epoch,
		d->current.swap_used_gb / d->current.swap_total_gb * 100, thresholds->swap_warning, MISSING);
	find_disks(&p, thresholds);
	find_oom_kills(&p);
	find_engine(&p, report);
	p.is_container = true;
	for (size_t i = 0; i < d->container_count; i++)
		find_container(&p, &d->containers[i], thresholds);
	sort(&p);
	free(p.items);
	worst = d->problem_count ? severity_parse(d->problems[0].severity) : SEVERITY_OK;
	d->severity = arena_string(&d->arena, severity_name(worst >= SEVERITY_WARNING ? worst : SEVERITY_OK));
}

#include "asmo/alert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/finding.h"
#include "asmo/clock.h"
#include "asmo/event.h"

/* How long an engine may take to bring its containers back, or to note the end of those that died with it. */
static const double start_seconds = 120;

enum { TEXT_MAX = 1024 };

/* Adds the finding, with its message. That all is well is worth a word only where it was not. */
__attribute__((format(printf, 3, 4))) static void find(struct judge *j, struct finding finding,
	const char *format, ...)
{
	struct arena *arena = &j->snapshot->arena;
	char text[TEXT_MAX];
	va_list args;

	if (finding.severity == SEVERITY_OK && !judge_recall(j, finding.key))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finding.message = arena_string(arena, text);
	if (j->count == j->room) {
		j->room = j->room ? 2 * j->room : 16;
		j->findings = mem_resize(j->findings, j->room * sizeof(*j->findings));
	}
	j->findings[j->count++] = finding;
}

static double clear_margin(const struct judge *j)
{
	return j->config->alerts.clear_margin_percent;
}

/* ` (critical above 95 %)`: the threshold that was passed. One that holds what was raised before says so. */
struct limit {
	char text[80];
};

static struct limit limit_of(enum severity severity, double value, double warning, double critical,
	double margin)
{
	double threshold = severity == SEVERITY_CRITICAL ? critical : warning;
	const char *name = severity == SEVERITY_CRITICAL ? "critical" : "warning";
	struct limit limit = {" again"};

	if (value > threshold)
		snprintf(limit.text, sizeof(limit.text), " (%s above %g %%)", name, threshold);
	else if (severity != SEVERITY_OK)
		snprintf(limit.text, sizeof(limit.text), " (%s above %g %%, until it is down by %g)", name,
			threshold, fmin(margin, threshold / 2));
	return limit;
}

/* `what` and `unit` stand around the number: `CPU is at` 12.3 ` %`. */
static void judge_percent(struct judge *j, char *key, const char *what, double value, const char *unit,
	double warning, double critical)
{
	enum severity severity = alert_severity_after(judge_recall_severity(j, key), value, warning, critical,
		clear_margin(j));

	if (!isnan(value))
		find(j, (struct finding){.key = key, .severity = severity}, "%s %.1f%s%s", what, value, unit,
			limit_of(severity, value, warning, critical, clear_margin(j)).text);
}

static void judge_disk(struct judge *j, const struct disk *d)
{
	const struct config_thresholds *t = &j->config->thresholds;
	struct arena *arena = &j->snapshot->arena;
	struct finding problem = {.key = arena_printf(arena, "disk:%s:problem", d->mount),
		.severity = d->problem ? SEVERITY_CRITICAL : SEVERITY_OK};

	judge_percent(j, arena_printf(arena, "disk:%s", d->mount),
		arena_printf(arena, "Disk %s is at", d->mount), d->used_percent,
		arena_printf(arena, " %%, %.1f GiB free",
			d->used_gb > 0 ? d->used_gb * (100 / d->used_percent - 1) : d->total_gb),
		t->disk_warning, t->disk_critical);
	find(j, problem, "Disk %s %s", d->mount, d->problem ? d->problem : "answers again");
}

static void judge_host(struct judge *j)
{
	const struct config_thresholds *t = &j->config->thresholds;
	struct snapshot *s = j->snapshot;
	double swap_percent = s->swap_total_gb > 0 ? s->swap_used_gb / s->swap_total_gb * 100
						   : s->swap_total_gb; /* none, or not known */

	judge_percent(j, "cpu", "CPU is at", s->cpu_percent, " %", t->cpu_warning, t->cpu_critical);
	judge_percent(j, "ram", "RAM is at", s->ram_percent,
		arena_printf(&s->arena, " %%, %.1f of %.1f GiB", s->ram_used_gb, s->ram_total_gb),
		t->ram_warning, t->ram_critical);
	judge_percent(j, "swap", "Swap is at", swap_percent,
		arena_printf(&s->arena, " %%, %.1f of %.1f GiB", s->swap_used_gb, s->swap_total_gb),
		t->swap_warning, MISSING);
	for (size_t i = 0; i < s->disk_count; i++)
		judge_disk(j, &s->disks[i]);
}

/* Once missed, it is missed until it answers. One that never answered is no more than warned of, and where
 * there is none at all nothing is said.
 */
static void judge_engine(struct judge *j)
{
	const struct engine *engine = &j->snapshot->docker;
	bool was_there = j->before && j->before->docker.available == FLAG_YES;
	struct finding finding = {.key = "engine"};
	const struct issue *old = judge_recall(j, finding.key);

	if (engine->available == FLAG_YES)
		find(j, finding, "The container engine answers again");
	if (engine->available != FLAG_NO)
		return;
	if (j->config->docker.required == FLAG_YES || was_there ||
		(old && event_is_word(old->severity, "critical")))
		finding.severity = SEVERITY_CRITICAL;
	else if (engine->found == FLAG_YES)
		finding.severity = SEVERITY_WARNING;
	if (finding.severity != SEVERITY_OK)
		find(j, finding, "The container engine does not answer%s: %s", was_there ? " any more" : "",
			engine->error ? engine->error : "no reason known");
	else if (old)
		find(j, finding, "The container engine is no longer there");
}

static char *key_of(const struct judge *j, const struct container *c, const char *what)
{
	return arena_printf(&j->snapshot->arena, "container:%s:%s", c->name, what);
}

/* A check that has only begun says nothing yet. */
static void judge_health(struct judge *j, const struct container *c)
{
	struct finding finding = {.key = key_of(j, c, "unhealthy")};

	if (event_is_word(c->status, "unhealthy")) {
		finding.severity = SEVERITY_CRITICAL;
		find(j, finding, "Container %s is unhealthy: its health check fails", c->name);
	} else if (container_is_running(c) && event_is_word(c->health, "healthy")) {
		find(j, finding, "Container %s is healthy again", c->name);
	} else if (c->state && !event_is_word(c->health, "starting")) {
		find(j, finding, "Container %s is %s: its health is not checked", c->name, c->state);
	}
}

/* Since `before`; 0 when that is not known. */
static double restarts_of(const struct judge *j, const struct container *c, const struct container *was)
{
	bool is_known = j->before && j->before->docker.available == FLAG_YES;

	return is_known ? container_restarts_since(c, was) : 0;
}

/* One that starts again and again is seen running at times: that is not the end of it, and neither is it when
 * nobody can say how often it has started. */
static void judge_state(struct judge *j, const struct container *c, const struct container *was)
{
	bool is_needed = !container_is_expected_down(c);
	struct finding finding = {.key = key_of(j, c, "state")};

	if (event_is_word(c->state, "restarting") || (event_is_word(c->state, "dead") && is_needed)) {
		finding.severity = SEVERITY_CRITICAL;
		find(j, finding, "Container %s is in state %s%s", c->name, c->state,
			event_exit(c->exit_code).text);
	} else if (c->state && !isnan(c->restarts) && !(restarts_of(j, c, was) > 0)) {
		find(j, finding, "Container %s is in state %s", c->name, c->state);
	}
}

static void judge_memory(struct judge *j, const struct container *c)
{
	struct finding finding = {.key = key_of(j, c, "memory")};

	if (isnan(c->mem_limit_percent))
		find(j, finding, "Container %s has no limit for its memory any more", c->name);
	else if (container_is_running(c))
		judge_percent(j, finding.key, arena_printf(&j->snapshot->arena, "Container %s uses", c->name),
			c->mem_percent, " % of its memory limit", c->mem_limit_percent, MISSING);
	else if (c->state)
		find(j, finding, "Container %s is %s", c->name, c->state);
}

/* What began anew since `before`, so that its policy should have brought the container back; NULL: nothing
 * did. One that ended later had been back. */
static const char *what_left_it_down(const struct judge *j, const struct container *c)
{
	const struct snapshot *s = j->snapshot, *before = j->before;
	const char *start = s->docker.started_at, *end = c->finished_at;
	bool is_reboot = event_has_changed(s->boot_id, before->boot_id);
	double started = s->epoch - s->uptime_seconds, ended = MISSING;

	if (!event_is_word(c->restart_policy, "always") &&
		!event_is_word(c->restart_policy, "unless-stopped"))
		return NULL;
	if (!is_reboot && !event_has_changed(start, before->docker.started_at))
		return NULL;
	if (start)
		started = clock_parse(start, strlen(start));
	if (end)
		ended = clock_parse(end, strlen(end));
	if (ended > started + start_seconds)
		return NULL;
	return is_reboot ? "reboot" : "restart of the engine";
}

static void judge_stop(struct judge *j, const struct container *c, const struct container *was)
{
	struct finding finding = {.key = key_of(j, c, "stopped"),
		.severity = SEVERITY_WARNING,
		.is_happening = true};
	const char *cause;

	if (!was || !container_is_running(was) || !event_is_word(c->state, "exited") ||
		container_is_expected_down(c))
		return;
	cause = what_left_it_down(j, c);
	if (cause)
		find(j, finding, "Container %s is down since the %s, though its restart policy is %s%s",
			c->name, cause, c->restart_policy, event_exit(c->exit_code).text);
	else if (!event_is_planned_stop(c->exit_code))
		find(j, finding, "Container %s ran before and has stopped%s", c->name,
			event_exit(c->exit_code).text);
}

/* The kernel's kills of which one may have hit this container. */
static double oom_rise_of(const struct judge *j, const struct container *was)
{
	if (!j->before)
		return MISSING;
	if (event_has_changed(j->snapshot->boot_id, j->before->boot_id))
		return j->snapshot->oom_kills;
	return j->snapshot->oom_kills - j->before->oom_kills +
	       (was && was->inspected_epoch > 0 ? j->before->oom_open : 0);
}

static bool judge_oom(struct judge *j, const struct container *c, const struct container *was)
{
	double oom_rise = oom_rise_of(j, was);
	struct finding finding = {.key = key_of(j, c, "oom"),
		.severity = SEVERITY_CRITICAL,
		.is_happening = true,
		.is_same = was && was->oom_killed == FLAG_YES &&
			   !event_has_changed(was->finished_at, c->finished_at)};

	if (!container_was_oom_killed(c, was, oom_rise))
		return false;
	find(j, finding, "Container %s was killed for want of memory (OOM)", c->name);
	return true;
}

static void judge_restarts(struct judge *j, const struct container *c, const struct container *was)
{
	const struct config_thresholds *t = &j->config->thresholds;
	double restarts = restarts_of(j, c, was), threshold = t->restarts_critical, now = j->snapshot->epoch;
	struct finding finding = {.key = key_of(j, c, "restarts"),
		.severity = SEVERITY_CRITICAL,
		.is_happening = true,
		.is_same = judge_recall_severity(j, key_of(j, c, "state")) != SEVERITY_OK};
	char since[CLOCK_TEXT], often[40] = "once";

	if (!(restarts >= threshold)) {
		finding.severity = SEVERITY_WARNING;
		threshold = t->restarts_warning;
	}
	if (!(restarts >= threshold))
		return;
	clock_format_short(j->before->epoch, now - j->before->epoch > 20 * 3600, since);
	if (restarts > 1)
		snprintf(often, sizeof(often), "%.0f times", restarts);
	find(j, finding, "Container %s was restarted %s since %s (%s from %.0f on)", c->name, often, since,
		finding.severity == SEVERITY_CRITICAL ? "critical" : "warning", threshold);
}

static void judge_container(struct judge *j, const struct container *c)
{
	const struct container *was = snapshot_container(j->before, c->name);

	judge_state(j, c, was);
	judge_memory(j, c);
	if (container_is_inspected(c) || event_is_word(c->status, "unhealthy"))
		judge_health(j, c);
	if (!container_is_inspected(c))
		return;
	if (!judge_oom(j, c, was))
		judge_stop(j, c, was);
	judge_restarts(j, c, was);
}

void alert_judge(struct snapshot *snapshot, const struct snapshot *before, const struct snapshot *last,
	const struct config *config)
{
	struct judge j = {.snapshot = snapshot, .before = before, .last = last, .config = config};

	snapshot->alert = (struct alert){0};
	judge_host(&j);
	judge_engine(&j);
	for (size_t i = 0; i < snapshot->container_count; i++)
		if (snapshot->containers[i].name)
			judge_container(&j, &snapshot->containers[i]);
	for (size_t i = 0; i < j.count; i++) {
		if (j.findings[i].severity == SEVERITY_CRITICAL)
			strings_add(&snapshot->alert.critical_issues, &snapshot->arena,
				j.findings[i].message);
		else if (j.findings[i].severity == SEVERITY_WARNING)
			strings_add(&snapshot->alert.warnings, &snapshot->arena, j.findings[i].message);
	}
	snapshot->alert.has_critical = snapshot->alert.critical_issues.count ? FLAG_YES : FLAG_NO;
	judge_remember(&j);
	free(j.findings);
}

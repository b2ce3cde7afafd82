#include "asmo/alert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"

enum severity alert_severity(double value, double warning, double critical)
{
	if (value > critical)
		return SEVERITY_CRITICAL;
	return value > warning ? SEVERITY_WARNING : SEVERITY_OK;
}

__attribute__((format(printf, 3, 4))) static void add(struct snapshot *s, enum severity severity,
	const char *format, ...)
{
	char text[1024];
	va_list args;

	if (severity < SEVERITY_WARNING)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strings_add(severity == SEVERITY_CRITICAL ? &s->alert.critical_issues : &s->alert.warnings, &s->arena,
		arena_string(&s->arena, text));
}

/* `critical above 95 %` or `warning above 85 %`: the threshold that was passed. */
struct limit {
	char text[60];
};

static struct limit limit_of(enum severity severity, double warning, double critical)
{
	struct limit limit;

	snprintf(limit.text, sizeof(limit.text), "%s above %g %%",
		severity == SEVERITY_CRITICAL ? "critical" : "warning",
		severity == SEVERITY_CRITICAL ? critical : warning);
	return limit;
}

static void judge_host(struct snapshot *s, const struct config_thresholds *t)
{
	double swap_percent = s->swap_total_gb > 0 ? s->swap_used_gb / s->swap_total_gb * 100 : MISSING;
	enum severity severity = alert_severity(s->cpu_percent, t->cpu_warning, t->cpu_critical);

	add(s, severity, "CPU is at %.1f %% (%s)", s->cpu_percent,
		limit_of(severity, t->cpu_warning, t->cpu_critical).text);
	severity = alert_severity(s->ram_percent, t->ram_warning, t->ram_critical);
	add(s, severity, "RAM is at %.1f %%, %.1f of %.1f GiB (%s)", s->ram_percent, s->ram_used_gb,
		s->ram_total_gb, limit_of(severity, t->ram_warning, t->ram_critical).text);
	severity = alert_severity(swap_percent, t->swap_warning, MISSING);
	add(s, severity, "Swap is at %.1f %%, %.1f of %.1f GiB (%s)", swap_percent, s->swap_used_gb,
		s->swap_total_gb, limit_of(severity, t->swap_warning, MISSING).text);
	for (size_t i = 0; i < s->disk_count; i++) {
		const struct disk *d = &s->disks[i];

		severity = alert_severity(d->used_percent, t->disk_warning, t->disk_critical);
		add(s, severity, "Disk %s is at %.1f %%, %.1f GiB free (%s)", d->mount, d->used_percent,
			d->used_gb * (100 / d->used_percent - 1),
			limit_of(severity, t->disk_warning, t->disk_critical).text);
		if (d->problem)
			add(s, SEVERITY_CRITICAL, "Disk %s %s", d->mount, d->problem);
	}
}

static void judge_engine(struct snapshot *s, const struct snapshot *before, bool required)
{
	bool was_there = before && before->docker.available == FLAG_YES;

	if (s->docker.available == FLAG_NO && (required || was_there))
		add(s, SEVERITY_CRITICAL, "The container engine does not answer%s: %s",
			was_there ? " any more" : "", s->docker.error ? s->docker.error : "no reason known");
}

struct phrase alert_exit_code(double exit_code)
{
	struct phrase phrase = {""};

	if (!isnan(exit_code))
		snprintf(phrase.text, sizeof(phrase.text), " (exit code %.0f)", exit_code);
	return phrase;
}

bool alert_is_planned_stop(const struct container *c)
{
	return !(fabs(c->exit_code) > 0) || c->exit_code == 143 || c->exit_code == 137;
}

static void judge_restarts(struct snapshot *s, const struct container *c, const struct container *was,
	const struct snapshot *before, const struct config_thresholds *t)
{
	double restarts = container_restarts_since(c, was);
	enum severity severity = SEVERITY_OK;
	char since[CLOCK_TEXT], often[40] = "once";

	if (restarts >= t->restarts_critical)
		severity = SEVERITY_CRITICAL;
	else if (restarts >= t->restarts_warning)
		severity = SEVERITY_WARNING;
	if (severity == SEVERITY_OK)
		return;
	clock_format_short(before->epoch, s->epoch - before->epoch > 20 * 3600, since);
	if (restarts > 1)
		snprintf(often, sizeof(often), "%.0f times", restarts);
	add(s, severity, "Container %s was restarted %s since %s (%s from %.0f on)", c->name, often, since,
		severity == SEVERITY_CRITICAL ? "critical" : "warning",
		severity == SEVERITY_CRITICAL ? t->restarts_critical : t->restarts_warning);
}

static void judge_container(struct snapshot *s, const struct container *c, const struct snapshot *before,
	const struct config_thresholds *t)
{
	const struct container *was = snapshot_container(before, c->name);
	double oom_rise = before ? s->oom_kills - before->oom_kills : MISSING;

	if (c->status && strcmp(c->status, "unhealthy") == 0)
		add(s, SEVERITY_CRITICAL, "Container %s is unhealthy: its health check fails", c->name);
	if (c->state && (strcmp(c->state, "restarting") == 0 || strcmp(c->state, "dead") == 0))
		add(s, SEVERITY_CRITICAL, "Container %s is in state %s%s", c->name, c->state,
			alert_exit_code(c->exit_code).text);
	if (container_was_oom_killed(c, was, oom_rise))
		add(s, SEVERITY_CRITICAL, "Container %s was killed for want of memory (OOM)", c->name);
	else if (was && container_is_running(was) && c->state && strcmp(c->state, "exited") == 0 &&
		 !alert_is_planned_stop(c))
		add(s, SEVERITY_WARNING, "Container %s ran before and has stopped%s", c->name,
			alert_exit_code(c->exit_code).text);
	if (before && before->docker.available == FLAG_YES)
		judge_restarts(s, c, was, before, t);
}

void alert_judge(struct snapshot *snapshot, const struct snapshot *before,
	const struct config_thresholds *thresholds, bool docker_required)
{
	snapshot->alert.critical_issues = snapshot->alert.warnings = (struct strings){0};
	judge_host(snapshot, thresholds);
	judge_engine(snapshot, before, docker_required);
	for (size_t i = 0; i < snapshot->container_count; i++)
		judge_container(snapshot, &snapshot->containers[i], before, thresholds);
	snapshot->alert.has_critical = snapshot->alert.critical_issues.count ? FLAG_YES : FLAG_NO;
}

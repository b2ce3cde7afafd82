/* What the counters say of the time between two snapshots. */
#include <string.h>

#include "asmo/clock.h"
#include "asmo/snapshot.h"

static const double kib_per_mib = MIB / KIB;
static const double rounding = 0.006; /* by which the history may have rounded a counter up */
static const double drift_seconds = 30;

bool snapshot_is_same_boot(const struct snapshot *before, const struct snapshot *after)
{
	if (before->boot_id && after->boot_id)
		return strcmp(before->boot_id, after->boot_id) == 0;
	return after->uptime_seconds >= before->uptime_seconds;
}

double snapshot_elapsed_seconds(const struct snapshot *before, const struct snapshot *after)
{
	double by_uptime = after->uptime_seconds - before->uptime_seconds;
	bool is_known = snapshot_is_same_boot(before, after) && fabs(by_uptime) > 0;

	return is_known ? by_uptime : after->epoch - before->epoch;
}

double snapshot_clock_jump(const struct snapshot *before, const struct snapshot *after)
{
	double jump = after->epoch - before->epoch - snapshot_elapsed_seconds(before, after);

	return fabs(jump) > drift_seconds ? jump : 0;
}

/* A rise a second; MISSING for what went down or took no time. */
static double rate(double from, double to, double seconds)
{
	return seconds > 0 && to >= from - rounding ? fmax(to - from, 0) / seconds : MISSING;
}

static void set_host(struct snapshot *s, const struct snapshot *previous)
{
	static const struct snapshot boot; /* all counters and the uptime are 0 */
	const struct snapshot *from = previous;
	double cpu_seconds;

	if (!previous || isnan(previous->uptime_seconds) || isnan(s->uptime_seconds))
		return;
	if (!snapshot_is_same_boot(previous, s))
		from = &boot;
	s->avg_seconds = s->uptime_seconds - from->uptime_seconds;
	cpu_seconds = s->cpu_total_seconds - from->cpu_total_seconds;
	if (cpu_seconds > 0) /* of waiting for disks the kernel takes some back now and then */
		s->cpu_avg_percent =
			fmin(fmax((s->cpu_busy_seconds - from->cpu_busy_seconds) / cpu_seconds, 0), 1) * 100;
	s->net_rx_kb_per_second = rate(from->net_rx_mb, s->net_rx_mb, s->avg_seconds) * kib_per_mib;
	s->net_tx_kb_per_second = rate(from->net_tx_mb, s->net_tx_mb, s->avg_seconds) * kib_per_mib;
}

static bool is_same_run(const struct container *a, const struct container *b)
{
	return a->id && b->id && strcmp(a->id, b->id) == 0 && a->started_at && b->started_at &&
	       strcmp(a->started_at, b->started_at) == 0;
}

/* How long it had been running when its counters were read. */
static double run_seconds(const struct container *c, const struct snapshot *s)
{
	double started = c->started_at ? clock_parse(c->started_at, strlen(c->started_at)) : MISSING;

	return s->epoch + (c->read_uptime_seconds - s->uptime_seconds) - started;
}

static void set_container(struct container *c, const struct snapshot *s, const struct snapshot *before)
{
	static const struct container start; /* all counters are 0 */
	const struct container *was = snapshot_container(before, c->name), *from = was;

	if (isnan(c->cpu_seconds))
		return;
	if (was && is_same_run(was, c) && snapshot_is_same_boot(before, s)) {
		c->avg_seconds = c->read_uptime_seconds - was->read_uptime_seconds;
	} else {
		from = &start;
		c->avg_seconds = run_seconds(c, s);
		/* It ran before there was anything to compare with, or the clock was set since it started. */
		if (!before || fabs(snapshot_clock_jump(before, s)) > 0 ||
			c->avg_seconds > snapshot_elapsed_seconds(before, s) + 60)
			c->avg_seconds = MISSING;
	}
	c->cpu_avg_percent = rate(from->cpu_seconds, c->cpu_seconds, c->avg_seconds) * 100;
	c->net_rx_kb_per_second = rate(from->net_rx_mb, c->net_rx_mb, c->avg_seconds) * kib_per_mib;
	c->net_tx_kb_per_second = rate(from->net_tx_mb, c->net_tx_mb, c->avg_seconds) * kib_per_mib;
	if (isnan(c->cpu_avg_percent))
		c->avg_seconds = MISSING;
}

void snapshot_set_averages(struct snapshot *snapshot, const struct snapshot *previous,
	const struct snapshot *before)
{
	set_host(snapshot, previous);
	for (size_t i = 0; i < snapshot->container_count; i++)
		set_container(&snapshot->containers[i], snapshot, before);
}

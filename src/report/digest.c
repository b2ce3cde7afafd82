/* The digest's tables. */
#include <stdlib.h>
#include <string.h>

#include "asmo/report.h"

static const struct field range_fields[] = {
	NUMBER_FIELD(struct range, avg, 1, "average over the time that the snapshots cover"),
	NUMBER_FIELD(struct range, min, 1, "smallest"),
	NUMBER_FIELD(struct range, max, 1, "largest"),
};
static const struct record range_record = RECORD(struct range, range_fields);

static const struct field use_fields[] = {
	NUMBER_FIELD(struct use, avg, 2, "average over the time in which it ran"),
	NUMBER_FIELD(struct use, max, 2, "largest"),
};
static const struct record use_record = RECORD(struct use, use_fields);

static const struct field traffic_fields[] = {
	NUMBER_FIELD(struct traffic, rx_mb, 1, "MiB received"),
	NUMBER_FIELD(struct traffic, tx_mb, 1, "MiB sent"),
	NUMBER_FIELD(struct traffic, rx_kb_per_second, 2, "KiB received a second, on average"),
	NUMBER_FIELD(struct traffic, tx_kb_per_second, 2, "KiB sent a second, on average"),
};
static const struct record traffic_record = RECORD(struct traffic, traffic_fields);

static const struct field gap_fields[] = {
	NUMBER_FIELD(struct digest_gap, from_epoch, 0, "the last snapshot before it, or the window's start"),
	NUMBER_FIELD(struct digest_gap, to_epoch, 0, "the first snapshot after it, or the window's end"),
};
static const struct record gap_record = RECORD(struct digest_gap, gap_fields);

static const struct field chart_fields[] = {
	NUMBER_FIELD(struct digest_chart, from_epoch, 0, "where the first step begins"),
	NUMBER_FIELD(struct digest_chart, step_seconds, 0, "length of a step"),
	NUMBERS_FIELD(struct digest_chart, cpu_percent, 1, "average of each step"),
	NUMBERS_FIELD(struct digest_chart, ram_percent, 1, "average of each step"),
	NUMBERS_FIELD(struct digest_chart, net_rx_kb_per_second, 1, "average of each step"),
	NUMBERS_FIELD(struct digest_chart, net_tx_kb_per_second, 1, "average of each step"),
};
static const struct record chart_record = RECORD(struct digest_chart, chart_fields);

static const struct field disk_fields[] = {
	STRING_FIELD(struct digest_disk, mount, "where it is mounted"),
	NUMBER_FIELD(struct digest_disk, used_percent, 1, "at the end"),
	NUMBER_FIELD(struct digest_disk, min_percent, 1, "smallest"),
	NUMBER_FIELD(struct digest_disk, max_percent, 1, "largest"),
	NUMBER_FIELD(struct digest_disk, change_gb, 1, "GiB more, or fewer, in use than at the start"),
	NUMBER_FIELD(struct digest_disk, used_gb, 1, "GiB in use at the end"),
	NUMBER_FIELD(struct digest_disk, total_gb, 1, "GiB"),
	STRING_FIELD(struct digest_disk, problem, "why its numbers are unknown"),
	NUMBER_FIELD(struct digest_disk, full_epoch, 0, "when it will be full, if it goes on as it did"),
	NUMBER_FIELD(struct digest_disk, growth_gb_per_day, 2, "GiB a day, of one that fills up evenly"),
	NUMBERS_FIELD(struct digest_disk, window_percent, 1, "in the steps of `window`"),
	NUMBERS_FIELD(struct digest_disk, week_percent, 1, "in the steps of `week`"),
};
static const struct record digest_disk_record = RECORD(struct digest_disk, disk_fields);

static const struct field error_fields[] = {
	STRING_FIELD(struct digest_error, message, "one of the lines, without secrets"),
	NUMBER_FIELD(struct digest_error, count, 0, "how often it was logged"),
	NUMBER_FIELD(struct digest_error, first_epoch, 3, "when it was first logged"),
	NUMBER_FIELD(struct digest_error, last_epoch, 3, "when it was last logged"),
};
static const struct record error_record = RECORD(struct digest_error, error_fields);

static const struct field container_fields[] = {
	STRING_FIELD(struct digest_container, name, "its name"),
	STRING_FIELD(struct digest_container, status, "running, stopped, unhealthy or removed"),
	STRING_FIELD(struct digest_container, health, "healthy, unhealthy, starting or none"),
	NUMBER_FIELD(struct digest_container, uptime_percent, 1,
		"checks seen running of checks that knew it"),
	NUMBER_FIELD(struct digest_container, restarts, 0, "restarts by its restart policy"),
	NUMBER_FIELD(struct digest_container, error_count, 0, "error lines in the window"),
	RECORDS_FIELD(struct digest_container, errors, errors_count, &error_record,
		"each message once, most frequent first"),
	RECORD_FIELD(struct digest_container, cpu_percent, &use_record, "percent of one core"),
	RECORD_FIELD(struct digest_container, mem_mb, &use_record, "MiB"),
	STRING_FIELD(struct digest_container, state, "the engine's last word"),
	NUMBER_FIELD(struct digest_container, exit_code, 0, "exit status of its last run"),
	NUMBER_FIELD(struct digest_container, checks, 0, "snapshots that knew it"),
	NUMBER_FIELD(struct digest_container, checks_running, 0, "snapshots that saw it running"),
	NUMBER_FIELD(struct digest_container, checks_unhealthy, 0, "snapshots that saw it unhealthy"),
	NUMBER_FIELD(struct digest_container, oom_kills, 0,
		"how often it was seen killed for want of memory"),
	STRING_FIELD(struct digest_container, problem, "why something about it is unknown"),
	NUMBER_FIELD(struct digest_container, seconds_up, 1,
		"time it ran, of the observed time, by the engine's own times"),
	NUMBER_FIELD(struct digest_container, seconds_down, 1,
		"time it did not run but should have, or may have"),
	NUMBER_FIELD(struct digest_container, restarts_by_hand, 0, "restarts that somebody asked for"),
	NUMBER_FIELD(struct digest_container, recreated, 0, "how often it was made anew under its name"),
	NUMBER_FIELD(struct digest_container, crashes, 0, "ends that nobody asked for"),
	NUMBER_FIELD(struct digest_container, checks_idle, 0,
		"snapshots in which it was paused, done, or expected to be stopped"),
	RECORD_FIELD(struct digest_container, network, &traffic_record, "its traffic"),
	NUMBER_FIELD(struct digest_container, mem_growth_mb_per_day, 1,
		"MiB a day, of memory that has only grown since it started"),
	NUMBER_FIELD(struct digest_container, mem_growth_days, 1, "days over which it has been seen to"),
	NUMBER_FIELD(struct digest_container, mem_max_percent, 1,
		"most of its memory limit, or of the machine's memory, that it used"),
	NUMBER_FIELD(struct digest_container, mem_limit_percent, 1,
		"above this that is a warning (label or config)"),
	STRING_FIELD(struct digest_container, bar,
		"a letter a step: u up, r restarted, x unhealthy, d down, i idle, ? not known"),
};
static const struct record digest_container_record = RECORD(struct digest_container, container_fields);

static const struct field problem_fields[] = {
	STRING_FIELD(struct digest_problem, severity, "critical, warning or info"),
	STRING_FIELD(struct digest_problem, subject, "what it is about"),
	STRING_FIELD(struct digest_problem, message, "a sentence"),
};
static const struct record problem_record = RECORD(struct digest_problem, problem_fields);

static const struct field top_memory_fields[] = {
	STRING_FIELD(struct digest_top_memory, name, "the container"),
	NUMBER_FIELD(struct digest_top_memory, mem_mb, 1, "average MiB"),
};
static const struct record top_memory_record = RECORD(struct digest_top_memory, top_memory_fields);

static const struct field top_cpu_fields[] = {
	STRING_FIELD(struct digest_top_cpu, name, "the container"),
	NUMBER_FIELD(struct digest_top_cpu, cpu_percent, 2, "average percent of one core"),
};
static const struct record top_cpu_record = RECORD(struct digest_top_cpu, top_cpu_fields);

static const struct field current_fields[] = {
	NUMBER_FIELD(struct digest_current, epoch, 3, "UTC seconds since 1970"),
	NUMBER_FIELD(struct digest_current, cpu_percent, 1, "percent of all cores"),
	NUMBER_FIELD(struct digest_current, cpu_count, 0, "cores"),
	NUMBER_FIELD(struct digest_current, ram_percent, 1, "percent"),
	NUMBER_FIELD(struct digest_current, ram_used_gb, 1, "GiB"),
	NUMBER_FIELD(struct digest_current, ram_total_gb, 1, "GiB"),
	NUMBER_FIELD(struct digest_current, swap_used_gb, 1, "GiB"),
	NUMBER_FIELD(struct digest_current, swap_total_gb, 1, "GiB"),
	NUMBERS_FIELD(struct digest_current, load_average, 2, "over 1, 5 and 15 minutes"),
	STRING_FIELD(struct digest_current, uptime, "since boot"),
	NUMBER_FIELD(struct digest_current, containers_total, 0, "all containers"),
	NUMBER_FIELD(struct digest_current, containers_running, 0, "in state running"),
	NUMBER_FIELD(struct digest_current, containers_stopped, 0, "in any other state"),
	NUMBER_FIELD(struct digest_current, containers_unhealthy, 0, "unhealthy"),
	NUMBER_FIELD(struct digest_current, containers_finished, 0, "of those stopped: jobs that ended well"),
	STRING_FIELD(struct digest_current, engine_error, "why the container engine did not answer"),
};
static const struct record current_record = RECORD(struct digest_current, current_fields);

static const struct field digest_fields[] = {
	STRING_FIELD(struct digest, server, "name of the server"),
	NUMBER_FIELD(struct digest, from_epoch, 0, "start of the window"),
	NUMBER_FIELD(struct digest, to_epoch, 0, "end of the window"),
	NUMBER_FIELD(struct digest, hours, 1, "length of the window"),
	NUMBER_FIELD(struct digest, snapshots, 0, "snapshots in the window"),
	NUMBER_FIELD(struct digest, expected_snapshots, 0, "how many there should be"),
	STRING_FIELD(struct digest, severity, "ok, warning or critical"),
	RECORD_FIELD(struct digest, cpu_percent, &range_record, "percent of all cores"),
	RECORD_FIELD(struct digest, ram_percent, &range_record, "percent"),
	RECORDS_FIELD(struct digest, disks, disk_count, &digest_disk_record, "file systems"),
	RECORDS_FIELD(struct digest, containers, container_count, &digest_container_record,
		"containers seen in the window"),
	RECORDS_FIELD(struct digest, problems, problem_count, &problem_record, "the worst first"),
	RECORDS_FIELD(struct digest, top_memory, top_memory_count, &top_memory_record, "the five largest"),
	RECORDS_FIELD(struct digest, top_cpu, top_cpu_count, &top_cpu_record, "the five largest"),
	RECORD_FIELD(struct digest, current, &current_record, "the last snapshot"),
	RECORDS_FIELD(struct digest, events, event_count, &event_record,
		"what happened, in the order of time"),
	NUMBER_FIELD(struct digest, observed_seconds, 0, "how much of the window the snapshots cover"),
	RECORDS_FIELD(struct digest, gaps, gap_count, &gap_record, "time without a snapshot that was due"),
	STRING_FIELD(struct digest, coverage, "the same in words"),
	RECORD_FIELD(struct digest, network, &traffic_record, "traffic of the network cards"),
	RECORD_FIELD(struct digest, window, &chart_record, "lines of the charts of the window"),
	RECORD_FIELD(struct digest, week, &chart_record, "lines of the charts of the week that ends with it"),
	RECORD_FIELD(struct digest, swap_percent, &range_record, "percent"),
};
const struct record digest_record = RECORD(struct digest, digest_fields);

void digest_release(struct digest *digest)
{
	arena_release(&digest->arena);
	record_init(&digest_record, digest);
}

static const char *const severity_names[] = {
	[SEVERITY_OK] = "ok",
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

enum severity severity_parse(const char *name)
{
	for (int i = SEVERITY_INFO; name && i <= SEVERITY_CRITICAL; i++)
		if (strcmp(severity_names[i], name) == 0)
			return (enum severity)i;
	return SEVERITY_OK;
}

/* How many problems are as bad as its worst. */
static int count_worst(const struct digest *d)
{
	int count = 0;

	for (size_t i = 0; i < d->problem_count; i++)
		count += strcmp(d->problems[i].severity, d->severity) == 0;
	return count;
}

static int by_severity(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;
	int worse = (int)severity_parse(y->severity) - (int)severity_parse(x->severity);

	if (!worse)
		worse = count_worst(y) - count_worst(x);
	return worse ? worse : strcmp(x->server, y->server);
}

void digest_sort(struct digest *digests, size_t count)
{
	qsort(digests, count, sizeof(*digests), by_severity);
}

#include "../support/unit.h"

#include <stdio.h>

#include "asmo/snapshot.h"

/* A snapshot as it matters here, in seconds, MiB and CPU seconds; of its one container the same. A time of
 * the container's counters or of its start of 0: it does not run. */
struct reading {
	const char *boot_id;
	double epoch, uptime, busy, total, rx;
	const char *id;
	double started_epoch, read_uptime, cpu, container_rx;
};

struct snapshot_of {
	struct snapshot s;
	struct container c;
	char boot_id[40], id[16], name[8], started_at[40];
};

static void make(struct snapshot_of *to, const struct reading *r)
{
	struct container *c = &to->c;

	snapshot_init(&to->s);
	record_init(&container_record, c);
	snprintf(to->boot_id, sizeof(to->boot_id), "%s", r->boot_id ? r->boot_id : "");
	to->s.boot_id = r->boot_id ? to->boot_id : NULL;
	to->s.epoch = r->epoch;
	to->s.uptime_seconds = r->uptime;
	to->s.cpu_busy_seconds = r->busy;
	to->s.cpu_total_seconds = r->total;
	to->s.net_rx_mb = to->s.net_tx_mb = r->rx;
	if (!r->id)
		return;
	snprintf(to->name, sizeof(to->name), "web");
	snprintf(to->id, sizeof(to->id), "%s", r->id);
	c->name = to->name;
	c->id = to->id;
	to->s.containers = c;
	to->s.container_count = 1;
	if (!(r->read_uptime > 0))
		return;
	snprintf(to->started_at, sizeof(to->started_at), "2026-01-11T%02d:%02d:%02dZ",
		(int)(r->started_epoch - 1768089600) / 3600, (int)(r->started_epoch - 1768089600) / 60 % 60,
		(int)(r->started_epoch - 1768089600) % 60);
	c->started_at = to->started_at;
	c->read_uptime_seconds = r->read_uptime;
	c->cpu_seconds = r->cpu;
	c->net_rx_mb = c->net_tx_mb = r->container_rx;
}

#define T  1768125600 /* 2026-01-11T10:00:00Z */
#define NO MISSING

static const struct {
	const char *what;
	struct reading before, after;
	double seconds, cpu, rx; /* of the host */
	double container_seconds, container_cpu, container_rx;
} cases[] = {
	{"an hour", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600, 8600, 1720, 15200, 3610, "aa", T - 9000, 8601, 1480, 3605}, 3600, 10, 1024,
		3600, 30, 1024},
	{"ten seconds", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 10, 5010, 1010, 8020, 10, "aa", T - 9000, 5012, 411, 5}, 10, 50, 0, 11, 100, 0},
	{"a clock set back by a day", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600 - 86400, 8600, 1720, 15200, 3610, "aa", T - 9000, 8601, 1480, 3605}, 3600, 10,
		1024, 3600, 30, 1024},
	{"a container that was restarted counts from its start",
		{"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600, 8600, 1720, 15200, 10, "aa", T + 3500, 8601, 50.5, 202}, 3600, 10, 0, 101,
		50, 2048},
	{"one that was made again as well", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600, 8600, 1720, 15200, 10, "bb", T + 3500, 8601, 50.5, 202}, 3600, 10, 0, 101,
		50, 2048},
	{"one that was restarted while somebody set the clock, before or after that",
		{"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600 + 400, 8600, 1720, 15200, 10, "aa", T + 3000, 8601, 50.5, 202}, 3600, 10, 0,
		NO, NO, NO},
	{"one that was stopped", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T + 3600, 8600, 1720, 15200, 10, "aa", 0, 0, 0, 0}, 3600, 10, 0, NO, NO, NO},
	{"a container that was not known before, and is older than that",
		{"b1", T, 5000, 1000, 8000, 10, NULL, 0, 0, 0, 0},
		{"b1", T + 3600, 8600, 1720, 15200, 10, "aa", T - 9000, 8601, 50, 5}, 3600, 10, 0, NO, NO,
		NO},
	{"after a reboot from the boot on", {"b1", T, 5000, 1000, 8000, 1000, "aa", T - 9000, 5001, 400, 5},
		{"b2", T + 3600, 600, 60, 1200, 600, "aa", T + 3000 + 100, 601, 250.5, 5.01}, 600, 5, 1024,
		501, 50, 10.24},
	{"a reboot that only the uptime tells", {NULL, T, 5000, 1000, 8000, 1000, NULL, 0, 0, 0, 0},
		{NULL, T + 3600, 600, 60, 1200, 600, NULL, 0, 0, 0, 0}, 600, 5, 1024, NO, NO, NO},
	{"a history without the counters", {NULL, T, NO, NO, NO, NO, "aa", T - 9000, 0, 0, 0},
		{"b1", T + 3600, 8600, 1720, 15200, 10, "aa", T - 9000, 8601, 1480, 5}, NO, NO, NO, NO, NO,
		NO},
	{"counters that went down", {"b1", T, 5000, 1000, 8000, 1000, "aa", T - 9000, 5001, 400, 500},
		{"b1", T + 3600, 8600, 900, 15200, 10, "aa", T - 9000, 8601, 300, 5}, 3600, 0, NO, NO, NO,
		NO},
	{"counters that stood still, of which the history has rounded values",
		{"b1", T, 5000, 1000, 8000, 10.01, "aa", T - 9000, 5001, 400.001, 5.01},
		{"b1", T + 3600, 8600, 1000, 15200, 10.0051, "aa", T - 9000, 8601, 400.0006, 5.0051}, 3600, 0,
		0, 3600, 0, 0},
	{"twice the same moment", {"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5},
		{"b1", T, 5000, 1000, 8000, 10, "aa", T - 9000, 5001, 400, 5}, 0, NO, NO, NO, NO, NO},
};

static void assert_value(double actual, double expected)
{
	if (isnan(expected))
		assert_missing(actual);
	else
		assert_near(actual, expected, 0.01);
}

static void averages_are_the_counters_rise_over_the_time_since(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct snapshot_of before, after;

		unit_case("%s", cases[i].what);
		make(&before, &cases[i].before);
		make(&after, &cases[i].after);
		snapshot_set_averages(&after.s, &before.s, &before.s);
		assert_value(after.s.avg_seconds, cases[i].seconds);
		assert_value(after.s.cpu_avg_percent, cases[i].cpu);
		assert_value(after.s.net_rx_kb_per_second, cases[i].rx);
		assert_value(after.s.net_tx_kb_per_second, cases[i].rx);
		assert_value(after.c.avg_seconds, cases[i].container_seconds);
		assert_value(after.c.cpu_avg_percent, cases[i].container_cpu);
		assert_value(after.c.net_rx_kb_per_second, cases[i].container_rx);
		assert_value(after.c.net_tx_kb_per_second, cases[i].container_rx);
	}
}

static void the_first_snapshot_has_no_averages(void **state)
{
	struct snapshot_of first;

	(void)state;
	make(&first, &cases[0].after);
	snapshot_set_averages(&first.s, NULL, NULL);
	assert_missing(first.s.avg_seconds);
	assert_missing(first.s.cpu_avg_percent);
	assert_missing(first.c.avg_seconds);
	assert_missing(first.c.cpu_avg_percent);
}

static void time_goes_by_the_uptime_within_a_boot_and_by_the_clock_across(void **state)
{
	struct snapshot_of before, after;

	(void)state;
	make(&before, &cases[0].before);
	make(&after, &cases[0].after);
	after.s.epoch += 86400;
	assert_near(snapshot_elapsed_seconds(&before.s, &after.s), 3600, 0);
	after.s.boot_id = NULL;
	assert_near(snapshot_elapsed_seconds(&before.s, &after.s), 3600, 0);
	after.s.uptime_seconds = 4999;
	assert_near(snapshot_elapsed_seconds(&before.s, &after.s), 3600 + 86400, 0);
	after.s.uptime_seconds = MISSING;
	assert_near(snapshot_elapsed_seconds(&before.s, &after.s), 3600 + 86400, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(averages_are_the_counters_rise_over_the_time_since),
		cmocka_unit_test(the_first_snapshot_has_no_averages),
		cmocka_unit_test(time_goes_by_the_uptime_within_a_boot_and_by_the_clock_across),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The metrics of a run, line by line; what Prometheus itself says to them: tests/e2e/test_prometheus.py. */
#include "../support/unit.h"

#include <stdio.h>
#include <string.h>

#include "asmo/render.h"

static struct snapshot snapshot;

static int begin(void **state)
{
	(void)state;
	snapshot_init(&snapshot);
	return 0;
}

static int end(void **state)
{
	(void)state;
	snapshot_release(&snapshot);
	return 0;
}

static void add_containers(const char *const *names, size_t count)
{
	snapshot.container_count = count;
	snapshot.containers = arena_array(&snapshot.arena, count, sizeof(*snapshot.containers));
	for (size_t i = 0; i < count; i++) {
		record_init(&container_record, &snapshot.containers[i]);
		snapshot.containers[i].name = arena_string(&snapshot.arena, names[i]);
	}
}

/* All samples of the metric, without its HELP and TYPE. */
static void assert_samples(const char *metric, const char *expected)
{
	struct outcome outcome = {.snapshot = &snapshot, .is_stored = false};
	struct buf out AUTO_BUF = buf_new(1024 * 1024);
	struct buf found AUTO_BUF = buf_new(1024 * 1024);
	size_t len = strlen(metric);

	render_outcome_prometheus(&out, &outcome, NULL);
	for (const char *line = out.data, *next; *line; line = next) {
		next = strchr(line, '\n') + 1;
		if (strncmp(line, metric, len) == 0 && (line[len] == '{' || line[len] == ' '))
			buf_add(&found, line, (size_t)(next - line));
	}
	assert_text(found.data, expected);
}

static void what_ends_a_label_in_a_name_is_escaped(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{"web", "web"},
		{"", ""},
		{"a\\b", "a\\\\b"},
		{"a\"b", "a\\\"b"},
		{"a\nb", "a\\nb"},
		{"\\", "\\\\"},
		{"\\\"\n\\n", "\\\\\\\"\\n\\\\n"},
		{"\"} 1\nasmo_evil 2", "\\\"} 1\\nasmo_evil 2"},
		{"a,b={c}#\t%s", "a,b={c}#\t%s"},
		{"\xF0\x9F\x90\xB3", "\xF0\x9F\x90\xB3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char expected[100];

		unit_case("%s", cases[i].shown);
		add_containers(&cases[i].name, 1);
		snapshot.containers[0].restarts = 2;
		snprintf(expected, sizeof(expected), "asmo_container_restarts_total{name=\"%s\"} 2\n",
			cases[i].shown);
		assert_samples("asmo_container_restarts_total", expected);
	}
}

static void of_containers_with_one_name_the_first_is_told(void **state)
{
	static const char *const names[] = {"a", "b", "a", "b", "c"};

	(void)state;
	add_containers(names, COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		snapshot.containers[i].restarts = (double)i;
	assert_samples("asmo_container_restarts_total", "asmo_container_restarts_total{name=\"a\"} 0\n"
							"asmo_container_restarts_total{name=\"b\"} 1\n"
							"asmo_container_restarts_total{name=\"c\"} 4\n");
}

static void a_number_is_in_base_units_and_none_when_it_is_missing(void **state)
{
	static double load[] = {0.5, (double)NAN, 8.25, 99};
	static const char *const names[] = {"web", "db"};

	(void)state;
	add_containers(names, COUNT_OF(names));
	snapshot.containers[1].mem_mb = 1.5;
	snapshot.cpu_percent = 15.3;
	snapshot.net_rx_mb = 3e9;
	snapshot.epoch = 1768125600.125;
	snapshot.load_average = (struct numbers){load, COUNT_OF(load)};
	assert_samples("asmo_cpu_ratio", "asmo_cpu_ratio 0.153\n");
	assert_samples("asmo_memory_used_ratio", "");
	assert_samples("asmo_network_receive_bytes_total", "asmo_network_receive_bytes_total 3.145728e+15\n");
	assert_samples("asmo_snapshot_timestamp_seconds", "asmo_snapshot_timestamp_seconds 1768125600.125\n");
	assert_samples("asmo_container_memory_used_bytes",
		"asmo_container_memory_used_bytes{name=\"db\"} 1572864\n");
	assert_samples("asmo_load_average",
		"asmo_load_average{minutes=\"1\"} 0.5\nasmo_load_average{minutes=\"15\"} 8.25\n");
}

static void a_text_is_a_label_or_a_time_or_whether_it_is_some_word(void **state)
{
	static const char *const names[] = {"web", "db"};
	struct container *web;

	(void)state;
	add_containers(names, COUNT_OF(names));
	web = &snapshot.containers[0];
	web->image = arena_string(&snapshot.arena, "nginx:\"1\"");
	web->state = arena_string(&snapshot.arena, "running");
	snapshot.containers[1].state = arena_string(&snapshot.arena, "exited");
	web->started_at = arena_string(&snapshot.arena, "2026-01-11T10:00:00.5Z");
	snapshot.containers[1].started_at = arena_string(&snapshot.arena, "when?");
	assert_samples("asmo_container_info",
		"asmo_container_info{name=\"web\",image=\"nginx:\\\"1\\\"\"} 1\n");
	assert_samples("asmo_container_running",
		"asmo_container_running{name=\"web\"} 1\nasmo_container_running{name=\"db\"} 0\n");
	assert_samples("asmo_container_unhealthy", "");
	assert_samples("asmo_container_start_time_seconds",
		"asmo_container_start_time_seconds{name=\"web\"} 1768125600.5\n");
}

static void a_disk_that_does_not_answer_is_told_without_numbers(void **state)
{
	struct disk disks[2];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(disks); i++)
		record_init(&disk_record, &disks[i]);
	disks[0].mount = arena_string(&snapshot.arena, "/");
	disks[0].used_percent = 50;
	disks[1].mount = arena_string(&snapshot.arena, "/mnt/nas");
	disks[1].problem = arena_string(&snapshot.arena, "does not answer");
	snapshot.disks = disks;
	snapshot.disk_count = COUNT_OF(disks);
	assert_samples("asmo_filesystem_error",
		"asmo_filesystem_error{mountpoint=\"/\"} 0\nasmo_filesystem_error{mountpoint=\"/mnt/nas\"} "
		"1\n");
	assert_samples("asmo_filesystem_used_ratio", "asmo_filesystem_used_ratio{mountpoint=\"/\"} 0.5\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_ends_a_label_in_a_name_is_escaped),
		TEST(of_containers_with_one_name_the_first_is_told),
		TEST(a_number_is_in_base_units_and_none_when_it_is_missing),
		TEST(a_text_is_a_label_or_a_time_or_whether_it_is_some_word),
		TEST(a_disk_that_does_not_answer_is_told_without_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

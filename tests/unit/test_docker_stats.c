#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "docker/answers.h"

static const double mib = 1024.0 * 1024;

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void same(double actual, double expected, double tolerance)
{
	if (isnan(expected))
		assert_missing(actual);
	else
		assert_near(actual, expected, tolerance);
}

static struct stats read_stats(struct slice json)
{
	struct stats stats;
	struct err err;

	if (stats_parse(json, &stats, &err) < 0)
		fail_msg("%s", err.text);
	return stats;
}

#define NONE ((double)NAN)

/* The second reading where there is one. The CPU is the rise of total_usage over the rise of `read`, worked
 * out with another program; `burner` may have 30 % of a core. */
static const struct {
	const char *engine, *name;
	double cpu_percent, mem_bytes, limit_bytes, rx_bytes, tx_bytes;
} readings[] = {
	{"docker-20.10-cgroup1", "burner", 30.3239, 397312, 67108864, 1112, 0},
	{"docker-20.10-cgroup1", "healthy", 1.8622, 622592, 25276514304, 932, 0},
	{"docker-20.10-cgroup1", "unhealthy", 2.4597, 491520, 25276514304, 1002, 0},
	{"docker-20.10-cgroup1", "limited", 0, 34586624, 67108864, 1112,
		0}, /* 50315264, 15728640 of them cache */
	{"docker-20.10-cgroup1", "isolated", 0, 327680, 25276514304, NONE, NONE},
	{"docker-20.10-cgroup1", "paused", 0, 323584, 25276514304, 932, 0},
	{"docker-26.1-cgroup2", "burner", 29.3250, 339968, 67108864, NONE, NONE},
	{"docker-26.1-cgroup2", "healthy", 13.2730, 3035136, 2067378176, NONE, NONE},
	{"docker-26.1-cgroup2", "bridged", NONE, 331776, 2067378176, 1322, 0},
	{"docker-28.5-cgroup1", "burner", 30.7796, 339968, 67108864, 2624, 126},
	{"docker-28.5-cgroup1", "limited", 0, 34623488, 67108864, 2388, 126},
	{"docker-28.5-cgroup1", "isolated", 0, 335872, 25276514304, NONE, NONE},
	{"docker-28.5-cgroup1", "crashloop", NONE, 798720, 25276514304, 132,
		42}, /* started between the two */
	{"podman-4.3", "burner", 29.7643, 237568, 67108864, 0, 0},
	{"podman-4.3", "crashloop", 0.2315, 819200, 25276514304, 0, 0},
	{"podman-4.3", "limited", 0, 51306496, 67108864, 0, 0}, /* it has no figure for the cache */
	{"podman-4.3", "paused", 0, 237568, 25276514304, 0, 0},
};

static bool has_second(size_t i)
{
	char *path = unit_checkout_path(&arena, arena_printf(&arena, "tests/fixtures/%s/%s.stats2.json",
							readings[i].engine, readings[i].name));
	FILE *f = fopen(path, "re");

	return f && fclose(f) == 0;
}

static void the_recorded_counters_give_what_the_containers_used(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(readings); i++) {
		struct stats first = read_stats(
			unit_fixture(&arena, "%s/%s.stats1.json", readings[i].engine, readings[i].name));
		struct stats second = first;

		unit_case("%s on %s", readings[i].name, readings[i].engine);
		if (has_second(i))
			second = read_stats(unit_fixture(&arena, "%s/%s.stats2.json", readings[i].engine,
				readings[i].name));
		same(stats_cpu_percent(first.read_epoch, first.cpu_seconds, second.read_epoch,
			     second.cpu_seconds),
			readings[i].cpu_percent, 0.0001);
		same(second.mem_bytes, readings[i].mem_bytes, 0);
		same(second.mem_limit_bytes, readings[i].limit_bytes, 0);
		same(second.rx_bytes, readings[i].rx_bytes, 0);
		same(second.tx_bytes, readings[i].tx_bytes, 0);
		/* A one-shot has no reading before it. */
		assert_missing(second.before_read_epoch);
	}
}

/* What the engine's own client printed over the same second, of those whose numbers stood still meanwhile. */
static const struct {
	const char *engine, *names;
} printed[] = {
	{"docker-20.10-cgroup1", "binary tty logger paused isolated burner healthy limited unhealthy"},
	{"docker-26.1-cgroup2", "bridged paused burner"},
	{"docker-28.5-cgroup1", "binary tty logger isolated limited burner"},
	{"podman-4.3", "isolated binary unhealthy healthy logger burner tty limited paused"},
};

/* `33.02MiB`, as Docker, or `51.31MB`, as Podman: four digits of the largest unit. */
static const char *size_text(double bytes, bool is_podman)
{
	static const char *const units[][4] = {{"B", "KiB", "MiB", "GiB"}, {"B", "kB", "MB", "GB"}};
	double base = is_podman ? 1000 : 1024;
	size_t unit = 0;

	for (; bytes >= base && unit < 3; unit++)
		bytes /= base;
	return arena_printf(&arena, "%.4g%s", bytes, units[is_podman][unit]);
}

static void memory_is_what_docker_stats_and_podman_stats_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(printed); i++) {
		const char *engine = printed[i].engine;
		const char *table = unit_fixture(&arena, "%s/docker-stats.txt", engine).data;
		char *names = arena_string(&arena, printed[i].names);
		bool is_podman = strncmp(engine, "podman", 6) == 0,
		     is_single = strncmp(engine, "docker-26", 9) == 0;

		for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
			struct stats stats = read_stats(
				unit_fixture(&arena, "%s/%s.stats%d.json", engine, name, is_single ? 1 : 2));
			char *line = strstr(table, arena_printf(&arena, " %s ", name)), used[20], limit[20];
			double cpu, percent;

			unit_case("%s on %s", name, engine);
			assert_non_null(line);
			assert_count(sscanf(line, " %*s %lf%% %19s / %19s %lf%%", &cpu, used, limit,
					     &percent),
				4);
			assert_text(size_text(stats.mem_bytes, is_podman), used);
			assert_text(size_text(stats.mem_limit_bytes, is_podman), limit);
			assert_near(stats.mem_bytes / stats.mem_limit_bytes * 100, percent, 0.0051);
		}
	}
}

static const char *const stopped[] = {"created", "exited0", "exited3", "killed", "oom", "stopped"};

static void what_does_not_run_has_no_numbers_rather_than_zeros(void **state)
{
	static const char *const engines[] = {"docker-20.10-cgroup1", "docker-28.5-cgroup1", "podman-4.3"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(engines); i++) {
		for (size_t j = 0; j < COUNT_OF(stopped); j++) {
			struct stats stats =
				read_stats(unit_fixture(&arena, "%s/%s.stats1.json", engines[i], stopped[j]));

			unit_case("%s on %s", stopped[j], engines[i]);
			assert_missing(stats.read_epoch);
			assert_missing(stats.cpu_seconds);
			assert_missing(stats.mem_bytes);
			assert_missing(stats.mem_limit_bytes);
			assert_missing(stats.rx_bytes);
			assert_missing(stats.tx_bytes);
		}
	}
}

#define READ "\"read\":\"2026-01-11T09:00:00.5Z\","

static const struct {
	const char *what, *json;
	double mem_bytes, rx_bytes, tx_bytes;
} cases[] = {
	{"cgroup v1",
		"{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"total_inactive_file\":300,\"inactive_"
		"file\":200,"
		"\"cache\":900}}}",
		700, NONE, NONE},
	{"cgroup v2",
		"{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":200,\"file\":900}}}",
		800, NONE, NONE},
	{"no cache", "{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":0}}}", 1000,
		NONE, NONE},
	{"more cache than use",
		"{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"total_inactive_file\":1001}}}", 1000,
		NONE, NONE},
	{"nothing but cache",
		"{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":1000}}}", 1000, NONE,
		NONE},
	{"negative cache", "{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":{\"inactive_file\":-5}}}",
		1000, NONE, NONE},
	{"Podman", "{" READ "\"memory_stats\":{\"usage\":1000,\"stats\":null}}", 1000, NONE, NONE},
	{"a kernel that does not count it", "{" READ "\"memory_stats\":{\"usage\":0,\"limit\":0}}", NONE,
		NONE, NONE},
	{"a kernel that does not say it", "{" READ "\"memory_stats\":{}}", NONE, NONE, NONE},
	{"other types", "{" READ "\"memory_stats\":{\"usage\":\"1000\"},\"networks\":[],\"cpu_stats\":7}",
		NONE, NONE, NONE},
	{"two networks",
		"{" READ "\"networks\":{\"eth0\":{\"rx_bytes\":1,\"tx_bytes\":20},\"eth1\":{\"rx_bytes\":4,"
		"\"tx_bytes\":80}}}",
		NONE, 5, 100},
	{"an empty network", "{" READ "\"networks\":{}}", NONE, NONE, NONE},
	{"a network of another type", "{" READ "\"networks\":{\"eth0\":7}}", NONE, NONE, NONE},
	{"no network", "{" READ "\"networks\":null}", NONE, NONE, NONE},
	{"a counter beyond 32 bits",
		"{" READ "\"memory_stats\":{\"usage\":12884901888},\"networks\":{\"eth0\":{\"rx_bytes\":"
		"9007199254740991,\"tx_bytes\":0}}}",
		12884901888, 9007199254740991, 0},
	/* without a time nothing counts */
	{"no time",
		"{\"memory_stats\":{\"usage\":1000},\"networks\":{\"eth0\":{\"rx_bytes\":1,\"tx_bytes\":1}}}",
		NONE, NONE, NONE},
	{"Go's zero time", "{\"read\":\"0001-01-01T00:00:00Z\",\"memory_stats\":{\"usage\":1000}}", NONE,
		NONE, NONE},
	{"nothing at all", "", NONE, NONE, NONE},
};

static void memory_is_without_the_cache_that_can_be_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct stats stats = read_stats(slice_of(cases[i].json));

		unit_case("%s", cases[i].what);
		same(stats.mem_bytes, cases[i].mem_bytes, 0);
		same(stats.rx_bytes, cases[i].rx_bytes, 0);
		same(stats.tx_bytes, cases[i].tx_bytes, 0);
	}
}

static void an_answer_with_both_samples_gives_both(void **state)
{
	struct stats stats =
		read_stats(slice_of("{" READ "\"preread\":\"2026-01-11T08:59:59.5Z\","
				    "\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":3500000000}},"
				    "\"precpu_stats\":{\"cpu_usage\":{\"total_usage\":3000000000}}}"));

	(void)state;
	assert_near(stats.read_epoch, 1768122000.5, 1e-6);
	assert_near(stats.cpu_seconds, 3.5, 1e-9);
	assert_near(stats.before_read_epoch, 1768121999.5, 1e-6);
	assert_near(stats.before_cpu_seconds, 3.0, 1e-9);
	assert_near(stats_cpu_percent(stats.before_read_epoch, stats.before_cpu_seconds, stats.read_epoch,
			    stats.cpu_seconds),
		50, 1e-6);
}

static const struct {
	double before_epoch, before_seconds, after_epoch, after_seconds;
	double percent;
} windows[] = {
	{100, 5, 101, 5.5, 50},
	{100, 5, 101, 5, 0},
	{100, 5, 100.8, 7.4, 300}, /* three cores */
	{100, 5, 100, 5.5, NONE},  /* no time */
	{100, 5, 99, 5.5, NONE},   /* a clock that was set back */
	{100, 5, 101, 0.1, NONE},  /* it started again in between */
	{NONE, 5, 101, 5.5, NONE},
	{100, NONE, 101, 5.5, NONE},
	{100, 5, NONE, 5.5, NONE},
	{100, 5, 101, NONE, NONE},
};

static void cpu_is_the_share_of_one_core(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(windows); i++) {
		unit_case("row %zu", i);
		same(stats_cpu_percent(windows[i].before_epoch, windows[i].before_seconds,
			     windows[i].after_epoch, windows[i].after_seconds),
			windows[i].percent, 1e-9);
	}
}

static const struct {
	const char *json, *says;
} refused[] = {
	{"[]", "expected an object, found a list"},
	{"7", "expected an object, found a number"},
	{"null", "expected an object, found null"},
	{"{" READ "\"memory_stats\":{\"usage\":1", "not JSON"},
	{"{}{}", "not JSON"},
	{"\n", "not JSON"},
};

static void what_is_no_object_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct stats stats = {.mem_bytes = 7 * mib};
		struct err err = {.code = 0};

		unit_case("%s", refused[i].json);
		assert_count(stats_parse(slice_of(refused[i].json), &stats, &err), -1);
		assert_count(err.code, EBADMSG);
		assert_says(err.text, refused[i].says);
		assert_near(stats.mem_bytes, 7 * mib, 0);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorded_counters_give_what_the_containers_used),
		TEST(memory_is_what_docker_stats_and_podman_stats_print),
		TEST(what_does_not_run_has_no_numbers_rather_than_zeros),
		TEST(memory_is_without_the_cache_that_can_be_dropped),
		TEST(an_answer_with_both_samples_gives_both),
		TEST(cpu_is_the_share_of_one_core),
		TEST(what_is_no_object_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

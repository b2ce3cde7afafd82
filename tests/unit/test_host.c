#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/proc.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* What the recorded files say; the sums by awk. */
static const struct {
	const char *name;
	double busy, total,
		cpus; /* ticks: idle and iowait are not busy, guest times are in user's and nice's */
	double mem_total, mem_available;
	double load[3];
	double uptime;
	double oom_kills;
} machines[] = {
	/* Linux 6.18, cgroup v1 */
	{"docker-20.10-cgroup1", 303406, 812090, 2, 24684096, 24065844, {6.03, 8.53, 5.99}, 4079.31, 108},
	{"docker-28.5-cgroup1", 337725, 851071, 2, 24684096, 22208908, {4.75, 7.29, 6.04}, 4276.60, 120},
	{"podman-4.3", 335695, 848955, 2, 24684096, 22225332, {4.17, 7.27, 6.02}, 4266.05, 119},
	/* Linux 6.12, cgroup v2 */
	{"docker-26.1-cgroup2", 59626, 64247, 2, 2018924, 1678184, {7.50, 5.05, 2.27}, 338.34, 1},
};

static struct slice proc_file(size_t machine, const char *file)
{
	return unit_fixture(&arena, "%s/proc/%s", machines[machine].name, file);
}

static void the_recorded_machines_are_read_as_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		struct cpu_ticks ticks;
		struct memory memory;
		struct network network;
		double load[3], uptime, kills;
		struct err err;

		unit_case("%s", machines[i].name);
		assert_count(stat_parse(proc_file(i, "stat"), &ticks, &err), 0);
		assert_near(ticks.busy, machines[i].busy, 0);
		assert_near(ticks.total, machines[i].total, 0);
		assert_near(ticks.cpus, machines[i].cpus, 0);
		assert_count(meminfo_parse(proc_file(i, "meminfo"), &memory, &err), 0);
		assert_near(memory.total_kb, machines[i].mem_total, 0);
		assert_near(memory.available_kb, machines[i].mem_available, 0);
		assert_near(memory.swap_total_kb, 0, 0);
		assert_near(memory.swap_free_kb, 0, 0);
		assert_count(loadavg_parse(proc_file(i, "loadavg"), load, &err), 0);
		for (int j = 0; j < 3; j++)
			assert_near(load[j], machines[i].load[j], 1e-9);
		assert_count(uptime_parse(proc_file(i, "uptime"), &uptime, &err), 0);
		assert_near(uptime, machines[i].uptime, 1e-9);
		assert_count(vmstat_parse(proc_file(i, "vmstat"), &kills, &err), 0);
		assert_near(kills, machines[i].oom_kills, 0);
		/* They saw the engine's bridge and its containers' ends, but no card. */
		assert_count(netdev_parse(proc_file(i, "net/dev"), &network, &err), 0);
		assert_near(network.rx_bytes, 0, 0);
		assert_near(network.tx_bytes, 0, 0);
	}
}

/* `free -b` was run a moment before. */
static void memory_is_what_free_says(void **state)
{
	char *line = strstr(unit_fixture(&arena, "docker-26.1-cgroup2/free.txt").data, "Mem:");
	double total, used, available;
	struct memory memory;
	struct err err;

	(void)state;
	assert_int_equal(sscanf(line, "Mem: %lf %lf %*f %*f %*f %lf", &total, &used, &available), 3);
	assert_int_equal(meminfo_parse(unit_fixture(&arena, "docker-26.1-cgroup2/proc/meminfo"), &memory,
				 &err),
		0);
	assert_near(memory.total_kb * 1024, total, 0);
	assert_near(memory.available_kb * 1024, available, 1024 * 1024);
	assert_near((memory.total_kb - memory.available_kb) * 1024, used, 1024 * 1024);
}

/* Every text that another program might have cut off or filled with rubbish: nothing is read outside it, and
 * a failure says why and leaves the result alone. */

static int parse_all(struct slice text, struct err *err)
{
	struct cpu_ticks ticks = {7, 7, 7};
	struct memory memory = {7, 7, 7, 7};
	struct network network = {7, 7};
	struct config_disks settings = {.timeout_seconds = 1};
	struct mounts mounts = {.count = 7};
	double load[3] = {7, 7, 7}, uptime = 7, kills = 7;
	int parsed = 0;

	if (stat_parse(text, &ticks, err) == 0)
		parsed++;
	else
		assert_true(ticks.busy >= 7 && ticks.total <= 7 && ticks.cpus >= 7);
	if (meminfo_parse(text, &memory, err) == 0)
		parsed++;
	else
		assert_true(memory.total_kb >= 7 && memory.swap_free_kb <= 7);
	if (loadavg_parse(text, load, err) == 0)
		parsed++;
	else
		assert_true(load[0] >= 7 && load[0] <= 7);
	if (uptime_parse(text, &uptime, err) == 0)
		parsed++;
	else
		assert_true(uptime >= 7 && uptime <= 7);
	if (vmstat_parse(text, &kills, err) == 0)
		parsed++;
	else
		assert_true(kills >= 7 && kills <= 7);
	if (netdev_parse(text, &network, err) == 0)
		parsed++;
	else
		assert_true(network.rx_bytes >= 7 && network.tx_bytes <= 7);
	if (mounts_parse(text, &settings, &arena, &mounts, err) == 0)
		parsed++;
	else
		assert_int_equal(mounts.count, 7);
	return parsed;
}

static const char *const files[] = {"stat", "meminfo", "loadavg", "uptime", "vmstat", "net/dev", "mounts"};

static void a_file_that_is_cut_off_anywhere_is_read_as_far_as_it_goes_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct slice whole = proc_file(3, files[i]);

		for (size_t len = 0; len <= whole.len; len += len < 300 ? 1 : 97) {
			char *exact AUTO_FREE = mem_alloc(len);
			struct err err;

			unit_case("%zu bytes of %s", len, files[i]);
			memcpy(exact, whole.data, len);
			parse_all((struct slice){exact, len}, &err);
			arena_clear(&arena);
			whole = proc_file(3, files[i]);
		}
	}
}

static void rubbish_is_refused_or_read_but_never_past_its_end(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct slice whole = proc_file(3, files[(size_t)round % COUNT_OF(files)]);
		size_t len = whole.len < 600 ? whole.len : 600;
		char *exact AUTO_FREE = mem_alloc(len);
		struct err err;

		memcpy(exact, whole.data, len);
		for (int i = 0; i < 8; i++) {
			random = random * 1664525 + 1013904223;
			exact[(random >> 8) % len] = "\0\n \t:\\0.-9\377ckB/1"[random >> 28];
		}
		parse_all((struct slice){exact, len}, &err);
		arena_clear(&arena);
	}
}

static const struct {
	const char *what;
	struct slice text;
} rubbish[] = {
	{"nothing", {"", 0}},
	{"line breaks", BYTES("\n\n\n")},
	{"blanks", BYTES(" \t \n ")},
	{"NULs", BYTES("\0\0\0\0")},
	{"words", BYTES("one\n")},
};

static void what_is_none_of_the_files_is_refused_by_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rubbish); i++) {
		struct err err = {.code = 0};

		unit_case("%s", rubbish[i].what);
		assert_count(parse_all(rubbish[i].text, &err), 0);
		assert_count(err.code, EBADMSG);
	}
}

/* stat */

static const struct {
	const char *text;
	double busy, total, cpus; /* NaN: refused */
} stats[] = {
	{"cpu  1 2 3 4\n", 6, 10, 0}, /* Linux 2.4 */
	{"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\n", 27, 36, 1},
	{"cpu  1 2 3 4 5 6 7 8 9 10 11 12\ncpu0 1\ncpu1 1\ncpu11 1\n", 27, 36, 3}, /* columns of the future */
	{"cpu 1 2 3 4", 6, 10, 0},
	{"cpu0 1 2 3 4\ncpu1 1 2 3 4\ncpu  2 4 6 8\n", 12, 20, 2},
	{"cpu  1 2 3\n", (double)NAN, 0, 0},
	{"cpu  1 2 x 4\n", (double)NAN, 0, 0},
	{"cpu  1 2 -3 4\n", (double)NAN, 0, 0},
	{"cpu0 1 2 3 4\n", (double)NAN, 0, 0},
	{"CPU  1 2 3 4\n", (double)NAN, 0, 0},
};

static void ticks_are_summed_whatever_the_number_of_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stats); i++) {
		struct cpu_ticks ticks;
		struct err err;
		int result = stat_parse(slice_of(stats[i].text), &ticks, &err);

		unit_case("%s", stats[i].text);
		assert_count(result, isnan(stats[i].busy) ? -1 : 0);
		if (result < 0) {
			assert_says(err.text, "stat: ");
			continue;
		}
		assert_near(ticks.busy, stats[i].busy, 0);
		assert_near(ticks.total, stats[i].total, 0);
		assert_near(ticks.cpus, stats[i].cpus, 0);
	}
}

static const struct {
	struct cpu_ticks before, after;
	double percent;
} windows[] = {
	{{100, 200, 2}, {150, 300, 2}, 50},
	{{100, 200, 2}, {100, 300, 2}, 0},
	{{100, 200, 2}, {200, 300, 2}, 100},
	{{335695, 848955, 2}, {337725, 851071, 2},
		95.93572779},             /* of the recorded machines, ten seconds apart */
	{{100, 200, 2}, {90, 300, 2}, 0}, /* a counter that went back a little */
	{{100, 200, 2}, {250, 300, 2}, 100},
	{{100, 200, 2}, {100, 200, 2}, (double)NAN},
	{{100, 200, 2}, {10, 20, 2}, (double)NAN},
	{{(double)NAN, (double)NAN, 2}, {10, 20, 2}, (double)NAN},
};

static void cpu_is_the_busy_share_of_the_window(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(windows); i++) {
		double percent = host_cpu_percent(&windows[i].before, &windows[i].after);

		unit_case("row %zu", i);
		if (isnan(windows[i].percent))
			assert_missing(percent);
		else
			assert_near(percent, windows[i].percent, 1e-6);
	}
}

/* meminfo */

static const struct {
	const char *text;
	double total, available, swap_total, swap_free; /* total NaN: refused */
} memories[] = {
	{"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\nBuffers: 2 kB\nCached: 3 kB\nSwapTotal: 50 "
	 "kB\nSwapFree: 20 kB\n",
		1000, 400, 50, 20},
	/* before Linux 3.14: what is free, and what could be freed */
	{"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 30 kB\nSwapCached: 9 kB\nSwapTotal: 50 "
	 "kB\nSwapFree: 50 kB\n",
		1000, 150, 50, 50},
	{"MemTotal: 1000 kB\nMemFree: 100 kB\n", 1000, 100, (double)NAN, (double)NAN},
	{"MemAvailable: 5\nMemTotal: 10", 10, 5, (double)NAN, (double)NAN},
	{"MemTotal: 1000 kB\n", (double)NAN, 0, 0, 0},
	{"MemFree: 1000 kB\nMemAvailable: 1000 kB\n", (double)NAN, 0, 0, 0},
	{"MemTotal: 0 kB\nMemAvailable: 0 kB\n", (double)NAN, 0, 0, 0},
	{"MemTotal: x kB\nMemAvailable: 5 kB\n", (double)NAN, 0, 0, 0},
	{"MemTotal: 10 kB\nMemAvailable: -5 kB\n", (double)NAN, 0, 0, 0},
	{"XMemTotal: 10 kB\nMemAvailable: 5 kB\n", (double)NAN, 0, 0, 0},
};

static void same(double actual, double expected)
{
	if (isnan(expected))
		assert_missing(actual);
	else
		assert_near(actual, expected, 0);
}

static void memory_is_read_from_old_kernels_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(memories); i++) {
		struct memory memory;
		struct err err;
		int result = meminfo_parse(slice_of(memories[i].text), &memory, &err);

		unit_case("%s", memories[i].text);
		assert_count(result, isnan(memories[i].total) ? -1 : 0);
		if (result < 0) {
			assert_says(err.text, "meminfo: ");
			continue;
		}
		same(memory.total_kb, memories[i].total);
		same(memory.available_kb, memories[i].available);
		same(memory.swap_total_kb, memories[i].swap_total);
		same(memory.swap_free_kb, memories[i].swap_free);
	}
}

/* The small ones */

static void what_is_missing_in_a_short_file_is_said(void **state)
{
	double load[3], number;
	struct err err;

	(void)state;
	assert_int_equal(loadavg_parse(slice_of("0.26 0.31 0.14"), load, &err), 0);
	assert_near(load[2], 0.14, 0);
	assert_int_equal(loadavg_parse(slice_of("0.26 0.31\n"), load, &err), -1);
	assert_text(err.text, "loadavg: three numbers were expected");
	assert_int_equal(loadavg_parse(slice_of("0.26 nan 0.14 1/118 3267\n"), load, &err), -1);
	assert_int_equal(uptime_parse(slice_of("319\n"), &number, &err), 0);
	assert_near(number, 319, 0);
	assert_int_equal(uptime_parse(slice_of("up 3 days\n"), &number, &err), -1);
	assert_text(err.text, "uptime: a number of seconds was expected");
	assert_int_equal(vmstat_parse(slice_of("oom_kills 3\nnr_oom_kill 4\noom_kill 5\n"), &number, &err),
		0);
	assert_near(number, 5, 0);
	assert_int_equal(vmstat_parse(slice_of("nr_free_pages 7\n"), &number, &err),
		-1); /* before Linux 4.13 */
	assert_text(err.text, "vmstat: no line oom_kill with a number");
	assert_int_equal(vmstat_parse(slice_of("oom_kill\n"), &number, &err), -1);
}

static const struct {
	const char *text;
	double number; /* NaN: none */
} words[] = {
	{"0", 0},
	{"007", 7},
	{"3.25", 3.25},
	{"18446744073709551615", 18446744073709551615.0},
	{"123456789012345678901234567890123456789", 1.2345678901234568e38},
	{"1234567890123456789012345678901234567890", (double)NAN},
	{"", (double)NAN},
	{"-1", (double)NAN},
	{"+1", (double)NAN},
	{"1e3", (double)NAN},
	{"0x10", (double)NAN},
	{"1.2.3", (double)NAN},
	{".5", (double)NAN},
	{"1,5", (double)NAN},
	{"7kB", (double)NAN},
	{"inf", (double)NAN},
	{"nan", (double)NAN},
};

static void a_number_is_decimal_and_the_whole_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		double number = 7;
		bool is_number = proc_number(slice_of(words[i].text), &number);

		unit_case("%s", words[i].text);
		assert_count(is_number, !isnan(words[i].number));
		assert_near(number, is_number ? words[i].number : 7, 0);
	}
}

/* net/dev */

#define TITLES \
	"Inter-|   Receive                                                |  Transmit\n" \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo " \
	"colls carrier " \
	"compressed\n"

static const struct {
	const char *name;
	bool is_card;
} interfaces[] = {
	{"eth0", true}, {"eth10", true}, {"eno1", true}, {"enp3s0f1", true}, {"ens18", true},
	{"enx00e04c680001", true}, {"wlan0", true}, {"wlp2s0", true}, {"wwan0", true}, {"usb0", true},
	{"ib0", true}, {"em1", true}, {"lan1", true}, {"lo", false}, {"veth14629f3", false},
	{"docker0", false}, {"docker_gwbridge", false}, {"br-0a1b2c3d4e5f", false}, {"br0", false},
	{"virbr0", false}, {"vmbr0", false}, /* Proxmox */
	{"vnet3", false}, {"tap100i0", false}, {"tun0", false}, {"wg0", false}, {"tailscale0", false},
	{"zt7nnig34a", false}, {"cni0", false}, {"podman1", false}, {"flannel.1", false},
	{"cali0123456789a", false}, {"lxcbr0", false}, {"lxdbr0", false}, {"bond0", false}, {"team0", false},
	{"dummy0", false}, {"ifb0", false}, {"sit0", false}, {"ip6tnl0", false}, {"eth0.100", false},
	{"macvlan0", false}, {"macvtap0", false}, {"vxlan0", false},
	{"ppp0", false}, /* over an Ethernet card */
};

static void only_cards_are_counted_and_what_passes_them_is_not_counted_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(interfaces); i++) {
		char *text = arena_printf(&arena,
			TITLES "%6s: 1000 2 3 4 5 6 7 8 90000 10 11 12 13 14 15 16\n", interfaces[i].name);
		struct network network;
		struct err err;

		unit_case("%s", interfaces[i].name);
		assert_count(netdev_parse(slice_of(text), &network, &err), 0);
		assert_near(network.rx_bytes, interfaces[i].is_card ? 1000 : 0, 0);
		assert_near(network.tx_bytes, interfaces[i].is_card ? 90000 : 0, 0);
	}
}

static void the_cards_are_summed(void **state)
{
	static const char text[] = TITLES
		"    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n"
		"  eth0:18446744073709551615 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n" /* no space: old kernels */
		"veth1: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n"
		"wlan0: 20 1 0 0 0 0 0 0 30 1 0 0 0 0 0 0 99 99\n";
	struct network network;
	struct err err;

	(void)state;
	assert_int_equal(netdev_parse(slice_of(text), &network, &err), 0);
	assert_near(network.rx_bytes, 18446744073709551615.0 + 20, 0);
	assert_near(network.tx_bytes, 37, 0);
	/* A machine may have no card, but not no interface at all. */
	assert_int_equal(netdev_parse(slice_of(TITLES), &network, &err), -1);
	assert_text(err.text, "net/dev: no interface in it");
	assert_int_equal(netdev_parse(slice_of("eth0: 1 2 3 4 5 6 7 8\n"), &network, &err), -1);
	assert_text(err.text, "net/dev: nine numbers were expected after eth0:");
	assert_int_equal(netdev_parse(slice_of("veth1: rubbish\n"), &network, &err), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorded_machines_are_read_as_they_were),
		TEST(memory_is_what_free_says),
		TEST(a_file_that_is_cut_off_anywhere_is_read_as_far_as_it_goes_or_refused),
		TEST(rubbish_is_refused_or_read_but_never_past_its_end),
		TEST(what_is_none_of_the_files_is_refused_by_all),
		TEST(ticks_are_summed_whatever_the_number_of_columns),
		TEST(cpu_is_the_busy_share_of_the_window),
		TEST(memory_is_read_from_old_kernels_too),
		TEST(what_is_missing_in_a_short_file_is_said),
		TEST(a_number_is_decimal_and_the_whole_field),
		TEST(only_cards_are_counted_and_what_passes_them_is_not_counted_twice),
		TEST(the_cards_are_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "host/proc.h"

/* The file systems of a machine that is elsewhere, by mount point; the sources call this in the child
 * processes that may hang. */

static const struct {
	const char *point;
	int code; /* errno value; HANGS, DIES */
	struct statvfs space;
} places[] = {
	/* As tests/fixtures/docker-26.1-cgroup2/df.txt has them. */
	{"/", 0, {.f_frsize = 4096, .f_blocks = 755402, .f_bfree = 483398, .f_bavail = 439981}},
	{"/mnt/h", 0,
		{.f_frsize = 1, .f_blocks = 270553055232, .f_bfree = 241087807488, .f_bavail = 73279864832}},
#define HANGS -1
#define DIES  -2
	{"/mnt/dead", HANGS, {0}},
	{"/mnt/dead2", HANGS, {0}},
	{"/mnt/crash", DIES, {0}},
	{"/mnt/stale", ESTALE, {0}},
	{"/mnt/secret", EACCES, {0}},
	{"/mnt/perm", EPERM, {0}},
	{"/mnt/empty", 0, {.f_frsize = 4096}},
	{"/mnt/full", 0, {.f_frsize = 1024, .f_blocks = 1048576, .f_bfree = 52428, .f_bavail = 0}},
	{"/mnt/over", 0,
		{.f_frsize = 1024, .f_blocks = 1048576, .f_bfree = 52428, .f_bavail = (fsblkcnt_t)-52428}},
	{"/mnt/odd", 0, {.f_frsize = 1024, .f_blocks = 1048576, .f_bfree = 1048577, .f_bavail = 1048577}},
	{"/mnt/my disk", 0, {.f_frsize = 1048576, .f_blocks = 2048, .f_bfree = 2048, .f_bavail = 2048}},
};

int statvfs(const char *restrict path, struct statvfs *restrict space)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		if (strcmp(path, places[i].point) != 0)
			continue;
		while (places[i].code == HANGS)
			pause();
		if (places[i].code == DIES)
			_exit(0);
		*space = places[i].space;
		errno = places[i].code;
		return errno ? -1 : 0;
	}
	errno = ENOENT;
	return -1;
}

/* Each test has a folder of its own for a /proc. */

static struct arena arena;

static int end(void **state)
{
	arena_release(&arena);
	return unit_remove_folder(state);
}

static char *in_folder(void **state, const char *name)
{
	return arena_printf(&arena, "%s/%s", (const char *)*state, name);
}

static const char *const files[] = {"stat", "meminfo", "loadavg", "uptime", "net/dev", "vmstat", "mounts"};

/* Copies the recorded files, but not the one called `but`. */
static void copy_proc(void **state, const char *but)
{
	assert_int_equal(mkdir(in_folder(state, "net"), 0700), 0);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (!but || strcmp(files[i], but) != 0)
			unit_write(in_folder(state, files[i]),
				unit_fixture(&arena, "docker-26.1-cgroup2/proc/%s", files[i]).data);
}

/* Takes the snapshot, and sees to it that no child process stays behind. */
static void collect(void **state, double timeout_seconds, struct snapshot *s)
{
	struct config_disks settings = {.timeout_seconds = timeout_seconds};
	int proc AUTO_CLOSE = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snapshot_init(s);
	host_collect(proc, &settings, s);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_copied_proc_gives_the_machine_it_was_copied_from(void **state)
{
	struct snapshot s;

	copy_proc(state, NULL);
	collect(state, 3, &s);
	assert_strings(s.problems, "");
	/* 2018924 kB, 1678184 kB of them available */
	assert_near(s.ram_total_gb, 1.925396, 1e-6);
	assert_near(s.ram_used_gb, 0.324955, 1e-6);
	assert_near(s.ram_percent, 16.877307, 1e-6);
	assert_near(s.swap_total_gb, 0, 0);
	assert_near(s.swap_used_gb, 0, 0);
	assert_int_equal(s.load_average.count, 3);
	assert_near(s.load_average.items[0], 7.50, 0);
	assert_near(s.load_average.items[1], 5.05, 0);
	assert_near(s.load_average.items[2], 2.27, 0);
	assert_near(s.uptime_seconds, 338.34, 0);
	assert_text(s.uptime, "5m");
	assert_near(s.net_rx_mb, 0, 0);
	assert_near(s.net_tx_mb, 0, 0);
	assert_near(s.oom_kills, 1, 0);
	/* df: 3094126592 bytes, 1114128384 used, 1802162176 available, 39 %, which it rounds up */
	assert_int_equal(s.disk_count, 2);
	assert_text(s.disks[0].mount, "/");
	assert_text(s.disks[0].device, "/dev/vda");
	assert_near(s.disks[0].total_gb, 2.881630, 1e-6);
	assert_near(s.disks[0].used_gb, 1.037613, 1e-6);
	assert_near(s.disks[0].used_percent, 38.203613, 1e-6);
	assert_null(s.disks[0].problem);
	/* 270553055232, 29465247744, 73279864832, 29 % */
	assert_text(s.disks[1].mount, "/mnt/h");
	assert_text(s.disks[1].device, "h");
	assert_near(s.disks[1].used_percent, 28.678004, 1e-6);
	/* Of containers, the engine and the CPU it says nothing. */
	assert_missing(s.cpu_percent);
	assert_missing(s.containers_total);
	assert_int_equal(s.docker.available, FLAG_UNKNOWN);
	snapshot_release(&s);
}

static void memory_swap_and_network_are_in_gib_and_mib(void **state)
{
	struct snapshot s;

	copy_proc(state, NULL);
	unit_write(in_folder(state, "meminfo"), "MemTotal: 16777216 kB\nMemAvailable: 11010048 kB\n"
						"SwapTotal: 4194304 kB\nSwapFree: 3145728 kB\n");
	unit_write(in_folder(state, "net/dev"), "eth0: 10485760 0 0 0 0 0 0 0 2621440 0 0 0 0 0 0 0\n");
	collect(state, 3, &s);
	assert_near(s.ram_total_gb, 16, 1e-9);
	assert_near(s.ram_used_gb, 5.5, 1e-9);
	assert_near(s.ram_percent, 34.375, 1e-9);
	assert_near(s.swap_total_gb, 4, 1e-9);
	assert_near(s.swap_used_gb, 1, 1e-9);
	assert_near(s.net_rx_mb, 10, 1e-9);
	assert_near(s.net_tx_mb, 2.5, 1e-9);
	snapshot_release(&s);
}

/* Which of the values each file gives, as one letter each when they are there. */
static const char *values_of(const struct snapshot *s)
{
	return arena_printf(&arena, "%s%s%s%s%s%s%s%s%s%s%s", isnan(s->ram_total_gb) ? "" : "r",
		isnan(s->ram_used_gb) ? "" : "r", isnan(s->ram_percent) ? "" : "r",
		isnan(s->swap_total_gb) ? "" : "s", isnan(s->swap_used_gb) ? "" : "s",
		s->load_average.count ? "l" : "", isnan(s->uptime_seconds) ? "" : "u", s->uptime ? "u" : "",
		isnan(s->net_rx_mb) || isnan(s->net_tx_mb) ? "" : "n", isnan(s->oom_kills) ? "" : "o",
		s->disk_count ? "d" : "");
}

static const struct {
	const char *file, *missing, *refused, *values;
} sources[] = {
	{"meminfo", "meminfo cannot be opened: No such file or directory",
		"meminfo: no MemTotal and MemAvailable", "luunod"},
	{"loadavg", "loadavg cannot be opened: No such file or directory",
		"loadavg: three numbers were expected", "rrrssuunod"},
	{"uptime", "uptime cannot be opened: No such file or directory",
		"uptime: a number of seconds was expected", "rrrsslnod"},
	{"net/dev", "net/dev cannot be opened: No such file or directory", "net/dev: no interface in it",
		"rrrssluuod"},
	{"vmstat", "vmstat cannot be opened: No such file or directory",
		"vmstat: no line oom_kill with a number", "rrrssluund"},
	{"mounts", "mounts cannot be opened: No such file or directory",
		"mounts: no line with a device, a mount point and a type", "rrrssluuno"},
};

static void a_source_that_is_not_there_is_named_and_the_others_count(void **state)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		struct snapshot s;

		unit_case("no %s", sources[i].file);
		copy_proc(state, sources[i].file);
		collect(state, 3, &s);
		assert_strings(s.problems, sources[i].missing);
		assert_text(values_of(&s), sources[i].values);
		snapshot_release(&s);

		unit_case("rubbish in %s", sources[i].file);
		unit_write(in_folder(state, sources[i].file), "rubbish\n");
		collect(state, 3, &s);
		assert_strings(s.problems, sources[i].refused);
		assert_text(values_of(&s), sources[i].values);
		snapshot_release(&s);

		assert_count(unit_remove_folder(state), 0);
		assert_count(unit_make_folder(state), 0);
	}
}

static void an_empty_proc_leaves_everything_missing_and_names_each_source(void **state)
{
	struct snapshot s;

	collect(state, 3, &s);
	assert_int_equal(s.problems.count, COUNT_OF(sources));
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		assert_text(s.problems.items[i], sources[i].missing);
	assert_text(values_of(&s), "");
	snapshot_release(&s);
}

static void what_is_no_file_or_has_no_end_is_a_problem_and_holds_nobody_up(void **state)
{
	int writer AUTO_CLOSE = -1;
	struct snapshot s;

	copy_proc(state, "meminfo");
	assert_int_equal(mkdir(in_folder(state, "meminfo"), 0700), 0);
	assert_int_equal(unlink(in_folder(state, "uptime")), 0);
	assert_int_equal(mkfifo(in_folder(state, "uptime"), 0600), 0);
	assert_int_equal(unlink(in_folder(state, "loadavg")), 0);
	assert_int_equal(mkfifo(in_folder(state, "loadavg"), 0600), 0);
	writer = open(in_folder(state, "loadavg"), O_RDWR | O_CLOEXEC); /* and says nothing */
	assert_int_equal(unlink(in_folder(state, "vmstat")), 0);
	assert_int_equal(symlink("/dev/zero", in_folder(state, "vmstat")), 0);
	assert_int_equal(truncate(in_folder(state, "net/dev"), 5 * 1024 * 1024), 0);
	collect(state, 3, &s);
	assert_strings(s.problems,
		"meminfo cannot be read: Is a directory|"
		"loadavg cannot be read: Resource temporarily unavailable|"
		"uptime: a number of seconds was expected|net/dev is larger than 4194304 bytes|"
		"vmstat is larger than 4194304 bytes");
	assert_int_equal(s.disk_count, 2);
	snapshot_release(&s);
}

static void a_file_system_that_hangs_is_named_and_the_others_are_measured(void **state)
{
	double start = clock_monotonic();
	struct snapshot s;

	copy_proc(state, NULL);
	unit_write(in_folder(state, "mounts"), "nas:/dead /mnt/dead nfs4 rw 0 0\n/dev/vda / ext4 rw 0 0\n"
					       "nas:/dead2 /mnt/dead2 nfs4 rw 0 0\nh /mnt/h 9p rw 0 0\n");
	collect(state, 0.3, &s);
	assert_true(clock_monotonic() - start < 10);
	assert_strings(s.problems, "");
	assert_int_equal(s.disk_count, 4);
	assert_text(s.disks[0].mount, "/mnt/dead");
	assert_text(s.disks[0].device, "nas:/dead");
	assert_text(s.disks[0].problem, "did not answer within 0.3 s");
	assert_missing(s.disks[0].total_gb);
	assert_missing(s.disks[0].used_gb);
	assert_missing(s.disks[0].used_percent);
	assert_near(s.disks[1].used_percent, 38.203613, 1e-6);
	assert_text(s.disks[2].problem, "did not answer within 0.3 s");
	assert_near(s.disks[3].used_percent, 28.678004, 1e-6);
	snapshot_release(&s);
}

static void a_file_system_that_answers_does_not_wait_for_the_timeout(void **state)
{
	double start = clock_monotonic();
	struct snapshot s;

	copy_proc(state, NULL);
	collect(state, 30, &s);
	assert_true(clock_monotonic() - start < 10);
	assert_int_equal(s.disk_count, 2);
	snapshot_release(&s);
}

static const struct {
	const char *mounts;
	const char *disk; /* `mount total used percent problem`, or "" */
	const char *problems;
} disks[] = {
	{"/dev/vda / ext4 rw 0 0\n", "/ 2.88 1.04 38.20 -", ""},
	{"nas:/ /mnt/stale nfs rw 0 0\n", "/mnt/stale nan nan nan cannot be measured: Stale file handle", ""},
	{"x /mnt/crash ext4 rw 0 0\n", "/mnt/crash nan nan nan cannot be measured: Input/output error", ""},
	{"x /mnt/secret ext4 rw 0 0\n", "", "disk /mnt/secret: Permission denied"},
	{"x /mnt/perm ext4 rw 0 0\n", "", "disk /mnt/perm: Operation not permitted"},
	{"x /mnt/elsewhere ext4 rw 0 0\n", "", "disk /mnt/elsewhere: No such file or directory"},
	{"x /mnt/empty ext4 rw 0 0\n", "", ""},
	/* Root's reserve is not available to a user: full is full. */
	{"x /mnt/full ext4 rw 0 0\n", "/mnt/full 1.00 0.95 100.00 -", ""},
	{"x /mnt/over ext4 rw 0 0\n", "/mnt/over 1.00 0.95 100.00 -", ""}, /* less than none */
	{"x /mnt/odd fuse rw 0 0\n", "/mnt/odd 1.00 0.00 0.00 -", ""},     /* more free than there is */
	{"x /mnt/my\\040disk ext4 rw 0 0\n", "/mnt/my disk 2.00 0.00 0.00 -", ""},
	{"proc /proc proc rw 0 0\n", "", ""},
};

static void a_disk_is_measured_as_df_does_or_says_why_not(void **state)
{
	copy_proc(state, NULL);
	for (size_t i = 0; i < COUNT_OF(disks); i++) {
		struct snapshot s;

		unit_case("%s", disks[i].mounts);
		unit_write(in_folder(state, "mounts"), disks[i].mounts);
		collect(state, 3, &s);
		assert_strings(s.problems, disks[i].problems);
		assert_count(s.disk_count, *disks[i].disk ? 1 : 0);
		if (s.disk_count)
			assert_text(arena_printf(&arena, "%s %.2f %.2f %.2f %s", s.disks[0].mount,
					    s.disks[0].total_gb, s.disks[0].used_gb, s.disks[0].used_percent,
					    s.disks[0].problem ? s.disks[0].problem : "-"),
				disks[i].disk);
		snapshot_release(&s);
	}
}

static void names_from_elsewhere_are_made_harmless(void **state)
{
	struct snapshot s;

	copy_proc(state, NULL);
	unit_write(in_folder(state, "mounts"), "x\033[31m /mnt/\033[2Jevil\377\\012name ext4 rw 0 0\n");
	collect(state, 3, &s);
	assert_strings(s.problems, "disk /mnt/evil\uFFFD name: No such file or directory");
	snapshot_release(&s);
}

static void the_cpu_is_read_from_the_folder_that_was_given(void **state)
{
	int proc AUTO_CLOSE = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cpu_ticks ticks = {7, 7, 7};
	struct err err;

	assert_int_equal(host_cpu_read(proc, &ticks, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_text(err.text, "stat cannot be opened: No such file or directory");
	assert_near(ticks.total, 7, 0);
	copy_proc(state, NULL);
	assert_int_equal(host_cpu_read(proc, &ticks, &err), 0);
	assert_near(ticks.busy, 59626, 0);
	assert_near(ticks.cpus, 2, 0);
}

static void the_kernel_that_runs_now_is_understood(void **state)
{
	struct config_disks settings = {.timeout_seconds = 3};
	int proc AUTO_CLOSE = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cpu_ticks ticks;
	struct snapshot s;
	struct err err;

	(void)state;
	snapshot_init(&s);
	host_collect(proc, &settings, &s);
	assert_true(s.ram_total_gb > 0 && s.ram_used_gb > 0 && s.ram_percent > 0 && s.ram_percent < 100);
	assert_true(s.uptime_seconds > 0);
	assert_int_equal(s.load_average.count, 3);
	assert_true(s.net_rx_mb >= 0 && s.net_tx_mb >= 0);
	assert_int_equal(host_cpu_read(proc, &ticks, &err), 0);
	assert_true(ticks.cpus >= 1 && ticks.busy > 0 && ticks.busy <= ticks.total);
	snapshot_release(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_make_folder, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_copied_proc_gives_the_machine_it_was_copied_from),
		TEST(memory_swap_and_network_are_in_gib_and_mib),
		TEST(a_source_that_is_not_there_is_named_and_the_others_count),
		TEST(an_empty_proc_leaves_everything_missing_and_names_each_source),
		TEST(what_is_no_file_or_has_no_end_is_a_problem_and_holds_nobody_up),
		TEST(a_file_system_that_hangs_is_named_and_the_others_are_measured),
		TEST(a_file_system_that_answers_does_not_wait_for_the_timeout),
		TEST(a_disk_is_measured_as_df_does_or_says_why_not),
		TEST(names_from_elsewhere_are_made_harmless),
		TEST(the_cpu_is_read_from_the_folder_that_was_given),
		TEST(the_kernel_that_runs_now_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/alert.h"

#define HOST    "\"timestamp\":\"2026-01-11T10:00:00\",\"epoch\":1768125600,\"docker\":{\"available\":true},"
#define BEFORE  "\"timestamp\":\"2026-01-11T09:00:00\",\"epoch\":1768122000,\"docker\":{\"available\":true},"
#define RUNNING "\"state\":\"running\",\"status\":\"running\",\"health\":\"none\",\"id\":\"aaaaaaaaaaaa\""
#define EXITED  "\"state\":\"exited\",\"status\":\"stopped\",\"health\":\"none\",\"id\":\"aaaaaaaaaaaa\""

/* One issue at most a case: its beginning, and whether it is critical. */
static const struct {
	const char *name;
	const char *before; /* NULL: none */
	const char *now;
	const char *critical;
	const char *warning;
	bool required;
} cases[] = {
	{"a quiet machine", NULL,
		"{" HOST
		"\"cpu_percent\":85,\"ram_percent\":85,\"disks\":[{\"mount\":\"/\",\"used_percent\":80}]}",
		NULL, NULL, false},
	{"nothing is known", NULL, "{\"timestamp\":\"2026-01-11T10:00:00\"}", NULL, NULL, false},
	{"CPU above the warning", NULL, "{" HOST "\"cpu_percent\":85.1}", NULL,
		"CPU is at 85.1 % (warning above 85 %)", false},
	{"CPU at the critical threshold", NULL, "{" HOST "\"cpu_percent\":95}", NULL,
		"CPU is at 95.0 % (warning above 85 %)", false},
	{"CPU above the critical threshold", NULL, "{" HOST "\"cpu_percent\":95.1}",
		"CPU is at 95.1 % (critical above 95 %)", NULL, false},
	{"RAM", NULL, "{" HOST "\"ram_percent\":96.1,\"ram_used_gb\":15.4,\"ram_total_gb\":16}",
		"RAM is at 96.1 %, 15.4 of 16.0 GiB (critical above 95 %)", NULL, false},
	{"swap", NULL, "{" HOST "\"swap_used_gb\":3.6,\"swap_total_gb\":4}", NULL,
		"Swap is at 90.0 %, 3.6 of 4.0 GiB (warning above 80 %)", false},
	{"no swap", NULL, "{" HOST "\"swap_used_gb\":0,\"swap_total_gb\":0}", NULL, NULL, false},
	{"a full disk", NULL,
		"{" HOST "\"disks\":[{\"mount\":\"/\",\"used_percent\":10,\"used_gb\":1,\"total_gb\":10},"
		"{\"mount\":\"/mnt/nas\",\"used_percent\":92,\"used_gb\":92,\"total_gb\":100}]}",
		"Disk /mnt/nas is at 92.0 %, 8.0 GiB free (critical above 90 %)", NULL, false},
	{"a disk that hangs", NULL,
		"{" HOST "\"disks\":[{\"mount\":\"/mnt/nfs\",\"problem\":\"did not answer within 3 s\"}]}",
		"Disk /mnt/nfs did not answer within 3 s", NULL, false},
	{"an unhealthy container", NULL,
		"{" HOST
		"\"containers\":[{\"name\":\"web\",\"state\":\"running\",\"status\":\"unhealthy\"}]}",
		"Container web is unhealthy", NULL, false},
	{"restarting", NULL,
		"{" HOST "\"containers\":[{\"name\":\"web\",\"state\":\"restarting\",\"exit_code\":1,"
		"\"restarts\":7}]}",
		"Container web is in state restarting (exit code 1)", NULL, false},
	{"dead", NULL,
		"{" HOST
		"\"containers\":[{\"name\":\"web\",\"state\":\"dead\",\"exit_code\":1,\"restarts\":0}]}",
		"Container web is in state dead", NULL, false},
	{"the engine says OOM", NULL,
		"{" HOST "\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":137,\"oom_killed\":true}]}",
		"Container db was killed for want of memory (OOM)", NULL, false},
	{"137 while the kernel's OOM counter rose",
		"{" BEFORE "\"oom_kills\":4,\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"oom_kills\":5,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":137,\"oom_killed\":false}]}",
		"Container db was killed for want of memory", NULL, false},
	{"137 and no OOM is a planned stop",
		"{" BEFORE "\"oom_kills\":4,\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"oom_kills\":4,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":137,\"oom_killed\":false}]}",
		NULL, NULL, false},
	{"137 from before another's OOM",
		"{" BEFORE "\"oom_kills\":4,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":137,\"finished_at\":\"2026-01-10T00:00:00Z\"}]}",
		"{" HOST "\"oom_kills\":5,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":137,\"finished_at\":\"2026-01-10T00:00:00Z\"}]}",
		NULL, NULL, false},
	{"143 is a planned stop", "{" BEFORE "\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"db\"," EXITED ",\"exit_code\":143}]}", NULL, NULL,
		false},
	{"exit 0 is no issue", "{" BEFORE "\"containers\":[{\"name\":\"job\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"job\"," EXITED ",\"exit_code\":0}]}", NULL, NULL,
		false},
	{"exit 3 of one that ran before", "{" BEFORE "\"containers\":[{\"name\":\"job\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"job\"," EXITED ",\"exit_code\":3}]}", NULL,
		"Container job ran before and has stopped (exit code 3)", false},
	{"exit 3 of one that was stopped before",
		"{" BEFORE "\"containers\":[{\"name\":\"job\"," EXITED "}]}",
		"{" HOST "\"containers\":[{\"name\":\"job\"," EXITED ",\"exit_code\":3}]}", NULL, NULL,
		false},
	{"paused by hand", "{" BEFORE "\"containers\":[{\"name\":\"job\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"job\",\"state\":\"paused\",\"status\":\"stopped\","
		"\"exit_code\":0}]}",
		NULL, NULL, false},
	{"one restart", "{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":5}]}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":6}]}", NULL,
		"Container web was restarted once since ", false},
	{"three restarts", "{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":5}]}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":8}]}",
		"Container web was restarted 3 times since ", NULL, false},
	{"no restart since", "{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":5}]}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":5}]}", NULL, NULL,
		false},
	{"the counter started again",
		"{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":50}]}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":2}]}", NULL,
		"Container web was restarted 2 times since ", false},
	{"a new container restarts", "{" BEFORE "\"containers\":[]}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":4}]}",
		"Container web was restarted 4 times since ", NULL, false},
	{"restarts of nobody knows when", NULL,
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":400}]}", NULL, NULL,
		false},
	{"restarts while the engine could not be asked",
		"{\"timestamp\":\"2026-01-11T09:00:00\",\"docker\":{\"available\":false}}",
		"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":400}]}", NULL, NULL,
		false},
	{"the engine is gone", "{" BEFORE "\"containers\":[]}",
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"docker\":{\"available\":false,\"error\":"
		"\"Connection refused\"}}",
		"The container engine does not answer any more: Connection refused", NULL, false},
	{"there never was an engine",
		"{\"timestamp\":\"2026-01-11T09:00:00\",\"docker\":{\"available\":false}}",
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"docker\":{\"available\":false,\"error\":\"No such "
		"file\"}}",
		NULL, NULL, false},
	{"there never was one but there should be", NULL,
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"docker\":{\"available\":false,\"error\":\"No such "
		"file\"}}",
		"The container engine does not answer: No such file", NULL, true},
};

static void read_text(struct snapshot *s, const char *json)
{
	struct err err;

	snapshot_init(s);
	if (snapshot_read(s, slice_of(json), &err) < 0)
		fail_msg("%s: %s", json, err.text);
}

static void check(const char *name, const char *kind, const struct strings *found, const char *expected)
{
	if (found->count != (expected ? 1u : 0u))
		fail_msg("%s: %zu %s, the first: %s", name, found->count, kind,
			found->count ? found->items[0] : "");
	if (expected && strncmp(found->items[0], expected, strlen(expected)) != 0)
		fail_msg("%s: %s", name, found->items[0]);
}

static void each_case_has_its_verdict(void **state)
{
	struct config config;

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot now, before;

		read_text(&now, cases[i].now);
		read_text(&before, cases[i].before ? cases[i].before : cases[i].now);
		alert_judge(&now, cases[i].before ? &before : NULL, &config.thresholds, cases[i].required);
		check(cases[i].name, "critical", &now.alert.critical_issues, cases[i].critical);
		check(cases[i].name, "warnings", &now.alert.warnings, cases[i].warning);
		assert_int_equal(now.alert.has_critical, cases[i].critical ? FLAG_YES : FLAG_NO);
		snapshot_release(&before);
		snapshot_release(&now);
	}
	config_release(&config);
}

static void a_threshold_of_null_is_never_passed(void **state)
{
	struct config config;
	struct snapshot now, before;
	struct err err;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config,
				 slice_of("{\"thresholds\":{\"cpu_critical\":null,\"cpu_warning\":null,"
					  "\"disk_critical\":null,"
					  "\"restarts_critical\":null,\"restarts_warning\":null}}"),
				 &err),
		0);
	read_text(&before, "{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":0}]}");
	read_text(&now,
		"{" HOST
		"\"cpu_percent\":100,\"disks\":[{\"mount\":\"/\",\"used_percent\":99,\"used_gb\":99}],"
		"\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":99}]}");
	alert_judge(&now, &before, &config.thresholds, false);
	assert_int_equal(now.alert.critical_issues.count, 0);
	assert_int_equal(now.alert.warnings.count, 1);
	assert_non_null(strstr(now.alert.warnings.items[0], "Disk / is at 99.0 %"));
	snapshot_release(&before);
	snapshot_release(&now);
	config_release(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_verdict),
		cmocka_unit_test(a_threshold_of_null_is_never_passed),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}

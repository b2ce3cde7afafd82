#include "../support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/alert.h"

#define HOST    "\"timestamp\":\"2026-01-11T10:00:00\",\"epoch\":1768125600,\"docker\":{\"available\":true},"
#define BEFORE  "\"timestamp\":\"2026-01-11T09:00:00\",\"epoch\":1768122000,\"docker\":{\"available\":true},"
#define RUNNING "\"state\":\"running\",\"status\":\"running\",\"health\":\"none\",\"id\":\"aaaaaaaaaaaa\""
#define EXITED  "\"state\":\"exited\",\"status\":\"stopped\",\"health\":\"none\",\"id\":\"aaaaaaaaaaaa\""

/* A snapshot taken then, of an engine started then; its containers and the end are to follow. */
#define ENGINE(now, start) \
	"{\"timestamp\":\"2026-01-11T" now ":00Z\",\"uptime_seconds\":90000,\"boot_id\":\"a\"," \
	"\"docker\":{\"available\":true,\"started_at\":\"2026-01-11T" start ":00Z\"}," \
	"\"containers\":["

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
		"{" HOST "\"containers\":[{\"name\":\"web\",\"state\":\"running\",\"status\":\"unhealthy\","
		"\"health\":\"unhealthy\"}]}",
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
	{"130 is a planned stop", "{" BEFORE "\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"db\"," EXITED ",\"exit_code\":130}]}", NULL, NULL,
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
	{"killed by a bug", "{" BEFORE "\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"db\"," EXITED ",\"exit_code\":139}]}", NULL,
		"Container db ran before and has stopped (exit code 139, segmentation fault)", false},
	{"one that need not run", "{" BEFORE "\"containers\":[{\"name\":\"job\"," RUNNING "}]}",
		"{" HOST "\"containers\":[{\"name\":\"job\",\"expected\":\"stopped\"," EXITED
		",\"exit_code\":3}]}",
		NULL, NULL, false},
	{"dead but need not run", NULL,
		"{" HOST "\"containers\":[{\"name\":\"job\",\"expected\":\"stopped\",\"state\":\"dead\"}]}",
		NULL, NULL, false},
	{"much of its memory limit", NULL,
		"{" HOST "\"containers\":[{\"name\":\"db\"," RUNNING
		",\"mem_percent\":92,\"mem_limit_percent\":90}]}",
		NULL, "Container db uses 92.0 % of its memory limit (warning above 90 %)", false},
	{"much memory and nobody asked", NULL,
		"{" HOST "\"containers\":[{\"name\":\"db\"," RUNNING ",\"mem_percent\":99}]}", NULL, NULL,
		false},
	{"left down by a reboot",
		"{" BEFORE "\"boot_id\":\"a\",\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"boot_id\":\"b\",\"uptime_seconds\":600,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":0,\"restart_policy\":\"always\",\"finished_at\":\"2026-01-11T09:30:00Z\"}]}",
		NULL,
		"Container db is down since the reboot, though its restart policy is always (exit code 0)",
		false},
	{"stopped by hand after a reboot",
		"{" BEFORE "\"boot_id\":\"a\",\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"boot_id\":\"b\",\"uptime_seconds\":600,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":0,\"restart_policy\":\"always\",\"finished_at\":\"2026-01-11T09:55:00Z\"}]}",
		NULL, NULL, false},
	{"not meant to come back after a reboot",
		"{" BEFORE "\"boot_id\":\"a\",\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"boot_id\":\"b\",\"uptime_seconds\":600,\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":0,\"restart_policy\":\"no\"}]}",
		NULL, NULL, false},
	{"stopped by hand, no reboot",
		"{" BEFORE "\"boot_id\":\"a\",\"containers\":[{\"name\":\"db\"," RUNNING "}]}",
		"{" HOST "\"boot_id\":\"a\",\"containers\":[{\"name\":\"db\"," EXITED
		",\"exit_code\":0,\"restart_policy\":\"always\"}]}",
		NULL, NULL, false},
	{"left down by the engine", ENGINE("09:00", "01:00") "{\"name\":\"db\"," RUNNING "}]}",
		ENGINE("10:00", "09:30") "{\"name\":\"db\"," EXITED
					 ",\"exit_code\":255,\"restart_policy\":\"unless-stopped\","
					 "\"finished_at\":\"2026-01-11T09:30:07Z\"}]}",
		NULL,
		"Container db is down since the restart of the engine, though its restart policy is "
		"unless-stopped (exit code 255)",
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
	{"there is one that lets nobody in", NULL,
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"docker\":{\"available\":false,\"error\":"
		"\"Permission denied\",\"found\":true}}",
		NULL, "The container engine does not answer: Permission denied", false},
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
		config.docker.required = cases[i].required ? FLAG_YES : FLAG_NO;
		alert_judge(&now, cases[i].before ? &before : NULL, NULL, &config);
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
	alert_judge(&now, &before, NULL, &config);
	assert_int_equal(now.alert.critical_issues.count, 0);
	assert_int_equal(now.alert.warnings.count, 1);
	assert_non_null(strstr(now.alert.warnings.items[0], "Disk / is at 99.0 %"));
	snapshot_release(&before);
	snapshot_release(&now);
	config_release(&config);
}

/* Stories: an hour a step, `what it is like:what the issue is then`.
 *
 * What it is like: `cpu=`, `disk=` (full in percent, `?` when it does not answer, `gone`), `web=` (a word of
 * `web_words`), `engine=down`, `engine=closed`; and `h=` the hours since the step before, `set=` by how many
 * hours the clock was set besides; `sent=` no when a message was to be sent and has not arrived, yes when it
 * has. What is not named is well.
 *
 * The issue of that key: `-` none, `p` pending, `W` or `C` new, `w` or `c` ongoing, `r` resolved; `!`
 * notifies.
 */
static const struct {
	const char *name;
	const char *key;
	const char *settings;
	const char *steps;
} stories[] = {
	{"raised, going on, over", "cpu", "{}", "cpu=50:- cpu=86:W! cpu=87:w cpu=50:r! cpu=50:- cpu=86:W!"},
	{"hovering about the threshold is one issue", "disk:/", "{\"thresholds\":{\"disk_warning\":null}}",
		"disk=90.1:C! disk=89.9:c disk=90.1:c disk=87.1:c disk=90.1:c disk=87:r! disk=89.9:-"},
	{"no margin", "disk:/", "{\"alerts\":{\"clear_margin_percent\":0}}",
		"disk=80.1:W! disk=80:r! disk=80.1:W!"},
	{"a margin as wide as the threshold", "cpu",
		"{\"thresholds\":{\"cpu_warning\":2},\"alerts\":{\"clear_margin_percent\":50}}",
		"cpu=3:W! cpu=1.1:w cpu=1:r!"},
	{"worse is news, better is not", "disk:/", "{}",
		"disk=85:W! disk=89:w disk=91:C! disk=88:c disk=91:c disk=87:w disk=91:C! disk=82:w "
		"disk=77:r!"},
	{"straight from critical to well", "disk:/", "{}", "disk=95:C! disk=10:r! disk=10:-"},
	{"a spike that is not confirmed", "cpu", "{\"alerts\":{\"confirm_snapshots\":2}}",
		"cpu=86:p cpu=50:- cpu=86:p cpu=84:- cpu=86:p"},
	{"three in a row", "cpu", "{\"alerts\":{\"confirm_snapshots\":3}}",
		"cpu=86:p cpu=99:p cpu=86:W! cpu=84:w cpu=50:r! cpu=86:p"},
	{"a reminder a day", "cpu", "{}",
		"cpu=86:W! h=23.9,cpu=86:w cpu=86:w! h=23,cpu=86:w cpu=86:w! cpu=86:w"},
	{"a timer that is a little early", "cpu", "{}", "cpu=86:W! h=23.95,cpu=86:w!"},
	{"a reminder every two hours", "cpu", "{\"alerts\":{\"repeat_hours\":2}}",
		"cpu=86:W! cpu=86:w cpu=86:w! cpu=86:w cpu=86:w!"},
	{"never a reminder", "cpu", "{\"alerts\":{\"repeat_hours\":null}}", "cpu=86:W! h=9000,cpu=86:w"},
	{"any message puts the reminder off", "cpu", "{}",
		"cpu=86:W! h=12,cpu=86,disk=91:w! h=13,cpu=86,disk=91:w"},
	{"the clock is set back", "cpu", "{}",
		"cpu=86:W! set=-100,cpu=86:w h=22,cpu=86:w h=1,cpu=86:w! set=-100,cpu=86:w"},
	{"the clock is set forward", "cpu", "{}", "cpu=86:W! set=1000,cpu=86:w h=22,cpu=86:w h=1,cpu=86:w!"},
	{"a threshold that is taken away", "cpu", "{\"thresholds\":{\"cpu_warning\":null}}", "cpu=86:-"},
	{"a disk that hangs is not less full", "disk:/", "{}",
		"disk=91:C! disk=?:c! disk=?:c disk=91:c! disk=10:r!"},
	{"a disk that was emptied", "disk:/", "{}", "disk=91:C! disk=0:r!"},
	{"a disk that hangs", "disk:/:problem", "{}", "disk=91:-! disk=?:C! disk=?:c disk=91:r!"},
	{"a disk that is not there any more", "disk:/", "{}", "disk=91:C! disk=gone:r! disk=gone:-"},
	{"unhealthy", "container:web:unhealthy", "{}",
		"web=healthy:- web=unhealthy:C! web=unhealthy:c web=healthy:r!"},
	{"a health check that begins anew says nothing yet", "container:web:unhealthy", "{}",
		"web=unhealthy:C! web=starting:c web=unhealthy:c web=starting:c web=healthy:r!"},
	{"one that is not inspected may be as it was", "container:web:unhealthy", "{}",
		"web=unhealthy:C! web=blind:c web=ended:c h=24,web=blind:c web=unhealthy:c! web=blind:c "
		"web=healthy:r! "
		"web=blind:-"},
	{"unhealthy, then stopped", "container:web:unhealthy", "{}", "web=unhealthy:C! web=stopped:r!"},
	{"unhealthy, then removed", "container:web:unhealthy", "{}",
		"web=unhealthy:C! web=removed:r! web=removed:-"},
	{"not confirmed, then removed", "container:web:unhealthy", "{\"alerts\":{\"confirm_snapshots\":2}}",
		"web=unhealthy:p web=removed:-"},
	{"nobody knows while the engine is away", "container:web:unhealthy", "{}",
		"web=unhealthy:C! engine=down:c! engine=down:c h=24,engine=down:c! web=unhealthy:c! "
		"web=healthy:r!"},
	{"what is pending waits for the engine", "container:web:unhealthy",
		"{\"alerts\":{\"confirm_snapshots\":2}}", "web=unhealthy:p engine=down:p web=unhealthy:C!"},
	{"an engine that lets nobody in is warned of until it is gone", "engine", "{}",
		"engine=closed:W! engine=closed:w engine=down:r! engine=down:-"},
	{"an engine that let nobody in is missed once it has answered", "engine", "{}",
		"engine=closed:W! web=healthy:r! engine=closed:C!"},
	{"an engine that is missed is missed for days", "engine", "{}",
		"engine=down:- web=healthy:- engine=down:C! h=20,engine=down:c h=20,engine=down:c! "
		"web=healthy:r!"},
	{"a crash loop that is seen running", "container:web:state", "{}",
		"web=healthy:- web=restarting:C! web=running+9:c web=restarting:c web=healthy:r!"},
	{"a crash loop that is seen running, and nobody says how often it was started", "container:web:state",
		"{}", "web=healthy:- web=restarting:C! web=blind:c web=healthy:r!"},
	{"the restarts of a crash loop are told once", "container:web:restarts", "{}",
		"web=healthy:- web=restarting:C! web=running+9:c web=restarting:c web=healthy:-!"},
	{"restarts from before nobody counted them are not new", "container:web:restarts", "{}",
		"web=healthy:- web=running+9:C! web=healthy:- web=blind:- web=healthy:-"},
	{"restarts while it was not inspected are told when it is", "container:web:restarts", "{}",
		"web=healthy:- web=blind:- web=running+9:C! web=blind:c web=running+1:W! web=ended:w "
		"web=healthy:-"},
	{"restarts are new each time", "container:web:restarts", "{}",
		"web=healthy:- web=running+1:W! web=running+1:W! web=running+9:C! web=healthy:- "
		"web=running+1:W!"},
	{"restarts need no confirmation", "container:web:restarts", "{\"alerts\":{\"confirm_snapshots\":3}}",
		"web=healthy:- web=running+1:W! web=healthy:-"},
	{"an OOM kill is told until it is back up", "container:web:oom", "{}",
		"web=healthy:- web=oom:C! web=oom:c h=23,web=oom:c! web=healthy:- web=oom2:C!"},
	{"an OOM kill is told once, also if it is not always inspected", "container:web:oom", "{}",
		"web=healthy:- web=oom:C! web=ended:c web=ended:c web=oom:c web=ended:c web=oom2:C! "
		"web=ended:c "
		"web=removed:-"},
	{"an OOM kill is told when it is known", "container:web:oom", "{}",
		"web=healthy:- web=ended:- web=oom:C! web=oom:c"},
	{"another OOM kill is new", "container:web:oom", "{}",
		"web=healthy:- web=oom:C! web=oom2:C! web=oom2:c"},
	{"a crash is told once", "container:web:stopped", "{}",
		"web=healthy:- web=crashed:W! web=crashed:- web=healthy:-"},
	{"a crash is told when it is known to be one", "container:web:stopped", "{}",
		"web=healthy:- web=ended:- web=ended:- web=crashed:W! web=ended:w web=crashed:-"},
	{"a stop that was not inspected", "container:web:stopped", "{}",
		"web=healthy:- web=ended:- web=stopped:- web=ended:- web=crashed:-"},
	{"a crash is told once, whatever the engine does then", "container:web:stopped", "{}",
		"web=healthy:- web=crashed:W! engine=down:w! web=crashed:-!"},
	{"what nobody was told of stays new until somebody is", "cpu", "{}",
		"cpu=86,sent=no:W! cpu=86,sent=no:W! cpu=86,sent=yes:W! cpu=86,sent=yes:w cpu=1,sent=yes:r!"},
	{"a run that sends nothing passes it on", "cpu", "{}",
		"cpu=86,sent=no:W! cpu=86:W! cpu=86:W! cpu=86,sent=yes:W! cpu=86:w"},
	{"without sending it is as it was", "cpu", "{}", "cpu=86:W! cpu=86:w cpu=1:r! cpu=1:-"},
	{"new, and over before it was told", "cpu", "{}", "cpu=86,sent=no:W! cpu=1,sent=yes:r! cpu=1:-"},
	{"over, which nobody was told of", "cpu", "{}",
		"cpu=86,sent=yes:W! cpu=1,sent=no:r! cpu=1,sent=no:r! cpu=1,sent=yes:r! cpu=1,sent=yes:-"},
	{"over, which nobody was told of, and there again", "cpu", "{}",
		"cpu=86,sent=yes:W! cpu=1,sent=no:r! cpu=86,sent=yes:W! cpu=86,sent=yes:w"},
	{"there again needs no confirmation when nobody knows that it was over", "cpu",
		"{\"alerts\":{\"confirm_snapshots\":2}}",
		"cpu=86,sent=yes:p cpu=86,sent=yes:W! cpu=1,sent=no:r! cpu=86,sent=yes:W! cpu=1,sent=yes:r!"},
	{"over, and then the engine is away", "container:web:unhealthy", "{}",
		"web=unhealthy,sent=yes:C! web=healthy,sent=no:r! engine=down,sent=no:r! "
		"engine=down,sent=yes:r! engine=down,sent=yes:-"},
	{"gone, which nobody was told of", "container:web:unhealthy", "{}",
		"web=unhealthy,sent=yes:C! web=removed,sent=no:r! web=removed,sent=yes:r! web=removed:-"},
	{"worse, which nobody was told of", "cpu", "{}",
		"cpu=86,sent=yes:W! cpu=96,sent=no:C! cpu=90,sent=yes:W! cpu=90,sent=yes:w"},
	{"a reminder that did not arrive comes again", "cpu", "{}",
		"cpu=86,sent=yes:W! h=24,cpu=86,sent=no:w! cpu=86,sent=yes:w! cpu=86,sent=yes:w"},
	{"a crash that nobody was told of", "container:web:stopped", "{}",
		"web=healthy:- web=crashed,sent=no:W! web=crashed,sent=no:W! web=healthy,sent=yes:W! "
		"web=healthy:-"},
	{"a crash that nobody was told of, and the engine away", "container:web:stopped", "{}",
		"web=healthy:- web=crashed,sent=no:W! engine=down,sent=yes:W! web=crashed,sent=yes:-!"},
	{"restarts twice before anybody was told", "container:web:restarts", "{}",
		"web=healthy:- web=running+9,sent=no:C! web=running+1,sent=yes:C! web=running+1,sent=yes:W!"},
	{"an OOM kill that nobody was told of", "container:web:oom", "{}",
		"web=healthy:- web=oom,sent=no:C! web=oom,sent=yes:C! web=oom,sent=yes:c"},
	{"what is pending was not to be told", "cpu", "{\"alerts\":{\"confirm_snapshots\":2}}",
		"cpu=86,disk=99,sent=no:p cpu=86,disk=99,sent=no:W! cpu=1,sent=no:r!"},
	{"memory near its limit", "container:web:memory", "{}",
		"web=fat92:W! web=fat88:w web=fat87:r! web=fat88:- web=fat92:W! web=stopped:r!"},
};

static const struct {
	const char *word;
	const char *fields;
	double restarts; /* more than before, or MISSING */
} web_words[] = {
	{"healthy", RUNNING ",\"health\":\"healthy\"", 0},
	{"unhealthy", "\"state\":\"running\",\"status\":\"unhealthy\",\"health\":\"unhealthy\"", 0},
	{"starting", "\"state\":\"running\",\"status\":\"running\",\"health\":\"starting\"", 0},
	{"running+1", RUNNING, 1},
	{"running+9", RUNNING, 9},
	{"restarting", "\"state\":\"restarting\",\"status\":\"stopped\",\"exit_code\":1", 9},
	{"stopped", EXITED ",\"exit_code\":0", 0},
	{"crashed", EXITED ",\"exit_code\":3", 0},
	{"oom", EXITED ",\"exit_code\":137,\"oom_killed\":true,\"finished_at\":\"2026-01-11T01:00:00Z\"", 0},
	{"oom2", EXITED ",\"exit_code\":137,\"oom_killed\":true,\"finished_at\":\"2026-01-11T02:00:00Z\"", 0},
	{"fat92", RUNNING ",\"mem_percent\":92,\"mem_limit_percent\":90", 0},
	/* The list alone tells of it. */
	{"blind", "\"state\":\"running\",\"status\":\"running\"", MISSING},
	{"ended", "\"state\":\"exited\",\"status\":\"stopped\"", MISSING},
	{"fat88", RUNNING ",\"mem_percent\":88,\"mem_limit_percent\":90", 0},
	{"fat87", RUNNING ",\"mem_percent\":87,\"mem_limit_percent\":90", 0},
};

struct story {
	double epoch, uptime, restarts;
	enum flag sent; /* whether what there was to tell has arrived */
	char cpu[16], disk[120], containers[400], engine[80];
};

static void add_web(struct story *story, const char *word)
{
	char count[32];

	if (strcmp(word, "removed") == 0)
		return;
	for (size_t i = 0; i < COUNT_OF(web_words); i++) {
		if (strcmp(web_words[i].word, word) != 0)
			continue;
		story->restarts += web_words[i].restarts > 0 ? web_words[i].restarts : 0;
		snprintf(count, sizeof(count), "%.0f", story->restarts);
		snprintf(story->containers, sizeof(story->containers),
			"{\"name\":\"web\",\"restarts\":%s,%s}",
			isnan(web_words[i].restarts) ? "null" : count, web_words[i].fields);
		return;
	}
	fail_msg("no such word: %s", word);
}

static void set_disk(struct story *story, const char *percent)
{
	snprintf(story->disk, sizeof(story->disk),
		"{\"mount\":\"/\",\"used_percent\":%s,\"used_gb\":%s,\"total_gb\":100},", percent, percent);
}

static void take_word(struct story *story, const char *word, double *hours)
{
	const char *value = strchr(word, '=') + 1;

	if (strncmp(word, "cpu=", 4) == 0)
		snprintf(story->cpu, sizeof(story->cpu), "%s", value);
	else if (strcmp(word, "disk=?") == 0)
		snprintf(story->disk, sizeof(story->disk), "{\"mount\":\"/\",\"problem\":\"hangs\"},");
	else if (strcmp(word, "disk=gone") == 0)
		story->disk[0] = '\0';
	else if (strncmp(word, "disk=", 5) == 0)
		set_disk(story, value);
	else if (strncmp(word, "web=", 4) == 0)
		add_web(story, value);
	else if (strcmp(word, "engine=closed") == 0)
		snprintf(story->engine, sizeof(story->engine),
			"\"available\":false,\"error\":\"refused\",\"found\":true");
	else if (strcmp(word, "engine=down") == 0)
		snprintf(story->engine, sizeof(story->engine), "\"available\":false,\"error\":\"refused\"");
	else if (strncmp(word, "sent=", 5) == 0)
		story->sent = strcmp(value, "yes") == 0 ? FLAG_YES : FLAG_NO;
	else if (strncmp(word, "h=", 2) == 0)
		*hours = strtod(value, NULL);
	else if (strncmp(word, "set=", 4) == 0)
		story->epoch += strtod(value, NULL) * 3600;
	else
		fail_msg("no such word: %s", word);
}

/* The snapshot that the words of a step, divided by commas, tell of. */
static char *tell(struct story *story, char *words, struct arena *arena)
{
	double hours = 1;
	char *rest = NULL;

	snprintf(story->cpu, sizeof(story->cpu), "1");
	set_disk(story, "1");
	snprintf(story->engine, sizeof(story->engine), "\"available\":true");
	story->containers[0] = '\0';
	story->sent = FLAG_UNKNOWN;
	for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		take_word(story, word, &hours);
	story->epoch += hours * 3600;
	story->uptime += hours * 3600;
	return arena_printf(arena,
		"{\"timestamp\":\"2026-01-11T10:00:00\",\"epoch\":%.0f,\"uptime_seconds\":%.0f,"
		"\"boot_id\":\"b\",\"cpu_percent\":%s,\"disks\":[%s{\"mount\":\"/"
		"other\",\"used_percent\":1}],"
		"\"docker\":{%s},\"containers\":[%s]}",
		story->epoch, story->uptime, story->cpu, story->disk, story->engine, story->containers);
}

/* As in the table; also whether all that must hold of any issue does. */
static char *state_of(const struct snapshot *s, const char *key, struct arena *arena)
{
	char letter = '-';

	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		bool is_critical = strcmp(issue->severity, "critical") == 0;

		assert_true(issue->since_epoch <= s->epoch);
		assert_true(issue->snapshots >= 1);
		assert_false(issue->notified_epoch > s->epoch);
		assert_true(strlen(issue->message) > 0);
		assert_null(strstr(issue->message, "nan"));
		if (strcmp(issue->key, key) != 0)
			continue;
		assert_int_equal(letter, '-'); /* once */
		if (issue_is(issue, ISSUE_NEW))
			letter = is_critical ? 'C' : 'W';
		else if (issue_is(issue, ISSUE_ONGOING))
			letter = is_critical ? 'c' : 'w';
		else
			letter = issue->state[0];
	}
	return arena_printf(arena, "%c%s", letter, s->alert.notify == FLAG_YES ? "!" : "");
}

/* Through the history's JSON, as from one run to the next. */
static void store(struct snapshot *to, const struct snapshot *from)
{
	struct buf text AUTO_BUF = buf_new(1 << 20);
	struct err err;

	record_write(&text, &snapshot_record, from);
	assert_int_equal(snapshot_read(to, buf_slice(&text), &err), 0);
}

static void each_story_goes_as_it_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stories); i++) {
		struct story story = {.epoch = 1768125600, .uptime = 1e6};
		struct snapshot now, last, with_engine;
		struct arena arena = {0};
		struct config config;
		struct err err;
		char *rest = NULL;
		bool has_engine;
		int count = 0;

		config_init(&config);
		assert_int_equal(config_parse(&config, slice_of(stories[i].settings), &err), 0);
		snapshot_init(&last);
		snapshot_init(&with_engine);
		for (char *step = strtok_r(arena_string(&arena, stories[i].steps), " ", &rest); step;
			step = strtok_r(NULL, " ", &rest)) {
			char *expected = strchr(step, ':');

			*expected++ = '\0';
			unit_case("%s, step %d (%s)", stories[i].name, ++count, step);
			read_text(&now, tell(&story, step, &arena));
			has_engine = now.epoch - with_engine.epoch <= 24 * 3600; /* as asmo-monitor has it */
			alert_judge(&now, has_engine ? &with_engine : &last, count == 1 ? NULL : &last,
				&config);
			assert_text(state_of(&now, stories[i].key, &arena), expected);
			if (story.sent != FLAG_UNKNOWN)
				now.alert.undelivered = now.alert.notify == FLAG_YES && story.sent == FLAG_NO;
			store(&last, &now);
			if (now.docker.available == FLAG_YES)
				snapshot_learn(&with_engine, &now, 0);
			snapshot_release(&now);
		}
		snapshot_release(&with_engine);
		snapshot_release(&last);
		config_release(&config);
		arena_release(&arena);
	}
}

static void judge_twice(struct snapshot *last, const char *first, struct snapshot *now, const char *second)
{
	struct config config;

	config_init(&config);
	read_text(last, first);
	alert_judge(last, NULL, NULL, &config);
	read_text(now, second);
	alert_judge(now, last, last, &config);
	config_release(&config);
}

static void what_is_held_is_in_the_lists_and_says_why(void **state)
{
	struct snapshot last, now;

	(void)state;
	judge_twice(&last, "{" BEFORE "\"cpu_percent\":96}", &now, "{" HOST "\"cpu_percent\":94}");
	assert_strings(now.alert.critical_issues,
		"CPU is at 94.0 % (critical above 95 %, until it is down by 3)");
	assert_int_equal(now.alert.has_critical, FLAG_YES);
	assert_int_equal(now.alert.notify, FLAG_NO);
	snapshot_release(&now);
	snapshot_release(&last);
}

static void what_is_over_says_how_it_is_now(void **state)
{
	struct snapshot last, now;

	(void)state;
	judge_twice(&last,
		"{" BEFORE "\"cpu_percent\":96,\"containers\":["
		"{\"name\":\"web\",\"state\":\"running\",\"status\":\"unhealthy\",\"health\":\"unhealthy\"},"
		"{\"name\":\"old\",\"state\":\"dead\"}]}",
		&now,
		"{" HOST "\"cpu_percent\":12.3,\"containers\":["
		"{\"name\":\"web\",\"state\":\"running\",\"status\":\"running\",\"health\":\"healthy\"},"
		"{\"name\":\"ol\",\"state\":\"running\"}]}");
	assert_count(now.alert.critical_issues.count, 0);
	assert_count(now.alert.issue_count, 3);
	assert_text(now.alert.issues[0].message, "CPU is at 12.3 % again");
	assert_text(now.alert.issues[1].message, "Container web is healthy again");
	assert_text(now.alert.issues[2].message, "No longer there: Container old is in state dead");
	assert_near(now.alert.issues[0].since_epoch, last.epoch, 0);
	snapshot_release(&now);
	snapshot_release(&last);
}

/* The clock ran an hour by the time since boot, and three by itself. */
static void the_time_of_an_issue_moves_with_the_clock(void **state)
{
	struct snapshot last, now;

	(void)state;
	judge_twice(&last, "{" BEFORE "\"boot_id\":\"b\",\"uptime_seconds\":1000,\"cpu_percent\":96}", &now,
		"{\"timestamp\":\"2026-01-11T12:00:00\",\"epoch\":1768132800,\"boot_id\":\"b\","
		"\"uptime_seconds\":4600,\"cpu_percent\":96}");
	assert_near(now.epoch - now.alert.issues[0].since_epoch, 3600, 0);
	assert_near(now.alert.issues[0].snapshots, 2, 0);
	snapshot_release(&now);
	snapshot_release(&last);
}

/* Of a critical happening that was not told the word is kept, however often others follow. */
static void one_message_tells_what_happened_before_and_since(void **state)
{
	struct snapshot last, now;
	struct config config;

	(void)state;
	config_init(&config);
	read_text(&last,
		"{" BEFORE "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":1}],\"alert\":{"
		"\"undelivered\":true,\"issues\":[{\"key\":\"container:web:restarts\",\"state\":\"new\","
		"\"severity\":\"critical\",\"message\":\"Container web was restarted 9 times\"}]}}");
	for (int i = 0; i < 20; i++) {
		struct arena arena = {0};

		read_text(&now,
			arena_printf(&arena,
				"{" HOST "\"containers\":[{\"name\":\"web\"," RUNNING ",\"restarts\":%d}]}",
				i + 2));
		alert_judge(&now, &last, &last, &config);
		assert_count(now.alert.issue_count, 1);
		assert_text(now.alert.issues[0].severity, "critical");
		assert_says(now.alert.issues[0].message, "Container web was restarted once since");
		if (i < 3)
			assert_says(now.alert.issues[0].message,
				"before that: Container web was restarted 9");
		assert_true(strlen(now.alert.issues[0].message) <= 500);
		assert_count(now.alert.undelivered, FLAG_YES);
		store(&last, &now);
		snapshot_release(&now);
		arena_release(&arena);
	}
	snapshot_release(&last);
	config_release(&config);
}

static void what_is_gone_is_told_again_in_the_same_words(void **state)
{
	static const char gone[] = "No longer there: Container web is unhealthy";
	struct snapshot last, now;
	struct config config;

	(void)state;
	config_init(&config);
	read_text(&last,
		"{" BEFORE "\"alert\":{\"undelivered\":true,\"issues\":[{\"key\":\"container:web:unhealthy\","
		"\"state\":\"resolved\",\"severity\":\"critical\",\"message\":"
		"\"No longer there: Container web is unhealthy\"}]}}");
	read_text(&now, "{" HOST "\"containers\":[]}");
	alert_judge(&now, &last, &last, &config);
	assert_count(now.alert.issue_count, 1);
	assert_text(now.alert.issues[0].message, gone);
	assert_text(now.alert.issues[0].state, ISSUE_RESOLVED);
	snapshot_release(&now);
	snapshot_release(&last);
	config_release(&config);
}

static void a_memory_that_makes_no_sense_does_no_harm(void **state)
{
	static const char *const memories[] = {
		"[{}]",
		"[{\"key\":null,\"state\":\"new\"}]",
		"[{\"key\":\"cpu\"}]",
		"[{\"key\":\"cpu\",\"state\":\"no such\"}]",
		"[{\"key\":\"cpu\",\"state\":\"new\"},{\"key\":\"cpu\",\"state\":\"ongoing\"}]",
		"[{\"key\":\"cpu\",\"state\":\"ongoing\",\"since_epoch\":1e18,\"notified_epoch\":1e18}]",
		"[{\"key\":\"container:\",\"state\":\"new\"}]",
		"[{\"key\":\"disk:\",\"state\":\"pending\",\"snapshots\":-5}]",
		"7",
	};
	struct config config;
	struct arena arena = {0};

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < COUNT_OF(memories); i++) {
		struct snapshot last, now;

		unit_case("%s", memories[i]);
		read_text(&last, arena_printf(&arena, "{" BEFORE "\"alert\":{\"issues\":%s}}", memories[i]));
		read_text(&now,
			"{" HOST "\"cpu_percent\":96,\"disks\":[{\"mount\":\"/\",\"used_percent\":1}]}");
		alert_judge(&now, &last, &last, &config);
		assert_strings(now.alert.critical_issues, "CPU is at 96.0 % (critical above 95 %)");
		assert_non_null(strchr("Cc", state_of(&now, "cpu", &arena)[0]));
		snapshot_release(&now);
		snapshot_release(&last);
	}
	config_release(&config);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_verdict),
		cmocka_unit_test(a_threshold_of_null_is_never_passed),
		cmocka_unit_test(each_story_goes_as_it_is_told),
		cmocka_unit_test(what_is_held_is_in_the_lists_and_says_why),
		cmocka_unit_test(what_is_over_says_how_it_is_now),
		cmocka_unit_test(the_time_of_an_issue_moves_with_the_clock),
		cmocka_unit_test(one_message_tells_what_happened_before_and_since),
		cmocka_unit_test(what_is_gone_is_told_again_in_the_same_words),
		cmocka_unit_test(a_memory_that_makes_no_sense_does_no_harm),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}

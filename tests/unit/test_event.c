#include "../support/unit.h"

#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/event.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Two snapshots an hour apart, at 09:00 and 10:00; members of the host may be given again, the last one
 * counts. */
#define T0            1768122000.0
#define TIME_BEFORE   "\"epoch\":1768122000"
#define TIME_AFTER    "\"epoch\":1768125600"
#define UPTIME_BEFORE ",\"uptime_seconds\":100000" HOST
#define UPTIME_AFTER  ",\"uptime_seconds\":103600" HOST
#define HOST \
	",\"boot_id\":\"b1\",\"ram_percent\":40,\"oom_kills\":5,\"docker\":{\"available\":true,\"engine\":" \
	"\"Docker\"," \
	"\"version\":\"26\",\"started_at\":\"2026-01-01T00:00:00Z\"}"

/* Containers: name, an id of its own, and what else is given. */
#define C(name, id, more) "{\"name\":\"" name "\",\"id\":\"" id "\",\"health\":\"none\"," more "}"
#define WEB(more)         C("web", "aaaaaaaaaaaa", more)
#define DB(more)          C("db", "bbbbbbbbbbbb", more)
#define AT(time)          "\"2026-01-11T" time "Z\""
#define STARTED(time)     "\"started_at\":" AT(time)
#define ENDED(time)       "\"finished_at\":" AT(time)
#define RUNS(restarts) \
	"\"state\":\"running\",\"exit_code\":0,\"oom_killed\":false,\"restarts\":" #restarts ","
#define EXITED(code)          "\"state\":\"exited\",\"restarts\":0,\"oom_killed\":false,\"exit_code\":" #code ","
#define WAITS(restarts, code) "\"state\":\"restarting\",\"restarts\":" #restarts ",\"exit_code\":" #code ","
#define POLICY(name)          ",\"restart_policy\":\"" name "\""
#define OLD                   "\"started_at\":\"2026-01-02T00:00:00Z\""
#define HIGH                  ",\"mem_percent\":97"
#define CREATED_STATE         "\"state\":\"created\",\"restarts\":0,\"exit_code\":0"

/* What is expected: a line for each event, `HH:MM:SS`, or `?` when that is not known, severity, kind,
 * message. */
struct row {
	const char *what, *before, *containers_before, *after, *containers_after, *expected;
};

static const struct row rows[] = {
	{"nothing", "", WEB(RUNS(2) OLD), "", WEB(RUNS(2) OLD), ""},
	{"restarted once by its policy", "", WEB(RUNS(2) OLD), "",
		WEB(RUNS(3) STARTED("09:12:08") "," ENDED("09:12:00")),
		"09:12:08 warning restarted_by_policy web restarted by its policy once, back after 8.0 s"},
	{"restarted several times by its policy", "", WEB(RUNS(0) OLD), "",
		WEB(RUNS(4) STARTED("09:12:08") "," ENDED("09:10:00")),
		"09:12:08 warning restarted_by_policy web restarted by its policy 4 times, last back after 2 "
		"min"},
	{"restarted by hand", "", WEB(RUNS(0) OLD), "",
		WEB(RUNS(0) STARTED("09:12:08") "," ENDED("09:12:07")),
		"09:12:08 info restarted_by_hand web restarted by hand, back after 1.0 s"},
	{"seen after the snapshot's own time", "", WEB(RUNS(0) OLD), "",
		WEB(RUNS(1) STARTED("10:00:05") "," ENDED("10:00:02")),
		"10:00:05 warning restarted_by_policy web restarted by its policy once, back after 3.0 s"},
	{"restarted by hand, which sets the count back", "", WEB(RUNS(7) OLD), "",
		WEB(RUNS(0) STARTED("09:12:08") "," ENDED("09:12:07")),
		"09:12:08 info restarted_by_hand web restarted by hand, back after 1.0 s"},
	{"by hand, then twice by its policy", "", WEB(RUNS(7) OLD), "",
		WEB(RUNS(2) STARTED("09:12:08") "," ENDED("09:12:07")),
		"? info restarted_by_hand web restarted by hand\n"
		"09:12:08 warning restarted_by_policy web restarted by its policy 2 times, last back after "
		"1.0 s"},
	{"crashed", "", WEB(RUNS(0) OLD), "", WEB(EXITED(3) OLD "," ENDED("09:12:00") POLICY("no")),
		"09:12:00 warning crashed web crashed (exit code 3)"},
	{"crashed by a signal", "", WEB(RUNS(0) OLD), "", WEB(EXITED(139) OLD "," ENDED("09:12:00")),
		"09:12:00 warning crashed web crashed (exit code 139, segmentation fault)"},
	{"crashed, also when its policy gave up", "", WEB(RUNS(0) OLD), "",
		WEB("\"restarts\":3,\"state\":\"exited\",\"exit_code\":1," STARTED("09:11:00") "," ENDED(
			"09:12:00") POLICY("on-failure")),
		"09:12:00 warning crashed web crashed (exit code 1), after 3 restarts by its policy"},
	{"crashed after restarts, whatever the state says of its policy", "", WEB(RUNS(0) OLD), "",
		WEB("\"restarts\":2,\"state\":\"exited\",\"exit_code\":1," STARTED("09:11:00") "," ENDED(
			"09:12:00") POLICY("always")),
		"09:12:00 warning crashed web crashed (exit code 1), after 2 restarts by its policy"},
	{"a crash loop", "", WEB(RUNS(0) OLD), "",
		WEB(WAITS(12, 1) STARTED("09:59:00") "," ENDED("09:59:01")),
		"09:59:01 critical crash_loop web in a crash loop (exit code 1), restarted by its policy 12 "
		"times"},
	{"a crash loop goes on", "", WEB(WAITS(12, 1) STARTED("08:59:00") "," ENDED("08:59:01")), "",
		WEB(WAITS(70, 1) STARTED("09:59:00") "," ENDED("09:59:01")),
		"09:59:01 critical crash_loop web in a crash loop (exit code 1), restarted by its policy 58 "
		"times"},
	{"the restart that was waited for", "", WEB(WAITS(12, 1) STARTED("08:59:00") "," ENDED("08:59:01")),
		"", WEB(RUNS(12) STARTED("09:00:10") "," ENDED("08:59:01")),
		"09:00:10 info started web runs again"},
	{"stopped: it was asked to", "", WEB(RUNS(0) OLD), "", WEB(EXITED(143) OLD "," ENDED("09:12:00")),
		"09:12:00 info stopped web stopped (exit code 143, asked to stop)"},
	{"stopped: killed by hand", "", WEB(RUNS(0) OLD), "", WEB(EXITED(137) OLD "," ENDED("09:12:00")),
		"09:12:00 info stopped web stopped (exit code 137, killed)"},
	{"stopped: else its policy would have started it again", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(1) OLD "," ENDED("09:12:00") POLICY("unless-stopped")),
		"09:12:00 info stopped web stopped (exit code 1)"},
	{"finished", "", WEB(RUNS(0) OLD), "", WEB(EXITED(0) OLD "," ENDED("09:12:00") POLICY("no")),
		"09:12:00 info finished web finished (exit code 0)"},
	{"0, but not of itself", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(0) OLD "," ENDED("09:12:00") POLICY("always")),
		"09:12:00 info stopped web stopped (exit code 0)"},
	{"expected to be stopped", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(3) OLD "," ENDED("09:12:00") ",\"expected\":\"stopped\""),
		"09:12:00 info crashed web crashed (exit code 3)"},
	{"started", "", WEB(EXITED(0) OLD "," ENDED("08:00:00")), "",
		WEB(RUNS(0) STARTED("09:30:00") "," ENDED("08:00:00")),
		"09:30:00 info started web started, back after 1h 30m"},
	{"started for the first time", "", WEB(CREATED_STATE), "", WEB(RUNS(0) STARTED("09:30:00")),
		"09:30:00 info started web started"},
	{"a job that ran well", "", WEB(EXITED(0) STARTED("08:10:00") "," ENDED("08:12:00")), "",
		WEB(EXITED(0) STARTED("09:10:00") "," ENDED("09:12:00")), ""},
	{"a job that failed", "", WEB(EXITED(0) STARTED("08:10:00") "," ENDED("08:12:00")), "",
		WEB(EXITED(2) STARTED("09:10:00") "," ENDED("09:10:12")),
		"09:10:12 warning failed web failed (exit code 2) after 12 s"},
	{"a job that was interrupted", "", WEB(EXITED(0) STARTED("08:10:00") "," ENDED("08:12:00")), "",
		WEB(EXITED(143) STARTED("09:10:00") "," ENDED("09:10:12")),
		"09:10:12 info stopped web stopped (exit code 143, asked to stop) after 12 s"},
	{"long stopped", "", WEB(EXITED(3) OLD "," ENDED("01:12:00")), "",
		WEB(EXITED(3) OLD "," ENDED("01:12:00")), ""},
	{"restarted by hand, then crashed", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(3) STARTED("09:10:00") "," ENDED("09:20:00")),
		"09:10:00 info restarted_by_hand web restarted by hand\n"
		"09:20:00 warning crashed web crashed (exit code 3)"},
	{"could not start again", "", WEB(EXITED(0) OLD "," ENDED("08:00:00")), "",
		WEB(EXITED(127) OLD "," ENDED("08:00:00")),
		"? warning could_not_start web could not start (exit code 127, command not found)"},
	{"could never start", "", "", "", WEB("\"state\":\"created\",\"exit_code\":127,\"restarts\":0"),
		"? warning could_not_start web could not start (exit code 127, command not found)"},
	{"ran for long, then ended with 127", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(127) OLD "," ENDED("09:12:00")),
		"09:12:00 warning crashed web crashed (exit code 127, command not found)"},

	{"started by hand, but it could not", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(126) STARTED("09:11:59") "," ENDED("09:12:00")),
		"09:11:59 info restarted_by_hand web restarted by hand\n"
		"09:12:00 warning could_not_start web could not start (exit code 126, not executable)"},

	{"OOM-killed, says the engine", "", WEB(RUNS(0) OLD HIGH), "",
		WEB("\"state\":\"exited\",\"exit_code\":137,\"oom_killed\":true," OLD "," ENDED("09:12:00")),
		"09:12:00 critical oom_killed web OOM-killed (RAM 97 %)"},
	{"OOM-killed with all its processes", "", WEB(RUNS(0) OLD), ",\"oom_kills\":8",
		WEB("\"state\":\"exited\",\"exit_code\":137,\"oom_killed\":true," OLD "," ENDED("09:12:00")),
		"09:12:00 critical oom_killed web OOM-killed"},
	{"OOM-killed, says the kernel", "", WEB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB(EXITED(137) OLD "," ENDED("09:12:00")), "09:12:00 critical oom_killed web OOM-killed"},
	{"OOM-killed and back", "", WEB(RUNS(0) OLD HIGH), ",\"oom_kills\":6",
		WEB(RUNS(1) STARTED("09:12:08") "," ENDED("09:12:00")),
		"09:12:08 critical oom_killed web OOM-killed (RAM 97 %), restarted by its policy once, back "
		"after 8.0 s"},
	{"OOM-killed when the host was full", ",\"ram_percent\":88", WEB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB(RUNS(2) STARTED("09:12:08") "," ENDED("09:12:00")),
		"09:12:08 critical oom_killed web OOM-killed (host's RAM 88 %), restarted by its policy 2 "
		"times, last back "
		"after 8.0 s"},
	{"one of two OOM-killed", "", WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB(RUNS(1) STARTED("09:12:08") "," ENDED("09:12:00")) "," DB(
			EXITED(137) OLD "," ENDED("09:13:00")),
		"09:12:08 warning restarted_by_policy web restarted by its policy once, back after 8.0 s\n"
		"09:13:00 info stopped db stopped (exit code 137, killed)\n"
		"? warning oom_elsewhere 1 of these OOM-killed: web, db"},
	{"both of two OOM-killed", "", WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD), ",\"oom_kills\":7",
		WEB(RUNS(1) STARTED("09:12:08") "," ENDED("09:12:00")) "," DB(
			EXITED(137) OLD "," ENDED("09:13:00")),
		"09:12:08 critical oom_killed web OOM-killed, restarted by its policy once, back after 8.0 "
		"s\n"
		"09:13:00 critical oom_killed db OOM-killed"},
	{"the one that is known, not the one that was killed by hand", "",
		WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB("\"state\":\"exited\",\"exit_code\":137,\"oom_killed\":true," OLD
		    "," ENDED("09:12:00")) "," DB(EXITED(137) OLD "," ENDED("09:13:00")),
		"09:12:00 critical oom_killed web OOM-killed\n"
		"09:13:00 info stopped db stopped (exit code 137, killed)"},
	{"its policy would have started it again after an OOM kill", "", WEB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB(EXITED(137) OLD "," ENDED("09:13:00") POLICY("always")),
		"09:13:00 info stopped web stopped (exit code 137, killed)\n"
		"? warning oom_elsewhere 1 process OOM-killed, but no container ended by it"},
	{"an OOM kill elsewhere", "", WEB(RUNS(0) OLD), ",\"oom_kills\":7", WEB(RUNS(0) OLD),
		"? warning oom_elsewhere 2 processes OOM-killed, but no container ended by it"},
	{"OOM-killed and back, which the engine says late", "", WEB(RUNS(0) OLD HIGH), ",\"oom_kills\":6",
		WEB("\"state\":\"running\",\"restarts\":1,\"oom_killed\":true," STARTED("09:12:08") "," ENDED(
			"09:12:00")),
		"09:12:08 critical oom_killed web OOM-killed (RAM 97 %), restarted by its policy once, back "
		"after 8.0 s"},
	{"OOM-killed again and again", "", WEB(RUNS(0) OLD), "",
		WEB("\"state\":\"restarting\",\"exit_code\":137,\"restarts\":9,\"oom_killed\":true," STARTED(
			"09:12:08") "," ENDED("09:12:09")),
		"09:12:09 critical oom_killed web OOM-killed, restarted by its policy 9 times"},
	{"a child OOM-killed", "", WEB(RUNS(0) OLD), ",\"oom_kills\":6",
		WEB("\"state\":\"running\",\"restarts\":0,\"oom_killed\":true," OLD),
		"? critical oom_killed web goes on, but a process in it was OOM-killed"},

	{"recreated", "", WEB(RUNS(5) OLD), "",
		C("web", "cccccccccccc", RUNS(0) STARTED("09:20:01") ",\"created_at\":" AT("09:20:00")),
		"09:20:00 info recreated web recreated"},
	{"recreated, and then it crashed twice", "", WEB(RUNS(5) OLD), "",
		C("web", "cccccccccccc",
			RUNS(2) STARTED("09:21:00") "," ENDED("09:20:59") ",\"created_at\":" AT("09:20:00")),
		"09:20:00 info recreated web recreated\n"
		"09:21:00 warning restarted_by_policy web restarted by its policy 2 times, last back after "
		"1.0 s"},
	{"ids of another length", "", C("web", "aaaaaaaaaa", RUNS(2) OLD), "", WEB(RUNS(2) OLD), ""},
	{"created", "", "", "", WEB(RUNS(0) STARTED("09:20:01") ",\"created_at\":" AT("09:20:00")),
		"09:20:00 info created web created"},
	{"created, not started", "", "", "", WEB(CREATED_STATE ",\"created_at\":" AT("09:20:00")),
		"09:20:00 info created web created, not started"},
	{"a new job", "", "", "", WEB(EXITED(0) STARTED("09:20:01") "," ENDED("09:20:05")),
		"09:20:05 info finished web finished (exit code 0) after 4.0 s"},
	{"a new job that failed", "", "", "", WEB(EXITED(1) STARTED("09:20:01") "," ENDED("09:20:05")),
		"09:20:05 warning failed web failed (exit code 1) after 4.0 s"},
	{"removed", "", WEB(RUNS(0) OLD) "," DB(EXITED(0) OLD), "", "",
		"? info removed web removed (it was running)\n? info removed db removed"},
	{"renamed", "", WEB(RUNS(0) OLD), "", C("www", "aaaaaaaaaaaa", RUNS(0) OLD),
		"? info renamed www renamed, it was web"},
	{"paused", "", WEB(RUNS(0) OLD), "", WEB("\"state\":\"paused\",\"restarts\":0," OLD),
		"? info paused web paused"},
	{"unpaused", "", WEB("\"state\":\"paused\",\"restarts\":0," OLD), "", WEB(RUNS(0) OLD),
		"? info unpaused web unpaused"},
	{"unhealthy", "", WEB(RUNS(0) OLD), "", WEB(RUNS(0) OLD ",\"health\":\"unhealthy\""),
		"? critical unhealthy web unhealthy"},
	{"still unhealthy", "", WEB(RUNS(0) OLD ",\"health\":\"unhealthy\""), "",
		WEB(RUNS(0) OLD ",\"health\":\"unhealthy\""), ""},
	{"healthy again", "", WEB(RUNS(0) OLD ",\"health\":\"unhealthy\""), "",
		WEB(RUNS(0) OLD ",\"health\":\"healthy\""), "? info healthy web healthy again"},
	{"stopped ones are not unhealthy", "", WEB(RUNS(0) OLD), "",
		WEB(EXITED(143) OLD "," ENDED("09:12:00") ",\"health\":\"unhealthy\""),
		"09:12:00 info stopped web stopped (exit code 143, asked to stop)"},
	{"dead", "", WEB(RUNS(0) OLD), "", WEB("\"state\":\"dead\",\"restarts\":0"),
		"? critical dead web dead: the engine could not remove it"},

	{"the host rebooted, and what it took along", "",
		WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD) "," C("job", "dddddddddddd", RUNS(0) OLD),
		",\"boot_id\":\"b2\",\"oom_kills\":0,\"uptime_seconds\":1200",
		WEB(RUNS(0) STARTED("09:41:00") "," ENDED("09:38:00")) "," DB(
			EXITED(143) OLD "," ENDED("09:38:02") POLICY("unless-stopped")) "," C("job",
			"dddddddddddd", EXITED(255) OLD "," ENDED("09:41:00") POLICY("no")),
		"09:40:00 warning host_rebooted The host rebooted, down for at most 118 s, 1 container came "
		"back with it\n"
		"09:38:02 warning left_down db did not come back after the host restarted, its policy is "
		"unless-stopped\n"
		"09:41:00 info left_down job did not come back after the host restarted, its policy is no"},
	{"stopped before the host rebooted", "", WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD),
		",\"boot_id\":\"b2\",\"oom_kills\":0,\"uptime_seconds\":1200",
		WEB(RUNS(0) STARTED("09:41:00") "," ENDED("09:38:00")) "," DB(
			EXITED(143) OLD "," ENDED("09:10:02") POLICY("unless-stopped")),
		"09:40:00 warning host_rebooted The host rebooted, down for at most 2 min, 1 container came "
		"back with it\n"
		"09:10:02 info stopped db stopped (exit code 143, asked to stop)"},
	{"a reboot, and a crash after it", "", WEB(RUNS(3) OLD),
		",\"boot_id\":\"b2\",\"oom_kills\":0,\"uptime_seconds\":1200",
		WEB(RUNS(2) STARTED("09:51:00") "," ENDED("09:50:58")),
		"09:40:00 warning host_rebooted The host rebooted, down for at most 40 min, 1 container came "
		"back with it\n"
		"09:51:00 warning restarted_by_policy web restarted by its policy 2 times, last back after "
		"2.0 s"},
	{"a reboot, and an OOM kill after it", "", WEB(RUNS(3) OLD),
		",\"boot_id\":\"b2\",\"oom_kills\":1,\"uptime_seconds\":1200",
		WEB(RUNS(1) STARTED("09:51:00") "," ENDED("09:50:58")),
		"09:40:00 warning host_rebooted The host rebooted, down for at most 40 min, 1 container came "
		"back with it\n"
		"09:51:00 critical oom_killed web OOM-killed, restarted by its policy once, back after 2.0 "
		"s"},
	{"a reboot where no boot_id is known", "-,\"uptime_seconds\":100000", "", "-,\"uptime_seconds\":1200",
		"", "09:40:00 warning host_rebooted The host rebooted, down for at most 40 min"},
	{"a reboot in which the clock fell back", "", WEB(RUNS(0) OLD),
		",\"boot_id\":\"b2\",\"oom_kills\":0,\"uptime_seconds\":20,\"epoch\":1768120000",
		WEB(RUNS(0) STARTED("08:26:30")),
		"? warning host_rebooted The host rebooted, 1 container came back with it"},
	{"the engine restarted", "", WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD),
		",\"docker\":{\"available\":true,\"started_at\":" AT("09:30:00") "}",
		WEB(RUNS(0) STARTED("09:30:01") "," ENDED("09:29:58")) "," DB(
			EXITED(0) OLD "," ENDED("09:29:59") POLICY("always")),
		"09:30:00 warning engine_restarted The container engine restarted, 1 container came back "
		"with it\n"
		"09:29:59 warning left_down db did not come back after the engine restarted, its policy is "
		"always"},
	{"the engine restarted and left them running", "", WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD),
		",\"docker\":{\"available\":true,\"started_at\":" AT("09:30:00") "}",
		WEB(RUNS(3) OLD) "," DB(EXITED(3) OLD "," ENDED("09:10:00")),
		"09:30:00 warning engine_restarted The container engine restarted\n"
		"09:10:00 warning crashed db crashed (exit code 3)"},
	{"restarted by hand, then the engine restarted and left it running", "", WEB(RUNS(3) OLD),
		",\"docker\":{\"available\":true,\"started_at\":" AT("09:30:00") "}",
		WEB(RUNS(0) STARTED("09:10:00") "," ENDED("09:09:58")),
		"09:30:00 warning engine_restarted The container engine restarted\n"
		"09:10:00 info restarted_by_hand web restarted by hand, back after 2.0 s"},
	{"an engine of another version has restarted", "-,\"docker\":{\"available\":true,\"version\":\"26\"}",
		WEB(RUNS(3) OLD), "-,\"docker\":{\"available\":true,\"version\":\"27\"}", WEB(RUNS(3) OLD),
		"? warning engine_restarted The container engine restarted"},
	{"Podman has no daemon that could restart", "-,\"docker\":{\"available\":true,\"engine\":\"Podman\"}",
		WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD),
		"-,\"docker\":{\"available\":true,\"engine\":\"Podman\"}",
		WEB(RUNS(0) STARTED("09:30:01")) "," DB(RUNS(0) STARTED("09:30:02")),
		"09:30:01 info restarted_by_hand web restarted by hand\n"
		"09:30:02 info restarted_by_hand db restarted by hand"},
	{"an engine that says nothing of itself restarted: all did within seconds",
		"-,\"docker\":{\"available\":true}", WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD),
		"-,\"docker\":{\"available\":true}",
		WEB(RUNS(0) STARTED("09:30:01") "," ENDED("09:29:58")) "," DB(
			RUNS(0) STARTED("09:30:03") "," ENDED("09:29:59")),
		"09:30:01 warning engine_restarted The container engine restarted, 2 containers came back "
		"with it"},
	{"but not when one runs on", "-,\"docker\":{\"available\":true}",
		WEB(RUNS(3) OLD) "," DB(RUNS(0) OLD) "," C("x", "eeeeeeeeeeee", RUNS(0) OLD),
		"-,\"docker\":{\"available\":true}",
		WEB(RUNS(0) STARTED("09:30:01") "," ENDED("09:29:58")) "," DB(RUNS(0) STARTED(
			"09:30:03") "," ENDED("09:29:59")) "," C("x", "eeeeeeeeeeee", RUNS(0) OLD),
		"09:30:01 info restarted_by_hand web restarted by hand, back after 3.0 s\n"
		"09:30:03 info restarted_by_hand db restarted by hand, back after 4.0 s"},
	{"the engine went away", "", WEB(RUNS(3) OLD),
		",\"docker\":{\"available\":false,\"error\":\"Connection refused\"}", "",
		"? critical engine_gone The container engine does not answer: Connection refused"},
	{"an engine that is not asked is not gone", "", WEB(RUNS(3) OLD), "-", "", ""},
	{"the clock was set forward", "", WEB(RUNS(0) OLD), ",\"epoch\":1768129200", WEB(RUNS(0) OLD),
		"? info clock_set The clock was set forward by 1h 0m"},
	{"the clock was set back", "", WEB(RUNS(0) OLD), ",\"epoch\":1768121000", WEB(RUNS(0) OLD),
		"? info clock_set The clock was set back by 1h 17m"},
	{"the same one again", "", WEB(RUNS(0) OLD), ",\"epoch\":1768122000,\"uptime_seconds\":100000",
		WEB(RUNS(5) STARTED("09:00:00")), ""},
	{"an older one, stored out of order", "", WEB(RUNS(5) OLD),
		",\"epoch\":1768121900,\"uptime_seconds\":99900", WEB(RUNS(2) STARTED("08:00:00")), ""},

	/* What the Python version knew: no times, no exit codes, nothing of the engine. */
	{"restarts of which no time is known", "-", WEB("\"state\":\"running\",\"restarts\":1"), "-",
		WEB("\"state\":\"running\",\"restarts\":3"),
		"? warning restarted_by_policy web restarted by its policy 2 times"},
	{"a count that fell", "-", WEB("\"state\":\"running\",\"restarts\":5"), "-",
		WEB("\"state\":\"running\",\"restarts\":1"),
		"? info restarted_by_hand web restarted by hand\n"
		"? warning restarted_by_policy web restarted by its policy once"},
	{"seen stopped", "-", WEB("\"state\":\"running\",\"restarts\":5"), "-",
		WEB("\"state\":\"exited\",\"restarts\":5"), "? info stopped web stopped"},
	{"seen running", "-", WEB("\"state\":\"exited\",\"restarts\":5"), "-",
		WEB("\"state\":\"running\",\"restarts\":5"), "? info started web started"},
	{"a count that could not be read", "", WEB("\"state\":\"running\""), "", WEB(RUNS(7) OLD), ""},
	{"a count that cannot be read any more", "", WEB(RUNS(7) OLD), "", WEB("\"state\":\"running\""), ""},
	{"from the Python version to asmo", "-",
		C("web", "aaaaaaaaaa", "\"state\":\"running\",\"restarts\":5"), "",
		WEB(RUNS(5) STARTED("08:00:00") "," ENDED("07:00:00")), ""},
};

static void read_text(struct snapshot *s, const char *json)
{
	struct err err;

	snapshot_init(s);
	if (snapshot_read(s, slice_of(json), &err) < 0)
		fail_msg("%s: %s", err.text, json);
}

static void read_row(struct snapshot *s, const char *time, const char *usual, const char *host,
	const char *containers)
{
	bool is_bare = *host == '-';

	read_text(s, arena_printf(&arena, "{\"timestamp\":\"x\",%s%s%s,\"containers\":[%s]}", time,
			     is_bare ? "" : usual, host + is_bare, containers));
}

static char *in_words(const struct events *events)
{
	struct buf out AUTO_BUF = buf_new(64 * 1024);

	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];
		char when[CLOCK_TEXT] = "?";

		assert_true(e->epoch > 0);
		if (isnan(e->from_epoch))
			clock_format_utc(e->epoch, when);
		else
			assert_true(e->from_epoch <= e->epoch);
		assert_false(e->down_seconds < 0);
		buf_printf(&out, "%s%.8s %s %s %s", i ? "\n" : "", *when == '?' ? when : when + 11,
			e->severity, e->kind, e->message);
	}
	return arena_string(&arena, out.data);
}

static void what_happened_is_told_once_and_rightly(void **state)
{
	(void)state;
	unit_set_zone("UTC");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		struct snapshot before, after;
		struct events events = {0};

		unit_case("%s", r->what);
		read_row(&before, TIME_BEFORE, UPTIME_BEFORE, r->before, r->containers_before);
		read_row(&after, TIME_AFTER, UPTIME_AFTER, r->after, r->containers_after);
		event_find(&before, event_engine_answered(&before) ? &before : NULL, &after, &arena, &events);
		assert_text(in_words(&events), r->expected);
		snapshot_release(&before);
		snapshot_release(&after);
	}
}

/* No two snapshots may tell anything that the first one alone has told already. */
static void nothing_is_told_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		struct snapshot first, again;
		struct events events = {0};

		unit_case("%s", r->what);
		read_row(&first, TIME_AFTER, UPTIME_AFTER, r->after, r->containers_after);
		read_row(&again, TIME_AFTER, UPTIME_AFTER, r->after, r->containers_after);
		again.epoch += 3600;
		again.uptime_seconds += 3600;
		event_find(&first, event_engine_answered(&first) ? &first : NULL, &again, &arena, &events);
		assert_text(in_words(&events), "");
		snapshot_release(&first);
		snapshot_release(&again);
	}
}

/* Seconds up and down of the one container of two snapshots, between 09:00 and 10:00 or a part of it. */
static const struct {
	const char *what, *before, *after;
	double from, to; /* minutes past nine */
	double up, down; /* minutes */
} run_times[] = {
	{"ran on", WEB(RUNS(0) OLD), WEB(RUNS(0) OLD), 0, 60, 60, 0},
	{"ran on, in a window that begins later", WEB(RUNS(0) OLD), WEB(RUNS(0) OLD), 40, 60, 20, 0},
	{"restarted", WEB(RUNS(0) OLD), WEB(RUNS(1) STARTED("09:30:00") "," ENDED("09:12:00")), 0, 60, 42,
		18},
	{"restarted, partly before the window", WEB(RUNS(0) OLD),
		WEB(RUNS(1) STARTED("09:30:00") "," ENDED("09:12:00")), 20, 60, 30, 10},
	{"restarted before the window", WEB(RUNS(0) OLD),
		WEB(RUNS(1) STARTED("09:30:00") "," ENDED("09:12:00")), 40, 60, 20, 0},
	{"restarted; when it ended is from another run", WEB(RUNS(0) OLD),
		WEB(RUNS(1) STARTED("09:30:00") ",\"finished_at\":\"2026-01-01T00:00:00Z\""), 0, 60, 60, 0},
	{"restarted; the clock was set back after it had started",
		WEB(RUNS(0) STARTED("09:40:00") "," ENDED("09:35:00")),
		WEB(RUNS(1) STARTED("09:30:00") "," ENDED("09:12:00")), 0, 60, 42, 18},
	{"crashed", WEB(RUNS(0) OLD), WEB(EXITED(3) OLD "," ENDED("09:12:00")), 0, 60, 12, 48},
	{"stopped by hand is down as well", WEB(RUNS(0) OLD), WEB(EXITED(143) OLD "," ENDED("09:12:00")), 0,
		60, 12, 48},
	{"expected to be stopped", WEB(RUNS(0) OLD),
		WEB(EXITED(143) OLD "," ENDED("09:12:00") ",\"expected\":\"stopped\""), 0, 60, 12, 0},
	{"a job that is done", WEB(RUNS(0) OLD), WEB(EXITED(0) OLD "," ENDED("09:12:00") POLICY("no")), 0, 60,
		12, 0},
	{"0, but to be kept up", WEB(RUNS(0) OLD), WEB(EXITED(0) OLD "," ENDED("09:12:00") POLICY("always")),
		0, 60, 12, 48},
	{"a job that ran in between", WEB(EXITED(0) OLD "," ENDED("08:00:00")),
		WEB(EXITED(0) STARTED("09:10:00") "," ENDED("09:12:00")), 0, 60, 2, 0},
	{"one that failed in between", WEB(EXITED(1) OLD "," ENDED("08:00:00")),
		WEB(EXITED(1) STARTED("09:10:00") "," ENDED("09:12:00")), 0, 60, 2, 58},
	{"started", WEB(EXITED(1) OLD "," ENDED("08:00:00")),
		WEB(RUNS(0) STARTED("09:15:00") "," ENDED("08:00:00")), 0, 60, 45, 15},
	{"started, after it was done", WEB(EXITED(0) OLD "," ENDED("08:00:00")),
		WEB(RUNS(0) STARTED("09:15:00") "," ENDED("08:00:00")), 0, 60, 45, 0},
	{"never started", WEB(CREATED_STATE), WEB(CREATED_STATE), 0, 60, 0, 0},
	{"down all the time", WEB(EXITED(1) OLD "," ENDED("08:00:00")),
		WEB(EXITED(1) OLD "," ENDED("08:00:00")), 0, 60, 0, 60},
	{"waits for its restart", WEB(RUNS(0) OLD),
		WEB(WAITS(4, 1) STARTED("09:50:00") "," ENDED("09:50:01")), 0, 60, 50 + 1 / 60.0,
		10 - 1 / 60.0},
	{"made anew", WEB(RUNS(0) OLD), C("web", "cccccccccccc", RUNS(0) STARTED("09:20:00")), 0, 60, 40, 0},
	{"paused meanwhile", WEB(RUNS(0) OLD), WEB("\"state\":\"paused\"," OLD), 0, 60, 0, 0},
	{"went on meanwhile", WEB("\"state\":\"paused\"," OLD), WEB(RUNS(0) OLD), 0, 60, 0, 0},
	{"no times are known", WEB("\"state\":\"running\""), WEB("\"state\":\"exited\""), 0, 60, 0, 0},
	{"no times are known, but it was up at both", WEB("\"state\":\"running\""),
		WEB("\"state\":\"running\""), 0, 60, 60, 0},
};

static void run_time_is_by_the_engines_own_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(run_times); i++) {
		struct snapshot before, after;
		struct run_time t;

		unit_case("%s", run_times[i].what);
		read_row(&before, TIME_BEFORE, UPTIME_BEFORE, "", run_times[i].before);
		read_row(&after, TIME_AFTER, UPTIME_AFTER, "", run_times[i].after);
		t = event_run_time(before.containers, after.containers, T0 + run_times[i].from * 60,
			T0 + run_times[i].to * 60);
		assert_near(t.up / 60, run_times[i].up, 1e-6);
		assert_near(t.down / 60, run_times[i].down, 1e-6);
		snapshot_release(&before);
		snapshot_release(&after);
	}
}

static void one_that_is_new_has_run_since_it_started(void **state)
{
	struct snapshot after;
	struct run_time t;

	(void)state;
	read_row(&after, TIME_AFTER, UPTIME_AFTER, "", WEB(RUNS(0) STARTED("09:20:00")));
	t = event_run_time(NULL, after.containers, T0, T0 + 3600);
	assert_near(t.up, 40 * 60, 1e-6);
	assert_near(t.down, 0, 0);
	snapshot_release(&after);
}

/* The second row of `rows` and the crash loops, one behind the other. */
static void restarts_in_a_row_become_one(void **state)
{
	struct snapshot s[3];
	struct events events = {0};
	struct event *e;

	(void)state;
	read_row(&s[0], TIME_BEFORE, UPTIME_BEFORE, "", WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD));
	read_row(&s[1], TIME_AFTER, UPTIME_AFTER, "",
		WEB(RUNS(2) STARTED("09:12:08") "," ENDED("09:12:00")) "," DB(
			EXITED(3) OLD "," ENDED("09:13:00")));
	read_row(&s[2], "\"epoch\":1768129200", ",\"uptime_seconds\":107200" HOST, "",
		WEB(WAITS(5, 1) STARTED("10:50:00") "," ENDED("10:50:10")) "," DB(
			EXITED(3) OLD "," ENDED("09:13:00")));
	event_find(&s[0], &s[0], &s[1], &arena, &events);
	event_find(&s[1], &s[1], &s[2], &arena, &events);
	assert_count(events.count, 3);
	e = events.items;
	assert_false(event_join(&e[0], &e[1], &arena));
	assert_true(event_join(&e[0], &e[2], &arena));
	assert_text(e[0].kind, "crash_loop");
	assert_text(e[0].severity, "critical");
	assert_text(e[0].message, "web in a crash loop (exit code 1), restarted by its policy 5 times");
	assert_near(e[0].times, 5, 0);
	assert_near(e[0].from_epoch, T0 + 12 * 60 + 8, 1e-6);
	assert_near(e[0].epoch, T0 + 110 * 60 + 10, 1e-6);
	for (size_t i = 0; i < COUNT_OF(s); i++)
		snapshot_release(&s[i]);
}

/* Without anything to compare with, only what went wrong and when is still known. */
static void a_first_look_tells_what_the_engine_remembers(void **state)
{
	struct snapshot s;
	struct events events = {0};

	(void)state;
	read_row(&s, TIME_AFTER, UPTIME_AFTER, "",
		WEB(RUNS(9) STARTED("09:12:08")) "," DB(EXITED(3) OLD "," ENDED("09:13:00")) "," C("job",
			"cccccccccccc", EXITED(0) OLD "," ENDED("09:13:00")) "," C("off", "dddddddddddd",
			EXITED(143) OLD "," ENDED("09:13:00")));
	event_find(NULL, NULL, &s, &arena, &events);
	assert_text(in_words(&events), "09:13:00 warning failed db failed (exit code 3) after 9d 9h 13m");
	snapshot_release(&s);
}

/* What happened while the engine did not answer is told when it does again. */
static void an_engine_that_was_away_hides_nothing(void **state)
{
	struct snapshot s[3];
	struct events away = {0}, back = {0};

	(void)state;
	read_row(&s[0], TIME_BEFORE, UPTIME_BEFORE, "", WEB(RUNS(0) OLD));
	read_row(&s[1], TIME_AFTER, UPTIME_AFTER,
		",\"oom_kills\":6,\"docker\":{\"available\":false,\"error\":\"no\"}", "");
	read_row(&s[2], "\"epoch\":1768129200", ",\"uptime_seconds\":107200" HOST, ",\"oom_kills\":6",
		WEB(RUNS(1) STARTED("09:12:08") "," ENDED("09:12:00")));
	event_find(&s[0], &s[0], &s[1], &arena, &away);
	assert_text(in_words(&away), "? critical engine_gone The container engine does not answer: no");
	event_find(&s[1], &s[0], &s[2], &arena, &back);
	assert_text(in_words(&back), "? info engine_back The container engine answers\n"
				     "09:12:08 critical oom_killed web OOM-killed, restarted by its policy "
				     "once, back after 8.0 s");
	for (size_t i = 0; i < COUNT_OF(s); i++)
		snapshot_release(&s[i]);
}

/* The reboot is told with the first snapshot after it; its containers when the engine answers. */
static void a_reboot_is_told_once_also_when_the_engine_is_late(void **state)
{
	struct snapshot s[3];
	struct events events = {0};

	(void)state;
	read_row(&s[0], TIME_BEFORE, UPTIME_BEFORE, "", WEB(RUNS(0) OLD) "," DB(RUNS(0) OLD));
	read_row(&s[1], TIME_AFTER, UPTIME_AFTER,
		",\"oom_kills\":0,\"boot_id\":\"b2\",\"uptime_seconds\":1200,\"docker\":{\"available\":false,"
		"\"error\":\"no\"}",
		"");
	read_row(&s[2], "\"epoch\":1768129200", UPTIME_AFTER,
		",\"oom_kills\":0,\"boot_id\":\"b2\",\"uptime_seconds\":4800",
		WEB(RUNS(0) STARTED("10:05:00") "," ENDED("10:04:00")) "," DB(
			EXITED(255) OLD "," ENDED("10:04:00") POLICY("always")));
	event_find(&s[0], &s[0], &s[1], &arena, &events);
	event_find(&s[1], &s[0], &s[2], &arena, &events);
	assert_text(in_words(&events),
		"? critical engine_gone The container engine does not answer: no\n"
		"09:40:00 warning host_rebooted The host rebooted, down for at most 40 min\n"
		"? info engine_back The container engine answers\n"
		"10:04:00 warning left_down db did not come back after the host restarted, its policy is "
		"always");
	for (size_t i = 0; i < COUNT_OF(s); i++)
		snapshot_release(&s[i]);
}

static void durations_and_exit_codes_are_said_in_words(void **state)
{
	static const struct {
		double code;
		const char *said;
	} codes[] = {
		{MISSING, ""},
		{0, " (exit code 0)"},
		{1, " (exit code 1)"},
		{125, " (exit code 125, the engine refused)"},
		{126, " (exit code 126, not executable)"},
		{127, " (exit code 127, command not found)"},
		{134, " (exit code 134, aborted)"},
		{137, " (exit code 137, killed)"},
		{139, " (exit code 139, segmentation fault)"},
		{143, " (exit code 143, asked to stop)"},
		{255, " (exit code 255)"},
	};

	(void)state;
	assert_text(event_duration(-3).text, "0.1 s");
	assert_text(event_duration(8).text, "8.0 s");
	assert_text(event_duration(45.4).text, "45 s");
	assert_text(event_duration(150).text, "2 min");
	assert_text(event_duration(7380).text, "2h 3m");
	assert_text(event_duration(100000).text, "1d 3h 47m");
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		assert_text(event_exit(codes[i].code).text, codes[i].said);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_happened_is_told_once_and_rightly),
		TEST(nothing_is_told_twice),
		TEST(run_time_is_by_the_engines_own_times),
		TEST(one_that_is_new_has_run_since_it_started),
		TEST(restarts_in_a_row_become_one),
		TEST(a_first_look_tells_what_the_engine_remembers),
		TEST(an_engine_that_was_away_hides_nothing),
		TEST(a_reboot_is_told_once_also_when_the_engine_is_late),
		TEST(durations_and_exit_codes_are_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

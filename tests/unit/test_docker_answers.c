#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "docker/answers.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* The whole text, but of an error what it begins with: where a fault is seen is cJSON's business. */
static void assert_outcome(const char *actual, const char *expected)
{
	if (strncmp(expected, "error: ", 7) == 0)
		assert_says(actual, expected);
	else
		assert_text(actual, expected);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/* The list */

static const struct config_docker nothing_set;

/* The containers as `name id state image`, a line each. */
static const char *listed(struct slice json, const struct config_docker *settings)
{
	struct container *containers;
	char(*ids)[DOCKER_ID_SIZE];
	size_t count;
	struct err err;
	char *all = arena_string(&arena, "");

	if (list_parse(json, settings, &arena, &containers, &ids, &count, &err) < 0)
		return arena_printf(&arena, "error: %s", err.text);
	for (size_t i = 0; i < count; i++) {
		const struct container *c = &containers[i];

		all = arena_printf(&arena, "%s%s %s %s %s\n", all, c->name, c->id, or_dash(c->state),
			or_dash(c->image));
		assert_int_equal(strncmp(ids[i], c->id, 12), 0);
		/* The rest is for the other answers. */
		if (c->status) { /* as long as nothing better is known */
			assert_string_equal(c->status, "unhealthy");
			assert_string_equal(c->name, "unhealthy");
		}
		assert_null(c->health);
		assert_null(c->problem);
		assert_missing(c->restarts);
		assert_missing(c->mem_mb);
		assert_missing(c->error_count);
		assert_int_equal(c->oom_killed, FLAG_UNKNOWN);
	}
	return all;
}

static const struct {
	const char *engine, *containers;
} lists[] = {
	{"docker-26.1-cgroup2", "bridged b04fd712b85a running bb:1\n"
				"burner 9041c78aac42 running bb:1\n"
				"crashloop 40fff3851618 running bb:1\n"
				"exited3 67a2e4bc9382 exited bb:1\n"
				"healthy 78da74cc3298 running bb:1\n"
				"oom a1d23f27b47e exited bb:1\n"
				"paused 5e699ec63600 paused bb:1\n"
				"tty efaf0ef5bba1 running bb:1\n"
				"unhealthy e4d4a1b34e87 running bb:1\n"},
	{"docker-20.10-cgroup1", "binary 90fce71d5338 running asmo-test/busybox:1\n"
				 "burner 2fea76fd74c3 running asmo-test/busybox:1\n"
				 "crashloop c22e03d34200 running asmo-test/busybox:1\n"
				 "created 3b531732489c created asmo-test/busybox:1\n"
				 "exited0 8cd3c4b86407 exited asmo-test/busybox:1\n"
				 "exited3 5365bce8ed12 exited asmo-test/busybox:1\n"
				 "healthy 1985a2604b56 running asmo-test/busybox:1\n"
				 "isolated 2e527662bb44 running asmo-test/busybox:1\n"
				 "killed 30d61e2364b0 exited asmo-test/busybox:1\n"
				 "limited d577ce90084d running asmo-test/busybox:1\n"
				 "logger 75b3a9753ce4 running asmo-test/busybox:1\n"
				 "oom ef1755dce072 exited asmo-test/busybox:1\n"
				 "paused e6f79d51e5cb paused asmo-test/busybox:1\n"
				 "stopped ffec1d30e825 exited asmo-test/busybox:1\n"
				 "tty a0b9e089d7f7 running asmo-test/busybox:1\n"
				 "unhealthy d6b42b767c19 running asmo-test/busybox:1\n"},
	{"docker-28.5-cgroup1", "binary 9fb646d75360 running asmo-test/busybox:1\n"
				"burner 0ddf0423137b running asmo-test/busybox:1\n"
				"crashloop e9ec8a67ce55 restarting asmo-test/busybox:1\n"
				"created ed5c9e893c43 created asmo-test/busybox:1\n"
				"exited0 3787b7746c67 exited asmo-test/busybox:1\n"
				"exited3 78aa5100ee5d exited asmo-test/busybox:1\n"
				"healthy 10fe3589d7ac running asmo-test/busybox:1\n"
				"isolated 9b62879b03ee running asmo-test/busybox:1\n"
				"killed 10a6c8441680 exited asmo-test/busybox:1\n"
				"limited 6dc00cb25268 running asmo-test/busybox:1\n"
				"logger 427bfe1072de running asmo-test/busybox:1\n"
				"oom 7302f66f33b5 exited asmo-test/busybox:1\n"
				"paused dd35617e0d07 paused asmo-test/busybox:1\n"
				"stopped 58015eb628c4 exited asmo-test/busybox:1\n"
				"tty 703fc97385f4 running asmo-test/busybox:1\n"
				"unhealthy a0ad62b26de5 running asmo-test/busybox:1\n"},
	{"podman-4.3", "binary 1bb59d8d0358 running localhost/asmo-test/busybox:1\n"
		       "burner b66c4f561d01 running localhost/asmo-test/busybox:1\n"
		       "crashloop ed97f1b0d0db running localhost/asmo-test/busybox:1\n"
		       "created 01a5c7c0936c created localhost/asmo-test/busybox:1\n"
		       "exited0 cd5112dbfc3b exited localhost/asmo-test/busybox:1\n"
		       "exited3 6b1b9ced7c05 exited localhost/asmo-test/busybox:1\n"
		       "healthy 867fae96c38c running localhost/asmo-test/busybox:1\n"
		       "isolated 06dc74bcb04b running localhost/asmo-test/busybox:1\n"
		       "killed e34af123d4e3 exited localhost/asmo-test/busybox:1\n"
		       "limited d50d194b573a running localhost/asmo-test/busybox:1\n"
		       "logger a118d2e3a18a running localhost/asmo-test/busybox:1\n"
		       "oom d23ba717319d exited localhost/asmo-test/busybox:1\n"
		       "paused f4ffc20f6fed paused localhost/asmo-test/busybox:1\n"
		       "stopped 382d2e7ecc0d exited localhost/asmo-test/busybox:1\n"
		       "tty cf559478d44a running localhost/asmo-test/busybox:1\n"
		       "unhealthy 266ee1d4fe5c running localhost/asmo-test/busybox:1\n"},
};

static void the_recorded_lists_are_read_and_sorted_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		unit_case("%s", lists[i].engine);
		assert_text(listed(unit_fixture(&arena, "%s/list.json", lists[i].engine), &nothing_set),
			lists[i].containers);
	}
}

#define ID "\"Id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

static const struct {
	const char *what, *json, *containers;
} list_cases[] = {
	{"none", "[]", ""},
	{"one", "[{" ID ",\"Names\":[\"/web\"],\"State\":\"running\",\"Image\":\"nginx\"}]",
		"web 0123456789ab running nginx\n"},
	{"the name that a link gave it comes first",
		"[{" ID ",\"Names\":[\"/app/db\",\"/web/db\",\"/postgres\"]}]",
		"postgres 0123456789ab - -\n"},
	{"only names of links", "[{" ID ",\"Names\":[\"/app/db\",\"/web/db\"]}]",
		"app/db 0123456789ab - -\n"},
	{"no slash", "[{" ID ",\"Names\":[\"web\"]}]", "web 0123456789ab - -\n"},
	{"no name", "[{" ID ",\"Names\":[]},{" ID ",\"Names\":null},{" ID "},{" ID ",\"Names\":[\"/\",7]}]",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 0123456789ab - -\n"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 0123456789ab - -\n"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 0123456789ab - -\n"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 0123456789ab - -\n"},
	{"a short id", "[{\"Id\":\"0123456789ab\",\"Names\":[\"/web\"]}]", "web 0123456789ab - -\n"},
	{"what is no id",
		"[{\"Id\":\"0123456789a\"},{\"Id\":\"../../"
		"secrets\"},{\"Id\":\"0123456789AB\"},{\"Id\":\"\"},{\"Id\":null},"
		"{\"Id\":7},{\"Names\":[\"/web\"]},{\"Id\":\"0123456789ab/json?x=\"},"
		"{\"Id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\"}]",
		"error: none of its entries is a container"},
	{"what is no container", "[1,\"x\",null,[],{},true]", "error: none of its entries is a container"},
	{"one among what is none", "[1,\"x\",null,[],{},{" ID ",\"Names\":[\"/web\"]},{\"Id\":\"\"},true]",
		"web 0123456789ab - -\n"},
	{"other types", "[{" ID ",\"Names\":\"/web\",\"State\":7,\"Image\":{}}]",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 0123456789ab - -\n"},
	{"hostile text",
		"[{" ID ",\"Names\":[\"/"
		"we\\u001b[31mb\\u202e\\n\"],\"State\":\"run\\u0007ning\",\"Image\":\"a\\tb\"}]",
		"web 0123456789ab running a b\n"},
	{"order",
		"[{" ID ",\"Names\":[\"/b\"]},{" ID ",\"Names\":[\"/a\"]},{" ID ",\"Names\":[\"/B\"]},{" ID
		",\"Names\":[\"/a1\"]}]",
		"B 0123456789ab - -\na 0123456789ab - -\na1 0123456789ab - -\nb 0123456789ab - -\n"},
	{"nothing at all", "", "error: not JSON: it is empty"},
	{"half a list", "[{" ID, "error: not JSON: fault in line 1"},
	{"a refusal", "{\"message\":\"no\"}", "error: expected a list of containers, found an object"},
	{"null", "null", "error: expected a list of containers, found null"},
};

static void what_is_no_container_is_passed_over_and_what_is_no_list_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(list_cases); i++) {
		unit_case("%s", list_cases[i].what);
		assert_outcome(listed(slice_of(list_cases[i].json), &nothing_set), list_cases[i].containers);
	}
}

static void containers_that_the_config_ignores_are_left_out(void **state)
{
	char exact[] = "oom", begins[] = "un*", question[] = "?urner", none[] = "heal",
	     *patterns[] = {exact, begins, question, none};
	struct config_docker settings = {.ignore_containers = {patterns, COUNT_OF(patterns)}};

	(void)state;
	assert_text(listed(unit_fixture(&arena, "docker-26.1-cgroup2/list.json"), &settings),
		"bridged b04fd712b85a running bb:1\n"
		"crashloop 40fff3851618 running bb:1\n"
		"exited3 67a2e4bc9382 exited bb:1\n"
		"healthy 78da74cc3298 running bb:1\n"
		"paused 5e699ec63600 paused bb:1\n"
		"tty efaf0ef5bba1 running bb:1\n");
}

static const struct {
	const char *labels, *config, *expected, *problem;
	double mem_limit_percent;
	bool is_left_out;
} said_cases[] = {
	{"{}", "{}", "-", "-", MISSING, false},
	{"null", "{}", "-", "-", MISSING, false},
	{"{\"asmo.expected\":\"stopped\"}", "{}", "stopped", "-", MISSING, false},
	{"{\"asmo.ignore\":\"true\"}", "{}", "-", "-", MISSING, true},
	{"{\"asmo.ignore\":\"false\"}", "{}", "-", "-", MISSING, false},
	{"{\"asmo.mem_limit_percent\":\"80\"}", "{}", "-", "-", 80, false},
	{"{\"asmo.other\":\"x\",\"ignore\":\"true\"}", "{}", "-", "-", MISSING, false},
	{"{\"asmo.ignore\":\"yes\"}", "{}", "-", "label asmo.ignore is \"yes\", allowed is true or false",
		MISSING, false},
	{"{\"asmo.expected\":\"up\"}", "{}", "-",
		"label asmo.expected is \"up\", allowed is running or stopped", MISSING, false},
	{"{\"asmo.mem_limit_percent\":\"\"}", "{}", "-",
		"label asmo.mem_limit_percent is \"\", allowed is a number from 1 to 100", MISSING, false},
	{"{\"asmo.mem_limit_percent\":\"nan\"}", "{}", "-",
		"label asmo.mem_limit_percent is null, allowed is a number from 1 to 100", MISSING, false},
	{"{}", "{\"web\":{\"expected\":\"stopped\",\"mem_limit_percent\":70}}", "stopped", "-", 70, false},
	{"{}", "{\"w*\":{\"ignore\":true}}", "-", "-", MISSING, true},
	{"{}", "{\"x*\":{\"ignore\":true}}", "-", "-", MISSING, false},
	/* The config wins, and its later entry. */
	{"{\"asmo.expected\":\"stopped\",\"asmo.ignore\":\"true\"}",
		"{\"web\":{\"expected\":\"running\",\"ignore\":false}}", "running", "-", MISSING, false},
	{"{\"asmo.mem_limit_percent\":\"80\"}",
		"{\"*\":{\"mem_limit_percent\":60},\"w?b\":{\"mem_limit_percent\":50}}", "-", "-", 50, false},
};

static void labels_and_config_say_what_to_make_of_a_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(said_cases); i++) {
		char *list = arena_printf(&arena, "[{" ID ",\"Names\":[\"/web\"],\"Labels\":%s}]",
			     said_cases[i].labels),
		     *text = arena_printf(&arena, "{\"containers\":%s}", said_cases[i].config);
		struct container *c;
		char(*ids)[DOCKER_ID_SIZE];
		struct config config;
		size_t count;
		struct err err;

		unit_case("%s %s", said_cases[i].labels, said_cases[i].config);
		config_init(&config);
		assert_int_equal(config_parse(&config, slice_of(text), &err), 0);
		assert_int_equal(list_parse(slice_of(list), &config.docker, &arena, &c, &ids, &count, &err),
			0);
		config_release(&config);
		assert_int_equal(count, said_cases[i].is_left_out ? 0 : 1);
		if (!count)
			continue;
		assert_text(or_dash(c->expected), said_cases[i].expected);
		assert_text(or_dash(c->problem), said_cases[i].problem);
		if (isnan(said_cases[i].mem_limit_percent))
			assert_missing(c->mem_limit_percent);
		else
			assert_near(c->mem_limit_percent, said_cases[i].mem_limit_percent, 0);
	}
}

static void more_containers_than_anybody_has_are_cut(void **state)
{
	struct buf json AUTO_BUF = buf_new(1024 * 1024);
	struct container *containers;
	char(*ids)[DOCKER_ID_SIZE];
	size_t count;
	struct err err;

	(void)state;
	for (int i = 0; i < 1500; i++)
		buf_printf(&json, "%c{\"Id\":\"%064x\",\"Names\":[\"/c%04d\"]}", i ? ',' : '[', (unsigned)i,
			i);
	buf_add_char(&json, ']');
	assert_int_equal(list_parse(buf_slice(&json), &nothing_set, &arena, &containers, &ids, &count, &err),
		0);
	assert_int_equal(count, DOCKER_CONTAINERS_MAX);
	assert_text(containers[999].name, "c0999");
	assert_text(ids[999], "00000000000000000000000000000000000000000000000000000000000003e7");
}

/* Inspect */

static const char *inspected(struct slice json, struct container *c, struct inspection *ret)
{
	struct err err;

	if (inspect_parse(json, &arena, c, ret, &err) < 0)
		return arena_printf(&arena, "error: %s", err.text);
	return arena_printf(&arena, "%s %s %g %g %s %s %s", or_dash(c->state), c->health, c->restarts,
		c->exit_code,
		c->oom_killed == FLAG_YES  ? "oom"
		: c->oom_killed == FLAG_NO ? "no"
					   : "?",
		or_dash(c->started_at), or_dash(c->finished_at));
}

static const char *reading_of(const struct inspection *inspection)
{
	return arena_printf(&arena, "%s %s", inspection->is_tty ? "tty" : "framed",
		inspection->has_network ? "own" : "none");
}

/* State, health, restarts, exit code, OOM, start, end; whether its log is framed and it has a network of its
 * own. On cgroup v2, `oom` was killed for want of memory too, but the engine did not notice. */
static const struct {
	const char *engine, *name, *container, *reading;
} inspections[] = {
	{"docker-20.10-cgroup1", "burner", "running none 0 0 no 2026-11-22T19:42:33.012232034Z -",
		"framed own"},
	{"docker-20.10-cgroup1", "crashloop",
		"restarting none 6 1 no 2026-11-22T19:42:40.976009078Z 2026-11-22T19:42:41.020582872Z",
		"framed own"},
	{"docker-20.10-cgroup1", "created", "created none 0 0 no - -", "framed own"},
	{"docker-20.10-cgroup1", "exited3",
		"exited none 0 3 no 2026-11-22T19:42:35.152046572Z 2026-11-22T19:42:35.198267311Z",
		"framed own"},
	{"docker-20.10-cgroup1", "healthy", "running healthy 0 0 no 2026-11-22T19:42:33.388955848Z -",
		"framed own"},
	{"docker-20.10-cgroup1", "isolated", "running none 0 0 no 2026-11-22T19:42:33.699708827Z -",
		"framed none"},
	{"docker-20.10-cgroup1", "killed",
		"exited none 0 137 no 2026-11-22T19:42:36.131423699Z 2026-11-22T19:42:37.299511946Z",
		"framed own"},
	{"docker-20.10-cgroup1", "oom",
		"exited none 0 137 oom 2026-11-22T19:42:35.295981734Z 2026-11-22T19:42:35.403828304Z",
		"framed own"},
	{"docker-20.10-cgroup1", "paused", "paused none 0 0 no 2026-11-22T19:42:34.076258562Z -",
		"framed own"},
	{"docker-20.10-cgroup1", "stopped",
		"exited none 0 143 no 2026-11-22T19:42:35.884611875Z 2026-11-22T19:42:36.26056658Z",
		"framed own"},
	{"docker-20.10-cgroup1", "tty", "running none 0 0 no 2026-11-22T19:42:34.677002474Z -", "tty own"},
	{"docker-20.10-cgroup1", "unhealthy", "running unhealthy 0 0 no 2026-11-22T19:42:33.297295782Z -",
		"framed own"},
	{"docker-26.1-cgroup2", "bridged", "running none 0 0 no 2026-11-22T18:26:01.867506795Z -",
		"framed own"},
	{"docker-26.1-cgroup2", "burner", "running none 0 0 no 2026-11-22T18:23:14.186162195Z -",
		"framed none"},
	{"docker-26.1-cgroup2", "crashloop",
		"running none 5 0 no 2026-11-22T18:26:54.891546143Z 2026-11-22T18:26:29.878055611Z",
		"framed none"},
	{"docker-26.1-cgroup2", "exited3",
		"exited none 0 3 no 2026-11-22T18:24:02.356354306Z 2026-11-22T18:24:02.289329491Z",
		"framed none"},
	{"docker-26.1-cgroup2", "healthy", "running healthy 0 0 no 2026-11-22T18:23:21.005375544Z -",
		"framed none"},
	{"docker-26.1-cgroup2", "oom",
		"exited none 0 137 no 2026-11-22T18:23:43.679992982Z 2026-11-22T18:23:44.799204831Z",
		"framed none"},
	{"docker-26.1-cgroup2", "paused", "paused none 0 0 no 2026-11-22T18:25:20.248501072Z -",
		"framed none"},
	{"docker-26.1-cgroup2", "tty", "running none 0 0 no 2026-11-22T18:24:51.928238393Z -", "tty none"},
	{"docker-26.1-cgroup2", "unhealthy", "running unhealthy 0 0 no 2026-11-22T18:23:27.641604152Z -",
		"framed none"},
	{"docker-28.5-cgroup1", "crashloop",
		"restarting none 5 1 no 2026-11-22T19:45:56.473726874Z 2026-11-22T19:45:56.944498191Z",
		"framed own"},
	{"docker-28.5-cgroup1", "created", "created none 0 0 no - -", "framed own"},
	{"docker-28.5-cgroup1", "oom",
		"exited none 0 137 oom 2026-11-22T19:45:51.393756195Z 2026-11-22T19:45:52.801846902Z",
		"framed own"},
	{"docker-28.5-cgroup1", "tty", "running none 0 0 no 2026-11-22T19:45:50.274271346Z -", "tty own"},
	{"docker-28.5-cgroup1", "unhealthy", "running unhealthy 0 0 no 2026-11-22T19:45:49.573248707Z -",
		"framed own"},
	{"podman-4.3", "burner", "running none 0 0 no 2026-11-22T19:45:39.529849493Z -", "framed none"},
	{"podman-4.3", "crashloop",
		"running none 3 0 no 2026-11-22T19:45:47.232296967Z 2026-11-22T19:45:46.952284694Z",
		"framed none"},
	{"podman-4.3", "created", "created none 0 0 no - -", "framed none"},
	{"podman-4.3", "exited3",
		"exited none 0 3 no 2026-11-22T19:45:42.351877284Z 2026-11-22T19:45:42.501192465Z",
		"framed none"},
	{"podman-4.3", "healthy", "running healthy 0 0 no 2026-11-22T19:45:39.897951116Z -", "framed none"},
	{"podman-4.3", "isolated", "running none 0 0 no 2026-11-22T19:45:40.216237457Z -", "framed none"},
	{"podman-4.3", "killed",
		"exited none 0 137 no 2026-11-22T19:45:42.815403193Z 2026-11-22T19:45:43.956284606Z",
		"framed none"},
	{"podman-4.3", "oom",
		"exited none 0 137 no 2026-11-22T19:45:41.997269631Z 2026-11-22T19:45:42.216284554Z",
		"framed none"},
	{"podman-4.3", "paused", "paused none 0 0 no 2026-11-22T19:45:40.217431183Z -", "framed none"},
	{"podman-4.3", "stopped",
		"exited none 0 143 no 2026-11-22T19:45:42.319391758Z 2026-11-22T19:45:43.168284582Z",
		"framed none"},
	{"podman-4.3", "tty", "running none 0 0 no 2026-11-22T19:45:41.203805073Z -", "tty none"},
	{"podman-4.3", "unhealthy", "running unhealthy 0 0 no 2026-11-22T19:45:39.378324731Z -",
		"framed none"},
};

static void the_recorded_containers_are_inspected(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(inspections); i++) {
		struct inspection inspection;
		struct container c;

		unit_case("%s on %s", inspections[i].name, inspections[i].engine);
		record_init(&container_record, &c);
		assert_text(inspected(unit_fixture(&arena, "%s/%s.inspect.json", inspections[i].engine,
					      inspections[i].name),
				    &c, &inspection),
			inspections[i].container);
		assert_text(reading_of(&inspection), inspections[i].reading);
	}
}

static const struct {
	const char *what, *json, *container, *reading;
} inspect_cases[] = {
	{"nothing but a state", "{\"State\":{}}", "listed none nan nan ? - -", "framed own"},
	{"no health check on Docker", "{\"State\":{\"Status\":\"running\",\"Health\":null}}",
		"running none nan nan ? - -", "framed own"},
	{"no health check on Podman", "{\"State\":{\"Health\":{\"Status\":\"\",\"Log\":null}}}",
		"listed none nan nan ? - -", "framed own"},
	{"a health check that has not run yet", "{\"State\":{\"Health\":{\"Status\":\"starting\"}}}",
		"listed starting nan nan ? - -", "framed own"},
	{"all of it",
		"{\"RestartCount\":4,\"State\":{\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":true,"
		"\"StartedAt\":\"2026-01-11T09:00:00Z\","
		"\"FinishedAt\":\"2026-01-11T10:00:00+01:00\",\"Health\":{\"Status\":\"unhealthy\"}},"
		"\"Config\":{\"Tty\":true},"
		"\"HostConfig\":{\"NetworkMode\":\"my-network\"}}",
		"exited unhealthy 4 137 oom 2026-01-11T09:00:00Z 2026-01-11T10:00:00+01:00", "tty own"},
	{"other types",
		"{\"RestartCount\":\"4\",\"State\":{\"Status\":1,\"ExitCode\":null,\"OOMKilled\":\"no\","
		"\"StartedAt\":5,\"Health\":[]},"
		"\"Config\":{\"Tty\":1},\"HostConfig\":[]}",
		"listed (null) nan nan ? - -", "framed own"},
	{"never started", "{\"State\":{\"StartedAt\":\"0001-01-01T00:00:00Z\",\"FinishedAt\":\"\"}}",
		"listed none nan nan ? - -", "framed own"},
	{"the network of another container",
		"{\"State\":{},\"HostConfig\":{\"NetworkMode\":\"container:0123\"}}",
		"listed none nan nan ? - -", "framed none"},
	{"the host's network", "{\"State\":{},\"HostConfig\":{\"NetworkMode\":\"host\"}}",
		"listed none nan nan ? - -", "framed none"},
	{"no network", "{\"State\":{},\"HostConfig\":{\"NetworkMode\":\"none\"}}",
		"listed none nan nan ? - -", "framed none"},
	{"hostile text", "{\"State\":{\"Status\":\"run\\u001b[31mning\\n\"}}", "running none nan nan ? - -",
		"framed own"},
	{"no state", "{\"Config\":{\"Tty\":true}}", "error: no object State in it", NULL},
	{"a refusal", "{\"message\":\"No such container\"}", "error: no object State in it", NULL},
	{"a list", "[{\"State\":{}}]", "error: no object State in it", NULL},
	{"nothing at all", "", "error: not JSON: it is empty", NULL},
	{"half an answer", "{\"State\":{\"Status\":\"run", "error: not JSON: fault in line 1", NULL},
};

static void what_the_engine_does_not_say_of_a_container_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(inspect_cases); i++) {
		struct inspection inspection = {.is_tty = true};
		struct container c;

		unit_case("%s", inspect_cases[i].what);
		record_init(&container_record, &c);
		c.state = arena_string(&arena, "listed");
		assert_outcome(inspected(slice_of(inspect_cases[i].json), &c, &inspection),
			inspect_cases[i].container);
		if (inspect_cases[i].reading) {
			assert_text(reading_of(&inspection), inspect_cases[i].reading);
		} else {
			/* Untouched. */
			assert_text(c.state, "listed");
			assert_null(c.health);
			assert_missing(c.restarts);
			assert_true(inspection.is_tty);
		}
	}
}

/* Refusals */

static const struct {
	const char *json, *words;
} refusals[] = {
	{"{\"message\":\"No such container: 0123\"}", "No such container: 0123"},
	{"{\"message\":\"configured logging driver does not support reading\"}\n",
		"configured logging driver does not support reading"},
	{"{\"cause\":\"no such container\",\"message\":\"no container with name or ID \\\"x\\\" "
	 "found\",\"response\":404}",
		"no container with name or ID \"x\" found"},
	{"{\"message\":\"a\\u001b[31m\\nb\"}", "a b"},
	{"{\"message\":\"\"}", "HTTP status 404"},
	{"{\"message\":7}", "HTTP status 404"},
	{"{}", "HTTP status 404"},
	{"[]", "HTTP status 404"},
	{"", "HTTP status 404"},
	{"<html>403 Forbidden</html>", "HTTP status 404"},
	{"{\"message\":\"half", "HTTP status 404"},
};

static void a_refusal_is_in_the_engines_own_words(void **state)
{
	char *words;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		unit_case("%s", refusals[i].json);
		assert_text(refusal_parse(slice_of(refusals[i].json), 404, &arena), refusals[i].words);
	}
	words = refusal_parse(slice_of(arena_printf(&arena, "{\"message\":\"%s\"}",
				      unit_repeat(&arena, 'x', 5000).data)),
		500, &arena);
	assert_in_range(strlen(words), 100, 300);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorded_lists_are_read_and_sorted_by_name),
		TEST(what_is_no_container_is_passed_over_and_what_is_no_list_is_refused),
		TEST(containers_that_the_config_ignores_are_left_out),
		TEST(labels_and_config_say_what_to_make_of_a_container),
		TEST(more_containers_than_anybody_has_are_cut),
		TEST(the_recorded_containers_are_inspected),
		TEST(what_the_engine_does_not_say_of_a_container_is_missing),
		TEST(a_refusal_is_in_the_engines_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../support/unit.h"

#include <errno.h>
#include <string.h>

#include "asmo/snapshot.h"
#include "base/json.h"

#define TIME "\"timestamp\":\"2026-01-11T10:00:00\""

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct slice write_record(const struct record *record, const void *data)
{
	struct buf out AUTO_BUF = buf_new(1024 * 1024);

	record_write(&out, record, data);
	assert_false(out.overflow);
	return slice_of(arena_slice(&arena, buf_slice(&out)));
}

/* The seed's entry */

static void read_seed(struct snapshot *s)
{
	struct err err;

	unit_set_zone("Europe/Paris");
	snapshot_init(s);
	if (snapshot_read(s, unit_fixture(&arena, "seed/entry.json"), &err) < 0)
		fail_msg("%s", err.text);
}

static void the_seeds_entry_is_read_with_all_its_fields(void **state)
{
	struct snapshot s;
	const struct container *c;

	(void)state;
	read_seed(&s);
	assert_text(s.timestamp, "2026-01-11T10:00:00.123456");
	assert_near(s.epoch, 1768122000.123456, 1e-6); /* 09:00 UTC */
	assert_near(s.cpu_percent, 15.3, 0);
	assert_near(s.cpu_count, 8, 0);
	assert_near(s.ram_total_gb, 16, 0);
	assert_near(s.ram_used_gb, 5.5, 0);
	assert_near(s.ram_percent, 34.4, 0);
	assert_near(s.swap_total_gb, 4, 0);
	assert_near(s.swap_used_gb, 0, 0);
	assert_int_equal(s.disk_count, 2);
	assert_text(s.disks[0].mount, "/");
	assert_text(s.disks[0].device, "/dev/nvme0n1p2");
	assert_near(s.disks[0].total_gb, 457, 0);
	assert_near(s.disks[0].used_gb, 115, 0);
	assert_near(s.disks[0].used_percent, 27, 0);
	assert_text(s.disks[1].mount, "/mnt/nas");
	assert_near(s.disks[1].used_percent, 31, 0);
	assert_text(s.uptime, "15d 7h 23m");
	assert_int_equal(s.load_average.count, 3);
	assert_near(s.load_average.items[0], 1.5, 0);
	assert_near(s.load_average.items[2], 1.2, 0);
	assert_int_equal(s.container_count, 1);
	c = snapshot_container(&s, "jellyfin");
	assert_ptr_equal(c, &s.containers[0]);
	assert_text(c->id, "abc123");
	assert_text(c->status, "running");
	assert_text(c->state, "running");
	assert_text(c->health, "healthy");
	assert_near(c->cpu_percent, 0.21, 0);
	assert_near(c->mem_mb, 308.2, 0);
	assert_near(c->mem_percent, 1.9, 0);
	assert_near(c->net_rx_mb, 13.3, 0);
	assert_near(c->net_tx_mb, 1.58, 0);
	assert_near(c->restarts, 0, 0);
	assert_strings(c->errors, "SQLite Error 5: database is locked|...");
	assert_near(s.containers_total, 24, 0);
	assert_near(s.containers_running, 24, 0);
	assert_near(s.containers_stopped, 0, 0);
	assert_near(s.containers_unhealthy, 0, 0);
	assert_int_equal(s.alert.has_critical, FLAG_NO);
	assert_int_equal(s.alert.critical_issues.count, 0);
	assert_int_equal(s.alert.warnings.count, 0);
	/* What the Python version did not know. */
	assert_int_equal(s.docker.available, FLAG_UNKNOWN);
	assert_null(s.server);
	assert_missing(s.uptime_seconds);
	assert_missing(c->error_count);
	snapshot_release(&s);
}

/* The names of an object's members, up to those of asmo's own. */
static char *names_of(const cJSON *object, int limit)
{
	struct buf names AUTO_BUF = buf_new(10000);

	for (const cJSON *item = object->child; item && limit--; item = item->next)
		buf_printf(&names, "%s%s", names.len ? " " : "", item->string);
	return arena_slice(&arena, buf_slice(&names));
}

static const struct {
	const char *path; /* of an object: members and, for a list, its first item */
	const char *additions;
} objects[] = {
	{"", "epoch server uptime_seconds net_rx_mb net_tx_mb oom_kills docker problems boot_id "
	     "cpu_busy_seconds cpu_total_seconds avg_seconds cpu_avg_percent net_rx_kb_per_second "
	     "net_tx_kb_per_second"},
	{"disks", "problem"},
	{"containers", "image exit_code oom_killed started_at finished_at error_count error_counts problem "
		       "created_at restart_policy cpu_seconds read_uptime_seconds avg_seconds "
		       "cpu_avg_percent net_rx_kb_per_second "
		       "net_tx_kb_per_second error_first_epochs error_last_epochs log_until_epoch expected "
		       "mem_limit_percent"},
	{"alert", "issues notify undelivered"},
};

static const cJSON *object_at(const cJSON *root, const char *path)
{
	const cJSON *value = *path ? cJSON_GetObjectItemCaseSensitive(root, path) : root;

	return cJSON_IsArray(value) ? value->child : value;
}

static void an_entry_has_the_seeds_fields_in_the_seeds_order_and_then_ours(void **state)
{
	struct snapshot s;
	struct err err;
	cJSON *seed, *written;

	(void)state;
	read_seed(&s);
	seed = json_parse(unit_fixture(&arena, "seed/entry.json"), &err);
	written = json_parse(write_record(&snapshot_record, &s), &err);
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		const cJSON *theirs = object_at(seed, objects[i].path),
			    *ours = object_at(written, objects[i].path);
		int count = cJSON_GetArraySize(theirs);

		unit_case("%s", objects[i].path);
		assert_text(names_of(ours, count), names_of(theirs, count));
		assert_text(names_of(ours, 1000),
			arena_printf(&arena, "%s%s%s", names_of(theirs, count),
				*objects[i].additions ? " " : "", objects[i].additions));
	}
	json_delete_pointer(&seed);
	json_delete_pointer(&written);
	snapshot_release(&s);
}

/* What the seed wrote is written again with the same values and types: a reader of the old history sees no
 * change. */
static void the_seeds_values_are_written_as_they_were_read(void **state)
{
	struct snapshot s;
	struct err err;
	cJSON *seed, *written;

	(void)state;
	read_seed(&s);
	seed = json_parse(unit_fixture(&arena, "seed/entry.json"), &err);
	written = json_parse(write_record(&snapshot_record, &s), &err);
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		const cJSON *theirs = object_at(seed, objects[i].path),
			    *ours = object_at(written, objects[i].path);

		for (const cJSON *value = theirs->child; value; value = value->next) {
			unit_case("%s %s", objects[i].path, value->string);
			if (!cJSON_IsObject(value) && !cJSON_IsObject(value->child))
				assert_true(cJSON_Compare(value,
					cJSON_GetObjectItemCaseSensitive(ours, value->string), true));
		}
	}
	json_delete_pointer(&seed);
	json_delete_pointer(&written);
	snapshot_release(&s);
}

/* Times */

static const struct {
	const char *json, *says;
} refused[] = {
	{"", "not JSON: it is empty"},
	{"{" TIME, "not JSON"},
	{"{" TIME "}}", "not JSON"},
	{"[{" TIME "}]", "expected an object, found a list"},
	{"\""
	 "x\"",
		"expected an object, found text"},
	{"null", "expected an object, found null"},
	{"{}", "the entry has no time"},
	{"{\"timestamp\":\"yesterday\"}", "the entry has no time"},
	{"{\"timestamp\":1768122000}", "the entry has no time"},
	{"{\"timestamp\":null,\"epoch\":null}", "the entry has no time"},
};

static void what_is_no_entry_with_a_time_is_refused(void **state)
{
	struct snapshot s;

	(void)state;
	snapshot_init(&s);
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = {.code = 0};

		unit_case("%s", refused[i].json);
		assert_count(snapshot_read(&s, slice_of(refused[i].json), &err), -1);
		assert_count(err.code, EBADMSG);
		assert_says(err.text, refused[i].says);
	}
	snapshot_release(&s);
}

static void the_epoch_stands_above_the_timestamp(void **state)
{
	struct snapshot s;
	struct err err;

	(void)state;
	unit_set_zone("Europe/Paris");
	snapshot_init(&s);
	assert_int_equal(snapshot_read(&s, slice_of("{" TIME ",\"epoch\":1768125600.5}"), &err), 0);
	assert_near(s.epoch, 1768125600.5, 0);
	assert_int_equal(snapshot_read(&s, slice_of("{" TIME "}"), &err), 0);
	assert_near(s.epoch, 1768122000, 0);
	assert_int_equal(snapshot_read(&s, slice_of("{\"epoch\":7}"), &err), 0);
	assert_near(s.epoch, 7, 0);
	assert_null(s.timestamp);
	snapshot_release(&s);
}

/* What the model says of containers */

static void containers_are_counted_by_their_states(void **state)
{
	static const char json[] = "{" TIME ",\"containers\":["
				   "{\"name\":\"a\",\"state\":\"running\",\"status\":\"running\"},"
				   "{\"name\":\"b\",\"state\":\"running\",\"status\":\"unhealthy\"},"
				   "{\"name\":\"c\",\"state\":\"paused\",\"status\":\"stopped\"},"
				   "{\"name\":\"d\",\"state\":\"restarting\",\"status\":\"stopped\"},"
				   "{\"name\":\"e\",\"state\":\"exited\",\"status\":\"stopped\"},"
				   "{\"name\":\"f\"}]}";
	struct snapshot s;
	struct err err;

	(void)state;
	snapshot_init(&s);
	assert_int_equal(snapshot_read(&s, slice_of(json), &err), 0);
	snapshot_count_containers(&s);
	assert_near(s.containers_total, 6, 0);
	assert_near(s.containers_running, 2, 0);
	assert_near(s.containers_stopped, 4, 0);
	assert_near(s.containers_unhealthy, 1, 0);
	assert_ptr_equal(snapshot_container(&s, "b"), &s.containers[1]);
	assert_null(snapshot_container(&s, "B"));
	assert_null(snapshot_container(&s, NULL));
	assert_null(snapshot_container(NULL, "b"));
	snapshot_release(&s);
	snapshot_count_containers(&s);
	assert_near(s.containers_total, 0, 0);
	assert_null(snapshot_container(&s, "b"));
}

static const struct {
	const char *what, *before, *now; /* `before` may be NULL */
	double restarts;
} rises[] = {
	{"the counter rose", "{\"id\":\"a\",\"restarts\":2}", "{\"id\":\"a\",\"restarts\":5}", 3},
	{"it stood still", "{\"id\":\"a\",\"restarts\":5}", "{\"id\":\"a\",\"restarts\":5}", 0},
	{"it started again", "{\"id\":\"a\",\"restarts\":5}", "{\"id\":\"a\",\"restarts\":2}", 2},
	{"another container of the name", "{\"id\":\"a\",\"restarts\":2}", "{\"id\":\"b\",\"restarts\":5}",
		5},
	{"a container that was not there", NULL, "{\"id\":\"a\",\"restarts\":5}", 5},
	{"not known before", "{\"id\":\"a\"}", "{\"id\":\"a\",\"restarts\":5}", 0},
	{"not known now", "{\"id\":\"a\",\"restarts\":5}", "{\"id\":\"a\"}", 0},
	{"without an id", "{\"restarts\":2}", "{\"id\":\"a\",\"restarts\":5}", 3},
	{"a shorter id, as docker-py's", "{\"id\":\"0123456789\",\"restarts\":2}",
		"{\"id\":\"0123456789ab\",\"restarts\":5}", 3},
	{"another in a later letter", "{\"id\":\"0123456789\",\"restarts\":2}",
		"{\"id\":\"0123456780ab\",\"restarts\":5}", 5},
};

static const struct container *read_container(const char *json)
{
	struct container *c = arena_alloc(&arena, sizeof(*c));
	struct err err;

	if (!json)
		return NULL;
	if (record_read(&container_record, c, slice_of(json), &arena, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void restarts_are_the_rise_of_the_engines_counter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rises); i++) {
		unit_case("%s", rises[i].what);
		assert_near(container_restarts_since(read_container(rises[i].now),
				    read_container(rises[i].before)),
			rises[i].restarts, 0);
	}
}

#define EXITED "\"id\":\"a\",\"state\":\"exited\",\"exit_code\""

static const struct {
	const char *what, *before, *now;
	double kills; /* by the kernel, since before */
	bool oom;
} deaths[] = {
	{"the engine says so", NULL, "{" EXITED ":1,\"oom_killed\":true}", 0, true},
	{"the engine says so of one that runs", NULL, "{\"state\":\"running\",\"oom_killed\":true}", 0, true},
	{"137 and a kill", NULL, "{" EXITED ":137,\"oom_killed\":false}", 1, true},
	{"137 and no kill", NULL, "{" EXITED ":137,\"oom_killed\":false}", 0, false},
	{"137 and unknown kills", NULL, "{" EXITED ":137}", (double)NAN, false},
	{"137 and a counter that started again", NULL, "{" EXITED ":137}", -3, false},
	{"a kill and another exit code", NULL, "{" EXITED ":1}", 1, false},
	{"a kill while it runs", NULL, "{\"id\":\"a\",\"state\":\"running\",\"exit_code\":137}", 1, false},
	{"it ran before", "{\"id\":\"a\",\"state\":\"running\"}", "{" EXITED ":137}", 1, true},
	{"it had ended so before", "{" EXITED ":137,\"finished_at\":\"t\"}",
		"{" EXITED ":137,\"finished_at\":\"t\"}", 1, false},
	{"it ended again since", "{" EXITED ":137,\"finished_at\":\"t\"}",
		"{" EXITED ":137,\"finished_at\":\"u\"}", 1, true},
};

static void a_death_for_want_of_memory_is_known_without_the_engines_flag(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(deaths); i++) {
		unit_case("%s", deaths[i].what);
		assert_count(container_was_oom_killed(read_container(deaths[i].now),
				     read_container(deaths[i].before), deaths[i].kills),
			deaths[i].oom);
	}
}

static void what_another_run_has_counted_is_taken_out(void **state)
{
	static const struct {
		double until, count;
		const char *left;
		double log_until;
	} cases[] = {
		{5, 9, "abc", 30},
		{10, 7, "bc", 30},
		{20, 3, "c", 30},
		{30, 0, "", 30}, /* all that it read, also what is none of the listed */
		{40, 0, "", 40},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *messages[] = {"a", "b", "c"};
		double counts[] = {2, 4, 2}, first[] = {1, 1, 1}, last[] = {10, 20, 29};
		struct container c;
		char left[4] = "";

		record_init(&container_record, &c);
		c.errors = (struct strings){messages, 3};
		c.error_counts = (struct numbers){counts, 3};
		c.error_first_epochs = (struct numbers){first, 3};
		c.error_last_epochs = (struct numbers){last, 3};
		c.error_count = 9;
		c.log_until_epoch = 30;
		unit_case("until %g", cases[i].until);
		container_drop_errors(&c, cases[i].until);
		for (size_t k = 0; k < c.errors.count; k++)
			left[k] = c.errors.items[k][0];
		assert_string_equal(left, cases[i].left);
		assert_count(c.error_counts.count, c.errors.count);
		assert_count(c.error_last_epochs.count, c.errors.count);
		assert_near(c.error_count, cases[i].count, 0);
		assert_near(c.log_until_epoch, cases[i].log_until, 0);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_seeds_entry_is_read_with_all_its_fields),
		TEST(an_entry_has_the_seeds_fields_in_the_seeds_order_and_then_ours),
		TEST(the_seeds_values_are_written_as_they_were_read),
		TEST(what_is_no_entry_with_a_time_is_refused),
		TEST(the_epoch_stands_above_the_timestamp),
		TEST(containers_are_counted_by_their_states),
		TEST(restarts_are_the_rise_of_the_engines_counter),
		TEST(a_death_for_want_of_memory_is_known_without_the_engines_flag),
		TEST(what_another_run_has_counted_is_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

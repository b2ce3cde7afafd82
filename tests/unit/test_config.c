#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/config.h"
#include "base/json.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static const void *value_of(const struct config *config, const struct config_key *key)
{
	return (const char *)config + key->offset;
}

/* The value of a key, for comparing. */
static const char *shown(const struct config *config, const struct config_key *key)
{
	const void *value = value_of(config, key);

	switch (key->type) {
	case FIELD_STRING:
		return *(char *const *)value;
	case FIELD_FLAG:
		return *(const enum flag *)value == FLAG_YES ? "yes" : "no";
	case FIELD_STRINGS: {
		const struct strings *list = value;
		char *all = arena_string(&arena, "list");

		for (size_t i = 0; i < list->count; i++)
			all = arena_printf(&arena, "%s, \"%s\"", all, list->items[i]);
		return all;
	}
	default:
		return arena_printf(&arena, "%.9g", *(const double *)value);
	}
}

/* `docker.host` and `"x"` make `{"docker":{"host":"x"}}`. */
static struct slice json_of(const char *name, const char *value)
{
	const char *dot = strchr(name, '.');

	if (!dot)
		return slice_of(arena_printf(&arena, "{\"%s\":%s}", name, value));
	return slice_of(
		arena_printf(&arena, "{\"%.*s\":{\"%s\":%s}}", (int)(dot - name), name, dot + 1, value));
}

static const struct config_key *key_of(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	return NULL;
}

/* The table */

static void every_key_is_explained_and_its_default_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		unit_case("%s", key->name);
		assert_true(key->help && *key->help);
		if (key->type == FIELD_NUMBER)
			assert_true(key->number >= key->min && key->number <= key->max);
		assert_ptr_equal(key_of(key->name), key);
		for (size_t j = 0; j < i; j++)
			assert_true(config_keys[j].offset != key->offset);
	}
}

/* The example */

static size_t check_names(const char *group, const cJSON *object)
{
	size_t count = 0;

	for (const cJSON *item = object->child; item; item = item->next) {
		char *name = arena_printf(&arena, "%s%s%s", group, *group ? "." : "", item->string);

		unit_case("%s", name);
		if (cJSON_IsObject(item)) {
			count += check_names(name, item);
		} else {
			assert_non_null(key_of(name));
			count++;
		}
	}
	return count;
}

static void the_example_has_every_key_and_no_other(void **state)
{
	struct err err;
	cJSON *json = json_parse(unit_read(&arena, "config.example.json"), &err);

	(void)state;
	assert_non_null(json);
	assert_int_equal(check_names("", json), config_key_count);
	json_delete_pointer(&json);
}

static void the_example_says_what_the_defaults_are(void **state)
{
	struct config example, defaults;
	struct err err;

	(void)state;
	config_init(&example);
	config_init(&defaults);
	if (config_parse(&example, unit_read(&arena, "config.example.json"), &err) < 0)
		fail_msg("%s", err.text);
	assert_strings(example.warnings, "");
	for (size_t i = 0; i < config_key_count; i++) {
		unit_case("%s", config_keys[i].name);
		assert_text(shown(&example, &config_keys[i]), shown(&defaults, &config_keys[i]));
	}
	config_release(&example);
	config_release(&defaults);
}

/* Design, 6 and seed: what a newcomer is promised. */
static void the_promised_defaults_hold(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_text(c.server_name, "");
	assert_text(c.history_file, "data/health_history.json");
	assert_text(c.log_file, "logs/asmo.log");
	assert_near(c.retention_days, 7, 0);
	assert_near(c.report_hours, 24, 0);
	assert_near(c.docker.log_lines, 1000, 0);
	assert_int_equal(c.docker.required, FLAG_NO);
	assert_near(c.thresholds.cpu_critical, 95, 0);
	assert_near(c.thresholds.cpu_warning, 85, 0);
	assert_near(c.thresholds.ram_critical, 95, 0);
	assert_near(c.thresholds.ram_warning, 85, 0);
	assert_near(c.thresholds.disk_critical, 90, 0);
	assert_near(c.thresholds.disk_warning, 80, 0);
	assert_near(c.thresholds.restarts_warning, 1, 0);
	assert_near(c.thresholds.restarts_critical, 3, 0);
	config_release(&c);
}

/* Values that are allowed */

/* A value that is not the key's default, and how it is shown. */
static const char *another_value(const struct config_key *key, const char **ret_shown)
{
	switch (key->type) {
	case FIELD_STRING:
		if (key->is_url) {
			*ret_shown = "https://h/\"x\"";
			return "\"https://h/\\\"x\\\"\"";
		}
		*ret_shown = "caf\303\251 \"x\"";
		return "\"caf\\u00e9 \\\"x\\\"\"";
	case FIELD_FLAG:
		*ret_shown = key->number > 0 ? "no" : "yes";
		return key->number > 0 ? "false" : "true";
	case FIELD_STRINGS:
		*ret_shown = "list, \"a.*\", \"b\"";
		return "[\"a.*\",\"b\"]";
	default:
		return *ret_shown =
			       arena_printf(&arena, "%.9g", key->number > key->min ? key->min : key->max);
	}
}

static void each_key_sets_its_own_value_and_no_other(void **state)
{
	struct config defaults;

	(void)state;
	config_init(&defaults);
	for (size_t i = 0; i < config_key_count; i++) {
		const char *expected, *value = another_value(&config_keys[i], &expected);
		struct config config;
		struct err err;

		unit_case("%s = %s", config_keys[i].name, value);
		config_init(&config);
		assert_count(config_parse(&config, json_of(config_keys[i].name, value), &err), 0);
		assert_count(config.warnings.count, 0);
		for (size_t j = 0; j < config_key_count; j++)
			assert_text(shown(&config, &config_keys[j]),
				i == j ? expected : shown(&defaults, &config_keys[j]));
		config_release(&config);
	}
	config_release(&defaults);
}

static void a_number_may_be_as_small_and_as_large_as_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		struct config config;
		struct err err;

		if (key->type != FIELD_NUMBER)
			continue;
		unit_case("%s", key->name);
		config_init(&config);
		assert_count(config_parse(&config, json_of(key->name, arena_printf(&arena, "%.9g", key->min)),
				     &err),
			0);
		assert_near(*(const double *)value_of(&config, key), key->min, 0);
		assert_count(config_parse(&config, json_of(key->name, arena_printf(&arena, "%.9g", key->max)),
				     &err),
			0);
		assert_near(*(const double *)value_of(&config, key), key->max, 0);
		assert_count(config_parse(&config, json_of(key->name, "null"), &err),
			key->may_be_null ? 0 : -1);
		if (key->may_be_null)
			assert_missing(*(const double *)value_of(&config, key));
		config_release(&config);
	}
}

static const struct {
	const char *json, *error, *warnings;
} container_cases[] = {
	{"{}", "", ""},
	{"{\"a\":{},\"b*\":{\"ignore\":true,\"expected\":\"running\",\"mem_limit_percent\":90.5}}", "", ""},
	{"[]", "containers is a list, allowed is an object with its keys", ""},
	{"{\"a\":true}", "containers.a is true or false, allowed is an object with its keys", ""},
	{"{\"a\":{\"ignore\":1}}", "containers.a.ignore is 1, allowed is true or false", ""},
	{"{\"a\":{\"expected\":\"up\"}}", "containers.a.expected is \"up\", allowed is running or stopped",
		""},
	{"{\"a\":{\"mem_limit_percent\":0}}",
		"containers.a.mem_limit_percent is 0, allowed is a number from 1 to 100", ""},
	{"{\"a\":{\"ignroe\":true}}", "",
		"unknown key containers.a.ignroe has no effect; the nearest known one is "
		"containers.a.ignore"},
};

static void containers_have_keys_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(container_cases); i++) {
		char *json = arena_printf(&arena, "{\"containers\":%s}", container_cases[i].json);
		struct config config;
		struct err err = {.text = ""};

		unit_case("%s", json);
		config_init(&config);
		assert_int_equal(config_parse(&config, slice_of(json), &err),
			*container_cases[i].error ? -1 : 0);
		assert_text(err.text, container_cases[i].error);
		assert_strings(config.warnings, container_cases[i].warnings);
		config_release(&config);
	}
}

static void a_list_takes_the_place_of_the_default_list(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_true(config.docker.error_patterns.count > 0);
	assert_int_equal(config_parse(&config,
				 slice_of("{\"docker\":{\"error_patterns\":[\"^E[0-9]+\"],\"ignore_"
					  "patterns\":[]}}"),
				 &err),
		0);
	assert_strings(config.docker.error_patterns, "^E[0-9]+");
	assert_strings(config.docker.ignore_patterns, "");
	config_release(&config);
}

/* Values that are not */

static const char *const not_strings[] = {"7", "true", "null", "[]", "[\"x\"]", "{}", NULL};
static const char *const not_flags[] = {"0", "1", "\"true\"", "null", "[true]", "{}", NULL};
static const char *const not_numbers[] = {"\"7\"", "true", "[]", "[7]", "{}", "-1", "1e9", "-1e999", "1e999",
	NULL};
static const char *const not_lists[] = {"\"x\"", "7", "true", "null", "{}", "[7]", "[null]", "[\"x\",[]]",
	"[\"\"]", NULL};
static const char *const not_patterns[] = {"[\"(\"]", "[\"ok\",\"[a\"]", "[\"a{2,1}\"]", "[\"*\"]",
	"[\"a\\\\\"]", NULL};

static const struct {
	enum field_type type;
	const char *const *values;
	const char *allowed;
} wrong[] = {
	{FIELD_STRING, not_strings, "allowed is a text"},
	{FIELD_FLAG, not_flags, "allowed is true or false"},
	{FIELD_NUMBER, not_numbers, "allowed is a "},
	{FIELD_STRINGS, not_lists, "allowed is a list of texts"},
};

static void refuse(const struct config_key *key, const char *value, const char *allowed)
{
	struct config config;
	struct err err = {.code = 0};

	unit_case("%s = %s", key->name, value);
	config_init(&config);
	assert_count(config_parse(&config, json_of(key->name, value), &err), -1);
	assert_count(err.code, EINVAL);
	assert_says(err.text, arena_printf(&arena, "%s is ", key->name));
	assert_says(err.text, allowed);
	config_release(&config);
}

static void every_key_refuses_what_is_of_another_type_or_out_of_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		for (size_t w = 0; w < COUNT_OF(wrong); w++)
			for (const char *const *value = wrong[w].values; key->type == wrong[w].type && *value;
				value++)
				refuse(key, *value, wrong[w].allowed);
		if (key->is_pattern)
			for (const char *const *value = not_patterns; *value; value++)
				refuse(key, *value, "allowed is an extended regular expression (");
		if (key->type == FIELD_NUMBER) {
			const char *allowed = arena_printf(&arena, "allowed is a %snumber from %g to %g%s",
				key->whole ? "whole " : "", key->min, key->max,
				key->may_be_null ? ", or null" : "");

			refuse(key, arena_printf(&arena, "%.9g", key->min - 0.01), allowed);
			refuse(key, arena_printf(&arena, "%.9g", key->max + 0.01), allowed);
			refuse(key, "\"x\"", allowed);
			if (key->whole)
				refuse(key, "1.5", allowed);
			if (!key->may_be_null)
				refuse(key, "null", allowed);
		}
	}
}

static const struct {
	const char *json;
	const char *says;
} faults[] = {
	{"{\"retention_days\":\"seven\"}", "retention_days is \"seven\", allowed is a number from 1 to 3650"},
	{"{\"retention_days\":null}", "retention_days is null, allowed is a number from 1 to 3650"},
	{"{\"retention_days\":0.5}", "retention_days is 0.5, allowed is a number from 1 to 3650"},
	{"{\"docker\":{\"log_lines\":1.5}}",
		"docker.log_lines is 1.5, allowed is a whole number from 0 to 100000"},
	{"{\"thresholds\":{\"cpu_critical\":101}}",
		"thresholds.cpu_critical is 101, allowed is a number from 0 to 100, or null for never"},
	{"{\"docker\":{\"error_patterns\":[\"ok\",\"a(b\"]}}",
		"docker.error_patterns is \"a(b\", allowed is an extended regular expression (Unmatched ( or "
		"\\()"},
	{"{\"docker\":{\"ignore_containers\":[\"ok\",7]}}",
		"docker.ignore_containers is 7, allowed is a list of texts that are not empty"},
	{"{\"docker\":null}", "docker is null, allowed is an object with its keys"},
	{"{\"docker\":\"unix:///x\"}", "docker is text, allowed is an object with its keys"},
	{"{\"disks\":[]}", "disks is a list, allowed is an object with its keys"},
	{"{\"server_name\":\"ok\",\"log_file\":7}", "log_file is 7, allowed is a text"},
};

static void an_error_names_the_key_what_was_found_and_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		struct config config;
		struct err err = {.code = 0};

		unit_case("%s", faults[i].json);
		config_init(&config);
		assert_count(config_parse(&config, slice_of(faults[i].json), &err), -1);
		assert_count(err.code, EINVAL);
		assert_text(err.text, faults[i].says);
		config_release(&config);
	}
}

static void what_was_found_is_shown_short_and_harmless(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config, json_of("log_file", "[\"\\u001b[31m\\u202ered\"]"), &err), -1);
	assert_null(strchr(err.text, '\033'));
	assert_int_equal(config_parse(&config,
				 json_of("retention_days",
					 arena_printf(&arena, "\"%s\"", unit_repeat(&arena, 'x', 9999).data)),
				 &err),
		-1);
	assert_true(strlen(err.text) < 200);
	assert_says(err.text, "xxx…, allowed is a number");
	config_release(&config);
}

static void the_webhook_is_not_shown_in_an_error(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config,
				 json_of("discord.webhook_url",
					 "[\"https://discord.com/api/webhooks/1/hunter2\"]"),
				 &err),
		-1);
	assert_says(err.text, "discord.webhook_url is ");
	assert_null(strstr(err.text, "hunter2"));
	config_release(&config);
}

static const struct {
	const char *json, *says;
} not_configs[] = {
	{"", "not JSON: it is empty"},
	{"{", "not JSON: fault in line 1"},
	{"{\n\"retention_days\": 7,\n}", "not JSON: fault in line 3"},
	{"{\"retention_days\": 7} // comment", "not JSON: fault in line 1, column 23"},
	{"[]", "expected one object of keys, found a list"},
	{"7", "expected one object of keys, found a number"},
	{"null", "expected one object of keys, found null"},
};

static void what_is_no_object_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(not_configs); i++) {
		struct config config;
		struct err err = {.code = 0};

		unit_case("%s", not_configs[i].json);
		config_init(&config);
		assert_count(config_parse(&config, slice_of(not_configs[i].json), &err), -1);
		assert_count(err.code, EBADMSG);
		assert_says(err.text, not_configs[i].says);
		config_release(&config);
	}
}

/* Keys that there are not */

static const struct {
	const char *json, *unknown, *nearest;
} unknowns[] = {
	{"{\"retention_day\":7}", "retention_day", "retention_days"},
	{"{\"Retention_Days\":7}", "Retention_Days", "retention_days"},
	{"{\"servername\":\"x\"}", "servername", "server_name"},
	{"{\"docker\":{\"timeout_second\":7}}", "docker.timeout_second", "docker.timeout_seconds"},
	{"{\"docker\":{\"ignore_container\":7}}", "docker.ignore_container", "docker.ignore_containers"},
	{"{\"thresholds\":{\"disc_warning\":7}}", "thresholds.disc_warning", "thresholds.disk_warning"},
	{"{\"discord\":{\"webhook\":\"x\"}}", "discord.webhook", "discord.webhook_url"},
	{"{\"discord_webhook_url\":\"x\"}", "discord_webhook_url", "discord.webhook_url"},
	{"{\"disk\":{\"ignore_mounts\":[]}}", "disk", "disks"},
	{"{\"Docker\":{}}", "Docker", "docker"},
	/* nothing is like these */
	{"{\"email\":{\"to\":\"x\"}}", "email", NULL},
	{"{\"\":7}", "", NULL},
	{"{\"zzzzzzzzzzzzzzzzzzzzzzzz\":7}", "zzzzzzzzzzzzzzzzzzzzzzzz", NULL},
};

static void an_unknown_key_is_a_warning_that_names_the_nearest_if_one_is_near(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(unknowns); i++) {
		struct config config;
		struct err err;

		unit_case("%s", unknowns[i].json);
		config_init(&config);
		assert_count(config_parse(&config, slice_of(unknowns[i].json), &err), 0);
		assert_count(config.warnings.count, 1);
		assert_text(config.warnings.items[0],
			unknowns[i].nearest
				? arena_printf(&arena,
					  "unknown key %s has no effect; the nearest known one is %s",
					  unknowns[i].unknown, unknowns[i].nearest)
				: arena_printf(&arena, "unknown key %s has no effect", unknowns[i].unknown));
		config_release(&config);
	}
}

static void an_unknown_key_of_any_length_is_shown_short_and_harmless(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config,
				 slice_of(arena_printf(&arena, "{\"\\u001b[2J%s\":7}",
					 unit_repeat(&arena, 'y', 9999).data)),
				 &err),
		0);
	assert_int_equal(config.warnings.count, 1);
	assert_null(strchr(config.warnings.items[0], '\033'));
	assert_true(strlen(config.warnings.items[0]) < 300);
	config_release(&config);
}

static void known_keys_beside_an_unknown_one_still_count(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config,
				 slice_of("{\"a\":1,\"report_hours\":48,\"b\":{\"c\":1},\"docker\":{\"d\":[],"
					  "\"required\":true}}"),
				 &err),
		0);
	assert_int_equal(config.warnings.count, 3);
	assert_near(config.report_hours, 48, 0);
	assert_int_equal(config.docker.required, FLAG_YES);
	config_release(&config);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_key_is_explained_and_its_default_is_allowed),
		TEST(the_example_has_every_key_and_no_other),
		TEST(the_example_says_what_the_defaults_are),
		TEST(the_promised_defaults_hold),
		TEST(each_key_sets_its_own_value_and_no_other),
		TEST(a_number_may_be_as_small_and_as_large_as_allowed),
		TEST(containers_have_keys_of_their_own),
		TEST(a_list_takes_the_place_of_the_default_list),
		TEST(every_key_refuses_what_is_of_another_type_or_out_of_range),
		TEST(an_error_names_the_key_what_was_found_and_what_is_allowed),
		TEST(what_was_found_is_shown_short_and_harmless),
		TEST(the_webhook_is_not_shown_in_an_error),
		TEST(what_is_no_object_is_refused),
		TEST(an_unknown_key_is_a_warning_that_names_the_nearest_if_one_is_near),
		TEST(an_unknown_key_of_any_length_is_shown_short_and_harmless),
		TEST(known_keys_beside_an_unknown_one_still_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

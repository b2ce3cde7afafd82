#include "../support/unit.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/buf.h"
#include "asmo/err.h"
#include "base/json.h"

/* buf */

static void a_buffer_is_a_terminated_string_at_every_step(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1000);

	(void)state;
	assert_text(buf.data, "");
	buf_add_string(&buf, "one");
	assert_text(buf.data, "one");
	buf_add_char(&buf, ',');
	buf_add(&buf, "two\0three", 9);
	assert_int_equal(buf.len, 13);
	assert_memory_equal(buf.data, "one,two\0three", 14);
	buf_clear(&buf);
	assert_text(buf.data, "");
	assert_int_equal(buf.len, 0);
	buf_printf(&buf, "%d %s", 7, "seven");
	assert_text(buf.data, "7 seven");
	buf_release(&buf);
	assert_text(buf.data, "");
	buf_add_string(&buf, "again");
	assert_text(buf.data, "again");
}

static void room_that_was_reserved_is_terminated_before_it_is_filled(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1000);
	char *rubbish = malloc(256);

	(void)state;
	memset(rubbish, 'x', 256);
	free(rubbish);
	assert_non_null(buf_reserve(&buf, 100));
	assert_text(buf.data, "");
}

static void what_passes_the_limit_is_left_out_whole_and_marked(void **state)
{
	struct buf buf AUTO_BUF = buf_new(10);
	char long_text[301];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[300] = '\0';
	buf_add_string(&buf, "1234567");
	buf_add_string(&buf, "89ab");
	assert_text(buf.data, "1234567");
	assert_true(buf.overflow);
	buf_add_string(&buf, "89a");
	assert_text(buf.data, "123456789a");
	assert_true(buf.overflow); /* until it is cleared */
	buf_add_char(&buf, 'b');
	buf_printf(&buf, "%s", long_text);
	buf_printf(&buf, "%s", "b");
	assert_null(buf_reserve(&buf, 1));
	assert_text(buf.data, "123456789a");
	buf_clear(&buf);
	assert_false(buf.overflow);
	buf_add(&buf, long_text, 10);
	assert_false(buf.overflow);
	assert_null(buf_reserve(&buf, (size_t)-1));
}

static void a_buffer_grows_as_far_as_its_limit(void **state)
{
	enum { LIMIT = 100 * 1000 };
	struct buf buf AUTO_BUF = buf_new(LIMIT);
	struct slice all;

	(void)state;
	while (!buf.overflow)
		buf_printf(&buf, "%0999d\n", 7);
	all = buf_slice(&buf);
	assert_int_equal(all.len, LIMIT);
	for (size_t i = 0; i < LIMIT; i++)
		assert_int_equal(all.data[i], i % 1000 == 999 ? '\n' : i % 1000 == 998 ? '7' : '0');
}

/* mem */

static void what_is_made_in_an_arena_is_zeroed_aligned_and_stays_where_it_is(void **state)
{
	static const size_t sizes[] = {1, 15, 16, 17, 0, 100, 16 * 1024, 16 * 1024 + 1, 100000, 1};
	struct arena arena = {0};
	char *made[COUNT_OF(sizes)], *text;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			made[i] = arena_alloc(&arena, sizes[i]);
			assert_int_equal((uintptr_t)made[i] % 16, 0);
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(made[i][j], 0);
			memset(made[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(made[i][j], i + 1);
		arena_clear(&arena);
	}
	text = arena_printf(&arena, "%s-%d", "text", 7);
	assert_text(text, "text-7");
	assert_text(arena_string(&arena, text), "text-7");
	assert_null(arena_string(&arena, NULL));
	assert_text(arena_slice(&arena, (struct slice){text, 4}), "text");
	assert_text(arena_slice(&arena, (struct slice){NULL, 0}), "");
	arena_release(&arena);
	assert_null(arena.newest);
	arena_release(&arena);
}

/* err */

static void an_error_says_what_went_wrong_from_the_outside_in(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, EINVAL, "%d is odd", 7), -1);
	assert_int_equal(err.code, EINVAL);
	assert_text(err.text, "7 is odd");
	assert_int_equal(err_prefix(&err, "line %d", 3), -1);
	assert_int_equal(err.code, EINVAL);
	assert_text(err.text, "line 3: 7 is odd");
	assert_int_equal(err_errno(&err, ENOENT, "%s cannot be opened", "x.json"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_text(err.text, "x.json cannot be opened: No such file or directory");
}

static void an_error_of_any_length_is_terminated(void **state)
{
	char text[2000];

	(void)state;
	for (size_t prefix = 580; prefix < 1999; prefix += prefix < 620 ? 1 : 100) {
		struct {
			struct err err;
			char behind;
		} at;

		memset(text, 'p', sizeof(text));
		text[prefix] = '\0';
		memset(&at, 'x', sizeof(at));
		err_set(&at.err, EIO, "short");
		err_prefix(&at.err, "%s", text);
		assert_non_null(memchr(at.err.text, '\0', sizeof(at.err.text)));
		assert_int_equal(strncmp(at.err.text, text, 580), 0);
		memset(&at, 'x', sizeof(at));
		err_errno(&at.err, EIO, "%s", text);
		assert_non_null(memchr(at.err.text, '\0', sizeof(at.err.text)));
		memset(&at, 'x', sizeof(at));
		err_set(&at.err, EIO, "%s", text);
		assert_non_null(memchr(at.err.text, '\0', sizeof(at.err.text)));
		err_prefix(&at.err, "short");
		assert_non_null(memchr(at.err.text, '\0', sizeof(at.err.text)));
		assert_int_equal(strncmp(at.err.text, "short: pppp", 11), 0);
		assert_int_equal(at.behind, 'x');
	}
}

/* json */

static const struct {
	struct slice text;
	const char *fault; /* NULL: it is JSON */
} texts[] = {
	{BYTES("{}"), NULL},
	{BYTES(" \t\r\n[1, 2]\n\n"), NULL},
	{BYTES("7"), NULL},
	{BYTES("null"), NULL},
	{BYTES("\"\\u00e9\\ud83d\\udc33\""), NULL},
	{{"", 0}, "it is empty"},
	{{NULL, 0}, "it is empty"},
	{BYTES(" "), "fault in line 1"},
	{BYTES("{"), "fault in line 1"},
	{BYTES("[1, 2"), "fault in line 1"},
	{BYTES("{}x"), "fault in line 1, column 3"},
	{BYTES("{} {}"), "fault in line 1, column 4"},
	{BYTES("[1,\n2]\n\n  ,"), "fault in line 4, column 3"},
	{BYTES("{\n\"a\": 1,\n\"b\": oops\n}"), "fault in line 3"},
	{BYTES("{\"a\": 1,}"), "fault in line 1, column 9: the comma before it is one too many"},
	{BYTES("{\n \"a\": 1,\n}\n"), "fault in line 3, column 2: the comma before it is one too many"},
	{BYTES("{\"a\": \"1\"x"), "fault in line 1, column 10"},
	{BYTES("[1, 2,\n ]"), "fault in line 2, column 2: the comma before it is one too many"},
	{BYTES("{\"a\": 1\n \"b\": 2}"),
		"fault in line 2, column 2: a comma or a colon is missing before it"},
	{BYTES("{\"a\": true \"b\": 2}"),
		"fault in line 1, column 12: a comma or a colon is missing before it"},
	{BYTES("{\"a\" \"b\"}"), "fault in line 1, column 6: a comma or a colon is missing before it"},
	{BYTES("// mine\n{}"), "fault in line 1, column 1: JSON has no comments"},
	{BYTES("{\"a\": 1, # mine\n\"b\": 2}"), "fault in line 1, column 11: JSON has no comments"},
	{BYTES("{\"a\": 'b'}"), "fault in line 1, column 7: text stands in double quotes"},
	{BYTES("[1 2]"), "fault in line 1"},
	{BYTES("{'a': 1}"), "fault in line 1, column 3: text stands in double quotes"},
	{BYTES("{a: 1}"), "fault in line 1"},
	{BYTES("[NaN]"), "fault in line 1"},
	{BYTES("[Infinity]"), "fault in line 1"},
	{BYTES("\"open"), "fault in line 1"},
	{BYTES("\"\\ud83d\""), "fault in line 1"},
	{BYTES("{}\0"), "fault in line 1, column 3"},
	{BYTES("{}\0{}"), "fault in line 1, column 3"},
	{BYTES("\0\0\0\0"), "fault in line 1"},
	{BYTES("<html>"), "fault in line 1, column 1"},
};

static void only_a_text_that_is_one_json_value_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		/* From a copy without a byte behind it. */
		char *exact = mem_alloc(texts[i].text.len);
		struct err err = {.code = 0};
		cJSON *json;

		unit_case("%.*s", (int)texts[i].text.len, texts[i].text.len ? texts[i].text.data : "");
		if (texts[i].text.len)
			memcpy(exact, texts[i].text.data, texts[i].text.len);
		json = json_parse((struct slice){texts[i].text.data ? exact : NULL, texts[i].text.len}, &err);
		if (texts[i].fault)
			assert_says(err.text, texts[i].fault);
		assert_count(err.code, texts[i].fault ? EBADMSG : 0);
		assert_count(json != NULL, texts[i].fault == NULL);
		json_delete_pointer(&json);
		free(exact);
	}
}

static void a_json_that_is_nested_too_deep_is_an_error_and_not_a_crash(void **state)
{
	static const char openers[] = "[{";
	struct arena arena = {0};
	struct err err;

	(void)state;
	for (const char *opener = openers; *opener; opener++)
		assert_null(json_parse(unit_repeat(&arena, *opener, 1000 * 1000), &err));
	arena_release(&arena);
}

static void a_json_of_more_values_than_memory_is_an_error_and_the_next_is_read(void **state)
{
	struct buf text AUTO_BUF = buf_new(4 * 1024 * 1024);
	struct buf out AUTO_BUF = buf_new(16 * 1024 * 1024);
	struct err err;
	cJSON *json;

	(void)state;
	if (unit_is_slow())
		skip();
	buf_add_char(&text, '[');
	for (size_t i = 0; i < 1024 * 1024; i++)
		buf_add_string(&text, "1,");
	buf_add_string(&text, "1]");
	assert_null(json_parse(buf_slice(&text), &err));
	assert_int_equal(err.code, EFBIG);
	assert_text(err.text, "JSON that takes more than 16 MiB of memory");
	json = json_parse(slice_of("[1,2]"), &err);
	assert_int_equal(cJSON_GetArraySize(json), 2);
	json_delete_pointer(&json);
	/* What the programs print is their own, and as large as it is. */
	assert_int_equal(json_write_indented(&out, buf_slice(&text), &err), 0);
	assert_true(out.len > text.len);
}

static void a_document_lives_until_it_is_deleted_whatever_others_do(void **state)
{
	struct err err;
	cJSON *first = json_parse(slice_of("{\"a\":\"first\"}"), &err), *second;

	(void)state;
	assert_null(json_parse(slice_of("{\"a\":\"fault"), &err));
	second = json_parse(slice_of("{\"a\":\"second\"}"), &err);
	json_delete_pointer(&first);
	assert_null(first);
	json_delete_pointer(&first);
	assert_text(json_string(second, "a"), "second");
	json_delete_pointer(&second);
}

/* 0 where the C library, or a sanitizer in its place, does not say. */
static size_t heap_in_use(void)
{
#ifdef __GLIBC__
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

static void the_memory_of_a_document_is_given_back(void **state)
{
	struct buf text AUTO_BUF = buf_new(1024 * 1024);
	size_t before;

	(void)state;
	buf_add_char(&text, '[');
	for (int i = 0; i < 10000; i++)
		buf_add_string(&text, "[],");
	buf_add_string(&text, "0]");
	before = heap_in_use();
	for (int i = 0; i < 50; i++) {
		struct err err;
		cJSON *json = json_parse(buf_slice(&text), &err);

		assert_non_null(json);
		json_delete_pointer(&json);
		assert_null(json_parse((struct slice){text.data, text.len - 1}, &err));
	}
	assert_true(heap_in_use() < before + 1024 * 1024);
}

static void a_member_of_another_type_is_missing(void **state)
{
	static const char text[] =
		"{\"text\": \"t\", \"number\": 2.5, \"yes\": true, \"no\": false, \"null\": null,"
		" \"list\": [], \"object\": {}, \"Text\": 1}";
	static const struct {
		const char *name;
		bool is_string, is_number, is_bool, is_array, is_object;
	} members[] = {
		{"text", .is_string = true},
		{"number", .is_number = true},
		{"yes", .is_bool = true},
		{"no", .is_bool = true},
		{"null", .is_string = false},
		{"list", .is_array = true},
		{"object", .is_object = true},
		{"Text", .is_number = true},
		{"TEXT", .is_string = false},
		{"none", .is_string = false},
	};
	struct err err;
	cJSON *json = json_parse(slice_of(text), &err);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const char *name = members[i].name;

		unit_case("%s", name);
		assert_count(json_string(json, name) != NULL, members[i].is_string);
		assert_count(!isnan(json_number(json, name)), members[i].is_number);
		assert_count(json_bool(json, name) >= 0, members[i].is_bool);
		assert_count(json_array(json, name) != NULL, members[i].is_array);
		assert_count(json_object(json, name) != NULL, members[i].is_object);
		/* Nor has what is no object any members. */
		assert_null(json_member(json_member(json, name), "x"));
	}
	assert_text(json_string(json, "text"), "t");
	assert_near(json_number(json, "number"), 2.5, 0);
	assert_int_equal(json_bool(json, "yes"), 1);
	assert_int_equal(json_bool(json, "no"), 0);
	assert_null(json_member(json, "null"));
	assert_null(json_member(NULL, "text"));
	assert_text(json_type_name(json_member(json, "text")), "text");
	assert_text(json_type_name(json_member(json, "number")), "a number");
	assert_text(json_type_name(json_member(json, "yes")), "true or false");
	assert_text(json_type_name(json_member(json, "list")), "a list");
	assert_text(json_type_name(json_member(json, "object")), "an object");
	assert_text(json_type_name(cJSON_GetObjectItem(json, "null")), "null");
	json_delete_pointer(&json);
}

static const struct {
	double value;
	int decimals;
	const char *json;
} numbers[] = {
	{0, 0, "0"},
	{0, 1, "0.0"},
	{15.3, 1, "15.3"},
	{15.25, 2, "15.25"},
	{15.349, 1, "15.3"},
	{99.99, 1, "100.0"},
	{-2.5, 1, "-2.5"},
	{1768122000.1234, 3, "1768122000.123"},
	{123456789012345, 0, "123456789012345"},
	{1e18, 0, "1000000000000000000"},
	{1e300, 0, "1000000000000000000"},
	{-1e300, 0, "-1000000000000000000"},
	{(double)NAN, 1, "null"},
	{(double)INFINITY, 1, "null"},
	{-(double)INFINITY, 1, "null"},
};

static void a_number_has_its_decimals_and_what_is_none_is_null(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct buf out AUTO_BUF = buf_new(1000);

		unit_case("%g", numbers[i].value);
		json_write_number(&out, numbers[i].value, numbers[i].decimals);
		assert_text(out.data, numbers[i].json);
	}
}

static const struct {
	const char *text;
	const char *json;
} strings[] = {
	{NULL, "null"},
	{"", "\"\""},
	{"plain", "\"plain\""},
	{"\"quoted\" back\\slash", "\"\\\"quoted\\\" back\\\\slash\""},
	{"line\nbreak\ttab\rreturn", "\"line\\nbreak\\u0009tab\\u000dreturn\""},
	{"\001\037\177", "\"\\u0001\\u001f\\u007f\""},
	{"/", "\"/\""},
	{"café € 🐳", "\"café € 🐳\""},
	{"not \377 UTF-8 \303(", "\"not \\ufffd UTF-8 \\ufffd(\""},
	{"cut \342\202", "\"cut \\ufffd\\ufffd\""},
};

static void a_string_is_escaped_and_comes_back_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct buf out AUTO_BUF = buf_new(1000);
		struct err err;
		cJSON *json;

		unit_case("%s", strings[i].json);
		json_write_string(&out, strings[i].text);
		assert_text(out.data, strings[i].json);
		json = json_parse(buf_slice(&out), &err);
		assert_non_null(json);
		if (!strstr(strings[i].json, "ufffd"))
			assert_text(cJSON_GetStringValue(json), strings[i].text);
		json_delete_pointer(&json);
	}
}

static void for_a_person_json_is_indented(void **state)
{
	struct buf out AUTO_BUF = buf_new(1000);
	struct err err;

	(void)state;
	assert_int_equal(json_write_indented(&out, slice_of("{\"a\":1.5,\"b\":[\"x\",null]}"), &err), 0);
	assert_text(out.data, "{\n\t\"a\":\t1.5,\n\t\"b\":\t[\"x\", null]\n}");
	buf_clear(&out);
	assert_int_equal(json_write_indented(&out, slice_of("{\"a\":1.5"), &err), -1);
	assert_text(out.data, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_is_a_terminated_string_at_every_step),
		cmocka_unit_test(room_that_was_reserved_is_terminated_before_it_is_filled),
		cmocka_unit_test(what_passes_the_limit_is_left_out_whole_and_marked),
		cmocka_unit_test(a_buffer_grows_as_far_as_its_limit),
		cmocka_unit_test(what_is_made_in_an_arena_is_zeroed_aligned_and_stays_where_it_is),
		cmocka_unit_test(an_error_says_what_went_wrong_from_the_outside_in),
		cmocka_unit_test(an_error_of_any_length_is_terminated),
		cmocka_unit_test(only_a_text_that_is_one_json_value_is_taken),
		cmocka_unit_test(a_json_that_is_nested_too_deep_is_an_error_and_not_a_crash),
		cmocka_unit_test(a_json_of_more_values_than_memory_is_an_error_and_the_next_is_read),
		cmocka_unit_test(a_document_lives_until_it_is_deleted_whatever_others_do),
		cmocka_unit_test(the_memory_of_a_document_is_given_back),
		cmocka_unit_test(a_member_of_another_type_is_missing),
		cmocka_unit_test(a_number_has_its_decimals_and_what_is_none_is_null),
		cmocka_unit_test(a_string_is_escaped_and_comes_back_as_it_was),
		cmocka_unit_test(for_a_person_json_is_indented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* From a copy with the padding that is promised and not a byte more. */
static ssize_t length_of(struct slice text)
{
	char *padded AUTO_FREE = mem_alloc(text.len + JSON_PADDING);

	if (text.len)
		memcpy(padded, text.data, text.len);
	memset(padded + text.len, 0, JSON_PADDING);
	return json_object_length(padded, text.len);
}

enum { CUT = 0, NONE = -1, WHOLE = -2 };

static const struct {
	struct slice text;
	ssize_t length;
} texts[] = {
	{BYTES("{}"), WHOLE},
	{BYTES("{ \t\r\n}"), WHOLE},
	{BYTES("{},"), 2},
	{BYTES("{}{}"), 2},
	{BYTES("{}\0"), 2},
	{BYTES("{\"a\":1}\n]"), 7},
	{BYTES("{ \"a\" : [ ] , \"b\" : { } }"), WHOLE},
	{BYTES("{\"a\":[1,-2.5e+3,true,false,null,\"x\",[[]],{}],\"b\":0}"), WHOLE},
	{BYTES("{\"\":\"\"}"), WHOLE},
	{BYTES("{\"}]\\\"{[\":\"\\\\\"}"), WHOLE},
	{BYTES("{\"a\":\"\\u00e9\\n\\/é€🐳\"}"), WHOLE},
	{BYTES("{\"a\":\"\\ud83d\\uDC33\\uD7FF\\uE000\"}"), WHOLE},
	{BYTES("{\"a\":\"1234567\"}"), WHOLE},
	{BYTES("{\"a\":\"12345678\"}"), WHOLE},
	{BYTES("{\"a\":\"123456789\"}"), WHOLE},

	{{"", 0}, CUT},
	{BYTES("{"), CUT},
	{BYTES("{\"a"), CUT},
	{BYTES("{\"a\\"), CUT},
	{BYTES("{\"a\\u00"), CUT},
	{BYTES("{\"a\\ud83d"), CUT},
	{BYTES("{\"a\\ud83d\\udc3"), CUT},
	{BYTES("{\"a\303"), CUT},
	{BYTES("{\"a\":"), CUT},
	{BYTES("{\"a\":-"), CUT},
	{BYTES("{\"a\":1"), CUT},
	{BYTES("{\"a\":1e"), CUT},
	{BYTES("{\"a\":tru"), CUT},
	{BYTES("{\"a\":[1,"), CUT},
	{BYTES("{\"a\":[1]"), CUT},
	{BYTES("{\"a\":1,"), CUT},

	{BYTES("[]"), NONE},
	{BYTES(" {}"), NONE},
	{BYTES("\"x\""), NONE},
	{BYTES("}"), NONE},
	{BYTES("\0"), NONE},
	{BYTES("{]"), NONE},
	{BYTES("{\"a\":[1}"), NONE},
	{BYTES("{\"a\":{]"), NONE},
	{BYTES("{\"a\"}"), NONE},
	{BYTES("{\"a\":}"), NONE},
	{BYTES("{\"a\":1,}"), NONE},
	{BYTES("{,}"), NONE},
	{BYTES("{\"a\":[,1]}"), NONE},
	{BYTES("{\"a\":[1,]}"), NONE},
	{BYTES("{\"a\":[1 2]}"), NONE},
	{BYTES("{\"a\" 1}"), NONE},
	{BYTES("{\"a\":1 \"b\":2}"), NONE},
	{BYTES("{a:1}"), NONE},
	{BYTES("{'a':1}"), NONE},
	{BYTES("{1:1}"), NONE},
	{BYTES("{\"a\":01}"), NONE},
	{BYTES("{\"a\":+1}"), NONE},
	{BYTES("{\"a\":1.}"), NONE},
	{BYTES("{\"a\":.5}"), NONE},
	{BYTES("{\"a\":1e}"), NONE},
	{BYTES("{\"a\":--1}"), NONE},
	{BYTES("{\"a\":NaN}"), NONE},
	{BYTES("{\"a\":truE}"), NONE},
	{BYTES("{\"a\":nullx}"), NONE},
	{BYTES("{\"a\":\"\\x\"}"), NONE},
	{BYTES("{\"a\":\"\\ud83d\"}"), NONE},
	{BYTES("{\"a\":\"\\ud83d\\n\"}"), NONE},
	{BYTES("{\"a\":\"\\ud83d\\ue000\"}"), NONE},
	{BYTES("{\"a\":\"\\ud83d\\ud83d\"}"), NONE},
	{BYTES("{\"a\":\"\\udc33\"}"), NONE},
	{BYTES("{\"a\":\"\\u00g0\"}"), NONE},
	{BYTES("{\"a\":\"\\u00e\"}"), NONE},
	{BYTES("{\"a\":\"line\nbreak\"}"), NONE},
	{BYTES("{\"a\":\"NUL\0\"}"), NONE},
	{BYTES("{\"a\":\"\377 is no UTF-8\"}"), NONE},
	{BYTES("{\"a\":\0}"), NONE},
	{BYTES("{\0}"), NONE},
};

static void an_objects_end_is_found_or_it_is_cut_off_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		unit_case("%s", texts[i].text.len ? texts[i].text.data : "");
		assert_count(length_of(texts[i].text),
			texts[i].length == WHOLE ? (ssize_t)texts[i].text.len : texts[i].length);
	}
}

/* Strings are looked at eight bytes at a time. */
static void each_byte_is_seen_at_each_place_of_a_string(void **state)
{
	(void)state;
	for (int byte = 1; byte < 0x100; byte++) {
		for (size_t at = 0; at < 16; at++) {
			char text[] = "{\"a\":\"................x\"}";
			struct slice whole = {text, strlen(text)};
			bool ends = byte == '"',
			     is_plain = byte >= 0x20 && byte < 0x80 && byte != '\\' && !ends;

			unit_case("byte 0x%02x at %zu", (unsigned)byte, at);
			text[6 + at] = (char)byte;
			assert_count(length_of(whole), is_plain ? (ssize_t)whole.len : NONE);
		}
	}
}

static void nesting_has_an_end(void **state)
{
	struct buf text AUTO_BUF = buf_new(1024 * 1024);

	(void)state;
	for (int depth = 1; depth < 1000; depth++) {
		buf_clear(&text);
		buf_printf(&text, "{\"a\":%s%s}", unit_repeat(&arena, '[', (size_t)depth).data,
			unit_repeat(&arena, ']', (size_t)depth).data);
		unit_case("depth %d", depth);
		if (depth < 32)
			assert_count(length_of(buf_slice(&text)), text.len);
		else if (depth > 500)
			assert_count(length_of(buf_slice(&text)), NONE);
	}
	assert_int_equal(length_of(unit_repeat(&arena, '{', 1000)), NONE);
}

static const char *const recorded[] = {
	"seed/entry.json",
	"docker-20.10-cgroup1/burner.stats1.json",
	"docker-26.1-cgroup2/healthy.inspect.json",
	"podman-4.3/unhealthy.inspect.json",
};

static void what_was_recorded_is_whole_only_at_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recorded); i++) {
		struct slice whole = unit_fixture(&arena, "%s", recorded[i]);

		while (whole.data[whole.len - 1] == '\n')
			whole.len--;
		for (size_t len = 0; len < whole.len; len++) {
			unit_case("%zu bytes of %s", len, recorded[i]);
			assert_count(length_of((struct slice){whole.data, len}), CUT);
		}
		unit_case("%s", recorded[i]);
		assert_count(length_of(whole), whole.len);
	}
}

/* What the scan lets pass, cJSON can read. */
static void rubbish_passes_only_when_it_can_be_parsed(void **state)
{
	static const char pieces[] = "{}[]\",:\\0-.eutn \n\377\303\0a";
	struct slice whole = unit_fixture(&arena, "seed/entry.json");
	uint32_t random = 3;
	int passed = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char *bytes AUTO_FREE = mem_alloc(whole.len);
		cJSON *json AUTO_JSON = NULL;
		struct err err;
		ssize_t length;

		memcpy(bytes, whole.data, whole.len);
		for (int i = 0; i < 2; i++) {
			random = random * 1664525 + 1013904223;
			bytes[(random >> 8) % whole.len] = pieces[(random >> 4) % (sizeof(pieces) - 1)];
		}
		length = length_of((struct slice){bytes, whole.len});
		if (length <= 0)
			continue;
		passed++;
		json = json_parse((struct slice){bytes, (size_t)length}, &err);
		if (!json)
			fail_msg("%s in %.*s", err.text, (int)length, bytes);
	}
	assert_in_range(passed, 100, 19900);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_objects_end_is_found_or_it_is_cut_off_or_none),
		TEST(each_byte_is_seen_at_each_place_of_a_string),
		TEST(nesting_has_an_end),
		TEST(what_was_recorded_is_whole_only_at_its_end),
		TEST(rubbish_passes_only_when_it_can_be_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

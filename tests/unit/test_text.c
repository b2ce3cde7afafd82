#include "../support/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "asmo/text.h"

enum { PLENTY = 1000 };

static const struct {
	const char *what;
	struct slice raw;
	const char *clean;
} lines[] = {
	{"nothing", {"", 0}, ""},
	{"plain", BYTES("plain text"), "plain text"},
	{"white space at both ends", BYTES(" \t ends \r\n"), "ends"},
	{"only white space", BYTES(" \t\r\n "), ""},
	{"tabs and line breaks", BYTES("a\tb\nc\r\nd\ve\ff"), "a b c d e f"},
	{"Unicode's line breaks", BYTES("a\302\205b\u2028c\u2029d"), "a b c d"},
	{"controls", BYTES("a\001b\bc\177d\000e"), "abcde"},
	{"C1 controls", BYTES("a\302\200b\302\237c"), "abc"},

	{"a colour", BYTES("\033[31mERROR\033[0m: in red"), "ERROR: in red"},
	{"a colour with many parameters", BYTES("\033[1;38;2;255;0;0mred\033[m"), "red"},
	{"a cursor that moves", BYTES("shown\033[2K\033[1Ahidden\033[?25l"), "shownhidden"},
	{"a sequence with intermediates", BYTES("a\033[0 qb"), "ab"},
	{"a title that BEL ends", BYTES("a\033]0;title\ab"), "ab"},
	{"a title that ST ends", BYTES("a\033]0;title\033\\b"), "ab"},
	{"a link", BYTES("\033]8;;https://example.org\033\\text\033]8;;\033\\"), "text"},
	{"a device control string", BYTES("a\033Pq#0\033\\b"), "ab"},
	{"a character set", BYTES("a\033(Bb"), "ab"},
	{"a reset", BYTES("a\033cb"), "ab"},
	{"keypad modes", BYTES("a\033=b\033>c"), "abc"},
	{"an escape at the end", BYTES("a\033"), "a"},
	{"a sequence that is cut off", BYTES("a\033[31"), "a"},
	{"a sequence that a letter outside ASCII breaks off", BYTES("a\033[3é"), "aé"},
	{"a title that is cut off", BYTES("a\033]0;title"), "a"},
	{"a title that its end cuts off", BYTES("a\033]0;title\033"), "a"},
	{"an escape before a letter outside ASCII", BYTES("a\033é"), "aé"},

	{"letters of two, three and four bytes", BYTES("café € 🐳"), "café € 🐳"},
	{"the last character", BYTES("\U0010FFFD"), "\U0010FFFD"},
	{"what is no character", BYTES("a\uFFFEb\uFFFFc\uFDD0d\uFDEFe\U0001FFFEf\U0010FFFFg"), "abcdefg"},
	{"a byte that never is UTF-8", BYTES("a\377b"), "a\uFFFDb"},
	{"a continuation without a start", BYTES("a\200b"), "a\uFFFDb"},
	{"a start without its continuation", BYTES("\303("), "\uFFFD("},
	{"a start at the end", BYTES("a\342\202"), "a\uFFFD\uFFFD"},
	{"two bytes where one will do", BYTES("\301\277"), "\uFFFD\uFFFD"},
	{"three bytes where two will do", BYTES("\340\237\277"), "\uFFFD\uFFFD\uFFFD"},
	{"four bytes where three will do", BYTES("\360\217\277\277"), "\uFFFD\uFFFD\uFFFD\uFFFD"},
	{"a surrogate", BYTES("\355\240\200"), "\uFFFD\uFFFD\uFFFD"},
	{"beyond the last code point", BYTES("\364\220\200\200"), "\uFFFD\uFFFD\uFFFD\uFFFD"},

	{"text that is reversed", BYTES("user \u202Egpj.exe\u202C"), "user gpj.exe"},
	{"isolates", BYTES("\u2066a\u2069"), "a"},
	{"marks of direction", BYTES("a\u200E\u200F\u061Cb"), "ab"},
	{"spaces without a width", BYTES("a\u200Bb\uFEFFc\u00ADd"), "abcd"},
	{"letters that show nothing", BYTES("a\u115Fb\u3164c\uFFA0d\u17B4e\u180Ef"), "abcdef"},
	{"joiners", BYTES("\U0001F468\u200D\U0001F469 a\u200Cb\u2060c\u034Fd"), "\U0001F468\U0001F469 abcd"},
	{"selectors in which text can hide", BYTES("a\U000E0100\U000E01EFb"), "ab"},
	{"a selector that makes an emoji", BYTES("\u26A0\uFE0F"), "\u26A0\uFE0F"},
	{"annotations", BYTES("a\uFFF9b\uFFFAc\uFFFBd"), "abcd"},
	{"four marks on a letter", BYTES("a\u0300\u0301\u0302\u0303b"), "a\u0300\u0301\u0302\u0303b"},
	{"a storm of marks", BYTES("a\u0300\u0301\u0302\u0303\u0304\u0489\u20DD\u1AB0\uFE20b\u0300"),
		"a\u0300\u0301\u0302\u0303b\u0300"},
	{"a storm with hidden gaps", BYTES("a\u0300\u200B\u0301\u200B\u0302\u200B\u0303\u200B\u0304"),
		"a\u0300\u0301\u0302\u0303"},
	{"tags", BYTES("a\U000E0001\U000E0061b"), "ab"},
};

static char *clean(struct arena *arena, struct slice raw, size_t max_bytes)
{
	/* From a copy without a byte behind it: reading past the end is what the sanitizer is for. */
	char *exact = mem_alloc(raw.len), *out;

	if (raw.len)
		memcpy(exact, raw.data, raw.len);
	out = text_clean_copy(arena, (struct slice){exact, raw.len}, max_bytes);
	mem_free_pointer(&exact);
	return out;
}

static void what_moves_a_cursor_or_hides_text_goes_and_the_rest_stays(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		unit_case("%s", lines[i].what);
		assert_text(clean(&arena, lines[i].raw, PLENTY), lines[i].clean);
	}
	arena_release(&arena);
}

static void clean_text_is_not_changed_by_being_cleaned_again(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_text(clean(&arena, slice_of(lines[i].clean), PLENTY), lines[i].clean);
	arena_release(&arena);
}

/* "…" is three bytes. */
static const struct {
	const char *raw;
	size_t max_bytes;
	const char *cut;
} cuts[] = {
	{"12345", 6, "12345"},
	{"12345", 5, "12345"},
	{"123456", 5, "12…"},
	{"12345   ", 5, "12345"},
	{"12345\033[0m", 5, "12345"},
	{"12345", 4, "1…"},
	{"12345", 3, "…"},
	{"12345", 2, ""},
	{"12345", 0, ""},
	{"", 0, ""},
	{"  1  2  ", 3, "1 2"},
	{"12 456789", 6, "12…"},
	{"123 56789", 6, "123…"},
	/* four letters of two bytes each */
	{"éééé", 8, "éééé"},
	{"éééé", 7, "éé…"},
	{"éééé", 6, "é…"},
	{"éééé", 5, "é…"},
	{"éééé", 4, "…"},
	/* two of four bytes */
	{"🐳🐳", 8, "🐳🐳"},
	{"🐳🐳", 7, "🐳…"},
	{"🐳🐳", 6, "…"},
};

static void what_is_too_long_is_cut_between_code_points_and_says_so(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		unit_case("%s in %zu bytes", cuts[i].raw, cuts[i].max_bytes);
		assert_text(clean(&arena, slice_of(cuts[i].raw), cuts[i].max_bytes), cuts[i].cut);
		assert_true(strlen(cuts[i].cut) <= cuts[i].max_bytes);
	}
	arena_release(&arena);
}

static void the_limit_counts_from_where_the_text_is_added(void **state)
{
	struct buf out AUTO_BUF = buf_new(PLENTY);

	(void)state;
	buf_add_string(&out, "before: ");
	text_clean(&out, slice_of(" 123456"), 5);
	assert_text(out.data, "before: 12…");
	text_clean(&out, slice_of(" 7 "), 5);
	assert_text(out.data, "before: 12…7");
}

/* Whatever comes in, what comes out is valid, short enough, and one line. */
static void any_bytes_become_one_valid_line(void **state)
{
	struct arena arena = {0};
	uint32_t random = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		static const char pieces[] = "\033[]0m;\a\\\n\r\t aé\u202E🐳\377\302\233";
		char raw[24], *out;
		size_t max_bytes, i = 0;

		for (size_t j = 0; j < sizeof(raw); j++) {
			random = random * 1664525 + 1013904223;
			raw[j] = random >> 30 ? pieces[(random >> 8) % (sizeof(pieces) - 1)]
					      : (char)(random >> 8);
		}
		max_bytes = random >> 16 & 31;
		out = clean(&arena, (struct slice){raw, sizeof(raw)}, max_bytes);
		assert_true(strlen(out) <= max_bytes);
		while (out[i]) {
			uint32_t c = 0;
			size_t len = text_decode(out + i, strlen(out + i), &c);

			assert_true(len > 0);
			assert_true(c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0));
			i += len;
		}
		arena_clear(&arena);
	}
	arena_release(&arena);
}

static void every_code_point_decodes_to_itself(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		char text[4];
		size_t len;
		uint32_t back = 0;
		bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;

		if (c < 0x80) {
			text[0] = (char)c;
			len = 1;
		} else if (c < 0x800) {
			text[0] = (char)(0xC0 | c >> 6);
			len = 2;
		} else if (c < 0x10000) {
			text[0] = (char)(0xE0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 0x3F));
			len = 3;
		} else {
			text[0] = (char)(0xF0 | c >> 18);
			text[1] = (char)(0x80 | (c >> 12 & 0x3F));
			text[2] = (char)(0x80 | (c >> 6 & 0x3F));
			len = 4;
		}
		if (len > 1)
			text[len - 1] = (char)(0x80 | (c & 0x3F));
		assert_count(text_decode(text, len, &back), is_surrogate ? 0 : len);
		assert_count(back, is_surrogate ? 0 : c);
		assert_count(text_decode(text, len - 1, &back), 0);
	}
}

static const struct {
	const char *text;
	size_t code_points, columns;
} sizes[] = {
	{"", 0, 0},
	{"plain", 5, 5},
	{"café", 4, 4},
	{"cafe\u0301", 5, 4}, /* a combining accent */
	{"a\u20DD\u1AB0b", 4, 2},
	{"€", 1, 1},      /* euro */
	{"日本", 2, 4},   /* two ideographs */
	{"한", 1, 2},     /* a Hangul syllable */
	{"Ａ", 1, 2},     /* a full-width letter */
	{"🐳", 1, 2},      /* a whale */
	{"✅⚡⭐⏳❌", 5, 10}, /* emoji below U+10000 */
	{"✓→•─█", 5, 5},
	{"\u26A0\uFE0F", 2, 1}, /* a warning sign and its variant */
	{"a\u200B", 2, 1},      /* a space without a width */
	{"🐳 whale 🐳", 9, 11},
};

static void code_points_and_columns_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		unit_case("%s", sizes[i].text);
		assert_count(text_length(sizes[i].text), sizes[i].code_points);
		assert_count(text_width(sizes[i].text), sizes[i].columns);
	}
}

static void a_prefix_ends_between_code_points(void **state)
{
	static const char text[] = "aé€🐳";
	static const size_t bytes[] = {0, 1, 3, 6, 10, 10, 10};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bytes); i++)
		assert_count(text_prefix(text, i), bytes[i]);
	assert_count(text_prefix("", 3), 0);
}

static void what_fits_ends_between_code_points_and_keeps_the_marks_of_its_last_letter(void **state)
{
	static const char text[] = "a日e\u0301🐳";
	static const size_t bytes[] = {0, 1, 1, 4, 7, 7, 11, 11};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bytes); i++)
		assert_count(text_fit(text, i), bytes[i]);
	assert_count(text_fit("", 3), 0);
	assert_count(text_fit("\377\377", 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moves_a_cursor_or_hides_text_goes_and_the_rest_stays),
		cmocka_unit_test(clean_text_is_not_changed_by_being_cleaned_again),
		cmocka_unit_test(what_is_too_long_is_cut_between_code_points_and_says_so),
		cmocka_unit_test(the_limit_counts_from_where_the_text_is_added),
		cmocka_unit_test(any_bytes_become_one_valid_line),
		cmocka_unit_test(every_code_point_decodes_to_itself),
		cmocka_unit_test(code_points_and_columns_are_counted),
		cmocka_unit_test(a_prefix_ends_between_code_points),
		cmocka_unit_test(what_fits_ends_between_code_points_and_keeps_the_marks_of_its_last_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

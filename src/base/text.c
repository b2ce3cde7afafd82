#include "asmo/text.h"

#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
static const char ellipsis[] = "\xE2\x80\xA6";    /* U+2026 */

enum { MARKS_MAX = 4 }; /* on one letter; with dozens they cover the lines around it */

size_t text_decode(const char *text, size_t len, uint32_t *ret_code_point)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t size;
	uint32_t code;

	if (!len)
		return 0;
	if (p[0] < 0x80) {
		*ret_code_point = p[0];
		return 1;
	}
	if (p[0] >= 0xC2 && p[0] <= 0xDF) {
		size = 2;
		code = p[0] & 0x1Fu;
	} else if ((p[0] & 0xF0) == 0xE0) {
		size = 3;
		code = p[0] & 0x0Fu;
	} else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
		size = 4;
		code = p[0] & 0x07u;
	} else {
		return 0;
	}
	if (len < size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if ((size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
		(code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*ret_code_point = code;
	return size;
}

/* Length of the ANSI escape sequence (ECMA-48) at the start, which is ESC. A sequence that is cut off
 * reaches to the end. */
static size_t escape_length(const char *text, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	switch (text[1]) {
	case '[': /* CSI: parameters, intermediates, one final byte */
		while (i < len && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] <= 0x3F)
			i++;
		return i < len && (unsigned char)text[i] >= 0x40 && (unsigned char)text[i] <= 0x7E ? i + 1
												   : i;
	case ']': /* OSC, DCS, SOS, PM, APC: a string that BEL or ESC \ ends */
	case 'P':
	case 'X':
	case '^':
	case '_':
		for (; i < len; i++) {
			if (text[i] == '\a')
				return i + 1;
			if (text[i] == '\033')
				return i + 1 < len && text[i + 1] == '\\' ? i + 2 : i;
		}
		return len;
	default: /* two bytes, or more with intermediates */
		for (i = 1; i < len && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] <= 0x2F; i++)
			;
		return i < len && (unsigned char)text[i] >= 0x30 && (unsigned char)text[i] <= 0x7E ? i + 1
												   : i;
	}
}

struct range {
	uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count && ranges[i].first <= c; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

#define IS_IN(ranges, c) is_in(ranges, sizeof(ranges) / sizeof(ranges[0]), c)

/* Code points that show nothing themselves but change how their neighbours show, or hide text: controls, and
 * Unicode's property Default_Ignorable_Code_Point but for FE00 to FE0F, which tell an emoji from a sign. */
static bool is_invisible(uint32_t c)
{
	static const struct range ranges[] = {
		{0x00, 0x1F},
		{0x7F, 0x9F},
		{0xAD, 0xAD},
		{0x34F, 0x34F},
		{0x61C, 0x61C},
		{0x115F, 0x1160},
		{0x17B4, 0x17B5},
		{0x180B, 0x180F},
		{0x200B, 0x200F},
		{0x202A, 0x202E},
		{0x2060, 0x206F},
		{0x3164, 0x3164},
		{0xFDD0, 0xFDEF},
		{0xFEFF, 0xFEFF},
		{0xFFA0, 0xFFA0},
		{0xFFF0, 0xFFFB},
		{0x1BCA0, 0x1BCA3},
		{0x1D173, 0x1D17A},
		{0xE0000, 0xE0FFF},
	};

	return (c & 0xFFFE) == 0xFFFE || IS_IN(ranges, c); /* the former and FDD0 to FDEF are no characters */
}

/* Marks that stand above or below the letter before them. */
static bool is_mark(uint32_t c)
{
	static const struct range ranges[] = {
		{0x300, 0x36F},
		{0x483, 0x489},
		{0x591, 0x5BD},
		{0x610, 0x61A},
		{0x64B, 0x65F},
		{0x6D6, 0x6DC},
		{0xE31, 0xE31},
		{0xE34, 0xE3A},
		{0xE47, 0xE4E},
		{0x1AB0, 0x1AFF},
		{0x1DC0, 0x1DFF},
		{0x20D0, 0x20FF},
		{0xFE00, 0xFE0F},
		{0xFE20, 0xFE2F},
	};

	return IS_IN(ranges, c);
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == 0x85 ||
	       c == 0x2028 || c == 0x2029;
}

void text_clean(struct buf *out, struct slice raw, size_t max_bytes)
{
	size_t begin = out->len, fits = begin; /* where the text still leaves room for an ellipsis */
	bool pending_space = false;
	size_t marks = 0;

	for (size_t i = 0; i < raw.len;) {
		const char *piece = raw.data + i;
		uint32_t c = 0;
		size_t len = text_decode(piece, raw.len - i, &c);

		if (c == '\033' && len) {
			i += escape_length(piece, raw.len - i);
			continue;
		}
		i += len ? len : 1;
		if (len && is_space(c)) {
			pending_space = out->len > begin;
			continue;
		}
		if (len && is_invisible(c))
			continue;
		marks = len && is_mark(c) ? marks + 1 : 0;
		if (marks > MARKS_MAX)
			continue;
		if (!len) {
			piece = replacement;
			len = strlen(replacement);
		}
		if (out->len + pending_space + len - begin > max_bytes) {
			out->len = fits;
			if (max_bytes >= strlen(ellipsis))
				buf_add_string(out, ellipsis);
			return;
		}
		if (pending_space)
			buf_add_char(out, ' ');
		pending_space = false;
		buf_add(out, piece, len);
		if (out->len - begin + strlen(ellipsis) <= max_bytes)
			fits = out->len;
	}
}

char *text_clean_copy(struct arena *arena, struct slice raw, size_t max_bytes)
{
	struct buf text AUTO_BUF = buf_new(max_bytes + 1);

	text_clean(&text, raw, max_bytes);
	return arena_slice(arena, buf_slice(&text));
}

size_t text_length(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

/* East_Asian_Width W and F of Unicode 14, emoji among them; a few narrow ones between them are taken along.
 */
static bool is_wide(uint32_t c)
{
	static const struct range ranges[] = {{0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A},
		{0x23E9, 0x23EC}, {0x23F0, 0x23F0}, {0x23F3, 0x23F3}, {0x25FD, 0x25FE}, {0x2614, 0x2615},
		{0x2648, 0x2653}, {0x267F, 0x267F}, {0x2693, 0x2693}, {0x26A1, 0x26A1}, {0x26AA, 0x26AB},
		{0x26BD, 0x26BE}, {0x26C4, 0x26C5}, {0x26CE, 0x26CE}, {0x26D4, 0x26D4}, {0x26EA, 0x26EA},
		{0x26F2, 0x26F3}, {0x26F5, 0x26F5}, {0x26FA, 0x26FA}, {0x26FD, 0x26FD}, {0x2705, 0x2705},
		{0x270A, 0x270B}, {0x2728, 0x2728}, {0x274C, 0x274C}, {0x274E, 0x274E}, {0x2753, 0x2755},
		{0x2757, 0x2757}, {0x2795, 0x2797}, {0x27B0, 0x27B0}, {0x27BF, 0x27BF}, {0x2B1B, 0x2B1C},
		{0x2B50, 0x2B50}, {0x2B55, 0x2B55}, {0x2E80, 0xA4CF}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
		{0xF900, 0xFAFF}, {0xFE10, 0xFE19}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6},
		{0x16FE0, 0x18D08}, {0x1AFF0, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
		{0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F265}, {0x1F300, 0x1FAFF},
		{0x20000, 0x3FFFD}};

	return IS_IN(ranges, c);
}

static size_t code_point_width(uint32_t c)
{
	if (is_mark(c) || is_invisible(c))
		return 0;
	return is_wide(c) ? 2 : 1;
}

size_t text_fit(const char *text, size_t max_columns)
{
	size_t left = strlen(text), width = 0, fits = 0;

	while (fits < left) {
		uint32_t c = 0;
		size_t len = text_decode(text + fits, left - fits, &c);

		width += len ? code_point_width(c) : 1;
		if (width > max_columns)
			break;
		fits += len ? len : 1;
	}
	return fits;
}

size_t text_width(const char *text)
{
	size_t left = strlen(text), width = 0;

	while (left) {
		uint32_t c = 0;
		size_t len = text_decode(text, left, &c);

		width += len ? code_point_width(c) : 1;
		text += len ? len : 1;
		left -= len ? len : 1;
	}
	return width;
}

size_t text_prefix(const char *text, size_t max_code_points)
{
	size_t i = 0;

	for (; text[i]; i++) {
		if (((unsigned char)text[i] & 0xC0) == 0x80)
			continue;
		if (!max_code_points--)
			break;
	}
	return i;
}

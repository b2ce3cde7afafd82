/* A JSON object's end, found without taking the object apart. cJSON would tell as well, but it makes a tree
 * of every value, and the history is copied a hundred times for each time that it is read. Grammar: RFC 8259.
 *
 * The NUL behind the text is part of no JSON, so each step stops there by itself and needs no other look at
 * the end. A step returns where it got to, or NULL with *stop at what it can't be.
 */
#include <endian.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"

enum { DEPTH_MAX = 64 };

struct scan {
	const char *stop; /* what was not expected */
	const char *end;
};

static const char *refuse(struct scan *s, const char *p)
{
	s->stop = p;
	return NULL;
}

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
		p++;
	return p;
}

/* Passes the bytes of a string that stand for themselves, eight at a time: stops at a quotation mark, a
 * backslash, a control character or beyond ASCII, at the latest within the eight bytes of NUL behind the
 * text. */
static const char *skip_plain(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;

	for (;; p += 8) {
		uint64_t eight, quotes, slashes, found;

		memcpy(&eight, p, 8);
		eight = le64toh(eight);
		quotes = eight ^ (ones * '"');
		slashes = eight ^ (ones * '\\');
		/* A borrow sets the highest bit of a byte that is 0, or below 0x20. It may set that of the
		 * next byte as well, but the lowest one that is set is exact; beyond ASCII it is set anyway.
		 */
		found = ((quotes - ones) | (slashes - ones) | (eight - ones * 0x20) | eight) & highs;
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
}

static const char *scan_word(struct scan *s, const char *p, const char *word)
{
	for (; *word; word++, p++)
		if (*p != *word)
			return refuse(s, p);
	return p;
}

/* Behind `\u`: four hexadecimal digits. */
static const char *scan_code_unit(struct scan *s, const char *p, unsigned *ret)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	*ret = 0;
	for (int i = 0; i < 4; i++, p++) {
		const char *digit = *p ? strchr(digits, *p) : NULL;
		size_t value = digit ? (size_t)(digit - digits) : 0;

		if (!digit)
			return refuse(s, p);
		*ret = *ret * 16 + (unsigned)(value < 16 ? value : value - 6);
	}
	return p;
}

/* A character beyond U+FFFF is two escapes, `\ud83d\ude00`, neither of which stands for anything alone. */
static const char *scan_escape(struct scan *s, const char *p)
{
	unsigned unit, low;

	if (!*++p || !strchr("\"\\/bfnrtu", *p))
		return refuse(s, p);
	if (*p++ != 'u')
		return p;
	p = scan_code_unit(s, p, &unit);
	if (!p || unit < 0xD800 || unit > 0xDFFF)
		return p;
	if (unit >= 0xDC00)
		return refuse(s, p - 1);
	p = scan_word(s, p, "\\u");
	p = p ? scan_code_unit(s, p, &low) : NULL;
	return p && (low < 0xDC00 || low > 0xDFFF) ? refuse(s, p - 1) : p;
}

/* Behind the opening quotation mark. */
static const char *scan_string(struct scan *s, const char *p)
{
	while (p) {
		uint32_t code_point;
		size_t len;

		p = skip_plain(p);
		if (*p == '"')
			return p + 1;
		if (*p == '\\') {
			p = scan_escape(s, p);
			continue;
		}
		len = p < s->end ? text_decode(p, (size_t)(s->end - p), &code_point) : 0;
		if (len < 2) /* a character that has to be escaped, no UTF-8, or the beginning of some */
			return refuse(s, s->end - p < 4 && !len ? s->end : p);
		p += len;
	}
	return NULL;
}

static const char *scan_digits(struct scan *s, const char *p)
{
	if (*p < '0' || *p > '9')
		return refuse(s, p);
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

static const char *scan_number(struct scan *s, const char *p)
{
	p += *p == '-';
	p = *p == '0' ? p + 1 : scan_digits(s, p);
	if (p && *p == '.')
		p = scan_digits(s, p + 1);
	if (p && (*p == 'e' || *p == 'E')) {
		p++;
		p = scan_digits(s, p + (*p == '+' || *p == '-'));
	}
	return p;
}

/* A value that holds no other. */
static const char *scan_scalar(struct scan *s, const char *p)
{
	switch (*p) {
	case '"':
		return scan_string(s, p + 1);
	case 't':
		return scan_word(s, p, "true");
	case 'f':
		return scan_word(s, p, "false");
	case 'n':
		return scan_word(s, p, "null");
	default:
		return scan_number(s, p);
	}
}

/* `"name":` with the white space around it. */
static const char *scan_name(struct scan *s, const char *p)
{
	p = *p == '"' ? scan_string(s, p + 1) : refuse(s, p);
	if (!p)
		return NULL;
	p = skip_space(p);
	return *p == ':' ? skip_space(p + 1) : refuse(s, p);
}

static const char *scan_object(struct scan *s, const char *p)
{
	bool is_object[DEPTH_MAX];
	size_t depth = 0;

	if (*p != '{')
		return refuse(s, p);
	for (;;) {
		bool is_first = *p == '{' || *p == '[';

		if (is_first) {
			if (depth == DEPTH_MAX)
				return refuse(s, p);
			is_object[depth++] = *p++ == '{';
		} else {
			p = scan_scalar(s, p);
		}
		/* Behind a value its container may end; behind a bracket it may as well. */
		for (p = p ? skip_space(p) : NULL; p && *p == (is_object[depth - 1] ? '}' : ']');
			p = skip_space(p + 1)) {
			if (--depth == 0)
				return p + 1;
			is_first = false;
		}
		if (p && !is_first)
			p = *p == ',' ? skip_space(p + 1) : refuse(s, p);
		if (p && is_object[depth - 1])
			p = scan_name(s, p);
		if (!p)
			return NULL;
	}
}

ssize_t json_object_length(const char *text, size_t len)
{
	struct scan s = {.end = text + len};
	const char *end = scan_object(&s, text);

	if (end)
		return end - text;
	return s.stop >= s.end ? 0 : -1;
}

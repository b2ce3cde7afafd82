#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"

void fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

struct slice fuzz_slice(const uint8_t *data, size_t size)
{
	return (struct slice){(const char *)data, size};
}

struct slice fuzz_join(const char *before, struct slice text, const char *behind)
{
	size_t first = strlen(before), last = strlen(behind);
	char *joined = malloc(first + text.len + last);

	HOLDS(joined);
	for (size_t i = 0; i < first + text.len + last; i++)
		joined[i] = i < first              ? before[i]
			    : i < first + text.len ? text.data[i - first]
						   : behind[i - first - text.len];
	return (struct slice){joined, first + text.len + last};
}

void fuzz_free(struct slice joined)
{
	union {
		const char *read_only;
		char *writable;
	} pointer = {joined.data};

	free(pointer.writable);
}

/* RFC 3629, section 4. The first byte's range, and that of the second, the first's bits of the code; all that
 * follow are 80..BF. */
static const struct form {
	unsigned char first_min, first_max, second_min, second_max, bits;
	size_t length;
} forms[] = {
	{0x00, 0x7F, 0, 0, 0x7F, 1},
	{0xC2, 0xDF, 0x80, 0xBF, 0x1F, 2},
	{0xE0, 0xE0, 0xA0, 0xBF, 0x0F, 3},
	{0xE1, 0xEC, 0x80, 0xBF, 0x0F, 3},
	{0xED, 0xED, 0x80, 0x9F, 0x0F, 3},
	{0xEE, 0xEF, 0x80, 0xBF, 0x0F, 3},
	{0xF0, 0xF0, 0x90, 0xBF, 0x07, 4},
	{0xF1, 0xF3, 0x80, 0xBF, 0x07, 4},
	{0xF4, 0xF4, 0x80, 0x8F, 0x07, 4},
};

static bool fits(const struct form *form, const unsigned char *p, size_t left)
{
	if (left < form->length || p[0] < form->first_min || p[0] > form->first_max)
		return false;
	if (form->length > 1 && (p[1] < form->second_min || p[1] > form->second_max))
		return false;
	for (size_t i = 2; i < form->length; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return false;
	return true;
}

/* 0: none. */
static size_t decode(const char *text, size_t left, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!fits(&forms[i], p, left))
			continue;
		*ret = p[0] & (unsigned)forms[i].bits;
		for (size_t k = 1; k < forms[i].length; k++)
			*ret = *ret << 6 | (p[k] & 0x3Fu);
		return forms[i].length;
	}
	return 0;
}

bool fuzz_is_utf8(struct slice text)
{
	for (size_t i = 0, len; i < text.len; i += len) {
		uint32_t c;

		len = decode(text.data + i, text.len - i, &c);
		if (!len)
			return false;
	}
	return true;
}

bool fuzz_is_inert(struct slice text, bool line_breaks)
{
	for (size_t i = 0, len; i < text.len; i += len) {
		uint32_t c;

		len = decode(text.data + i, text.len - i, &c);
		if (!len)
			return false;
		if (c == '\n' && line_breaks)
			continue;
		if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
			(c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0x200E ||
			c == 0x200F)
			return false;
	}
	return true;
}

bool fuzz_is_clean(const char *text, size_t max_bytes)
{
	size_t len = strlen(text);

	return len <= max_bytes && fuzz_is_inert((struct slice){text, len}, false) &&
	       (!len || (text[0] != ' ' && text[len - 1] != ' '));
}

bool fuzz_is_object(struct slice json)
{
	char *padded = calloc(1, json.len + JSON_PADDING);
	bool is_object;

	HOLDS(padded);
	if (json.len)
		memcpy(padded, json.data, json.len);
	is_object = json.len && json_object_length(padded, json.len) == (ssize_t)json.len;
	free(padded);
	return is_object;
}

void fuzz_check_error(const struct err *err)
{
	HOLDS(err->code > 0);
	HOLDS(err->text[0]);
	HOLDS(memchr(err->text, '\0', sizeof(err->text)));
	HOLDS(fuzz_is_inert(slice_of(err->text), false));
}

int fuzz_file(struct slice bytes)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	HOLDS(fd >= 0);
	HOLDS(write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
	return fd;
}

bool fuzz_is_same(double a, double b)
{
	return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

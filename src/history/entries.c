#include "history/entries.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/field.h"
#include "asmo/snapshot.h"
#include "base/json.h"

enum { READ_SIZE = 256 * 1024 };

static const char line_start[] = "{\"timestamp\":";

void entries_init(struct entries *entries, int fd, off_t offset)
{
	*entries = (struct entries){.fd = fd,
		.offset = offset,
		.expected = offset ? '{' : '[',
		.is_first = true};
}

void entries_release(struct entries *entries)
{
	free(entries->data);
	entries->data = NULL;
}

static ssize_t read_at(int fd, void *data, size_t len, off_t offset)
{
	ssize_t got;

	do
		got = pread(fd, data, len, offset);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Reads more behind `end`, after moving what is not yet taken to the front. */
static int read_more(struct entries *e, struct err *err)
{
	ssize_t got;

	if (e->begin) {
		memmove(e->data, e->data + e->begin, e->end - e->begin);
		e->offset += (off_t)e->begin;
		e->end -= e->begin;
		e->begin = 0;
	}
	if (e->size - e->end < READ_SIZE) {
		e->size = e->end + (e->end > READ_SIZE ? e->end : READ_SIZE);
		e->data = mem_resize(e->data, e->size + JSON_PADDING);
	}
	got = read_at(e->fd, e->data + e->end, e->size - e->end, e->offset + (off_t)e->end);
	if (got < 0)
		return err_errno(err, errno, "cannot be read");
	e->at_end = got == 0;
	e->end += (size_t)got;
	memset(e->data + e->end, 0, JSON_PADDING);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Whether an entry begins at the brace: `{`, white space, `"timestamp"`. */
static bool is_start(const char *brace, const char *end)
{
	static const char name[] = "\"timestamp\"";
	const char *p = brace + 1;

	while (p < end && is_space(*p))
		p++;
	return (size_t)(end - p) >= sizeof(name) - 1 && memcmp(p, name, sizeof(name) - 1) == 0;
}

/* Where in the text an entry can begin; its length if there is no such place. */
static size_t find_start(struct slice text)
{
	const char *p = text.data, *end = text.data + text.len;

	while (p < end && (p = memchr(p, '{', (size_t)(end - p)))) {
		if (is_start(p, end))
			return (size_t)(p - text.data);
		p++;
	}
	return text.len;
}

static struct slice untaken(const struct entries *e)
{
	return (struct slice){e->data + e->begin, e->end - e->begin};
}

/* Passes over what can't be part of the array, to the next place where an entry can begin. True: more must be
 * read, for what is left might be the start of one. */
static bool pass_over(struct entries *e)
{
	enum { LONGEST_START = 64 };
	struct slice text = untaken(e);
	size_t skip = 1;

	e->is_damaged = true;
	if (text.len > 1)
		skip += find_start((struct slice){text.data + 1, text.len - 1});
	e->expected = '{';
	e->is_first = false;
	if (skip >= text.len && !e->at_end) {
		e->begin += text.len > LONGEST_START ? text.len - LONGEST_START : 0;
		return true;
	}
	e->begin += skip < text.len ? skip : text.len;
	return false;
}

/* Takes the object at the start as an entry if it is one, and no larger than one may be. 1: taken; 0: it is
 * none; 2: more must be read. */
static int take_entry(struct entries *e, struct slice *ret_entry)
{
	struct slice text = untaken(e);
	ssize_t len = json_object_length(text.data, text.len);

	if (len == 0 && !e->at_end && text.len < ENTRY_LIMIT)
		return 2;
	if (len <= 0 || len > ENTRY_LIMIT)
		return 0;
	text.len = (size_t)len;
	if (isnan(entry_epoch(text)))
		return 0;
	*ret_entry = text;
	e->begin += text.len;
	e->expected = ',';
	e->is_first = false;
	return 1;
}

int entries_next(struct entries *e, struct slice *ret_entry, struct err *err)
{
	for (;;) {
		char c;

		while (e->begin < e->end && is_space(e->data[e->begin]))
			e->begin++;
		if (e->begin == e->end) {
			if (e->at_end)
				break;
			if (read_more(e, err) < 0)
				return -1;
			continue;
		}
		c = e->data[e->begin];
		if (c == e->expected && c != '{') { /* the opening bracket, or a comma */
			e->expected = '{';
			e->begin++;
		} else if (c == ']' && (e->expected == ',' || (e->expected == '{' && e->is_first))) {
			e->expected = '.';
			e->begin++;
		} else if (e->expected == '{' && c == '{') {
			int taken = take_entry(e, ret_entry);

			if (taken == 1)
				return 1;
			if ((taken == 2 || pass_over(e)) && read_more(e, err) < 0)
				return -1;
		} else if (c == '{') {
			e->is_damaged = true; /* a comma or the opening bracket is missing */
			e->expected = '{';
		} else if (pass_over(e) && read_more(e, err) < 0) {
			return -1;
		}
	}
	if (e->expected != '.')
		e->is_damaged = true;
	return 0;
}

/* `..."epoch":1768125600.123,...` stands near the end of a line; a quotation mark inside a string has a
 * backslash before it, so this can be nothing but the name of a member. */
static double epoch_member(struct slice entry)
{
	static const char name[] = "\"epoch\":";
	size_t len = sizeof(name) - 1;

	for (size_t i = entry.len; i > len; i--) {
		const char *p = entry.data + i - len, *end = entry.data + entry.len;
		char number[32] = "";
		double epoch;
		size_t left;

		if (*p != '"' || memcmp(p, name, len) != 0)
			continue;
		for (p += len; p < end && is_space(*p); p++)
			;
		left = (size_t)(end - p);
		memcpy(number, p, left < sizeof(number) - 1 ? left : sizeof(number) - 1);
		epoch = number[0] >= '0' && number[0] <= '9' ? strtod(number, NULL) : MISSING;
		return isfinite(epoch) ? epoch : MISSING;
	}
	return MISSING;
}

/* `{"timestamp":"2026-01-11T10:00:00.123456",...`: the first member. */
static double timestamp_member(struct slice entry)
{
	const char *end = entry.data + entry.len;
	const char *colon = memchr(entry.data, ':', entry.len);
	const char *open = colon ? colon + 1 : end, *close;

	while (open < end && is_space(*open))
		open++;
	if (open == end || *open != '"')
		return MISSING;
	close = memchr(open + 1, '"', (size_t)(end - open - 1));
	return close ? clock_parse(open + 1, (size_t)(close - open - 1)) : MISSING;
}

/* Another tool may have put the members in another order. */
static double parsed_epoch(struct slice entry)
{
	struct snapshot snapshot;
	struct err err;
	double epoch;

	snapshot_init(&snapshot);
	epoch = snapshot_read(&snapshot, entry, &err) == 0 ? snapshot.epoch : MISSING;
	snapshot_release(&snapshot);
	return epoch;
}

double entry_epoch(struct slice entry)
{
	double epoch;

	if (!is_start(entry.data, entry.data + entry.len))
		return parsed_epoch(entry);
	epoch = epoch_member(entry);
	return isnan(epoch) ? timestamp_member(entry) : epoch;
}

/* A clock that was set back, or two histories put together, leave older entries behind newer ones: only so
 * many in a row are the past. */
enum { OLDER_IN_A_ROW = 1000 };

off_t entries_find(int fd, double from_epoch)
{
	static const char tail[] = "\n]\n";
	off_t size = lseek(fd, 0, SEEK_END);
	off_t start = 0,
	      found = size - 2; /* of data; of the entry to begin with, at first the closing bracket */
	char *data AUTO_FREE = NULL;
	size_t len = 0, capacity = 0; /* data[0..len) are lines not yet looked at, at `start` in the file */
	int older = 0;

	for (off_t end = size; older < OLDER_IN_A_ROW;) {
		const char *line = len ? memrchr(data, '\n', len) : NULL;
		struct slice entry;

		if (!line) {
			size_t more = end - (off_t)len > READ_SIZE ? READ_SIZE : (size_t)(end - (off_t)len);

			if (!more)
				return len == 1 && *data == '[' ? found : 0;
			if (len > ENTRY_LIMIT)
				return 0;
			if (capacity < len + more) {
				capacity = 2 * (len + more);
				data = mem_resize(data, capacity);
			}
			if (len)
				memmove(data + more, data, len);
			start = end - (off_t)len - (off_t)more;
			if (read_at(fd, data, more, start) != (ssize_t)more)
				return 0;
			len += more;
			if (end == size) {
				if (len < sizeof(tail) || memcmp(data + len - 3, tail, 3) != 0)
					return 0;
				len -= 3;
				end -= 3;
			}
			continue;
		}
		entry = (struct slice){line + 1, (size_t)(data + len - line) - 1};
		if (entry.len && entry.data[entry.len - 1] == ',')
			entry.len--;
		if (entry.len <= sizeof(line_start) || entry.len > ENTRY_LIMIT ||
			memcmp(entry.data, line_start, sizeof(line_start) - 1) != 0)
			return 0;
		older = entry_epoch(entry) >= from_epoch ? 0 : older + 1;
		if (!older || isinf(from_epoch))
			found = start + (entry.data - data);
		if (isinf(from_epoch))
			break;
		end -= (off_t)((size_t)(data + len - line));
		len = (size_t)(line - data);
	}
	return found;
}

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/docker.h"
#include "asmo/message.h"
#include "asmo/text.h"
#include "docker/answers.h"

enum { LINE_LIMIT = 64 * 1024, SEARCHED_LIMIT = 4096, STREAMS = 4, FRAME_HEADER = 8, STAMP_MAX = 40 };

/* Lines of one message come at once. */
static const double together_seconds = 1;

static regex_t *compile(const struct strings *patterns, size_t *ret_count)
{
	regex_t *compiled = mem_alloc(patterns->count * sizeof(*compiled));

	*ret_count = 0;
	for (size_t i = 0; i < patterns->count; i++) /* each has been checked with the config */
		if (regcomp(&compiled[*ret_count], patterns->items[i],
			    REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0)
			(*ret_count)++;
	return compiled;
}

void log_filter_init(struct log_filter *filter, const struct config_docker *settings)
{
	filter->errors = compile(&settings->error_patterns, &filter->error_count);
	filter->ignored = compile(&settings->ignore_patterns, &filter->ignored_count);
	filter->use_levels = settings->use_levels == FLAG_YES;
}

void log_filter_release(struct log_filter *filter)
{
	for (size_t i = 0; i < filter->error_count; i++)
		regfree(&filter->errors[i]);
	for (size_t i = 0; i < filter->ignored_count; i++)
		regfree(&filter->ignored[i]);
	free(filter->errors);
	free(filter->ignored);
	*filter = (struct log_filter){0};
}

static bool matches_any(const regex_t *patterns, size_t count, const char *line)
{
	for (size_t i = 0; i < count; i++)
		if (regexec(&patterns[i], line, 0, NULL, 0) == 0)
			return true;
	return false;
}

bool log_is_error(const struct log_filter *filter, const char *line)
{
	enum log_level level = filter->use_levels ? log_level(line) : LOG_LEVEL_NONE;

	return level != LOG_LEVEL_FINE &&
	       (level == LOG_LEVEL_ERROR || matches_any(filter->errors, filter->error_count, line)) &&
	       !matches_any(filter->ignored, filter->ignored_count, line);
}

/* One of stdin, stdout, stderr and the engine's own messages; a terminal has but one. */
struct stream {
	struct buf unfinished;
	double epoch;     /* when the unfinished line was received, */
	bool is_open;     /* if there is one, */
	bool is_indented; /* and whether it begins with white space */
	bool in_key;      /* the line before was part of a private key */

	/* The message before, and when its last line came. */
	bool was_traceback;
	enum log_level verdict;
	double last_epoch;

	/* A traceback of Python ends in the line that says what happened. */
	double traceback_epoch;
	bool in_traceback, is_counted; /* the error above it has been counted already */
};

struct search {
	const struct log_filter *filter;
	const struct log_window *window;
	struct arena *arena;
	struct container *c;
	bool is_tty;
	struct buf joined;    /* the line in hand, without times in it */
	struct buf text;      /* cleaned */
	struct arena scratch; /* what is needed for one line */
	struct arena keys;
	char *plain_keys[DOCKER_ERRORS_MAX], *masked_keys[DOCKER_ERRORS_MAX];
	size_t lines;       /* that the engine sent */
	double first_epoch; /* of the first of them */
};

static bool starts_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static size_t find_key(char *const *keys, size_t count, const char *key)
{
	size_t i = 0;

	while (i < count && strcmp(keys[i], key) != 0)
		i++;
	return i;
}

static void add_entry(struct search *search, const char *plain_key, const char *masked,
	const char *masked_key)
{
	struct container *c = search->c;
	size_t i = c->errors.count;

	if (!i) {
		c->error_counts.items = arena_array(search->arena, DOCKER_ERRORS_MAX, sizeof(double));
		c->error_first_epochs.items = arena_array(search->arena, DOCKER_ERRORS_MAX, sizeof(double));
		c->error_last_epochs.items = arena_array(search->arena, DOCKER_ERRORS_MAX, sizeof(double));
	}
	strings_add(&c->errors, search->arena, arena_string(search->arena, masked));
	c->error_counts.count = c->error_first_epochs.count = c->error_last_epochs.count = i + 1;
	c->error_first_epochs.items[i] = c->error_last_epochs.items[i] = MISSING;
	search->plain_keys[i] = arena_string(&search->keys, plain_key);
	search->masked_keys[i] = arena_string(&search->keys, masked_key);
}

/* Finds the line's entry, or makes one. Masking is dear, so a line that is a known message before it is
 * masked is not masked again. */
static void count_error(struct search *search, const char *line, double epoch)
{
	struct container *c = search->c;
	char *plain_key, *masked, *masked_key;
	size_t i;

	if (epoch < search->window->since_epoch || epoch >= search->window->until_epoch)
		return;
	c->error_count++;
	plain_key = message_key(&search->scratch, line);
	i = find_key(search->plain_keys, c->errors.count, plain_key);
	if (i == DOCKER_ERRORS_MAX)
		return;
	if (i == c->errors.count) {
		masked = text_mask_copy(&search->scratch, slice_of(line), DOCKER_ERROR_LENGTH_MAX);
		masked_key = message_key(&search->scratch, masked);
		i = find_key(search->masked_keys, c->errors.count, masked_key);
		if (i == c->errors.count)
			add_entry(search, plain_key, masked, masked_key);
	}
	c->error_counts.items[i]++;
	c->error_first_epochs.items[i] = fmin(c->error_first_epochs.items[i], epoch);
	c->error_last_epochs.items[i] = fmax(c->error_last_epochs.items[i], epoch);
}

/* `java.lang.IllegalStateException: x`, `System.IO.IOException` */
static bool names_exception(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$"),
	       name = 9;

	if (len < name || !memchr(text, '.', len) || (text[len] && text[len] != ':'))
		return false;
	return starts_with(text + len - name, "Exception") || starts_with(text + len - 5, "Error");
}

/* An indented line that is a message of its own all the same: ` INFO  vaultwarden > ...`, `  [error] ...` */
static bool has_own_level(const struct search *search, const char *text)
{
	return search->filter->use_levels &&
	       (*text == '[' || (text[0] >= '0' && text[0] <= '9') ||
		       (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z')) &&
	       log_level(text) != LOG_LEVEL_NONE;
}

/* Whether the line goes on with the message before: it is indented, or of a stack. */
static bool is_continued(const struct search *search, struct stream *stream, const char *text,
	bool is_indented)
{
	if (stream->verdict == LOG_LEVEL_NONE)
		return false;
	if (is_indented)
		return !has_own_level(search, text);
	if (stream->verdict != LOG_LEVEL_ERROR)
		return false;
	if (starts_with(text, "During handling of the above exception") ||
		starts_with(text, "The above exception was the direct cause")) {
		stream->was_traceback = false; /* the one that follows is of the same error */
		return true;
	}
	return starts_with(text, "at ") || starts_with(text, "Caused by: ") || names_exception(text);
}

static void end_traceback(struct search *search, struct stream *stream, const char *text)
{
	if (!stream->in_traceback)
		return;
	if (!stream->is_counted)
		count_error(search, text, stream->traceback_epoch);
	stream->in_traceback = false;
	stream->was_traceback = true;
	stream->verdict = LOG_LEVEL_ERROR;
}

static const char traceback[] = "Traceback (most recent call last):";

static void judge(struct search *search, struct stream *stream, const char *text)
{
	bool is_near = !(stream->epoch - stream->last_epoch > together_seconds);

	stream->last_epoch = stream->epoch;
	if (stream->in_traceback && is_near) {
		if (!stream->is_indented)
			end_traceback(search, stream, text);
		return;
	}
	end_traceback(search, stream, traceback);
	if (is_near && is_continued(search, stream, text, stream->is_indented))
		return;
	if (starts_with(text, traceback) && log_is_error(search->filter, text)) {
		stream->in_traceback = true;
		stream->is_counted = is_near && stream->verdict == LOG_LEVEL_ERROR && !stream->was_traceback;
		stream->traceback_epoch = stream->epoch;
		return;
	}
	stream->was_traceback = false;
	if (log_is_error(search->filter, text)) {
		stream->verdict = LOG_LEVEL_ERROR;
		count_error(search, text, stream->epoch);
	} else {
		stream->verdict = search->filter->use_levels ? log_level(text) : LOG_LEVEL_NONE;
	}
}

/* `2026-01-11T10:00:00.123456789Z `, Podman's without decimals and with the offset of its machine. */
static double take_stamp(struct slice *bytes)
{
	const char *end = memchr(bytes->data, ' ', bytes->len < STAMP_MAX ? bytes->len : STAMP_MAX);
	size_t len = end ? (size_t)(end - bytes->data) : 0;
	double epoch = MISSING;

	if (len > 19 && bytes->data[10] == 'T')
		epoch = clock_parse(bytes->data, len);
	if (!isnan(epoch)) {
		bytes->data += len + 1;
		bytes->len -= len + 1;
	}
	return epoch;
}

/* On a terminal Podman puts the time before each part of a line that a program wrote in parts, where no frame
 * shows it. A time of the program's own goes with them; it made no other message. */
static void drop_stamps(struct buf *out, struct slice line)
{
	while (line.len && out->len < out->limit) {
		if (line.len > 20 && line.data[4] == '-' && line.data[10] == 'T' && !isnan(take_stamp(&line)))
			continue;
		buf_add_char(out, *line.data++);
		line.len--;
	}
}

/* Lines of a private key are not looked at: behind `-----BEGIN RSA PRIVATE KEY-----` they are nothing but
 * base64. The part of the log that was asked for may begin within one, then a long line of it tells. */
static bool is_of_key(struct stream *stream, const char *line)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	enum { LONG = 60 };
	size_t len = strlen(line);
	bool is_base64 = len % 4 == 0 && strspn(line, base64) == len;
	bool is_inside = is_base64 && (stream->in_key || len >= LONG);

	stream->in_key = is_inside || strstr(line, "PRIVATE KEY-----");
	return is_inside;
}

static void take_line(struct search *search, struct stream *stream, struct slice line)
{
	buf_clear(&search->text);
	buf_clear(&search->joined);
	if (search->is_tty)
		drop_stamps(&search->joined, line);
	text_clean(&search->text, search->is_tty ? buf_slice(&search->joined) : line, SEARCHED_LIMIT);
	if (search->text.len && !is_of_key(stream, search->text.data))
		judge(search, stream, search->text.data);
	arena_clear(&search->scratch);
}

/* What stands at the start of a line, or of a part of one. */
static void take_start(struct search *search, struct stream *stream, struct slice *bytes)
{
	double epoch = take_stamp(bytes);

	if (!search->lines++)
		search->first_epoch = epoch;
	if (stream->is_open)
		return;
	stream->epoch = epoch;
	stream->is_indented = bytes->len && (*bytes->data == ' ' || *bytes->data == '\t');
}

/* Adds bytes of one stream to its unfinished line and takes the lines that are whole. The engine splits long
 * lines over frames. */
static void take_bytes(struct search *search, struct stream *stream, struct slice bytes)
{
	while (bytes.len) {
		const char *end;
		size_t len, room = stream->unfinished.limit - stream->unfinished.len;

		take_start(search, stream, &bytes);
		end = memchr(bytes.data, '\n', bytes.len);
		len = end ? (size_t)(end - bytes.data) : bytes.len;
		if (end && !stream->is_open) {
			take_line(search, stream, (struct slice){bytes.data, len});
		} else {
			buf_add(&stream->unfinished, bytes.data, len < room ? len : room);
			stream->is_open = !end;
			if (end) {
				take_line(search, stream, buf_slice(&stream->unfinished));
				buf_clear(&stream->unfinished);
			}
		}
		len += end != NULL;
		bytes.data += len;
		bytes.len -= len;
	}
}

static int take_frames(struct search *search, struct stream *streams, struct slice bytes, struct err *err)
{
	while (bytes.len >= FRAME_HEADER) {
		const unsigned char *head = (const unsigned char *)bytes.data;
		size_t len = (size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | head[7];

		if (head[0] >= STREAMS || head[1] || head[2] || head[3])
			return err_set(err, EBADMSG, "the log is not framed as the engine frames logs");
		bytes.data += FRAME_HEADER;
		bytes.len -= FRAME_HEADER;
		if (len > bytes.len)
			len = bytes.len;
		take_bytes(search, &streams[head[0]], (struct slice){bytes.data, len});
		bytes.data += len;
		bytes.len -= len;
	}
	return 0;
}

int logs_parse(struct slice bytes, bool is_tty, const struct log_filter *filter,
	const struct log_window *window, struct arena *arena, struct container *c, bool *ret_has_older,
	struct err *err)
{
	struct search search = {.is_tty = is_tty,
		.filter = filter,
		.window = window,
		.arena = arena,
		.c = c,
		.first_epoch = MISSING};
	struct stream streams[STREAMS] = {0};
	int result = 0;

	search.joined = buf_new(2 * SEARCHED_LIMIT);
	search.text = buf_new(SEARCHED_LIMIT + 1);
	for (int i = 0; i < STREAMS; i++)
		streams[i].unfinished = buf_new(LINE_LIMIT);
	c->error_count = 0;
	if (is_tty)
		take_bytes(&search, &streams[0], bytes);
	else
		result = take_frames(&search, streams, bytes, err);
	for (int i = 0; i < STREAMS; i++) {
		if (streams[i].is_open)
			take_line(&search, &streams[i], buf_slice(&streams[i].unfinished));
		end_traceback(&search, &streams[i], traceback);
		buf_release(&streams[i].unfinished);
	}
	buf_release(&search.joined);
	buf_release(&search.text);
	arena_release(&search.scratch);
	arena_release(&search.keys);
	if (result < 0)
		c->error_count = MISSING;
	else
		*ret_has_older =
			(double)search.lines > window->max_lines && search.first_epoch >= window->since_epoch;
	return result;
}

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/docker.h"
#include "asmo/text.h"
#include "docker/answers.h"

enum { LINE_LIMIT = 64 * 1024, SEARCHED_LIMIT = 4096, STREAMS = 4, FRAME_HEADER = 8 };

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

struct search {
	const struct log_filter *filter;
	struct arena *arena;
	struct container *c;
	struct buf text;    /* the line in hand, cleaned */
	struct arena hands; /* what is made of it, until it is known to be new */
	bool in_key;        /* the line before was part of a private key */
};

static void count_error(struct search *search, const char *message)
{
	struct container *c = search->c;

	c->error_count++;
	for (size_t i = 0; i < c->errors.count; i++) {
		if (strcmp(c->errors.items[i], message) == 0) {
			c->error_counts.items[i]++;
			return;
		}
	}
	if (c->errors.count == DOCKER_ERRORS_MAX)
		return;
	if (!c->error_counts.items)
		c->error_counts.items = arena_array(search->arena, DOCKER_ERRORS_MAX, sizeof(double));
	strings_add(&c->errors, search->arena, arena_string(search->arena, message));
	c->error_counts.items[c->error_counts.count++] = 1;
}

/* Lines of a private key are not looked at: behind `-----BEGIN RSA PRIVATE KEY-----` they are nothing but
 * base64. The part of the log that was asked for may begin within one, then a long line of it tells. */
static bool is_of_key(struct search *search, const char *line)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	enum { LONG = 60 };
	size_t len = strlen(line);
	bool is_base64 = len % 4 == 0 && strspn(line, base64) == len;
	bool is_inside = is_base64 && (search->in_key || len >= LONG);

	search->in_key = is_inside || strstr(line, "PRIVATE KEY-----");
	return is_inside;
}

static void take_line(struct search *search, struct slice line)
{
	const struct log_filter *filter = search->filter;
	buf_clear(&search->text);
	text_clean(&search->text, line, SEARCHED_LIMIT);
	if (is_of_key(search, search->text.data))
		return;
	if (!matches_any(filter->errors, filter->error_count, search->text.data) ||
		matches_any(filter->ignored, filter->ignored_count, search->text.data))
		return;
	arena_clear(&search->hands);
	count_error(search, text_mask_copy(&search->hands, line, DOCKER_ERROR_LENGTH_MAX));
}

/* Adds bytes of one stream to its unfinished line and takes the lines that are whole. The engine splits long
 * lines over frames. */
static void take_bytes(struct search *search, struct buf *unfinished, struct slice bytes)
{
	while (bytes.len) {
		const char *end = memchr(bytes.data, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.data) : bytes.len;
		size_t room = unfinished->limit - unfinished->len;

		if (end && !unfinished->len) {
			take_line(search, (struct slice){bytes.data, len});
		} else {
			buf_add(unfinished, bytes.data, len < room ? len : room);
			if (end) {
				take_line(search, buf_slice(unfinished));
				buf_clear(unfinished);
			}
		}
		len += end != NULL;
		bytes.data += len;
		bytes.len -= len;
	}
}

static int take_frames(struct search *search, struct buf *unfinished, struct slice bytes, struct err *err)
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
		take_bytes(search, &unfinished[head[0]], (struct slice){bytes.data, len});
		bytes.data += len;
		bytes.len -= len;
	}
	return 0;
}

int logs_parse(struct slice bytes, bool is_tty, const struct log_filter *filter, struct arena *arena,
	struct container *c, struct err *err)
{
	struct search search = {.filter = filter, .arena = arena, .c = c};
	struct buf unfinished[STREAMS];
	int result = 0;

	buf_init(&search.text, SEARCHED_LIMIT + 1);
	for (int i = 0; i < STREAMS; i++)
		buf_init(&unfinished[i], LINE_LIMIT);
	c->error_count = 0;
	if (is_tty)
		take_bytes(&search, &unfinished[0], bytes);
	else
		result = take_frames(&search, unfinished, bytes, err);
	for (int i = 0; i < STREAMS; i++) {
		if (unfinished[i].len)
			take_line(&search, buf_slice(&unfinished[i]));
		buf_release(&unfinished[i]);
	}
	buf_release(&search.text);
	arena_release(&search.hands);
	if (result < 0)
		c->error_count = MISSING;
	return result;
}

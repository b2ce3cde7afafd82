/* Sources: Discord's "Execute Webhook" and "Uploading Files"; Slack's "Sending messages using incoming
 * webhooks" and "Formatting text"; ntfy's "Publishing" (title, priority, tags, Markdown; a message of more
 * than 4096 bytes becomes a file).
 */
#include "send/message.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"
#include "send/multipart.h"

enum { TEXT_MAX = 4000, TITLE_MAX = 250, MORE_RESERVE = 32, SEGMENT_MIN = 3 };
enum { DISCORD_MAX = 10 * 1024 * 1024 /* bytes of a request */ };

/* Where the host begins, behind the scheme and, if there are any, user and password; and where it ends. */
static const char *host_begin(const char *url, size_t *ret_len)
{
	const char *authority = strstr(url, "://");
	const char *end, *at;

	authority = authority ? authority + 3 : url;
	end = authority + strcspn(authority, "/?#\\");
	at = memrchr(authority, '@', (size_t)(end - authority));
	if (at)
		authority = at + 1;
	*ret_len = (size_t)(end - authority);
	return authority;
}

char *message_host(const char *url, struct arena *arena)
{
	size_t len, name;
	const char *host = host_begin(url, &len);

	if (*host == '[')
		name = strcspn(host, "]") + 1;
	else
		name = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	if (name < len && host[name] == ':')
		name += 1 + strspn(host + name + 1, "0123456789");
	if (name != len)
		len = 0;
	return arena_slice(arena, (struct slice){host, len});
}

bool send_is_readable_on_the_way(const char *url)
{
	static const char *const loopback[] = {"localhost", "[::1]", "127."};
	size_t len;
	const char *host = host_begin(url, &len);

	if (strncmp(url, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(loopback[i]);
		bool is_prefix = loopback[i][n - 1] == '.';

		if (len >= n && strncmp(host, loopback[i], n) == 0 &&
			(is_prefix ? strspn(host, "0123456789.:") >= len : n == len || host[n] == ':'))
			return false;
	}
	return true;
}

static bool is_of_segment(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Whether one of the words in this part of a URL is in the text. */
static bool has_segment(struct slice part, const char *text)
{
	struct arena arena = {0};
	bool is_there = false;

	for (size_t i = 0, len; i < part.len && !is_there; i += len + 1) {
		for (len = 0; i + len < part.len && is_of_segment(part.data[i + len]); len++)
			;
		if (len >= SEGMENT_MIN)
			is_there = strcasestr(text,
					   arena_slice(&arena, (struct slice){part.data + i, len})) != NULL;
	}
	arena_release(&arena);
	return is_there;
}

bool message_is_telling(const char *url, const char *text)
{
	size_t len;
	const char *host = host_begin(url, &len), *scheme = strstr(url, "://");
	const char *user = scheme ? scheme + 3 : url;

	return has_segment((struct slice){user, (size_t)(host - user)}, text) ||
	       has_segment(slice_of(host + len), text);
}

/* `?thread_id=1` stays, `?wait=false` does not, nor does what stands behind a #. */
char *message_discord_url(const char *url, struct arena *arena)
{
	const char *query = url + strcspn(url, "?#");
	char *made = arena_slice(arena, (struct slice){url, (size_t)(query - url)});
	char separator = '?';

	while (*query == '?' || *query == '&') {
		size_t len = strcspn(++query, "&#");

		if (len && strncmp(query, "wait=", 5) != 0) {
			made = arena_printf(arena, "%s%c%.*s", made, separator, (int)len, query);
			separator = '&';
		}
		query += len;
	}
	return arena_printf(arena, "%s%cwait=true", made, separator);
}

char *message_header_value(const char *text, struct arena *arena)
{
	struct buf value AUTO_BUF = buf_new(4 * strlen(text) + 16);
	bool is_plain = true;

	for (const char *p = text; *p; p++)
		is_plain = is_plain && *p >= ' ' && *p < 127 && strncmp(p, "=?", 2) != 0;
	if (is_plain)
		return arena_string(arena, text);
	buf_add_string(&value, "=?UTF-8?Q?");
	for (const char *p = text; *p; p++) {
		if (isalnum((unsigned char)*p))
			buf_add_char(&value, *p);
		else if (*p == ' ')
			buf_add_char(&value, '_');
		else
			buf_printf(&value, "=%02X", (unsigned char)*p);
	}
	buf_add_string(&value, "?=");
	return arena_slice(arena, buf_slice(&value));
}

char *message_cut(const char *text, size_t max_bytes, struct arena *arena)
{
	size_t len = strlen(text), kept = 0, lines = 0;
	const char *end;

	while (len && text[len - 1] == '\n')
		len--;
	if (len <= max_bytes)
		return arena_slice(arena, (struct slice){text, len});
	for (const char *p = text; (end = memchr(p, '\n', len - (size_t)(p - text))); p = end + 1) {
		if ((size_t)(end - text) > max_bytes - MORE_RESERVE)
			break;
		kept = (size_t)(end - text);
	}
	for (const char *p = text + kept + (kept > 0); p < text + len; p++)
		lines += *p == '\n' || p + 1 == text + len;
	return arena_printf(arena, "%.*s%sand %zu more lines", (int)kept, text, kept ? "\n" : "", lines);
}

/* Slack's three: so nothing becomes a link or calls anybody. A backtick could end the code block, in which
 * columns line up. */
static void add_for_slack(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			buf_add_string(out, "&amp;");
		else if (*text == '<')
			buf_add_string(out, "&lt;");
		else if (*text == '>')
			buf_add_string(out, "&gt;");
		else
			buf_add_char(out, *text == '`' ? '\'' : *text);
	}
}

/* The payload with the picture that it refers to. */
static void fill_discord_picture(struct message *m, const struct send_content *c, struct arena *arena)
{
	const struct multipart_part parts[] = {
		{"payload_json", "application/json", NULL, buf_slice(&c->discord)},
		{"files[0]", "image/png", SEND_PICTURE, buf_slice(&c->picture)},
	};
	struct buf body AUTO_BUF = buf_new(DISCORD_MAX);

	m->headers[0] = multipart_write(&body, parts, 2, arena);
	m->body = (struct slice){arena_slice(arena, buf_slice(&body)), body.len};
	m->is_too_large = body.overflow || c->discord.overflow || c->picture.overflow;
}

static void fill_discord(struct message *m, const struct send_content *c, struct arena *arena)
{
	m->url = message_discord_url(m->url, arena);
	if (c->picture.len) {
		fill_discord_picture(m, c, arena);
		return;
	}
	m->headers[0] = "Content-Type: application/json";
	m->body = buf_slice(&c->discord);
	m->is_too_large = c->discord.overflow;
}

static void fill_slack(struct message *m, const struct send_content *c, struct arena *arena)
{
	struct buf text AUTO_BUF = buf_new(64 * 1024);
	struct buf body AUTO_BUF = buf_new(512 * 1024);

	add_for_slack(&text, c->title.data);
	buf_add_string(&text, "\n```\n");
	add_for_slack(&text, message_cut(c->text.data, TEXT_MAX, arena));
	buf_add_string(&text, "\n```");
	buf_add_string(&body, "{\"text\":");
	json_write_string(&body, text.data);
	buf_add_char(&body, '}');
	m->headers[0] = "Content-Type: application/json";
	m->body = slice_of(arena_slice(arena, buf_slice(&body)));
}

static void fill_ntfy(struct message *m, const struct send_content *c, struct arena *arena)
{
	static const struct {
		const char *priority, *tag;
	} looks[] = {
		[SEVERITY_OK] = {"3", "white_check_mark"},
		[SEVERITY_INFO] = {"3", "information_source"},
		[SEVERITY_WARNING] = {"4", "warning"},
		[SEVERITY_CRITICAL] = {"5", "rotating_light"},
	};
	const char *title =
		message_header_value(text_clean_copy(arena, slice_of(c->title.data), TITLE_MAX), arena);

	m->headers[0] = "Content-Type: text/plain; charset=utf-8";
	m->headers[1] = arena_printf(arena, "Title: %s", title);
	m->headers[2] = arena_printf(arena, "Priority: %s", looks[c->severity].priority);
	m->headers[3] = arena_printf(arena, "Tags: %s", looks[c->severity].tag);
	m->headers[4] = c->markdown.len ? "Markdown: yes" : NULL;
	m->body = slice_of(message_cut(c->markdown.len ? c->markdown.data : c->text.data, TEXT_MAX, arena));
}

static void fill_json(struct message *m, const struct send_content *c, struct arena *arena)
{
	(void)arena;
	m->headers[0] = "Content-Type: application/json";
	m->body = buf_slice(&c->json);
	m->is_too_large = c->json.overflow;
}

const struct kind kinds[SEND_TARGETS] = {
	{"discord", "Discord", offsetof(struct config, discord.webhook_url), fill_discord},
	{"slack", "Slack", offsetof(struct config, send.slack_url), fill_slack},
	{"ntfy", "ntfy", offsetof(struct config, send.ntfy_url), fill_ntfy},
	{"json", "the JSON webhook", offsetof(struct config, send.json_url), fill_json},
};

void message_make(struct message *ret, const struct kind *kind, const char *url,
	const struct send_content *content, struct arena *arena)
{
	*ret = (struct message){.url = arena_string(arena, url)};
	kind->fill(ret, content, arena);
}

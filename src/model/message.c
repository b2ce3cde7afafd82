#include "asmo/message.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { CUT_KEY_MAX = 160, CODE_DIGITS_MAX = 5, CODE_HEX_MAX = 10, HEX_ID_MIN = 6, MIXED_ID_MIN = 10 };

static const char ellipsis[] = "\xE2\x80\xA6";

/* A key in the making. */
struct key {
	char *text;
	size_t len;
	const char *line;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What a word is made of; times, addresses, paths and ids are words. */
static bool is_word(char c)
{
	return is_digit(c) || is_letter(c) || (c && strchr("_-./:@%+~", c)) || (unsigned char)c >= 0x80;
}

static void add(struct key *key, const char *text, size_t len)
{
	memcpy(key->text + key->len, text, len);
	key->len += len;
}

/* `# #` and `#, #` are one. */
static void add_variable(struct key *key)
{
	size_t end = key->len;

	while (end && (key->text[end - 1] == ' ' || key->text[end - 1] == ','))
		end--;
	if (end && key->text[end - 1] == '#')
		key->len = end;
	else
		key->text[key->len++] = '#';
}

static size_t count_of(const char *word, size_t len, bool (*is)(char))
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += is(word[i]);
	return count;
}

/* `Jan`, `Mon`: part of a date when a number or another of them follows. */
static bool is_date_name(const char *word, size_t len)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDecMonTueWedThuFriSatSun";
	const char *next = word + len;

	if (len != 3)
		return false;
	next += strspn(next, " ,");
	if (!is_digit(*next) &&
		!(is_letter(next[0]) && is_date_name(next, strspn(next, "abcdefghijklmnopqrstuvwxyz"
									"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))))
		return false;
	for (size_t i = 0; names[i]; i += 3)
		if (memcmp(names + i, word, 3) == 0)
			return true;
	return false;
}

/* Whether the text that ends here is a word behind which a number is what it is about: `exit code `,
 * `status=`, `errno: `, `"statusCode":`, `SQLSTATE[`. Behind `error: ` there is a sentence, which may begin
 * with a count. */
static bool is_code_next(const char *line, const char *here)
{
	static const char *const words[] = {"error", "err", "errno", "code", "status", "exit", "http",
		"sqlstate", "signal"};
	const char *end = here, *start;
	bool has_colon = false;

	while (end > line && here - end < 4 && strchr(" :=#([\"'-", end[-1])) {
		end--;
		has_colon = has_colon || (*end == ':' && end[1] == ' ');
	}
	start = end;
	/* The last part of `status_code` and `exitCode`. */
	while (start > line && is_letter(start[-1]) &&
		!(start < end && *start >= 'A' && *start <= 'Z' && start[-1] >= 'a'))
		start--;
	for (size_t i = has_colon ? 2 : 0; end < here && i < sizeof(words) / sizeof(words[0]); i++)
		if ((size_t)(end - start) == strlen(words[i]) &&
			strncasecmp(start, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool is_code(const char *line, const char *word, size_t len)
{
	size_t sign = word[0] == '-' && len > 1, digits = count_of(word, len, is_digit);
	bool is_state = len == 5 && digits; /* SQLSTATE 42P01 */

	for (size_t i = 0; i < len && is_state; i++)
		is_state = is_digit(word[i]) || (word[i] >= 'A' && word[i] <= 'Z');
	return (is_state || (digits + sign == len && digits <= CODE_DIGITS_MAX) ||
		       (len <= CODE_HEX_MAX && strncasecmp(word, "0x", 2) == 0)) &&
	       is_code_next(line, word);
}

/* `/var/lib/x`, `./x`, `~/x`, `C:/x`; `data/app.db`, `a/b/c`; not `I/O`, `and/or`, `read/write`. */
static bool is_path(const char *word, size_t len)
{
	const char *slash = memchr(word, '/', len);
	size_t slashes = 0;

	if (!slash || len < 2)
		return false;
	if (slash == word || (slash == word + 1 && strchr("~.", word[0])) ||
		(slash == word + 2 && word[1] == ':'))
		return true;
	for (size_t i = 0; i < len; i++)
		slashes += word[i] == '/';
	return slashes > 1 || memchr(slash, '.', len - (size_t)(slash - word));
}

/* An id: hexadecimal digits, also in groups (UUID, MAC address, digest), or letters and digits in a jumble.
 */
static bool is_id(const char *word, size_t len)
{
	size_t hex = count_of(word, len, is_hex), digits = count_of(word, len, is_digit), changes = 0;
	size_t marks = 0;

	for (size_t i = 0; i < len; i++) {
		marks += word[i] == '-' || word[i] == ':';
		changes += i && is_digit(word[i]) != is_digit(word[i - 1]) &&
			   (is_letter(word[i]) || is_letter(word[i - 1]));
	}
	if (hex + marks == len && hex >= HEX_ID_MIN && digits)
		return true;
	return marks < 2 && len >= MIXED_ID_MIN && changes >= 4;
}

/* IPv6: hexadecimal digits and at least two colons, `::1`, `fe80::1%eth0`. */
static bool is_ipv6(const char *word, size_t len)
{
	size_t colons = 0, i = 0;

	for (; i < len && (is_hex(word[i]) || word[i] == ':' || word[i] == '.'); i++)
		colons += word[i] == ':';
	return colons > 1 && (i == len || word[i] == '%');
}

static bool has_inside(const char *word, size_t len, char c)
{
	const char *found = len > 2 ? memchr(word + 1, c, len - 2) : NULL;

	return found != NULL;
}

/* The whole word stands for something that differs from one time to the next. */
static bool is_variable(const char *word, size_t len)
{
	return is_digit(word[0]) || ((word[0] == '+' || word[0] == '-') && len > 1 && is_digit(word[1])) ||
	       is_path(word, len) || has_inside(word, len, '@') || is_ipv6(word, len) || is_id(word, len) ||
	       is_date_name(word, len);
}

/* `worker-12` -> `worker-#` */
static void add_fixed(struct key *key, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(word[i]))
			key->text[key->len++] = word[i];
		else if (!i || !is_digit(word[i - 1]))
			key->text[key->len++] = '#';
	}
}

/* The length of a URL at the start, 0 when there is none: it ends at white space, a quote or a bracket. */
static size_t url_length(const char *text)
{
	size_t scheme = 0;

	while (is_letter(text[scheme]) || (scheme && (is_digit(text[scheme]) || strchr("+.-", text[scheme]))))
		if (!text[++scheme])
			return 0;
	return scheme && strncmp(text + scheme, "://", 3) == 0 ? strcspn(text, " \t\"'`<>()[]{}|,;") : 0;
}

static bool is_am_or_pm(const struct key *key, const char *word, size_t len)
{
	return len == 2 && (word[0] == 'A' || word[0] == 'P') && word[1] == 'M' && key->len > 1 &&
	       key->text[key->len - 1] == ' ' && key->text[key->len - 2] == '#';
}

/* Takes the word at the start of `rest`; returns its length. */
static size_t take_word(struct key *key, const char *rest)
{
	size_t len = url_length(rest), tail;

	if (len) {
		add_variable(key);
		return len;
	}
	while (is_word(rest[len]))
		len++;
	/* What ends a sentence, or a word such as `error:`, is no part of it. */
	for (tail = len; tail > 1 && strchr(".:-", rest[tail - 1]); tail--)
		;
	if (is_code(key->line, rest, tail))
		add(key, rest, tail);
	else if (is_variable(rest, tail) || is_am_or_pm(key, rest, tail))
		add_variable(key);
	else
		add_fixed(key, rest, tail);
	add(key, rest + tail, len - tail);
	return len;
}

char *message_key(struct arena *arena, const char *line)
{
	size_t len = strlen(line);
	bool is_cut = len > strlen(ellipsis) && strcmp(line + len - strlen(ellipsis), ellipsis) == 0;
	struct key key = {.text = arena_alloc(arena, len + 1), .line = line};

	for (const char *rest = line; *rest;) {
		if (is_word(*rest) && (rest[0] != ':' || rest[1] == ':')) {
			rest += take_word(&key, rest);
		} else {
			/* A row of white space is as good as one. */
			if (!is_space(*rest))
				key.text[key.len++] = *rest;
			else if (key.len && key.text[key.len - 1] != ' ')
				key.text[key.len++] = ' ';
			rest++;
		}
	}
	if (is_cut) {
		while (key.len && key.text[key.len - 1] != ' ') /* the word that was cut */
			key.len--;
		if (key.len > CUT_KEY_MAX)
			key.len = CUT_KEY_MAX;
	}
	while (key.len && key.text[key.len - 1] == ' ')
		key.len--;
	key.text[key.len] = '\0';
	return key.text;
}

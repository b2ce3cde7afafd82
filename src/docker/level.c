/* What a log line says of its own weight, in the forms that the programs of a home server use. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "docker/answers.h"

enum { WORDS_MAX = 12, PLAIN_WORDS_MAX = 2, BRACKET_MAX = 80, NAME_MAX_LENGTH = 11 };

/* A warning is no error: the program itself says that it goes on. Behind the weights of PostgreSQL are the
 * parts of a message: they belong to the line before. `LOG` is PostgreSQL's and NestJS's `info`. */
static const struct {
	const char *name;
	enum log_level level;
} names[] = {
	{"trace", LOG_LEVEL_FINE},
	{"trc", LOG_LEVEL_FINE},
	{"verbose", LOG_LEVEL_FINE},
	{"debug", LOG_LEVEL_FINE},
	{"debu", LOG_LEVEL_FINE},
	{"dbug", LOG_LEVEL_FINE},
	{"dbg", LOG_LEVEL_FINE},
	{"log", LOG_LEVEL_FINE},
	{"info", LOG_LEVEL_FINE},
	{"inf", LOG_LEVEL_FINE},
	{"information", LOG_LEVEL_FINE},
	{"notice", LOG_LEVEL_FINE},
	{"noti", LOG_LEVEL_FINE},
	{"note", LOG_LEVEL_FINE},
	{"system", LOG_LEVEL_FINE},
	{"warn", LOG_LEVEL_FINE},
	{"warning", LOG_LEVEL_FINE},
	{"wrn", LOG_LEVEL_FINE},
	{"detail", LOG_LEVEL_FINE},
	{"hint", LOG_LEVEL_FINE},
	{"context", LOG_LEVEL_FINE},
	{"statement", LOG_LEVEL_FINE},
	{"error", LOG_LEVEL_ERROR},
	{"err", LOG_LEVEL_ERROR},
	{"eror", LOG_LEVEL_ERROR}, /* log15, in old Grafanas */
	{"erro", LOG_LEVEL_ERROR}, /* RabbitMQ cuts to four */
	{"fail", LOG_LEVEL_ERROR}, /* .NET */
	{"severe", LOG_LEVEL_ERROR},
	{"crit", LOG_LEVEL_ERROR},
	{"critical", LOG_LEVEL_ERROR},
	{"alert", LOG_LEVEL_ERROR},
	{"fatal", LOG_LEVEL_ERROR},
	{"ftl", LOG_LEVEL_ERROR},
	{"panic", LOG_LEVEL_ERROR},
	{"pnc", LOG_LEVEL_ERROR},
	{"emerg", LOG_LEVEL_ERROR},
	{"emergency", LOG_LEVEL_ERROR},
};

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z');
}

static enum log_level level_of(const char *word, size_t len)
{
	for (size_t i = 0; len && len <= NAME_MAX_LENGTH && i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].name[0] == (word[0] | ' ') && strncasecmp(names[i].name, word, len) == 0 &&
			!names[i].name[len])
			return names[i].level;
	return LOG_LEVEL_NONE;
}

static bool is_all_upper(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_upper(word[i]))
			return false;
	return len > 0;
}

static bool has_digit(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_digit(word[i]))
			return true;
	return false;
}

/* `[error]`, `[ERR]`, `[Note]`, `[core:error]`, `[E]`, `[10:00:00 INF]`, `[2026-01-11 10:00:00:
 * INFO/MainProcess]` */
static enum log_level level_in_brackets(const char *text, size_t len)
{
	const char *colon;
	enum log_level level;

	while (len && *text == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (len == 1)
		return strchr("TDVINW", *text) ? LOG_LEVEL_FINE
		       : strchr("EFC", *text)  ? LOG_LEVEL_ERROR
					       : LOG_LEVEL_NONE;
	level = level_of(text, len);
	if (level || !len)
		return level;
	if (!has_digit(text, len)) {
		colon = memrchr(text, ':', len);
		return colon ? level_of(colon + 1, len - (size_t)(colon + 1 - text)) : LOG_LEVEL_NONE;
	}
	for (size_t i = 0, start = 0; i <= len; i++) {
		if (i < len && is_letter(text[i]))
			continue;
		if (is_all_upper(text + start, i - start) && level_of(text + start, i - start))
			return level_of(text + start, i - start);
		start = i + 1;
	}
	return LOG_LEVEL_NONE;
}

/* The brackets at the start, with their level; 0 when they are not closed. */
static size_t take_brackets(const char *text, enum log_level *ret_level)
{
	const char *end = memchr(text,
		*text == '['   ? ']'
		: *text == '(' ? ')'
			       : '>',
		strnlen(text, BRACKET_MAX));

	if (!end)
		return 0;
	if (*text == '[')
		*ret_level = level_in_brackets(text + 1, (size_t)(end - text - 1));
	return (size_t)(end + 1 - text);
}

/* A word that stands before the level: a time, a pid, a logger's name, a tag. */
static bool is_prefix(const char *word, size_t len)
{
	static const char *const others[] = {"UTC", "GMT", "CET", "CEST", "AM", "PM", "Z"};

	if (len == 3 && is_upper(word[0]) && word[3] == ' ' && is_digit(word[4])) /* Jan 11 */
		return true;
	if (has_digit(word, len) || memchr(word, '.', len) || memchr(word, '/', len) || word[len - 1] == ':')
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == len && strncmp(others[i], word, len) == 0)
			return true;
	return false;
}

/* `ERROR`, `error:`, `INFO:root:`, `Zigbee2MQTT:info`, Laravel's `production.ERROR:`; and `info` alone in a
 * place of its own: between bars, or beside a time. */
static enum log_level level_of_word(const char *word, size_t len, bool is_in_place)
{
	const char *colon = memchr(word, ':', len), *dot;
	size_t first = colon ? (size_t)(colon - word) : len;
	enum log_level level = level_of(word, first);

	if (level)
		return colon || is_in_place || is_all_upper(word, first) ? level : LOG_LEVEL_NONE;
	if (!colon)
		return LOG_LEVEL_NONE;
	dot = memrchr(word, '.', first);
	if (dot && is_all_upper(dot + 1, (size_t)(colon - dot - 1)))
		return level_of(dot + 1, (size_t)(colon - dot - 1));
	return level_of(colon + 1, len - first - 1);
}

/* `E0111 10:00:00.000000       1 file.go:12] ...`: glog and klog. */
static enum log_level level_of_glog(const char *line)
{
	if (!*line || !strchr("IWEF", *line) || strspn(line + 1, "0123456789") != 4 || line[5] != ' ' ||
		!is_digit(line[6]))
		return LOG_LEVEL_NONE;
	return strchr("EF", *line) ? LOG_LEVEL_ERROR : LOG_LEVEL_FINE;
}

/* `1:M 11 Jan 2026 10:00:00.123 * ...`: Redis marks with `.` `-` `*` what is fine, and with `#` what may be
 * not. */
static enum log_level level_of_redis(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if (!digits || line[digits] != ':' || !is_upper(line[digits + 1]) || line[digits + 2] != ' ')
		return LOG_LEVEL_NONE;
	for (const char *p = line; (p = strchr(p, ' ')); p++)
		if (p[1] && strchr(".-*#", p[1]) && p[2] == ' ')
			return p[1] == '#' ? LOG_LEVEL_NONE : LOG_LEVEL_FINE;
	return LOG_LEVEL_NONE;
}

/* The level in the head of a line, before its message begins. */
static enum log_level level_of_head(const char *line)
{
	const char *p = line;
	enum log_level level = LOG_LEVEL_NONE;
	bool is_behind_time = false, is_in_place;
	size_t len, plain = 0;

	for (int i = 0; i < WORDS_MAX && plain <= PLAIN_WORDS_MAX; i++) {
		for (is_in_place = is_behind_time; *p && strchr(" -|,;*#", *p); p++)
			is_in_place = is_in_place || *p == '|';
		if (!*p || strchr("{\"'=", *p))
			break;
		if (strchr("[(<", *p)) {
			len = take_brackets(p, &level);
			if (level || !len)
				return level;
			p += len;
			p += *p == ':';
			continue;
		}
		len = strcspn(p, " [(|,;");
		if (memchr(p, '=', len))
			break;
		is_in_place = is_in_place || (p == line && p[len] == ' ' && is_digit(p[len + 1]));
		level = level_of_word(p, len, is_in_place);
		if (level)
			return level;
		is_behind_time = is_digit(*p) && memchr(p, ':', len);
		plain += !is_prefix(p, len);
		p += len;
	}
	return LOG_LEVEL_NONE;
}

/* Numbers: pino and bunyan count 10 to 60 upwards, Nextcloud 0 to 4; syslog (GELF) 7 to 0 downwards. */
static enum log_level level_of_number(const char *line, const char *number, size_t len)
{
	int value = 0;

	for (size_t i = 0; i < len && i < 3; i++)
		value = value * 10 + (number[i] - '0');
	if (value >= 10)
		return value >= 50 ? LOG_LEVEL_ERROR : LOG_LEVEL_FINE;
	if (strstr(line, "\"reqId\""))
		return value >= 3 ? LOG_LEVEL_ERROR : LOG_LEVEL_FINE;
	return value <= 3 ? LOG_LEVEL_ERROR : LOG_LEVEL_FINE;
}

/* The level behind the name of a key: `level=info`, `"level":"info"`, `\"level\":30`, `"levelname": "INFO"`.
 */
static enum log_level level_of_value(const char *line, const char *behind_key)
{
	const char *p = behind_key;
	bool is_quoted;
	size_t len;

	if (strncasecmp(p, "name", 4) == 0)
		p += 4;
	p += *p == '\\';
	is_quoted = *p == '"';
	p += is_quoted;
	if (*p != '=' && !(*p == ':' && is_quoted))
		return LOG_LEVEL_NONE;
	p++;
	p += strspn(p, is_quoted ? " \\\"" : "\"");
	len = strspn(p, "0123456789");
	if (len && len < 4)
		return level_of_number(line, p, len);
	while (is_letter(p[len]))
		len++;
	return level_of(p, len);
}

/* The first key in the line that gives a level. */
static enum log_level level_of_key(const char *line)
{
	static const char *const keys[] = {"level", "lvl", "severity", "@l"};

	for (const char *p = line; (p = strpbrk(p, "lLsS@")); p++) {
		if (p > line && !strchr(" \"{,[(|;._", p[-1]))
			continue;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			enum log_level level = LOG_LEVEL_NONE;

			if (strncasecmp(p, keys[i], strlen(keys[i])) == 0)
				level = level_of_value(line, p + strlen(keys[i]));
			if (level)
				return level;
		}
	}
	return LOG_LEVEL_NONE;
}

/* {"t":{"$date":"..."},"s":"E",  "c":"NETWORK", ...: MongoDB */
static enum log_level level_of_mongo(const char *line)
{
	const char *severity = strncmp(line, "{\"t\":{\"$date\"", 13) == 0 ? strstr(line, "\"s\":\"") : NULL;

	if (!severity || !severity[5])
		return LOG_LEVEL_NONE;
	return strchr("EF", severity[5]) ? LOG_LEVEL_ERROR : LOG_LEVEL_FINE;
}

/* ` - GET https example.com "/x"`: Nginx Proxy Manager */
static bool is_proxy_access(const char *line)
{
	for (const char *p = line; (p = strstr(p, " - ")); p++) {
		const char *method = p + 3, *end = method;

		while (is_upper(*end))
			end++;
		if (end - method > 2 && strncmp(end, " http", 5) == 0)
			return true;
	}
	return false;
}

/* A request that was served, whatever came of it: `"GET /error HTTP/1.1" 404 153`, `[GIN] ... | 500 | ...`,
 * `GET /error 404 1.2 ms`. What failed in it is for the program to say in a line of its own. */
static bool is_access(const char *line)
{
	const char *p = line;

	if (strncmp(line, "[GIN] ", 6) == 0 || is_proxy_access(line))
		return true;
	while ((p = strstr(p, " HTTP/"))) {
		p += 6;
		p += strspn(p, "0123456789.");
		if (p[0] == '"' && p[1] == ' ' && strspn(p + 2, "0123456789") == 3)
			return true;
	}
	p = line;
	while (is_upper(*p))
		p++;
	if (p - line < 3 || p[0] != ' ' || p[1] != '/')
		return false;
	p += 1 + strcspn(p + 1, " ");
	return p[0] == ' ' && strspn(p + 1, "0123456789") == 3 && p[4] == ' ' && is_digit(p[5]) &&
	       strstr(p, " ms");
}

/* PHP-FPM tells what ended a script as a notice: `NOTICE: PHP message: PHP Fatal error:  Uncaught ...`. */
static enum log_level level_of_php(const char *line)
{
	return strstr(line, "PHP message: PHP Fatal error") ? LOG_LEVEL_ERROR : LOG_LEVEL_NONE;
}

enum log_level log_level(const char *line)
{
	enum log_level level = level_of_glog(line);

	if (!level)
		level = level_of_php(line);
	if (!level)
		level = level_of_redis(line);
	if (!level)
		level = level_of_mongo(line);
	if (!level)
		level = level_of_head(line);
	if (!level)
		level = level_of_key(line);
	if (!level && is_access(line))
		level = LOG_LEVEL_FINE;
	return level;
}

#include "discord.h"

#include <string.h>

#include "fuzz.h"

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	HOLDS(text);
	return text;
}

/* Code points, by their first bytes. */
static size_t count(const char *text)
{
	size_t points = 0;

	for (; *text; text++)
		points += ((unsigned char)*text & 0xC0) != 0x80;
	return points;
}

/* A text that must be there and no longer than the limit; returns its length. */
static size_t check_text(const cJSON *object, const char *name, size_t max)
{
	const char *text = text_of(object, name);

	HOLDS(text[strspn(text, " \n")] && count(text) <= max);
	HOLDS(fuzz_is_inert(slice_of(text), true));
	return count(text);
}

static size_t check_field(const cJSON *field)
{
	size_t fences = 0;

	for (const char *p = text_of(field, "value"); (p = strstr(p, "```")); p += 3)
		fences++;
	HOLDS(fences % 2 == 0);
	HOLDS(cJSON_IsBool(cJSON_GetObjectItemCaseSensitive(field, "inline")));
	return check_text(field, "name", 256) + check_text(field, "value", 1024);
}

/* `2026-01-11T10:00:00Z` */
static void check_time(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	HOLDS(strlen(text) == strlen(form));
	for (size_t i = 0; form[i]; i++)
		HOLDS(form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]);
}

void discord_check(const cJSON *message)
{
	const cJSON *mentions = cJSON_GetObjectItemCaseSensitive(message, "allowed_mentions");
	const cJSON *parse = cJSON_GetObjectItemCaseSensitive(mentions, "parse");
	const cJSON *embeds = cJSON_GetObjectItemCaseSensitive(message, "embeds");
	const cJSON *embed = cJSON_GetArrayItem(embeds, 0), *color, *fields, *field;
	size_t total;

	HOLDS(cJSON_IsArray(parse) && cJSON_GetArraySize(parse) == 0 && cJSON_GetArraySize(mentions) == 1);
	HOLDS(cJSON_GetArraySize(embeds) == 1);
	HOLDS(!cJSON_GetObjectItemCaseSensitive(message, "content"));
	if (cJSON_GetObjectItemCaseSensitive(message, "username"))
		check_text(message, "username", 80);
	color = cJSON_GetObjectItemCaseSensitive(embed, "color");
	HOLDS(cJSON_IsNumber(color) && color->valuedouble >= 0 && color->valuedouble <= 0xFFFFFF);
	check_time(text_of(embed, "timestamp"));
	total = check_text(embed, "title", 256) +
		check_text(cJSON_GetObjectItemCaseSensitive(embed, "footer"), "text", 2048);
	if (cJSON_GetObjectItemCaseSensitive(embed, "description"))
		total += check_text(embed, "description", 4096);
	fields = cJSON_GetObjectItemCaseSensitive(embed, "fields");
	HOLDS(cJSON_GetArraySize(fields) >= 1 && cJSON_GetArraySize(fields) <= 25);
	cJSON_ArrayForEach(field, fields) total += check_field(field);
	HOLDS(total <= 6000);
}

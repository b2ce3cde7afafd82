#include "asmo/config.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"

static void *value_of(struct config *config, const struct config_key *key)
{
	return (char *)config + key->offset;
}

void config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		void *value = value_of(config, key);

		switch (key->type) {
		case FIELD_STRING:
			*(char **)value = arena_string(&config->arena, key->text);
			break;
		case FIELD_FLAG:
			*(enum flag *)value = key->number > 0 ? FLAG_YES : FLAG_NO;
			break;
		case FIELD_STRINGS:
			for (const char *const *item = key->list; *item; item++)
				strings_add(value, &config->arena, arena_string(&config->arena, *item));
			break;
		default:
			*(double *)value = key->number;
		}
	}
}

void config_release(struct config *config)
{
	arena_release(&config->arena);
	memset(config, 0, sizeof(*config));
}

/* Says what was found: the value as it stands in the file, cut, but for a secret. A secret may stand in the
 * wrong place. */
static int wrong(const struct config_key *key, const cJSON *found, const char *allowed, struct err *err)
{
	char *printed = key->is_secret ? NULL : cJSON_PrintUnformatted(found);
	struct arena arena = {0};

	err_set(err, EINVAL, "%s is %s, allowed is %s", key->name,
		text_mask_copy(&arena, slice_of(printed ? printed : json_type_name(found)), 60), allowed);
	cJSON_free(printed);
	arena_release(&arena);
	return -1;
}

static int set_number(const struct config_key *key, double *ret, const cJSON *found, struct err *err)
{
	char allowed[120];

	if (key->may_be_null && cJSON_IsNull(found)) {
		*ret = MISSING;
		return 0;
	}
	if (cJSON_IsNumber(found) && found->valuedouble >= key->min && found->valuedouble <= key->max &&
		(!key->whole || found->valuedouble - floor(found->valuedouble) <= 0)) {
		*ret = found->valuedouble;
		return 0;
	}
	snprintf(allowed, sizeof(allowed), "a %snumber from %g to %g%s", key->whole ? "whole " : "", key->min,
		key->max, key->may_be_null ? ", or null for never" : "");
	return wrong(key, found, allowed, err);
}

static int check_pattern(const struct config_key *key, const cJSON *found, struct err *err)
{
	regex_t compiled;
	char reason[160], allowed[200];
	int code = regcomp(&compiled, found->valuestring, REG_EXTENDED | REG_ICASE | REG_NOSUB);

	if (!code) {
		regfree(&compiled);
		return 0;
	}
	regerror(code, &compiled, reason, sizeof(reason));
	snprintf(allowed, sizeof(allowed), "an extended regular expression (%s)", reason);
	return wrong(key, found, allowed, err);
}

static int set_strings(const struct config_key *key, struct strings *ret, const cJSON *found,
	struct arena *arena, struct err *err)
{
	struct strings list = {0};

	if (!cJSON_IsArray(found))
		return wrong(key, found, "a list of texts", err);
	for (const cJSON *item = found->child; item; item = item->next) {
		if (!cJSON_IsString(item) || !item->valuestring[0])
			return wrong(key, item, "a list of texts that are not empty", err);
		if (key->is_pattern && check_pattern(key, item, err) < 0)
			return -1;
		strings_add(&list, arena, arena_string(arena, item->valuestring));
	}
	*ret = list;
	return 0;
}

static int set_key(struct config *config, const struct config_key *key, const cJSON *found, struct err *err)
{
	void *value = value_of(config, key);

	switch (key->type) {
	case FIELD_STRING:
		if (!cJSON_IsString(found))
			return wrong(key, found, "a text", err);
		*(char **)value = arena_string(&config->arena, found->valuestring);
		return 0;
	case FIELD_FLAG:
		if (!cJSON_IsBool(found))
			return wrong(key, found, "true or false", err);
		*(enum flag *)value = cJSON_IsTrue(found) ? FLAG_YES : FLAG_NO;
		return 0;
	case FIELD_STRINGS:
		return set_strings(key, value, found, &config->arena, err);
	default:
		return set_number(key, value, found, err);
	}
}

/* Levenshtein's edit distance. Names longer than the table are far from everything. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], len = strlen(b);

	if (len >= 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[len];
}

static void warn_unknown(struct config *config, const char *name)
{
	char *shown = text_mask_copy(&config->arena, slice_of(name), 100);
	const char *nearest = NULL;
	size_t best = strlen(shown) / 2 + 1; /* farther than that is no likeness */

	for (size_t i = 0; i < config_key_count; i++) {
		const char *dot = strchr(config_keys[i].name, '.');
		const char *group = dot ? arena_printf(&config->arena, "%.*s",
						  (int)(dot - config_keys[i].name), config_keys[i].name)
					: config_keys[i].name;
		const char *candidates[] = {strchr(shown, '.') ? config_keys[i].name : group,
			config_keys[i].name};

		for (size_t k = 0; k < 2; k++) {
			size_t far = distance(shown, candidates[k]);

			if (far < best) {
				best = far;
				nearest = candidates[k];
			}
		}
	}
	strings_printf(&config->warnings, &config->arena, "unknown key %s has no effect%s%s", shown,
		nearest ? "; the nearest known one is " : "", nearest ? nearest : "");
}

static const struct config_key *find_key(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	return NULL;
}

static bool is_group(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < config_key_count; i++)
		if (strncmp(config_keys[i].name, name, len) == 0 && config_keys[i].name[len] == '.')
			return true;
	return false;
}

static int parse_object(struct config *config, const char *group, const cJSON *object, struct err *err)
{
	for (const cJSON *item = object->child; item; item = item->next) {
		char name[256];
		const struct config_key *key;

		snprintf(name, sizeof(name), "%s%s%s", group, *group ? "." : "", item->string);
		key = find_key(name);
		if (key) {
			if (set_key(config, key, item, err) < 0)
				return -1;
		} else if (!is_group(name)) {
			warn_unknown(config, name);
		} else if (!cJSON_IsObject(item)) {
			return err_set(err, EINVAL, "%s is %s, allowed is an object with its keys", name,
				json_type_name(item));
		} else if (parse_object(config, name, item, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int config_parse(struct config *config, struct slice json, struct err *err)
{
	cJSON *object AUTO_JSON = json_parse(json, err);

	if (!object)
		return -1;
	if (!cJSON_IsObject(object))
		return err_set(err, EBADMSG, "expected one object of keys, found %s", json_type_name(object));
	return parse_object(config, "", object, err);
}

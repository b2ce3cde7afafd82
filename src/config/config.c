#include "asmo/config.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"

/* The keys of the config, or of one of its containers, and where their values are. */
struct table {
	const struct config_key *keys;
	size_t count;
	void *base;
	struct arena *arena;
};

static struct table table_of(struct config *config)
{
	return (struct table){config_keys, config_key_count, config, &config->arena};
}

static struct table container_table(struct config_container *container, struct arena *arena)
{
	return (struct table){config_container_keys, config_container_key_count, container, arena};
}

static void *value_of(const struct table *table, const struct config_key *key)
{
	return (char *)table->base + key->offset;
}

static void set_defaults(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];
		void *value = value_of(table, key);

		switch (key->type) {
		case FIELD_STRING:
			*(char **)value = arena_string(table->arena, key->text);
			break;
		case FIELD_FLAG:
			*(enum flag *)value = key->is_unset     ? FLAG_UNKNOWN
					      : key->number > 0 ? FLAG_YES
								: FLAG_NO;
			break;
		case FIELD_STRINGS:
			for (const char *const *item = key->list; *item; item++)
				strings_add(value, table->arena, arena_string(table->arena, *item));
			break;
		default:
			*(double *)value = key->number;
		}
	}
}

void config_init(struct config *config)
{
	struct table table = table_of(config);

	memset(config, 0, sizeof(*config));
	set_defaults(&table);
}

void config_container_init(struct config_container *container, struct arena *arena)
{
	struct table table = container_table(container, arena);

	*container = (struct config_container){0};
	set_defaults(&table);
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

/* "running or stopped" */
static int check_choice(const struct config_key *key, const cJSON *found, struct err *err)
{
	char allowed[120] = "";

	for (const char *const *choice = key->choices; choice && *choice; choice++) {
		size_t used = strlen(allowed);

		if (strcmp(found->valuestring, *choice) == 0)
			return 0;
		snprintf(allowed + used, sizeof(allowed) - used, "%s%s", used ? " or " : "", *choice);
	}
	return key->choices ? wrong(key, found, allowed, err) : 0;
}

/* Something of a host behind the scheme, and nothing that could end the line of a request. */
static int check_url(const struct config_key *key, const cJSON *found, struct err *err)
{
	static const char *const schemes[] = {"https://", "http://"};
	const char *url = found->valuestring;

	if (!*url)
		return 0;
	if (strstr(url, "..."))
		return wrong(key, found, "an address; ... stands for the rest of it", err);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		if (strncmp(url, schemes[i], len) != 0 || strchr("/?#", url[len]))
			continue;
		for (url += len; *url > ' ' && *url < 127; url++)
			;
		if (!*url)
			return 0;
	}
	return wrong(key, found, "an address without spaces that begins with https:// or http://", err);
}

static int set_key(const struct table *table, const struct config_key *key, const cJSON *found,
	struct err *err)
{
	void *value = value_of(table, key);

	switch (key->type) {
	case FIELD_STRING:
		if (!cJSON_IsString(found))
			return wrong(key, found, "a text", err);
		if (check_choice(key, found, err) < 0 || (key->is_url && check_url(key, found, err) < 0))
			return -1;
		*(char **)value = arena_string(table->arena, found->valuestring);
		return 0;
	case FIELD_FLAG:
		if (!cJSON_IsBool(found))
			return wrong(key, found, "true or false", err);
		*(enum flag *)value = cJSON_IsTrue(found) ? FLAG_YES : FLAG_NO;
		return 0;
	case FIELD_STRINGS:
		return set_strings(key, value, found, table->arena, err);
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

/* `prefix` is where the table's keys stand in the file. */
static void warn_unknown(struct config *config, const struct table *table, const char *prefix,
	const char *name)
{
	char *shown = text_mask_copy(&config->arena, slice_of(name), 100);
	const char *nearest = NULL;
	size_t best = strlen(shown) / 2 + 1; /* farther than that is no likeness */

	for (size_t i = 0; i < table->count; i++) {
		const char *key = table->keys[i].name, *dot = strchr(key, '.');
		const char *group = dot ? arena_printf(&config->arena, "%.*s", (int)(dot - key), key) : key;
		const char *candidates[] = {strchr(shown, '.') ? key : group, key};

		for (size_t k = 0; k < 2; k++) {
			size_t far = distance(shown, candidates[k]);

			if (far < best) {
				best = far;
				nearest = candidates[k];
			}
		}
	}
	strings_printf(&config->warnings, &config->arena, "unknown key %s%s has no effect%s%s%s", prefix,
		shown, nearest ? "; the nearest known one is " : "", nearest ? prefix : "",
		nearest ? nearest : "");
}

static const struct config_key *find_key(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->keys[i].name, name) == 0)
			return &table->keys[i];
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

static int parse_container(struct config *config, struct config_container *container, const cJSON *object,
	struct err *err)
{
	struct table table = container_table(container, &config->arena);
	char *prefix = arena_printf(&config->arena, "containers.%s.", container->name);

	for (const cJSON *item = object->child; item; item = item->next) {
		const struct config_key *key = find_key(&table, item->string);

		if (!key)
			warn_unknown(config, &table, prefix, item->string);
		else if (set_key(&table, key, item, err) < 0)
			return err_set(err, err->code, "%s%s", prefix,
				arena_string(&config->arena, err->text));
	}
	return 0;
}

/* `"containers": {"backup-*": {"expected": "stopped"}}` */
static int parse_containers(struct config *config, const cJSON *object, struct err *err)
{
	struct config_docker *docker = &config->docker;
	size_t count = (size_t)cJSON_GetArraySize(object);

	docker->containers = arena_array(&config->arena, count, sizeof(*docker->containers));
	docker->container_count = 0;
	for (const cJSON *item = object->child; item; item = item->next) {
		struct config_container *container = &docker->containers[docker->container_count++];

		config_container_init(container, &config->arena);
		container->name = text_clean_copy(&config->arena, slice_of(item->string), 200);
		if (!cJSON_IsObject(item))
			return err_set(err, EINVAL, "containers.%s is %s, allowed is an object with its keys",
				container->name, json_type_name(item));
		if (parse_container(config, container, item, err) < 0)
			return -1;
	}
	return 0;
}

/* The text as the JSON value that the key wants, so that a label is checked as the config is. */
int config_container_set(struct config_container *container, const struct config_key *key, const char *text,
	struct arena *arena, struct err *err)
{
	struct table table = container_table(container, arena);
	cJSON value = {.type = cJSON_String, .valuestring = arena_string(arena, text)};
	char *end;

	if (key->type == FIELD_NUMBER) {
		value.valuedouble = strtod(text, &end);
		if (*text && !*end)
			value.type = cJSON_Number;
	} else if (key->type == FIELD_FLAG && strcmp(text, "true") == 0) {
		value.type = cJSON_True;
	} else if (key->type == FIELD_FLAG && strcmp(text, "false") == 0) {
		value.type = cJSON_False;
	}
	return set_key(&table, key, &value, err);
}

static int parse_object(struct config *config, const char *group, const cJSON *object, struct err *err)
{
	struct table table = table_of(config);

	for (const cJSON *item = object->child; item; item = item->next) {
		char name[256];
		const struct config_key *key;
		bool is_containers;

		snprintf(name, sizeof(name), "%s%s%s", group, *group ? "." : "", item->string);
		key = find_key(&table, name);
		is_containers = strcmp(name, "containers") == 0;
		if (key) {
			if (set_key(&table, key, item, err) < 0)
				return -1;
		} else if (!is_containers && !is_group(name)) {
			warn_unknown(config, &table, "", name);
		} else if (!cJSON_IsObject(item)) {
			return err_set(err, EINVAL, "%s is %s, allowed is an object with its keys", name,
				json_type_name(item));
		} else if ((is_containers ? parse_containers(config, item, err)
					  : parse_object(config, name, item, err)) < 0) {
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

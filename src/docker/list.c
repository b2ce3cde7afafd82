#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"
#include "docker/answers.h"

enum { IMAGE_MAX = 256 };

/* `"Names":["/web","/other/link"]`: its own name is the one without a second slash. */
static const char *raw_name(const cJSON *item)
{
	const char *first = NULL;
	const cJSON *name;

	cJSON_ArrayForEach(name, json_array(item, "Names"))
	{
		const char *text = cJSON_GetStringValue(name);

		if (!text)
			continue;
		text += *text == '/';
		if (!strchr(text, '/'))
			return text;
		if (!first)
			first = text;
	}
	return first;
}

/* One that shows nothing is none: then the id stands for it. */
static char *name_of(const cJSON *item, const char *id, struct arena *arena)
{
	const char *raw = raw_name(item);
	char *name = raw ? text_clean_copy(arena, slice_of(raw), DOCKER_NAME_MAX) : NULL;

	return name && *name ? name : arena_string(arena, id);
}

static bool is_ignored(const char *name, const struct strings *ignore)
{
	for (size_t i = 0; i < ignore->count; i++)
		if (fnmatch(ignore->items[i], name, 0) == 0)
			return true;
	return false;
}

/* `"Labels":{"asmo.expected":"stopped"}`. A label that is wrong is the container's problem. */
static void read_labels(const cJSON *labels, struct config_container *said, char **problem,
	struct arena *arena)
{
	for (size_t i = 0; i < config_container_key_count; i++) {
		const struct config_key *key = &config_container_keys[i];
		const char *text = json_string(labels, arena_printf(arena, "asmo.%s", key->name));
		struct err err;

		if (text && config_container_set(said, key, text, arena, &err) < 0)
			*problem = arena_printf(arena, "label asmo.%s", err.text);
	}
}

/* What the config says wins; of two entries that match, the later one. */
static void read_config(const struct config_docker *settings, const char *name, struct config_container *said)
{
	for (size_t i = 0; i < settings->container_count; i++) {
		const struct config_container *entry = &settings->containers[i];

		if (fnmatch(entry->name, name, 0) != 0)
			continue;
		if (entry->ignore != FLAG_UNKNOWN)
			said->ignore = entry->ignore;
		if (entry->expected[0])
			said->expected = entry->expected;
		if (!isnan(entry->mem_limit_percent))
			said->mem_limit_percent = entry->mem_limit_percent;
	}
}

/* An id goes into a request's path, so only what is one is taken. */
static bool is_id(const char *id)
{
	size_t len = id ? strspn(id, "0123456789abcdef") : 0;

	return len >= 12 && len < DOCKER_ID_SIZE && !id[len];
}

struct entry {
	struct container container;
	char id[DOCKER_ID_SIZE];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->container.name, ((const struct entry *)b)->container.name);
}

/* Credentials can only stand before an @; elsewhere `token:latest` is a name and its tag. */
static char *image_copy(struct arena *arena, const char *image)
{
	if (strchr(image, '@'))
		return text_mask_copy(arena, slice_of(image), IMAGE_MAX);
	return text_clean_copy(arena, slice_of(image), IMAGE_MAX);
}

/* False: it is to be left out. */
static bool fill(struct entry *entry, const cJSON *item, char *name, const char *id,
	const struct config_docker *settings, struct arena *arena)
{
	struct config_container said;
	const char *image = json_string(item, "Image"), *state = json_string(item, "State"),
		   *status = json_string(item, "Status");
	struct container *c = &entry->container;

	record_init(&container_record, c);
	config_container_init(&said, arena);
	read_labels(json_object(item, "Labels"), &said, &c->problem, arena);
	read_config(settings, name, &said);
	if (said.ignore == FLAG_YES)
		return false;
	if (said.expected[0])
		c->expected = arena_string(arena, said.expected);
	c->mem_limit_percent = said.mem_limit_percent;
	c->name = name;
	c->id = arena_slice(arena, (struct slice){id, 12});
	if (image)
		c->image = image_copy(arena, image);
	if (state)
		c->state = text_clean_copy(arena, slice_of(state), 32);
	if (status && strstr(status, "(unhealthy)")) /* `Up 2 hours (unhealthy)` */
		c->status = arena_string(arena, "unhealthy");
	memcpy(entry->id, id, strlen(id) + 1);
	return true;
}

int list_parse(struct slice json, const struct config_docker *settings, struct arena *arena,
	struct container **ret, char (**ret_ids)[DOCKER_ID_SIZE], size_t *ret_count, struct err *err)
{
	cJSON *list AUTO_JSON = json_parse(json, err);
	struct entry *entries AUTO_FREE = NULL;
	size_t count = 0, size, known = 0;
	const cJSON *item;

	if (!list)
		return -1;
	if (!cJSON_IsArray(list))
		return err_set(err, EBADMSG, "expected a list of containers, found %s", json_type_name(list));
	size = (size_t)cJSON_GetArraySize(list);
	size = size < DOCKER_CONTAINERS_MAX ? size : DOCKER_CONTAINERS_MAX;
	entries = mem_alloc(size * sizeof(*entries));
	cJSON_ArrayForEach(item, list)
	{
		const char *id = json_string(item, "Id");
		char *name;

		if (!is_id(id))
			continue;
		known++;
		if (count == DOCKER_CONTAINERS_MAX)
			continue;
		name = name_of(item, id, arena);
		if (!is_ignored(name, &settings->ignore_containers))
			count += fill(&entries[count], item, name, id, settings, arena);
	}
	if (list->child && !known)
		return err_set(err, EBADMSG, "none of its entries is a container");
	qsort(entries, count, sizeof(*entries), by_name);

	*ret = arena_array(arena, count, sizeof(**ret));
	*ret_ids = arena_array(arena, count, sizeof(**ret_ids));
	*ret_count = count;
	for (size_t i = 0; i < count; i++) {
		(*ret)[i] = entries[i].container;
		memcpy((*ret_ids)[i], entries[i].id, DOCKER_ID_SIZE);
	}
	return 0;
}

char *refusal_parse(struct slice json, long status, struct arena *arena)
{
	struct err err;
	cJSON *answer AUTO_JSON = json_parse(json, &err);
	const char *message = json_string(answer, "message");
	char *shown = message ? text_mask_copy(arena, slice_of(message), 250) : NULL;

	return shown && *shown ? shown : arena_printf(arena, "HTTP status %ld", status);
}

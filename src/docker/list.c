#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"
#include "docker/answers.h"

/* `"Names":["/web","/other/link"]`: its own name is the one without a second slash. */
static const char *name_of(const cJSON *item)
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

/* False: it is to be left out. */
static bool fill(struct entry *entry, const cJSON *item, const char *name, const char *id,
	const struct config_docker *settings, struct arena *arena)
{
	struct config_container said;
	const char *image = json_string(item, "Image"), *state = json_string(item, "State");
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
	c->name = text_clean_copy(arena, slice_of(name), DOCKER_NAME_MAX);
	c->id = arena_slice(arena, (struct slice){id, 12});
	if (image)
		c->image = text_clean_copy(arena, slice_of(image), 2 * DOCKER_NAME_MAX);
	if (state)
		c->state = text_clean_copy(arena, slice_of(state), 32);
	memcpy(entry->id, id, strlen(id) + 1);
	return true;
}

int list_parse(struct slice json, const struct config_docker *settings, struct arena *arena,
	struct container **ret, char (**ret_ids)[DOCKER_ID_SIZE], size_t *ret_count, struct err *err)
{
	cJSON *list AUTO_JSON = json_parse(json, err);
	struct entry *entries AUTO_FREE = NULL;
	size_t count = 0, size;
	const cJSON *item;

	if (!list)
		return -1;
	if (!cJSON_IsArray(list))
		return err_set(err, EBADMSG, "expected a list of containers, found %s", json_type_name(list));
	size = (size_t)cJSON_GetArraySize(list);
	entries = mem_alloc(size * sizeof(*entries));
	cJSON_ArrayForEach(item, list)
	{
		const char *id = json_string(item, "Id"), *name = name_of(item);

		if (!is_id(id) || count == DOCKER_CONTAINERS_MAX)
			continue;
		if (!name || !*name)
			name = id;
		if (!is_ignored(name, &settings->ignore_containers))
			count += fill(&entries[count], item, name, id, settings, arena);
	}
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

	if (!message || !*message)
		return arena_printf(arena, "HTTP status %ld", status);
	return text_clean_copy(arena, slice_of(message), 250);
}

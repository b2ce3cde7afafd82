/* GET /containers/json */
#include <fnmatch.h>
#include <string.h>

#include "docker/answers.h"
#include "fuzz.h"

static void check(const struct container *c, const char *id)
{
	size_t len = strlen(id);

	HOLDS(len >= 12 && len < DOCKER_ID_SIZE && strspn(id, "0123456789abcdef") == len);
	HOLDS(strlen(c->id) == 12 && strncmp(c->id, id, 12) == 0);
	HOLDS(c->name && c->name[0] && fuzz_is_clean(c->name, DOCKER_NAME_MAX));
	HOLDS(fnmatch("left-out*", c->name, 0) != 0);
	HOLDS(!c->image || fuzz_is_clean(c->image, 2 * DOCKER_NAME_MAX));
	HOLDS(!c->state || fuzz_is_clean(c->state, 32));
	HOLDS(!c->expected || strcmp(c->expected, "stopped") == 0 || strcmp(c->expected, "running") == 0);
	HOLDS(isnan(c->mem_limit_percent) || (c->mem_limit_percent >= 0 && c->mem_limit_percent <= 100));
	HOLDS(fnmatch("job-*", c->name, 0) != 0 ||
		(c->expected && strcmp(c->expected, "stopped") == 0 && c->mem_limit_percent == 50));
	HOLDS(!c->problem || fuzz_is_clean(c->problem, 1000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *patterns[] = {"left-out*"};
	static char job[] = "job-*", stopped[] = "stopped";
	struct config_container entry = {job, FLAG_UNKNOWN, stopped, 50};
	const struct config_docker settings = {.ignore_containers = {patterns, 1},
		.containers = &entry,
		.container_count = 1};
	struct container *containers = NULL;
	char(*ids)[DOCKER_ID_SIZE] = NULL;
	struct arena arena = {0};
	struct err err = {0};
	size_t count = 0;

	if (list_parse(fuzz_slice(data, size), &settings, &arena, &containers, &ids, &count, &err) < 0) {
		fuzz_check_error(&err);
		HOLDS(!containers && !ids && !count);
	}
	HOLDS(count <= DOCKER_CONTAINERS_MAX);
	for (size_t i = 0; i < count; i++) {
		check(&containers[i], ids[i]);
		HOLDS(!i || strcmp(containers[i - 1].name, containers[i].name) <= 0);
	}
	arena_release(&arena);
	return 0;
}

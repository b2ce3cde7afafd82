#include <errno.h>
#include <string.h>

#include "asmo/text.h"
#include "base/json.h"
#include "docker/answers.h"

static char *word(const cJSON *object, const char *name, struct arena *arena)
{
	const char *text = json_string(object, name);
	char *shown = text ? text_clean_copy(arena, slice_of(text), 40) : NULL;

	return shown && *shown ? shown : NULL;
}

/* Go's zero time, the year 1, means never. */
static char *time_of(const cJSON *state, const char *name, struct arena *arena)
{
	char *text = word(state, name, arena);

	return text && strncmp(text, "0001-", 5) != 0 ? text : NULL;
}

static bool has_own_network(const char *mode)
{
	return !mode || (strcmp(mode, "host") != 0 && strcmp(mode, "none") != 0 &&
				strncmp(mode, "container:", 10) != 0);
}

int inspect_parse(struct slice json, struct arena *arena, struct container *c, struct inspection *ret,
	struct err *err)
{
	cJSON *answer AUTO_JSON = json_parse(json, err);
	const cJSON *state = json_object(answer, "State"), *host = json_object(answer, "HostConfig");
	const cJSON *check = json_member(state, "Health");
	const char *health;
	char *status;
	int oom;

	if (!answer)
		return -1;
	if (!state)
		return err_set(err, EBADMSG, "no object State in it");
	status = word(state, "Status", arena);
	if (status)
		c->state = status;
	health = json_string(check, "Status");
	if (!check || (health && !*health)) /* no object (Docker), or an empty word (Podman) */
		c->health = arena_string(arena, "none");
	else
		c->health = word(check, "Status", arena);
	c->restarts = json_number(answer, "RestartCount");
	c->exit_code = json_number(state, "ExitCode");
	oom = json_bool(state, "OOMKilled");
	c->oom_killed = oom < 0 ? FLAG_UNKNOWN : oom ? FLAG_YES : FLAG_NO;
	c->started_at = time_of(state, "StartedAt", arena);
	c->finished_at = time_of(state, "FinishedAt", arena);
	c->created_at = time_of(answer, "Created", arena);
	c->restart_policy = word(json_object(host, "RestartPolicy"), "Name", arena);
	if (!c->restart_policy && host) /* Podman's way to say so */
		c->restart_policy = arena_string(arena, "no");
	ret->is_tty = json_bool(json_object(answer, "Config"), "Tty") == 1;
	ret->has_network = has_own_network(json_string(host, "NetworkMode"));
	return 0;
}

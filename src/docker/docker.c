#include "asmo/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/http.h"
#include "asmo/text.h"
#include "docker/answers.h"

enum {
	/* The API that asmo was written for; an engine that is older, or has dropped it, is spoken to in its
	 * own. */
	API_MINOR = 44,
	/* From Docker 25 on a one-shot gives one sample at once. Before, each sample waits for the engine's
	 * tick of a second, if it knows one-shots at all: then it is asked for both in one answer. */
	API_MINOR_ONE_SHOT = 44,

	PING_LIMIT = 64 * 1024,
	LIST_LIMIT = 16 * 1024 * 1024,
	ANSWER_LIMIT = 1024 * 1024,
	LOG_LIMIT = 1024 * 1024 - 1,
	/* Of what http holds at once, for inspect and statistics of each container; the logs share the rest.
	 */
	OTHERS_SHARE = 16 * 1024,
};

/* The requests for one container, and what its answers leave for later. */
struct probe {
	struct container *container;
	const char *id;
	struct http_request *inspect, *logs, *stats; /* NULL: not asked */
	struct inspection inspection;
	struct log_window window;
	struct stats first;
};

struct docker {
	struct arena arena; /* of the conversation; what stays is made in the snapshot's */
	struct http *http;
	double timeout_seconds; /* of each step */
	double seconds_left;    /* for all of them */
	int api_minor;
	struct probe *probes;
	size_t count;
};

static void end(struct docker *docker)
{
	http_close(docker->http);
	arena_release(&docker->arena);
	free(docker);
}

/* `1.45` -> 45; 0 if it is none. */
static int minor_of(struct slice version)
{
	int minor = 0;

	if (version.len < 3 || version.len > 5 || memcmp(version.data, "1.", 2) != 0)
		return 0;
	for (size_t i = 2; i < version.len; i++) {
		if (version.data[i] < '0' || version.data[i] > '9')
			return 0;
		minor = minor * 10 + (version.data[i] - '0');
	}
	return minor;
}

/* `Server: Docker/26.1.5+dfsg1 (linux)` */
static void note_engine(const struct http_request *answer, struct snapshot *s)
{
	struct slice server = http_header(answer, "Server");
	const char *slash = memchr(server.data, '/', server.len);
	size_t name_len, version_len;

	if (!slash)
		return;
	name_len = (size_t)(slash - server.data);
	version_len = server.len - name_len - 1;
	for (size_t i = 0; i < version_len; i++)
		if (slash[1 + i] == ' ')
			version_len = i;
	s->docker.engine = text_clean_copy(&s->arena, (struct slice){server.data, name_len}, 40);
	if (strcmp(s->docker.engine, "Libpod") == 0)
		s->docker.engine = arena_string(&s->arena, "Podman");
	s->docker.version = text_clean_copy(&s->arena, (struct slice){slash + 1, version_len}, 40);
}

/* The daemon writes `docker.pid` beside its socket when it starts; by the file's time an engine that was
 * restarted is told from one that was not. Podman has none: its service keeps no containers running. */
static void note_start(const char *host, struct snapshot *s)
{
	static const char unix_scheme[] = "unix://";
	char *folder AUTO_FREE = NULL, *pid_file;
	char when[CLOCK_TEXT];
	struct stat st;

	if (strncmp(host, unix_scheme, strlen(unix_scheme)) != 0)
		return;
	folder = file_folder_of(host + strlen(unix_scheme));
	pid_file = arena_printf(&s->arena, "%s/docker.pid", folder);
	if (stat(pid_file, &st) < 0)
		return;
	clock_format_utc((double)st.st_mtim.tv_sec, when);
	s->docker.started_at = arena_string(&s->arena, when);
}

/* One step of the conversation: at most `timeout_seconds`, and what is left for all. */
static void get_all(struct docker *docker, struct http_request *requests, size_t count,
	double timeout_seconds)
{
	double begin = clock_monotonic();

	http_get(docker->http, requests, count, begin + fmax(0, fmin(timeout_seconds, docker->seconds_left)));
	docker->seconds_left -= clock_monotonic() - begin;
}

static void get_one(struct docker *docker, const char *path, size_t limit, struct http_request *request)
{
	*request = (struct http_request){.path = arena_string(&docker->arena, path), .body_limit = limit};
	get_all(docker, request, 1, docker->timeout_seconds);
}

/* Every reply, a refusal too, names the newest version that the engine speaks. */
static bool agree_on_version(struct docker *docker, const struct http_request *answer, int most)
{
	int offered = minor_of(http_header(answer, "Api-Version")), before = docker->api_minor;

	if (offered)
		docker->api_minor = offered < most ? offered : most;
	return docker->api_minor != before;
}

static int check_answer(const struct http_request *answer, const char *what, struct arena *arena,
	struct err *err)
{
	if (answer->code)
		return err_set(err, answer->code, "%s: %s", what, answer->reason);
	if (answer->status != 200)
		return err_set(err, EPROTO, "%s: %s", what,
			refusal_parse(buf_slice(&answer->body), answer->status, arena));
	return 0;
}

static void get_list(struct docker *docker, struct http_request *answer)
{
	char path[80];

	snprintf(path, sizeof(path), "/v1.%d/containers/json?all=1", docker->api_minor);
	get_one(docker, path, LIST_LIMIT, answer);
}

static int connect_and_list(struct docker *docker, const struct config_docker *settings, struct snapshot *s,
	struct err *err)
{
	char(*ids)[DOCKER_ID_SIZE];
	struct http_request answer;
	int result;

	docker->api_minor = API_MINOR;
	get_one(docker, "/_ping", PING_LIMIT, &answer);
	result = answer.code ? err_set(err, answer.code, "%s", answer.reason) : 0;
	agree_on_version(docker, &answer, API_MINOR);
	note_engine(&answer, s);
	http_request_release(docker->http, &answer);
	if (result < 0)
		return -1;

	get_list(docker, &answer);
	if (answer.status == 400 && agree_on_version(docker, &answer, 999)) {
		/* Too old for it, after all, or a proxy that keeps the ping to itself. */
		http_request_release(docker->http, &answer);
		get_list(docker, &answer);
	}
	result = check_answer(&answer, "list of containers", &docker->arena, err);
	if (result == 0) {
		result = list_parse(buf_slice(&answer.body), settings, &s->arena, &s->containers, &ids,
			&s->container_count, err);
		if (result < 0)
			err_prefix(err, "list of containers");
	}
	http_request_release(docker->http, &answer);
	if (result < 0)
		return -1;
	if (s->container_count == DOCKER_CONTAINERS_MAX)
		strings_printf(&s->problems, &s->arena, "containers beyond the first %d are left out",
			DOCKER_CONTAINERS_MAX);
	docker->count = s->container_count;
	docker->probes = arena_array(&docker->arena, docker->count, sizeof(*docker->probes));
	for (size_t i = 0; i < docker->count; i++)
		docker->probes[i] = (struct probe){.container = &s->containers[i], .id = ids[i]};
	return 0;
}

static struct http_request *ask(struct docker *docker, struct http_request *request,
	const struct probe *probe, const char *what, size_t limit)
{
	*request = (struct http_request){
		.path = arena_printf(&docker->arena, "/v1.%d/containers/%s/%s", docker->api_minor, probe->id,
			what),
		.body_limit = limit,
	};
	return request;
}

static struct http_request *ask_stats(struct docker *docker, struct http_request *request,
	const struct probe *probe)
{
	bool is_one_shot = docker->api_minor >= API_MINOR_ONE_SHOT;

	return ask(docker, request, probe,
		is_one_shot ? "stats?stream=false&one-shot=true" : "stats?stream=false", ANSWER_LIMIT);
}

static void add_problem(struct container *c, struct arena *arena, const char *what, const char *why)
{
	c->problem = arena_printf(arena, "%s%s%s: %s", c->problem ? c->problem : "", c->problem ? "; " : "",
		what, why);
}

/* True when the request has an answer to be read; otherwise the container's problem says why not. */
static bool is_answered(const struct http_request *request, const char *what, struct probe *probe,
	struct arena *arena)
{
	if (request->code)
		add_problem(probe->container, arena, what, request->reason);
	else if (request->status != 200)
		add_problem(probe->container, arena, what,
			refusal_parse(buf_slice(&request->body), request->status, arena));
	return !request->code && request->status == 200;
}

/* Of one that was not inspected, what the list says of its health holds. */
static void set_status(struct container *c, struct arena *arena)
{
	bool is_unhealthy = c->health ? strcmp(c->health, "unhealthy") == 0 : c->status != NULL;
	const char *status = "stopped";

	if (container_is_running(c))
		status = is_unhealthy ? "unhealthy" : "running";
	c->status = arena_string(arena, status);
}

static size_t cut_word_length(struct slice text)
{
	enum { MOST = 512 };
	size_t len = 0;

	while (len < MOST && len < text.len && !strchr(" \"\n", text.data[text.len - 1 - len]))
		len++;
	return len;
}

/* Searching takes time as well: what a run may take for it has an end, however much there is to search. Where
 * the log could not be read, the next run reads on from the same place. */
static void read_log(struct probe *probe, bool is_inspected, const struct log_filter *filter, double deadline,
	struct arena *arena)
{
	struct slice body = buf_slice(&probe->logs->body);
	struct container *c = probe->container;
	const char *plural;
	bool has_older = false;
	struct err err;

	/* Half a word may be half a secret, which is not known as one. */
	if (probe->logs->was_cut)
		body.len -= cut_word_length(body);
	if (!is_inspected) {
		add_problem(c, arena, "logs", "of unknown form without inspect");
		return;
	}
	if (!clock_left_ms(deadline)) {
		add_problem(c, arena, "logs", "no time was left to search them");
		return;
	}
	if (logs_parse(body, probe->inspection.is_tty, filter, &probe->window, arena, c, &has_older, &err) <
		0) {
		add_problem(c, arena, "logs", err.text);
		return;
	}
	c->log_until_epoch = probe->window.until_epoch;
	plural = c->error_count == 1 ? "" : "s";
	if (probe->logs->was_cut)
		add_problem(c, arena, "logs",
			arena_printf(arena,
				"longer than %zu KiB, only its beginning was searched: at least %.0f error "
				"line%s",
				(probe->logs->body.limit + 1) / 1024, c->error_count, plural));
	else if (has_older)
		add_problem(c, arena, "logs",
			arena_printf(arena,
				"only the last %.0f lines were searched: at least %.0f error line%s",
				probe->window.max_lines + 1, c->error_count, plural));
}

static void read_answers(struct probe *probe, const struct log_filter *filter, double deadline,
	struct arena *arena)
{
	struct container *c = probe->container;
	bool is_inspected = false;
	struct err err;

	if (is_answered(probe->inspect, "inspect", probe, arena)) {
		is_inspected = inspect_parse(buf_slice(&probe->inspect->body), arena, c, &probe->inspection,
				       &err) == 0;
		if (!is_inspected)
			add_problem(c, arena, "inspect", err.text);
	}
	if (probe->logs && is_answered(probe->logs, "logs", probe, arena))
		read_log(probe, is_inspected, filter, deadline, arena);
	if (probe->stats && is_answered(probe->stats, "stats", probe, arena) &&
		stats_parse(buf_slice(&probe->stats->body), &probe->first, &err) < 0)
		add_problem(c, arena, "stats", err.text);
	set_status(c, arena);
}

/* A paused container holds its memory still. */
static bool has_stats(const struct container *c)
{
	return container_is_running(c) || (c->state && strcmp(c->state, "paused") == 0);
}

/* A second more than the window, since the engine may know the times better than it tells, and one line more
 * than are wanted, to know whether there are more. Without `until`: the engine counts `tail` from the end. */
static struct http_request *ask_log(struct docker *docker, struct http_request *request,
	const struct probe *probe)
{
	size_t share = HTTP_BODIES_LIMIT / docker->count - OTHERS_SHARE;

	ask(docker, request, probe,
		arena_printf(&docker->arena, "logs?stdout=1&stderr=1&timestamps=1&tail=%.0f&since=%.3f",
			probe->window.max_lines + 1, fmax(probe->window.since_epoch - 1, 0)),
		share < LOG_LIMIT ? share : LOG_LIMIT);
	request->may_be_cut = true;
	return request;
}

/* Of all containers the first statistics, if they run, and inspect; then the logs, which may be long. */
static void ask_about_all(struct docker *docker, const struct config_docker *settings,
	const struct snapshot *before, struct snapshot *snapshot)
{
	struct http_request *requests = arena_array(&docker->arena, 3 * docker->count, sizeof(*requests));
	struct log_filter filter;
	size_t count = 0;
	double timeout, begin;

	for (size_t i = 0; i < docker->count; i++) {
		struct probe *probe = &docker->probes[i];

		probe->first = (struct stats){.read_epoch = MISSING, .before_read_epoch = MISSING};
		if (has_stats(probe->container))
			probe->stats = ask_stats(docker, &requests[count++], probe);
	}
	for (size_t i = 0; i < docker->count; i++)
		docker->probes[i].inspect =
			ask(docker, &requests[count++], &docker->probes[i], "json", ANSWER_LIMIT);
	for (size_t i = 0; settings->log_lines > 0 && i < docker->count; i++) {
		struct probe *probe = &docker->probes[i];

		probe->window = log_window(settings->log_lines, probe->container, before, snapshot);
		probe->container->log_until_epoch = probe->window.since_epoch;
		probe->logs = ask_log(docker, &requests[count++], probe);
	}
	/* Where this is the step that waits for the engine's two ticks, it has the next one's time as well.
	 */
	timeout = docker->timeout_seconds * (docker->api_minor < API_MINOR_ONE_SHOT ? 2 : 1);
	get_all(docker, requests, count, timeout);

	begin = clock_monotonic();
	log_filter_init(&filter, settings);
	for (size_t i = 0; i < docker->count; i++)
		read_answers(&docker->probes[i], &filter,
			begin + fmin(docker->timeout_seconds, docker->seconds_left), &snapshot->arena);
	log_filter_release(&filter);
	docker->seconds_left -= clock_monotonic() - begin;
	for (size_t i = 0; i < count; i++)
		http_request_release(docker->http, &requests[i]);
}

static const char *advice(int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return " (run as root, or add the user to the group docker and log in again)";
	case ENOENT:
		return " (no engine is installed, or its socket is elsewhere: set docker.host)";
	case ECONNREFUSED:
		return " (the engine is not running: try `systemctl start docker`)";
	default:
		return "";
	}
}

struct docker *docker_begin(const struct config_docker *settings, const char *host,
	const struct snapshot *before, struct snapshot *snapshot)
{
	struct docker *docker = mem_alloc(sizeof(*docker));
	char *address = text_mask_copy(&snapshot->arena, slice_of(host), 300);
	struct err err;

	*docker = (struct docker){
		.timeout_seconds = settings->timeout_seconds,
		.seconds_left = 3 * settings->timeout_seconds,
	};
	snapshot->docker.available = FLAG_NO;
	snapshot->docker.found = FLAG_YES;
	if (http_open(host, (size_t)settings->max_connections, &docker->http, &err) < 0) {
		snapshot->docker.error = arena_printf(&snapshot->arena, "%s: %s", address, err.text);
		end(docker);
		return NULL;
	}
	if (connect_and_list(docker, settings, snapshot, &err) < 0) {
		snapshot->docker.error =
			arena_printf(&snapshot->arena, "%s: %s%s", address, err.text, advice(err.code));
		if (err.code == ENOENT)
			snapshot->docker.found = FLAG_NO;
		end(docker);
		return NULL;
	}
	snapshot->docker.available = FLAG_YES;
	note_start(host, snapshot);
	ask_about_all(docker, settings, before, snapshot);
	snapshot_count_containers(snapshot);
	return docker;
}

static void fill_numbers(const struct probe *probe, double before_epoch, double before_seconds,
	const struct stats *now, struct snapshot *s)
{
	struct container *c = probe->container;

	c->cpu_percent = stats_cpu_percent(before_epoch, before_seconds, now->read_epoch, now->cpu_seconds);
	c->cpu_seconds = now->cpu_seconds;
	c->read_uptime_seconds = s->uptime_seconds + (now->read_epoch - s->epoch);
	c->mem_mb = now->mem_bytes / MIB;
	if (now->mem_limit_bytes > 0)
		c->mem_percent = now->mem_bytes / now->mem_limit_bytes * 100;
	/* Podman has zeros where there is no network, Docker has nothing. */
	if (probe->inspection.has_network) {
		c->net_rx_mb = now->rx_bytes / MIB;
		c->net_tx_mb = now->tx_bytes / MIB;
	}
	if (isnan(now->mem_bytes) && !isnan(now->read_epoch))
		add_problem(c, &s->arena, "memory",
			"the kernel does not count it (boot with cgroup_enable=memory, as on a Raspberry "
			"Pi)");
}

static void read_second(struct probe *probe, struct snapshot *s)
{
	struct stats now;
	struct err err;

	if (!is_answered(probe->stats, "stats", probe, &s->arena))
		return;
	if (stats_parse(buf_slice(&probe->stats->body), &now, &err) < 0)
		add_problem(probe->container, &s->arena, "stats", err.text);
	else
		fill_numbers(probe, probe->first.read_epoch, probe->first.cpu_seconds, &now, s);
}

void docker_finish(struct docker *docker, struct snapshot *snapshot)
{
	struct http_request *requests;
	size_t count = 0;

	if (!docker)
		return;
	requests = arena_array(&docker->arena, docker->count, sizeof(*requests));
	for (size_t i = 0; i < docker->count; i++) {
		struct probe *probe = &docker->probes[i];
		const struct stats *first = &probe->first;

		probe->stats = NULL;
		if (isnan(first->read_epoch))
			continue;
		if (isnan(first->before_read_epoch))
			probe->stats = ask_stats(docker, &requests[count++], probe);
		else
			fill_numbers(probe, first->before_read_epoch, first->before_cpu_seconds, first,
				snapshot);
	}
	get_all(docker, requests, count, docker->timeout_seconds);
	for (size_t i = 0; i < docker->count; i++)
		if (docker->probes[i].stats)
			read_second(&docker->probes[i], snapshot);
	for (size_t i = 0; i < count; i++)
		http_request_release(docker->http, &requests[i]);
	end(docker);
}

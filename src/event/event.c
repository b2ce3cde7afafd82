#include "asmo/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/text.h"
#include "event/between.h"

enum {
	TOGETHER_SECONDS = 10,   /* containers that the engine starts at its own start */
	LATE_SECONDS = 60,       /* a snapshot is dated at its start and may have seen so much more */
	WAIT_SECONDS = 6 * 3600, /* for a container to be inspected */
	NAMES_MAX = 5,
};

static const struct field event_fields[] = {
	NUMBER_FIELD(struct event, epoch, 3, "when, or the end of the time in which it was"),
	NUMBER_FIELD(struct event, from_epoch, 3, "the start of that time, null when it is exact"),
	STRING_FIELD(struct event, severity, "critical, warning or info"),
	STRING_FIELD(struct event, kind, "what happened: crashed, oom_killed, restarted_by_hand, ..."),
	STRING_FIELD(struct event, subject, "the container, or host, engine, monitor"),
	STRING_FIELD(struct event, message, "a sentence"),
	NUMBER_FIELD(struct event, times, 0, "restarts by the restart policy that belong to it"),
	NUMBER_FIELD(struct event, exit_code, 0, "what it ended with, where that is known"),
	NUMBER_FIELD(struct event, down_seconds, 1, "until it ran again, where that is known"),
};
const struct record event_record = RECORD(struct event, event_fields);

static const struct {
	char *name, *severity;
} kinds[] = {
	[EVENT_HOST_REBOOTED] = {"host_rebooted", "warning"},
	[EVENT_CLOCK_SET] = {"clock_set", "info"},
	[EVENT_OOM_ELSEWHERE] = {"oom_elsewhere", "warning"},
	[EVENT_GAP] = {"gap", "warning"},
	[EVENT_ENGINE_GONE] = {"engine_gone", "critical"},
	[EVENT_ENGINE_BACK] = {"engine_back", "info"},
	[EVENT_ENGINE_RESTARTED] = {"engine_restarted", "warning"},
	[EVENT_CREATED] = {"created", "info"},
	[EVENT_RECREATED] = {"recreated", "info"},
	[EVENT_RENAMED] = {"renamed", "info"},
	[EVENT_REMOVED] = {"removed", "info"},
	[EVENT_STARTED] = {"started", "info"},
	[EVENT_RESTARTED_BY_HAND] = {"restarted_by_hand", "info"},
	[EVENT_RESTARTED_BY_POLICY] = {"restarted_by_policy", "warning"},
	[EVENT_CRASH_LOOP] = {"crash_loop", "critical"},
	[EVENT_OOM_KILLED] = {"oom_killed", "critical"},
	[EVENT_CRASHED] = {"crashed", "warning"},
	[EVENT_FAILED] = {"failed", "warning"},
	[EVENT_COULD_NOT_START] = {"could_not_start", "warning"},
	[EVENT_LEFT_DOWN] = {"left_down", "info"},
	[EVENT_STOPPED] = {"stopped", "info"},
	[EVENT_FINISHED] = {"finished", "info"},
	[EVENT_DEAD] = {"dead", "critical"},
	[EVENT_PAUSED] = {"paused", "info"},
	[EVENT_UNPAUSED] = {"unpaused", "info"},
	[EVENT_UNHEALTHY] = {"unhealthy", "critical"},
	[EVENT_HEALTHY] = {"healthy", "info"},
};

__attribute__((format(printf, 5, 0))) static struct event *add(struct events *events, struct arena *arena,
	enum event_kind code, const char *subject, const char *format, va_list args)
{
	char text[1024];
	struct event *event;

	/* Room grows by doubling: full when the count is a power of two, or zero. */
	if ((events->count & (events->count - 1)) == 0) {
		struct event *items =
			arena_array(arena, events->count ? 2 * events->count : 1, sizeof(*items));

		if (events->count)
			memcpy(items, events->items, events->count * sizeof(*items));
		events->items = items;
	}
	vsnprintf(text, sizeof(text), format, args);
	event = &events->items[events->count++];
	record_init(&event_record, event);
	event->code = code;
	event->kind = kinds[code].name;
	event->severity = kinds[code].severity;
	event->subject = arena_string(arena, subject);
	event->message = arena_string(arena, text);
	return event;
}

struct event *event_add(struct events *events, struct arena *arena, enum event_kind code, const char *subject,
	const char *format, ...)
{
	struct event *event;
	va_list args;

	va_start(args, format);
	event = add(events, arena, code, subject, format, args);
	va_end(args);
	return event;
}

bool between_has(const struct between *b, double epoch)
{
	return epoch <= b->after->epoch + LATE_SECONDS && (!b->before || epoch >= b->since_epoch);
}

struct event *between_add(struct between *b, enum event_kind code, double epoch, const char *subject,
	const char *format, ...)
{
	struct event *event;
	va_list args;

	va_start(args, format);
	event = add(b->events, b->arena, code, subject, format, args);
	va_end(args);
	event->epoch = b->after->epoch;
	if (between_has(b, epoch))
		event->epoch = epoch;
	else if (b->before) /* later only when the clock was set back */
		event->from_epoch = fmin(b->since_epoch, event->epoch);
	return event;
}

double event_time(const char *text)
{
	return text ? clock_parse(text, strlen(text)) : MISSING;
}

bool event_is_word(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

bool event_has_changed(const char *was, const char *is)
{
	return was && is && strcmp(was, is) != 0;
}

struct event_duration event_duration(double seconds)
{
	struct event_duration d = {""};
	char text[CLOCK_TEXT];

	if (seconds < 9.95)
		snprintf(d.text, sizeof(d.text), "%.1f s", fmax(seconds, 0.1));
	else if (seconds < 119.5)
		snprintf(d.text, sizeof(d.text), "%.0f s", seconds);
	else if (seconds < 3570)
		snprintf(d.text, sizeof(d.text), "%.0f min", seconds / 60);
	else {
		clock_format_duration(seconds + 30, text);
		snprintf(d.text, sizeof(d.text), "%s", text);
	}
	return d;
}

/* Shells and engines agree: 128 and the signal's number for what a signal ended; 125 to 127 of `docker run`.
 */
struct event_exit event_exit(double exit_code)
{
	static const struct {
		int code;
		const char *words;
	} words[] = {
		{125, ", the engine refused"},
		{126, ", not executable"},
		{127, ", command not found"},
		{130, ", interrupted"},
		{134, ", aborted"},
		{135, ", bus error"},
		{136, ", arithmetic error"},
		{132, ", illegal instruction"},
		{137, ", killed"},
		{139, ", segmentation fault"},
		{143, ", asked to stop"},
	};
	struct event_exit e = {""};
	const char *found = "";

	if (isnan(exit_code))
		return e;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].code == exit_code)
			found = words[i].words;
	snprintf(e.text, sizeof(e.text), " (exit code %.0f%s)", exit_code, found);
	return e;
}

bool event_engine_answered(const struct snapshot *s)
{
	return s->docker.available == FLAG_YES || (s->docker.available == FLAG_UNKNOWN && s->container_count);
}

static bool has_rebooted(const struct snapshot *before, const struct snapshot *after)
{
	bool is_known =
		(before->boot_id && after->boot_id) || !isnan(after->uptime_seconds - before->uptime_seconds);

	return is_known && !snapshot_is_same_boot(before, after);
}

bool event_is_newer(const struct snapshot *before, const struct snapshot *after)
{
	/* A boot is later than the one that was stored before it, whatever the clock said. */
	if (has_rebooted(before, after))
		return true;
	if (fabs(snapshot_clock_jump(before, after)) > 0)
		return after->uptime_seconds > before->uptime_seconds;
	return after->epoch > before->epoch;
}

static void find_clock(struct between *b)
{
	double jump = snapshot_clock_jump(b->before, b->after);

	if (!b->has_rebooted && fabs(jump) > 0)
		between_add(b, EVENT_CLOCK_SET, MISSING, "host", "The clock was set %s by %s",
			jump > 0 ? "forward" : "back", event_duration(fabs(jump)).text);
}

static void find_engine(struct between *b)
{
	bool was = event_engine_answered(b->before), is = event_engine_answered(b->after);
	const char *error = b->after->docker.error;

	/* One that was not asked is not gone. */
	if (was && b->after->docker.available == FLAG_NO)
		between_add(b, EVENT_ENGINE_GONE, MISSING, "engine",
			"The container engine does not answer: %s", error ? error : "no reason known");
	else if (is && b->before->docker.available == FLAG_NO && b->before->docker.error)
		between_add(b, EVENT_ENGINE_BACK, MISSING, "engine", "The container engine answers");
}

static const struct container *by_id(const struct snapshot *s, const struct container *c)
{
	for (size_t i = 0; c->id && i < s->container_count; i++)
		if (event_is_word(s->containers[i].id, c->id))
			return &s->containers[i];
	return NULL;
}

/* The earlier or later reading of the same container: that of its name or, when it was renamed, of its id. */
static const struct container *counterpart(const struct snapshot *s, const struct container *c, size_t hint)
{
	const struct container *found = snapshot_container_near(s, c->name, hint);

	return found ? found : by_id(s, c);
}

/* When the engine itself says nothing of it: all that run were started within seconds of each other, and none
 * has restarted since, as only the engine does it. Podman has no daemon whose restart would end anything. */
static bool have_all_restarted(const struct between *b, double *ret_epoch)
{
	double first = MISSING, last = MISSING; /* fmin and fmax pass over what is missing */
	size_t count = 0;

	if (event_is_word(b->after->docker.engine, "Podman"))
		return false;
	for (size_t i = 0; i < b->after->container_count; i++) {
		const struct container *c = &b->after->containers[i],
				       *was = c->name ? snapshot_container_near(b->before, c->name, i) : NULL;
		double started = event_time(c->started_at);

		if (!event_is_up(c))
			continue;
		if (!was || !event_is_up(was) || !event_has_changed(was->started_at, c->started_at) ||
			!between_has(b, started) || c->restarts > 0)
			return false;
		first = fmin(first, started);
		last = fmax(last, started);
		count++;
	}
	if (count < 2 || last - first > TOGETHER_SECONDS)
		return false;
	*ret_epoch = first;
	return true;
}

static void find_restart(struct between *b)
{
	const struct engine *was = &b->before->docker, *is = &b->after->docker;
	double before = event_time(was->started_at), after = event_time(is->started_at);

	b->has_rebooted = has_rebooted(b->before, b->after);
	b->restart_epoch = MISSING;
	if (b->has_rebooted) {
		b->restart_epoch = b->after->epoch - b->after->uptime_seconds;
	} else if (!isnan(before) && !isnan(after)) {
		b->has_engine_restarted = fabs(after - before) > 2;
		b->restart_epoch = b->has_engine_restarted ? after : MISSING;
	} else {
		b->has_engine_restarted = have_all_restarted(b, &b->restart_epoch) ||
					  event_has_changed(was->version, is->version);
	}
}

bool between_is_start_with_host(const struct between *b, const struct container *was,
	const struct container *c)
{
	double started = event_time(c->started_at);

	if (!b->has_rebooted && !b->has_engine_restarted)
		return false;
	if (isnan(started))
		return b->has_rebooted && event_is_up(c);
	return event_has_changed(was->started_at, c->started_at) && !(started < b->restart_epoch - 1);
}

/* Those that came back with the host or the engine: how many, and when they were ended for it. */
static void count_come_back(struct between *b)
{
	b->stop_epoch = MISSING;
	for (size_t i = 0; i < b->after->container_count; i++) {
		const struct container *c = &b->after->containers[i],
				       *was = c->name ? snapshot_container_near(b->before, c->name, i) : NULL;
		double ended = event_time(c->finished_at);

		if (!was || event_has_changed(was->id, c->id) || !event_is_up(was) || !event_is_up(c) ||
			!between_is_start_with_host(b, was, c))
			continue;
		b->came_back++;
		if (between_has(b, ended))
			b->stop_epoch = fmin(b->stop_epoch, ended);
	}
}

/* Behind `The host rebooted`: what came back with it. */
struct phrase_back {
	char text[60];
};
static struct phrase_back come_back(const struct between *b)
{
	struct phrase_back p = {""};

	if (b->came_back > 0)
		snprintf(p.text, sizeof(p.text), ", %.0f container%s came back with it", b->came_back,
			b->came_back > 1 ? "s" : "");
	return p;
}

/* The host was alive when a container ended of itself or for the shutdown, and at the snapshot before. */
static double last_life(const struct between *b)
{
	double last = b->before->epoch;

	for (size_t i = 0; i < b->after->container_count; i++) {
		double ended = event_time(b->after->containers[i].finished_at);

		if (between_has(b, ended) && ended < b->restart_epoch)
			last = fmax(last, ended);
	}
	return last;
}

static void tell_restart(struct between *b)
{
	if (b->has_rebooted) {
		double down = b->restart_epoch - last_life(b);
		struct event *event;

		event = between_add(b, EVENT_HOST_REBOOTED, b->restart_epoch, "host",
			"The host rebooted%s%s%s", down >= 0 ? ", down for at most " : "",
			down >= 0 ? event_duration(down).text : "", come_back(b).text);
		event->down_seconds = down >= 0 ? down : MISSING;
	} else if (b->has_engine_restarted) {
		between_add(b, EVENT_ENGINE_RESTARTED, b->restart_epoch, "engine",
			"The container engine restarted%s", come_back(b).text);
	}
}

static void find_removed(struct between *b)
{
	for (size_t i = 0; i < b->before->container_count; i++) {
		const struct container *was = &b->before->containers[i];

		if (was->name && !counterpart(b->after, was, i))
			between_add(b, EVENT_REMOVED, MISSING, was->name, "%s removed%s", was->name,
				event_is_up(was) ? " (it was running)" : "");
	}
}

/* One of several, or of more than there were kills. */
static void tell_suspects(struct between *b, double kills)
{
	struct buf names AUTO_BUF = buf_new(800);

	for (size_t i = 0; i < b->suspect_count && i < NAMES_MAX; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", b->suspects[i].container->name);
	between_add(b, EVENT_OOM_ELSEWHERE, MISSING, "host", "%.0f of these OOM-killed: %s%s", kills,
		names.data, b->suspect_count > NAMES_MAX ? " or another one" : "");
}

/* Whom the kernel's kills for want of memory hit: those that fit, when there are no more of them than kills.
 * Of what nothing fits it is told that nothing did, but while a container is not inspected that waits a
 * while. Returns those that wait.
 */
static double find_oom_kills(struct between *b)
{
	double left = b->oom_kills + b->oom_open - b->oom_known;
	double inspected_epoch = b->before->inspected_epoch > 0 ? b->before->inspected_epoch : b->since_epoch;

	if (!(left > 0) || (b->oom_known > 0 && !b->suspect_count))
		return 0;
	if (b->suspect_count && left < (double)b->suspect_count) {
		tell_suspects(b, left);
		return 0;
	}
	for (size_t i = 0; i < b->suspect_count; i++)
		between_convict(b, &b->suspects[i]);
	if (b->suspect_count)
		return 0;
	if (!snapshot_is_inspected(b->after) && b->after->epoch - inspected_epoch < WAIT_SECONDS)
		return left;
	between_add(b, EVENT_OOM_ELSEWHERE, MISSING, "host",
		"%.0f process%s OOM-killed, but no container ended by it", left, left > 1 ? "es" : "");
	return 0;
}

static void compare_with(struct between *b, const struct snapshot *before)
{
	b->before = before;
	b->since_epoch = before ? before->epoch : MISSING;
}

static void find_container(struct between *b, const struct container *c, size_t hint)
{
	const struct container *was = b->before ? counterpart(b->before, c, hint) : NULL;
	double inspected = was ? was->inspected_epoch : b->before ? b->before->inspected_epoch : 0;

	if (inspected > 0)
		b->since_epoch = inspected;
	between_find_container(b, was, c);
	compare_with(b, b->before);
}

static void find_containers(struct between *b)
{
	const struct snapshot *after = b->after;

	b->suspects = arena_array(b->arena, after->container_count, sizeof(*b->suspects));
	for (size_t i = 0; i < after->container_count; i++)
		if (after->containers[i].name && container_is_inspected(&after->containers[i]))
			find_container(b, &after->containers[i], i);
	if (b->before)
		find_removed(b);
}

void event_find(const struct snapshot *before, const struct snapshot *with_engine,
	const struct snapshot *after, struct arena *arena, struct events *events)
{
	struct between b = {.after = after, .arena = arena, .events = events};
	bool was_rebooted = before && has_rebooted(before, after);

	compare_with(&b, before);
	if (before && !event_is_newer(before, after))
		return;
	if (before) {
		b.has_rebooted = was_rebooted;
		find_clock(&b);
		find_engine(&b);
	}
	compare_with(&b, event_engine_answered(after) && with_engine ? with_engine : before);
	if (b.before) {
		find_restart(&b);
		count_come_back(&b);
		/* Told with the first snapshot after it, not again with the first in which the engine
		 * answers. */
		if (was_rebooted || !b.has_rebooted)
			tell_restart(&b);
		b.oom_kills = after->oom_kills - (b.has_rebooted ? 0 : b.before->oom_kills);
		b.oom_open = b.has_rebooted ? 0 : b.before->oom_open;
	}
	if (event_engine_answered(after)) {
		compare_with(&b, with_engine);
		find_containers(&b);
	}
	/* While the engine does not answer it is not known yet whose they were. */
	if (before && (!with_engine || event_engine_answered(after))) {
		compare_with(&b, with_engine ? with_engine : before);
		events->oom_open = find_oom_kills(&b);
	}
}

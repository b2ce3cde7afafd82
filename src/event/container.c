#include <stdio.h>
#include <string.h>

#include "event/between.h"

static const double high_percent =
			    75, /* memory that is worth a mention when something was killed for want of it */
	quick_seconds = 10,     /* what ends with 127 after longer than this had started */
	at_shutdown_seconds = 60; /* containers are ended one after the other */

/* One container between two snapshots, and what follows from the two readings at once. */
struct story {
	struct between *b;
	const struct container *was; /* the same container before; NULL when it is a new one */
	const struct container *c;
	bool was_up, was_restarting, is_up;
	bool has_started; /* another run than the one before */
	bool came_with_host;
	double restarts; /* by the policy, since it was started by hand or before this time */
	double started, ended;
};

bool event_is_up(const struct container *c)
{
	return event_is_word(c->state, "running") || event_is_word(c->state, "paused");
}

bool event_is_kept_up(const struct container *c)
{
	return event_is_word(c->restart_policy, "always") ||
	       event_is_word(c->restart_policy, "unless-stopped");
}

bool event_is_done(const struct container *c)
{
	return !event_is_up(c) && c->exit_code == 0 && !event_is_kept_up(c);
}

double event_count_finished(const struct snapshot *s)
{
	double count = 0;

	for (size_t i = 0; i < s->container_count; i++)
		count += event_is_word(s->containers[i].state, "exited") &&
			 event_is_done(&s->containers[i]) && !container_is_expected_down(&s->containers[i]);
	return isnan(s->containers_stopped) ? MISSING : fmin(count, s->containers_stopped);
}

static bool is_unhealthy(const struct container *c)
{
	return event_is_word(c->state, "running") && event_is_word(c->health, "unhealthy");
}

bool event_is_planned_stop(double exit_code)
{
	return !(fabs(exit_code) > 0) || exit_code == 143 || exit_code == 130 || exit_code == 137;
}

static const char *name_of(const struct story *s)
{
	return s->c->name;
}

/* `, back after 8 s`: how long it did not run before its last start. */
static double down_seconds(const struct story *s)
{
	return between_has(s->b, s->started) && s->ended <= s->started &&
			       (between_has(s->b, s->ended) || (s->was && !s->was_up))
		       ? s->started - s->ended
		       : MISSING;
}

struct clause {
	char text[100];
};

static struct clause back_after(double down, double times)
{
	struct clause c = {""};

	if (!isnan(down))
		snprintf(c.text, sizeof(c.text), ", %sback after %s", times > 1 ? "last " : "",
			event_duration(down).text);
	return c;
}

static struct clause how_often(double times)
{
	struct clause c = {" once"};

	if (times > 1)
		snprintf(c.text, sizeof(c.text), " %.0f times", times);
	return c;
}

static char *restart_message(struct arena *arena, const struct event *e)
{
	if (e->code == EVENT_CRASH_LOOP)
		return arena_printf(arena, "%s in a crash loop%s, restarted by its policy%s", e->subject,
			event_exit(e->exit_code).text, how_often(e->times).text);
	return arena_printf(arena, "%s restarted by its policy%s%s", e->subject, how_often(e->times).text,
		back_after(e->down_seconds, e->times).text);
}

bool event_join(struct event *event, const struct event *next, struct arena *arena)
{
	bool are_restarts = event->times > 0 && next->times > 0 &&
			    (event->code == EVENT_RESTARTED_BY_POLICY || event->code == EVENT_CRASH_LOOP) &&
			    (next->code == EVENT_RESTARTED_BY_POLICY || next->code == EVENT_CRASH_LOOP);
	double first = isnan(event->from_epoch) ? event->epoch : event->from_epoch;
	double times = event->times + next->times;

	if (!are_restarts || strcmp(event->subject, next->subject) != 0)
		return false;
	if (event->code != EVENT_CRASH_LOOP)
		*event = *next;
	event->epoch = next->epoch;
	event->from_epoch = fmin(first, next->epoch); /* the same when the clock was set back */
	event->times = times;
	event->down_seconds = next->down_seconds;
	event->message = restart_message(arena, event);
	return true;
}

/* ` (RAM 97 %)`: how full the container's memory, or else the host's, was at the sighting before. */
static struct clause memory_before(const struct between *b, const struct container *was)
{
	struct clause c = {""};

	if (was && was->mem_percent >= high_percent)
		snprintf(c.text, sizeof(c.text), " (RAM %.0f %%)", was->mem_percent);
	else if (b->before && b->before->ram_percent >= high_percent)
		snprintf(c.text, sizeof(c.text), " (host's RAM %.0f %%)", b->before->ram_percent);
	return c;
}

void between_convict(struct between *b, const struct suspect *who)
{
	struct event *e = &b->events->items[who->event], made;
	const char *subject = e->subject;

	made = *between_add(b, EVENT_OOM_KILLED, MISSING, subject, "%s OOM-killed%s", subject,
		memory_before(b, who->was).text);
	b->events->count--;
	e = &b->events->items[who->event]; /* the list may have moved */
	if (e->times > 0)
		made.message = arena_printf(b->arena, "%s, restarted by its policy%s%s", made.message,
			how_often(e->times).text, back_after(e->down_seconds, e->times).text);
	made.epoch = e->epoch;
	made.from_epoch = e->from_epoch;
	made.times = e->times;
	made.exit_code = e->code == EVENT_CRASH_LOOP ? MISSING : e->exit_code; /* its end is one of `times` */
	made.down_seconds = e->down_seconds;
	*e = made;
}

/* What was just told may have been for want of memory. The engine is sure of it when the flag is there, also
 * on a container that runs again: a start takes it away, but the kernel's message may come later than that.
 */
static void suspect(struct story *s)
{
	struct between *b = s->b;
	struct suspect who = {s->was, s->c, b->events->count - 1};

	if (s->c->oom_killed == FLAG_YES) {
		between_convict(b, &who);
		b->oom_known++;
	} else if (b->before &&
		   (b->oom_kills > 0 || (b->oom_open > 0 && s->was && s->was->inspected_epoch > 0))) {
		b->suspects[b->suspect_count++] = who;
	}
}

static double made_epoch(const struct story *s)
{
	double created = event_time(s->c->created_at);

	return isnan(created) ? s->started : created;
}

static void find_existence(struct story *s, const struct container *namesake)
{
	if (namesake && !s->was)
		between_add(s->b, EVENT_RECREATED, made_epoch(s), name_of(s), "%s recreated", name_of(s));
	else if (!s->was && s->is_up)
		between_add(s->b, EVENT_CREATED, made_epoch(s), name_of(s), "%s created", name_of(s));
	else if (!s->was && event_is_word(s->c->state, "created") && !(s->c->exit_code > 0))
		between_add(s->b, EVENT_CREATED, made_epoch(s), name_of(s), "%s created, not started",
			name_of(s));
	else if (s->was && event_has_changed(s->was->name, s->c->name))
		between_add(s->b, EVENT_RENAMED, MISSING, name_of(s), "%s renamed, it was %s", name_of(s),
			s->was->name);
}

static bool is_same_run(const struct container *a, const struct container *b)
{
	return a->started_at && b->started_at && strcmp(a->started_at, b->started_at) == 0;
}

static void tell_start(struct story *s)
{
	double exact = s->restarts > 0 ? MISSING : s->started, down = down_seconds(s);
	struct event *e;

	if (s->was_up || s->was_restarting)
		e = between_add(s->b, EVENT_RESTARTED_BY_HAND, exact, name_of(s), "%s restarted by hand%s",
			name_of(s), s->restarts > 0 ? "" : back_after(down, 1).text);
	else if (s->is_up)
		e = between_add(s->b, EVENT_STARTED, exact, name_of(s), "%s started%s", name_of(s),
			s->restarts > 0 ? "" : back_after(down, 1).text);
	else
		return; /* it has ended again, which is told with its end */
	e->down_seconds = s->restarts > 0 ? MISSING : down;
}

/* Who started it. Restarts by the policy alone let the count rise; a start by hand sets it to 0, as the start
 * of the engine does, from where it may have risen again. */
static void find_start(struct story *s)
{
	double now = s->c->restarts > 0 ? s->c->restarts : 0;
	double was = s->was && !isnan(s->was->restarts) && !isnan(s->c->restarts) ? s->was->restarts : now;
	bool is_awaited = s->was_restarting && !(now < was); /* the restart that was counted before */

	if (!s->was) {
		s->restarts = now;
	} else if (s->came_with_host) {
		s->restarts = now;
		if (!s->was_up && s->is_up)
			tell_start(s);
	} else if (now > was) {
		s->restarts = now - was;
	} else if (s->has_started && is_awaited) {
		if (s->is_up)
			between_add(s->b, EVENT_STARTED, s->started, name_of(s), "%s runs again", name_of(s));
	} else if (s->has_started || (now < was && !is_same_run(s->was, s->c))) {
		s->restarts = now;
		tell_start(s);
	} else if (s->is_up && !s->was_up && !s->was_restarting) {
		tell_start(s); /* at a time that is not known */
	}
	if (s->restarts > 0 && (s->is_up || event_is_word(s->c->state, "restarting"))) {
		bool is_loop = !s->is_up;
		struct event *e = between_add(s->b, is_loop ? EVENT_CRASH_LOOP : EVENT_RESTARTED_BY_POLICY,
			is_loop ? s->ended : s->started, name_of(s), "%s", "");

		e->times = s->restarts;
		e->exit_code = is_loop ? s->c->exit_code : MISSING;
		e->down_seconds = is_loop ? MISSING : down_seconds(s);
		e->message = restart_message(s->b->arena, e);
		suspect(s);
	}
}

/* It ran until host or engine went down, and was not started again: it ended then, or as later noticed. */
static bool is_left_down(const struct story *s)
{
	const struct between *b = s->b;
	double since = isnan(b->stop_epoch) ? b->restart_epoch : b->stop_epoch;

	if (!s->was_up || s->has_started || (!b->has_rebooted && !b->has_engine_restarted))
		return false;
	if (isnan(s->ended) || isnan(since))
		return b->has_rebooted;
	return s->ended >= since - at_shutdown_seconds;
}

/* Without a run, or with one that was over at once: later, 127 is as good an exit code as any. */
static bool is_could_not_start(const struct story *s)
{
	bool has_new_run = !s->was || s->has_started, did_run = s->was_up && !s->has_started;

	return s->c->exit_code >= 125 && s->c->exit_code <= 128 && !did_run &&
	       !(has_new_run && s->ended - s->started > quick_seconds);
}

static bool is_oom_kill(const struct story *s)
{
	return s->c->oom_killed == FLAG_YES && s->c->exit_code > 0 && s->c->exit_code != 143;
}

static enum event_kind ending(const struct story *s)
{
	const struct between *b = s->b;
	double code = s->c->exit_code;

	if (is_left_down(s))
		return EVENT_LEFT_DOWN;
	if (is_oom_kill(s))
		return EVENT_OOM_KILLED;
	if (is_could_not_start(s))
		return EVENT_COULD_NOT_START;
	if (!(fabs(code) > 0) && !isnan(code))
		return event_is_kept_up(s->c) ? EVENT_STOPPED : EVENT_FINISHED;
	/* Whatever it ended with: had nobody stopped it, the engine would have started it again. */
	if (event_is_planned_stop(code) || (event_is_kept_up(s->c) && !(s->restarts > 0) &&
						   !b->has_rebooted && !b->has_engine_restarted))
		return EVENT_STOPPED;
	return s->was_up || s->was_restarting ? EVENT_CRASHED : EVENT_FAILED;
}

static bool has_ended(const struct story *s)
{
	const struct container *was = s->was, *c = s->c;

	if (s->is_up || event_is_word(c->state, "restarting") || event_is_word(c->state, "dead"))
		return false;
	if (event_is_word(c->state, "created"))
		return is_could_not_start(s) && (!was || was->exit_code < c->exit_code);
	if (!was)
		return true;
	return s->was_up || s->was_restarting || s->has_started ||
	       event_has_changed(was->finished_at, c->finished_at) ||
	       (is_could_not_start(s) && fabs(was->exit_code - c->exit_code) > 0);
}

static void find_end(struct story *s)
{
	static const char *const verbs[] = {
		[EVENT_OOM_KILLED] = "OOM-killed",
		[EVENT_CRASHED] = "crashed",
		[EVENT_FAILED] = "failed",
		[EVENT_COULD_NOT_START] = "could not start",
		[EVENT_STOPPED] = "stopped",
		[EVENT_FINISHED] = "finished",
	};
	const struct container *c = s->c;
	struct clause ran = {""}, restarts = {""};
	enum event_kind code;
	struct event *e;

	if (!has_ended(s))
		return;
	code = ending(s);
	/* A job that ran well between two snapshots, as jobs do, is no news; one that is new is. */
	if (code == EVENT_FINISHED && s->was && !s->was_up)
		return;
	/* Nothing is known of the time before: what went wrong is told, what somebody did is not. */
	if (!s->b->before && (code == EVENT_STOPPED || code == EVENT_FINISHED || isnan(s->ended)))
		return;
	if (code == EVENT_LEFT_DOWN) {
		e = between_add(s->b, code, s->ended, name_of(s),
			"%s did not come back after the %s restarted%s%s", name_of(s),
			s->b->has_rebooted ? "host" : "engine", c->restart_policy ? ", its policy is " : "",
			c->restart_policy ? c->restart_policy : "");
		if (event_is_kept_up(c))
			e->severity = "warning";
	} else {
		if (!s->was_up && s->ended >= s->started && code != EVENT_COULD_NOT_START)
			snprintf(ran.text, sizeof(ran.text), " after %s",
				event_duration(s->ended - s->started).text);
		if (s->restarts > 0)
			snprintf(restarts.text, sizeof(restarts.text), ", after %.0f restart%s by its policy",
				s->restarts, s->restarts > 1 ? "s" : "");
		e = between_add(s->b, code, s->ended, name_of(s), "%s %s%s%s%s%s", name_of(s), verbs[code],
			code == EVENT_OOM_KILLED ? memory_before(s->b, s->was).text : "",
			code == EVENT_OOM_KILLED ? "" : event_exit(c->exit_code).text, ran.text,
			restarts.text);
		e->times = s->restarts > 0 ? s->restarts : MISSING;
	}
	e->exit_code = c->exit_code;
	if (code == EVENT_OOM_KILLED)
		s->b->oom_known++;
	else if (code == EVENT_STOPPED && c->exit_code == 137 && !event_is_kept_up(c))
		suspect(s);
	if (container_is_expected_down(c))
		e->severity = "info";
}

static void find_state(struct story *s)
{
	const struct container *was = s->was, *c = s->c;
	bool is_paused = event_is_word(c->state, "paused"),
	     was_paused = was && event_is_word(was->state, "paused");

	if (event_is_word(c->state, "dead") && !(was && event_is_word(was->state, "dead")))
		between_add(s->b, EVENT_DEAD, MISSING, name_of(s), "%s dead: the engine could not remove it",
			name_of(s));
	if (is_paused && !was_paused)
		between_add(s->b, EVENT_PAUSED, MISSING, name_of(s), "%s paused", name_of(s));
	else if (was_paused && s->is_up && !is_paused && !s->has_started)
		between_add(s->b, EVENT_UNPAUSED, MISSING, name_of(s), "%s unpaused", name_of(s));
	if (is_unhealthy(c) && !(was && is_unhealthy(was)))
		between_add(s->b, EVENT_UNHEALTHY, MISSING, name_of(s), "%s unhealthy", name_of(s));
	else if (was && is_unhealthy(was) && event_is_word(c->health, "healthy"))
		between_add(s->b, EVENT_HEALTHY, MISSING, name_of(s), "%s healthy again", name_of(s));
	if (s->is_up && c->oom_killed == FLAG_YES && !(s->restarts > 0) &&
		(s->has_started || !(was && was->oom_killed == FLAG_YES))) {
		between_add(s->b, EVENT_OOM_KILLED, MISSING, name_of(s),
			"%s goes on, but a process in it was OOM-killed%s", name_of(s),
			memory_before(s->b, was).text);
		s->b->oom_known++;
	}
}

void between_find_container(struct between *b, const struct container *was, const struct container *c)
{
	struct story s = {.b = b, .c = c, .is_up = event_is_up(c)};
	const struct container *namesake = was;

	s.started = event_time(c->started_at);
	s.ended = event_time(c->finished_at);
	s.was = was && container_is_same(was, c) ? was : NULL;
	if (s.was) {
		s.was_up = event_is_up(was);
		s.was_restarting = event_is_word(was->state, "restarting");
		s.has_started = event_has_changed(was->started_at, c->started_at) ||
				(event_is_word(was->state, "created") && c->started_at);
		s.came_with_host = between_is_start_with_host(b, was, c);
	}
	if (!b->before) {
		find_end(&s);
		return;
	}
	find_existence(&s, namesake);
	find_start(&s);
	find_end(&s);
	find_state(&s);
}

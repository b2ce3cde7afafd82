/* What happened between two snapshots: told apart from the engine's and the kernel's times and counters, so
 * that nothing has to watch. Pure; nothing of it is stored, so that what is told gets better with the rules.
 *
 * What the engine keeps, and so what can be known: the restart count goes up by restarts of the restart
 * policy alone; every start by hand, and every start together with the engine, sets it to 0; a start forgets
 * exit code and OOM flag of the run before but not when it ended; another id under the same name is another
 * container.
 */
#ifndef ASMO_EVENT_H
#define ASMO_EVENT_H

#include "asmo/snapshot.h"

enum event_kind {
	EVENT_HOST_REBOOTED,
	EVENT_CLOCK_SET,
	EVENT_OOM_ELSEWHERE, /* a process was killed for want of memory; of which container is not known */
	EVENT_GAP,           /* the monitor took no snapshot */
	EVENT_ENGINE_GONE,
	EVENT_ENGINE_BACK,
	EVENT_ENGINE_RESTARTED,
	EVENT_CREATED,
	EVENT_RECREATED,
	EVENT_RENAMED,
	EVENT_REMOVED,
	EVENT_STARTED,
	EVENT_RESTARTED_BY_HAND,
	EVENT_RESTARTED_BY_POLICY, /* it had ended without being asked to */
	EVENT_CRASH_LOOP,          /* the same, and it waits for the next restart */
	EVENT_OOM_KILLED,
	EVENT_CRASHED,
	EVENT_FAILED, /* it was started and ended, not well, between the two */
	EVENT_COULD_NOT_START,
	EVENT_LEFT_DOWN, /* it ran before the host or the engine restarted, and does not since */
	EVENT_STOPPED,   /* by somebody */
	EVENT_FINISHED,  /* by itself, with exit code 0 */
	EVENT_DEAD,
	EVENT_PAUSED,
	EVENT_UNPAUSED,
	EVENT_UNHEALTHY,
	EVENT_HEALTHY,
};

struct event {
	enum event_kind code;
	double epoch;      /* when, or the end of the time in which it was */
	double from_epoch; /* the start of that time; MISSING when `epoch` is exact */
	char *severity;    /* critical, warning or info */
	char *kind;        /* the name of the code: "restarted_by_policy" */
	char *subject;     /* the container, or host, engine, monitor */
	char *message;     /* a sentence: `jellyfin OOM-killed (RAM 97 %), back after 8 s` */
	double times;      /* restarts by the policy that belong to it */
	double exit_code;
	double down_seconds; /* until it ran again */
};

extern const struct record event_record;

struct events {
	struct event *items;
	size_t count;
	double oom_open; /* kills for want of memory that the next snapshot may explain: for snapshot_learn()
			  */
};

/* Adds what happened since `before`, the snapshot before, in no particular order; all of it is made in
 * `arena`. Containers are compared with `with_engine`, the last snapshot in which the engine answered, as
 * snapshot_learn() makes it: usually the same. Each may be NULL; then only what the engine still knows the
 * exact time of is told, however long ago.
 */
void event_find(const struct snapshot *before, const struct snapshot *with_engine,
	const struct snapshot *after, struct arena *arena, struct events *events);

/* A stop that somebody asked for: 0 or not known, 143 (SIGTERM: `docker stop`), 130 (SIGINT), or 137
 * (SIGKILL: it did not listen, or `docker kill`). What was killed for want of memory ends with 137 as well:
 * see container_was_oom_killed.
 */
bool event_is_planned_stop(double exit_code);

/* Whether the engine answered; the Python version said nothing of it, but listed what it had. */
bool event_engine_answered(const struct snapshot *snapshot);

/* Adds one; the message is made of the format. */
struct event *event_add(struct events *events, struct arena *arena, enum event_kind code, const char *subject,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Makes one of two in a row that tell of restarts of the same container by its policy. False: they do not. */
bool event_join(struct event *event, const struct event *next, struct arena *arena);

/* Whether `after` was taken later than `before`; false for the same one twice and for one that was stored out
 * of order. A clock that was set back makes no difference where the uptime is known. */
bool event_is_newer(const struct snapshot *before, const struct snapshot *after);

/* How long a container ran and did not run from one snapshot to a later one, between two epochs. What can't
 * be told is neither, and so is the time after a job finished well, or when it is expected to be stopped. Of
 * several restarts only the last one's down time is known.
 */
struct run_time {
	double up, down;
};
struct run_time event_run_time(const struct container *before, const struct container *after,
	double from_epoch, double to_epoch);

/* Whether the text, which may be NULL, is that word. */
bool event_is_word(const char *text, const char *word);

/* Both known, and not the same. */
bool event_has_changed(const char *was, const char *is);

/* Running, or paused. */
bool event_is_up(const struct container *container);

/* A job that has done what it should: it ended with 0, and its policy would not start it again. */
bool event_is_done(const struct container *container);

/* How many of the snapshot's stopped containers are such jobs; MISSING when it knows no containers. */
double event_count_finished(const struct snapshot *snapshot);

/* `8 s`, `5 min`, `2h 3m`. */
struct event_duration {
	char text[48];
};
struct event_duration event_duration(double seconds);

/* ` (exit code 139, segmentation fault)`, empty when it is not known. */
struct event_exit {
	char text[64];
};
struct event_exit event_exit(double exit_code);

/* Seconds since 1970 of the engine's time; MISSING when there is none. */
double event_time(const char *text);

#endif

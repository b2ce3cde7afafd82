/* What is known of the time between two snapshots, for all containers alike. */
#ifndef ASMO_EVENT_BETWEEN_H
#define ASMO_EVENT_BETWEEN_H

#include "asmo/event.h"

/* A container that may be the one that was killed for want of memory, and the index of what is told of it. */
struct suspect {
	const struct container *was, *container;
	size_t event;
};

struct between {
	const struct snapshot *before; /* NULL: nothing is known of the time before */
	double since_epoch; /* when it saw what is looked at: a container maybe earlier than itself */
	const struct snapshot *after;
	bool has_rebooted, has_engine_restarted;
	double restart_epoch; /* of the host, else of the engine; MISSING */
	double stop_epoch;    /* when the containers that came back with it ended; MISSING */
	double came_back;     /* how many those are */
	double oom_kills;     /* of the kernel, in this time */
	double oom_open;      /* those of before, when a container that they may have hit was not inspected */
	double oom_known;     /* those of which the container is known */
	struct suspect *suspects;
	size_t suspect_count;
	struct arena *arena;
	struct events *events;
};

/* Adds an event of this time; it is exact when `epoch` lies in it. */
struct event *between_add(struct between *between, enum event_kind code, double epoch, const char *subject,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

bool between_has(const struct between *between, double epoch);

/* Whether the run that `c` is in, or was in last, began together with the host or the engine. */
bool between_is_start_with_host(const struct between *between, const struct container *was,
	const struct container *c);

/* Tells what happened to one container; `was` is NULL for one that was not there. */
void between_find_container(struct between *between, const struct container *was, const struct container *c);

/* Tells again, as a kill for want of memory, what was told of the suspect. */
void between_convict(struct between *between, const struct suspect *suspect);

/* always or unless-stopped: the engine starts it again whatever it ended with, unless somebody stopped it. */
bool event_is_kept_up(const struct container *c);

#endif

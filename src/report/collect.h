/* What the report gathers while the snapshots go by. */
#ifndef ASMO_REPORT_COLLECT_H
#define ASMO_REPORT_COLLECT_H

#include "asmo/report.h"

/* A mean, a smallest and a largest; values that are missing are not counted. */
struct tally {
	double sum, count, min, max;
};

struct disk_tally {
	char *mount;
	struct tally percent;
	double first_gb, used_gb, total_gb, used_percent;
	char problem[160]; /* at its last sighting */
	size_t last_seen;  /* number of that snapshot */
};

struct container_tally {
	char *name;
	struct tally cpu, memory;
	double checks, running, unhealthy, restarts, errors, ooms;
	struct digest_error *messages;
	char **message_keys; /* of each of them */
	size_t message_count;
	size_t last_seen;

	/* Its last sighting; the strings lie in the arrays. */
	struct container last;
	char id[16], status[16], state[16], health[16], finished_at[48], problem[256];
};

struct report {
	struct digest digest; /* in the making; its arena owns all but the lists */
	struct arena scratch;
	struct tally cpu, ram;
	struct disk_tally *disks;
	size_t disk_count;
	struct container_tally **containers; /* each stays where it is: its last sighting points into it */
	size_t container_count;
	double *epochs;                        /* of all snapshots */
	size_t count;                          /* of snapshots so far */
	double oom_kills;                      /* of the snapshot before; MISSING at first */
	double engine_checks, engine_failures; /* checks in which an engine was there before or should be */
	bool engine_was_there;
	bool engine_answered;   /* in the last check */
	char engine_error[300]; /* of the last check; "" when it answered */
};

/* Makes digest.problems out of the rest, the worst first. */
void report_find_problems(struct report *report, const struct config_thresholds *thresholds,
	const struct history_stat *history, const char *no_history);

#endif

/* What the report gathers while the snapshots go by. */
#ifndef ASMO_REPORT_COLLECT_H
#define ASMO_REPORT_COLLECT_H

#include "asmo/report.h"

/* A mean, a smallest and a largest; values that are missing are not counted. Averages over a time weigh by
 * it; samples weigh alike. */
struct tally {
	double sum, count, min, max;
	double timed_sum, seconds;
};

struct traffic_tally {
	double rx_kb, tx_kb, seconds;
};

extern const struct tally tally_empty;
/* A sample or, when `seconds` is known, an average over them. */
void tally_count(struct tally *tally, double value, double seconds);
/* The average over a time counts instead of the sample, which was not there in vain: it may be the largest.
 */
void tally_average(struct tally *tally, double sample, double average, double seconds);
/* Samples among averages stand for the usual interval. */
struct range tally_range(const struct tally *tally, double interval);
struct use tally_use(const struct tally *tally, double interval);
void traffic_count(struct traffic_tally *tally, double rx_kb_per_second, double tx_kb_per_second,
	double seconds);
struct traffic traffic_sum(const struct traffic_tally *tally);

/* A mean for each step of a chart. */
struct line {
	double *sums, *seconds;
};

struct chart {
	double from_epoch, step_seconds;
	size_t steps;
	struct line cpu, ram, rx, tx;
};

void chart_init(struct chart *chart, struct arena *arena, double from_epoch, double to_epoch, size_t steps);
void line_init(struct line *line, const struct chart *chart, struct arena *arena);
void line_add(struct line *line, const struct chart *chart, double from_epoch, double to_epoch, double value);
struct numbers line_values(const struct line *line, const struct chart *chart, struct arena *arena);
/* From where on a snapshot stands for the time up to it. */
double chart_reach(double before_epoch, double epoch);
void chart_add(struct chart *chart, double from_epoch, const struct snapshot *snapshot);
struct digest_chart chart_finish(const struct chart *chart, struct arena *arena);

/* How a container was in each part of the window, in seconds of each state. */
struct bar {
	double seconds[CHART_BAR_STEPS][5];
	bool fell[CHART_BAR_STEPS];
};

void bar_add(struct bar *bar, const struct chart *chart, double from_epoch, double to_epoch,
	const struct container *c);
char *bar_letters_of(const struct bar *bar, struct arena *arena);

/* The time from one snapshot to the next, as far as it lies in the window. */
struct interval {
	double from_epoch, to_epoch;
	double seconds; /* that went by: not the same when the clock was set */
};

/* How long a container ran and did not in an interval. */
struct run_piece {
	size_t interval;
	struct run_time time;
};

struct disk_tally {
	char *mount;
	struct tally percent;
	double first_gb, used_gb, total_gb, used_percent;
	double first_epoch, last_epoch; /* of the first and last known `used_gb` */
	double max_epoch;               /* when it was at its fullest */
	char problem[160];              /* at its last sighting */
	char last_problem[160];
	double checks, checks_failed, failed_epoch;
	struct line line;
	size_t last_seen; /* number of that snapshot */
};

struct container_tally {
	char *name;
	struct tally cpu, memory;
	double checks, running, unhealthy, idle, restarts, by_hand, recreated, crashes, errors, ooms;
	bool is_done, is_expected_down; /* at its last sighting */
	double mem_max_percent, mem_limit_percent, unhealthy_epoch;
	struct bar bar;
	struct traffic_tally traffic;
	struct run_piece *pieces;
	size_t piece_count;
	struct run_time run_time; /* their sum, without those in gaps */
	size_t restart_event;     /* where its last restart by the policy is told; from 1 */
	double restart_seen_epoch;
	struct digest_error *messages;
	char **message_keys; /* of each of them */
	size_t message_count;
	size_t last_seen;

	/* Its last sighting; the strings lie in the arrays. */
	struct container last;
	char id[16], status[16], state[16], health[16], finished_at[48], problem[256];
};

/* When the engine was seen not to answer. */
struct away {
	double first_epoch, last_epoch; /* of all such checks of the window */
	double begin_epoch;             /* the first of the last such checks in a row */
};

struct past;

struct report {
	struct digest digest; /* in the making; its arena owns all but the lists */
	struct arena scratch;
	struct tally cpu, ram, swap;
	double cpu_max_epoch, ram_max_epoch, swap_max_epoch; /* MISSING when the most was an average */
	struct chart window, week, bars;                     /* the bars' has no lines */
	double reach_epoch; /* from where on the snapshot in hand stands for the time */
	struct disk_tally *disks;
	size_t disk_count;
	struct container_tally **containers; /* each stays where it is: its last sighting points into it */
	size_t container_count;
	size_t count;   /* of snapshots so far */
	double *epochs; /* of them, behind those of the day before */
	size_t epoch_count;
	struct interval *intervals;
	size_t interval_count;
	struct snapshot last, with_engine; /* the last one, and the last one in which the engine answered */
	double oom_open;                   /* of event_find() */
	bool has_last, has_with_engine;
	bool was_seen_before; /* there is a snapshot from before the window */
	struct events events;
	const char *gaps; /* `, none from 03:00 to 05:00`, or "" */
	struct traffic_tally traffic;
	struct away engine_away;
	double engine_checks, engine_failures; /* checks in which an engine was there before or should be */
	bool engine_was_there;
	bool engine_answered; /* in the last check */
	size_t answered;      /* number of the last snapshot in which it did */
	bool engine_found;    /* though it did not: there was something to ask */
	char *engine_error;   /* of the last check; NULL when it answered */
	struct past *past;    /* NULL: nothing was added to it */
};

/* Text of the history for the digest, NULL for NULL: it may have been written by another program, which
 * neither cleaned names nor masked messages. */
char *report_clean_name(struct report *report, const char *name);
char *report_clean_text(struct report *report, const char *text);

/* A container with what was known of its exit before, if it was not inspected and its state is the same. */
struct container report_complete(const struct report *report, const struct container *c, size_t hint);

/* Makes room for one more at the end of a list and returns it, zeroed. */
void *report_add_item(void *list, size_t *item_count, size_t size);

/* Paused, done, or expected to be stopped: it is not down. */
bool report_is_idle(const struct container *c);

/* NULL when no snapshot of the window knows it. `hint`: where it probably is. */
struct container_tally *report_find_tally(struct report *report, const char *name, size_t hint);

/* What happened from the snapshot before to this one: events, and how long each container ran. */
void report_add_events(struct report *report, const struct snapshot *snapshot);
void report_finish_events(struct report *report);

/* How often the monitor runs, in seconds, as the window and the day before say. */
double report_usual_interval(const struct report *report);
/* Whether the last snapshot is so old that the monitor does not run any more. */
bool report_is_old(const struct report *report, const struct history_stat *history);

/* How much of the window was observed; fills snapshots, expected_snapshots, observed_seconds, gaps, coverage,
 * adds the gaps to the events, and takes what lies in them from the containers' run time. */
void report_find_coverage(struct report *report, const struct history_stat *history);

/* Makes digest.problems out of the rest, the worst first. */
void report_find_problems(struct report *report, const struct config_thresholds *thresholds,
	const struct history_stat *history, const struct err *no_history);

#endif

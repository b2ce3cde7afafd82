/* The digest: what the snapshots of a window say together. All that the renderers show is in it.
 *
 *	report_begin, report_add for each snapshot in the history's order, report_finish, ..., digest_release.
 *
 * Snapshots are taken in one by one; only the last one is kept. Those from before the window are what the
 * first one in it is compared with, and nothing else.
 */
#ifndef ASMO_REPORT_H
#define ASMO_REPORT_H

#include "asmo/alert.h"
#include "asmo/config.h"
#include "asmo/err.h"
#include "asmo/event.h"
#include "asmo/history.h"
#include "asmo/snapshot.h"

struct range {
	double avg, min, max;
};

struct use {
	double avg, max;
};

/* Over the time that the monitor's averages cover; MISSING where they cover none. */
struct traffic {
	double rx_mb, tx_mb, rx_kb_per_second, tx_kb_per_second;
};

/* Time without a snapshot although some were due. */
struct digest_gap {
	double from_epoch, to_epoch;
};

/* Lines of a chart: a value for each of equal parts of a span; MISSING where nothing was measured. */
enum { CHART_WINDOW_STEPS = 48, CHART_WEEK_STEPS = 84, CHART_BAR_STEPS = 24 };

struct digest_chart {
	double from_epoch, step_seconds;
	struct numbers cpu_percent, ram_percent, net_rx_kb_per_second, net_tx_kb_per_second;
};

struct digest_disk {
	char *mount;
	double used_percent, min_percent, max_percent;
	double change_gb;                 /* from the first to the last snapshot of the window */
	double change_seconds, max_epoch; /* the time between them, when it was fullest; not in the JSON */
	double used_gb, total_gb;
	char *problem;
	char *last_problem; /* this one, or an earlier one; it, and in how many checks there was one: not in
			       the JSON */
	double checks, checks_failed, failed_epoch;
	double full_epoch, growth_gb_per_day;        /* when it will be full; MISSING when nobody can say */
	struct numbers window_percent, week_percent; /* in the steps of the charts */
};

struct digest_error {
	char *message; /* one of the lines, without secrets: the first */
	double count;
	double first_epoch, last_epoch; /* MISSING in histories that do not say */
};

struct digest_container {
	char *name;
	char *status; /* the last verdict, or "removed" when the last snapshot knows it no more */
	char *health;
	double uptime_percent; /* checks seen running / checks in which the engine answered and knew it */
	double restarts;       /* by its restart policy */
	double error_count;
	struct digest_error *errors; /* the most frequent first */
	size_t errors_count;
	struct use cpu_percent, mem_mb; /* over the checks in which it ran */
	char *state;
	double exit_code;
	double checks, checks_running, checks_unhealthy, oom_kills;
	char *problem;
	double seconds_up,
		seconds_down; /* of the observed time, by the engine's own start and finish times */
	double restarts_by_hand, recreated;
	double crashes;     /* ends that nobody asked for, those that its policy made up for included */
	double checks_idle; /* in which it was paused, done, or expected to be stopped */
	struct traffic network;
	double unhealthy_epoch;         /* when it was last seen so; not in the JSON */
	bool is_done, is_expected_down; /* not in the JSON: that it is down is as it should be */
	double mem_growth_mb_per_day,
		mem_growth_days;  /* of memory that only grows; MISSING when it does not */
	double mem_max_percent;   /* of its memory limit, or of the machine's memory */
	double mem_limit_percent; /* above which that is a warning; MISSING: it never is */
	char *bar; /* a letter for each of CHART_BAR_STEPS parts of the window: u up, r up but for a restart,
		      x unhealthy, d down, i idle (done, paused, expected to be stopped), ? not known */
};

struct digest_problem {
	char *severity;    /* critical, warning or info */
	char *subject;     /* the container, disk or part of the system */
	char *title;       /* what a headline calls it: `disk /`; not in the JSON */
	bool is_container; /* what the subject is; not in the JSON */
	char *message;     /* a sentence that names the subject */
};

struct digest_top_memory {
	char *name;
	double mem_mb;
};

struct digest_top_cpu {
	char *name;
	double cpu_percent;
};

/* The last snapshot of the window. */
struct digest_current {
	double epoch;
	double cpu_percent, cpu_count, ram_percent, ram_used_gb, ram_total_gb, swap_used_gb, swap_total_gb;
	struct numbers load_average;
	char *uptime;
	double containers_total, containers_running, containers_stopped, containers_unhealthy;
	double containers_finished; /* of those stopped: jobs that have done what they should */
	char *engine_error;         /* the engine did not answer */
	bool is_old;                /* of hours ago, as the monitor has stopped; not in the JSON */
};

struct digest {
	struct arena arena; /* owns everything below */

	char *server;
	double from_epoch, to_epoch, hours;
	double snapshots, expected_snapshots;
	char *severity; /* of the worst problem: ok (also with infos), warning or critical */
	struct range cpu_percent, ram_percent, swap_percent;
	struct digest_disk *disks;
	size_t disk_count;
	struct digest_container *containers; /* by name */
	size_t container_count;
	struct digest_problem *problems; /* the worst first */
	size_t problem_count;
	struct digest_top_memory *top_memory;
	size_t top_memory_count;
	struct digest_top_cpu *top_cpu;
	size_t top_cpu_count;
	struct digest_current current;
	struct event *events; /* in the order of time */
	size_t event_count;
	double observed_seconds; /* of the window */
	struct digest_gap *gaps;
	size_t gap_count;
	char *coverage; /* `22 of 24 snapshots, none from 03:00 to 05:00` */
	struct traffic network;
	struct digest_chart window, week; /* of the window, and of the week that ends with it */
};

extern const struct record digest_record;

struct report;

/* `server` is what the report calls the machine when no snapshot says it. */
struct report *report_begin(const char *server, double from_epoch, double to_epoch);
void report_add(struct report *report, const struct snapshot *snapshot);
/* For forecasts: snapshots of the whole history, those of the window among them, in the order of time. One an
 * hour is enough.
 */
void report_add_past(struct report *report, const struct snapshot *snapshot);

/* Ends the report; the digest is to be released. `history` is what its reading said: from the oldest snapshot
 * on more were to be expected. `no_history`, when not NULL, says why there is none: ENOENT, or why it can't
 * be read.
 */
void report_finish(struct report *report, const struct config_thresholds *thresholds,
	const struct history_stat *history, const struct err *no_history, struct digest *ret_digest);
void digest_release(struct digest *digest);

/* The worst first: by the severity, by how many problems have it, by name. */
void digest_sort(struct digest *digests, size_t count);

/* "critical" -> SEVERITY_CRITICAL, and back. */
enum severity severity_parse(const char *name);
const char *severity_name(enum severity severity);

#endif

/* What one run of the monitor saw: one entry of the history.
 *
 * The tables hold the seed's fields first, in its order and with its names and units, then what asmo adds.
 * `_gb` is GiB, `_mb` is MiB, `_percent` 0 to 100 (a container's CPU: 100 for one core).
 */
#ifndef ASMO_SNAPSHOT_H
#define ASMO_SNAPSHOT_H

#include "asmo/field.h"
#include "asmo/mem.h"

#include <stdbool.h>

struct disk {
	char *mount;
	char *device;
	double total_gb;
	double used_gb;
	double used_percent;
	char *problem;
};

struct container {
	char *name;
	char *id;
	char *status;
	char *state;
	char *health;
	double cpu_percent;
	double mem_mb;
	double mem_percent;
	double net_rx_mb;
	double net_tx_mb;
	double restarts;
	struct strings errors;
	char *image;
	double exit_code;
	enum flag oom_killed;
	char *started_at;
	char *finished_at;
	double error_count;
	struct numbers error_counts;
	char *problem;
	char *created_at;
	char *restart_policy;
	double cpu_seconds;
	double read_uptime_seconds;
	double avg_seconds;
	double cpu_avg_percent;
	double net_rx_kb_per_second;
	double net_tx_kb_per_second;
	struct numbers error_first_epochs;
	struct numbers error_last_epochs;
	double log_until_epoch;
	char *expected;
	double mem_limit_percent;

	/* In memory alone, of what snapshot_learn() took from an earlier snapshot: when that was. Else 0. */
	double inspected_epoch;
};

/* Something that is wrong, remembered from one snapshot to the next. */
struct issue {
	char *key; /* what makes it the same one: "cpu", "disk:/", "container:web:unhealthy" */
	char *severity;
	char *state;
	char *message;
	double since_epoch;
	double notified_epoch;
	double snapshots;
};

struct alert {
	enum flag has_critical;
	struct strings critical_issues;
	struct strings warnings;
	struct issue *issues;
	size_t issue_count;
	enum flag notify;
	enum flag undelivered;
};

struct engine {
	enum flag available;
	char *engine;
	char *version;
	char *error;
	char *started_at;
	enum flag found;
};

struct snapshot {
	struct arena arena; /* owns everything below */

	char *timestamp;
	double cpu_percent;
	double cpu_count;
	double ram_total_gb;
	double ram_used_gb;
	double ram_percent;
	double swap_total_gb;
	double swap_used_gb;
	struct disk *disks;
	size_t disk_count;
	char *uptime;
	struct numbers load_average;
	struct container *containers;
	size_t container_count;
	double containers_total;
	double containers_running;
	double containers_stopped;
	double containers_unhealthy;
	struct alert alert;
	double epoch;
	char *server;
	double uptime_seconds;
	double net_rx_mb;
	double net_tx_mb;
	double oom_kills;
	struct engine docker;
	struct strings problems;
	char *boot_id;
	double cpu_busy_seconds;
	double cpu_total_seconds;
	double avg_seconds;
	double cpu_avg_percent;
	double net_rx_kb_per_second;
	double net_tx_kb_per_second;

	/* In memory alone, both by snapshot_learn(): when each container was inspected, if not in this one,
	 * else 0; and of the kernel's kills for want of memory those of which it is not known yet whom they
	 * hit. */
	double inspected_epoch;
	double oom_open;
};

extern const struct record snapshot_record, disk_record, container_record, issue_record, alert_record,
	engine_record;

/* All missing, nothing owned. */
void snapshot_init(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

/* What `to` held before is released. */
void snapshot_copy(struct snapshot *to, const struct snapshot *from);

/* Reads one entry of a history, from this or the Python version. `epoch` is filled from `timestamp` when the
 * entry has none. What the snapshot held before is released. EBADMSG when the text is no entry with a time.
 */
int snapshot_read(struct snapshot *snapshot, struct slice json, struct err *err);

/* Sums up the states of the containers: containers_total and its kin. */
void snapshot_count_containers(struct snapshot *snapshot);

/* NULL when the snapshot or the container is not there. */
const struct container *snapshot_container(const struct snapshot *snapshot, const char *name);

/* The same, looked for at `hint` first: snapshots list the containers in the same order. */
const struct container *snapshot_container_near(const struct snapshot *snapshot, const char *name,
	size_t hint);

bool container_is_running(const struct container *c);
/* Whether the engine said more of it than its list does: exit code, times, health, restarts. */
bool container_is_inspected(const struct container *c);
/* By the ids, which are kept in different lengths, or not at all: asmo keeps 12 characters, the Python
 * version 10 or 64. */
bool container_is_same(const struct container *a, const struct container *b);
/* Another run has counted the lines of its log up to then: takes them out. */
void container_drop_errors(struct container *c, double until_epoch);
/* A label or the config says that it need not run. */
bool container_is_expected_down(const struct container *c);

/* Whether each container was. */
bool snapshot_is_inspected(const struct snapshot *snapshot);

/* Makes `known`, initialised or made so before, what a later snapshot is compared with: `snapshot`, in which
 * the engine answered, but for the containers that were not inspected in it. Those are as they were when they
 * last were, and not there if they never were. `oom_open` is from event_find().
 */
void snapshot_learn(struct snapshot *known, const struct snapshot *snapshot, double oom_open);

/* Whether the machine was not started anew between two snapshots: the kernel's boot_id says so; where there
 * is none, an uptime that grew. False when that is not known. */
bool snapshot_is_same_boot(const struct snapshot *before, const struct snapshot *after);

/* Seconds from one snapshot to a later one: by the uptime within one boot, so that a clock that is set
 * changes nothing; by the clock across boots, and where the uptime is the same, as in a copy with another
 * time. */
double snapshot_elapsed_seconds(const struct snapshot *before, const struct snapshot *after);

/* Seconds by which the clock was set between two snapshots, less than 0: back. 0 when it was not, or only
 * drifted, and when that is not known: across a boot, and without the uptimes. */
double snapshot_clock_jump(const struct snapshot *before, const struct snapshot *after);

/* Fills the averages of the machine since `previous`, the snapshot before, and those of the containers since
 * `before`, the last one in which the engine answered; each may be NULL. A counter that started again, with
 * the machine or the container, counts from that start on.
 */
void snapshot_set_averages(struct snapshot *snapshot, const struct snapshot *previous,
	const struct snapshot *before);

/* How often the engine restarted the container since `before`, the same name's earlier reading or NULL. The
 * counter starts again at 0 with a new container and with a start by hand: then what it says now is the
 * rise. 0 where one of the two is not known.
 */
double container_restarts_since(const struct container *c, const struct container *before);

/* Whether it died of memory since `before`: the engine says so, or it ended with 137 (SIGKILL) while the
 * kernel's counter of OOM kills rose; on cgroup v2 the engine often does not know.
 */
bool container_was_oom_killed(const struct container *c, const struct container *before,
	double oom_kills_rise);

#endif

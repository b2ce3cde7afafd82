#include "asmo/snapshot.h"

#include <errno.h>
#include <string.h>

#include "asmo/clock.h"

static const struct field disk_fields[] = {
	STRING_FIELD(struct disk, mount, "where it is mounted", .label = "mountpoint"),
	STRING_FIELD(struct disk, device, "the device or share behind it"),
	NUMBER_FIELD(struct disk, total_gb, 1, "size of the file system", .metric = "filesystem_size_bytes",
		.scale = GIB),
	NUMBER_FIELD(struct disk, used_gb, 1, "used of the file system", .metric = "filesystem_used_bytes",
		.scale = GIB),
	NUMBER_FIELD(struct disk, used_percent, 1, "used / (used + available to a user), as df",
		.metric = "filesystem_used_ratio", .scale = PERCENT),
	STRING_FIELD(struct disk, problem, "why its numbers are unknown", .metric = "filesystem_error",
		.form = METRIC_FAULT),
};
const struct record disk_record = RECORD(struct disk, disk_fields);

static const struct field container_fields[] = {
	STRING_FIELD(struct container, name, "the engine's name, without the slash", .label = "name"),
	STRING_FIELD(struct container, id, "first 12 characters of the id"),
	STRING_FIELD(struct container, status, "verdict: running, stopped or unhealthy",
		.metric = "container_unhealthy", .form = METRIC_WORD, .word = "unhealthy"),
	STRING_FIELD(struct container, state, "the engine's word: running, exited, paused, restarting, ...",
		.metric = "container_running", .form = METRIC_WORD, .word = "running"),
	STRING_FIELD(struct container, health, "healthy, unhealthy, starting or none"),
	NUMBER_FIELD(struct container, cpu_percent, 2,
		"CPU use of the container over the sampling window, of one core",
		.metric = "container_cpu_ratio", .scale = PERCENT),
	NUMBER_FIELD(struct container, mem_mb, 1,
		"memory in use by the container, page cache that can be dropped not counted",
		.metric = "container_memory_used_bytes", .scale = MIB),
	NUMBER_FIELD(struct container, mem_percent, 1,
		"memory in use by the container, of its memory limit or of the machine's memory",
		.metric = "container_memory_used_ratio", .scale = PERCENT),
	NUMBER_FIELD(struct container, net_rx_mb, 2, "received by the container since it started",
		.metric = "container_network_receive_bytes_total", .scale = MIB),
	NUMBER_FIELD(struct container, net_tx_mb, 2, "sent by the container since it started",
		.metric = "container_network_transmit_bytes_total", .scale = MIB),
	NUMBER_FIELD(struct container, restarts, 0, "the engine's count of restarts by its restart policy",
		.metric = "container_restarts_total"),
	STRINGS_FIELD(struct container, errors,
		"error lines of its log since the previous snapshot, each once"),
	STRING_FIELD(struct container, image, "image that the container was made from",
		.metric = "container_info"),
	NUMBER_FIELD(struct container, exit_code, 0, "exit status of the container's last run",
		.metric = "container_exit_code"),
	FLAG_FIELD(struct container, oom_killed, "the engine says that it was killed for want of memory",
		.metric = "container_oom_killed"),
	STRING_FIELD(struct container, started_at, "last start of the container, UTC",
		.metric = "container_start_time_seconds", .form = METRIC_TIME),
	STRING_FIELD(struct container, finished_at, "last end, UTC"),
	NUMBER_FIELD(struct container, error_count, 0,
		"error lines of the container's log since the previous snapshot",
		.metric = "container_log_errors"),
	NUMBERS_FIELD(struct container, error_counts, 0, "how often each of `errors` was there"),
	STRING_FIELD(struct container, problem, "why something about it is unknown"),
	STRING_FIELD(struct container, created_at, "when it was made, UTC"),
	STRING_FIELD(struct container, restart_policy, "no, on-failure, unless-stopped or always"),
	NUMBER_FIELD(struct container, cpu_seconds, 3, "CPU time that the container used since it started",
		.metric = "container_cpu_seconds_total"),
	NUMBER_FIELD(struct container, read_uptime_seconds, 3,
		"the machine's uptime when its counters were read"),
	NUMBER_FIELD(struct container, avg_seconds, 1,
		"time since the previous snapshot, or since it started, over which the averages are taken"),
	NUMBER_FIELD(struct container, cpu_avg_percent, 2,
		"CPU use of the container in that time, of one core"),
	NUMBER_FIELD(struct container, net_rx_kb_per_second, 2, "received a second in that time"),
	NUMBER_FIELD(struct container, net_tx_kb_per_second, 2, "sent a second in that time"),
	NUMBERS_FIELD(struct container, error_first_epochs, 3, "when each of `errors` was first there"),
	NUMBERS_FIELD(struct container, error_last_epochs, 3, "when each of `errors` was last there"),
	NUMBER_FIELD(struct container, log_until_epoch, 3, "lines of its log up to here have been counted"),
	STRING_FIELD(struct container, expected, "stopped: it need not run (label or config)"),
	NUMBER_FIELD(struct container, mem_limit_percent, 1,
		"memory above this is a warning (label or config)"),
};
const struct record container_record = RECORD(struct container, container_fields);

static const struct field issue_fields[] = {
	STRING_FIELD(struct issue, key, "what makes it the same one in two snapshots", .label = "issue"),
	STRING_FIELD(struct issue, severity, "critical or warning", .label = "severity"),
	STRING_FIELD(struct issue, state, "pending, new, ongoing or resolved", .label = "state"),
	STRING_FIELD(struct issue, message, "a sentence"),
	NUMBER_FIELD(struct issue, since_epoch, 3, "when the issue was first seen",
		.metric = "issue_start_timestamp_seconds"),
	NUMBER_FIELD(struct issue, notified_epoch, 3, "when a message last told of it"),
	NUMBER_FIELD(struct issue, snapshots, 0, "how many in a row have seen it"),
};
const struct record issue_record = RECORD(struct issue, issue_fields);

static const struct field alert_fields[] = {
	FLAG_FIELD(struct alert, has_critical, "whether something is badly wrong"),
	STRINGS_FIELD(struct alert, critical_issues, "what is badly wrong, a sentence each",
		.metric = "critical_issues"),
	STRINGS_FIELD(struct alert, warnings, "what needs a look, a sentence each", .metric = "warnings"),
	RECORDS_FIELD(struct alert, issues, issue_count, &issue_record,
		"the same with a memory: since when, and what has been resolved"),
	FLAG_FIELD(struct alert, notify, "whether something is new, resolved, or due to be said again"),
	FLAG_FIELD(struct alert, undelivered,
		"whether that was to be sent and has not arrived; null: nothing was to be sent"),
};
const struct record alert_record = RECORD(struct alert, alert_fields);

static const struct field engine_fields[] = {
	FLAG_FIELD(struct engine, available, "whether the container engine answered", .metric = "engine_up"),
	STRING_FIELD(struct engine, engine, "Docker or Podman", .metric = "engine_info"),
	STRING_FIELD(struct engine, version, "version of the container engine",
		.metric = "engine_version_info"),
	STRING_FIELD(struct engine, error, "why it did not answer"),
	STRING_FIELD(struct engine, started_at, "when the engine itself was started, UTC"),
	FLAG_FIELD(struct engine, found, "whether there was a socket, or an address, to ask"),
};
const struct record engine_record = RECORD(struct engine, engine_fields);

static const char *const load_minutes[] = {"1", "5", "15", NULL};

static const struct field snapshot_fields[] = {
	STRING_FIELD(struct snapshot, timestamp, "local time"),
	NUMBER_FIELD(struct snapshot, cpu_percent, 1, "CPU use over the sampling window, of all cores",
		.metric = "cpu_ratio", .scale = PERCENT),
	NUMBER_FIELD(struct snapshot, cpu_count, 0, "cores of the machine", .metric = "cpu_cores"),
	NUMBER_FIELD(struct snapshot, ram_total_gb, 1, "memory of the machine", .metric = "memory_size_bytes",
		.scale = GIB),
	NUMBER_FIELD(struct snapshot, ram_used_gb, 1, "memory that is not available to programs",
		.metric = "memory_used_bytes", .scale = GIB),
	NUMBER_FIELD(struct snapshot, ram_percent, 1, "memory that is not available to programs, of all",
		.metric = "memory_used_ratio", .scale = PERCENT),
	NUMBER_FIELD(struct snapshot, swap_total_gb, 1, "swap of the machine", .metric = "swap_size_bytes",
		.scale = GIB),
	NUMBER_FIELD(struct snapshot, swap_used_gb, 1, "swap in use", .metric = "swap_used_bytes",
		.scale = GIB),
	RECORDS_FIELD(struct snapshot, disks, disk_count, &disk_record, "real file systems"),
	STRING_FIELD(struct snapshot, uptime, "since boot, as 15d 7h 23m"),
	NUMBERS_FIELD(struct snapshot, load_average, 2, "load average over 1, 5 and 15 minutes",
		.metric = "load_average", .label = "minutes", .label_values = load_minutes),
	RECORDS_FIELD(struct snapshot, containers, container_count, &container_record, "all containers"),
	NUMBER_FIELD(struct snapshot, containers_total, 0, "how many containers there are",
		.metric = "containers"),
	NUMBER_FIELD(struct snapshot, containers_running, 0, "containers in state running",
		.metric = "containers_running"),
	NUMBER_FIELD(struct snapshot, containers_stopped, 0, "containers in any other state",
		.metric = "containers_stopped"),
	NUMBER_FIELD(struct snapshot, containers_unhealthy, 0,
		"those of the running containers that are unhealthy", .metric = "containers_unhealthy"),
	RECORD_FIELD(struct snapshot, alert, &alert_record, "the verdict"),
	NUMBER_FIELD(struct snapshot, epoch, 3, "when the snapshot was taken, UTC seconds since 1970",
		.metric = "snapshot_timestamp_seconds"),
	STRING_FIELD(struct snapshot, server, "name of the server", .metric = "server_info"),
	NUMBER_FIELD(struct snapshot, uptime_seconds, 2, "time since boot", .metric = "uptime_seconds"),
	NUMBER_FIELD(struct snapshot, net_rx_mb, 2, "received by the network cards since boot",
		.metric = "network_receive_bytes_total", .scale = MIB),
	NUMBER_FIELD(struct snapshot, net_tx_mb, 2, "sent by the network cards since boot",
		.metric = "network_transmit_bytes_total", .scale = MIB),
	NUMBER_FIELD(struct snapshot, oom_kills, 0, "processes killed for want of memory since boot",
		.metric = "oom_kills_total"),
	RECORD_FIELD(struct snapshot, docker, &engine_record, "the container engine"),
	STRINGS_FIELD(struct snapshot, problems, "sources of the host that could not be read",
		.metric = "unread_sources"),
	STRING_FIELD(struct snapshot, boot_id, "the kernel's name for this run of the machine"),
	NUMBER_FIELD(struct snapshot, cpu_busy_seconds, 2, "CPU time that all cores were busy since boot",
		.metric = "cpu_busy_seconds_total"),
	NUMBER_FIELD(struct snapshot, cpu_total_seconds, 2, "CPU time of all cores since boot",
		.metric = "cpu_seconds_total"),
	NUMBER_FIELD(struct snapshot, avg_seconds, 1,
		"time since the previous snapshot, over which the averages are taken"),
	NUMBER_FIELD(struct snapshot, cpu_avg_percent, 1, "CPU use in that time, of all cores"),
	NUMBER_FIELD(struct snapshot, net_rx_kb_per_second, 2, "received a second in that time"),
	NUMBER_FIELD(struct snapshot, net_tx_kb_per_second, 2, "sent a second in that time"),
};
const struct record snapshot_record = RECORD(struct snapshot, snapshot_fields);

void snapshot_init(struct snapshot *snapshot)
{
	record_init(&snapshot_record, snapshot);
}

void snapshot_release(struct snapshot *snapshot)
{
	arena_release(&snapshot->arena);
	snapshot_init(snapshot);
}

void snapshot_copy(struct snapshot *to, const struct snapshot *from)
{
	struct arena arena = to->arena;

	arena_clear(&arena);
	record_copy(&snapshot_record, to, from, &arena);
	to->arena = arena;
}

int snapshot_read(struct snapshot *snapshot, struct slice json, struct err *err)
{
	struct arena arena = snapshot->arena;
	int result;

	arena_clear(&arena);
	snapshot_init(snapshot);
	result = record_read(&snapshot_record, snapshot, json, &arena, err);
	snapshot->arena = arena;
	if (result < 0)
		return -1;
	if (isnan(snapshot->epoch) && snapshot->timestamp)
		snapshot->epoch = clock_parse(snapshot->timestamp, strlen(snapshot->timestamp));
	if (isnan(snapshot->epoch))
		return err_set(err, EBADMSG, "the entry has no time");
	return 0;
}

bool container_is_expected_down(const struct container *c)
{
	return c->expected && strcmp(c->expected, "stopped") == 0;
}

bool container_is_running(const struct container *c)
{
	return c->state && strcmp(c->state, "running") == 0;
}

bool container_is_inspected(const struct container *c)
{
	return c->health || !isnan(c->restarts);
}

void container_drop_errors(struct container *c, double until_epoch)
{
	size_t kept = 0;

	if (!(c->log_until_epoch > until_epoch))
		c->errors.count = 0;
	for (size_t i = 0; i < c->errors.count; i++) {
		if (c->error_last_epochs.items[i] <= until_epoch) {
			c->error_count -= c->error_counts.items[i];
			continue;
		}
		c->errors.items[kept] = c->errors.items[i];
		c->error_counts.items[kept] = c->error_counts.items[i];
		c->error_first_epochs.items[kept] = c->error_first_epochs.items[i];
		c->error_last_epochs.items[kept++] = c->error_last_epochs.items[i];
	}
	c->errors.count = c->error_counts.count = c->error_first_epochs.count = c->error_last_epochs.count =
		kept;
	if (!(c->log_until_epoch > until_epoch)) {
		c->error_count = isnan(c->error_count) ? MISSING : 0;
		c->log_until_epoch = until_epoch;
	}
}

void snapshot_count_containers(struct snapshot *snapshot)
{
	size_t running = 0, unhealthy = 0;

	for (size_t i = 0; i < snapshot->container_count; i++) {
		const struct container *c = &snapshot->containers[i];

		running += container_is_running(c);
		unhealthy += c->status && strcmp(c->status, "unhealthy") == 0;
	}
	snapshot->containers_total = (double)snapshot->container_count;
	snapshot->containers_running = (double)running;
	snapshot->containers_stopped = (double)(snapshot->container_count - running);
	snapshot->containers_unhealthy = (double)unhealthy;
}

const struct container *snapshot_container(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; snapshot && name && i < snapshot->container_count; i++)
		if (snapshot->containers[i].name && strcmp(snapshot->containers[i].name, name) == 0)
			return &snapshot->containers[i];
	return NULL;
}

const struct container *snapshot_container_near(const struct snapshot *snapshot, const char *name,
	size_t hint)
{
	if (snapshot && name && hint < snapshot->container_count && snapshot->containers[hint].name &&
		strcmp(snapshot->containers[hint].name, name) == 0)
		return &snapshot->containers[hint];
	return snapshot_container(snapshot, name);
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool container_is_same(const struct container *a, const struct container *b)
{
	size_t a_len = a->id ? strlen(a->id) : 0, b_len = b->id ? strlen(b->id) : 0;

	return strncmp(a->id ? a->id : "", b->id ? b->id : "", a_len < b_len ? a_len : b_len) == 0;
}

bool snapshot_is_inspected(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->container_count; i++)
		if (!container_is_inspected(&snapshot->containers[i]))
			return false;
	return true;
}

/* When what an earlier snapshot knows of a container, or if NULL of all of them, was seen. */
static double seen_epoch(const struct snapshot *before, const struct container *c)
{
	double epoch = c ? c->inspected_epoch : before->inspected_epoch;

	return epoch > 0 ? epoch : before->epoch;
}

static void take_inspected(struct snapshot *snapshot, const struct snapshot *before)
{
	struct container *containers = snapshot->containers;
	size_t count = 0;

	snapshot->inspected_epoch = isnan(before->epoch) ? 0 : seen_epoch(before, NULL);
	for (size_t i = 0; i < snapshot->container_count; i++) {
		const struct container *c = &containers[i], *was;

		if (container_is_inspected(c)) {
			containers[count++] = *c;
			continue;
		}
		was = snapshot_container_near(before, c->name, i);
		if (!was)
			continue;
		record_copy(&container_record, &containers[count], was, &snapshot->arena);
		containers[count++].inspected_epoch = seen_epoch(before, was);
	}
	snapshot->container_count = count;
}

void snapshot_learn(struct snapshot *known, const struct snapshot *snapshot, double oom_open)
{
	struct snapshot before = *known;

	if (snapshot_is_inspected(snapshot)) {
		snapshot_copy(known, snapshot);
	} else {
		snapshot_init(known);
		snapshot_copy(known, snapshot);
		take_inspected(known, &before);
		snapshot_release(&before);
	}
	known->oom_open = oom_open;
}

double container_restarts_since(const struct container *c, const struct container *before)
{
	if (isnan(c->restarts))
		return 0;
	if (!before || !container_is_same(c, before) || c->restarts < before->restarts)
		return c->restarts;
	return isnan(before->restarts) ? 0 : c->restarts - before->restarts;
}

bool container_was_oom_killed(const struct container *c, const struct container *before,
	double oom_kills_rise)
{
	if (c->oom_killed == FLAG_YES)
		return true;
	if (container_is_running(c) || c->exit_code != 137 || !(oom_kills_rise > 0))
		return false;
	/* One that had already ended like this by then has not ended again since. */
	return !before || container_is_running(before) || !is_same(c->finished_at, before->finished_at) ||
	       !container_is_same(c, before);
}

#include "asmo/config.h"

static const char *const error_patterns[] = {
	"(error|exception)s?\\b",
	"\\b(err|fatal|panic|crit|critical|emerg|traceback|segfault|failed|failure)\\b",
	"segmentation fault",
	"out of memory|cannot allocate memory|no space left on device|read-only file system",
	"connection refused|permission denied|(could not|cannot|can't|unable to) connect",
	"\\bcrashed\\b|exited with (code|status) [1-9]|exec user process",
	NULL,
};

/* `error: none`, `failed=0`, `level=info`. Behind `=` a word ends the value; behind `: ` there may be a
 * sentence, as in `ERROR: no space left on device`, so the value has to be the last thing. */
#define NOTHING "(0|none|null|nil|false|no|\\[\\])"
static const char *const ignore_patterns[] = {
	"\\b(0|no|zero|without) (errors?|failures?|exceptions?)\\b",
	"\\b(err|errors?|failed|failures?|error_count|exceptions?)\"?=[\"<]*" NOTHING "($|[^a-z0-9_.-])",
	"\\b(err|errors?|failed|failures?|error_count|exceptions?)\"?: *[\"<]*" NOTHING "[\">]* *($|[],;)}])",
	"\\blevel\"?[=:] *\"?(trace|debug|info|information|notice)\\b",
	"dnsmasq\\[[0-9]+\\]: (query|forwarded|reply|cached|gravity|regex)",
	NULL,
};

static const char *const no_entries[] = {NULL};

static const char *const ignore_mounts[] = {
	"/boot/efi",
	"/snap/*",
	NULL,
};

static const char *const ignore_types[] = {NULL};

#define KEY(path, member) .name = path, .offset = offsetof(struct config, member)

const struct config_key config_keys[] = {
	{KEY("server_name", server_name), .type = FIELD_STRING, .text = "",
		.help = "name of the server in reports; empty: the host's name"},
	{KEY("history_file", history_file), .type = FIELD_STRING, .text = "data/health_history.json",
		.help = "the history; a relative path starts at the config's folder"},
	{KEY("log_file", log_file), .type = FIELD_STRING, .text = "logs/asmo.log",
		.help = "the programs' own log; a relative path starts at the config's folder"},
	{KEY("prometheus_file", prometheus_file), .type = FIELD_STRING, .text = "",
		.help = "where each snapshot is written for node_exporter's textfile collector, which reads "
			"*.prom; "
			"a relative path starts at the config's folder; empty: nowhere"},
	{KEY("retention_days", retention_days), .type = FIELD_NUMBER, .number = 7, .min = 1, .max = 3650,
		.help = "how long a snapshot is kept"},
	{KEY("report_hours", report_hours), .type = FIELD_NUMBER, .number = 24, .min = 1, .max = 8760,
		.help = "how far back a report looks"},
	{KEY("sample_seconds", sample_seconds), .type = FIELD_NUMBER, .number = 0.8, .min = 0.1, .max = 60,
		.help = "length of the window over which CPU use is measured"},

	{KEY("docker.host", docker.host), .type = FIELD_STRING, .text = "",
		.help = "unix:///path or tcp://host:port; empty: DOCKER_HOST, else the first socket found"},
	{KEY("docker.timeout_seconds", docker.timeout_seconds), .type = FIELD_NUMBER, .number = 5, .min = 1,
		.max = 300,
		.help = "how long each step of asking the engine may take; three times that for all of them"},
	{KEY("docker.max_connections", docker.max_connections), .type = FIELD_NUMBER, .number = 128, .min = 1,
		.max = 1000, .whole = true, .help = "requests that are under way at once"},
	{KEY("docker.log_lines", docker.log_lines), .type = FIELD_NUMBER, .number = 1000, .min = 0,
		.max = 100000, .whole = true,
		.help = "how many lines of each container's log since the previous snapshot are searched for "
			"errors, at most, the last ones; 0: none"},
	{KEY("docker.use_levels", docker.use_levels), .type = FIELD_FLAG, .number = 1,
		.help = "a log line that says its level (level=info, [ERR], ERROR: ...) is an error when "
			"that is error "
			"or worse; the patterns decide about the others"},
	{KEY("docker.error_patterns", docker.error_patterns), .type = FIELD_STRINGS, .is_pattern = true,
		.list = error_patterns,
		.help = "a log line is an error when one of these extended regular expressions matches; case "
			"is "
			"ignored"},
	{KEY("docker.ignore_patterns", docker.ignore_patterns), .type = FIELD_STRINGS, .is_pattern = true,
		.list = ignore_patterns, .help = "but not when one of these does"},
	{KEY("docker.ignore_containers", docker.ignore_containers), .type = FIELD_STRINGS, .list = no_entries,
		.help = "names of containers that are left out; * and ? stand for any characters"},
	{KEY("docker.required", docker.required), .type = FIELD_FLAG, .number = 0,
		.help = "an engine that does not answer is critical even when it never did before"},

	{KEY("disks.ignore_mounts", disks.ignore_mounts), .type = FIELD_STRINGS, .list = ignore_mounts,
		.help = "mount points that are left out; * and ? stand for any characters"},
	{KEY("disks.ignore_types", disks.ignore_types), .type = FIELD_STRINGS, .list = ignore_types,
		.help = "file system types that are left out, besides those that hold no data of their own"},
	{KEY("disks.timeout_seconds", disks.timeout_seconds), .type = FIELD_NUMBER, .number = 3, .min = 0.1,
		.max = 60, .help = "how long a file system may take to answer"},

	{KEY("thresholds.cpu_critical", thresholds.cpu_critical), .type = FIELD_NUMBER, .number = 95,
		.max = 100, .may_be_null = true, .help = "percent of all cores"},
	{KEY("thresholds.cpu_warning", thresholds.cpu_warning), .type = FIELD_NUMBER, .number = 85,
		.max = 100, .may_be_null = true, .help = "percent of all cores"},
	{KEY("thresholds.ram_critical", thresholds.ram_critical), .type = FIELD_NUMBER, .number = 95,
		.max = 100, .may_be_null = true, .help = "percent of the memory"},
	{KEY("thresholds.ram_warning", thresholds.ram_warning), .type = FIELD_NUMBER, .number = 85,
		.max = 100, .may_be_null = true, .help = "percent of the memory"},
	{KEY("thresholds.disk_critical", thresholds.disk_critical), .type = FIELD_NUMBER, .number = 90,
		.max = 100, .may_be_null = true, .help = "percent of a file system"},
	{KEY("thresholds.disk_warning", thresholds.disk_warning), .type = FIELD_NUMBER, .number = 80,
		.max = 100, .may_be_null = true, .help = "percent of a file system"},
	{KEY("thresholds.swap_warning", thresholds.swap_warning), .type = FIELD_NUMBER, .number = 80,
		.max = 100, .may_be_null = true, .help = "percent of the swap"},
	{KEY("thresholds.restarts_warning", thresholds.restarts_warning), .type = FIELD_NUMBER, .number = 1,
		.min = 1, .max = 1000000, .whole = true, .may_be_null = true,
		.help = "restarts of a container between two snapshots"},
	{KEY("thresholds.restarts_critical", thresholds.restarts_critical), .type = FIELD_NUMBER, .number = 3,
		.min = 1, .max = 1000000, .whole = true, .may_be_null = true,
		.help = "restarts of a container between two snapshots"},

	{KEY("alerts.clear_margin_percent", alerts.clear_margin_percent), .type = FIELD_NUMBER, .number = 3,
		.max = 50,
		.help = "an issue is over when its value has come down this far below the threshold, so that "
			"one that hovers about it is raised once"},
	{KEY("alerts.confirm_snapshots", alerts.confirm_snapshots), .type = FIELD_NUMBER, .number = 1,
		.min = 1, .max = 1000, .whole = true,
		.help = "snapshots in a row that must see an issue before it is notified of"},
	{KEY("alerts.repeat_hours", alerts.repeat_hours), .type = FIELD_NUMBER, .number = 24, .min = 1,
		.max = 8760, .may_be_null = true,
		.help = "an issue that goes on is notified of again after this time"},

	{KEY("discord.webhook_url", discord.webhook_url), .type = FIELD_STRING, .text = "", .is_secret = true,
		.is_url = true, .help = "a Discord webhook that --send posts to; never printed"},
	{KEY("discord.username", discord.username), .type = FIELD_STRING, .text = "asmo",
		.help = "the name under which the message appears; empty: the webhook's own"},

	{KEY("send.slack_url", send.slack_url), .type = FIELD_STRING, .text = "", .is_secret = true,
		.is_url = true,
		.help = "a webhook of Slack, Mattermost, Rocket.Chat or the like that --send posts to; never "
			"printed"},
	{KEY("send.ntfy_url", send.ntfy_url), .type = FIELD_STRING, .text = "", .is_secret = true,
		.is_url = true, .help = "a topic of ntfy that --send posts to; never printed"},
	{KEY("send.json_url", send.json_url), .type = FIELD_STRING, .text = "", .is_secret = true,
		.is_url = true,
		.help = "whatever else --send posts to: the digest, or the monitor's document; never "
			"printed"},
	{KEY("send.ca_file", send.ca_file), .type = FIELD_STRING, .text = "",
		.help = "certificates (PEM) to trust instead of the system's; a relative path starts at the "
			"config's folder"},
	{KEY("send.timeout_seconds", send.timeout_seconds), .type = FIELD_NUMBER, .number = 30, .min = 1,
		.max = 600, .help = "how long sending may take, with what is tried again"},
};
const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);

static const char *const expectations[] = {"running", "stopped", NULL};

#define CONTAINER_KEY(path, member) .name = path, .offset = offsetof(struct config_container, member)

const struct config_key config_container_keys[] = {
	{CONTAINER_KEY("ignore", ignore), .type = FIELD_FLAG, .is_unset = true, .help = "leave it out"},
	{CONTAINER_KEY("expected", expected), .type = FIELD_STRING, .is_unset = true, .text = "",
		.choices = expectations, .help = "stopped: it need not run, which is no issue then"},
	{CONTAINER_KEY("mem_limit_percent", mem_limit_percent), .type = FIELD_NUMBER, .is_unset = true,
		.number = (double)NAN, .min = 1, .max = 100,
		.help = "a warning when it uses more of its memory limit"},
};
const size_t config_container_key_count = sizeof(config_container_keys) / sizeof(config_container_keys[0]);

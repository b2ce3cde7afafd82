/* The configuration: one JSON object, every key optional. config_keys is the one list of them. */
#ifndef ASMO_CONFIG_H
#define ASMO_CONFIG_H

#include "asmo/err.h"
#include "asmo/field.h"
#include "asmo/mem.h"

#include <stdbool.h>

/* What is said of a container beforehand: by the config, for the names that match, or by its own labels. What
 * neither says is FLAG_UNKNOWN, "" or MISSING. */
struct config_container {
	char *name; /* * and ? stand for any characters */
	enum flag ignore;
	char *expected; /* "running" or "stopped" */
	double mem_limit_percent;
};

struct config_docker {
	char *host; /* unix:///path, tcp://host:port, or "" for the first socket that exists */
	double timeout_seconds;
	double max_connections;
	double log_lines;
	enum flag use_levels;
	struct strings error_patterns;
	struct strings ignore_patterns;
	struct strings ignore_containers;
	enum flag required;
	struct config_container *containers; /* the key `containers`, in its order */
	size_t container_count;
};

struct config_disks {
	struct strings ignore_mounts;
	struct strings ignore_types;
	double timeout_seconds;
};

/* Percent, but for the restarts; MISSING: never. */
struct config_thresholds {
	double cpu_critical, cpu_warning;
	double ram_critical, ram_warning;
	double disk_critical, disk_warning;
	double swap_warning;
	double restarts_warning, restarts_critical;
};

/* When an alert is news. */
struct config_alerts {
	double clear_margin_percent; /* how far below its threshold a value must fall */
	double confirm_snapshots;    /* how many in a row must see an issue */
	double repeat_hours;         /* MISSING: never again */
};

struct config_discord {
	char *webhook_url;
	char *username;
};

/* Where --send posts to, besides Discord. Each URL may be "": not there. */
struct config_send {
	char *slack_url;
	char *ntfy_url;
	char *json_url;
	char *ca_file;          /* instead of the system's certificates; "": those */
	double timeout_seconds; /* for all of it, with what is tried again */
};

struct config {
	struct arena arena; /* owns every string */

	char *server_name; /* "": the host's name */
	char *history_file;
	char *log_file;
	char *prometheus_file; /* "": none */
	double retention_days;
	double report_hours;
	double sample_seconds;
	struct config_docker docker;
	struct config_disks disks;
	struct config_thresholds thresholds;
	struct config_alerts alerts;
	struct config_discord discord;
	struct config_send send;

	/* Not a key: what looks wrong but does no harm, a sentence each. */
	struct strings warnings;
};

/* One key: FIELD_STRING, FIELD_NUMBER, FIELD_FLAG or FIELD_STRINGS, and its default. */
struct config_key {
	const char *name; /* with its group: "docker.host" */
	enum field_type type;
	size_t offset;
	const char *text;           /* default of a string */
	double number, min, max;    /* default and range of a number; of a flag, 0 or 1 */
	bool whole;                 /* a number without decimals */
	bool may_be_null;           /* null: MISSING */
	bool is_pattern;            /* strings that must be regular expressions */
	bool is_secret;             /* never shown */
	bool is_url;                /* https:// or http://, or "" */
	bool is_unset;              /* has no default: FLAG_UNKNOWN, "", MISSING */
	const char *const *choices; /* of a string: what is allowed, up to NULL; NULL: anything */
	const char *const *list;    /* default of a list, up to NULL */
	const char *help;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;
/* The keys of one of `containers`, at offsets in struct config_container; and, behind "asmo.", the labels. */
extern const struct config_key config_container_keys[];
extern const size_t config_container_key_count;

void config_init(struct config *config); /* the defaults */
void config_release(struct config *config);

/* Sets what the text sets; the rest keeps its default. Unknown keys become warnings.
 * Errors: EINVAL with key, what was found and what is allowed; EBADMSG when it is not JSON.
 */
int config_parse(struct config *config, struct slice json, struct err *err);

/* Nothing said. */
void config_container_init(struct config_container *container, struct arena *arena);

/* Sets a key from a label's text. Errors: EINVAL with what was found and what is allowed. */
int config_container_set(struct config_container *container, const struct config_key *key, const char *text,
	struct arena *arena, struct err *err);

#endif

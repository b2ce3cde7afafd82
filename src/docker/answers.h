/* The parsers of the engine's answers: pure, from bytes to values. Formats: Docker Engine API, v1.41 and
 * later (swagger.yaml), and what Podman makes of it.
 */
#ifndef ASMO_DOCKER_ANSWERS_H
#define ASMO_DOCKER_ANSWERS_H

#include <regex.h>
#include <stdbool.h>

#include "asmo/config.h"
#include "asmo/err.h"
#include "asmo/snapshot.h"

enum {
	DOCKER_CONTAINERS_MAX = 1000,
	DOCKER_ID_SIZE = 65, /* a whole id and its NUL */
	DOCKER_NAME_MAX = 128,
	DOCKER_ERRORS_MAX = 20, /* different messages kept of one container */
	DOCKER_ERROR_LENGTH_MAX = 300,
};

/* GET /containers/json?all=1: the containers by name, with name, id, image and state; the rest is missing.
 * `ret_ids` are the whole ids. Those that settings or a label say to ignore are left out. Made in `arena`.
 */
int list_parse(struct slice json, const struct config_docker *settings, struct arena *arena,
	struct container **ret, char (**ret_ids)[DOCKER_ID_SIZE], size_t *ret_count, struct err *err);

/* GET /containers/ID/json: state, health, restarts, exit code, times; and what says how to read the rest. */
struct inspection {
	bool is_tty;      /* its log is not framed */
	bool has_network; /* of its own: not the host's, another container's, or none */
};
int inspect_parse(struct slice json, struct arena *arena, struct container *c, struct inspection *ret,
	struct err *err);

/* GET /containers/ID/stats: one reading of the counters; MISSING where the engine has none. The engine
 * answers for a container that does not run with an empty object: then all is MISSING.
 */
struct stats {
	double read_epoch;                            /* when it was taken */
	double cpu_seconds;                           /* since the container started */
	double before_read_epoch, before_cpu_seconds; /* the reading before, where the answer has two */
	double mem_bytes, mem_limit_bytes;
	double rx_bytes, tx_bytes;
};
int stats_parse(struct slice json, struct stats *ret, struct err *err);
/* Percent of one core between two readings; MISSING when either lacks it, or the counter started again. */
double stats_cpu_percent(double before_epoch, double before_seconds, double after_epoch,
	double after_seconds);

/* Which lines of a log are errors: those that match a pattern for errors and none to ignore. */
struct log_filter {
	regex_t *errors, *ignored;
	size_t error_count, ignored_count;
};
void log_filter_init(struct log_filter *filter, const struct config_docker *settings);
void log_filter_release(struct log_filter *filter);

/* GET /containers/ID/logs: fills errors, error_counts and error_count of the container. Without a terminal
 * the stream is framed: 1 byte stream, 3 zeros, length as 4 bytes big endian, then as many bytes. A stream
 * that ends in the middle is read as far as it goes. EBADMSG when it is not framed so.
 */
int logs_parse(struct slice bytes, bool is_tty, const struct log_filter *filter, struct arena *arena,
	struct container *c, struct err *err);

/* {"message": "..."}, the engine's own words for a refusal, cleaned; the status' number when it gave none. */
char *refusal_parse(struct slice json, long status, struct arena *arena);

#endif

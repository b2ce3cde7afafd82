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
 * EBADMSG when it is no list, or one in which nothing is a container.
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

/* What a line says of itself, in whatever form the program has: `level=info`, `[ERR]`, ` LOG: `,
 * `"level":30`. A warning is fine; so is a request served (a line of an access log), whatever its status.
 */
enum log_level {
	LOG_LEVEL_NONE, /* it does not say */
	LOG_LEVEL_FINE,
	LOG_LEVEL_ERROR,
};
enum log_level log_level(const char *line);

/* Which lines of a log are errors: those whose own level says so or, where a line says nothing of its level
 * (or levels are not looked at), those that match a pattern for errors; but none that matches a pattern to
 * ignore.
 */
struct log_filter {
	regex_t *errors, *ignored;
	size_t error_count, ignored_count;
	bool use_levels;
};
void log_filter_init(struct log_filter *filter, const struct config_docker *settings);
void log_filter_release(struct log_filter *filter);
bool log_is_error(const struct log_filter *filter, const char *line);

/* Which part of a log counts: what the engine received from `since_epoch` on and before `until_epoch`. At
 * most `max_lines` of it were meant to be read, one more was asked for.
 */
struct log_window {
	double since_epoch, until_epoch;
	double max_lines;
};

/* The window of a container's log, so that each line is in the window of exactly one run: from where the
 * window before ended; of a container that is new, from the snapshot before on, thus from its start. `before`
 * is the last snapshot in which an engine answered (NULL: there is none), `now` the one in the making, with
 * its time and the machine's uptime. The bounds are whole seconds, since the times of some engines (Podman)
 * are. When the clock was set back, the end of the window before is in the future: then as far back as time
 * has passed since.
 */
struct log_window log_window(double max_lines, const struct container *c, const struct snapshot *before,
	const struct snapshot *now);

/* GET /containers/ID/logs?timestamps=1: fills errors, error_counts, error_first_epochs, error_last_epochs and
 * error_count of the container. Without a terminal the stream is framed: 1 byte stream, 3 zeros, length as 4
 * bytes big endian, then as many bytes. A stream that ends in the middle is read as far as it goes. The
 * engine puts the time before each line, and again before each part of a line that it has split; a line
 * without one counts, at no known time. Lines that are one message (message_key) are one entry: the first of
 * them, without secrets. The lines of a stack belong to the error above them. *ret_has_older: there were more
 * than max_lines in the window. EBADMSG when it is not framed so.
 */
int logs_parse(struct slice bytes, bool is_tty, const struct log_filter *filter,
	const struct log_window *window, struct arena *arena, struct container *c, bool *ret_has_older,
	struct err *err);

/* {"message": "..."}, the engine's own words for a refusal, cleaned and without secrets; the status' number
 * when it gave none. */
char *refusal_parse(struct slice json, long status, struct arena *arena);

#endif

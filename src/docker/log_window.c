#include <string.h>

#include "docker/answers.h"

/* An hourly run has seen an hour; the first run has no snapshot before it to start from. */
static const double first_look_seconds = 3600;

/* The engine notes a line's time a moment before the line can be read. */
static const double settle_seconds = 0.5;

/* By its id, since a name can be given to a new one; histories without ids have only names. */
static const struct container *earlier_of(const struct container *c, const struct snapshot *before)
{
	for (size_t i = 0; i < before->container_count; i++) {
		const struct container *b = &before->containers[i];
		size_t len = b->id ? strlen(b->id) : 0;

		if (len ? strncmp(b->id, c->id, len < strlen(c->id) ? len : strlen(c->id)) == 0
			: b->name && strcmp(b->name, c->name) == 0)
			return b;
	}
	return NULL;
}

/* How long ago the snapshot before was taken, by the clock that nobody sets. */
static double seconds_since(const struct snapshot *before, const struct snapshot *now)
{
	double seconds = now->uptime_seconds - before->uptime_seconds;

	if (seconds < 0) /* it has been booted since */
		seconds = now->uptime_seconds;
	return isnan(seconds) ? first_look_seconds : seconds;
}

/* A container that the snapshot before did not know has been made since. */
static double since_before(const struct container *c, const struct snapshot *before,
	const struct snapshot *now, double until_epoch)
{
	const struct container *earlier = earlier_of(c, before);
	double since = earlier ? earlier->log_until_epoch : MISSING;

	if (isnan(since))
		since = floor(before->epoch);
	return since > now->epoch ? until_epoch - seconds_since(before, now) : since;
}

struct log_window log_window(double max_lines, const struct container *c, const struct snapshot *before,
	const struct snapshot *now)
{
	struct log_window window = {
		.since_epoch = floor(now->epoch - first_look_seconds),
		.until_epoch = floor(now->epoch - settle_seconds),
		.max_lines = max_lines,
	};

	if (before && (before->docker.available == FLAG_YES || before->container_count))
		window.since_epoch = since_before(c, before, now, window.until_epoch);
	window.until_epoch = fmax(window.until_epoch, window.since_epoch);
	return window;
}

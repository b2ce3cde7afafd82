/* The verdict over a snapshot: pure, from numbers and thresholds to sentences. */
#ifndef ASMO_ALERT_H
#define ASMO_ALERT_H

#include "asmo/config.h"
#include "asmo/snapshot.h"

/* Fills snapshot->alert: one sentence for each issue, with the number and the threshold in it. `before` is
 * an earlier snapshot to compare with, NULL when there is none. `docker_required`: an engine that does not
 * answer is critical even when it was not there before.
 */
void alert_judge(struct snapshot *snapshot, const struct snapshot *before,
	const struct config_thresholds *thresholds, bool docker_required);

/* ` (exit code 3)`, for a sentence; empty when it is not known. */
struct phrase {
	char text[40];
};
struct phrase alert_exit_code(double exit_code);

enum severity {
	SEVERITY_OK,
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL,
};

/* OK, WARNING or CRITICAL: what `value` is by two thresholds, of which each may be MISSING. Above, not at. */
enum severity alert_severity(double value, double warning, double critical);

/* A stop that somebody asked for: exit code 0, 143 (SIGTERM: `docker stop`), or 137 (SIGKILL: it did not
 * listen). What was killed for want of memory ends with 137 as well: see container_was_oom_killed.
 */
bool alert_is_planned_stop(const struct container *c);

#endif

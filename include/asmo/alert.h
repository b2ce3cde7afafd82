/* The verdict over a snapshot: pure, from numbers and thresholds to sentences, and from those to what is
 * news.
 *
 * What is wrong now are the sentences in alert.critical_issues and alert.warnings. alert.issues is the same
 * with a memory, which lies in the history itself: each issue has a key that is its own in every snapshot,
 *
 *	cpu, ram, swap, engine, disk:MOUNT (too full), disk:MOUNT:problem (does not answer),
 *	container:NAME:unhealthy, :state (restarting or dead), :memory, :oom, :restarts, :stopped
 *
 * and a state:
 *	pending   seen, but not yet in `confirm_snapshots` snapshots in a row: told to nobody
 *	new       news: raised now, or risen from warning to critical (then since_epoch is older)
 *	ongoing   known already
 *	resolved  over: in exactly one snapshot, and only what was not pending
 *
 * Percentages are raised above a threshold and over at `clear_margin_percent` below it; between the two what
 * was raised stays raised, in all of the lists. What can't be looked at (the engine does not answer, or not
 * about one container, a disk hangs, a health check has just begun) stays as it was, is not repeated, and is
 * in alert.issues alone.
 *
 * The last three of a container are happenings: never pending, never resolved, and new each time that they
 * happen. They go on only while the facts still show the same one: a container that is down since its OOM
 * kill, the restarts of one that is in a crash loop.
 *
 * alert.notify: something is new or resolved, or goes on and was last told of `repeat_hours` ago. Such a
 * message tells of everything, so it puts off the other reminders.
 *
 * alert.undelivered: it was to be sent, and has not arrived. The next judge takes nothing of it for told:
 * what was new stays new, what was resolved is resolved again, and notify is set. It stays so until a program
 * that sends says that it has arrived: a run that sends nothing passes it on.
 */
#ifndef ASMO_ALERT_H
#define ASMO_ALERT_H

#include "asmo/config.h"
#include "asmo/snapshot.h"

/* Fills snapshot->alert. `before` is the earlier snapshot to compare with, which should be one in which the
 * engine answered, as snapshot_learn() makes it; `last` is the previous one, whose memory
 * goes on. Each may be NULL: there is none.
 */
void alert_judge(struct snapshot *snapshot, const struct snapshot *before, const struct snapshot *last,
	const struct config *config);

enum severity {
	SEVERITY_OK,
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL,
};

/* OK, WARNING or CRITICAL: what `value` is by two thresholds, of which each may be MISSING. Above, not at. */
enum severity alert_severity(double value, double warning, double critical);

/* The same for what was `was` before: that stays, until the value is down by the margin. */
enum severity alert_severity_after(enum severity was, double value, double warning, double critical,
	double clear_margin);

/* The worst of what is raised; OK: all of it is over. */
enum severity alert_worst(const struct alert *alert);

/* The words of issue.state, and whether it is this one. */
#define ISSUE_PENDING  "pending"
#define ISSUE_NEW      "new"
#define ISSUE_ONGOING  "ongoing"
#define ISSUE_RESOLVED "resolved"
bool issue_is(const struct issue *issue, const char *state);

#endif

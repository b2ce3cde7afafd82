/* From findings and what was known to what is news. */
#include <string.h>

#include "alert/finding.h"
#include "asmo/text.h"

/* A timer is never exact: a reminder that is due in a few minutes is due. */
static const double slack_seconds = 300;

bool issue_is(const struct issue *issue, const char *state)
{
	return issue->state && strcmp(issue->state, state) == 0;
}

static bool is_raised(const struct issue *issue)
{
	return issue_is(issue, ISSUE_NEW) || issue_is(issue, ISSUE_ONGOING);
}

static enum severity severity_of(const struct issue *issue)
{
	return issue->severity && strcmp(issue->severity, "critical") == 0 ? SEVERITY_CRITICAL
									   : SEVERITY_WARNING;
}

enum severity alert_worst(const struct alert *alert)
{
	enum severity worst = alert->critical_issues.count ? SEVERITY_CRITICAL : SEVERITY_OK;

	for (size_t i = 0; i < alert->issue_count; i++)
		if (is_raised(&alert->issues[i]) && severity_of(&alert->issues[i]) > worst)
			worst = severity_of(&alert->issues[i]);
	return worst;
}

/* Whether the previous alert was to be sent, and nobody has got it. */
static bool is_untold(const struct judge *j)
{
	return j->last && j->last->alert.undelivered == FLAG_YES;
}

const struct issue *judge_recall(const struct judge *j, const char *key)
{
	for (size_t i = 0; j->last && i < j->last->alert.issue_count; i++) {
		const struct issue *issue = &j->last->alert.issues[i];

		if (issue->key && strcmp(issue->key, key) == 0)
			return is_raised(issue) || issue_is(issue, ISSUE_PENDING) ||
					       (is_untold(j) && issue_is(issue, ISSUE_RESOLVED))
				       ? issue
				       : NULL;
	}
	return NULL;
}

enum severity judge_recall_severity(const struct judge *j, const char *key)
{
	const struct issue *issue = judge_recall(j, key);

	return issue && is_raised(issue) ? severity_of(issue) : SEVERITY_OK;
}

/* A time of the memory by the clock of now: not in the future, whatever happened to the clock. */
static double by_this_clock(const struct judge *j, double epoch)
{
	double jump = snapshot_clock_jump(j->last, j->snapshot);

	return isnan(epoch) ? epoch : fmin(epoch + jump, j->snapshot->epoch);
}

/* The state of what is as it was. */
static char *lasting_state(const struct judge *j, const struct issue *old)
{
	if (issue_is(old, ISSUE_RESOLVED))
		return ISSUE_RESOLVED;
	if (issue_is(old, ISSUE_NEW) && is_untold(j))
		return ISSUE_NEW;
	return is_raised(old) ? ISSUE_ONGOING : ISSUE_PENDING;
}

/* The issue as it was, in this snapshot's memory. */
static struct issue recalled(const struct judge *j, const struct issue *old)
{
	struct arena *arena = &j->snapshot->arena;
	double since = by_this_clock(j, old->since_epoch);

	return (struct issue){
		.key = arena_string(arena, old->key),
		.severity = severity_of(old) == SEVERITY_CRITICAL ? "critical" : "warning",
		.state = lasting_state(j, old),
		.message = arena_string(arena, old->message ? old->message : old->key),
		.since_epoch = isnan(since) ? j->snapshot->epoch : since,
		.notified_epoch = by_this_clock(j, old->notified_epoch),
		.snapshots = old->snapshots > 0 ? old->snapshots : 1,
	};
}

static bool is_due(const struct judge *j, const struct issue *issue)
{
	double repeat_seconds = j->config->alerts.repeat_hours * 3600 - slack_seconds;

	return issue_is(issue, ISSUE_ONGOING) && !isnan(repeat_seconds) &&
	       !(j->snapshot->epoch - issue->notified_epoch < repeat_seconds);
}

/* Of something that happened again before the first time was told, one message tells both. */
static void add_untold(struct judge *j, struct issue *issue, const struct issue *untold)
{
	enum { BOTH_MAX = 500 };
	struct arena *arena = &j->snapshot->arena;

	if (severity_of(untold) == SEVERITY_CRITICAL)
		issue->severity = "critical";
	issue->message = text_clean_copy(arena,
		slice_of(arena_printf(arena, "%s; before that: %s", issue->message,
			untold->message ? untold->message : untold->key)),
		BOTH_MAX);
}

/* The issue that a finding other than OK is now. */
static struct issue issue_of(struct judge *j, const struct finding *f, const struct issue *old)
{
	const struct issue *untold = old && issue_is(old, ISSUE_NEW) && is_untold(j) ? old : NULL;
	struct issue issue = {.key = f->key, .since_epoch = j->snapshot->epoch, .notified_epoch = MISSING};
	bool was_raised = old && is_raised(old);

	if (f->is_happening && !f->is_same)
		old = NULL;
	if (old)
		issue = recalled(j, old);
	issue.snapshots++;
	issue.severity = f->severity == SEVERITY_CRITICAL ? "critical" : "warning";
	issue.message = f->message;
	if (f->is_happening && !f->is_same && untold)
		add_untold(j, &issue, untold);
	if (old && was_raised)
		issue.state = f->severity > severity_of(old) ? ISSUE_NEW : lasting_state(j, old);
	else if (f->is_happening || issue.snapshots >= j->config->alerts.confirm_snapshots)
		issue.state = ISSUE_NEW;
	else
		issue.state = ISSUE_PENDING;
	return issue;
}

static void add(struct judge *j, struct issue issue)
{
	struct alert *alert = &j->snapshot->alert;

	if (issue_is(&issue, ISSUE_NEW) || issue_is(&issue, ISSUE_RESOLVED))
		alert->notify = FLAG_YES;
	alert->issues[alert->issue_count++] = issue;
}

static void add_finding(struct judge *j, const struct finding *f)
{
	const struct issue *old = judge_recall(j, f->key);
	struct issue issue;

	if (f->severity != SEVERITY_OK) {
		issue = issue_of(j, f, old);
		if (is_due(j, &issue))
			j->snapshot->alert.notify = FLAG_YES;
		add(j, issue);
	} else if (old && !issue_is(old, ISSUE_PENDING)) {
		issue = recalled(j, old);
		issue.state = ISSUE_RESOLVED;
		issue.message = f->message;
		add(j, issue);
	}
}

static bool is_found(const struct judge *j, const char *key)
{
	for (size_t i = 0; i < j->count; i++)
		if (strcmp(j->findings[i].key, key) == 0)
			return true;
	return false;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* `container:` and a name, then a colon and the kind. */
static bool is_happening(const char *key)
{
	return starts_with(key, "container:") &&
	       (ends_with(key, ":oom") || ends_with(key, ":restarts") || ends_with(key, ":stopped"));
}

/* Whether the snapshot would show the container or the disk that the key is about, if there still were one.
 */
static bool is_looked_at(const struct snapshot *s, const char *key)
{
	if (starts_with(key, "container:"))
		return s->docker.available == FLAG_YES;
	return starts_with(key, "disk:") && s->disk_count > 0;
}

static bool is_subject(const char *key, const char *kind, const char *name)
{
	size_t kind_len = strlen(kind), len = name ? strlen(name) : 0;

	return name && starts_with(key, kind) && strncmp(key + kind_len, name, len) == 0 &&
	       (key[kind_len + len] == ':' || !key[kind_len + len]);
}

static const struct container *container_of(const struct snapshot *s, const char *key)
{
	for (size_t i = 0; i < s->container_count; i++)
		if (is_subject(key, "container:", s->containers[i].name))
			return &s->containers[i];
	return NULL;
}

static bool has_disk(const struct snapshot *s, const char *key)
{
	for (size_t i = 0; i < s->disk_count; i++)
		if (is_subject(key, "disk:", s->disks[i].mount))
			return true;
	return false;
}

/* Whether it is known that it has not happened again, and is the same no more. */
static bool is_past(const struct snapshot *s, const struct container *c)
{
	return s->docker.available == FLAG_YES && !(c && !container_is_inspected(c));
}

/* What no finding is about: it can't be looked at now and stays as it was, or its container or disk is gone.
 */
static void add_unfound(struct judge *j, const struct issue *old)
{
	struct snapshot *s = j->snapshot;
	struct issue issue = recalled(j, old);
	const struct container *c = container_of(s, old->key);
	bool is_gone = is_looked_at(s, old->key) && !c && !has_disk(s, old->key);

	if (is_happening(old->key) && is_past(s, c) && !issue_is(&issue, ISSUE_NEW))
		return;
	if (is_gone && issue_is(old, ISSUE_PENDING))
		return;
	if (is_gone && is_raised(old)) {
		issue.state = ISSUE_RESOLVED;
		issue.message = arena_printf(&s->arena, "No longer there: %s", issue.message);
	}
	add(j, issue);
}

void judge_remember(struct judge *j)
{
	struct alert *alert = &j->snapshot->alert;
	size_t known = j->last ? j->last->alert.issue_count : 0;

	alert->notify = FLAG_NO;
	alert->issues = arena_array(&j->snapshot->arena, j->count + known, sizeof(*alert->issues));
	for (size_t i = 0; i < j->count; i++)
		add_finding(j, &j->findings[i]);
	for (size_t i = 0; i < known; i++) {
		const struct issue *old = &j->last->alert.issues[i];

		if (old->key && judge_recall(j, old->key) == old && !is_found(j, old->key))
			add_unfound(j, old);
	}
	for (size_t i = 0; i < alert->issue_count; i++)
		if (is_untold(j) && !issue_is(&alert->issues[i], ISSUE_PENDING))
			alert->notify = FLAG_YES;
	alert->undelivered = is_untold(j) && alert->notify == FLAG_YES ? FLAG_YES : FLAG_UNKNOWN;
	for (size_t i = 0; i < alert->issue_count; i++)
		if (alert->notify == FLAG_YES && !issue_is(&alert->issues[i], ISSUE_PENDING))
			alert->issues[i].notified_epoch = j->snapshot->epoch;
}

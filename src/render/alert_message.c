/* What is sent of an alert, in the forms that places want. */
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/discord.h"
#include "render/show.h"

enum { SERVER_MAX = 100, ISSUE_MAX = 400, ISSUES_MAX = 20 };

/* `critical, since Jan 11 10:00: ` before what is wrong, `after 3h 5m: ` before what is over. */
static void add_issue(struct buf *out, const struct issue *issue, double now)
{
	char when[CLOCK_TEXT];

	if (issue_is(issue, ISSUE_RESOLVED)) {
		clock_format_duration(now - issue->since_epoch, when);
		buf_printf(out, "after %s: ", when);
	} else {
		buf_add_string(out,
			severity_parse(issue->severity) == SEVERITY_CRITICAL ? "critical" : "warning");
		if (issue_is(issue, ISSUE_ONGOING)) {
			clock_format_short(issue->since_epoch, now - issue->since_epoch > 20 * 3600, when);
			buf_printf(out, ", since %s", when);
		}
		buf_add_string(out, ": ");
	}
	text_clean(out, slice_of(issue->message), ISSUE_MAX);
	buf_add_char(out, '\n');
}

/* The issues in that state, if there are any, the first ones. */
static void add_issues(struct buf *out, const char *heading, const struct snapshot *s, const char *state)
{
	size_t count = 0;

	for (size_t i = 0; i < s->alert.issue_count; i++) {
		if (!issue_is(&s->alert.issues[i], state))
			continue;
		if (count++ == 0)
			buf_printf(out, "%s\n", heading);
		if (count <= ISSUES_MAX)
			add_issue(out, &s->alert.issues[i], s->epoch);
	}
	if (count > ISSUES_MAX)
		buf_printf(out, "and %zu more\n", count - ISSUES_MAX);
	if (count)
		buf_add_char(out, '\n');
}

/* For a phone: no columns, and what it is about first. */
static void add_alert(struct buf *out, const struct snapshot *s)
{
	add_issues(out, "New", s, ISSUE_NEW);
	add_issues(out, "Resolved", s, ISSUE_RESOLVED);
	add_issues(out, "Ongoing", s, ISSUE_ONGOING);
	add_issues(out, "Not yet confirmed", s, ISSUE_PENDING);
	buf_printf(out, "CPU %s, RAM %s", show(s->cpu_percent, 1, "%").text,
		show(s->ram_percent, 1, "%").text);
	if (!isnan(s->containers_total))
		buf_printf(out, ", %.0f of %.0f containers running", s->containers_running,
			s->containers_total);
	buf_add_char(out, '\n');
}

void render_alert_message(struct send_content *ret, const struct outcome *outcome,
	const struct config_discord *discord)
{
	const struct render_style style = {.discord = discord};
	const struct snapshot *s = outcome->snapshot;

	ret->severity = alert_worst(&s->alert);
	text_clean(&ret->title, slice_of(s->server), SERVER_MAX);
	buf_printf(&ret->title, " \xE2\x80\xA2 %s", show_alert(ret->severity));
	render_alert_discord(&ret->discord, s, discord);
	render_outcome_json(&ret->json, outcome, &style);
	add_alert(&ret->text, s);
}

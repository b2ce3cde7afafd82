/* The monitor's alert as a payload for Discord's webhook; it looks like the report. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "render/discord.h"
#include "render/show.h"

enum { ISSUE_MAX = 280, BUFFER = 64 * 1024 };

static const double with_day_seconds = 20 * 3600;

/* ` (since 10:00, 3 hours ago)` of what goes on, in the zone of whoever reads it. */
static void add_since(struct buf *line, const struct issue *issue, double now)
{
	if (isnan(issue->since_epoch))
		return;
	buf_add_string(line, " (since ");
	add_stamp(line, issue->since_epoch, now - issue->since_epoch > with_day_seconds ? 'f' : 't');
	buf_add_string(line, ", ");
	add_stamp(line, issue->since_epoch, 'R');
	buf_add_char(line, ')');
}

/* ` (after 3h 5m)` of what is over. */
static void add_after(struct buf *line, const struct issue *issue, double now)
{
	char duration[CLOCK_TEXT];

	clock_format_duration(now - issue->since_epoch, duration);
	buf_printf(line, " (after %s)", duration);
}

/* A field with the issues in that state, if there are any. */
static void add_issues(struct message *m, struct embed *embed, const char *name, const struct snapshot *s,
	const char *state)
{
	bool is_over = strcmp(state, ISSUE_RESOLVED) == 0;
	struct embed_field *field = NULL;

	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		enum severity severity = is_over ? SEVERITY_OK : severity_parse(issue->severity);
		struct buf line AUTO_BUF = buf_new(BUFFER);

		if (!issue_is(issue, state))
			continue;
		if (!field)
			field = message_add_field(m, embed, name, s->alert.issue_count - i);
		buf_printf(&line, "%s ", show_icon(severity));
		add_plain(&line, issue->message, ISSUE_MAX);
		if (issue_is(issue, ISSUE_ONGOING))
			add_since(&line, issue, s->epoch);
		else if (is_over)
			add_after(&line, issue, s->epoch);
		field_add(m, field, rank_of(severity), &line);
	}
}

static void add_current_state(struct message *m, struct embed *embed, const struct snapshot *s)
{
	struct embed_field *field = message_add_field(m, embed, "Current State", s->disk_count + 3);
	const struct show_states states = show_snapshot_states(s);
	size_t width = state_width(0, "");
	struct buf line AUTO_BUF = buf_new(BUFFER);

	for (size_t i = 0; i < s->disk_count; i++)
		width = state_width(width, s->disks[i].mount);
	state_begin(&line, "CPU", width, s->cpu_percent, NULL);
	field_add(m, field, RANK_STATE, &line);
	buf_clear(&line);
	state_begin(&line, "RAM", width, s->ram_percent, NULL);
	buf_printf(&line, " %s", show_used(s->ram_used_gb, s->ram_total_gb).text);
	field_add(m, field, RANK_STATE, &line);
	for (size_t i = 0; i < s->disk_count; i++) {
		const struct disk *disk = &s->disks[i];

		buf_clear(&line);
		state_begin(&line, disk->mount, width, disk->used_percent, NULL);
		state_add_disk(&line, disk->problem, disk->used_gb, disk->total_gb);
		field_add(m, field, disk->problem ? RANK_CRITICAL : RANK_TOP, &line);
	}
	state_add_containers(m, field, &states);
}

void render_alert_discord(struct buf *out, const struct snapshot *s, const struct config_discord *discord)
{
	enum severity worst = alert_worst(&s->alert);
	struct message message;
	struct embed *embed;

	message_init(&message, 1);
	embed = message_add_embed(&message, worst, s->server, show_alert(worst), s->epoch);
	add_issues(&message, embed, "New", s, ISSUE_NEW);
	add_issues(&message, embed, "Ongoing", s, ISSUE_ONGOING);
	add_issues(&message, embed, "Resolved", s, ISSUE_RESOLVED);
	add_issues(&message, embed, "Not Yet Confirmed", s, ISSUE_PENDING);
	add_current_state(&message, embed, s);
	buf_add_string(&embed->footer, "asmo");
	message_write(out, &message, discord);
	message_release(&message);
}

/* The report as a payload for Discord's webhook: an embed a server. What is wrong stands at the top, in a
 * line. */
#include "render/discord.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/show.h"

enum {
	SUBJECT_MAX = 24, /* code points of foreign text, before escaping */
	SUMMARY_NAME_MAX = 24,
	ISSUE_MAX = 300,
	FIRST_ISSUES = 2, /* critical ones that come before the state of any server */
	EVENT_MAX = 160,  /* of the timeline's lines, which are to be many */
	UPTIME_MAX = 40,
	TOP_WIDTH = 18,        /* columns of a container's name */
	HEADLINE_RESERVE = 45, /* for the warnings' count, and "and 1000 more" */
	CURRENT_LINES = 7,     /* of the current state, besides the disks */
	BUFFER = 64 * 1024,
};

static void add_subject(struct buf *out, const char *text)
{
	add_plain(out, text, SUBJECT_MAX);
}

/* `<icon> **5 critical**: disk /, db, proxy, CPU, web`, as many of the subjects as have room. */
static void add_subjects(struct buf *out, const struct digest *d, enum severity severity, size_t limit)
{
	struct shown count = show_severity_count(d, severity);

	if (!*count.text)
		return;
	buf_printf(out, "%s%s **%s**: ", out->len ? "\n" : "", show_icon(severity), count.text);
	show_subjects(out, d, severity, limit, add_subject);
}

/* What is wrong, in a line for those who read no more. */
static void headline(struct buf *out, const struct digest *d, size_t limit)
{
	struct buf text AUTO_BUF = buf_new(BUFFER);

	add_subjects(&text, d, SEVERITY_CRITICAL, limit - 2 * HEADLINE_RESERVE);
	add_subjects(&text, d, SEVERITY_WARNING, limit - HEADLINE_RESERVE);
	buf_add_string(out, text.len ? text.data : "Nothing is wrong.");
}

/* `**3 servers**: <icon> bad, worse <icon> quiet` */
static void summary(struct buf *out, const struct digest *digests, size_t count)
{
	const char *before = "";

	buf_printf(out, "**%zu servers**:", count);
	for (size_t i = 0; i < count; i++) {
		bool is_next = i && strcmp(digests[i].severity, before) == 0;

		if (is_next)
			buf_add_char(out, ',');
		else
			buf_printf(out, " %s", show_icon(severity_parse(digests[i].severity)));
		buf_add_char(out, ' ');
		add_plain(out, digests[i].server, SUMMARY_NAME_MAX);
		before = digests[i].severity;
	}
	buf_add_string(out, "\n");
}

static void add_disk(struct message *m, struct embed_field *field, const struct digest *d,
	const struct digest_disk *disk, size_t width)
{
	enum severity severity = show_severity_of(d, disk->mount);
	struct buf line AUTO_BUF = buf_new(BUFFER);

	state_begin(&line, disk->mount, width, disk->used_percent, &disk->window_percent);
	state_add_disk(&line, disk->problem, disk->used_gb, disk->total_gb);
	if (fabs(disk->change_gb) >= 0.05)
		buf_printf(&line, ", %s", show_change(disk->change_gb, 1, "GiB").text);
	if (!isnan(disk->full_epoch)) {
		buf_add_string(&line, ", full ");
		add_stamp(&line, disk->full_epoch, 'D');
		buf_add_string(&line, " (");
		add_stamp(&line, disk->full_epoch, 'R');
		buf_add_char(&line, ')');
	}
	/* That it is too full is an issue as well. */
	field_add(m, field, severity >= SEVERITY_WARNING ? RANK_MORE : RANK_TOP, &line);
}

static void add_load(struct message *m, struct embed_field *field, const struct digest *d)
{
	const struct numbers *load = &d->current.load_average;
	struct buf line AUTO_BUF = buf_new(BUFFER);

	if (load->count != 3)
		return;
	buf_printf(&line, "**Load** %.2f %.2f %.2f, **up** ", load->items[0], load->items[1], load->items[2]);
	add_plain(&line, d->current.uptime ? d->current.uptime : "n/a", UPTIME_MAX);
	field_add(m, field, RANK_INFO, &line);
}

static void add_network(struct message *m, struct embed_field *field, const struct traffic *network)
{
	char line[160];

	if (isnan(network->rx_mb))
		return;
	snprintf(line, sizeof(line), "**Network** %s received, %s sent", show_mb(network->rx_mb).text,
		show_mb(network->tx_mb).text);
	field_add_text(m, field, RANK_INFO, line);
}

static void add_cpu_and_memory(struct message *m, struct embed_field *field, const struct digest *d,
	size_t width)
{
	const struct digest_current *now = &d->current;
	struct buf line AUTO_BUF = buf_new(BUFFER);

	state_begin(&line, "CPU", width, now->cpu_percent, &d->window.cpu_percent);
	buf_printf(&line, " avg %s, max %s", show(d->cpu_percent.avg, 1, "%").text,
		show(d->cpu_percent.max, 1, "%").text);
	field_add(m, field, RANK_STATE, &line);
	buf_clear(&line);
	state_begin(&line, "RAM", width, now->ram_percent, &d->window.ram_percent);
	buf_printf(&line, " %s, max %s", show_used(now->ram_used_gb, now->ram_total_gb).text,
		show(d->ram_percent.max, 1, "%").text);
	field_add(m, field, RANK_STATE, &line);
	if (now->swap_used_gb >= 0.05) {
		buf_clear(&line);
		state_begin(&line, "Swap", width, now->swap_used_gb / now->swap_total_gb * 100, NULL);
		buf_printf(&line, " %s", show_used(now->swap_used_gb, now->swap_total_gb).text);
		field_add(m, field, RANK_TOP, &line);
	}
}

/* When it was seen, in the zone of whoever reads it. */
static void add_age(struct message *m, struct embed_field *field, const struct digest *d)
{
	struct buf line AUTO_BUF = buf_new(BUFFER);

	buf_printf(&line, "**Last seen** <t:%.0f:f>", d->current.epoch);
	field_add(m, field, RANK_STATE, &line);
}

static void add_current_state(struct message *m, struct embed *embed, const struct digest *d)
{
	struct embed_field *field =
		message_add_field(m, embed, "Current State", CURRENT_LINES + d->disk_count);
	const struct show_states states = show_current_states(&d->current);
	size_t width = 0;

	if (d->snapshots < 1) {
		field_add_text(m, field, RANK_STATE, "Unknown: nothing was measured.");
		return;
	}
	for (size_t i = 0; i < d->disk_count; i++)
		width = state_width(width, d->disks[i].mount);
	if (d->current.is_old)
		add_age(m, field, d);
	add_cpu_and_memory(m, field, d, state_width(width, ""));
	for (size_t i = 0; i < d->disk_count; i++)
		add_disk(m, field, d, &d->disks[i], width);
	state_add_containers(m, field, &states);
	add_network(m, field, &d->network);
	add_load(m, field, d);
}

static void add_issues(struct message *m, struct embed *embed, const struct digest *d)
{
	struct embed_field *field = message_add_field(m, embed, "Issues", d->problem_count + 1);
	size_t criticals = 0;

	for (size_t i = 0; i < d->problem_count; i++) {
		enum severity severity = severity_parse(d->problems[i].severity);
		struct buf line AUTO_BUF = buf_new(BUFFER);

		buf_printf(&line, "%s ", show_icon(severity));
		add_plain(&line, d->problems[i].message, ISSUE_MAX);
		if (severity == SEVERITY_CRITICAL && criticals++ >= FIRST_ISSUES)
			field_add(m, field, RANK_MORE, &line);
		else
			field_add(m, field, rank_of(severity), &line);
	}
	if (!d->problem_count)
		field_add_text(m, field, RANK_STATE, "None.");
}

/* When it was, in the zone of whoever reads it. */
static void add_when(struct buf *line, const struct digest *d, const struct event *event)
{
	char style = show_needs_day(d, event) ? 'f' : 't';

	if (show_is_span(event)) {
		add_stamp(line, event->from_epoch, style);
		buf_add_char(line, '-');
	}
	add_stamp(line, event->epoch, style);
	buf_add_char(line, ' ');
}

static void add_timeline(struct message *m, struct embed *embed, const struct digest *d)
{
	struct embed_field *field;

	if (!d->event_count)
		return;
	field = message_add_field(m, embed, "Timeline", d->event_count);
	for (size_t i = 0; i < d->event_count; i++) {
		enum severity severity = severity_parse(d->events[i].severity);
		struct buf line AUTO_BUF = buf_new(BUFFER);

		buf_printf(&line, "%s ", show_icon(severity));
		add_when(&line, d, &d->events[i]);
		add_plain(&line, d->events[i].message, EVENT_MAX);
		/* Below the issues, which say the same of the worst. */
		field_add(m, field, severity == SEVERITY_CRITICAL ? RANK_WARNING : RANK_INFO, &line);
	}
}

static void add_top(struct message *m, struct embed_field *field, const char *name, const char *number)
{
	struct buf row AUTO_BUF = buf_new(BUFFER);

	add_code(&row, name, TOP_WIDTH);
	buf_printf(&row, " %9s", number);
	field_add(m, field, RANK_TOP, &row);
}

static void add_tops(struct message *m, struct embed *embed, const struct digest *d)
{
	struct embed_field *memory = message_add_field(m, embed, "Top Memory", d->top_memory_count);
	struct embed_field *cpu = message_add_field(m, embed, "Top CPU", d->top_cpu_count);

	memory->is_inline = memory->is_table = true;
	cpu->is_inline = cpu->is_table = true;
	for (size_t i = 0; i < d->top_memory_count; i++)
		add_top(m, memory, d->top_memory[i].name, show_mb(d->top_memory[i].mem_mb).text);
	for (size_t i = 0; i < d->top_cpu_count; i++)
		add_top(m, cpu, d->top_cpu[i].name, show(d->top_cpu[i].cpu_percent, 1, "%").text);
}

/* How much of the day was seen; and what the times in the sentences are, which Discord can't translate. */
static void add_footer(struct message *m, struct embed *embed, const struct digest *d)
{
	char zone[CLOCK_TEXT];
	struct arena arena = {0};
	char *coverage = text_clean_copy(&arena, slice_of(d->coverage), BUFFER);
	bool is_cut = text_length(coverage) > m->limits.footer;

	buf_printf(&embed->footer, "asmo \xE2\x80\xA2 %.*s%s", (int)text_prefix(coverage, m->limits.footer),
		coverage, is_cut ? "\xE2\x80\xA6" : "");
	clock_format_zone(d->to_epoch, zone);
	if (d->problem_count)
		buf_printf(&embed->footer, " \xE2\x80\xA2 times in issues are %s", zone);
	arena_release(&arena);
}

static void add_report(struct message *m, const struct digest *d, const struct digest *all, size_t count)
{
	struct embed *embed;
	char what[64];

	snprintf(what, sizeof(what), "%gh Report", d->hours);
	embed = message_add_embed(m, severity_parse(d->severity), d->server, what, d->to_epoch);
	if (count > 1 && d == all)
		summary(&embed->description, all, count);
	headline(&embed->description, d, m->limits.headline);
	add_current_state(m, embed, d);
	add_issues(m, embed, d);
	add_timeline(m, embed, d);
	add_tops(m, embed, d);
	add_footer(m, embed, d);
}

void render_report_discord(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	struct message message;

	message_init(&message, count);
	message.picture = style->picture;
	for (size_t i = 0; i < count && i < MESSAGE_EMBEDS; i++)
		add_report(&message, &digests[i], digests, count);
	message_write(out, &message, style->discord);
	message_release(&message);
}

/* The report in Markdown, for mail, ntfy, Slack or GitHub, that reads well as plain text too.
 *
 * Foreign text stands behind something of ours on its line, so what only counts at the start of a line (`# `,
 * `- `, `1. `) can't come of it. The rest is escaped: by a backslash what CommonMark and GitHub's extensions
 * would take for markup, as an entity what would begin HTML (or a mention in Slack, which knows no
 * backslash), and by a zero-width space what GitHub finds in the finished text: mentions, issues, emoji.
 * Sources: CommonMark 0.30, "Backslash escapes"; GitHub Flavored Markdown, "Autolinks (extension)"; Slack's
 * "Formatting text".
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/show.h"
#include "render/table.h"

enum {
	MESSAGE_MAX = 600,
	NAME_MAX_COLUMNS = 40,
	SERVER_MAX_COLUMNS = 60,
	TREND_WIDTH = 24,
	TIMELINE_MAX = 40,
	BUFFER = 16 * 1024
};

static const char zero_width_space[] = "\xE2\x80\x8B";

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* An underscore within a word is no emphasis, and names are full of them. */
static bool wants_backslash(const char *text, const char *p)
{
	if (*p == '_')
		return p == text || !is_word(p[-1]) || !is_word(p[1]);
	if (*p == ':')
		return p[1] == '/';
	if (*p == '.') /* `www.` is a link */
		return p - text >= 3 && strncasecmp(p - 3, "www", 3) == 0;
	return strchr("\\`*[]|~$", *p) != NULL;
}

static bool begins_emoji(const char *colon)
{
	size_t name = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-");

	return name && colon[1 + name] == ':';
}

static void add_escaped(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '<' || *p == '>' || *p == '&') {
			buf_add_string(out, *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : "&amp;");
			continue;
		}
		if (wants_backslash(text, p))
			buf_add_char(out, '\\');
		buf_add_char(out, *p);
		if (*p == '@' || *p == '#' || (*p == ':' && begins_emoji(p)))
			buf_add_string(out, zero_width_space);
	}
}

static void add_text(struct buf *out, const char *text)
{
	struct buf clean AUTO_BUF = buf_new(MESSAGE_MAX + 1);

	text_clean(&clean, slice_of(text ? text : "n/a"), MESSAGE_MAX);
	add_escaped(out, clean.data);
}

/* A name, cut to so many columns. */
static char *short_name(struct arena *arena, const char *name, size_t max)
{
	char *clean = text_clean_copy(arena, slice_of(name ? name : "n/a"), MESSAGE_MAX);
	struct buf cell AUTO_BUF = buf_new(BUFFER);

	if (text_width(clean) > max)
		clean = arena_printf(arena, "%.*s\xE2\x80\xA6", (int)text_fit(clean, max - 1), clean);
	add_escaped(&cell, clean);
	return arena_string(arena, cell.data);
}

/* So that tables stay narrow. */
static char *name_cell(struct arena *arena, const char *name)
{
	return short_name(arena, name, NAME_MAX_COLUMNS);
}

static char *trend_cell(struct arena *arena, const struct numbers *trend)
{
	struct buf cell AUTO_BUF = buf_new(BUFFER);

	show_spark(&cell, trend, TREND_WIDTH);
	return arena_string(arena, cell.data);
}

static void add_issues(struct buf *out, const struct digest *d)
{
	buf_printf(out, "\n## Issues: %s\n%s", show_counts(d).text, d->problem_count ? "\n" : "");
	for (size_t i = 0; i < d->problem_count; i++) {
		const struct digest_problem *p = &d->problems[i];

		buf_printf(out, "- %s %s: ", show_icon(severity_parse(p->severity)), p->severity);
		add_text(out, p->message);
		buf_add_char(out, '\n');
	}
}

static void add_measure(struct table *table, const char *name, double now, const struct range *range,
	const struct numbers *trend)
{
	struct arena arena = {0};

	table_cell(table, name);
	table_cell(table, show(now, 1, "%").text);
	table_cell(table, show(range->avg, 1, "%").text);
	table_cell(table, show(range->max, 1, "%").text);
	table_cell(table, trend_cell(&arena, trend));
	arena_release(&arena);
}

static void add_current_state(struct buf *out, const struct digest *d)
{
	static const struct column columns[] = {{"", false}, {"now", true}, {"avg", true}, {"max", true},
		{"trend", false}, {NULL, false}};
	const struct digest_current *now = &d->current;
	const struct numbers *load = &now->load_average;
	const struct show_states states = show_current_states(now);
	char when[CLOCK_TEXT];
	struct table table;

	buf_add_string(out, "\n## Current State\n\n");
	if (d->snapshots < 1) {
		buf_add_string(out, "Unknown: nothing was measured.\n");
		return;
	}
	if (d->current.is_old) {
		clock_format_local(now->epoch, when);
		buf_printf(out, "Last seen %.10s %.5s.\n\n", when, when + 11);
	}
	table_begin(&table, columns);
	add_measure(&table, "CPU", now->cpu_percent, &d->cpu_percent, &d->window.cpu_percent);
	add_measure(&table, "RAM", now->ram_percent, &d->ram_percent, &d->window.ram_percent);
	table_end(&table, out);
	buf_printf(out, "\n- Memory: %s", show_used(now->ram_used_gb, now->ram_total_gb).text);
	if (now->swap_total_gb > 0)
		buf_printf(out, ", swap %s", show_used(now->swap_used_gb, now->swap_total_gb).text);
	if (!isnan(now->containers_total) || now->engine_error)
		buf_printf(out, "\n- Containers: %s", show_states(&states).text);
	if (!isnan(d->network.rx_mb))
		buf_printf(out, "\n- Network: received %s, sent %s", show_mb(d->network.rx_mb).text,
			show_mb(d->network.tx_mb).text);
	if (load->count == 3) {
		buf_printf(out, "\n- Load: %.2f %.2f %.2f, up ", load->items[0], load->items[1],
			load->items[2]);
		add_text(out, now->uptime);
	}
	buf_add_char(out, '\n');
}

static void add_disks(struct buf *out, const struct digest *d)
{
	struct column columns[] = {{"disk", false}, {"used", true}, {"of", true}, {"change", true},
		{"trend", false}, {NULL, false}, {NULL, false}};
	bool has_forecast = false;
	struct arena arena = {0};
	struct table table;

	if (!d->disk_count)
		return;
	for (size_t i = 0; i < d->disk_count; i++)
		has_forecast |= !isnan(d->disks[i].full_epoch);
	buf_add_string(out, "\n## Disks\n\n");
	if (has_forecast)
		columns[5].heading = "full around";
	table_begin(&table, columns);
	for (size_t i = 0; i < d->disk_count; i++) {
		const struct digest_disk *disk = &d->disks[i];
		char when[CLOCK_TEXT] = "";

		table_cell(&table, name_cell(&arena, disk->mount));
		table_cell(&table, show(disk->used_percent, 1, "%").text);
		table_cell(&table,
			disk->problem ? name_cell(&arena, disk->problem) : show_gb(disk->total_gb).text);
		table_cell(&table, show_change(disk->change_gb, 1, "GiB").text);
		table_cell(&table, trend_cell(&arena, &disk->window_percent));
		if (!isnan(disk->full_epoch))
			clock_format_day(disk->full_epoch, when);
		if (has_forecast)
			table_cell(&table, when);
	}
	table_end(&table, out);
	arena_release(&arena);
}

static void add_timeline(struct buf *out, const struct digest *d)
{
	bool *chosen AUTO_FREE = mem_alloc(d->event_count * sizeof(*chosen));
	size_t left_out;

	if (!d->event_count)
		return;
	left_out = show_choose(d, TIMELINE_MAX, chosen);
	buf_add_string(out, "\n## Timeline\n\n");
	for (size_t i = 0; i < d->event_count; i++) {
		if (!chosen[i])
			continue;
		buf_printf(out, "- %s %s ", show_icon(severity_parse(d->events[i].severity)),
			show_when_in_words(d, &d->events[i]).text);
		add_text(out, d->events[i].message);
		buf_add_char(out, '\n');
	}
	if (left_out)
		buf_printf(out, "- and %zu more\n", left_out);
}

static void add_tops(struct buf *out, const struct digest *d)
{
	static const struct column memory[] = {{"container", false}, {"memory", true}, {NULL, false}};
	static const struct column cpu[] = {{"container", false}, {"CPU", true}, {NULL, false}};
	struct arena arena = {0};
	struct table table;

	if (d->top_memory_count) {
		buf_add_string(out, "\n## Top Memory (average)\n\n");
		table_begin(&table, memory);
		for (size_t i = 0; i < d->top_memory_count; i++) {
			table_cell(&table, name_cell(&arena, d->top_memory[i].name));
			table_cell(&table, show_mb(d->top_memory[i].mem_mb).text);
		}
		table_end(&table, out);
	}
	if (d->top_cpu_count) {
		buf_add_string(out, "\n## Top CPU (average)\n\n");
		table_begin(&table, cpu);
		for (size_t i = 0; i < d->top_cpu_count; i++) {
			table_cell(&table, name_cell(&arena, d->top_cpu[i].name));
			table_cell(&table, show(d->top_cpu[i].cpu_percent, 1, "%").text);
		}
		table_end(&table, out);
	}
	arena_release(&arena);
}

static void add_containers(struct buf *out, const struct digest *d)
{
	static const struct column columns[] = {{"container", false}, {"status", false}, {"up", true},
		{"down", true}, {"restarts", true}, {"errors", true}, {"CPU", true}, {"memory", true},
		{NULL, false}};
	struct show_container *rows AUTO_FREE = show_containers(d);
	struct arena arena = {0};
	struct table table;

	if (!d->container_count)
		return;
	buf_add_string(out, "\n## Containers\n\n");
	table_begin(&table, columns);
	for (size_t i = 0; i < d->container_count; i++) {
		const struct digest_container *c = rows[i].container;

		table_cell(&table, name_cell(&arena, c->name));
		table_cell(&table, name_cell(&arena, show_status(c)));
		table_cell(&table, show_uptime(c, "%").text);
		table_cell(&table, show_span(c->seconds_down).text);
		table_cell(&table, show(c->restarts + c->restarts_by_hand, 0, "").text);
		table_cell(&table, show(c->error_count, 0, "").text);
		table_cell(&table, show(c->cpu_percent.avg, 1, "%").text);
		table_cell(&table, show_mb(c->mem_mb.avg).text);
	}
	table_end(&table, out);
	arena_release(&arena);
}

static void add_report(struct buf *out, const struct digest *d)
{
	char from[CLOCK_TEXT], to[CLOCK_TEXT], zone[CLOCK_TEXT];
	struct arena arena = {0};

	clock_format_local(d->from_epoch, from);
	clock_format_local(d->to_epoch, to);
	from[10] = to[10] = ' ';
	buf_printf(out, "# %s %s", show_icon(severity_parse(d->severity)),
		short_name(&arena, d->server, SERVER_MAX_COLUMNS));
	clock_format_zone(d->to_epoch, zone);
	buf_printf(out, " \xE2\x80\xA2 %gh Report\n\n**%s**, %.16s to %.16s (%s), ", d->hours, d->severity,
		from, to, zone);
	add_text(out, d->coverage);
	buf_add_char(out, '\n');
	add_issues(out, d);
	add_current_state(out, d);
	add_disks(out, d);
	add_timeline(out, d);
	add_tops(out, d);
	add_containers(out, d);
	arena_release(&arena);
}

/* A line for each server. */
static void add_summary(struct buf *out, const struct digest *digests, size_t count)
{
	struct arena arena = {0};

	buf_printf(out, "# %zu servers\n\n", count);
	for (size_t i = 0; i < count; i++) {
		struct buf wrong AUTO_BUF = buf_new(SHOW_HEADLINE_MAX);

		buf_printf(out, "- %s %s: ", show_icon(severity_parse(digests[i].severity)),
			short_name(&arena, digests[i].server, SERVER_MAX_COLUMNS));
		show_headline(&wrong, &digests[i]);
		add_text(out, wrong.data);
		buf_add_char(out, '\n');
	}
	buf_add_char(out, '\n');
	arena_release(&arena);
}

void render_report_markdown(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	(void)style;
	if (count > 1)
		add_summary(out, digests, count);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, '\n');
		add_report(out, &digests[i]);
	}
}

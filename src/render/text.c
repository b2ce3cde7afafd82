/* The report for a person at a terminal: what is wrong first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/mem.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/page.h"
#include "render/show.h"

enum {
	TIMELINE_MAX = 40,
	ROOMY = 110, /* columns from which on a container has its whole bar and its down time */
};

/* The width of one of `sharers` that grow with the page: what it has in 80 columns, and its share of the
 * rest. */
static size_t grow(const struct page *page, size_t sharers, size_t least, size_t most)
{
	size_t width = least + (page->columns - PAGE_COLUMNS_MIN) / sharers;

	return width < most ? width : most;
}

static void add_trend(struct page *page, const struct digest *d, const char *label, double percent,
	const struct numbers *trend)
{
	enum severity severity = show_severity_of(d, label);

	page_label(page, label);
	buf_printf(page->out, "%8s  ", show(percent, 1, "%").text);
	page_color(page, severity == SEVERITY_OK ? COLOR_BLUE : color_of(severity));
	show_spark(page->out, trend, grow(page, 1, 24, 48));
	page_plain(page);
	buf_add_string(page->out, "  ");
}

static void add_range(struct page *page, const struct range *range)
{
	buf_printf(page->out, "avg %s, min %s, max %s\n", show(range->avg, 1, "").text,
		show(range->min, 1, "").text, show(range->max, 1, "").text);
}

static void add_current(struct page *page, const struct digest *d)
{
	const struct digest_current *now = &d->current;
	const struct show_states states = show_current_states(now);
	char when[CLOCK_TEXT], heading[80];

	clock_format_short(now->epoch, d->current.is_old, when);
	snprintf(heading, sizeof(heading), "%s %s",
		d->current.is_old ? "State last seen" : "Current state at", when);
	page_heading(page, heading);
	add_trend(page, d, "CPU", now->cpu_percent, &d->window.cpu_percent);
	add_range(page, &d->cpu_percent);
	add_trend(page, d, "RAM", now->ram_percent, &d->window.ram_percent);
	add_range(page, &d->ram_percent);
	page_label(page, "Memory");
	buf_printf(page->out, "%s", show_used(now->ram_used_gb, now->ram_total_gb).text);
	if (now->swap_total_gb > 0)
		buf_printf(page->out, ", swap %s", show_used(now->swap_used_gb, now->swap_total_gb).text);
	buf_add_char(page->out, '\n');
	if (!isnan(d->network.rx_mb)) {
		page_label(page, "Network");
		buf_printf(page->out, "received %s, sent %s\n", show_mb(d->network.rx_mb).text,
			show_mb(d->network.tx_mb).text);
	}
	page_load(page, &now->load_average, now->uptime);
	page_containers(page, &states);
}

static void add_disk(struct page *page, const struct digest *d, const struct digest_disk *disk)
{
	size_t name = grow(page, 2, 18, 30), bar = grow(page, 2, 12, 24), used = 2 + name + 10 + 2 + bar + 2;
	struct buf text AUTO_BUF = buf_new(400);
	char when[CLOCK_TEXT];

	buf_add_string(page->out, "  ");
	page_padded(page, disk->mount, name);
	buf_printf(page->out, " %8s   ", show(disk->used_percent, 1, "%").text);
	page_color(page, color_of(show_severity_of(d, disk->mount)));
	show_bar(page->out, disk->used_percent, bar);
	page_plain(page);
	buf_add_string(page->out, "  ");
	if (disk->problem) {
		page_wrapped(page, disk->problem, used, used);
		return;
	}
	buf_printf(&text, "%s, %s", show_used(disk->used_gb, disk->total_gb).text,
		show_change(disk->change_gb, 1, "GiB").text);
	if (!isnan(disk->full_epoch)) {
		clock_format_day(disk->full_epoch, when);
		buf_printf(&text, ", full around %s", when);
	}
	page_wrapped(page, text.data, used, used);
}

static void add_disks(struct page *page, const struct digest *d)
{
	if (d->disk_count)
		page_heading(page, "Disks");
	for (size_t i = 0; i < d->disk_count; i++)
		add_disk(page, d, &d->disks[i]);
}

static void add_issues(struct page *page, const struct digest *d)
{
	char heading[80];

	snprintf(heading, sizeof(heading), "Issues: %s", show_counts(d).text);
	page_heading(page, heading);
	for (size_t i = 0; i < d->problem_count; i++) {
		const struct digest_problem *p = &d->problems[i];

		buf_add_string(page->out, "  ");
		page_color(page, color_of(severity_parse(p->severity)));
		buf_printf(page->out, "%-8s", p->severity);
		page_plain(page);
		buf_add_string(page->out, "  ");
		page_wrapped(page, p->message, 12, 12);
	}
}

/* In words where there is room for them: a span looks as if it went on for so long. */
static struct shown when(const struct page *page, const struct digest *d, const struct event *event)
{
	return page->columns >= ROOMY ? show_when_in_words(d, event) : show_when(d, event);
}

static size_t times_width(const struct page *page, const struct digest *d, const bool *chosen)
{
	size_t width = 0;

	for (size_t i = 0; i < d->event_count; i++) {
		size_t wanted = chosen[i] ? strlen(when(page, d, &d->events[i]).text) : 0;

		width = wanted > width ? wanted : width;
	}
	return width;
}

static void add_timeline(struct page *page, const struct digest *d)
{
	bool *chosen AUTO_FREE = mem_alloc(d->event_count * sizeof(*chosen));
	size_t left_out, width;

	if (!d->event_count)
		return;
	left_out = show_choose(d, TIMELINE_MAX, chosen);
	width = times_width(page, d, chosen);
	page_heading(page, "Timeline");
	for (size_t i = 0; i < d->event_count; i++) {
		if (!chosen[i])
			continue;
		buf_add_string(page->out, "  ");
		page_color(page, color_of(severity_parse(d->events[i].severity)));
		buf_printf(page->out, "%-*s", (int)width, when(page, d, &d->events[i]).text);
		page_plain(page);
		buf_add_string(page->out, "  ");
		page_wrapped(page, d->events[i].message, width + 4, width + 4);
	}
	if (left_out)
		buf_printf(page->out, "  and %zu more\n", left_out);
}

/* One of the two lists that stand side by side; an empty place when it has ended. */
static void add_top(struct page *page, const char *name, const char *number, double percent_of_first)
{
	size_t width = grow(page, 2, 18, 34);

	if (!name)
		name = number = "";
	buf_add_string(page->out, "  ");
	page_padded(page, name, width);
	buf_printf(page->out, " %10s ", number);
	page_color(page, COLOR_BLUE);
	if (*number)
		show_bar(page->out, percent_of_first, 6);
	else
		buf_printf(page->out, "%6s", "");
	page_plain(page);
}

static void add_tops(struct page *page, const struct digest *d)
{
	size_t rows = d->top_memory_count > d->top_cpu_count ? d->top_memory_count : d->top_cpu_count;
	size_t half = 2 + grow(page, 2, 18, 34) + 18;
	char heading[PAGE_COLUMNS_MAX + 1];

	if (!rows)
		return;
	snprintf(heading, sizeof(heading), "%-*s%s", (int)half, "Top memory (average)", "Top CPU (average)");
	page_heading(page, heading);
	for (size_t i = 0; i < rows; i++) {
		const struct digest_top_memory *m = i < d->top_memory_count ? &d->top_memory[i] : NULL;
		const struct digest_top_cpu *c = i < d->top_cpu_count ? &d->top_cpu[i] : NULL;

		if (m)
			add_top(page, m->name, show_mb(m->mem_mb).text,
				m->mem_mb / d->top_memory[0].mem_mb * 100);
		else
			add_top(page, NULL, NULL, MISSING);
		if (c)
			add_top(page, c->name, show(c->cpu_percent, 1, "%").text,
				c->cpu_percent / d->top_cpu[0].cpu_percent * 100);
		buf_add_char(page->out, '\n');
	}
}

/* What the letters of a container's bar look like: also without colours each can be told from the others. */
static const struct sign {
	const char *sign, *meaning;
	enum color color;
	char letter;
} signs[] = {
	{"\xE2\x96\x88", "up", COLOR_GREEN, 'u'},
	{"\xE2\x86\xBB", "restarted", COLOR_YELLOW, 'r'},
	{"!", "unhealthy", COLOR_RED, 'x'},
	{"\xE2\x96\x81", "down", COLOR_RED, 'd'},
	{"-", "idle", COLOR_DIM, 'i'},
	{"\xC2\xB7", "not known", COLOR_DIM, '?'},
};
enum { SIGNS = sizeof(signs) / sizeof(signs[0]) };

static void add_status_bar(struct page *page, const char *bar, size_t width)
{
	char letters[CHART_BAR_STEPS + 1];

	show_status_bar(letters, bar, width);
	for (size_t i = 0; i < width; i++)
		for (size_t k = 0; k < SIGNS; k++)
			if (signs[k].letter == letters[i])
				page_word(page, signs[k].color, signs[k].sign);
}

static void add_legend(struct page *page)
{
	buf_add_string(page->out, "  ");
	for (size_t i = 0; i < SIGNS; i++) {
		page_word(page, signs[i].color, signs[i].sign);
		buf_printf(page->out, " %s%s", signs[i].meaning, i + 1 < SIGNS ? "   " : "\n");
	}
}

static void add_container(struct page *page, const struct show_container *row, size_t name, size_t bar)
{
	const struct digest_container *c = row->container;

	buf_add_string(page->out, "  ");
	page_padded(page, c->name, name);
	buf_add_char(page->out, ' ');
	page_color(page, color_of(row->severity));
	page_padded(page, c->is_expected_down ? c->status : show_status(c), 9);
	page_plain(page);
	buf_add_char(page->out, ' ');
	add_status_bar(page, c->bar, bar);
	buf_printf(page->out, " %5s", show_uptime(c, "").text);
	if (page->columns >= ROOMY)
		buf_printf(page->out, " %7s", show_span(c->seconds_down).text);
	buf_printf(page->out, " %8s %7s %6s %8s\n", show(c->restarts + c->restarts_by_hand, 0, "").text,
		show(c->error_count, 0, "").text, show_briefly(c->cpu_percent.avg).text,
		show_briefly(c->mem_mb.avg).text);
}

static void add_containers(struct page *page, const struct digest *d)
{
	bool is_roomy = page->columns >= ROOMY;
	size_t bar = is_roomy ? CHART_BAR_STEPS : CHART_BAR_STEPS / 2;
	struct show_container *rows AUTO_FREE = show_containers(d);
	size_t name = is_roomy ? 26 + page->columns - ROOMY : grow(page, 1, 16, 26);
	char heading[PAGE_COLUMNS_MAX + 1], past[24];

	if (!d->container_count)
		return;
	snprintf(past, sizeof(past), "past %gh", d->hours);
	snprintf(heading, sizeof(heading), "%-*s %-9s %-*.*s %5s%s %8s %7s %6s %8s", (int)name + 2,
		"Containers", "status", (int)bar, (int)bar, past, "up %", is_roomy ? "    down" : "",
		"restarts", "errors", "CPU %", "MiB");
	page_heading(page, heading);
	for (size_t i = 0; i < d->container_count; i++)
		add_container(page, &rows[i], name, bar);
	add_legend(page);
}

static void add_title(struct page *page, const struct digest *d)
{
	char from[CLOCK_TEXT], to[CLOCK_TEXT], zone[CLOCK_TEXT];
	struct buf line AUTO_BUF = buf_new(1024);

	clock_format_local(d->from_epoch, from);
	clock_format_local(d->to_epoch, to);
	from[10] = to[10] = ' ';
	page_color(page, COLOR_HEADING);
	page_text(page, d->server, page->columns - 34);
	buf_printf(page->out, ": %gh report, ", d->hours);
	page_plain(page);
	page_word(page, color_of(severity_parse(d->severity)), d->severity);
	clock_format_zone(d->to_epoch, zone);
	buf_printf(&line, "%.16s to %.16s (%s), %s", from, to, zone, d->coverage);
	buf_add_char(page->out, '\n');
	page_wrapped(page, line.data, 0, 0);
}

static void add_report(struct page *page, const struct digest *digest)
{
	add_title(page, digest);
	add_issues(page, digest);
	if (digest->snapshots > 0)
		add_current(page, digest);
	else
		page_heading(page, "Current state: unknown");
	add_disks(page, digest);
	add_timeline(page, digest);
	add_tops(page, digest);
	add_containers(page, digest);
}

/* A line for each server. */
static void add_summary(struct page *page, const struct digest *digests, size_t count)
{
	char heading[40];

	snprintf(heading, sizeof(heading), "%zu servers", count);
	page_word(page, COLOR_HEADING, heading);
	buf_add_char(page->out, '\n');
	for (size_t i = 0; i < count; i++) {
		size_t name = grow(page, 1, 16, 40);
		struct buf wrong AUTO_BUF = buf_new(SHOW_HEADLINE_MAX);

		show_headline(&wrong, &digests[i]);
		buf_add_string(page->out, "  ");
		page_color(page, color_of(severity_parse(digests[i].severity)));
		buf_printf(page->out, "%-8s", digests[i].severity);
		page_plain(page);
		buf_add_string(page->out, "  ");
		page_padded(page, digests[i].server, name);
		buf_add_string(page->out, "  ");
		page_wrapped(page, wrong.data, 14 + name, 14 + name);
	}
}

void render_report_text(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	struct page page = page_begin(out, style);

	if (count > 1)
		add_summary(&page, digests, count);
	for (size_t i = 0; i < count; i++) {
		if (count > 1)
			buf_add_string(out, "\n\n");
		add_report(&page, &digests[i]);
	}
}

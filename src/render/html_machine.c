/* The machine: its state now, and a card with charts for CPU, RAM, network and each disk. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "render/html.h"
#include "render/show.h"

enum { WINDOW_TICKS = 5, WEEK_TICKS = 3 };
static const double week_seconds_min = 2 * 24 * 3600;

static struct shown show_percent(double value)
{
	return show(value, value < 10 ? 1 : 0, "%");
}

static struct shown show_rate(double kb_per_second)
{
	return kb_per_second >= 1024 ? show(kb_per_second / 1024, 1, "MiB/s")
				     : show(kb_per_second, kb_per_second < 10 ? 1 : 0, "KiB/s");
}

static void begin_card(struct html *page, const char *name, enum severity severity, const char *value)
{
	struct buf *out = page->out;

	buf_printf(out, "<section class=\"card %s\"><h%d>", severity_name(severity), page->level + 1);
	if (severity != SEVERITY_OK)
		html_add_mark(out, severity_name(severity));
	html_add_text(out, name);
	buf_printf(out, "</h%d><p class=\"value\">%s</p>", page->level + 1, value);
}

/* Of a history of a day or so the week's chart would be empty. */
static bool has_days(const struct digest_chart *chart, const struct numbers *const lines[2])
{
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; lines[k] && i < lines[k]->count; i++)
			if (isfinite(lines[k]->items[i]))
				return (double)(lines[k]->count - i) * chart->step_seconds >=
				       week_seconds_min;
	return false;
}

/* The window, and below it the week. */
static void add_charts(struct html *page, const struct digest *d, struct html_chart chart,
	const struct numbers *const week[2])
{
	char span[48];

	snprintf(span, sizeof(span), "%g h", d->hours);
	chart.span = span;
	chart.from_epoch = d->window.from_epoch;
	chart.step_seconds = d->window.step_seconds;
	chart.ticks = WINDOW_TICKS;
	chart.with_day = html_needs_day(d);
	html_add_chart(page, &chart);
	if (!has_days(&d->week, week))
		return;
	chart.span = "7 days";
	chart.from_epoch = d->week.from_epoch;
	chart.step_seconds = d->week.step_seconds;
	chart.ticks = WEEK_TICKS;
	chart.by_day = true;
	memcpy(chart.lines, week, sizeof(chart.lines));
	html_add_chart(page, &chart);
}

static void add_percent(struct html *page, const struct digest *d, const char *subject, double now,
	const struct range *range, const struct numbers *window, const struct numbers *week)
{
	struct buf *out = page->out;

	begin_card(page, subject, show_severity_of(d, subject), show(now, 1, "%").text);
	buf_printf(out, "<p class=\"note\">average %s, ", show(range->avg, 1, "").text);
	buf_printf(out, "%s to %s", show(range->min, 1, "").text, show(range->max, 1, "").text);
	if (window == &d->window.ram_percent)
		buf_printf(out, "; %s of %s", show(d->current.ram_used_gb, 1, "").text,
			show(d->current.ram_total_gb, 1, "GiB").text);
	buf_add_string(out, "</p>\n");
	add_charts(page, d,
		(struct html_chart){.subject = subject, .max = 100, .lines = {window}, .show = show_percent},
		(const struct numbers *const[2]){week});
	buf_add_string(out, "</section>\n");
}

static void add_network(struct html *page, const struct digest *d)
{
	const struct digest_chart *window = &d->window, *week = &d->week;
	struct html_chart chart = {.subject = "Network", .names = {"received", "sent"}, .show = show_rate};
	struct buf *out = page->out;

	if (!html_has_values(&window->net_rx_kb_per_second) &&
		!html_has_values(&window->net_tx_kb_per_second))
		return;
	begin_card(page, "Network", SEVERITY_OK, show_rate(d->network.rx_kb_per_second).text);
	buf_printf(out, "<p class=\"note\"><span class=\"key\">received %s</span>, ",
		show_mb(d->network.rx_mb).text);
	buf_printf(out, "<span class=\"key second\">sent %s</span></p>\n", show_mb(d->network.tx_mb).text);
	chart.lines[0] = &window->net_rx_kb_per_second;
	chart.lines[1] = &window->net_tx_kb_per_second;
	chart.max = fmax(html_chart_top(chart.lines[0], chart.lines[1]),
		html_chart_top(&week->net_rx_kb_per_second, &week->net_tx_kb_per_second));
	add_charts(page, d, chart,
		(const struct numbers *const[2]){&week->net_rx_kb_per_second, &week->net_tx_kb_per_second});
	buf_add_string(out, "</section>\n");
}

static void add_disk(struct html *page, const struct digest *d, const struct digest_disk *disk)
{
	struct buf *out = page->out;
	char day[CLOCK_TEXT];

	begin_card(page, disk->mount, show_severity_of(d, disk->mount),
		show(disk->used_percent, 1, "%").text);
	buf_add_string(out, "<p class=\"note\">");
	if (disk->problem) {
		html_add_text(out, disk->problem);
	} else {
		buf_printf(out, "%s, ", show_used(disk->used_gb, disk->total_gb).text);
		buf_add_string(out, show_change(disk->change_gb, 1, "GiB").text);
	}
	if (!isnan(disk->full_epoch)) {
		clock_format_day(disk->full_epoch, day);
		buf_printf(out, ", full around %s", day);
	}
	buf_add_string(out, "</p>\n");
	if (html_has_values(&disk->window_percent) || html_has_values(&disk->week_percent))
		add_charts(page, d,
			(struct html_chart){.subject = disk->mount,
				.max = 100,
				.lines = {&disk->window_percent},
				.show = show_percent},
			(const struct numbers *const[2]){&disk->week_percent});
	buf_add_string(out, "</section>\n");
}

/* A line of a list of the largest: the bar is as long as its share of the first one. */
static void add_top(struct buf *out, const char *name, const char *value, double share)
{
	buf_add_string(out, "<li><span class=\"name\">");
	html_add_text(out, name);
	buf_printf(out, "</span><span>%s</span>", value);
	buf_printf(out, "<svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	buf_printf(out, "<rect width=\"%.0f\" height=\"1\"/></svg></li>\n",
		isfinite(share) ? share * 100 : 0);
}

static void add_tops(struct html *page, const struct digest *d)
{
	struct buf *out = page->out;
	int level = page->level + 1;

	if (d->top_cpu_count) {
		buf_printf(out, "<section class=\"card\"><h%d>Most CPU (average)</h%d><ol class=\"tops\">\n",
			level, level);
		for (size_t i = 0; i < d->top_cpu_count; i++)
			add_top(out, d->top_cpu[i].name, show(d->top_cpu[i].cpu_percent, 1, "%").text,
				d->top_cpu[i].cpu_percent / d->top_cpu[0].cpu_percent);
		buf_add_string(out, "</ol></section>\n");
	}
	if (d->top_memory_count) {
		buf_printf(out,
			"<section class=\"card\"><h%d>Most memory (average)</h%d><ol class=\"tops\">\n",
			level, level);
		for (size_t i = 0; i < d->top_memory_count; i++)
			add_top(out, d->top_memory[i].name, show_mb(d->top_memory[i].mem_mb).text,
				d->top_memory[i].mem_mb / d->top_memory[0].mem_mb);
		buf_add_string(out, "</ol></section>\n");
	}
}

static void add_fact(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "<div><dt>%s</dt><dd>", name);
	html_add_text(out, value);
	buf_add_string(out, "</dd></div>");
}

static void add_counts(struct buf *out, const struct digest_current *now)
{
	const struct show_states states = show_current_states(now);

	if (now->engine_error) {
		add_fact(out, "Container engine", now->engine_error);
	} else if (!isnan(now->containers_total)) {
		add_fact(out, "Containers", show_states(&states).text);
	}
}

static void add_facts(struct buf *out, const struct digest_current *now)
{
	char text[200];

	buf_add_string(out, "<dl class=\"facts\">");
	add_counts(out, now);
	if (now->load_average.count == 3) {
		snprintf(text, sizeof(text), "%.2f %.2f %.2f", now->load_average.items[0],
			now->load_average.items[1], now->load_average.items[2]);
		add_fact(out, "Load", text);
	}
	if (now->cpu_count > 0)
		add_fact(out, "Cores", show(now->cpu_count, 0, "").text);
	if (now->swap_total_gb > 0) {
		snprintf(text, sizeof(text), "%.1f of %.1f GiB", now->swap_used_gb, now->swap_total_gb);
		add_fact(out, "Swap", text);
	}
	if (now->uptime)
		add_fact(out, "Up", now->uptime);
	buf_add_string(out, "</dl>\n");
}

void html_add_machine(struct html *page, const struct digest *d)
{
	const struct digest_current *now = &d->current;
	struct buf *out = page->out;

	buf_printf(out, "<section class=\"machine\"><h%d>Machine", page->level);
	if (d->snapshots > 0) {
		buf_add_string(out, " <small>at ");
		html_add_time(out, now->epoch, html_needs_day(d) || d->current.is_old);
		buf_add_string(out, "</small>");
	}
	buf_printf(out, "</h%d>\n", page->level);
	if (!(d->snapshots > 0)) {
		buf_add_string(out, "<p class=\"none\">Not known: there is no snapshot.</p></section>\n");
		return;
	}
	add_facts(out, now);
	buf_add_string(out, "<div class=\"cards\">\n");
	add_percent(page, d, "CPU", now->cpu_percent, &d->cpu_percent, &d->window.cpu_percent,
		&d->week.cpu_percent);
	add_percent(page, d, "RAM", now->ram_percent, &d->ram_percent, &d->window.ram_percent,
		&d->week.ram_percent);
	add_network(page, d);
	for (size_t i = 0; i < d->disk_count; i++)
		add_disk(page, d, &d->disks[i]);
	add_tops(page, d);
	buf_add_string(out, "</div>\n<p class=\"note\">Charts show averages; where they are grey nothing was "
			    "measured.</p>"
			    "</section>\n");
}

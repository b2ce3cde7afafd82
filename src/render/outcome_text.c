/* A run of the monitor for a person at a terminal, and its line for the log. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/page.h"
#include "render/show.h"

enum { BAR_WIDTH = 20, NAME_WIDTH = 22, PATH_MAX_BYTES = 4096 };

static const double with_day_seconds = 20 * 3600;

static void add_bar(struct page *page, double percent, enum color color)
{
	buf_printf(page->out, "%8s  ", show(percent, 1, "%").text);
	page_color(page, color);
	show_bar(page->out, percent, BAR_WIDTH);
	page_plain(page);
}

/* The colour of the issue with that key, if it is raised. */
static enum color color_of_key(const struct snapshot *s, const char *key)
{
	enum severity worst = SEVERITY_OK;

	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		enum severity severity = severity_parse(issue->severity);

		if (severity > worst && strcmp(issue->key, key) == 0 &&
			(issue_is(issue, ISSUE_NEW) || issue_is(issue, ISSUE_ONGOING)))
			worst = severity;
	}
	return color_of(worst);
}

static void add_host(struct page *page, const struct snapshot *s)
{
	const struct show_states states = show_snapshot_states(s);

	page_label(page, "CPU");
	add_bar(page, s->cpu_percent, color_of_key(s, "cpu"));
	buf_add_char(page->out, '\n');
	page_label(page, "RAM");
	add_bar(page, s->ram_percent, color_of_key(s, "ram"));
	buf_printf(page->out, "  %s\n", show_used(s->ram_used_gb, s->ram_total_gb).text);
	if (s->swap_total_gb > 0) {
		page_label(page, "Swap");
		add_bar(page, s->swap_used_gb / s->swap_total_gb * 100, color_of_key(s, "swap"));
		buf_printf(page->out, "  %s\n", show_used(s->swap_used_gb, s->swap_total_gb).text);
	}
	page_load(page, &s->load_average, s->uptime);
	page_containers(page, &states);
	if (s->docker.error) {
		page_label(page, "Engine");
		page_wrapped(page, s->docker.error, PAGE_LABEL + 3, PAGE_LABEL + 3);
	}
}

static void add_disks(struct page *page, const struct snapshot *s)
{
	struct arena arena = {0};

	if (s->disk_count)
		page_heading(page, "Disks");
	for (size_t i = 0; i < s->disk_count; i++) {
		const struct disk *d = &s->disks[i];

		buf_add_string(page->out, "  ");
		page_padded(page, d->mount, NAME_WIDTH);
		buf_add_char(page->out, ' ');
		add_bar(page, d->used_percent, color_of_key(s, arena_printf(&arena, "disk:%s", d->mount)));
		buf_add_string(page->out, "  ");
		if (d->problem)
			page_wrapped(page, d->problem, NAME_WIDTH + BAR_WIDTH + 15,
				NAME_WIDTH + BAR_WIDTH + 15);
		else
			buf_printf(page->out, "%s\n", show_used(d->used_gb, d->total_gb).text);
	}
	arena_release(&arena);
}

static void add_labelled(struct page *page, enum color color, const char *label, const char *text)
{
	buf_add_string(page->out, "  ");
	page_color(page, color);
	buf_printf(page->out, "%-8s", label);
	page_plain(page);
	buf_add_string(page->out, "  ");
	page_wrapped(page, text, 12, 12);
}

/* What is wrong, and since when; what was wrong; what might be; and what could not be looked at. */
static void add_issues(struct page *page, const struct snapshot *s)
{
	struct arena arena = {0};

	page_heading(page, s->alert.issue_count ? "Issues" : "Issues: none");
	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		bool is_ongoing = issue_is(issue, ISSUE_ONGOING), is_over = issue_is(issue, ISSUE_RESOLVED);
		enum severity severity = is_over ? SEVERITY_OK : severity_parse(issue->severity);
		const char *text = issue->message;
		char since[CLOCK_TEXT];

		clock_format_short(issue->since_epoch, s->epoch - issue->since_epoch > with_day_seconds,
			since);
		if (is_ongoing)
			text = arena_printf(&arena, "%s, since %s", issue->message, since);
		add_labelled(page, color_of(severity),
			is_ongoing || issue_is(issue, ISSUE_NEW) ? issue->severity : issue->state, text);
	}
	for (size_t i = 0; i < s->problems.count; i++)
		add_labelled(page, COLOR_DIM, "unknown", s->problems.items[i]);
	arena_release(&arena);
}

static enum color color_of_container(const struct container *c)
{
	if (c->status && strcmp(c->status, "unhealthy") == 0)
		return COLOR_RED;
	return c->status && strcmp(c->status, "running") == 0 ? COLOR_GREEN : COLOR_DIM;
}

static void add_containers(struct page *page, const struct snapshot *s)
{
	char heading[PAGE_COLUMNS_MIN + 1];

	if (!s->container_count)
		return;
	snprintf(heading, sizeof(heading), "%-*s %-10s %-9s %6s %8s %8s %7s", NAME_WIDTH + 2, "Containers",
		"state", "health", "CPU %", "MiB", "restarts", "errors");
	page_heading(page, heading);
	for (size_t i = 0; i < s->container_count; i++) {
		const struct container *c = &s->containers[i];

		buf_add_string(page->out, "  ");
		page_padded(page, c->name, NAME_WIDTH);
		buf_add_char(page->out, ' ');
		page_color(page, color_of_container(c));
		page_padded(page, c->state, 10);
		buf_add_char(page->out, ' ');
		page_padded(page, c->health, 9);
		page_plain(page);
		buf_printf(page->out, " %6s %8s %8s %7s\n", show_briefly(c->cpu_percent).text,
			show_briefly(c->mem_mb).text, show(c->restarts, 0, "").text,
			show(c->error_count, 0, "").text);
	}
}

static void add_snapshot(struct page *page, const struct snapshot *s)
{
	page_color(page, COLOR_HEADING);
	page_text(page, s->server, page->columns - 24);
	page_plain(page);
	buf_printf(page->out, " at %.19s\n", s->timestamp);
	add_issues(page, s);
	page_heading(page, "Current state");
	add_host(page, s);
	add_disks(page, s);
	add_containers(page, s);
}

static void add_delivery(struct page *page, const struct delivery *d)
{
	if (d->is_delivered == FLAG_UNKNOWN)
		return;
	if (d->is_delivered == FLAG_NO)
		page_word(page, COLOR_RED, "Not sent");
	else
		buf_add_string(page->out, "Sent");
	buf_printf(page->out, " to %s (%s)%s%s.\n", d->name, d->host, d->reason[0] ? ": " : "", d->reason);
}

void render_outcome_text(struct buf *out, const struct outcome *outcome, const struct render_style *style)
{
	struct page page = page_begin(out, style);

	if (outcome->snapshot)
		add_snapshot(&page, outcome->snapshot);
	buf_add_char(out, '\n');
	if (outcome->error) {
		page_word(&page, COLOR_RED, "Failed");
		buf_add_string(out, ": ");
		text_clean(out, slice_of(outcome->error), PATH_MAX_BYTES);
		buf_add_char(out, '\n');
	} else if (!outcome->is_stored) {
		buf_add_string(out, "Not stored: a dry run.\n");
	} else {
		buf_add_string(out, "Stored in ");
		text_clean(out, slice_of(outcome->history_file), PATH_MAX_BYTES);
		buf_printf(out, ", which holds %zu snapshot%s.\n", outcome->history.snapshots,
			outcome->history.snapshots == 1 ? "" : "s");
	}
	if (outcome->metrics_error) {
		page_word(&page, COLOR_RED, "Metrics not written");
		buf_add_string(out, ": ");
		text_clean(out, slice_of(outcome->metrics_error), PATH_MAX_BYTES);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < outcome->delivery_count; i++)
		add_delivery(&page, &outcome->deliveries[i]);
}

void render_outcome_line(struct buf *out, const struct outcome *outcome)
{
	const struct snapshot *s = outcome->snapshot;

	buf_printf(out, "%s in %.2f s: CPU %s, RAM %s, ", outcome->is_stored ? "stored" : "not stored",
		outcome->duration_seconds, show(s->cpu_percent, 1, "%").text,
		show(s->ram_percent, 1, "%").text);
	if (isnan(s->containers_total))
		buf_add_string(out, "no container engine");
	else
		buf_printf(out, "%.0f of %.0f containers running", s->containers_running,
			s->containers_total);
	buf_printf(out, ", %zu critical, %zu warnings", s->alert.critical_issues.count,
		s->alert.warnings.count);
	if (outcome->error)
		buf_printf(out, "; %s", outcome->error);
}

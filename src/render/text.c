#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "render/show.h"

enum { NAME_MAX_WIDTH = 24, MESSAGE_MAX = 400, OUTCOME_MAX = 4096, TIMELINE_MAX = 40 };

/* Text from elsewhere, without what would move a terminal's cursor. */
static void add_text(struct buf *out, const char *text)
{
	text_clean(out, slice_of(text ? text : "n/a"), MESSAGE_MAX);
}

/* The same, cut and padded to a width. */
static void add_padded(struct buf *out, const char *text, size_t width)
{
	size_t begin = out->len, shown;

	add_text(out, text);
	shown = text_width(out->data + begin);
	if (shown > width) {
		out->len = begin + text_fit(out->data + begin, width - 1);
		buf_add_string(out, "\xE2\x80\xA6");
		shown = text_width(out->data + begin);
	}
	buf_printf(out, "%*s", shown < width ? (int)(width - shown) : 0, "");
}

static void add_line(struct buf *out, const char *label, const char *text)
{
	buf_add_string(out, "  ");
	add_padded(out, label, 12);
	buf_printf(out, " %s\n", text);
}

/* The same with text from elsewhere. */
static void add_foreign_line(struct buf *out, const char *label, const char *text)
{
	struct buf clean AUTO_BUF;

	buf_init(&clean, MESSAGE_MAX + 1);
	text_clean(&clean, slice_of(text), MESSAGE_MAX);
	add_line(out, label, clean.data);
}

static void add_load(struct buf *out, const struct numbers *load, const char *uptime)
{
	char line[120];

	if (load->count != 3)
		return;
	snprintf(line, sizeof(line), "%.2f %.2f %.2f", load->items[0], load->items[1], load->items[2]);
	add_line(out, "Load", line);
	add_foreign_line(out, "Up", uptime ? uptime : "n/a");
}

static void add_container_counts(struct buf *out, double total, double running, double stopped,
	double unhealthy)
{
	char line[120];

	if (isnan(total))
		snprintf(line, sizeof(line), "n/a");
	else
		snprintf(line, sizeof(line), "%.0f: %.0f running, %.0f stopped, %.0f unhealthy", total,
			running, stopped, unhealthy);
	add_line(out, "Containers", line);
}

static void add_current(struct buf *out, const struct digest *d)
{
	const struct digest_current *now = &d->current;
	char when[CLOCK_TEXT], line[320];

	clock_format_local(now->epoch, when);
	buf_printf(out, "Current state at %.5s\n", when + 11);
	snprintf(line, sizeof(line), "%-9s avg %s, min %s, max %s", show(now->cpu_percent, 1, "%").text,
		show(d->cpu_percent.avg, 1, "").text, show(d->cpu_percent.min, 1, "").text,
		show(d->cpu_percent.max, 1, "").text);
	add_line(out, "CPU", line);
	snprintf(line, sizeof(line), "%-9s avg %s, min %s, max %s; %s of %s",
		show(now->ram_percent, 1, "%").text, show(d->ram_percent.avg, 1, "").text,
		show(d->ram_percent.min, 1, "").text, show(d->ram_percent.max, 1, "").text,
		show(now->ram_used_gb, 1, "").text, show(now->ram_total_gb, 1, "GiB").text);
	add_line(out, "RAM", line);
	if (now->swap_total_gb > 0) {
		snprintf(line, sizeof(line), "%.1f of %.1f GiB", now->swap_used_gb, now->swap_total_gb);
		add_line(out, "Swap", line);
	}
	if (!isnan(d->network.rx_mb)) {
		snprintf(line, sizeof(line), "received %s, sent %s", show_mb(d->network.rx_mb).text,
			show_mb(d->network.tx_mb).text);
		add_line(out, "Network", line);
	}
	add_load(out, &now->load_average, now->uptime);
	add_container_counts(out, now->containers_total, now->containers_running, now->containers_stopped,
		now->containers_unhealthy);
}

static void add_disks(struct buf *out, const struct digest *d)
{
	if (d->disk_count)
		buf_add_string(out, "\nDisks\n");
	for (size_t i = 0; i < d->disk_count; i++) {
		const struct digest_disk *disk = &d->disks[i];

		buf_add_string(out, "  ");
		add_padded(out, disk->mount, NAME_MAX_WIDTH);
		buf_add_char(out, ' ');
		if (disk->problem)
			add_text(out, disk->problem);
		else
			buf_printf(out, "%8s  %s of %s, %s", show(disk->used_percent, 1, "%").text,
				show(disk->used_gb, 1, "").text, show(disk->total_gb, 1, "GiB").text,
				show_change(disk->change_gb, 1, "GiB").text);
		buf_add_char(out, '\n');
	}
}

static void add_issues(struct buf *out, const struct digest *d)
{
	buf_printf(out, "\nIssues%s\n", d->problem_count ? "" : ": none");
	for (size_t i = 0; i < d->problem_count; i++) {
		buf_printf(out, "  %-8s  ", d->problems[i].severity);
		add_text(out, d->problems[i].message);
		buf_add_char(out, '\n');
	}
}

static void add_timeline(struct buf *out, const struct digest *d)
{
	size_t *costs AUTO_FREE = mem_alloc(d->event_count * sizeof(*costs)), left_out;
	bool *chosen AUTO_FREE = mem_alloc(d->event_count * sizeof(*chosen));
	int width = 0;

	if (!d->event_count)
		return;
	for (size_t i = 0; i < d->event_count; i++)
		costs[i] = 1;
	left_out = show_choose(d, costs, TIMELINE_MAX, chosen);
	for (size_t i = 0; i < d->event_count; i++)
		if (chosen[i])
			width = (int)fmax(width, (double)strlen(show_when(d, &d->events[i]).text));
	buf_add_string(out, "\nTimeline\n");
	for (size_t i = 0; i < d->event_count; i++) {
		if (!chosen[i])
			continue;
		buf_printf(out, "  %-*s  ", width, show_when(d, &d->events[i]).text);
		add_text(out, d->events[i].message);
		buf_add_char(out, '\n');
	}
	if (left_out)
		buf_printf(out, "  and %zu more\n", left_out);
}

static void add_containers(struct buf *out, const struct digest *d)
{
	if (!d->container_count)
		return;
	buf_printf(out, "\n%-26s %-9s %5s %7s %8s %6s %5s %7s\n", "Containers", "status", "up %", "down",
		"restarts", "errors", "CPU %", "MiB");
	for (size_t i = 0; i < d->container_count; i++) {
		const struct digest_container *c = &d->containers[i];

		buf_add_string(out, "  ");
		add_padded(out, c->name, NAME_MAX_WIDTH);
		buf_add_char(out, ' ');
		add_padded(out, c->status, 9);
		buf_printf(out, " %5s %7s %8.0f %6.0f %5s %7s\n", show(c->uptime_percent, 1, "").text,
			show_span(c->seconds_down).text, c->restarts + c->restarts_by_hand, c->error_count,
			show(c->cpu_percent.avg, 1, "").text, show(c->mem_mb.avg, 1, "").text);
	}
}

static void add_tops(struct buf *out, const struct digest *d)
{
	if (d->top_memory_count)
		buf_add_string(out, "\nTop memory\n");
	for (size_t i = 0; i < d->top_memory_count; i++) {
		buf_add_string(out, "  ");
		add_padded(out, d->top_memory[i].name, NAME_MAX_WIDTH);
		buf_printf(out, " %12s\n", show_mb(d->top_memory[i].mem_mb).text);
	}
	if (d->top_cpu_count)
		buf_add_string(out, "\nTop CPU\n");
	for (size_t i = 0; i < d->top_cpu_count; i++) {
		buf_add_string(out, "  ");
		add_padded(out, d->top_cpu[i].name, NAME_MAX_WIDTH);
		buf_printf(out, " %12s\n", show(d->top_cpu[i].cpu_percent, 1, "%").text);
	}
}

static void add_report(struct buf *out, const struct digest *digest)
{
	char from[CLOCK_TEXT], to[CLOCK_TEXT];

	clock_format_local(digest->from_epoch, from);
	clock_format_local(digest->to_epoch, to);
	from[10] = to[10] = ' ';
	add_text(out, digest->server);
	buf_printf(out, ": %gh report, %s\n%.16s to %.16s, %s\n\n", digest->hours, digest->severity, from, to,
		digest->coverage);
	if (digest->snapshots > 0)
		add_current(out, digest);
	else
		buf_add_string(out, "Current state: unknown\n");
	add_disks(out, digest);
	add_issues(out, digest);
	add_timeline(out, digest);
	add_tops(out, digest);
	add_containers(out, digest);
}

void render_report_text(struct buf *out, const struct digest *digests, size_t count,
	const struct config_discord *discord)
{
	(void)discord;
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_string(out, "\n\n");
		add_report(out, &digests[i]);
	}
}

static void add_snapshot_containers(struct buf *out, const struct snapshot *s)
{
	if (!s->container_count)
		return;
	buf_printf(out, "\n%-26s %-11s %-9s %8s %9s %8s %6s\n", "Containers", "state", "health", "CPU %",
		"MiB", "restarts", "errors");
	for (size_t i = 0; i < s->container_count; i++) {
		const struct container *c = &s->containers[i];

		buf_add_string(out, "  ");
		add_padded(out, c->name, NAME_MAX_WIDTH);
		buf_add_char(out, ' ');
		add_padded(out, c->state, 11);
		buf_add_char(out, ' ');
		add_padded(out, c->health, 9);
		buf_printf(out, " %8s %9s %8s %6s\n", show(c->cpu_percent, 1, "").text,
			show(c->mem_mb, 1, "").text, show(c->restarts, 0, "").text,
			show(c->error_count, 0, "").text);
	}
}

static void add_messages(struct buf *out, const char *label, const struct strings *messages)
{
	for (size_t i = 0; i < messages->count; i++) {
		buf_printf(out, "  %-8s  ", label);
		add_text(out, messages->items[i]);
		buf_add_char(out, '\n');
	}
}

/* What is wrong, and since when; what was wrong; what might be. */
static void add_alert_issues(struct buf *out, const struct snapshot *s)
{
	buf_printf(out, "\nIssues%s\n", s->alert.issue_count ? "" : ": none");
	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		bool is_ongoing = issue_is(issue, ISSUE_ONGOING);
		char since[CLOCK_TEXT];

		buf_printf(out, "  %-8s  ",
			is_ongoing || issue_is(issue, ISSUE_NEW) ? issue->severity : issue->state);
		add_text(out, issue->message);
		clock_format_short(issue->since_epoch, s->epoch - issue->since_epoch > 20 * 3600, since);
		if (is_ongoing)
			buf_printf(out, ", since %s", since);
		buf_add_char(out, '\n');
	}
}

static void add_snapshot(struct buf *out, const struct snapshot *s)
{
	char line[200];

	add_text(out, s->server);
	buf_printf(out, " at %.19s\n\n", s->timestamp);
	add_line(out, "CPU", show(s->cpu_percent, 1, "%").text);
	snprintf(line, sizeof(line), "%-9s %s of %s", show(s->ram_percent, 1, "%").text,
		show(s->ram_used_gb, 1, "").text, show(s->ram_total_gb, 1, "GiB").text);
	add_line(out, "RAM", line);
	if (s->swap_total_gb > 0) {
		snprintf(line, sizeof(line), "%.1f of %.1f GiB", s->swap_used_gb, s->swap_total_gb);
		add_line(out, "Swap", line);
	}
	add_load(out, &s->load_average, s->uptime);
	add_container_counts(out, s->containers_total, s->containers_running, s->containers_stopped,
		s->containers_unhealthy);
	if (s->docker.error)
		add_foreign_line(out, "Engine", s->docker.error);
	if (s->disk_count)
		buf_add_string(out, "\nDisks\n");
	for (size_t i = 0; i < s->disk_count; i++) {
		const struct disk *d = &s->disks[i];

		buf_add_string(out, "  ");
		add_padded(out, d->mount, NAME_MAX_WIDTH);
		buf_add_char(out, ' ');
		if (d->problem)
			add_text(out, d->problem);
		else
			buf_printf(out, "%8s  %s of %s", show(d->used_percent, 1, "%").text,
				show(d->used_gb, 1, "").text, show(d->total_gb, 1, "GiB").text);
		buf_add_char(out, '\n');
	}
	add_alert_issues(out, s);
	add_messages(out, "unknown", &s->problems);
	add_snapshot_containers(out, s);
}

static void add_delivery(struct buf *out, const struct delivery *d)
{
	if (d->is_delivered == FLAG_UNKNOWN)
		return;
	buf_printf(out, "%s to %s (%s)", d->is_delivered == FLAG_YES ? "Sent" : "Not sent", d->name, d->host);
	if (d->reason[0])
		buf_printf(out, ": %s", d->reason);
	buf_add_string(out, ".\n");
}

void render_outcome_text(struct buf *out, const struct outcome *outcome)
{
	if (outcome->snapshot)
		add_snapshot(out, outcome->snapshot);
	if (outcome->error) {
		buf_add_string(out, "\nFailed: ");
		text_clean(out, slice_of(outcome->error), OUTCOME_MAX);
		buf_add_char(out, '\n');
	} else if (!outcome->is_stored) {
		buf_add_string(out, "\nNot stored: a dry run.\n");
	} else {
		buf_add_string(out, "\nStored in ");
		text_clean(out, slice_of(outcome->history_file), OUTCOME_MAX);
		buf_printf(out, ", which holds %zu snapshot%s.\n", outcome->history.snapshots,
			outcome->history.snapshots == 1 ? "" : "s");
	}
	for (size_t i = 0; i < outcome->delivery_count; i++)
		add_delivery(out, &outcome->deliveries[i]);
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

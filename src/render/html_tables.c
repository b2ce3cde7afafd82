/* The tables of the HTML face. Each is whole without the script, which sorts by `data-sort` of a column and
 * `data-value` of a cell; on a phone a row becomes a card, in which `data-label` says what a number is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/html.h"
#include "render/show.h"

enum { ERRORS_MAX = 100 };

static void begin_table(struct buf *out, const char *class, const char *caption)
{
	buf_printf(out, "<table class=\"%s\" role=\"table\"><caption>%s</caption>\n", class, caption);
	buf_add_string(out, "<thead role=\"rowgroup\"><tr role=\"row\">");
}

/* `sort`: text, number, or NULL for a column that can't be sorted by. */
static void add_column(struct buf *out, const char *sort, const char *name)
{
	buf_add_string(out, "<th scope=\"col\" role=\"columnheader\"");
	if (sort)
		buf_printf(out, " class=\"%s\" data-sort=\"%s\"", sort, sort);
	buf_printf(out, ">%s</th>", name);
}

static void begin_rows(struct buf *out)
{
	buf_add_string(out, "</tr></thead>\n<tbody role=\"rowgroup\">\n");
}

static void begin_cell(struct buf *out, const char *class, const char *label)
{
	buf_printf(out, "<td role=\"cell\" class=\"%s\" data-label=\"%s\">", class, label);
}

/* A number, by which is sorted, and the text that is shown; what is none or nothing is pale. */
static void add_number(struct buf *out, const char *label, double value, const char *text)
{
	bool is_nothing = !isfinite(value) || value == 0;

	buf_printf(out, "<td role=\"cell\" class=\"number%s\" data-label=\"%s\"",
		is_nothing ? " nothing" : "", label);
	if (isfinite(value))
		buf_printf(out, " data-value=\"%.6g\"", value);
	buf_printf(out, ">%s</td>", text);
}

static void add_state(struct buf *out, const struct digest_container *c)
{
	begin_cell(out, "state", "Status");
	html_add_text(out, show_status(c));
	if (c->oom_kills > 0)
		buf_add_string(out, " <small>out of memory</small>");
	else if (c->exit_code > 0 && c->state && strcmp(c->state, "exited") == 0)
		buf_printf(out, " <small>exit code %s</small>", show(c->exit_code, 0, "").text);
	buf_add_string(out, "</td>");
}

static void add_container(struct html *page, const struct digest *d, const struct show_container *row)
{
	const struct digest_container *c = row->container;
	struct buf *out = page->out;

	buf_printf(out, "<tr role=\"row\" class=\"%s\"><th scope=\"row\" role=\"rowheader\">",
		html_severity(severity_name(row->severity)));
	if (row->severity != SEVERITY_OK)
		html_add_mark(out, severity_name(row->severity));
	html_add_text(out, c->name);
	buf_add_string(out, "</th>");
	add_state(out, c);
	begin_cell(out, "hours", "");
	html_add_bar(page, d, c->bar ? c->bar : "");
	buf_add_string(out, "</td>");
	add_number(out, "Up %", c->checks > c->checks_idle ? c->uptime_percent : MISSING,
		show_uptime(c, "").text);
	add_number(out, "Down", c->seconds_down, show_span(c->seconds_down).text);
	add_number(out, "Restarts", c->restarts + c->restarts_by_hand,
		show(c->restarts + c->restarts_by_hand, 0, "").text);
	add_number(out, "Crashes", c->crashes, show(c->crashes, 0, "").text);
	add_number(out, "Errors", c->error_count, show(c->error_count, 0, "").text);
	add_number(out, "CPU %", c->cpu_percent.avg, show(c->cpu_percent.avg, 1, "").text);
	add_number(out, "CPU max", c->cpu_percent.max, show(c->cpu_percent.max, 1, "").text);
	add_number(out, "Memory", c->mem_mb.avg, show_mb(c->mem_mb.avg).text);
	add_number(out, "Memory max", c->mem_mb.max, show_mb(c->mem_mb.max).text);
	buf_add_string(out, "</tr>\n");
}

void html_add_containers(struct html *page, const struct digest *d)
{
	struct buf *out = page->out;
	struct show_container *rows AUTO_FREE = show_containers(d);

	if (!d->container_count)
		return;
	buf_printf(out, "<section class=\"containers\"><h%d>Containers</h%d>\n", page->level, page->level);
	begin_table(out, "sortable wide", "What each container did and used; those with issues first");
	add_column(out, "text", "Container");
	add_column(out, "text", "Status");
	buf_add_string(out, "<th scope=\"col\" role=\"columnheader\" class=\"hours\"><span class=\"ends\">");
	html_add_time(out, d->from_epoch, html_needs_day(d));
	buf_add_string(out, "<span class=\"unseen\"> to </span>");
	html_add_time(out, d->to_epoch, html_needs_day(d));
	buf_add_string(out, "</span></th>");
	add_column(out, "number", "Up %");
	add_column(out, "number", "Down");
	add_column(out, "number", "Restarts");
	add_column(out, "number", "Crashes");
	add_column(out, "number", "Errors");
	add_column(out, "number", "CPU %");
	add_column(out, "number", "CPU max");
	add_column(out, "number", "Memory");
	add_column(out, "number", "Memory max");
	begin_rows(out);
	for (size_t i = 0; i < d->container_count; i++)
		add_container(page, d, &rows[i]);
	buf_add_string(out, "</tbody></table>\n");
	html_add_bar_legend(page);
	buf_add_string(out, "</section>\n");
}

/* An error message of a container. */
struct said {
	const struct digest_container *container;
	const struct digest_error *error;
};

/* The most frequent first, else in the order of the containers. */
static int by_count(const void *a, const void *b)
{
	const struct said *x = a, *y = b;

	if (x->error->count != y->error->count)
		return x->error->count > y->error->count ? -1 : 1;
	if (x->container != y->container)
		return x->container < y->container ? -1 : 1;
	return x->error < y->error ? -1 : x->error > y->error;
}

static void add_moment(struct buf *out, const char *label, double epoch, bool with_day)
{
	buf_printf(out, "<td role=\"cell\" class=\"number%s\" data-label=\"%s\"",
		isnan(epoch) ? " nothing" : "", label);
	if (isfinite(epoch))
		buf_printf(out, " data-value=\"%.0f\"", epoch);
	buf_add_char(out, '>');
	html_add_time(out, epoch, with_day);
	buf_add_string(out, "</td>");
}

static void add_error(struct buf *out, const struct digest *d, const struct said *said)
{
	bool with_day = html_needs_day(d);

	buf_add_string(out, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">");
	html_add_text(out, said->container->name);
	buf_add_string(out, "</th>");
	add_number(out, "Count", said->error->count, show(said->error->count, 0, "").text);
	begin_cell(out, "message", "");
	html_add_text(out, said->error->message);
	buf_add_string(out, "</td>");
	add_moment(out, "First", said->error->first_epoch, with_day);
	add_moment(out, "Last", said->error->last_epoch, with_day);
	buf_add_string(out, "</tr>\n");
}

static size_t count_errors(const struct digest *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->container_count; i++)
		count += d->containers[i].errors_count;
	return count;
}

void html_add_errors(struct html *page, const struct digest *d)
{
	size_t count = count_errors(d), used = 0;
	struct said *all AUTO_FREE = mem_alloc(count * sizeof(*all));
	struct buf *out = page->out;

	if (!count)
		return;
	for (size_t i = 0; i < d->container_count; i++)
		for (size_t k = 0; k < d->containers[i].errors_count; k++)
			all[used++] = (struct said){&d->containers[i], &d->containers[i].errors[k]};
	qsort(all, count, sizeof(*all), by_count);
	buf_printf(out, "<section class=\"errors\"><h%d>Errors in logs</h%d>\n", page->level, page->level);
	begin_table(out, "sortable", "Error lines of the containers&#39; logs, the most frequent first");
	add_column(out, "text", "Container");
	add_column(out, "number", "Count");
	add_column(out, "text", "Message");
	add_column(out, "number", "First");
	add_column(out, "number", "Last");
	begin_rows(out);
	for (size_t i = 0; i < count && i < ERRORS_MAX; i++)
		add_error(out, d, &all[i]);
	buf_add_string(out, "</tbody></table>\n");
	if (count > ERRORS_MAX)
		buf_printf(out, "<p class=\"more\">and %zu more messages</p>\n", count - ERRORS_MAX);
	buf_add_string(out, "</section>\n");
}

static double fullest_disk(const struct digest *d)
{
	double fullest = MISSING;

	for (size_t i = 0; i < d->disk_count; i++)
		fullest = fmax(fullest, d->disks[i].used_percent);
	return fullest;
}

static void add_server(struct buf *out, const struct digest *d, size_t number)
{
	const struct digest_current *now = &d->current;
	bool is_old = d->current.is_old;
	double cpu_percent = is_old ? MISSING : now->cpu_percent;
	double ram_percent = is_old ? MISSING : now->ram_percent;
	double disk_percent = is_old ? MISSING : fullest_disk(d);
	double running = is_old ? MISSING : now->containers_running;
	struct buf wrong AUTO_BUF = buf_new(SHOW_HEADLINE_MAX);
	double finished = now->containers_finished > 0 ? now->containers_finished : 0;
	char containers[200];

	snprintf(containers, sizeof(containers), "%s of %s%s%s%s", show(now->containers_running, 0, "").text,
		show(now->containers_total - finished, 0, "").text, finished > 0 ? ", " : "",
		finished > 0 ? show(finished, 0, "").text : "", finished > 0 ? " finished" : "");
	buf_printf(out, "<tr role=\"row\" class=\"%s\"><th scope=\"row\" role=\"rowheader\">",
		html_severity(d->severity));
	html_add_icon(out, d->severity);
	buf_printf(out, "<a href=\"#server-%zu\">", number);
	html_add_text(out, d->server);
	buf_add_string(out, "</a></th>");
	begin_cell(out, "state", "Status");
	buf_printf(out, "<b class=\"%s\">%s</b></td>", html_severity(d->severity),
		html_severity(d->severity));
	begin_cell(out, "message", "");
	show_headline(&wrong, d);
	html_add_text(out, wrong.data);
	buf_add_string(out, "</td>");
	add_number(out, "CPU %", cpu_percent, show(cpu_percent, 0, "").text);
	add_number(out, "RAM %", ram_percent, show(ram_percent, 0, "").text);
	add_number(out, "Disk %", disk_percent, show(disk_percent, 0, "").text);
	add_number(out, "Running", running,
		isnan(running) || isnan(now->containers_total) ? "n/a" : containers);
	buf_add_string(out, "</tr>\n");
}

void html_add_servers(struct html *page, const struct digest *digests, size_t count)
{
	struct buf *out = page->out;

	buf_add_string(out, "<nav aria-label=\"Servers\">\n");
	begin_table(out, "sortable wide servers",
		"The servers, the worst first, and what is wrong with each");
	add_column(out, "text", "Server");
	add_column(out, "text", "Status");
	add_column(out, NULL, "What is wrong");
	add_column(out, "number", "CPU %");
	add_column(out, "number", "RAM %");
	add_column(out, "number", "Fullest disk %");
	add_column(out, "number", "Running");
	begin_rows(out);
	for (size_t i = 0; i < count; i++)
		add_server(out, &digests[i], i + 1);
	buf_add_string(out, "</tbody></table></nav>\n");
}

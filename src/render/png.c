/* The report as a picture: of one server its day, of several a row each. Large letters: where it is shown it
 * is often as small as a hand. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "render/png.h"
#include "render/show.h"

/* Pixels. */
enum {
	WIDTH = 1000,
	MARGIN = 16,
	GAP = 10,
	PAD = 14,
	COLUMN_GAP = 40,
	TITLE_HEIGHT = 62,
	ISSUE_HEIGHT = 29,
	CHART_HEIGHT = 122,
	TICKS_HEIGHT = 24,
	CHARTS_WIDTH = 610,
	CHARTS_HEIGHT = 2 * CHART_HEIGHT + TICKS_HEIGHT + GAP,
	DISK_HEIGHT = 72,
	HEADING_HEIGHT = 38,
	STATUS_HEIGHT = 30,
	SERVER_HEIGHT = 132,
};
enum {
	ISSUES_MAX = 5,
	SERVER_ISSUES_MAX = 3,
	DISKS_MAX = 3,
	CONTAINERS_MAX = 12,
	SERVERS_MAX = 6,
	TICKS = 5
};

const char render_png_unavailable[] = "";

/* The disk that needs a look comes first: which it is, and the number of the first issue about it. */
struct ranked {
	size_t index, issue;
};

static size_t first_issue(const struct digest *d, const char *subject)
{
	size_t i = 0;

	while (i < d->problem_count && strcmp(d->problems[i].subject, subject) != 0)
		i++;
	return i;
}

static int by_issue(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->issue != y->issue)
		return x->issue < y->issue ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t count_issues(const struct digest *d)
{
	return show_count(d, SEVERITY_CRITICAL) + show_count(d, SEVERITY_WARNING);
}

/* `and 3 more` behind a list. */
static void draw_more(cairo_t *cairo, double x, double baseline, size_t count)
{
	char text[40];

	snprintf(text, sizeof(text), "and %zu more", count);
	draw_text(cairo, x, baseline, WIDTH,
		&(struct look){.size = 16, .color = COLOR_PALE, .is_right = true}, text);
}

/* The server and its severity. */
static void draw_name(cairo_t *cairo, double x, double baseline, double room, double size, const char *server,
	enum severity severity)
{
	const struct look name = {.size = size, .color = COLOR_TEXT, .is_bold = true};
	const struct look word = {.size = size * 0.8,
		.color = draw_severity_color(severity),
		.is_bold = true};
	static const char *const words[] = {
		[SEVERITY_OK] = "OK",
		[SEVERITY_INFO] = "OK",
		[SEVERITY_WARNING] = "WARNING",
		[SEVERITY_CRITICAL] = "CRITICAL",
	};

	draw_severity(cairo, x + size * 0.45, baseline - size * 0.36, size * 0.45, severity);
	x += size * 1.3;
	x += draw_text(cairo, x, baseline, room - size * 7, &name, server) + size * 0.6;
	draw_text(cairo, x, baseline, room, &word, words[severity]);
}

static void draw_issue(cairo_t *cairo, double x, double baseline, double room, double size,
	const struct digest_problem *problem)
{
	draw_severity(cairo, x + 9, baseline - 7, 8, severity_parse(problem->severity));
	draw_text(cairo, x + 28, baseline, room - 28, &(struct look){.size = size, .color = COLOR_TEXT},
		problem->message);
}

static double header_height(const struct digest *d)
{
	size_t shown = least(count_issues(d), ISSUES_MAX);

	return TITLE_HEIGHT + ISSUE_HEIGHT * (double)(shown ? shown : 1);
}

static void draw_span(cairo_t *cairo, double right, double baseline, const struct digest *d)
{
	char from[CLOCK_TEXT], to[CLOCK_TEXT], text[2 * CLOCK_TEXT + 8];

	clock_format_short(d->from_epoch, true, from);
	clock_format_short(d->to_epoch, true, to);
	snprintf(text, sizeof(text), "%s to %s", from, to);
	draw_text(cairo, right, baseline, WIDTH / 2.0,
		&(struct look){.size = 19, .color = COLOR_PALE, .is_right = true}, text);
}

/* What a stranger should know after two seconds. */
static void draw_header(cairo_t *cairo, const struct digest *d)
{
	enum severity severity = severity_parse(d->severity);
	size_t count = count_issues(d), shown = least(count, ISSUES_MAX);
	double height = header_height(d), x = MARGIN + PAD;

	draw_box(cairo, &(struct box){0, 0, WIDTH, height}, COLOR_CARD);
	draw_box(cairo, &(struct box){0, 0, 8, height}, draw_severity_color(severity));
	draw_name(cairo, x, 42, WIDTH - 400, 30, d->server, severity);
	draw_span(cairo, WIDTH - MARGIN, 40, d);
	for (size_t i = 0; i < shown; i++) /* the worst are the first */
		draw_issue(cairo, x, TITLE_HEIGHT + ISSUE_HEIGHT * ((double)i + 0.55),
			WIDTH - 2 * x - (i + 1 == shown && count > shown ? 110 : 0), 20, &d->problems[i]);
	if (count > shown)
		draw_more(cairo, WIDTH - MARGIN, height - ISSUE_HEIGHT * 0.45, count - shown);
	if (!count)
		draw_text(cairo, x, height - ISSUE_HEIGHT * 0.45, WIDTH / 2.0,
			&(struct look){.size = 20, .color = COLOR_TEXT}, "Nothing is wrong.");
}

static void draw_grid(cairo_t *cairo, const struct box *plot)
{
	for (int i = 0; i <= 2; i++)
		draw_box(cairo, &(struct box){plot->x, plot->y + round(plot->height * i / 2), plot->width, 1},
			COLOR_EDGE);
	for (int i = 0; i < TICKS; i++)
		draw_box(cairo,
			&(struct box){plot->x + round(plot->width * i / (TICKS - 1)), plot->y, 1,
				plot->height},
			COLOR_EDGE);
}

static void draw_chart(cairo_t *cairo, const struct box *card, const char *name, enum color color,
	const struct numbers *percents, const struct range *range, const char *now)
{
	struct box plot = {card->x + PAD, card->y + 36, card->width - 2 * PAD - 44, CHART_HEIGHT - 46};
	const struct look bold = {.size = 19, .color = color, .is_bold = true};
	struct look pale = {.size = 17, .color = COLOR_PALE, .is_right = true};
	double x = card->x + PAD, right = card->x + card->width - PAD, baseline = card->y + 25;
	char text[160];

	x += draw_text(cairo, x, baseline, 100, &bold, name) + 10;
	draw_text(cairo, x, baseline, 200, &(struct look){.size = 19, .color = COLOR_TEXT, .is_bold = true},
		now);
	snprintf(text, sizeof(text), "average %s, highest %s", show(range->avg, 1, "%").text,
		show(range->max, 1, "%").text);
	draw_text(cairo, right, baseline, 400, &pale, text);
	draw_grid(cairo, &plot);
	draw_line(cairo, &plot, percents, color);
	pale.size = 14;
	draw_text(cairo, right, plot.y + 10, 44, &pale, "100 %");
	draw_text(cairo, right, plot.y + plot.height, 44, &pale, "0 %");
}

static void draw_ticks(cairo_t *cairo, const struct box *card, const struct digest *d)
{
	double left = card->x + PAD, width = card->width - 2 * PAD - 44;

	for (int i = 0; i < TICKS; i++) {
		struct look look = {.size = 16, .color = COLOR_PALE, .is_right = i == TICKS - 1};
		double shift = i == 0 || i == TICKS - 1 ? 0 : 20;
		char text[CLOCK_TEXT];

		clock_format_short(d->from_epoch + (d->to_epoch - d->from_epoch) * i / (TICKS - 1),
			d->hours > 24, text);
		draw_text(cairo, left + width * i / (TICKS - 1) - shift, card->y + card->height - 10, 130,
			&look, text);
	}
}

static void draw_charts(cairo_t *cairo, double y, const struct digest *d)
{
	const struct box cpu = {MARGIN, y, CHARTS_WIDTH, CHART_HEIGHT};
	const struct box ram = {MARGIN, y + CHART_HEIGHT + GAP, CHARTS_WIDTH, CHART_HEIGHT + TICKS_HEIGHT};
	bool is_old = d->current.is_old;

	draw_card(cairo, &cpu);
	draw_chart(cairo, &cpu, "CPU", COLOR_CPU, &d->window.cpu_percent, &d->cpu_percent,
		is_old ? "" : show(d->current.cpu_percent, 1, "%").text);
	draw_card(cairo, &ram);
	draw_chart(cairo, &ram, "RAM", COLOR_RAM, &d->window.ram_percent, &d->ram_percent,
		is_old ? "" : show(d->current.ram_percent, 1, "%").text);
	draw_ticks(cairo, &ram, d);
}

static void draw_disk(cairo_t *cairo, const struct box *box, const struct digest *d,
	const struct digest_disk *disk)
{
	enum severity severity = show_severity_of(d, disk->mount);
	enum color color = severity >= SEVERITY_WARNING ? draw_severity_color(severity) : COLOR_DISK;
	const struct look value = {
		.size = 19,
		.color = severity >= SEVERITY_WARNING ? color : COLOR_TEXT,
		.is_bold = true,
		.is_right = true,
	};
	double used = draw_text(cairo, box->x + box->width, box->y + 16, 120, &value,
		show(disk->used_percent, 1, "%").text);
	char text[160] = "", when[CLOCK_TEXT];

	draw_text(cairo, box->x, box->y + 16, box->width - used - 12,
		&(struct look){.size = 19, .color = COLOR_TEXT}, disk->mount);
	draw_level(cairo, &(struct box){box->x, box->y + 25, box->width, 12}, disk->used_percent, color);
	if (disk->problem)
		snprintf(text, sizeof(text), "%.100s", disk->problem);
	else if (isfinite(disk->used_gb))
		snprintf(text, sizeof(text), "%s", show_used(disk->used_gb, disk->total_gb).text);
	if (isfinite(disk->full_epoch)) {
		size_t len = strlen(text);

		clock_format_day(disk->full_epoch, when);
		snprintf(text + len, sizeof(text) - len, "%sfull %s", len ? ", " : "", when);
	}
	draw_text(cairo, box->x, box->y + 55, box->width, &(struct look){.size = 16, .color = COLOR_PALE},
		text);
}

static void draw_disks(cairo_t *cairo, double y, const struct digest *d)
{
	const double x = MARGIN + CHARTS_WIDTH + GAP;
	const struct box card = {x, y, WIDTH - MARGIN - x, CHARTS_HEIGHT};
	struct ranked *ranked AUTO_FREE = mem_alloc(d->disk_count * sizeof(*ranked));
	size_t shown = least(d->disk_count, DISKS_MAX);

	for (size_t i = 0; i < d->disk_count; i++)
		ranked[i] = (struct ranked){i, first_issue(d, d->disks[i].mount)};
	qsort(ranked, d->disk_count, sizeof(*ranked), by_issue);
	draw_card(cairo, &card);
	draw_text(cairo, x + PAD, y + 25, 200,
		&(struct look){.size = 19, .color = COLOR_TEXT, .is_bold = true}, "Disks");
	if (d->disk_count > shown)
		draw_more(cairo, card.x + card.width - PAD, y + 25, d->disk_count - shown);
	for (size_t i = 0; i < shown; i++) {
		const struct box box = {x + PAD, y + 44 + DISK_HEIGHT * (double)i, card.width - 2 * PAD,
			DISK_HEIGHT};

		draw_disk(cairo, &box, d, &d->disks[ranked[i].index]);
	}
}

static double containers_height(const struct digest *d)
{
	size_t rows = (least(d->container_count, CONTAINERS_MAX) + 1) / 2;

	return rows ? HEADING_HEIGHT + STATUS_HEIGHT * (double)rows + 8 : 0;
}

static void draw_container(cairo_t *cairo, const struct box *box, const struct show_container *row)
{
	const struct digest_container *c = row->container;
	const bool is_bad = row->severity >= SEVERITY_WARNING;
	const struct look look = {
		.size = 19,
		.color = is_bad ? draw_severity_color(row->severity) : COLOR_TEXT,
		.is_bold = is_bad,
	};
	const double name_width = 180;

	draw_text(cairo, box->x, box->y + 17, name_width - 12, &look, c->name);
	draw_status(cairo, &(struct box){box->x + name_width, box->y + 1, box->width - name_width, 20},
		c->bar);
}

static void draw_containers(cairo_t *cairo, double y, const struct digest *d)
{
	const struct box card = {MARGIN, y, WIDTH - 2 * MARGIN, containers_height(d)};
	struct show_container *ranked AUTO_FREE = show_containers(d);
	size_t shown = least(d->container_count, CONTAINERS_MAX), rows = (shown + 1) / 2;
	double column = (card.width - 2 * PAD - COLUMN_GAP) / 2;
	char text[40] = "Containers";

	draw_card(cairo, &card);
	if (d->container_count > shown)
		snprintf(text, sizeof(text), "Containers, %zu of %zu", shown, d->container_count);
	draw_text(cairo, card.x + PAD, y + 25, 300,
		&(struct look){.size = 19, .color = COLOR_TEXT, .is_bold = true}, text);
	draw_status_legend(cairo, card.x + card.width - PAD, y + 25);
	for (size_t i = 0; i < shown; i++) {
		size_t side = i / rows;
		const struct box box = {card.x + PAD + (column + COLUMN_GAP) * (double)side,
			y + HEADING_HEIGHT + STATUS_HEIGHT * (double)(i % rows), column, STATUS_HEIGHT};

		draw_container(cairo, &box, &ranked[i]);
	}
}

static void draw_day(cairo_t *cairo, const struct digest *d)
{
	double y = header_height(d) + GAP;

	draw_header(cairo, d);
	draw_charts(cairo, y, d);
	draw_disks(cairo, y, d);
	if (d->container_count)
		draw_containers(cairo, y + CHARTS_HEIGHT + GAP, d);
}

static double day_height(const struct digest *d)
{
	double containers = containers_height(d);

	return header_height(d) + GAP + CHARTS_HEIGHT + (containers > 0 ? GAP + containers : 0) + MARGIN;
}

/* A line of a server's row: `CPU 20.0 %` above it. */
static void draw_small(cairo_t *cairo, const struct box *box, const char *name, enum color color,
	const struct numbers *percents, const char *now)
{
	const struct box plot = {box->x, box->y + 26, box->width, box->height - 26};
	double x = box->x;

	x += draw_text(cairo, x, box->y + 16, 80, &(struct look){.size = 19, .color = color, .is_bold = true},
		     name) +
	     8;
	draw_text(cairo, x, box->y + 16, 120, &(struct look){.size = 19, .color = COLOR_TEXT}, now);
	draw_grid(cairo, &plot);
	draw_line(cairo, &plot, percents, color);
}

static void draw_server(cairo_t *cairo, double y, const struct digest *d)
{
	const struct box card = {MARGIN, y, WIDTH - 2 * MARGIN, SERVER_HEIGHT};
	enum severity severity = severity_parse(d->severity);
	bool is_old = d->current.is_old;
	size_t count = count_issues(d), shown = least(count, SERVER_ISSUES_MAX);
	double x = MARGIN + PAD + 6, room = 590;

	draw_card(cairo, &card);
	draw_box(cairo, &(struct box){MARGIN, y, 8, SERVER_HEIGHT}, draw_severity_color(severity));
	draw_name(cairo, x, y + 30, room, 22, d->server, severity);
	for (size_t i = 0; i < shown; i++)
		draw_issue(cairo, x, y + 62 + 27 * (double)i, room, 18, &d->problems[i]);
	if (count > shown)
		draw_more(cairo, x + room, y + 28, count - shown);
	if (!count)
		draw_text(cairo, x, y + 62, room, &(struct look){.size = 20, .color = COLOR_TEXT},
			"Nothing is wrong.");
	draw_small(cairo, &(struct box){x + room + 18, y + 12, 156, SERVER_HEIGHT - 24}, "CPU", COLOR_CPU,
		&d->window.cpu_percent, is_old ? "" : show(d->current.cpu_percent, 1, "%").text);
	draw_small(cairo, &(struct box){x + room + 190, y + 12, 156, SERVER_HEIGHT - 24}, "RAM", COLOR_RAM,
		&d->window.ram_percent, is_old ? "" : show(d->current.ram_percent, 1, "%").text);
}

static void draw_servers(cairo_t *cairo, const struct digest *digests, size_t count)
{
	size_t shown = least(count, SERVERS_MAX);
	char text[80];

	snprintf(text, sizeof(text), "%zu servers%s", count, count > shown ? ", the worst of them" : "");
	draw_text(cairo, MARGIN, 36, 500, &(struct look){.size = 26, .color = COLOR_TEXT, .is_bold = true},
		text);
	draw_span(cairo, WIDTH - MARGIN, 36, digests);
	for (size_t i = 0; i < shown; i++)
		draw_server(cairo, 54 + (SERVER_HEIGHT + GAP) * (double)i, &digests[i]);
}

static double servers_height(size_t count)
{
	return 54 + (SERVER_HEIGHT + GAP) * (double)least(count, SERVERS_MAX) + MARGIN - GAP;
}

void render_report_png(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	double height = count > 1 ? servers_height(count) : day_height(digests);
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, (int)height);
	cairo_t *cairo = cairo_create(surface);

	(void)style;
	draw_box(cairo, &(struct box){0, 0, WIDTH, height}, COLOR_GROUND);
	if (count > 1)
		draw_servers(cairo, digests, count);
	else
		draw_day(cairo, digests);
	cairo_surface_flush(surface);
	if (cairo_status(cairo) == CAIRO_STATUS_SUCCESS) /* a row of four-byte pixels has no padding */
		png_encode(out, (const uint32_t *)(const void *)cairo_image_surface_get_data(surface), WIDTH,
			(size_t)height);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
}

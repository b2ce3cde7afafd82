/* Charts and status bars as SVG, each with its numbers in words. They are stretched to the room there is, so
 * what is text stands beside them. */
#include <math.h>
#include <string.h>

#include "asmo/clock.h"
#include "render/html.h"
#include "render/show.h"

enum { STEP_WIDTH = 10, CHART_HEIGHT = 100, BAR_HEIGHT = 20 };

bool html_has_values(const struct numbers *line)
{
	for (size_t i = 0; i < line->count; i++)
		if (isfinite(line->items[i]))
			return true;
	return false;
}

static double round_up(double value)
{
	double unit = pow(10, floor(log10(value)));

	if (value <= unit)
		return unit;
	return value <= 2 * unit ? 2 * unit : value <= 5 * unit ? 5 * unit : 10 * unit;
}

double html_chart_top(const struct numbers *a, const struct numbers *b)
{
	double largest = 1;

	for (size_t i = 0; i < a->count; i++)
		largest = fmax(largest, isfinite(a->items[i]) ? a->items[i] : 0);
	for (size_t i = 0; i < b->count; i++)
		largest = fmax(largest, isfinite(b->items[i]) ? b->items[i] : 0);
	return largest > 1024 ? 1024 * round_up(largest / 1024) : round_up(largest);
}

static double height_of(const struct html_chart *chart, double value)
{
	return fmin(fmax(value / chart->max, 0), 1) * CHART_HEIGHT;
}

/* A run of steps that are measured, each as long as it lasted; `closed`: down to the bottom at both ends. */
static size_t add_run(struct buf *out, const struct html_chart *chart, const struct numbers *line,
	size_t first, bool closed)
{
	size_t i = first;

	for (; i < line->count && isfinite(line->items[i]); i++) {
		double y = CHART_HEIGHT - height_of(chart, line->items[i]);

		if (i == first && closed)
			buf_printf(out, "M%zu %dV%.1f", STEP_WIDTH * i, CHART_HEIGHT, y);
		else if (i == first)
			buf_printf(out, "M%zu %.1f", STEP_WIDTH * i, y);
		else
			buf_printf(out, "V%.1f", y);
		buf_printf(out, "H%zu", STEP_WIDTH * (i + 1));
	}
	if (closed)
		buf_printf(out, "V%dZ", CHART_HEIGHT);
	return i;
}

static void add_path(struct buf *out, const struct html_chart *chart, const struct numbers *line,
	const char *class, bool closed)
{
	buf_printf(out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < line->count;) {
		if (isfinite(line->items[i]))
			i = add_run(out, chart, line, i, closed);
		else
			i++;
	}
	buf_add_string(out, "\"/>");
}

/* Where nothing was measured. */
static void add_gaps(struct buf *out, const struct numbers *line)
{
	for (size_t i = 0, first; i < line->count; i++) {
		if (isfinite(line->items[i]))
			continue;
		for (first = i; i < line->count && !isfinite(line->items[i]); i++)
			;
		buf_printf(out, "<rect class=\"gap\" x=\"%zu\" width=\"%zu\" height=\"%d\"/>",
			STEP_WIDTH * first, STEP_WIDTH * (i - first), CHART_HEIGHT);
	}
}

static void add_in_words(struct buf *out, const struct html_chart *chart, const struct numbers *line)
{
	double sum = 0, min = (double)INFINITY, max = -(double)INFINITY, last = MISSING;
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++) {
		if (!isfinite(line->items[i]))
			continue;
		last = line->items[i];
		sum += last;
		min = fmin(min, last);
		max = fmax(max, last);
		count++;
	}
	if (!count) {
		buf_add_string(out, "not measured");
		return;
	}
	buf_printf(out, "average %s, ", chart->show(sum / (double)count).text);
	buf_printf(out, "lowest %s, ", chart->show(min).text);
	buf_printf(out, "highest %s, ", chart->show(max).text);
	buf_printf(out, "at the end %s", chart->show(last).text);
	if (count < line->count)
		buf_printf(out, "; not measured in %zu of %zu parts", line->count - count, line->count);
}

static void add_description(struct html *page, const struct html_chart *chart)
{
	size_t id = page->next_id++;
	size_t steps = chart->lines[0]->count;
	double to_epoch = chart->from_epoch + chart->step_seconds * (double)steps;
	struct buf *out = page->out;
	char from[CLOCK_TEXT], to[CLOCK_TEXT];

	clock_format_short(chart->from_epoch, true, from);
	clock_format_short(to_epoch, true, to);
	buf_printf(out,
		"<svg class=\"chart\" role=\"img\" aria-labelledby=\"t%zu d%zu\" viewBox=\"0 0 %zu %d\" ", id,
		id, STEP_WIDTH * steps, CHART_HEIGHT);
	buf_printf(out, "preserveAspectRatio=\"none\"><title id=\"t%zu\">", id);
	html_add_text(out, chart->subject);
	buf_printf(out, ", %s to %s</title><desc id=\"d%zu\">", from, to, id);
	for (size_t i = 0; i < 2 && chart->lines[i]; i++) {
		buf_printf(out, "%s%s%s", i ? ". " : "", chart->names[i] ? chart->names[i] : "",
			chart->names[i] ? ": " : "");
		add_in_words(out, chart, chart->lines[i]);
	}
	buf_add_string(out, "</desc>");
}

static void add_grid(struct buf *out, const struct html_chart *chart)
{
	size_t width = STEP_WIDTH * chart->lines[0]->count;

	buf_printf(out, "<path class=\"grid\" d=\"M0 %dH%zu", CHART_HEIGHT / 2, width);
	for (size_t i = 1; i + 1 < chart->ticks; i++)
		buf_printf(out, "M%zu 0V%d", width * i / (chart->ticks - 1), CHART_HEIGHT);
	buf_add_string(out, "\"/>");
}

static void add_ticks(struct buf *out, const struct html_chart *chart)
{
	double span = chart->step_seconds * (double)chart->lines[0]->count;

	buf_add_string(out, "<div class=\"ticks\" aria-hidden=\"true\">");
	for (size_t i = 0; i < chart->ticks; i++) {
		char when[CLOCK_TEXT];

		clock_format_short(chart->from_epoch + span * (double)i / (double)(chart->ticks - 1),
			chart->by_day || chart->with_day, when);
		buf_printf(out, "<span>%.*s</span>", chart->by_day ? 6 : CLOCK_TEXT, when);
	}
	buf_add_string(out, "</div>");
}

void html_add_chart(struct html *page, const struct html_chart *chart)
{
	struct buf *out = page->out;

	buf_printf(out, "<div class=\"plot%s\"><div class=\"scale\" aria-hidden=\"true\">",
		chart->by_day ? " week" : "");
	buf_printf(out, "<span>%s</span><span>%s</span></div>", chart->show(chart->max).text, chart->span);
	add_description(page, chart);
	add_gaps(out, chart->lines[0]);
	add_grid(out, chart);
	add_path(out, chart, chart->lines[0], "area", true);
	add_path(out, chart, chart->lines[0], "line", false);
	if (chart->lines[1])
		add_path(out, chart, chart->lines[1], "line second", false);
	buf_add_string(out, "</svg>");
	add_ticks(out, chart);
	buf_add_string(out, "</div>\n");
}

/* What the letters of a bar are; the higher, the worse, so that it is seen without colours as well. */
static const struct {
	char letter;
	int height;
	const char *class, *words;
} states[] = {
	{'u', 8, "up", "up"},
	{'r', 13, "fell", "up but for a restart"},
	{'x', 17, "sick", "unhealthy"},
	{'d', 20, "down", "down"},
	{'i', 3, "idle", "idle"},
	{'?', 20, "gap", "not known"},
};
enum { STATES = sizeof(states) / sizeof(states[0]) };

static const char *words_of(char letter)
{
	for (size_t i = 0; i < STATES; i++)
		if (states[i].letter == letter)
			return states[i].words;
	return "not known";
}

/* `10:00 to 01:00 up, 01:00 to 10:00 down` */
static void add_bar_in_words(struct buf *out, const struct digest *digest, const char *letters)
{
	double step = (digest->to_epoch - digest->from_epoch) / CHART_BAR_STEPS;
	bool with_day = html_needs_day(digest);

	for (size_t i = 0, first; letters[i]; i = first) {
		char from[CLOCK_TEXT], to[CLOCK_TEXT];

		for (first = i; letters[first] == letters[i]; first++)
			;
		clock_format_short(digest->from_epoch + step * (double)i, with_day, from);
		clock_format_short(digest->from_epoch + step * (double)first, with_day, to);
		buf_printf(out, "%s%s to %s %s", i ? ", " : "", from, to, words_of(letters[i]));
	}
}

static void add_bar_path(struct buf *out, const char *letters, size_t state)
{
	int height = states[state].height;

	if (!strchr(letters, states[state].letter))
		return;
	buf_printf(out, "<path class=\"%s\" d=\"", states[state].class);
	for (size_t i = 0; letters[i]; i++)
		if (letters[i] == states[state].letter)
			buf_printf(out, "M%zu %dv-%dh%dv%dz", STEP_WIDTH * i, BAR_HEIGHT, height,
				STEP_WIDTH - 2, height);
	buf_add_string(out, "\"/>");
}

void html_add_bar(struct html *page, const struct digest *digest, const char *letters)
{
	struct buf *out = page->out;
	size_t id = page->next_id++;

	buf_printf(out, "<svg class=\"bar\" role=\"img\" aria-labelledby=\"t%zu\" viewBox=\"0 0 %d %d\" ", id,
		STEP_WIDTH * CHART_BAR_STEPS - 2, BAR_HEIGHT);
	buf_printf(out, "preserveAspectRatio=\"none\"><title id=\"t%zu\">", id);
	add_bar_in_words(out, digest, letters);
	buf_add_string(out, "</title>");
	for (size_t i = 0; i < STATES; i++)
		add_bar_path(out, letters, i);
	buf_add_string(out, "</svg>");
}

void html_add_bar_legend(struct html *page)
{
	buf_add_string(page->out, "<ul class=\"legend\">");
	for (size_t i = 0; i < STATES; i++) {
		const char letter[2] = {states[i].letter};

		buf_printf(page->out, "<li><svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", STEP_WIDTH - 2,
			BAR_HEIGHT);
		add_bar_path(page->out, letter, i);
		buf_printf(page->out, "</svg>%s</li>", states[i].words);
	}
	buf_add_string(page->out, "</ul>\n");
}

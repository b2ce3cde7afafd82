/* From snapshots to the lines of the charts and the containers' status bars. */
#include <string.h>

#include "asmo/event.h"
#include "report/collect.h"

/* A sample says nothing of the time before that. */
static const double sample_reach_seconds = 2 * 3600;

static const char bar_letters[] = {'?', 'i', 'u', 'x', 'd'};
enum { UNKNOWN, IDLE, UP, UNHEALTHY, DOWN };

void chart_init(struct chart *chart, struct arena *arena, double from_epoch, double to_epoch, size_t steps)
{
	*chart = (struct chart){from_epoch, (to_epoch - from_epoch) / (double)steps, steps, {0}, {0}, {0},
		{0}};
	line_init(&chart->cpu, chart, arena);
	line_init(&chart->ram, chart, arena);
	line_init(&chart->rx, chart, arena);
	line_init(&chart->tx, chart, arena);
}

void line_init(struct line *line, const struct chart *chart, struct arena *arena)
{
	line->sums = arena_array(arena, chart->steps, sizeof(double));
	line->seconds = arena_array(arena, chart->steps, sizeof(double));
	for (size_t i = 0; i < chart->steps; i++)
		line->sums[i] = line->seconds[i] = 0;
}

/* The first step that lies in the time at least in part, or the number of steps. */
static size_t first_step(const struct chart *chart, double from_epoch, double to_epoch)
{
	double first = floor((from_epoch - chart->from_epoch) / chart->step_seconds);

	if (!(to_epoch > chart->from_epoch) || !(first < (double)chart->steps))
		return chart->steps;
	return first > 0 ? (size_t)first : 0;
}

static double overlap(const struct chart *chart, size_t step, double from_epoch, double to_epoch)
{
	double begin = chart->from_epoch + (double)step * chart->step_seconds;

	return fmin(to_epoch, begin + chart->step_seconds) - fmax(from_epoch, begin);
}

void line_add(struct line *line, const struct chart *chart, double from_epoch, double to_epoch, double value)
{
	double part;

	if (isnan(value))
		return;
	for (size_t i = first_step(chart, from_epoch, to_epoch);
		i < chart->steps && (part = overlap(chart, i, from_epoch, to_epoch)) > 0; i++) {
		line->sums[i] += value * part;
		line->seconds[i] += part;
	}
}

struct numbers line_values(const struct line *line, const struct chart *chart, struct arena *arena)
{
	struct numbers values = {arena_array(arena, chart->steps, sizeof(double)), chart->steps};

	for (size_t i = 0; i < chart->steps; i++)
		values.items[i] =
			line->sums && line->seconds[i] > 0 ? line->sums[i] / line->seconds[i] : MISSING;
	return values;
}

double chart_reach(double before_epoch, double epoch)
{
	double since = epoch - before_epoch;

	return epoch - (since > 0 && since <= sample_reach_seconds ? since : 1);
}

void chart_add(struct chart *chart, double from_epoch, const struct snapshot *s)
{
	bool has_average = !isnan(s->cpu_avg_percent);

	line_add(&chart->cpu, chart, from_epoch, s->epoch, has_average ? s->cpu_avg_percent : s->cpu_percent);
	line_add(&chart->ram, chart, from_epoch, s->epoch, s->ram_percent);
	line_add(&chart->rx, chart, from_epoch, s->epoch, s->net_rx_kb_per_second);
	line_add(&chart->tx, chart, from_epoch, s->epoch, s->net_tx_kb_per_second);
}

struct digest_chart chart_finish(const struct chart *chart, struct arena *arena)
{
	return (struct digest_chart){chart->from_epoch, chart->step_seconds,
		line_values(&chart->cpu, chart, arena), line_values(&chart->ram, chart, arena),
		line_values(&chart->rx, chart, arena), line_values(&chart->tx, chart, arena)};
}

static int state_of(const struct container *c)
{
	if (container_is_running(c))
		return c->status && strcmp(c->status, "unhealthy") == 0 ? UNHEALTHY : UP;
	return report_is_idle(c) ? IDLE : DOWN;
}

static void bar_span(struct bar *bar, const struct chart *chart, double from_epoch, double to_epoch,
	int state)
{
	double part;

	for (size_t i = first_step(chart, from_epoch, to_epoch);
		i < CHART_BAR_STEPS && (part = overlap(chart, i, from_epoch, to_epoch)) > 0; i++)
		bar->seconds[i][state] += part;
}

/* Between two looks the engine's own times say when it changed: it ran until it ended, and was down until it
 * started. */
void bar_add(struct bar *bar, const struct chart *chart, double from_epoch, double to_epoch,
	const struct container *c)
{
	double started = event_time(c->started_at), finished = event_time(c->finished_at);
	int state = state_of(c);
	bool has_started = started > from_epoch && started < to_epoch;
	bool has_finished = finished > from_epoch && finished < to_epoch;

	if (container_is_running(c) && has_started) {
		if (has_finished && finished < started) {
			bar_span(bar, chart, from_epoch, finished, UP);
			bar_span(bar, chart, finished, started, DOWN);
			if (finished >= chart->from_epoch) /* a time of the window */
				bar->fell[first_step(chart, finished, to_epoch)] = true;
		}
		from_epoch = started;
	} else if (!container_is_running(c) && has_finished) {
		bar_span(bar, chart, has_started && started < finished ? started : from_epoch, finished, UP);
		from_epoch = finished;
	}
	bar_span(bar, chart, from_epoch, to_epoch, state);
}

char *bar_letters_of(const struct bar *bar, struct arena *arena)
{
	char *letters = arena_alloc(arena, CHART_BAR_STEPS + 1);

	for (size_t i = 0; i < CHART_BAR_STEPS; i++) {
		int most = UNKNOWN;

		for (int state = IDLE; state <= DOWN; state++)
			if (bar->seconds[i][state] > bar->seconds[i][most])
				most = state;
		letters[i] = bar->fell[i] && most == UP ? 'r' : bar_letters[most];
	}
	letters[CHART_BAR_STEPS] = '\0';
	return letters;
}

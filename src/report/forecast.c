#include "report/forecast.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "asmo/field.h"
#include "asmo/mem.h"

enum {
	POINTS_MIN = 24,
	BINS = 64, /* what is fitted: the medians of so many spans of time */
	BINS_MIN = 20,
	PAIRS = BINS * (BINS - 1) / 2,
};

static const double day_seconds = 86400;
static const double days_min = 2, days_ahead_max = 60;

/* How much a line is trusted. Chosen so that of the series of tests/unit/test_forecast.c hardly one gets a
 * wrong forecast, and most of those that grow evenly get one. */
static const double scatter_max = 0.07; /* nine of ten points are this near the line, as part of the rise */
static const double end_max = 0.03;     /* so is the last one, or else within twice what nine of ten are */
static const double slowing_min = 0.75; /* slope of the second half by that of the first */
static const double growth_min = 0.1;   /* of what it is now */

/* How much a forecast is trusted. */
static const double bend_max = 0.15; /* it comes so much sooner or later by a curve than by the line */
static const double scatter_days_max = 0.1, scatter_days_free = 0.2; /* of the days ahead; always allowed */

void forecast_add(struct forecast_series *s, double epoch, double value)
{
	if (isnan(value) || isnan(epoch) || (s->count && !(epoch > s->epochs[s->count - 1])))
		return;
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->epochs = mem_resize(s->epochs, s->room * sizeof(*s->epochs));
		s->values = mem_resize(s->values, s->room * sizeof(*s->values));
	}
	s->epochs[s->count] = epoch;
	s->values[s->count++] = value;
}

void forecast_clear(struct forecast_series *s)
{
	s->count = 0;
}

void forecast_release(struct forecast_series *s)
{
	free(s->epochs);
	free(s->values);
	*s = (struct forecast_series){0};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
static double quantile(double *values, size_t count, double part)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[(size_t)((double)(count - 1) * part + 0.5)];
}

/* Points in days and the series' unit, the last one at day 0. */
struct points {
	double day[BINS], value[BINS];
	size_t count;
};

/* The medians of equal spans of time, so that the work does not grow with the history. */
static void thin(const struct forecast_series *s, struct points *p)
{
	double first = s->epochs[0], last = s->epochs[s->count - 1];
	double width = (last - first) / BINS;
	double *values AUTO_FREE = mem_alloc(s->count * sizeof(*values));
	size_t i = 0;

	p->count = 0;
	for (int bin = 1; bin <= BINS && i < s->count; bin++) {
		double end = bin == BINS ? last : first + bin * width, time = 0;
		size_t n = 0;

		for (; i < s->count && s->epochs[i] <= end; i++) {
			values[n++] = s->values[i];
			time += s->epochs[i] - last;
		}
		if (!n)
			continue;
		p->day[p->count] = time / (double)n / day_seconds;
		p->value[p->count++] = quantile(values, n, 0.5);
	}
}

/* The median slope of the points between two days. */
static double slope_between(const struct points *p, double from, double to)
{
	double slopes[PAIRS];
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		for (size_t k = i + 1; k < p->count && p->day[i] >= from && p->day[k] <= to; k++)
			slopes[count++] = (p->value[k] - p->value[i]) / (p->day[k] - p->day[i]);
	return count ? quantile(slopes, count, 0.5) : MISSING;
}

/* A line that is believed. */
struct trend {
	double per_day, days;
	double last;                    /* what it is, without its noise */
	double scatter_days;            /* that nine of ten points are before or behind the line */
	double first_half, second_half; /* slopes */
};

static bool find_trend(const struct forecast_series *s, struct trend *ret)
{
	double slope, level, days, scatter, rests[BINS];
	struct points p;

	if (s->count < POINTS_MIN || s->epochs[s->count - 1] - s->epochs[0] < days_min * day_seconds)
		return false;
	thin(s, &p);
	if (p.count < BINS_MIN)
		return false;
	slope = slope_between(&p, -(double)INFINITY, (double)INFINITY);
	if (!(slope > 0))
		return false;
	days = -p.day[0];
	for (size_t i = 0; i < p.count; i++)
		rests[i] = p.value[i] - slope * p.day[i];
	level = quantile(rests, p.count, 0.5);
	for (size_t i = 0; i < p.count; i++)
		rests[i] = fabs(p.value[i] - slope * p.day[i] - level);
	scatter = quantile(rests, p.count, 0.9);
	if (scatter > scatter_max * slope * days ||
		fabs(s->values[s->count - 1] - level) > fmax(2 * scatter, end_max * slope * days))
		return false;
	*ret = (struct trend){
		.per_day = slope,
		.days = days,
		.last = level,
		.scatter_days = scatter / slope,
		.first_half = slope_between(&p, -days, -days / 2),
		.second_half = slope_between(&p, -days / 2, 0),
	};
	return true;
}

/* The days to a rise if the slope goes on changing by the same factor a day; INFINITY if it never comes. */
static double days_by_curve(const struct trend *t, double rise)
{
	double bend = log(t->second_half / t->first_half) / (t->days / 2);
	double slope = t->second_half * exp(bend * t->days / 4);

	if (fabs(bend) < 1e-9)
		return rise / slope;
	return rise * bend / slope > -1 ? log1p(rise * bend / slope) / bend : (double)INFINITY;
}

struct forecast forecast_full(const struct forecast_series *s, double capacity)
{
	struct forecast none = {MISSING, MISSING};
	struct trend trend;
	double days, by_curve;

	if (!find_trend(s, &trend) || !(capacity > trend.last))
		return none;
	days = (capacity - trend.last) / trend.per_day;
	by_curve = days_by_curve(&trend, capacity - trend.last);
	if (days > days_ahead_max || trend.scatter_days > fmax(scatter_days_free, scatter_days_max * days) ||
		!(fabs(by_curve - days) <= bend_max * days))
		return none;
	return (struct forecast){s->epochs[s->count - 1] + days * day_seconds, trend.per_day};
}

struct growth forecast_growth(const struct forecast_series *s)
{
	struct growth none = {MISSING, MISSING};
	struct trend trend;

	if (!find_trend(s, &trend) || trend.per_day * trend.days < growth_min * trend.last ||
		trend.second_half < slowing_min * trend.first_half)
		return none;
	return (struct growth){trend.per_day, (s->epochs[s->count - 1] - s->epochs[0]) / day_seconds};
}

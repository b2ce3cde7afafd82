/* Forecasts over series of which the truth is known: each is a process that goes on, so that what was said
 * can be compared with what came. */
#include "../support/unit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/forecast.h"

enum { HOURS_MAX = 21 * 24, AHEAD = 120 * 24, SERIES_OF_EACH = 400 };

static const double hour = 3600, start = 1768125600;

static uint64_t seed;

static double uniform(double from, double to)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return from + (to - from) * (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform(1e-12, 1))) * cos(2 * 3.14159265358979 * uniform(0, 1));
}

/* What a series is made of; all by the hour, and by the scale of its own. */
struct process {
	int hours;                /* that are history */
	double level;             /* at the start */
	double slope;             /* a day */
	double noise;             /* of the measurement */
	double wander;            /* standard deviation of an hour's step */
	double capacity;          /* MISSING: chosen so that the slope comes to it in 1 to 80 days */
	double daily;             /* height of a daily cycle */
	double tooth_days, tooth; /* a saw tooth: its period and its height */
	double step, step_at;     /* a jump, and when, as part of the history */
	double stop_at, begin_at; /* the slope holds between these, as parts of the history */
	double half_life_days;    /* of the slope; negative: it doubles in that */
	double burst_a_day;       /* the slope comes in so many copies a day; 0: evenly */
	double nightly;           /* the slope comes at night, all at once */
	double outliers;          /* part of the points that are anything */
	double gap_from, gap_to;  /* no points here, as parts of the history */
	double quantum;           /* of what is stored */
	bool is_free_on_weekends;
};

typedef void make(struct process *p);

static void flat(struct process *p)
{
	p->slope = 0;
	p->noise = uniform(0, 5);
}
static void steady(struct process *p)
{
	p->noise = uniform(0, 0.1) * p->slope;
}
static void noisy(struct process *p)
{
	p->noise = uniform(0.1, 3) * p->slope;
}
static void slow(struct process *p)
{
	p->capacity = p->level + p->slope * uniform(130, 1000);
}
static void shrinking(struct process *p)
{
	p->slope = -uniform(0.1, 5);
	p->level = 500;
}
static void rotation(struct process *p)
{
	p->tooth_days = uniform(0.5, 1.5);
	p->tooth = p->slope * p->tooth_days;
	p->slope = 0;
}
static void weekly_rotation(struct process *p)
{
	p->tooth_days = uniform(1.5, 0.8 * p->hours / 24);
	p->tooth = p->slope * p->tooth_days;
	p->slope = 0;
}
static void rotation_and_growth(struct process *p)
{
	p->tooth_days = uniform(0.5, 3);
	p->tooth = uniform(0.2, 3) * p->slope * p->tooth_days;
}
static void one_copy(struct process *p)
{
	p->step = uniform(1, 100);
	p->step_at = uniform(0.05, 0.99);
	p->slope = 0;
	p->noise = uniform(0, 0.3);
}
static void copy_and_growth(struct process *p)
{
	p->step = p->slope * uniform(0.5, 20);
	p->step_at = uniform(0.05, 0.99);
}
static void cleaned_and_growth(struct process *p)
{
	p->step = -p->slope * uniform(0.5, 20);
	p->step_at = uniform(0.05, 0.99);
}
static void wandering(struct process *p)
{
	p->wander = uniform(0.1, 2);
	p->slope = 0;
}
static void wandering_up(struct process *p)
{
	p->wander = uniform(0.02, 1) * p->slope;
}
static void plateau(struct process *p)
{
	p->half_life_days = uniform(0.2, 4);
	p->slope *= 3;
	p->noise = uniform(0, 0.05) * p->slope;
}
static void slowing(struct process *p)
{
	p->half_life_days = uniform(4, 30);
}
static void faster(struct process *p)
{
	p->half_life_days = -uniform(1, 30);
}
static void stopped(struct process *p)
{
	p->stop_at = uniform(0.3, 0.95);
	p->noise = uniform(0, 0.1) * p->slope;
}
static void begun(struct process *p)
{
	p->begin_at = uniform(0.1, 0.9);
	p->noise = uniform(0, 0.1) * p->slope;
}
static void cycle(struct process *p)
{
	p->daily = uniform(1, 20);
	p->slope = 0;
	p->noise = uniform(0, 1);
}
static void cycle_and_growth(struct process *p)
{
	p->daily = uniform(0.1, 3) * p->slope;
}
static void weekdays(struct process *p)
{
	p->hours = (int)uniform(7 * 24, HOURS_MAX);
	p->is_free_on_weekends = true;
}
static void gap(struct process *p)
{
	p->gap_from = uniform(0.1, 0.7);
	p->gap_to = p->gap_from + uniform(0.05, 0.25);
}
static void outliers(struct process *p)
{
	p->outliers = uniform(0, 0.1);
	p->noise = uniform(0, 0.2) * p->slope;
}
static void bursts(struct process *p)
{
	p->burst_a_day = uniform(0.5, 10);
}
static void nightly(struct process *p)
{
	p->nightly = 1;
	p->noise = uniform(0, 0.1) * p->slope;
}
static void coarse(struct process *p)
{
	p->slope = uniform(0.01, 0.5);
	p->noise = 0.02;
}

static const struct {
	const char *name;
	make *make;
	bool grows;    /* for good: memory that does is rightly named */
	int wrong_max; /* of SERIES_OF_EACH */
	int right_min;
} kinds[] = {
	{"flat", flat, false, 0, 0},
	{"steady growth", steady, true, 1, 300},
	{"noisy growth", noisy, true, 1, 10},
	{"steady but far away", slow, true, 0, 0},
	{"shrinking", shrinking, false, 0, 0},
	{"daily rotation", rotation, false, 0, 0},
	{"rotation after days", weekly_rotation, false, 0, 0},
	{"rotation and growth", rotation_and_growth, true, 4, 0},
	{"one big copy", one_copy, false, 0, 0},
	{"a big copy and growth", copy_and_growth, true, 2, 0},
	{"cleaned, and growth", cleaned_and_growth, true, 2, 0},
	{"wandering", wandering, false, 0, 0},
	{"wandering up", wandering_up, true, 3, 0},
	{"to a plateau", plateau, false, 0, 0},
	{"slowing down", slowing, true, 4, 0},
	{"speeding up", faster, true, 4, 0},
	{"growth that stopped", stopped, false, 4, 0},
	{"growth that began", begun, true, 2, 0},
	{"a daily cycle", cycle, false, 0, 0},
	{"a daily cycle and growth", cycle_and_growth, true, 1, 10},
	{"growth on weekdays", weekdays, true, 3, 0},
	{"growth with a gap", gap, true, 1, 300},
	{"growth with outliers", outliers, true, 1, 200},
	{"growth in bursts", bursts, true, 8, 0},
	{"growth at night", nightly, true, 2, 50},
	{"coarse numbers", coarse, true, 1, 150},
};

/* The rise in the hour `t`. */
static double rise_of(const struct process *p, int t)
{
	double part = (double)t / p->hours, days = t / 24.0, rise = p->slope / 24;

	if (part < p->begin_at || part >= p->stop_at || (p->is_free_on_weekends && (t / 24) % 7 >= 5))
		rise = 0;
	if (p->half_life_days != 0)
		rise *= exp2(-days / p->half_life_days);
	if (p->burst_a_day > 0)
		rise = uniform(0, 1) < p->burst_a_day / 24 ? p->slope / p->burst_a_day * uniform(0, 2) : 0;
	if (p->nightly > 0)
		rise = t % 24 == 3 ? p->slope : 0;
	if (p->tooth_days > 0) {
		int period = (int)(p->tooth_days * 24);

		rise += t % period == period - 1 ? -p->tooth * (period - 1) / period : p->tooth / period;
	}
	if (p->step != 0 && t == (int)(p->step_at * p->hours))
		rise += p->step;
	return p->wander > 0 ? rise + p->wander * normal() : rise;
}

static double cycle_of(const struct process *p, int t)
{
	return p->daily > 0 ? p->daily * sin(t * 3.14159265358979 / 12) : 0;
}

/* Adds the history to the series; returns when the process reaches its capacity, MISSING if it does not in
 * 120 days. */
static double play(struct process *p, struct forecast_series *s)
{
	double level = p->level;

	for (int t = 0; t < p->hours + AHEAD; t++) {
		double part = (double)t / p->hours, shown;

		level += rise_of(p, t);
		if (t == p->hours - 1 && isnan(p->capacity))
			p->capacity = level + fmax(p->slope, 0.5) * exp(uniform(0, log(80)));
		if (t >= p->hours && level + cycle_of(p, t) >= p->capacity)
			return start + t * hour;
		if (t >= p->hours || (part > p->gap_from && part < p->gap_to))
			continue;
		shown = level + p->noise * normal() + cycle_of(p, t);
		if (p->outliers > 0 && uniform(0, 1) < p->outliers)
			shown = uniform(0, 2 * p->level);
		forecast_add(s, start + t * hour + uniform(-30, 30), round(shown / p->quantum) * p->quantum);
	}
	return MISSING;
}

struct score {
	int said, right, wrong, said_growth, wrong_growth;
};

static struct score try_kind(size_t kind)
{
	struct score score = {0};

	for (int i = 0; i < (unit_is_slow() ? 10 : SERIES_OF_EACH); i++) {
		struct process p = {
			.hours = (int)uniform(60, i % 2 ? 168 : HOURS_MAX),
			.level = uniform(20, 300),
			.slope = exp(uniform(log(0.3), log(20))),
			.capacity = MISSING,
			.stop_at = (double)INFINITY,
			.gap_from = 2,
			.quantum = 0.1,
		};
		struct forecast_series s = {0};
		struct forecast f;
		double truth, now;

		kinds[kind].make(&p);
		truth = play(&p, &s);
		now = s.epochs[s.count - 1];
		f = forecast_full(&s, p.capacity);
		if (!isnan(f.epoch)) {
			bool is_right = fabs(f.epoch - truth) <= fmax(0.2 * (truth - now), 12 * hour);

			score.said++;
			score.right += is_right;
			score.wrong += !is_right;
		}
		if (!isnan(forecast_growth(&s).per_day)) {
			score.said_growth++;
			score.wrong_growth += !kinds[kind].grows;
		}
		forecast_release(&s);
	}
	return score;
}

/* Of 10,400 series: few forecasts are wrong, and those that can be made are made. */
static void forecasts_are_right_or_not_made(void **state)
{
	struct score all = {0};

	(void)state;
	seed = 1;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct score score = try_kind(i);

		unit_case("%s: %d said, %d right, %d wrong; growth %d said, %d wrong", kinds[i].name,
			score.said, score.right, score.wrong, score.said_growth, score.wrong_growth);
		assert_true(score.wrong <= kinds[i].wrong_max);
		assert_true(unit_is_slow() || score.right >= kinds[i].right_min);
		all.said += score.said;
		all.wrong += score.wrong;
		all.said_growth += score.said_growth;
		all.wrong_growth += score.wrong_growth;
	}
	if (unit_is_slow())
		return;
	print_message("of %zu series: %d forecasts, %d wrong; %d times growing memory, %d times wrongly\n",
		COUNT_OF(kinds) * SERIES_OF_EACH, all.said, all.wrong, all.said_growth, all.wrong_growth);
	unit_case("all");
	assert_true(all.said > 1200 && all.wrong <= 18);
	assert_true(all.said_growth > 1200 && all.wrong_growth <= 8);
}

/* `days` of hourly points from `from` to `to`. */
static void add_line(struct forecast_series *s, double days, double from, double to)
{
	double begin = s->count ? s->epochs[s->count - 1] + hour : start;

	for (double t = 0; t < days * 24; t++)
		forecast_add(s, begin + t * hour, from + (to - from) * t / (days * 24));
}

static void a_line_is_continued(void **state)
{
	struct forecast_series s = {0};
	struct forecast f;
	struct growth g;

	(void)state;
	add_line(&s, 7, 100, 170);
	f = forecast_full(&s, 200);
	assert_near(f.per_day, 10, 1e-6);
	assert_near((f.epoch - start) / 86400, 10, 1e-3);
	g = forecast_growth(&s);
	assert_near(g.per_day, 10, 1e-6);
	assert_near(g.days, 7 - 1.0 / 24, 1e-9);
	assert_missing(forecast_full(&s, 169).epoch); /* it is full */
	assert_missing(forecast_full(&s, 100).epoch);
	assert_missing(forecast_full(&s, MISSING).epoch);
	assert_near((forecast_full(&s, 740).epoch - start) / 86400, 64, 0.1);
	assert_missing(forecast_full(&s, 780).epoch); /* more than 60 days away */
	forecast_clear(&s);
	add_line(&s, 7, 1000, 1090); /* a small part of it */
	assert_missing(forecast_growth(&s).per_day);
	assert_near(forecast_full(&s, 1200).per_day, 90.0 / 7, 1e-6);
	forecast_release(&s);
}

static void nothing_is_said_of_too_little(void **state)
{
	struct forecast_series s = {0};

	(void)state;
	assert_missing(forecast_full(&s, 1).epoch);
	assert_missing(forecast_growth(&s).per_day);
	add_line(&s, 1.9, 100, 119);
	assert_missing(forecast_full(&s, 200).epoch);
	assert_missing(forecast_growth(&s).per_day);
	forecast_clear(&s);
	for (int i = 0; i < 20; i++) /* ten days, but twenty points */
		forecast_add(&s, start + i * 12 * hour, 100 + i);
	assert_missing(forecast_full(&s, 200).epoch);
	forecast_clear(&s);
	add_line(&s, 2.2, 100, 122);
	assert_near(forecast_full(&s, 200).per_day, 10, 1e-6);
	forecast_release(&s);
}

static void a_saw_tooth_and_a_step_are_no_growth(void **state)
{
	struct forecast_series s = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		add_line(&s, 2, 100, 120);
	assert_missing(forecast_full(&s, 130).epoch);
	assert_missing(forecast_growth(&s).per_day);
	forecast_clear(&s);
	add_line(&s, 3, 100, 101);
	add_line(&s, 3, 150, 151);
	assert_missing(forecast_full(&s, 200).epoch);
	assert_missing(forecast_growth(&s).per_day);
	forecast_clear(&s);
	add_line(&s, 4, 100, 200);
	add_line(&s, 2, 200, 200);
	assert_missing(forecast_full(&s, 230).epoch);
	assert_missing(forecast_growth(&s).per_day);
	forecast_release(&s);
}

static void points_that_make_no_sense_are_left_out(void **state)
{
	struct forecast_series s = {0};

	(void)state;
	add_line(&s, 3, 100, 130);
	forecast_add(&s, MISSING, 1);
	forecast_add(&s, start + 80 * hour, MISSING);
	forecast_add(&s, start, 1e9);
	forecast_add(&s, s.epochs[s.count - 1], 1e9);
	assert_count(s.count, 72);
	forecast_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forecasts_are_right_or_not_made),
		cmocka_unit_test(a_line_is_continued),
		cmocka_unit_test(nothing_is_said_of_too_little),
		cmocka_unit_test(a_saw_tooth_and_a_step_are_no_growth),
		cmocka_unit_test(points_that_make_no_sense_are_left_out),
	};

	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}

#include "report/collect.h"

const struct tally tally_empty = {.min = MISSING, .max = MISSING};

void tally_count(struct tally *t, double value, double seconds)
{
	if (isnan(value))
		return;
	t->min = fmin(t->min, value);
	t->max = fmax(t->max, value);
	if (seconds > 0) {
		t->timed_sum += value * seconds;
		t->seconds += seconds;
	} else {
		t->sum += value;
		t->count++;
	}
}

void tally_average(struct tally *t, double sample, double average, double seconds)
{
	if (isnan(average) || !(seconds > 0)) {
		tally_count(t, sample, MISSING);
		return;
	}
	tally_count(t, average, seconds);
	t->min = fmin(t->min, sample);
	t->max = fmax(t->max, sample);
}

static double mean(const struct tally *t, double interval)
{
	double seconds = t->seconds + t->count * interval;

	return seconds > 0 ? (t->timed_sum + t->sum * interval) / seconds : MISSING;
}

struct range tally_range(const struct tally *t, double interval)
{
	return (struct range){mean(t, interval), t->min, t->max};
}

struct use tally_use(const struct tally *t, double interval)
{
	return (struct use){mean(t, interval), t->max};
}

void traffic_count(struct traffic_tally *t, double rx_kb_per_second, double tx_kb_per_second, double seconds)
{
	if (isnan(rx_kb_per_second) || isnan(tx_kb_per_second) || !(seconds > 0))
		return;
	t->rx_kb += rx_kb_per_second * seconds;
	t->tx_kb += tx_kb_per_second * seconds;
	t->seconds += seconds;
}

struct traffic traffic_sum(const struct traffic_tally *t)
{
	if (!(t->seconds > 0))
		return (struct traffic){MISSING, MISSING, MISSING, MISSING};
	return (struct traffic){t->rx_kb / 1024, t->tx_kb / 1024, t->rx_kb / t->seconds,
		t->tx_kb / t->seconds};
}

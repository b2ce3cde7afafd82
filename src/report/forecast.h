/* Where a series is heading, or the honesty to say nothing.
 *
 * A straight line is fitted by the median of the slopes between all pairs of points (Theil-Sen), which a few
 * wild values do not move. It is believed only if nearly all points keep close to it, the last one as well,
 * and if the second half of the time rises as fast as the first: steps, saw teeth, plateaus, noise and what
 * has stopped growing fail one of these.
 */
#ifndef ASMO_REPORT_FORECAST_H
#define ASMO_REPORT_FORECAST_H

#include <stddef.h>

/* Zeroed, it is empty. */
struct forecast_series {
	double *epochs, *values;
	size_t count, room;
};

/* Adds a point. What is missing, or not later than the point before, is left out. */
void forecast_add(struct forecast_series *series, double epoch, double value);
void forecast_clear(struct forecast_series *series);
void forecast_release(struct forecast_series *series);

/* When the series reaches `capacity`, and how much it grows a day: both MISSING when the data do not carry
 * it. The answer is tight: were the growth to go on slowing down or speeding up as it did, it would be about
 * the same. Not further ahead than 60 days.
 */
struct forecast {
	double epoch;
	double per_day;
};
struct forecast forecast_full(const struct forecast_series *series, double capacity);

/* The growth of what only grows, and over how long it has been seen to; MISSING when it does not, or when the
 * growth slows down, as that of a cache does, or is a small part of the whole.
 */
struct growth {
	double per_day;
	double days;
};
struct growth forecast_growth(const struct forecast_series *series);

#endif

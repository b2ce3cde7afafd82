/* Time: the monotonic clock for waits, and the written forms of the wall clock.
 * The wall clock itself is read by the mains alone and handed down as an epoch.
 */
#ifndef ASMO_CLOCK_H
#define ASMO_CLOCK_H

#include <stddef.h>

/* Seconds of a clock that never jumps; only differences mean something. A deadline is such a time. */
double clock_monotonic(void);
void clock_sleep_until(double monotonic);
/* Milliseconds left until the deadline, at least 0: what poll() wants. */
int clock_left_ms(double deadline);

enum { CLOCK_TEXT = 40 }; /* enough for each of the forms below */

/* `2026-01-11T10:00:00.123456`: local time, no offset, the history's form. */
void clock_format_local(double epoch, char out[CLOCK_TEXT]);
/* `2026-01-11T09:00:00Z`. */
void clock_format_utc(double epoch, char out[CLOCK_TEXT]);
/* `10:00` or, when `with_day`, `Jan 11 10:00`, local. */
void clock_format_short(double epoch, int with_day, char out[CLOCK_TEXT]);
/* `3 December`, local. */
void clock_format_day(double epoch, char out[CLOCK_TEXT]);
/* `UTC+01:00`: the local zone at that time. */
void clock_format_zone(double epoch, char out[CLOCK_TEXT]);
/* `15d 7h 23m`, the seed's form; `7h 23m` and `23m` when there is less. */
void clock_format_duration(double seconds, char out[CLOCK_TEXT]);

/* ISO 8601 with `T` or a space, any number of decimals, and `Z`, an offset, or nothing (local time):
 * the history's timestamps and the engine's. NaN when it is none of those, and for Go's zero time,
 * the year 1.
 */
double clock_parse(const char *text, size_t len);

#endif

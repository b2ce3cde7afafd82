/* When something of a digest was, as a part of a sentence, in local time; with the day where the hour alone
 * would mislead. Each is empty where that is not known, or where the clock was set within the window: what it
 * said before can't be compared with what it said later.
 */
#ifndef ASMO_REPORT_MOMENT_H
#define ASMO_REPORT_MOMENT_H

#include "asmo/report.h"

struct moment {
	char text[80];
};

/* ` at 03:12`. */
struct moment moment_at(const struct digest *digest, double epoch);
/* The same, or ` between 03:00 and 04:00`. */
struct moment moment_of(const struct digest *digest, const struct event *event);
/* ` since 03:12`, or ` since 04:00 at the latest`. */
struct moment moment_since(const struct digest *digest, const struct event *event);
/* ` (9 h)`: from then to the last snapshot. */
struct moment moment_for(const struct digest *digest, double epoch);
/* ` in 23 h`. */
struct moment moment_in(const struct digest *digest, double seconds);

#endif

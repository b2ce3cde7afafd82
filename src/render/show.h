/* Numbers as a person reads them; what is missing is n/a. */
#ifndef ASMO_RENDER_SHOW_H
#define ASMO_RENDER_SHOW_H

#include <stdbool.h>

#include "asmo/report.h"

struct shown {
	char text[48];
};

struct shown show(double value, int decimals, const char *unit);        /* `15.3 %` */
struct shown show_change(double value, int decimals, const char *unit); /* `+0.3 GiB` */
struct shown show_mb(double mb);                                        /* `308.2 MiB`, `1.2 GiB` */
struct shown show_span(double seconds); /* `8 s`, `12 min`, `4.0 h`; `-` for none */
/* `03:12`, `03:00-04:00` when that is all that is known; with the day where the hour alone would mislead. */
struct shown show_when(const struct digest *digest, const struct event *event);

/* What an alert is called whose worst issue is of that severity. */
const char *show_alert(enum severity worst);

/* Chooses the events that fit into `budget`, each at its cost, the worst first and of those the earliest.
 * Returns how many are left out. */
size_t show_choose(const struct digest *digest, const size_t *costs, size_t budget, bool *ret_chosen);

#endif

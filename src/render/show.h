/* Numbers as a person reads them; what is missing is n/a. And lines and bars made of text. */
#ifndef ASMO_RENDER_SHOW_H
#define ASMO_RENDER_SHOW_H

#include <stdbool.h>

#include "asmo/alert.h"
#include "asmo/buf.h"
#include "asmo/report.h"
#include "asmo/snapshot.h"

struct shown {
	char text[48];
};

struct shown show(double value, int decimals, const char *unit);        /* `15.3 %` */
struct shown show_briefly(double value);                                /* `15.3`, `12345` */
struct shown show_change(double value, int decimals, const char *unit); /* `+0.3 GiB` */
struct shown show_mb(double mb);                                        /* `308.2 MiB`, `1.2 GiB` */
struct shown show_gb(double gb);                                        /* `8.0 GiB`, `1.2 TiB` */
struct shown show_used(double used_gb, double total_gb);                /* `5.5 of 16.0 GiB` */
struct shown show_span(double seconds); /* `8 s`, `12 min`, `4.0 h`; `-` for none */
/* `03:12`, `03:00-04:00` when that is all that is known; with the day where the hour alone would mislead. */
struct shown show_when(const struct digest *digest, const struct event *event);
/* The same: `between 03:00 and 04:00`; of a gap, which does last so long, `from 03:00 to 07:00`. */
struct shown show_when_in_words(const struct digest *digest, const struct event *event);

/* Whether the event's times need the day: the hour alone would mislead. */
bool show_needs_day(const struct digest *digest, const struct event *event);
/* Whether more than a minute is all that is known of when it was. */
bool show_is_span(const struct event *event);

/* The line of a chart, in percent, as `width` signs: U+2581 for little to U+2588 for 100, a point (U+00B7)
 * for what was not measured. A sign stands for the highest value of its part of the time, so that no peak is
 * lost. */
void show_spark(struct buf *out, const struct numbers *percents, size_t width);
/* A bar of `width` signs, filled to so many percent; points when that is not known. */
void show_bar(struct buf *out, double percent, size_t width);
/* A container's bar of `width` signs: of the letters that fall into a sign, the one that most needs a look.
 */
void show_status_bar(char *ret_letters, const char *letters, size_t width);

/* The sign of a severity, an emoji. */
const char *show_icon(enum severity severity);

/* How many problems there are of a severity, and the worst one of those about a subject. */
size_t show_count(const struct digest *digest, enum severity severity);
enum severity show_severity_of(const struct digest *digest, const char *subject);
struct shown show_counts(const struct digest *digest); /* `5 critical, 1 warning, 2 infos`; `none` */

/* A container, and how bad the worst that is said of it is. */
struct show_container {
	const struct digest_container *container;
	enum severity severity;
	size_t rank; /* of that problem, the worst first */
};
/* Those of which something is said first, the worst before the others, the rest by name. To be freed. */
struct show_container *show_containers(const struct digest *digest);
/* What is known of its state in a word: `running`, `finished` of a job that ended well, `stopped, as
 * expected`. */
const char *show_status(const struct digest_container *container);
/* How many containers there are, and in which state. */
struct show_states {
	double total, running, stopped, finished /* of those stopped */, unhealthy;
	bool is_engine_away;
};
struct show_states show_current_states(const struct digest_current *current);
struct show_states show_snapshot_states(const struct snapshot *snapshot);
struct shown_states {
	char text[160];
};
/* `3: 2 running, 1 finished`: what there is none of is left out. */
struct shown_states show_states(const struct show_states *states);
/* `99.5`; `-` of one that was meant to be down all of the time. */
struct shown show_uptime(const struct digest_container *container, const char *unit);

/* `5 critical`, `2 warnings`; "" for none. */
struct shown show_severity_count(const struct digest *digest, enum severity severity);
/* What a headline calls the subjects of the issues of that severity, each once: as many as leave `out` with
 * at most `limit` code points, the others counted. `add` writes one as the format wants it. */
void show_subjects(struct buf *out, const struct digest *digest, enum severity severity, size_t limit,
	void (*add)(struct buf *out, const char *text));
/* What is wrong on one of several servers: `2 critical: disk /, db; 1 warning: worker`, as many as have room,
 * clean but not escaped. `out` is empty, and has room for SHOW_HEADLINE_MAX bytes. */
enum { SHOW_HEADLINE_MAX = 2000 };
void show_headline(struct buf *out, const struct digest *digest);

/* Chooses at most `max` events, the worst first and of those the earliest. Returns how many are left out. */
size_t show_choose(const struct digest *digest, size_t max, bool *ret_chosen);

/* What an alert is called whose worst issue is of that severity. */
const char *show_alert(enum severity worst);

#endif

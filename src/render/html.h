/* What the files of the HTML face share.
 *
 * Two kinds of text: the face's own words, which hold no character of HTML's, and text from elsewhere, which
 * goes through html_add_text alone, into an element or between the quotes of an attribute.
 */
#ifndef ASMO_RENDER_HTML_H
#define ASMO_RENDER_HTML_H

#include "asmo/buf.h"
#include "asmo/report.h"
#include "render/show.h"

/* The page so far. Ids are numbered through the whole page, so that each is unique. */
struct html {
	struct buf *out;
	size_t server;  /* the number of the server that is written: 1 is the first */
	size_t next_id; /* of the pictures' titles */
	int level;      /* of the heading of a server's sections: 2, or 3 when there are several servers */
};

/* The style and the script, line by line up to NULL; made of html.css and html.js by `embed`. */
extern const char *const html_style[], *const html_script[];
extern const char html_style_hash[], html_script_hash[];

/* Cleaned, cut, and with & < > " ' escaped; `n/a` for NULL. */
void html_add_text(struct buf *out, const char *text);
/* `<time datetime="2026-01-11T09:00:00Z">10:00</time>`: the attribute in UTC, the text local; `n/a` for what
 * is no time. */
void html_add_time(struct buf *out, double epoch, bool with_day);
/* Whether times of a digest need their day: it is of more than a day. */
bool html_needs_day(const struct digest *digest);

/* `ok`, `critical`, `warning` or `info`, whatever the text is: good for a class. */
const char *html_severity(const char *severity);
/* The picture of a severity, which says nothing to a screen reader: the word has to be beside it. */
void html_add_icon(struct buf *out, const char *severity);
/* The same with the word for a screen reader. */
void html_add_mark(struct buf *out, const char *severity);

/* One or two lines over a span of time. */
struct html_chart {
	const char *subject; /* CPU, or a mount point: text from elsewhere */
	const char *span;    /* `24 h`: own words */
	double from_epoch, step_seconds;
	double max;                     /* the top of the chart; the bottom is 0 */
	const struct numbers *lines[2]; /* the second may be NULL */
	const char *names[2];           /* what the lines are, of two */
	struct shown (*show)(double);   /* a value in words */
	size_t ticks;                   /* how many times are written below it, both ends included */
	bool by_day, with_day;          /* the times below it: days, or hours with their day */
};
void html_add_chart(struct html *page, const struct html_chart *chart);
/* The largest of two lines of KiB a second, rounded up to 1, 2 or 5 times a power of ten, in MiB where it is
 * that much. */
double html_chart_top(const struct numbers *a, const struct numbers *b);
bool html_has_values(const struct numbers *line);

/* What a container did, a step a bar; the higher, the worse. */
void html_add_bar(struct html *page, const struct digest *digest, const char *letters);
void html_add_bar_legend(struct html *page);

/* The state of the machine, its charts, and the containers that use the most. */
void html_add_machine(struct html *page, const struct digest *digest);

/* The tables of one server. Those with nothing in them are left out. */
void html_add_containers(struct html *page, const struct digest *digest);
void html_add_errors(struct html *page, const struct digest *digest);
/* The table of all servers. */
void html_add_servers(struct html *page, const struct digest *digests, size_t count);

/* `5 critical, 1 warning`; `no issues`. */
void html_add_issue_counts(struct buf *out, const struct digest *digest);

#endif

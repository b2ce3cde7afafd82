/* The faces of a digest and of a run. Each format is a file; what is said and what matters is decided before.
 *
 * Text from containers is hostile: each format makes it inert in its own way.
 */
#ifndef ASMO_RENDER_H
#define ASMO_RENDER_H

#include "asmo/buf.h"
#include "asmo/config.h"
#include "asmo/history.h"
#include "asmo/report.h"
#include "asmo/send.h"
#include "asmo/snapshot.h"

/* What the program knows of whoever reads it. */
struct render_style {
	bool is_colored; /* text: with ANSI colours */
	int columns;     /* text: how wide it may be; below 80 counts as 80 */
	const struct config_discord *discord;
	const char *picture; /* discord: the file name of one that the message comes with; NULL: none */
};

/* All formats of a report, by name, up to a NULL name. The first is the default. Each shows one digest, or
 * those of several servers, the worst first: there is at least one. */
struct report_format {
	const char *name;
	const char *suffix; /* of a file's name, which asks for this format; NULL: none does */
	void (*render)(struct buf *out, const struct digest *digests, size_t count,
		const struct render_style *style);
	bool is_json;            /* so that a terminal gets it indented */
	bool is_binary;          /* nothing for a terminal; empty when it could not be made */
	const char *unavailable; /* why this build can't make it; NULL or "": it can */
};
extern const struct report_format report_formats[];

/* A webhook payload with an embed a server; within Discord's limits whatever is in the digests. */
void render_report_discord(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);
/* The whole digest as one JSON object; of several servers, an array of them. */
void render_report_json(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);
/* Headings, lists and tables for mail, ntfy, Slack or GitHub; they read well as plain text too. */
void render_report_markdown(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);
/* A page for a browser that is all in itself: nothing is loaded, nothing from a digest can run. */
void render_report_html(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);
/* A picture (PNG) 1000 pixels wide; of several servers the first few. */
void render_report_png(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);
extern const char render_png_unavailable[]; /* "" in a build with cairo */
/* For a person at a terminal. */
void render_report_text(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style);

/* How a run of the monitor ended. */
struct outcome {
	const char *error;               /* NULL: success */
	const struct snapshot *snapshot; /* NULL: none was taken */
	double duration_seconds;
	const char *history_file;
	bool is_stored;
	struct history_stat history;
	bool is_sending;                   /* what is news is sent, */
	const struct delivery *deliveries; /* to these places */
	size_t delivery_count;
	const char *metrics_file;  /* where they are written as well; NULL: nowhere */
	const char *metrics_error; /* why they are not; NULL: they are */
};

/* All formats of a run, by name, up to a NULL name. The first is the default. */
struct outcome_format {
	const char *name;
	void (*render)(struct buf *out, const struct outcome *outcome, const struct render_style *style);
	bool is_json; /* so that a terminal gets it indented */
};
extern const struct outcome_format outcome_formats[];

/* The monitor's document; `discord` in it is the alert's payload when something is critical
 * or news. */
void render_outcome_json(struct buf *out, const struct outcome *outcome, const struct render_style *style);
/* Prometheus' text format, for node_exporter's textfile collector. Of a run without a snapshot: that it
 * failed. */
void render_outcome_prometheus(struct buf *out, const struct outcome *outcome,
	const struct render_style *style);
void render_outcome_text(struct buf *out, const struct outcome *outcome, const struct render_style *style);

/* All forms of a message about the digests; or about a run whose alert is news. */
void render_report_message(struct send_content *ret, const struct digest *digests, size_t count,
	const struct config_discord *discord);
void render_alert_message(struct send_content *ret, const struct outcome *outcome,
	const struct config_discord *discord);

/* One line for the log: what was found, and how long it took. */
void render_outcome_line(struct buf *out, const struct outcome *outcome);

#endif

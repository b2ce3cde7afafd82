/* Sending: a report or an alert, to each place that the config names.
 *
 *	send_targets; fill a send_content; send_all.
 *
 * A place that can't take it now (it does not answer, says 429 or 5xx) is asked again, as late as it says and
 * within one deadline for all; one that refuses is not. It is sent at least once: where an answer is lost,
 * the message may arrive twice. The URLs are secrets: of one nothing but the host stands in a delivery.
 */
#ifndef ASMO_SEND_H
#define ASMO_SEND_H

#include "asmo/alert.h"
#include "asmo/buf.h"
#include "asmo/config.h"

#include <stdbool.h>
#include <stddef.h>

/* One message in the forms that places want. */
struct send_content {
	struct buf title; /* one line of clean text */
	enum severity severity;
	struct buf discord;  /* a webhook payload */
	struct buf text;     /* for a person, as it stands */
	struct buf markdown; /* the same in Markdown; empty: there is none */
	struct buf json;     /* for a program */
	struct buf picture; /* PNG, to go with the payload, which refers to it by SEND_PICTURE; empty: none */
};
#define SEND_PICTURE "report.png"
void send_content_init(struct send_content *content, size_t limit); /* bytes of each form */
void send_content_release(struct send_content *content);

enum { SEND_TARGETS = 4 };

/* A place, and whether it has got it. */
struct delivery {
	int kind;         /* private */
	const char *key;  /* "discord" */
	const char *name; /* "Discord" */
	char host[256];   /* and port, if one is named */
	enum flag is_delivered;
	char reason[640]; /* why not; "" */
};

/* The places that the config names; returns how many. Nothing has been delivered: FLAG_UNKNOWN. */
size_t send_targets(const struct config *config, struct delivery ret_deliveries[SEND_TARGETS]);

/* Sends to all of them at the same time, for send.timeout_seconds at most. Returns how many have not got it.
 * Errors: ENOMEM; then to none. */
size_t send_all(const struct config *config, const struct send_content *content, struct delivery *deliveries,
	size_t count);

/* Whether what goes to that URL, and the URL itself, can be read between here and there: http to another
 * machine. */
bool send_is_readable_on_the_way(const char *url);

#endif

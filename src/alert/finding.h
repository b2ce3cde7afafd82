/* What the judge found, before it is compared with what was known. */
#ifndef ASMO_ALERT_FINDING_H
#define ASMO_ALERT_FINDING_H

#include "asmo/alert.h"

struct finding {
	char *key;
	enum severity severity; /* OK: looked at, and well; what is not looked at is no finding */
	char *message;
	bool is_happening;
	bool is_same; /* a happening: the one that the previous snapshot showed */
};

struct judge {
	struct snapshot *snapshot;
	const struct snapshot *before, *last; /* or NULL */
	const struct config *config;
	struct finding *findings;
	size_t count, room;
};

/* The issue that the previous snapshot left, unless it was resolved; NULL when there is none. */
const struct issue *judge_recall(const struct judge *judge, const char *key);
/* OK unless it was raised: new or ongoing. */
enum severity judge_recall_severity(const struct judge *judge, const char *key);

/* Makes alert.issues and alert.notify of the findings and of the memory. */
void judge_remember(struct judge *judge);

#endif

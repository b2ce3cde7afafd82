/* What the whole history tells of the future: from its snapshots to series, and from those into the digest.
 */
#ifndef ASMO_REPORT_PAST_H
#define ASMO_REPORT_PAST_H

#include "report/collect.h"

/* Fills what the digest's disks and containers are heading for. */
void past_finish(struct report *report);
void past_free(struct past *past);

#endif

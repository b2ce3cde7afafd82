/* When two log lines say the same thing. */
#ifndef ASMO_MESSAGE_H
#define ASMO_MESSAGE_H

#include "asmo/mem.h"

/* What a log line says without what differs from one time to the next: the same text for lines that differ
 * only in times, numbers, durations, ids, addresses, paths, URLs and e-mail addresses. `#` stands for each of
 * these, and for a row of them.
 *
 * A number of up to five digits right behind a word such as error, code, status, errno, exit or SQLSTATE
 * stays: `error 404` is not `error 500`. What is in quotes counts like the rest, for the message itself is
 * often there. Of a line that was cut (it ends in an ellipsis) only the beginning counts.
 *
 * The key is for comparing, not for showing; it is made in `arena`.
 */
char *message_key(struct arena *arena, const char *line);

#endif

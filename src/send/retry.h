/* What an attempt means for the next one. */
#ifndef ASMO_SEND_RETRY_H
#define ASMO_SEND_RETRY_H

#include "asmo/mem.h"

enum fate {
	FATE_DELIVERED,
	FATE_REFUSED, /* and will be again */
	FATE_AGAIN,   /* may work another time */
};

/* `code` and `status` as in struct post; what is known of the status decides. */
enum fate retry_fate(int code, long status);

/* Seconds to wait after so many attempts (1 or more): what the place asks for, in `retry_after` of its JSON
 * (Discord: seconds, with decimals) or in its header Retry-After (0: none), and at least 0.5, 1, 2, 4,
 * then 8.
 */
double retry_delay(unsigned attempts, long status, double retry_after_header_seconds, struct slice answer);

#endif

/* POST requests to addresses on the net, several at once; over https the server's certificate is always
 * checked, and no redirect is followed.
 *
 *	post_open, post_start (also again, with one that has ended), post_next until all have ended,
 * post_close.
 */
#ifndef ASMO_POST_H
#define ASMO_POST_H

#include "asmo/buf.h"
#include "asmo/err.h"

#include <stdbool.h>

struct poster;

/* One request and its answer. Fill the first three members, zero the rest. */
struct post {
	const char *url;            /* https:// or http://; a user and password in it are sent as such */
	const char *const *headers; /* "Name: value" each, up to a NULL */
	struct slice body;          /* must stay until the request has ended */

	bool is_under_way;
	int code; /* 0, or an errno value: there was no answer, and `reason` says why without the URL */
	char reason[256];
	long status;                /* of the answer, as 200 */
	double retry_after_seconds; /* its header Retry-After; 0: there is none */
	struct buf answer;          /* its beginning; of one that says it is well, nothing */

	struct post_transfer *transfer; /* private */
};

/* With `ca_file` ("": none) the certificates in it are trusted, and not the system's. Errors: ENOMEM. */
int post_open(const char *ca_file, struct poster **ret_poster, struct err *err);

/* Ends what is under way. */
void post_close(struct poster *poster);

/* Begins a request that ends at the deadline (monotonic) at the latest. */
void post_start(struct poster *poster, struct post *post, double deadline);

/* Waits for the next one to end, until that time (monotonic); NULL when none has by then.
 * `code` is ETIMEDOUT: the deadline was passed; EKEYREJECTED: the server can't show that it is the one that
 * is meant, or `ca_file` can't be used; EINVAL: the URL is none; EPROTO: anything else. Where the status is
 * known it counts, whatever becomes of the rest of the answer.
 */
struct post *post_next(struct poster *poster, double until);

void post_release(struct post *post);

#endif

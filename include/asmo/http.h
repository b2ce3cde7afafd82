/* GET requests, many at once, over a unix socket or TCP; nothing is sent but GET.
 *
 *	http_open, http_get with a batch (again and again: connections are kept), http_close.
 */
#ifndef ASMO_HTTP_H
#define ASMO_HTTP_H

#include "asmo/buf.h"
#include "asmo/err.h"

#include <stdbool.h>
#include <stddef.h>

struct http;

enum { HTTP_BODIES_LIMIT = 20 * 1024 * 1024 }; /* bytes of all answers at once */

/* One request and its answer. Fill the first three members, zero the rest. */
struct http_request {
	char *path;        /* from the slash on */
	size_t body_limit; /* bytes; a longer body is an error, unless */
	bool may_be_cut;   /* its beginning is enough */

	bool is_done;
	int code; /* 0, or an errno value: there is no whole answer, and `reason` says why */
	char reason[256];
	long status; /* of the answer, as 200 */
	bool was_cut;
	struct buf headers; /* as received, a line each */
	struct buf body;
};

/* `host` is unix:///path, tcp://name:port or http://name:port. No request is made yet.
 * Errors: EINVAL when the host is none of those.
 */
int http_open(const char *host, size_t max_connections, struct http **ret_http, struct err *err);
void http_close(struct http *http);

/* Sends all requests, at most max_connections of them at once, and returns when each has its answer or its
 * error, at the deadline (monotonic) at the latest; a name server may be waited for longer where libcurl is
 * older than 7.87. Redirects are not followed. All bodies together are held to 20 MiB, headers to 16 KiB
 * each.
 */
void http_get(struct http *http, struct http_request *requests, size_t count, double deadline);

void http_request_release(struct http *http, struct http_request *request);

/* The value of a header, without white space around it, empty if there is none; for example
 * http_header(&request, "Api-Version"). */
struct slice http_header(const struct http_request *request, const char *name);

#endif

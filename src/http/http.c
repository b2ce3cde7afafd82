#include "asmo/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "asmo/clock.h"
#include "asmo/text.h"
#include "http/endless.h"

enum { HEADERS_LIMIT = 16 * 1024 };

struct http {
	CURLM *multi;
	CURL **idle; /* handles to use again; room for max_connections */
	size_t idle_count;
	size_t max_connections;
	char *socket_path; /* NULL over TCP */
	char *base_url;
	size_t bodies_size; /* of all requests not yet released */
};

/* What the callbacks need of a request under way. */
struct transfer {
	struct http *http;
	struct http_request *request;
	bool has_headers;            /* all of them */
	char fault[CURL_ERROR_SIZE]; /* in libcurl's words */
};

int http_open(const char *host, size_t max_connections, struct http **ret_http, struct err *err)
{
	static const char *const tcp_schemes[] = {"tcp://", "http://"};
	bool is_unix = strncmp(host, "unix:///", strlen("unix:///")) == 0;
	const char *address = is_unix ? host + strlen("unix://") : NULL;
	struct buf url AUTO_BUF = buf_new(4096);
	struct http *http;

	for (size_t i = 0; !address && i < 2; i++)
		if (strncmp(host, tcp_schemes[i], strlen(tcp_schemes[i])) == 0)
			address = host + strlen(tcp_schemes[i]);
	if (!address || !*address)
		return err_set(err, EINVAL,
			"no address of an engine, expected is unix:///path or tcp://host:port");

	/* No TLS is spoken here, and starting it would cost more than all the rest. */
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		return err_set(err, ENOMEM, "libcurl cannot be started");
	http = mem_alloc(sizeof(*http));
	*http = (struct http){.multi = curl_multi_init(), .max_connections = max_connections};
	http->idle = mem_alloc(max_connections * sizeof(*http->idle));
	if (!http->multi)
		abort();
	if (is_unix) {
		http->socket_path = mem_string(address);
		buf_add_string(&url, "http://engine");
	} else {
		buf_printf(&url, "http://%.*s", (int)strcspn(address, "/"), address);
	}
	http->base_url = mem_string(url.data);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
	*ret_http = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < http->idle_count; i++)
		curl_easy_cleanup(http->idle[i]);
	curl_multi_cleanup(http->multi);
	free(http->idle);
	free(http->socket_path);
	free(http->base_url);
	free(http);
	curl_global_cleanup();
}

static int fail(struct http_request *request, int code, const char *reason)
{
	request->code = code;
	snprintf(request->reason, sizeof(request->reason), "%s", reason);
	return -1;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct http_request *request = transfer->request;
	size_t len = size * count, room = request->body.limit - request->body.len;
	size_t taken = len < room ? len : room;

	request->was_cut = taken < len;
	if (request->was_cut && !request->may_be_cut) {
		fail(request, EMSGSIZE, "the answer is larger than any the engine should give");
		return 0;
	}
	if (transfer->http->bodies_size + taken > HTTP_BODIES_LIMIT) {
		fail(request, EMSGSIZE, "the engine's answers together are larger than 20 MiB");
		return 0;
	}
	transfer->http->bodies_size += taken;
	buf_add(&request->body, bytes, taken);
	return taken;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	size_t len = size * count;

	/* A reply that only announces another (100 Continue) has an end of headers as well. */
	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		transfer->has_headers = false;
	else if (len <= 2)
		transfer->has_headers = true;
	buf_add(&transfer->request->headers, bytes, len);
	if (!transfer->request->headers.overflow)
		return len;
	fail(transfer->request, EMSGSIZE, "the answer's headers are larger than 16 KiB");
	return 0;
}

static CURL *start(struct http *http, struct transfer *transfer)
{
	CURL *easy = http->idle_count ? http->idle[--http->idle_count] : curl_easy_init();
	struct buf url AUTO_BUF = buf_new(8192);

	if (!easy)
		abort();
	buf_printf(&url, "%s%s", http->base_url, transfer->request->path);
	curl_easy_setopt(easy, CURLOPT_URL, url.data);
	if (http->socket_path)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket_path);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* wait for no name server behind the deadline */
#endif
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L); /* each connection has one */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->fault);
	if (curl_multi_add_handle(http->multi, easy) != CURLM_OK)
		abort();
	return easy;
}

bool http_is_endless_header(CURLcode result)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (result == CURLE_TOO_LARGE)
		return true;
#endif
	return result == CURLE_OUT_OF_MEMORY;
}

/* In libcurl's words, which may hold some of the engine's. */
static void fail_as_said(struct transfer *transfer, CURLcode result)
{
	struct buf fault AUTO_BUF = buf_new(sizeof(transfer->fault));

	text_clean(&fault, slice_of(transfer->fault), sizeof(transfer->fault) - 1);
	fail(transfer->request, EPROTO, fault.len ? fault.data : curl_easy_strerror(result));
}

/* A connection that failed says why in the system's words, of which libcurl loses those for a full queue;
 * almost everything else in libcurl's. */
static void finish(CURL *easy, struct transfer *transfer, CURLcode result)
{
	struct http_request *request = transfer->request;
	long os_errno = 0;

	request->is_done = true;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &request->status);
	if (request->code || (result == CURLE_WRITE_ERROR && request->was_cut))
		return;
	if (result == CURLE_OK) {
		if (!transfer->has_headers)
			fail(request, EPROTO, "the connection was closed within the headers");
		return;
	}
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
	if (result == CURLE_COULDNT_CONNECT && os_errno)
		fail(request, (int)os_errno, strerror((int)os_errno));
	else if (result == CURLE_COULDNT_CONNECT && transfer->http->socket_path)
		fail(request, EAGAIN, "the socket takes no more connections: too many are waiting already");
	else if (http_is_endless_header(result))
		fail(request, EMSGSIZE, "the answer's headers are larger than 16 KiB");
	else
		fail_as_said(transfer, result);
}

static void put_back(struct http *http, CURL *easy)
{
	curl_multi_remove_handle(http->multi, easy);
	curl_easy_reset(easy); /* it knows the transfer, which ends before it */
	http->idle[http->idle_count++] = easy;
}

/* Takes note of the transfers that have ended; returns how many. */
static size_t reap(struct http *http)
{
	CURLMsg *message;
	size_t ended = 0;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode result = message->data.result;
		struct transfer *transfer;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
		finish(easy, transfer, result);
		put_back(http, easy);
		ended++;
	}
	return ended;
}

void http_get(struct http *http, struct http_request *requests, size_t count, double deadline)
{
	struct transfer *transfers AUTO_FREE = mem_alloc(count * sizeof(*transfers));
	CURL **easies AUTO_FREE = mem_alloc(count * sizeof(*easies));
	size_t started = 0, under_way = 0;
	double begun = clock_monotonic();
	int running;

	for (size_t i = 0; i < count; i++) {
		transfers[i].http = http;
		transfers[i].request = &requests[i];
		transfers[i].has_headers = false;
		requests[i].headers = buf_new(HEADERS_LIMIT);
		requests[i].body = buf_new(requests[i].body_limit);
	}
	for (;;) {
		for (; started < count && under_way < http->max_connections; started++, under_way++)
			easies[started] = start(http, &transfers[started]);
		curl_multi_perform(http->multi, &running);
		under_way -= reap(http);
		if (!under_way && started == count)
			return;
		if (!clock_left_ms(deadline))
			break;
		if (started == count || under_way == http->max_connections)
			curl_multi_poll(http->multi, NULL, 0, clock_left_ms(deadline), NULL);
	}
	for (size_t i = 0; i < count; i++) {
		char reason[80];

		if (requests[i].is_done)
			continue;
		snprintf(reason, sizeof(reason), "no answer within %.1f s", deadline - begun);
		fail(&requests[i], ETIMEDOUT, reason);
		requests[i].is_done = true;
		if (i < started)
			put_back(http, easies[i]);
	}
}

void http_request_release(struct http *http, struct http_request *request)
{
	http->bodies_size -= request->body.len;
	buf_release(&request->headers);
	buf_release(&request->body);
}

struct slice http_header(const struct http_request *request, const char *name)
{
	const char *line = request->headers.data;
	size_t len = strlen(name);

	while (line && *line) {
		const char *end = strchr(line, '\n');

		if (!end)
			end = line + strlen(line);
		if ((size_t)(end - line) > len && strncasecmp(line, name, len) == 0 && line[len] == ':') {
			const char *value = line + len + 1;

			while (value < end && (*value == ' ' || *value == '\t'))
				value++;
			while (end > value && (end[-1] == '\r' || end[-1] == ' '))
				end--;
			return (struct slice){value, (size_t)(end - value)};
		}
		line = *end ? end + 1 : end;
	}
	return (struct slice){"", 0};
}

#include "asmo/post.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/text.h"
#include "http/endless.h"

enum { ANSWER_LIMIT = 16 * 1024, HEADERS_LIMIT = 16 * 1024 };

struct poster {
	CURLM *multi;
	char *ca_file;
	struct post_transfer *newest;
};

/* What is needed while a request is under way. */
struct post_transfer {
	struct poster *poster;
	struct post *post;
	CURL *easy;
	struct curl_slist *headers;
	struct post_transfer *older; /* under way as well */
	double begun, deadline;
	size_t headers_len;
	bool has_headers; /* all of them */
	bool is_endless;  /* the headers were longer than any should be */
	char fault[CURL_ERROR_SIZE];
};

int post_open(const char *ca_file, struct poster **ret_poster, struct err *err)
{
	struct poster *poster;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ENOMEM, "libcurl cannot be started");
	poster = mem_alloc(sizeof(*poster));
	*poster = (struct poster){.multi = curl_multi_init(), .ca_file = mem_string(ca_file)};
	if (!poster->multi)
		abort();
	*ret_poster = poster;
	return 0;
}

static void end(struct post_transfer *transfer)
{
	struct post_transfer **place = &transfer->poster->newest;

	while (*place != transfer)
		place = &(*place)->older;
	*place = transfer->older;
	curl_multi_remove_handle(transfer->poster->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	transfer->post->is_under_way = false;
	transfer->post->transfer = NULL;
	free(transfer);
}

void post_close(struct poster *poster)
{
	if (!poster)
		return;
	while (poster->newest)
		end(poster->newest);
	curl_multi_cleanup(poster->multi);
	free(poster->ca_file);
	free(poster);
	curl_global_cleanup();
}

static bool is_well(const struct post_transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

/* What a server says when all is well is not waited for; of what else it says the beginning is enough. */
static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
	struct post_transfer *transfer = user;
	struct buf *answer = &transfer->post->answer;
	size_t len = size * count, room = answer->limit - answer->len;

	if (is_well(transfer))
		return 0;
	buf_add(answer, bytes, len < room ? len : room);
	return len <= room ? len : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *user)
{
	struct post_transfer *transfer = user;
	size_t len = size * count;

	/* A reply that only announces another (100 Continue) has an end of headers as well. */
	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		transfer->has_headers = false;
	else if (len <= 2)
		transfer->has_headers = true;
	transfer->headers_len += len;
	transfer->is_endless = transfer->headers_len > HEADERS_LIMIT;
	return transfer->is_endless ? 0 : len;
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_trust(CURL *easy, const char *ca_file)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
}

static void set_request(struct post_transfer *transfer)
{
	const struct post *post = transfer->post;
	CURL *easy = transfer->easy;

	transfer->headers = curl_slist_append(NULL, "Expect:"); /* send the body at once */
	for (const char *const *header = post->headers; *header; header++)
		transfer->headers = curl_slist_append(transfer->headers, *header);
	curl_easy_setopt(easy, CURLOPT_URL, post->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "asmo");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.data);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* wait for no name server behind the deadline */
#endif
}

void post_start(struct poster *poster, struct post *post, double deadline)
{
	struct post_transfer *transfer = mem_alloc(sizeof(*transfer));
	int left_ms = clock_left_ms(deadline);

	post_release(post);
	post->answer = buf_new(ANSWER_LIMIT);
	post->code = 0;
	post->status = 0;
	post->retry_after_seconds = 0;
	post->reason[0] = '\0';
	*transfer = (struct post_transfer){
		.poster = poster,
		.post = post,
		.easy = curl_easy_init(),
		.older = poster->newest,
		.begun = clock_monotonic(),
		.deadline = deadline,
	};
	if (!transfer->easy)
		abort();
	poster->newest = post->transfer = transfer;
	post->is_under_way = true;
	set_protocols(transfer->easy);
	set_trust(transfer->easy, poster->ca_file);
	set_request(transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms ? left_ms : 1));
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(transfer->easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->fault);
	if (curl_multi_add_handle(poster->multi, transfer->easy) != CURLM_OK)
		abort();
}

static int code_of(CURLcode result)
{
	switch (result) {
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return EKEYREJECTED;
	case CURLE_URL_MALFORMAT:
		return EINVAL;
	default:
		return EPROTO;
	}
}

/* In libcurl's words, which may hold some of the server's. */
static void fail(struct post_transfer *transfer, CURLcode result)
{
	struct post *post = transfer->post;
	struct arena arena = {0};
	const char *words = transfer->fault[0] ? transfer->fault : curl_easy_strerror(result);

	post->code = code_of(result);
	if (post->code == ETIMEDOUT)
		snprintf(post->reason, sizeof(post->reason), "no answer within %.1f s",
			transfer->deadline - transfer->begun);
	else if (transfer->is_endless || http_is_endless_header(result))
		snprintf(post->reason, sizeof(post->reason), "the answer's headers are larger than 16 KiB");
	else if (result == CURLE_OK)
		snprintf(post->reason, sizeof(post->reason),
			"the connection was closed within the answer's headers");
	else
		snprintf(post->reason, sizeof(post->reason), "%s",
			text_clean_copy(&arena, slice_of(words), sizeof(post->reason) - 1));
	arena_release(&arena);
}

static void finish(struct post_transfer *transfer, CURLcode result)
{
	struct post *post = transfer->post;
	curl_off_t wait = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &post->status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait);
	post->retry_after_seconds = (double)wait;
	if (!transfer->has_headers || post->status < 200) {
		post->status = 0;
		fail(transfer, result);
	}
	end(transfer);
}

/* One that has ended, if there is one. */
static struct post *reap(struct poster *poster)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(poster->multi, &left))) {
		struct post_transfer *transfer = NULL;
		CURLcode result = message->data.result;
		struct post *post;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		post = transfer->post;
		finish(transfer, result);
		return post;
	}
	return NULL;
}

struct post *post_next(struct poster *poster, double until)
{
	struct post *post;
	int running;

	for (;;) {
		curl_multi_perform(poster->multi, &running);
		post = reap(poster);
		if (post || !clock_left_ms(until))
			return post;
		curl_multi_poll(poster->multi, NULL, 0, clock_left_ms(until), NULL);
	}
}

void post_release(struct post *post)
{
	buf_release(&post->answer);
}

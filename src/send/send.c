#include "asmo/send.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/post.h"
#include "asmo/text.h"
#include "send/message.h"
#include "send/retry.h"

enum {
	QUOTED_MAX = 160,    /* bytes of what a place says */
	ATTEMPTS_WITHIN = 3, /* the time of all is enough for that many without an answer */
};

/* A request ends at its deadline by itself, and hardly later. */
static const double grace_seconds = 2;

/* A message on its way to one place. */
struct task {
	struct delivery *delivery;
	double next_at; /* monotonic */
	struct message message;
	struct post post;
	unsigned attempts;
	bool is_done;
};

void send_content_init(struct send_content *content, size_t limit)
{
	*content = (struct send_content){.severity = SEVERITY_OK};
	content->title = buf_new(1024);
	content->discord = buf_new(limit);
	content->text = buf_new(limit);
	content->markdown = buf_new(limit);
	content->json = buf_new(limit);
	content->picture = buf_new(limit);
}

void send_content_release(struct send_content *content)
{
	buf_release(&content->title);
	buf_release(&content->discord);
	buf_release(&content->text);
	buf_release(&content->markdown);
	buf_release(&content->json);
	buf_release(&content->picture);
}

static const char *url_of(const struct config *config, const struct kind *kind)
{
	return *(char *const *)((const char *)config + kind->url_offset);
}

size_t send_targets(const struct config *config, struct delivery ret_deliveries[SEND_TARGETS])
{
	size_t count = 0;

	for (int i = 0; i < SEND_TARGETS; i++) {
		struct delivery *d = &ret_deliveries[count];
		struct arena arena = {0};
		char *host;

		if (!*url_of(config, &kinds[i]))
			continue;
		*d = (struct delivery){.kind = i,
			.key = kinds[i].key,
			.name = kinds[i].name,
			.is_delivered = FLAG_UNKNOWN};
		host = message_host(url_of(config, &kinds[i]), &arena);
		snprintf(d->host, sizeof(d->host), "%s", *host ? host : "an address that is none");
		arena_release(&arena);
		count++;
	}
	return count;
}

static const char *meaning_of(long status)
{
	switch (status) {
	case 400:
		return " (it does not accept the message)";
	case 401:
	case 403:
		return " (it does not allow it)";
	case 404:
	case 410:
		return " (there is no such webhook)";
	case 413:
		return " (the message is too large for it)";
	case 429:
		return " (too many messages)";
	default:
		return status >= 300 && status < 400 ? " (a redirect, which is not followed)" : "";
	}
}

/* Why an attempt has failed. What is foreign in it is quoted only when nothing of the URL is in it. */
static char *describe(const struct task *task, struct arena *arena)
{
	const struct post *post = &task->post;
	const char *said = text_clean_copy(arena, buf_slice(&post->answer), post->answer.len);

	if (!post->status)
		return message_is_telling(task->message.url, post->reason)
			       ? arena_string(arena, "the request failed")
			       : arena_string(arena, post->reason);
	if (!*said || message_is_telling(task->message.url, said))
		return arena_printf(arena, "it answered %ld%s", post->status, meaning_of(post->status));
	return arena_printf(arena, "it answered %ld%s: %s", post->status, meaning_of(post->status),
		text_mask_copy(arena, slice_of(said), QUOTED_MAX));
}

static void finish(struct task *task, enum flag is_delivered, const char *reason)
{
	task->is_done = true;
	task->delivery->is_delivered = is_delivered;
	snprintf(task->delivery->reason, sizeof(task->delivery->reason), "%s", reason);
}

/* `delay` is too long for the time that is left. */
static void give_up(struct task *task, double delay, double timeout_seconds, struct arena *arena)
{
	const char *why = describe(task, arena);

	if (delay > timeout_seconds)
		finish(task, FLAG_NO,
			arena_printf(arena,
				"%s; it asks to wait for %.0f s, longer than send.timeout_seconds (%g)", why,
				ceil(delay), timeout_seconds));
	else if (task->attempts > 1)
		finish(task, FLAG_NO,
			arena_printf(arena, "%s; the last of %u attempts within send.timeout_seconds (%g)",
				why, task->attempts, timeout_seconds));
	else
		finish(task, FLAG_NO, why);
}

static void conclude(struct task *task, double deadline, double timeout_seconds)
{
	const struct post *post = &task->post;
	struct arena arena = {0};
	double delay;

	switch (retry_fate(post->code, post->status)) {
	case FATE_DELIVERED:
		finish(task, FLAG_YES, "");
		break;
	case FATE_REFUSED:
		finish(task, FLAG_NO, describe(task, &arena));
		break;
	default:
		delay = retry_delay(task->attempts, post->status, post->retry_after_seconds,
			buf_slice(&post->answer));
		task->next_at = clock_monotonic() + delay;
		if (task->next_at >= deadline)
			give_up(task, delay, timeout_seconds, &arena);
	}
	arena_release(&arena);
}

static struct task *task_of(struct post *post)
{
	return (struct task *)((char *)post - offsetof(struct task, post));
}

/* Begins what is due. Returns when the next one will be, or when all that is under way has ended by itself.
 */
static double start_due(struct poster *poster, struct task *tasks, size_t count, double deadline,
	double attempt_seconds)
{
	double now = clock_monotonic(), next_at = deadline + grace_seconds;

	for (size_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];

		if (task->is_done || task->post.is_under_way)
			continue;
		if (task->next_at > now) {
			next_at = fmin(next_at, task->next_at);
			continue;
		}
		task->attempts++;
		post_start(poster, &task->post, fmin(now + attempt_seconds, deadline));
	}
	return next_at;
}

static bool is_any_left(const struct task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!tasks[i].is_done)
			return true;
	return false;
}

/* Until each is done. */
static void run(struct poster *poster, struct task *tasks, size_t count, double timeout_seconds)
{
	double deadline = clock_monotonic() + timeout_seconds;

	while (is_any_left(tasks, count) && clock_monotonic() < deadline + grace_seconds) {
		double next_at = start_due(poster, tasks, count, deadline, timeout_seconds / ATTEMPTS_WITHIN);
		struct post *post = post_next(poster, next_at);

		if (post)
			conclude(task_of(post), deadline, timeout_seconds);
	}
}

size_t send_all(const struct config *config, const struct send_content *content, struct delivery *deliveries,
	size_t count)
{
	struct task tasks[SEND_TARGETS] = {0};
	struct arena arena = {0};
	struct poster *poster;
	size_t missed = 0;
	struct err err;
	bool is_open = post_open(config->send.ca_file, &poster, &err) == 0;

	for (size_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];
		const struct kind *kind = &kinds[deliveries[i].kind];

		task->delivery = &deliveries[i];
		message_make(&task->message, kind, url_of(config, kind), content, &arena);
		task->post.url = task->message.url;
		task->post.headers = task->message.headers;
		task->post.body = task->message.body;
		if (!is_open)
			finish(task, FLAG_NO, err.text);
		else if (task->message.is_too_large)
			finish(task, FLAG_NO, "the message is too large to be made");
	}
	if (is_open) {
		run(poster, tasks, count, config->send.timeout_seconds);
		post_close(poster);
	}
	for (size_t i = 0; i < count; i++) {
		if (!tasks[i].is_done)
			finish(&tasks[i], FLAG_NO, "no answer");
		post_release(&tasks[i].post);
		missed += deliveries[i].is_delivered != FLAG_YES;
	}
	arena_release(&arena);
	return missed;
}

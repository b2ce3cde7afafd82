/* Any history becomes a report in every format, and each of its snapshots an outcome of the monitor: valid
 * JSON, within Discord's limits, inert on a terminal, in a browser and for Prometheus. */
#include <stdio.h>
#include <string.h>

#include "asmo/alert.h"
#include "asmo/file.h"
#include "asmo/render.h"
#include "base/json.h"
#include "discord.h"
#include "fuzz.h"
#include "html.h"
#include "prometheus.h"

enum { LIMIT = 16 * 1024 * 1024 };

static const double from_epoch = 1768125600 - 86400, to_epoch = 1768125600 + 86400;

struct run {
	struct config config;
	struct report *report;
	struct snapshot before;
	bool has_before;
};

/* The document is one JSON object; returns it, to be deleted. */
static cJSON *parse(const struct buf *out)
{
	struct err err;
	cJSON *json;

	HOLDS(!out->overflow && fuzz_is_utf8(buf_slice(out)));
	HOLDS(fuzz_is_object(buf_slice(out)));
	json = json_parse(buf_slice(out), &err);
	HOLDS(cJSON_IsObject(json));
	return json;
}

/* As the monitor makes them; a history may hold others. */
static bool is_of_monitor(const struct snapshot *s)
{
	for (size_t i = 0; i < s->disk_count; i++)
		if (!s->disks[i].mount)
			return false;
	for (size_t i = 0; i < s->container_count; i++)
		if (!s->containers[i].name)
			return false;
	return s->server && s->timestamp;
}

static void check_outcome(const struct run *run, struct snapshot *s)
{
	const struct render_style style = {false, 80, &run->config.discord, NULL};
	struct outcome outcome = {.snapshot = s, .history_file = "data/history.json", .is_stored = true};
	struct buf out AUTO_BUF = buf_new(LIMIT);
	cJSON *json AUTO_JSON = NULL;
	const cJSON *message;

	alert_judge(s, run->has_before ? &run->before : NULL, run->has_before ? &run->before : NULL,
		&run->config);
	render_outcome_json(&out, &outcome, &style);
	json = parse(&out);
	message = json_member(json, "discord");
	HOLDS(!message == (json_bool(json, "critical_alert") != 1 && json_bool(json, "notify") != 1));
	if (message)
		discord_check(message);
	buf_clear(&out);
	render_outcome_prometheus(&out, &outcome, &style);
	HOLDS(!out.overflow);
	prometheus_check(buf_slice(&out));
	buf_clear(&out);
	render_outcome_text(&out, &outcome, &style);
	HOLDS(!out.overflow && out.len && fuzz_is_inert(buf_slice(&out), true));
	buf_clear(&out);
	render_outcome_line(&out, &outcome);
	HOLDS(!out.overflow && out.len && fuzz_is_inert(buf_slice(&out), false));
}

static void visit(const struct snapshot *snapshot, void *context)
{
	struct run *run = context;
	struct buf text AUTO_BUF = buf_new(LIMIT);
	struct snapshot copy;
	struct err err;

	report_add(run->report, snapshot);
	report_add_past(run->report, snapshot);
	record_write(&text, &snapshot_record, snapshot);
	snapshot_init(&copy);
	HOLDS(snapshot_read(&copy, buf_slice(&text), &err) == 0);
	if (is_of_monitor(&copy))
		check_outcome(run, &copy);
	snapshot_release(&copy);
	HOLDS(snapshot_read(&run->before, buf_slice(&text), &err) == 0);
	run->has_before = true;
}

enum { PICTURE_EVERY = 64 }; /* inputs, by their size: one takes longer than all the rest */

static void check_formats(const struct digest *digest, const struct config_discord *discord,
	bool with_picture)
{
	const struct render_style style = {false, 80, discord, NULL};

	for (const struct report_format *format = report_formats; format->name; format++) {
		struct buf out AUTO_BUF = buf_new(LIMIT);
		cJSON *json AUTO_JSON = NULL;

		if ((format->is_binary && !with_picture) || (format->unavailable && *format->unavailable))
			continue;
		format->render(&out, digest, 1, &style);
		HOLDS(!out.overflow && out.len);
		if (format->is_binary) {
			HOLDS(out.len > 8 && memcmp(out.data, "\x89PNG\r\n\x1a\n", 8) == 0);
			continue;
		}
		if (strcmp(format->name, "html") == 0) {
			html_check(buf_slice(&out));
			continue;
		}
		if (!format->is_json) {
			HOLDS(fuzz_is_inert(buf_slice(&out), true));
			continue;
		}
		json = parse(&out);
		if (strcmp(format->name, "discord") == 0)
			discord_check(json);
	}
}

static void check_digest(const struct digest *d)
{
	HOLDS(d->expected_snapshots >= d->snapshots);
	for (size_t i = 0; i < d->container_count; i++) {
		const struct digest_container *c = &d->containers[i];

		HOLDS(c->checks >= 1 && c->checks <= d->snapshots && c->checks_running <= c->checks);
		HOLDS(c->uptime_percent >= 0 && c->uptime_percent <= 100);
		HOLDS(!i || strcmp(d->containers[i - 1].name, c->name) < 0);
	}
	for (size_t i = 0; i < d->problem_count; i++) {
		HOLDS(d->problems[i].message[0] && d->problems[i].subject);
		HOLDS(!i || severity_parse(d->problems[i - 1].severity) >=
				    severity_parse(d->problems[i].severity));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd AUTO_CLOSE = fuzz_file(fuzz_slice(data, size));
	struct history_stat stat = {.oldest_epoch = MISSING};
	struct run run = {.has_before = false};
	struct digest digest;
	struct err err = {0};
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config_init(&run.config);
	run.config.docker.required = FLAG_YES;
	snapshot_init(&run.before);
	run.report = report_begin("home", from_epoch, to_epoch);
	HOLDS(history_read(path, from_epoch, to_epoch, visit, &run, &stat, &err) == 0);
	report_finish(run.report, &run.config.thresholds, &stat, NULL, &digest);
	check_digest(&digest);
	check_formats(&digest, &run.config.discord, size % PICTURE_EVERY == 0);
	digest_release(&digest);
	snapshot_release(&run.before);
	config_release(&run.config);
	return 0;
}

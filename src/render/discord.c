/* Discord's webhook payload. Its limits (code points): title 256, field name 256, field value 1024, footer
 * 2048, username 80, and 6000 for all texts of a message together. With one embed of at most five fields, and
 * a footer of at most 500, the sum keeps to that when each part keeps to its own. Source: Discord's developer
 * documentation, "Message", "Embed limits".
 */
#include "render/discord.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "base/json.h"
#include "render/show.h"

enum {
	VALUE_MAX = 1024,
	USERNAME_MAX = 80,
	SERVER_MAX = 100, /* each may need two in the title, which has room for 256 */
	LINE_MAX = 300,
	UPTIME_MAX = 40,
	EVENT_MAX = 160,   /* of the timeline's lines, which are to be many */
	NAME_WIDTH = 22,   /* of a container's name in a table */
	MORE_RESERVE = 24, /* room for "and 1000 more" and the end of a code block */
	BUFFER = 64 * 1024,
};

static const char zero_width_space[] = "\xE2\x80\x8B"; /* between @ and everyone it is no mention */

struct face {
	const char *icon;
	int color;
};

static struct face face_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return (struct face){"\xF0\x9F\x9A\xA8", 0xE74C3C}; /* police light, red */
	case SEVERITY_WARNING:
		return (struct face){"\xE2\x9A\xA0\xEF\xB8\x8F", 0xF39C12}; /* warning sign, orange */
	case SEVERITY_INFO:
		return (struct face){"\xE2\x84\xB9\xEF\xB8\x8F", 0x3498DB}; /* information sign, blue */
	default:
		return (struct face){"\xE2\x9C\x85", 0x2ECC71}; /* check mark, green */
	}
}

/* Whether a colon makes a link or an emoji of what is around it: `://`, `:skull:`. */
static bool is_active_colon(const char *colon)
{
	size_t name = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-");

	return colon[1] == '/' || (name && colon[1 + name] == ':');
}

/* Clean text that Discord shows as it stands: no markup, mention, emoji, time stamp or link comes of it. What
 * only counts at the start of a line (`# `, `> `, `- `) can't: something of ours always stands before it. */
static void add_plain(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_~`|<>[]", *text) || (*text == ':' && is_active_colon(text)))
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
		if (*text == '@')
			buf_add_string(out, zero_width_space);
	}
}

/* Clean text inside a code block, where only a backtick means anything. */
static void add_code(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_add_char(out, *text == '`' ? '\'' : *text);
}

/* Text from elsewhere, clean and cut. */
static char *shorten(struct arena *arena, const char *text, size_t max)
{
	char *clean = text_clean_copy(arena, slice_of(text), BUFFER);

	if (text_length(clean) <= max)
		return clean;
	return arena_printf(arena, "%.*s\xE2\x80\xA6", (int)text_prefix(clean, max - 1), clean);
}

/* A field's value, line by line: what does not fit is counted. */
struct value {
	struct buf text;
	size_t left_out;
};

static void value_init(struct value *v)
{
	*v = (struct value){0};
	buf_init(&v->text, BUFFER);
}

/* Adds the line if the value keeps room for what must follow it. */
static void value_add(struct value *v, const char *line)
{
	if (v->left_out || text_length(v->text.data) + text_length(line) + 1 > VALUE_MAX - MORE_RESERVE)
		v->left_out++;
	else
		buf_printf(&v->text, "%s%s", v->text.len ? "\n" : "", line);
}

static void value_end(struct value *v)
{
	if (v->left_out)
		buf_printf(&v->text, "\nand %zu more", v->left_out);
}

/* The embed's fields as JSON. */
static void add_field(struct buf *out, bool is_first, const char *name, struct value *v, bool is_inline)
{
	buf_add_string(out, is_first ? "{\"name\":" : ",{\"name\":");
	json_write_string(out, name);
	buf_add_string(out, ",\"value\":");
	json_write_string(out, v->text.len ? v->text.data : "n/a");
	buf_printf(out, ",\"inline\":%s}", is_inline ? "true" : "false");
	buf_release(&v->text);
}

static void begin_payload(struct buf *out, const struct config_discord *discord)
{
	struct arena arena = {0};
	char *username;

	buf_add_char(out, '{');
	username = shorten(&arena, discord->username, USERNAME_MAX);
	if (*username) {
		buf_add_string(out, "\"username\":");
		json_write_string(out, username);
		buf_add_char(out, ',');
	}
	buf_add_string(out, "\"embeds\":[");
	arena_release(&arena);
}

static void end_payload(struct buf *out)
{
	buf_add_string(out, "],\"allowed_mentions\":{\"parse\":[]}}");
}

static void begin_embed(struct buf *out, enum severity severity, const char *server, const char *what)
{
	struct arena arena = {0};
	struct face face = face_of(severity);
	struct buf title AUTO_BUF;

	buf_init(&title, BUFFER);
	buf_printf(&title, "%s ", face.icon);
	add_plain(&title, shorten(&arena, server, SERVER_MAX));
	buf_printf(&title, " \xE2\x80\xA2 %s", what);
	buf_add_string(out, "{\"title\":");
	json_write_string(out, title.data);
	buf_printf(out, ",\"color\":%d,\"fields\":[", face.color);
	arena_release(&arena);
}

static void end_embed(struct buf *out, const char *footer, double epoch)
{
	char when[CLOCK_TEXT];

	clock_format_utc(epoch, when);
	buf_add_string(out, "],\"footer\":{\"text\":");
	json_write_string(out, footer);
	buf_printf(out, "},\"timestamp\":\"%s\"}", when);
}

static void add_containers_line(struct value *v, double total, double running, double stopped,
	double unhealthy)
{
	char line[LINE_MAX];

	if (isnan(total))
		return;
	snprintf(line, sizeof(line), "**Containers** %.0f: %.0f running, %.0f stopped, %.0f unhealthy", total,
		running, stopped, unhealthy);
	value_add(v, line);
}

static void add_disk_line(struct value *v, const char *mount, double percent, double used_gb, double total_gb,
	const char *more)
{
	struct buf line AUTO_BUF;
	struct arena arena = {0};

	buf_init(&line, BUFFER);
	buf_add_string(&line, "**Disk ");
	add_plain(&line, shorten(&arena, mount, 60));
	buf_printf(&line, "** %s", show(percent, 1, "%").text);
	if (!isnan(used_gb))
		buf_printf(&line, ", %.1f of %.1f GiB", used_gb, total_gb);
	add_plain(&line, more);
	value_add(v, line.data);
	arena_release(&arena);
}

static void add_load_line(struct value *v, const double *load, const char *uptime)
{
	struct arena arena = {0};
	struct buf line AUTO_BUF;

	buf_init(&line, BUFFER);
	buf_printf(&line, "**Load** %.2f %.2f %.2f, **up** ", load[0], load[1], load[2]);
	add_plain(&line, shorten(&arena, uptime, UPTIME_MAX));
	value_add(v, line.data);
	arena_release(&arena);
}

static void current_state(struct value *v, const struct digest *d)
{
	const struct digest_current *now = &d->current;
	char line[LINE_MAX];

	snprintf(line, sizeof(line), "**CPU** %s (avg %s, max %s)", show(now->cpu_percent, 1, "%").text,
		show(d->cpu_percent.avg, 1, "%").text, show(d->cpu_percent.max, 1, "%").text);
	value_add(v, line);
	snprintf(line, sizeof(line), "**RAM** %s, %s of %s (avg %s, max %s)",
		show(now->ram_percent, 1, "%").text, show(now->ram_used_gb, 1, "").text,
		show(now->ram_total_gb, 1, "GiB").text, show(d->ram_percent.avg, 1, "%").text,
		show(d->ram_percent.max, 1, "%").text);
	value_add(v, line);
	if (now->swap_total_gb > 0) {
		snprintf(line, sizeof(line), "**Swap** %s of %s", show(now->swap_used_gb, 1, "").text,
			show(now->swap_total_gb, 1, "GiB").text);
		value_add(v, line);
	}
	if (!isnan(d->network.rx_mb)) {
		snprintf(line, sizeof(line), "**Network** %s received, %s sent",
			show_mb(d->network.rx_mb).text, show_mb(d->network.tx_mb).text);
		value_add(v, line);
	}
	add_containers_line(v, now->containers_total, now->containers_running, now->containers_stopped,
		now->containers_unhealthy);
	if (now->load_average.count == 3)
		add_load_line(v, now->load_average.items, now->uptime);
	for (size_t i = 0; i < d->disk_count; i++) {
		const struct digest_disk *disk = &d->disks[i];
		char change[64] = "";

		if (fabs(disk->change_gb) >= 0.05)
			snprintf(change, sizeof(change), " (%s)",
				show_change(disk->change_gb, 1, "GiB").text);
		add_disk_line(v, disk->mount, disk->used_percent, disk->used_gb, disk->total_gb,
			disk->problem ? ", not answering" : change);
	}
	value_end(v);
}

static void add_issue(struct value *v, enum severity severity, const char *message)
{
	struct arena arena = {0};
	struct buf line AUTO_BUF;

	buf_init(&line, BUFFER);
	buf_printf(&line, "%s ", face_of(severity).icon);
	add_plain(&line, shorten(&arena, message, LINE_MAX));
	value_add(v, line.data);
	arena_release(&arena);
}

static void issues(struct value *v, const struct digest *d)
{
	for (size_t i = 0; i < d->problem_count; i++)
		add_issue(v, severity_parse(d->problems[i].severity), d->problems[i].message);
	if (!d->problem_count)
		value_add(v, "None.");
	value_end(v);
}

/* A line of the timeline; to be freed. */
static char *event_line(const struct digest *d, const struct event *event)
{
	struct arena arena = {0};
	struct buf line AUTO_BUF;
	char *copy;

	buf_init(&line, BUFFER);
	buf_printf(&line, "%s `%s` ", face_of(severity_parse(event->severity)).icon,
		show_when(d, event).text);
	add_plain(&line, shorten(&arena, event->message, EVENT_MAX));
	copy = mem_string(line.data);
	arena_release(&arena);
	return copy;
}

static void timeline(struct value *v, const struct digest *d)
{
	char **lines AUTO_FREE = mem_alloc(d->event_count * sizeof(char *));
	size_t *costs AUTO_FREE = mem_alloc(d->event_count * sizeof(*costs));
	bool *chosen AUTO_FREE = mem_alloc(d->event_count * sizeof(*chosen));

	for (size_t i = 0; i < d->event_count; i++) {
		lines[i] = event_line(d, &d->events[i]);
		costs[i] = text_length(lines[i]) + 1;
	}
	v->left_out = show_choose(d, costs, VALUE_MAX - MORE_RESERVE, chosen);
	for (size_t i = 0; i < d->event_count; i++) {
		if (chosen[i])
			buf_printf(&v->text, "%s%s", v->text.len ? "\n" : "", lines[i]);
		free(lines[i]);
	}
	value_end(v);
}

static void add_row(struct value *v, const char *name, const char *number)
{
	struct arena arena = {0};
	struct buf line AUTO_BUF;
	char *shown = shorten(&arena, name, NAME_WIDTH);
	size_t width = text_width(shown);

	buf_init(&line, BUFFER);
	add_code(&line, shown);
	buf_printf(&line, "%*s %10s", width < NAME_WIDTH ? (int)(NAME_WIDTH - width) : 0, "", number);
	value_add(v, line.data);
	arena_release(&arena);
}

/* The rows of a table stand in a code block, so that they line up. */
static void begin_table(struct value *v, size_t rows)
{
	if (rows)
		buf_add_string(&v->text, "```");
}

static void end_table(struct value *v, size_t rows)
{
	value_end(v);
	if (rows)
		buf_add_string(&v->text, "\n```");
}

static void add_report(struct buf *out, const struct digest *digest)
{
	char what[64], footer[500];
	struct value v;

	snprintf(what, sizeof(what), "%gh Report", digest->hours);
	begin_embed(out, severity_parse(digest->severity), digest->server, what);
	value_init(&v);
	if (digest->snapshots > 0)
		current_state(&v, digest);
	else
		value_add(&v, "Unknown: nothing was measured.");
	add_field(out, true, "Current State", &v, false);
	value_init(&v);
	issues(&v, digest);
	add_field(out, false, "Issues", &v, false);
	if (digest->event_count) {
		value_init(&v);
		timeline(&v, digest);
		add_field(out, false, "Timeline", &v, false);
	}

	value_init(&v);
	begin_table(&v, digest->top_memory_count);
	for (size_t i = 0; i < digest->top_memory_count; i++)
		add_row(&v, digest->top_memory[i].name, show_mb(digest->top_memory[i].mem_mb).text);
	end_table(&v, digest->top_memory_count);
	add_field(out, false, "Top Memory", &v, true);
	value_init(&v);
	begin_table(&v, digest->top_cpu_count);
	for (size_t i = 0; i < digest->top_cpu_count; i++)
		add_row(&v, digest->top_cpu[i].name, show(digest->top_cpu[i].cpu_percent, 1, "%").text);
	end_table(&v, digest->top_cpu_count);
	add_field(out, false, "Top CPU", &v, true);

	snprintf(footer, sizeof(footer), "asmo \xE2\x80\xA2 %s", digest->coverage);
	end_embed(out, footer, digest->to_epoch);
}

void render_report_discord(struct buf *out, const struct digest *digests, size_t count,
	const struct config_discord *discord)
{
	begin_payload(out, discord);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		add_report(out, &digests[i]);
	}
	end_payload(out);
}

/* ` (since Jan 11 10:00)` of what goes on, ` (after 3h 5m)` of what is over. */
static void add_duration(struct buf *text, const struct issue *issue, double now)
{
	char when[CLOCK_TEXT];

	if (issue_is(issue, ISSUE_ONGOING)) {
		clock_format_short(issue->since_epoch, now - issue->since_epoch > 20 * 3600, when);
		buf_printf(text, " (since %s)", when);
	} else if (issue_is(issue, ISSUE_RESOLVED)) {
		clock_format_duration(now - issue->since_epoch, when);
		buf_printf(text, " (after %s)", when);
	}
}

/* A field with the issues in that state, if there are any. */
static void add_issue_field(struct buf *out, bool *is_first, const char *name, const struct snapshot *s,
	const char *state)
{
	bool is_over = strcmp(state, ISSUE_RESOLVED) == 0;
	struct value v;

	value_init(&v);
	for (size_t i = 0; i < s->alert.issue_count; i++) {
		const struct issue *issue = &s->alert.issues[i];
		struct buf text AUTO_BUF;

		buf_init(&text, BUFFER);
		if (!issue_is(issue, state))
			continue;
		buf_printf(&text, "%.*s", (int)text_prefix(issue->message, LINE_MAX - CLOCK_TEXT),
			issue->message);
		add_duration(&text, issue, s->epoch);
		add_issue(&v, is_over ? SEVERITY_OK : severity_parse(issue->severity), text.data);
	}
	value_end(&v);
	if (v.text.len) {
		add_field(out, *is_first, name, &v, false);
		*is_first = false;
	}
	buf_release(&v.text);
}

void render_alert_discord(struct buf *out, const struct snapshot *s, const struct config_discord *discord)
{
	enum severity worst = alert_worst(&s->alert);
	bool is_first = true;
	char line[LINE_MAX];
	struct value v;

	begin_payload(out, discord);
	begin_embed(out, worst, s->server, show_alert(worst));
	add_issue_field(out, &is_first, "New", s, ISSUE_NEW);
	add_issue_field(out, &is_first, "Ongoing", s, ISSUE_ONGOING);
	add_issue_field(out, &is_first, "Resolved", s, ISSUE_RESOLVED);
	add_issue_field(out, &is_first, "Not Yet Confirmed", s, ISSUE_PENDING);
	value_init(&v);
	snprintf(line, sizeof(line), "**CPU** %s, **RAM** %s", show(s->cpu_percent, 1, "%").text,
		show(s->ram_percent, 1, "%").text);
	value_add(&v, line);
	add_containers_line(&v, s->containers_total, s->containers_running, s->containers_stopped,
		s->containers_unhealthy);
	for (size_t i = 0; i < s->disk_count; i++)
		add_disk_line(&v, s->disks[i].mount, s->disks[i].used_percent, s->disks[i].used_gb,
			s->disks[i].total_gb, s->disks[i].problem ? ", not answering" : "");
	value_end(&v);
	add_field(out, is_first, "Current State", &v, false);
	end_embed(out, "asmo", s->epoch);
	end_payload(out);
}

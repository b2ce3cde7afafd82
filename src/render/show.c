#include "render/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/event.h"
#include "asmo/mem.h"
#include "asmo/text.h"

static const char point[] = "\xC2\xB7", full_block[] = "\xE2\x96\x88", light_shade[] = "\xE2\x96\x91";
/* Nobody reads the digits of a number that no machine has. */
static const double largest_in_full = 1e7;
enum { SUBJECT_MAX_BYTES = 60, TITLE_MAX_BYTES = 4096, SUBJECTS_MAX = 138 }; /* the last in code points */

struct shown show(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (isfinite(value) && fabs(value) >= largest_in_full)
		snprintf(s.text, sizeof(s.text), "%.1e%s%s", value, *unit ? " " : "", unit);
	else if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_briefly(double value)
{
	return show(value, fabs(value) < 9999.95 ? 1 : 0, "");
}

struct shown show_change(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (fabs(value) < 0.5 * pow(10, -decimals)) /* no -0.0 */
		value = 0;
	if (isfinite(value) && fabs(value) >= largest_in_full)
		snprintf(s.text, sizeof(s.text), "%+.1e%s%s", value, *unit ? " " : "", unit);
	else if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%+.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_gb(double gb)
{
	return gb >= 1024 ? show(gb / 1024, 1, "TiB") : show(gb, 1, "GiB");
}

struct shown show_mb(double mb)
{
	return mb >= 1024 ? show_gb(mb / 1024) : show(mb, 1, "MiB");
}

struct shown show_used(double used_gb, double total_gb)
{
	bool is_large = total_gb >= 1024;
	struct shown s;

	snprintf(s.text, sizeof(s.text), "%.16s of %.16s",
		show(is_large ? used_gb / 1024 : used_gb, 1, "").text, show_gb(total_gb).text);
	return s;
}

struct shown show_span(double seconds)
{
	if (!(seconds >= 0.5))
		return (struct shown){"-"};
	if (seconds < 99.5)
		return show(seconds, 0, "s");
	return seconds < 99.5 * 60 ? show(seconds / 60, 0, "min") : show(seconds / 3600, 1, "h");
}

static double begin(const struct event *event)
{
	return isnan(event->from_epoch) ? event->epoch : event->from_epoch;
}

static double minute(double epoch)
{
	return floor(epoch / 60);
}

bool show_needs_day(const struct digest *digest, const struct event *event)
{
	return minute(begin(event)) <= minute(digest->to_epoch) - 24 * 60;
}

/* Not by the texts: when summer time ends, an hour comes twice. */
bool show_is_span(const struct event *event)
{
	return minute(begin(event)) < minute(event->epoch);
}

static struct shown when(const struct digest *digest, const struct event *event, bool in_words)
{
	bool with_day = show_needs_day(digest, event);
	struct shown s;
	char from[CLOCK_TEXT], to[CLOCK_TEXT];

	clock_format_short(begin(event), with_day, from);
	clock_format_short(event->epoch, with_day, to);
	if (!show_is_span(event))
		snprintf(s.text, sizeof(s.text), "%.20s", to);
	else if (!in_words)
		snprintf(s.text, sizeof(s.text), "%.20s-%.20s", from, to);
	else
		snprintf(s.text, sizeof(s.text), "%s %.14s %s %.14s",
			event->code == EVENT_GAP ? "from" : "between", from,
			event->code == EVENT_GAP ? "to" : "and", to);
	return s;
}

struct shown show_when(const struct digest *digest, const struct event *event)
{
	return when(digest, event, false);
}

struct shown show_when_in_words(const struct digest *digest, const struct event *event)
{
	return when(digest, event, true);
}

static double highest(const struct numbers *n, size_t from, size_t to)
{
	double most = MISSING;

	for (size_t i = from; i < to; i++)
		most = fmax(most, n->items[i]);
	return most;
}

void show_spark(struct buf *out, const struct numbers *percents, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		size_t from = i * percents->count / width, to = (i + 1) * percents->count / width;
		double value = highest(percents, from, to > from || !percents->count ? to : from + 1);

		if (isnan(value))
			buf_add_string(out, point);
		else /* U+2581 to U+2588 */
			buf_printf(out, "\xE2\x96%c", (int)(0x81 + fmax(0, fmin(7, floor(value / 100 * 8)))));
	}
}

void show_bar(struct buf *out, double percent, size_t width)
{
	double full = round(fmax(0, fmin(percent, 100)) / 100 * (double)width);

	for (size_t i = 0; i < width; i++)
		buf_add_string(out, isnan(percent) ? point : (double)i < full ? full_block : light_shade);
}

void show_status_bar(char *ret_letters, const char *letters, size_t width)
{
	static const char by_need[] = "?iurxd";
	size_t count = strlen(letters);

	for (size_t i = 0; i < width; i++) {
		size_t from = i * count / width, to = (i + 1) * count / width;
		const char *most = by_need;

		for (size_t k = from; k < count && (k < to || k == from); k++) {
			const char *need = strchr(by_need, letters[k]);

			if (need && need > most)
				most = need;
		}
		ret_letters[i] = *most;
	}
	ret_letters[width] = '\0';
}

const char *show_icon(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return "\xF0\x9F\x9A\xA8"; /* police light */
	case SEVERITY_WARNING:
		return "\xE2\x9A\xA0\xEF\xB8\x8F"; /* warning sign */
	case SEVERITY_INFO:
		return "\xE2\x84\xB9\xEF\xB8\x8F"; /* information sign */
	default:
		return "\xE2\x9C\x85"; /* check mark */
	}
}

size_t show_count(const struct digest *digest, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < digest->problem_count; i++)
		count += severity_parse(digest->problems[i].severity) == severity;
	return count;
}

enum severity show_severity_of(const struct digest *digest, const char *subject)
{
	for (size_t i = 0; i < digest->problem_count; i++)
		if (!digest->problems[i].is_container && strcmp(digest->problems[i].subject, subject) == 0)
			return severity_parse(digest->problems[i].severity);
	return SEVERITY_OK;
}

struct shown show_counts(const struct digest *digest)
{
	static const struct {
		enum severity severity;
		const char *one, *many;
	} words[] = {
		{SEVERITY_CRITICAL, "critical", "critical"},
		{SEVERITY_WARNING, "warning", "warnings"},
		{SEVERITY_INFO, "info", "infos"},
	};
	struct shown s = {"none"};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t count = show_count(digest, words[i].severity);

		if (count)
			used += (size_t)snprintf(s.text + used, sizeof(s.text) - used, "%s%zu %s",
				used ? ", " : "", count, count > 1 ? words[i].many : words[i].one);
	}
	return s;
}

static int by_name(const void *key, const void *element)
{
	const struct show_container *row = element;

	return strcmp(key, row->container->name);
}

static int by_rank(const void *a, const void *b)
{
	const struct show_container *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->container->name, y->container->name);
}

struct show_container *show_containers(const struct digest *d)
{
	struct show_container *rows = mem_alloc(d->container_count * sizeof(*rows));

	for (size_t i = 0; i < d->container_count; i++) /* they are in the order of their names */
		rows[i] = (struct show_container){&d->containers[i], SEVERITY_OK, d->problem_count};
	for (size_t i = 0; i < d->problem_count; i++) {
		struct show_container *row =
			bsearch(d->problems[i].subject, rows, d->container_count, sizeof(*rows), by_name);

		if (row && d->problems[i].is_container && row->rank == d->problem_count) {
			row->severity = severity_parse(d->problems[i].severity);
			row->rank = i;
		}
	}
	qsort(rows, d->container_count, sizeof(*rows), by_rank);
	return rows;
}

struct shown show_uptime(const struct digest_container *c, const char *unit)
{
	return c->checks > c->checks_idle ? show(c->uptime_percent, 1, unit) : (struct shown){"-"};
}

const char *show_status(const struct digest_container *c)
{
	if (!c->status || strcmp(c->status, "stopped") != 0)
		return c->status;
	if (c->is_expected_down)
		return "stopped, as expected";
	return c->is_done && c->state && strcmp(c->state, "exited") == 0 ? "finished" : c->status;
}

struct show_states show_current_states(const struct digest_current *now)
{
	return (struct show_states){now->containers_total, now->containers_running, now->containers_stopped,
		now->containers_finished, now->containers_unhealthy, now->engine_error != NULL};
}

struct show_states show_snapshot_states(const struct snapshot *s)
{
	return (struct show_states){s->containers_total, s->containers_running, s->containers_stopped,
		event_count_finished(s), s->containers_unhealthy, s->docker.available == FLAG_NO};
}

struct shown_states show_states(const struct show_states *states)
{
	const struct {
		const char *word;
		double count;
	} rest[] = {
		{"stopped", states->stopped - states->finished},
		{"finished", states->finished},
		{"unhealthy", states->unhealthy},
	};
	struct shown_states s = {"not seen: the container engine does not answer"};
	size_t used;

	if (isnan(states->total) && !states->is_engine_away)
		return (struct shown_states){"n/a"};
	if (isnan(states->total))
		return s;
	used = (size_t)snprintf(s.text, sizeof(s.text), "%s: %s running", show(states->total, 0, "").text,
		show(states->running, 0, "").text);
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		if (rest[i].count > 0 && used < sizeof(s.text))
			used += (size_t)snprintf(s.text + used, sizeof(s.text) - used, ", %.24s %s",
				show(rest[i].count, 0, "").text, rest[i].word);
	return s;
}

/* A headline names a subject once. */
static bool is_told_before(const struct digest *d, size_t problem)
{
	for (size_t i = 0; i < problem; i++)
		if (strcmp(d->problems[i].severity, d->problems[problem].severity) == 0 &&
			strcmp(d->problems[i].subject, d->problems[problem].subject) == 0)
			return true;
	return false;
}

void show_subjects(struct buf *out, const struct digest *d, enum severity severity, size_t limit,
	void (*add)(struct buf *out, const char *text))
{
	size_t left = 0, told = 0;

	for (size_t i = 0; i < d->problem_count; i++) {
		struct buf title AUTO_BUF = buf_new(TITLE_MAX_BYTES);

		if (severity_parse(d->problems[i].severity) != severity || is_told_before(d, i))
			continue;
		add(&title, d->problems[i].title);
		if (left || text_length(out->data) + text_length(title.data) + 2 > limit)
			left++;
		else
			buf_printf(out, "%s%s", told++ ? ", " : "", title.data);
	}
	if (left)
		buf_printf(out, "%s%zu%s", told ? " and " : "", left, told ? " more" : " in all");
}

struct shown show_severity_count(const struct digest *d, enum severity severity)
{
	size_t count = show_count(d, severity);
	struct shown s = {""};

	if (count)
		snprintf(s.text, sizeof(s.text), "%zu %s%s", count, severity_name(severity),
			severity == SEVERITY_WARNING && count > 1 ? "s" : "");
	return s;
}

static void add_title(struct buf *out, const char *title)
{
	text_clean(out, slice_of(title), SUBJECT_MAX_BYTES);
}

void show_headline(struct buf *out, const struct digest *d)
{
	for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_WARNING; severity--) {
		struct shown count = show_severity_count(d, (enum severity)severity);

		if (!*count.text)
			continue;
		buf_printf(out, "%s%s: ", out->len ? "; " : "", count.text);
		show_subjects(out, d, (enum severity)severity, text_length(out->data) + SUBJECTS_MAX,
			add_title);
	}
	if (!out->len)
		buf_add_string(out, "nothing is wrong");
}

size_t show_choose(const struct digest *digest, size_t max, bool *ret_chosen)
{
	size_t chosen = 0;

	memset(ret_chosen, 0, digest->event_count * sizeof(*ret_chosen));
	for (int severity = SEVERITY_CRITICAL; severity > SEVERITY_OK; severity--) {
		for (size_t i = 0; i < digest->event_count && chosen < max; i++) {
			if (severity_parse(digest->events[i].severity) != (enum severity)severity)
				continue;
			ret_chosen[i] = true;
			chosen++;
		}
	}
	return digest->event_count - chosen;
}

const char *show_alert(enum severity worst)
{
	if (worst == SEVERITY_CRITICAL)
		return "Critical Alert";
	return worst == SEVERITY_WARNING ? "Warning" : "Resolved";
}

#include "asmo/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/message.h"
#include "report/collect.h"

enum { TOP = 5, MESSAGES_MAX = 50 };

static const double usual_interval_seconds = 3600;

static void count(struct tally *t, double value)
{
	if (isnan(value))
		return;
	t->min = t->count > 0 ? fmin(t->min, value) : value;
	t->max = t->count > 0 ? fmax(t->max, value) : value;
	t->sum += value;
	t->count++;
}

static double mean(const struct tally *t)
{
	return t->count > 0 ? t->sum / t->count : MISSING;
}

static struct range range_of(const struct tally *t)
{
	bool any = t->count > 0;

	return (struct range){mean(t), any ? t->min : MISSING, any ? t->max : MISSING};
}

static struct use use_of(const struct tally *t)
{
	return (struct use){mean(t), t->count > 0 ? t->max : MISSING};
}

/* Copies into an array of the tally, so that the sighting outlives its snapshot. */
static void keep(char *to, size_t size, char **member, const char *from)
{
	size_t len = from ? strnlen(from, size - 1) : 0;

	*member = from ? to : NULL;
	if (len)
		memcpy(to, from, len);
	to[len] = '\0';
}

/* Makes room for one more at the end of a list and returns it, zeroed. */
static void *add_item(void *list, size_t *item_count, size_t size)
{
	void **items = list;
	char *item;

	if ((*item_count & (*item_count - 1)) == 0)
		*items = mem_resize(*items, (*item_count ? 2 * *item_count : 1) * size);
	item = (char *)*items + (*item_count)++ * size;
	return memset(item, 0, size);
}

struct report *report_begin(const char *server, double from_epoch, double to_epoch)
{
	struct report *report = mem_alloc(sizeof(*report));
	struct digest *digest = &report->digest;

	*report = (struct report){.oom_kills = MISSING};
	record_init(&digest_record, digest);
	digest->server = arena_string(&digest->arena, server);
	digest->from_epoch = from_epoch;
	digest->to_epoch = to_epoch;
	digest->hours = (to_epoch - from_epoch) / 3600;
	return report;
}

static void add_disk(struct report *report, const struct disk *d)
{
	struct disk_tally *tally = NULL;

	if (!d->mount)
		return;
	for (size_t i = 0; !tally && i < report->disk_count; i++)
		if (strcmp(report->disks[i].mount, d->mount) == 0)
			tally = &report->disks[i];
	if (!tally) {
		tally = add_item(&report->disks, &report->disk_count, sizeof(*tally));
		tally->mount = arena_string(&report->digest.arena, d->mount);
		tally->first_gb = tally->used_gb = tally->total_gb = tally->used_percent = MISSING;
	}
	count(&tally->percent, d->used_percent);
	if (isnan(tally->first_gb))
		tally->first_gb = d->used_gb;
	tally->used_gb = d->used_gb;
	tally->total_gb = d->total_gb;
	tally->used_percent = d->used_percent;
	snprintf(tally->problem, sizeof(tally->problem), "%s", d->problem ? d->problem : "");
	tally->last_seen = report->count;
}

static double item(const struct numbers *list, size_t i)
{
	return i < list->count ? list->items[i] : MISSING;
}

static struct digest_error *error_of(struct report *report, struct container_tally *tally,
	const char *message)
{
	struct arena *arena = &report->digest.arena;
	char *key = message_key(&report->scratch, message);
	size_t i = 0;

	while (i < tally->message_count && strcmp(tally->message_keys[i], key) != 0)
		i++;
	if (i == tally->message_count && i < MESSAGES_MAX) {
		if (!i) {
			tally->messages = arena_array(arena, MESSAGES_MAX, sizeof(*tally->messages));
			tally->message_keys = arena_array(arena, MESSAGES_MAX, sizeof(*tally->message_keys));
		}
		tally->message_keys[tally->message_count++] = arena_string(arena, key);
		tally->messages[i] = (struct digest_error){arena_string(arena, message), 0, MISSING, MISSING};
	}
	arena_clear(&report->scratch);
	return i < tally->message_count ? &tally->messages[i] : NULL;
}

static void add_errors(struct report *report, struct container_tally *tally, const struct container *c)
{
	for (size_t i = 0; i < c->errors.count; i++) {
		struct digest_error *error = error_of(report, tally, c->errors.items[i]);

		if (!error)
			continue;
		error->count += i < c->error_counts.count ? c->error_counts.items[i] : 1;
		error->first_epoch = fmin(error->first_epoch, item(&c->error_first_epochs, i));
		error->last_epoch = fmax(error->last_epoch, item(&c->error_last_epochs, i));
	}
	tally->errors += isnan(c->error_count) ? (double)c->errors.count : c->error_count;
}

/* Whether this sighting shows an OOM kill that the one before did not show yet. */
static bool is_new_oom_kill(const struct report *report, const struct container_tally *tally,
	const struct container *c, double rise)
{
	const struct container *last = tally->checks > 0 ? &tally->last : NULL;
	const char *ended = c->finished_at;

	if (!container_was_oom_killed(c, last, rise))
		return false;
	if (last && last->oom_killed == FLAG_YES)
		return ended && last->finished_at && strcmp(ended, last->finished_at) != 0;
	return last || !ended || !(clock_parse(ended, strlen(ended)) < report->digest.from_epoch);
}

static struct container_tally *tally_of(struct report *report, const char *name, size_t hint)
{
	struct container_tally **place, *tally;

	/* Snapshots list the containers in the same order, so the hint is nearly always right. */
	if (hint < report->container_count && strcmp(report->containers[hint]->name, name) == 0)
		return report->containers[hint];
	for (size_t i = 0; i < report->container_count; i++)
		if (strcmp(report->containers[i]->name, name) == 0)
			return report->containers[i];
	tally = arena_alloc(&report->digest.arena, sizeof(*tally));
	tally->name = arena_string(&report->digest.arena, name);
	place = add_item(&report->containers, &report->container_count, sizeof(*place));
	*place = tally;
	return tally;
}

static void add_container(struct report *report, const struct container *c, size_t hint, double oom_rise)
{
	struct container_tally *tally;

	if (!c->name)
		return;
	tally = tally_of(report, c->name, hint);
	if (is_new_oom_kill(report, tally, c, oom_rise))
		tally->ooms++;
	if (tally->checks > 0)
		tally->restarts += container_restarts_since(c, &tally->last);
	else if (report->engine_was_there) /* it was made since the check before */
		tally->restarts += container_restarts_since(c, NULL);
	tally->checks++;
	tally->running += container_is_running(c);
	tally->unhealthy += c->status && strcmp(c->status, "unhealthy") == 0;
	if (container_is_running(c)) {
		count(&tally->cpu, c->cpu_percent);
		count(&tally->memory, c->mem_mb);
	}
	add_errors(report, tally, c);
	tally->last_seen = report->count;

	tally->last = (struct container){.restarts = c->restarts,
		.exit_code = c->exit_code,
		.oom_killed = c->oom_killed};
	keep(tally->id, sizeof(tally->id), &tally->last.id, c->id);
	keep(tally->status, sizeof(tally->status), &tally->last.status, c->status);
	keep(tally->state, sizeof(tally->state), &tally->last.state, c->state);
	keep(tally->health, sizeof(tally->health), &tally->last.health, c->health);
	keep(tally->finished_at, sizeof(tally->finished_at), &tally->last.finished_at, c->finished_at);
	keep(tally->problem, sizeof(tally->problem), &tally->last.problem, c->problem);
}

/* A history of the Python version says nothing about the engine: it answered if there are containers. One
 * that was not asked is no failure. */
static void add_engine(struct report *report, const struct snapshot *s)
{
	enum flag available = s->docker.available;

	report->engine_error[0] = '\0';
	report->engine_answered = available == FLAG_YES || (available == FLAG_UNKNOWN && s->container_count);
	if (report->engine_answered) {
		report->engine_was_there = true;
		report->engine_checks++;
	} else if (available == FLAG_NO && report->engine_was_there) {
		report->engine_checks++;
		report->engine_failures++;
		snprintf(report->engine_error, sizeof(report->engine_error), "%s",
			s->docker.error ? s->docker.error : "no reason known");
	}
}

static void set_current(struct report *report, const struct snapshot *s)
{
	struct digest_current *now = &report->digest.current;
	double *load = now->load_average.items;
	char *uptime = now->uptime;

	if (!load) {
		load = arena_array(&report->digest.arena, 3, sizeof(*load));
		uptime = arena_alloc(&report->digest.arena, CLOCK_TEXT);
	}
	*now = (struct digest_current){
		.epoch = s->epoch,
		.cpu_percent = s->cpu_percent,
		.cpu_count = s->cpu_count,
		.ram_percent = s->ram_percent,
		.ram_used_gb = s->ram_used_gb,
		.ram_total_gb = s->ram_total_gb,
		.swap_used_gb = s->swap_used_gb,
		.swap_total_gb = s->swap_total_gb,
		.load_average = {load, s->load_average.count < 3 ? s->load_average.count : 3},
		.uptime = uptime,
		.containers_total = s->containers_total,
		.containers_running = s->containers_running,
		.containers_stopped = s->containers_stopped,
		.containers_unhealthy = s->containers_unhealthy,
	};
	for (size_t i = 0; i < now->load_average.count; i++)
		load[i] = s->load_average.items[i];
	snprintf(uptime, CLOCK_TEXT, "%s", s->uptime ? s->uptime : "n/a");
}

void report_add(struct report *report, const struct snapshot *snapshot)
{
	double oom_rise = snapshot->oom_kills - report->oom_kills;
	double *epoch = add_item(&report->epochs, &report->count, sizeof(*epoch));

	*epoch = snapshot->epoch;
	if (snapshot->server && strcmp(snapshot->server, report->digest.server) != 0)
		report->digest.server = arena_string(&report->digest.arena, snapshot->server);
	count(&report->cpu, snapshot->cpu_percent);
	count(&report->ram, snapshot->ram_percent);
	for (size_t i = 0; i < snapshot->disk_count; i++)
		add_disk(report, &snapshot->disks[i]);
	for (size_t i = 0; i < snapshot->container_count; i++)
		add_container(report, &snapshot->containers[i], i, oom_rise);
	add_engine(report, snapshot);
	if (!isnan(snapshot->oom_kills))
		report->oom_kills = snapshot->oom_kills;
	set_current(report, snapshot);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How often the monitor runs: the shortest gap such that a quarter of the time between the snapshots lies in
 * gaps no longer than it. Neither a few runs by hand nor hours without a run change that. */
static double usual_interval(const double *epochs, size_t total)
{
	double *gaps AUTO_FREE = mem_alloc(total * sizeof(*gaps));
	double sum = 0, so_far = 0;
	size_t n = 0;

	for (size_t i = 1; i < total; i++) {
		double gap = epochs[i] - epochs[i - 1];

		if (gap > 0) {
			gaps[n++] = gap;
			sum += gap;
		}
	}
	qsort(gaps, n, sizeof(*gaps), by_value);
	for (size_t i = 0; i < n; i++) {
		so_far += gaps[i];
		if (so_far >= sum / 4)
			return gaps[i];
	}
	return usual_interval_seconds;
}

static double expected_snapshots(const struct report *report, double oldest_epoch)
{
	const struct digest *d = &report->digest;
	double interval = usual_interval(report->epochs, report->count);
	double expected;

	if (d->to_epoch - oldest_epoch < 2 * usual_interval_seconds) /* too new to tell */
		expected = 0;
	else if (oldest_epoch > d->from_epoch) /* asmo is newer than the window */
		expected = 1 + floor((d->to_epoch - oldest_epoch) / interval);
	else
		expected = round((d->to_epoch - d->from_epoch) / interval);
	return fmax(expected, (double)report->count);
}

static void finish_disks(struct report *report)
{
	struct digest *d = &report->digest;

	d->disks = arena_array(&d->arena, report->disk_count, sizeof(*d->disks));
	for (size_t i = 0; i < report->disk_count; i++) {
		struct disk_tally *t = &report->disks[i];
		bool any = t->percent.count > 0;

		if (t->last_seen != report->count)
			snprintf(t->problem, sizeof(t->problem), "is no longer mounted");
		d->disks[d->disk_count++] = (struct digest_disk){
			.mount = t->mount,
			.used_percent = t->used_percent,
			.min_percent = any ? t->percent.min : MISSING,
			.max_percent = any ? t->percent.max : MISSING,
			.change_gb = t->used_gb - t->first_gb,
			.used_gb = t->used_gb,
			.total_gb = t->total_gb,
			.problem = t->problem[0] ? arena_string(&d->arena, t->problem) : NULL,
		};
	}
}

static int by_count(const void *a, const void *b)
{
	const struct digest_error *x = a, *y = b;

	if (x->count > y->count || x->count < y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->message, y->message);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct digest_container *)a)->name, ((const struct digest_container *)b)->name);
}

static void finish_containers(struct report *report)
{
	struct digest *d = &report->digest;

	d->container_count = report->container_count;
	d->containers = arena_array(&d->arena, d->container_count, sizeof(*d->containers));
	for (size_t i = 0; i < report->container_count; i++) {
		struct container_tally *t = report->containers[i];
		bool is_removed = t->last_seen != report->count && report->engine_answered;

		if (t->message_count)
			qsort(t->messages, t->message_count, sizeof(*t->messages), by_count);
		d->containers[i] = (struct digest_container){
			.name = t->name,
			.status = arena_string(&d->arena, is_removed ? "removed" : t->last.status),
			.health = arena_string(&d->arena, t->last.health),
			.uptime_percent = t->running / t->checks * 100,
			.restarts = t->restarts,
			.error_count = t->errors,
			.errors = arena_array(&d->arena, t->message_count, sizeof(*t->messages)),
			.errors_count = t->message_count,
			.cpu_percent = use_of(&t->cpu),
			.mem_mb = use_of(&t->memory),
			.state = arena_string(&d->arena, t->last.state),
			.exit_code = t->last.exit_code,
			.checks = t->checks,
			.checks_running = t->running,
			.checks_unhealthy = t->unhealthy,
			.oom_kills = t->ooms,
			.problem = arena_string(&d->arena, t->last.problem),
		};
		if (t->message_count)
			memcpy(d->containers[i].errors, t->messages, t->message_count * sizeof(*t->messages));
	}
	qsort(d->containers, d->container_count, sizeof(*d->containers), by_name);
}

static int by_memory(const void *a, const void *b)
{
	double x = ((const struct digest_top_memory *)a)->mem_mb,
	       y = ((const struct digest_top_memory *)b)->mem_mb;

	return (x < y) - (x > y);
}

static int by_cpu(const void *a, const void *b)
{
	double x = ((const struct digest_top_cpu *)a)->cpu_percent;
	double y = ((const struct digest_top_cpu *)b)->cpu_percent;

	return (x < y) - (x > y);
}

static void finish_tops(struct digest *d)
{
	d->top_memory = arena_array(&d->arena, d->container_count, sizeof(*d->top_memory));
	d->top_cpu = arena_array(&d->arena, d->container_count, sizeof(*d->top_cpu));
	for (size_t i = 0; i < d->container_count; i++) {
		const struct digest_container *c = &d->containers[i];

		if (!isnan(c->mem_mb.avg))
			d->top_memory[d->top_memory_count++] =
				(struct digest_top_memory){c->name, c->mem_mb.avg};
		if (!isnan(c->cpu_percent.avg))
			d->top_cpu[d->top_cpu_count++] = (struct digest_top_cpu){c->name, c->cpu_percent.avg};
	}
	qsort(d->top_memory, d->top_memory_count, sizeof(*d->top_memory), by_memory);
	qsort(d->top_cpu, d->top_cpu_count, sizeof(*d->top_cpu), by_cpu);
	d->top_memory_count = d->top_memory_count < TOP ? d->top_memory_count : TOP;
	d->top_cpu_count = d->top_cpu_count < TOP ? d->top_cpu_count : TOP;
}

void report_finish(struct report *report, const struct config_thresholds *thresholds,
	const struct history_stat *history, const char *no_history, struct digest *ret_digest)
{
	struct digest *d = &report->digest;

	d->snapshots = (double)report->count;
	d->expected_snapshots = expected_snapshots(report, history->oldest_epoch);
	d->cpu_percent = range_of(&report->cpu);
	d->ram_percent = range_of(&report->ram);
	if (report->engine_error[0])
		d->current.engine_error = arena_string(&d->arena, report->engine_error);
	finish_disks(report);
	finish_containers(report);
	finish_tops(d);
	report_find_problems(report, thresholds, history, no_history);

	*ret_digest = *d;
	arena_release(&report->scratch);
	free(report->containers);
	free(report->disks);
	free(report->epochs);
	free(report);
}

#include "asmo/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/message.h"
#include "asmo/text.h"
#include "report/collect.h"
#include "report/past.h"

enum { TOP = 5, MESSAGES_MAX = 50, NAME_LIMIT = 512, TEXT_LIMIT = 600 };

/* A sample stands for the time since the one before, but not for longer than this. */
static const double sample_seconds = 3600;
static const double week_seconds = 7 * 24 * 3600;

bool report_is_idle(const struct container *c)
{
	return !container_is_running(c) &&
	       (event_is_done(c) || container_is_expected_down(c) || event_is_up(c));
}

char *report_clean_name(struct report *report, const char *name)
{
	return name ? text_clean_copy(&report->digest.arena, slice_of(name), NAME_LIMIT) : NULL;
}

char *report_clean_text(struct report *report, const char *text)
{
	return text ? text_mask_copy(&report->digest.arena, slice_of(text), TEXT_LIMIT) : NULL;
}

/* Like fmin(), but what is missing stays so. */
static double at_most(double seconds, double most)
{
	return seconds > most ? most : seconds;
}

/* As much of the time up to the snapshot as lies in the window. */
static double in_window(const struct report *report, const struct snapshot *s, double seconds)
{
	return at_most(seconds, s->epoch - report->digest.from_epoch);
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

void *report_add_item(void *list, size_t *item_count, size_t size)
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

	*report = (struct report){.cpu = tally_empty, .ram = tally_empty, .swap = tally_empty};
	snapshot_init(&report->last);
	snapshot_init(&report->with_engine);
	record_init(&digest_record, digest);
	digest->server = report_clean_name(report, server);
	digest->from_epoch = from_epoch;
	digest->to_epoch = to_epoch;
	digest->hours = (to_epoch - from_epoch) / 3600;
	chart_init(&report->window, &digest->arena, from_epoch, to_epoch, CHART_WINDOW_STEPS);
	chart_init(&report->week, &digest->arena, to_epoch - week_seconds, to_epoch, CHART_WEEK_STEPS);
	report->bars = (struct chart){from_epoch, (to_epoch - from_epoch) / CHART_BAR_STEPS, CHART_BAR_STEPS,
		{0}, {0}, {0}, {0}};
	return report;
}

static void add_disk(struct report *report, const struct snapshot *s, const struct disk *d)
{
	struct disk_tally *tally = NULL;

	if (!d->mount)
		return;
	for (size_t i = 0; !tally && i < report->disk_count; i++)
		if (strcmp(report->disks[i].mount, d->mount) == 0)
			tally = &report->disks[i];
	if (!tally) {
		tally = report_add_item(&report->disks, &report->disk_count, sizeof(*tally));
		tally->mount = arena_string(&report->digest.arena, d->mount);
		tally->first_gb = tally->used_gb = tally->total_gb = tally->used_percent = MISSING;
		tally->max_epoch = MISSING;
		tally->percent = tally_empty;
		line_init(&tally->line, &report->window, &report->digest.arena);
	}
	if (!(d->used_percent <= tally->percent.max))
		tally->max_epoch = isnan(d->used_percent) ? tally->max_epoch : s->epoch;
	tally_count(&tally->percent, d->used_percent, MISSING);
	line_add(&tally->line, &report->window, report->reach_epoch, s->epoch, d->used_percent);
	if (isnan(tally->first_gb)) {
		tally->first_gb = d->used_gb;
		tally->first_epoch = s->epoch;
	}
	tally->last_epoch = s->epoch;
	tally->used_gb = d->used_gb;
	tally->total_gb = d->total_gb;
	tally->used_percent = d->used_percent;
	snprintf(tally->problem, sizeof(tally->problem), "%s", d->problem ? d->problem : "");
	tally->checks++;
	if (d->problem) {
		tally->checks_failed++;
		tally->failed_epoch = s->epoch;
		memcpy(tally->last_problem, tally->problem, sizeof(tally->problem));
	}
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

struct container_tally *report_find_tally(struct report *report, const char *name, size_t hint)
{
	/* Snapshots list the containers in the same order, so the hint is nearly always right. */
	if (hint < report->container_count && strcmp(report->containers[hint]->name, name) == 0)
		return report->containers[hint];
	for (size_t i = 0; i < report->container_count; i++)
		if (strcmp(report->containers[i]->name, name) == 0)
			return report->containers[i];
	return NULL;
}

static struct container_tally *tally_of(struct report *report, const char *name, size_t hint)
{
	struct container_tally **place, *tally = report_find_tally(report, name, hint);

	if (tally)
		return tally;
	tally = arena_alloc(&report->digest.arena, sizeof(*tally));
	tally->cpu = tally->memory = tally_empty;
	tally->mem_max_percent = tally->unhealthy_epoch = MISSING;
	tally->name = arena_string(&report->digest.arena, name);
	place = report_add_item(&report->containers, &report->container_count, sizeof(*place));
	*place = tally;
	return tally;
}

struct container report_complete(const struct report *report, const struct container *c, size_t hint)
{
	const struct container *was = snapshot_container_near(&report->with_engine, c->name, hint);
	struct container complete = *c;

	if (container_is_inspected(c) || !was || !c->state || !event_is_word(was->state, c->state))
		return complete;
	complete.exit_code = was->exit_code;
	complete.restart_policy = was->restart_policy;
	return complete;
}

static void add_container(struct report *report, const struct snapshot *s, const struct container *seen,
	size_t hint)
{
	const struct container complete = report_complete(report, seen, hint), *c = &complete;
	double seconds = in_window(report, s, c->avg_seconds);
	struct container_tally *tally;

	if (!c->name)
		return;
	tally = tally_of(report, c->name, hint);
	if (tally->last_seen == report->count)
		return; /* another one of its name in the same snapshot */
	tally->checks++;
	tally->running += container_is_running(c);
	if (c->status && strcmp(c->status, "unhealthy") == 0) {
		tally->unhealthy++;
		tally->unhealthy_epoch = s->epoch;
	}
	tally->is_done = event_is_done(c);
	tally->is_expected_down = container_is_expected_down(c);
	tally->idle += report_is_idle(c);
	tally->mem_limit_percent = c->mem_limit_percent;
	bar_add(&tally->bar, &report->bars, report->reach_epoch, s->epoch, c);
	if (container_is_running(c)) {
		tally->mem_max_percent = fmax(tally->mem_max_percent, c->mem_percent);
		tally_average(&tally->cpu, c->cpu_percent, c->cpu_avg_percent, seconds);
		tally_count(&tally->memory, c->mem_mb, at_most(seconds, sample_seconds));
		traffic_count(&tally->traffic, c->net_rx_kb_per_second, c->net_tx_kb_per_second, seconds);
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
 * that was not asked is no failure, and neither is one that has never answered. */
static void add_engine(struct report *report, const struct snapshot *s)
{
	enum flag available = s->docker.available;
	struct away *away = &report->engine_away;
	bool was_away = report->engine_error != NULL;

	report->engine_error = NULL;
	report->engine_answered = available == FLAG_YES || (available == FLAG_UNKNOWN && s->container_count);
	if (report->engine_answered) {
		report->answered = report->count;
		report->engine_checks++;
		return;
	}
	if (available != FLAG_NO)
		return;
	report->engine_error =
		report_clean_text(report, s->docker.error ? s->docker.error : "no reason known");
	report->engine_found = s->docker.found == FLAG_YES;
	if (!report->engine_was_there)
		return;
	report->engine_checks++;
	report->engine_failures++;
	if (!was_away)
		away->begin_epoch = s->epoch;
	away->first_epoch = report->engine_failures > 1 ? away->first_epoch : s->epoch;
	away->last_epoch = s->epoch;
}

static void set_current(struct report *report, const struct snapshot *s)
{
	struct digest_current *now = &report->digest.current;
	double *load = now->load_average.items;

	if (!load)
		load = arena_array(&report->digest.arena, 3, sizeof(*load));
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
		.uptime = report_clean_name(report, s->uptime ? s->uptime : "n/a"),
		.containers_total = s->containers_total,
		.containers_running = s->containers_running,
		.containers_stopped = s->containers_stopped,
		.containers_unhealthy = s->containers_unhealthy,
		.containers_finished = event_count_finished(s),
	};
	for (size_t i = 0; i < now->load_average.count; i++)
		load[i] = s->load_average.items[i];
}

static void remember(struct report *report, const struct snapshot *s)
{
	snapshot_copy(&report->last, s);
	report->has_last = true;
	if (!event_engine_answered(s))
		return;
	snapshot_learn(&report->with_engine, s, report->oom_open);
	report->has_with_engine = report->engine_was_there = true;
}

static void add_epoch(struct report *report, double epoch)
{
	double *added = report_add_item(&report->epochs, &report->epoch_count, sizeof(*added));

	*added = epoch;
}

/* When the largest sample was; an average has no such time. */
static void find_most(double *epoch, const struct tally *tally, double sample, double average, double now)
{
	double most = fmax(sample, average);

	if (isnan(most) || most <= tally->max)
		return;
	*epoch = sample >= average || isnan(average) ? now : MISSING;
}

static void add_host(struct report *report, const struct snapshot *s)
{
	double seconds = in_window(report, s, s->avg_seconds);
	double swap_percent = s->swap_total_gb > 0 ? s->swap_used_gb / s->swap_total_gb * 100 : MISSING;

	find_most(&report->cpu_max_epoch, &report->cpu, s->cpu_percent, s->cpu_avg_percent, s->epoch);
	find_most(&report->ram_max_epoch, &report->ram, s->ram_percent, MISSING, s->epoch);
	find_most(&report->swap_max_epoch, &report->swap, swap_percent, MISSING, s->epoch);
	tally_average(&report->cpu, s->cpu_percent, s->cpu_avg_percent, seconds);
	tally_count(&report->ram, s->ram_percent, at_most(seconds, sample_seconds));
	tally_count(&report->swap, swap_percent, at_most(seconds, sample_seconds));
	traffic_count(&report->traffic, s->net_rx_kb_per_second, s->net_tx_kb_per_second, seconds);
}

void report_add(struct report *report, const struct snapshot *snapshot)
{
	struct digest *digest = &report->digest;
	bool is_newer = !report->has_last || event_is_newer(&report->last, snapshot);

	if (snapshot->epoch < digest->from_epoch) {
		report->was_seen_before = true;
		if (is_newer) {
			add_epoch(report, snapshot->epoch);
			remember(report, snapshot);
		}
		return;
	}
	if (!is_newer)
		return; /* the same one again */
	report->reach_epoch = chart_reach(report->has_last ? report->last.epoch : MISSING, snapshot->epoch);
	add_epoch(report, snapshot->epoch);
	report->count++;
	add_host(report, snapshot);
	chart_add(&report->window, report->reach_epoch, snapshot);
	if (snapshot->server && strcmp(snapshot->server, digest->server) != 0)
		digest->server = report_clean_name(report, snapshot->server);
	for (size_t i = 0; i < snapshot->disk_count; i++)
		add_disk(report, snapshot, &snapshot->disks[i]);
	for (size_t i = 0; i < snapshot->container_count; i++)
		add_container(report, snapshot, &snapshot->containers[i], i);
	add_engine(report, snapshot);
	report_add_events(report, snapshot);
	set_current(report, snapshot);
	remember(report, snapshot);
}

static void finish_disks(struct report *report)
{
	struct digest *d = &report->digest;
	/* The mounts themselves may have been out of reach. */
	bool is_unknown = !report->last.disk_count && report->last.problems.count;

	d->disks = arena_array(&d->arena, report->disk_count, sizeof(*d->disks));
	for (size_t i = 0; i < report->disk_count; i++) {
		struct disk_tally *t = &report->disks[i];

		if (t->last_seen != report->count && !is_unknown)
			snprintf(t->problem, sizeof(t->problem), "is no longer mounted");
		d->disks[d->disk_count++] = (struct digest_disk){
			.mount = report_clean_name(report, t->mount),
			.used_percent = t->used_percent,
			.min_percent = t->percent.min,
			.max_percent = t->percent.max,
			.change_gb = t->used_gb - t->first_gb,
			.change_seconds = t->last_epoch - t->first_epoch,
			.max_epoch = t->max_epoch,
			.used_gb = t->used_gb,
			.total_gb = t->total_gb,
			.problem = t->problem[0] ? report_clean_text(report, t->problem) : NULL,
			.last_problem =
				t->last_problem[0] ? report_clean_text(report, t->last_problem) : NULL,
			.checks = t->checks,
			.checks_failed = t->checks_failed,
			.failed_epoch = t->failed_epoch,
			.window_percent = line_values(&t->line, &report->window, &d->arena),
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

static void finish_containers(struct report *report, double interval)
{
	struct digest *d = &report->digest;

	d->container_count = report->container_count;
	d->containers = arena_array(&d->arena, d->container_count, sizeof(*d->containers));
	for (size_t i = 0; i < report->container_count; i++) {
		struct container_tally *t = report->containers[i];
		bool is_removed = t->last_seen < report->answered;

		if (t->message_count)
			qsort(t->messages, t->message_count, sizeof(*t->messages), by_count);
		d->containers[i] = (struct digest_container){
			.name = report_clean_name(report, t->name),
			.status = report_clean_name(report, is_removed ? "removed" : t->last.status),
			.health = report_clean_name(report, t->last.health),
			.uptime_percent = t->running / t->checks * 100,
			.restarts = t->restarts,
			.error_count = t->errors,
			.errors = arena_array(&d->arena, t->message_count, sizeof(*t->messages)),
			.errors_count = t->message_count,
			.cpu_percent = tally_use(&t->cpu, interval),
			.mem_mb = tally_use(&t->memory, fmin(interval, sample_seconds)),
			.state = report_clean_name(report, t->last.state),
			.exit_code = t->last.exit_code,
			.checks = t->checks,
			.checks_running = t->running,
			.checks_unhealthy = t->unhealthy,
			.unhealthy_epoch = t->unhealthy_epoch,
			.oom_kills = t->ooms,
			.problem = report_clean_text(report, t->last.problem),
			.seconds_up = t->run_time.up,
			.seconds_down = t->run_time.down,
			.restarts_by_hand = t->by_hand,
			.recreated = t->recreated,
			.crashes = t->crashes,
			.checks_idle = t->idle,
			.network = traffic_sum(&t->traffic),
			.mem_max_percent = t->mem_max_percent,
			.mem_limit_percent = t->mem_limit_percent,
			.bar = bar_letters_of(&t->bar, &d->arena),
			.is_done = t->is_done,
			.is_expected_down = t->is_expected_down,
		};
		for (size_t k = 0; k < t->message_count; k++)
			d->containers[i].errors[k] = (struct digest_error){
				.message = report_clean_text(report, t->messages[k].message),
				.count = t->messages[k].count,
				.first_epoch = t->messages[k].first_epoch,
				.last_epoch = t->messages[k].last_epoch,
			};
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
	const struct history_stat *history, const struct err *no_history, struct digest *ret_digest)
{
	struct digest *d = &report->digest;
	double interval = report_usual_interval(report);

	report_find_coverage(report, history);
	report_finish_events(report);
	d->cpu_percent = tally_range(&report->cpu, interval);
	d->ram_percent = tally_range(&report->ram, fmin(interval, sample_seconds));
	d->swap_percent = tally_range(&report->swap, fmin(interval, sample_seconds));
	d->network = traffic_sum(&report->traffic);
	d->window = chart_finish(&report->window, &d->arena);
	d->week = chart_finish(&report->week, &d->arena);
	d->current.engine_error = report->engine_error;
	finish_disks(report);
	finish_containers(report, interval);
	finish_tops(d);
	past_finish(report);
	report_find_problems(report, thresholds, history, no_history);

	*ret_digest = *d;
	for (size_t i = 0; i < report->container_count; i++)
		free(report->containers[i]->pieces);
	snapshot_release(&report->last);
	snapshot_release(&report->with_engine);
	free(report->intervals);
	arena_release(&report->scratch);
	free(report->containers);
	free(report->disks);
	free(report->epochs);
	past_free(report->past);
	free(report);
}

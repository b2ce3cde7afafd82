#include "report/past.h"

#include <stdlib.h>
#include <string.h>

#include "report/forecast.h"

/* One series, as long as it is the same disk, or the same run of a container. */
struct subject {
	char *name;
	char device[64], id[16], started_at[48];
	double size_gb, capacity_gb; /* of a disk: all of it, and what there is for a user */
	struct forecast_series series;
	struct line line; /* of a disk, over the week */
};

struct subjects {
	struct subject *items;
	size_t count, room;
};

struct past {
	struct subjects disks, containers;
	double last_epoch;
};

static struct subject *subject_of(struct subjects *list, struct arena *arena, const char *name, size_t hint)
{
	/* Snapshots list them in the same order, so the hint is nearly always right. */
	if (hint < list->count && strcmp(list->items[hint].name, name) == 0)
		return &list->items[hint];
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->items = mem_resize(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count] = (struct subject){.name = arena_string(arena, name), .size_gb = MISSING};
	return &list->items[list->count++];
}

/* Copies, cut to the room; whether it was another text before. */
static bool becomes(char *to, size_t size, const char *from)
{
	size_t len = from ? strnlen(from, size - 1) : 0;
	bool is_other = strlen(to) != len || (len && memcmp(to, from, len) != 0);

	if (len)
		memcpy(to, from, len);
	to[len] = '\0';
	return is_other;
}

/* A file system that was made larger, or another one in its place, begins anew. */
static void add_disk(struct subject *subject, const struct disk *d, double epoch)
{
	bool is_other = becomes(subject->device, sizeof(subject->device), d->device);

	if (is_other || !(fabs(d->total_gb - subject->size_gb) <= 0.01 * d->total_gb))
		forecast_clear(&subject->series);
	subject->size_gb = d->total_gb;
	subject->capacity_gb = fmin(d->used_gb / d->used_percent * 100, d->total_gb);
	forecast_add(&subject->series, epoch, d->used_gb);
}

/* So does a container that was started anew. */
static void add_container(struct subject *subject, const struct container *c, double epoch)
{
	bool is_other = becomes(subject->id, sizeof(subject->id), c->id);

	is_other |= becomes(subject->started_at, sizeof(subject->started_at), c->started_at);
	if (is_other || !container_is_running(c))
		forecast_clear(&subject->series);
	if (container_is_running(c))
		forecast_add(&subject->series, epoch, c->mem_mb);
}

static void add_past_disk(struct report *report, const struct disk *d, size_t hint, double from_epoch,
	double epoch)
{
	struct subject *subject;

	if (!d->mount || isnan(d->used_gb))
		return;
	subject = subject_of(&report->past->disks, &report->digest.arena, d->mount, hint);
	add_disk(subject, d, epoch);
	if (!subject->line.sums)
		line_init(&subject->line, &report->week, &report->digest.arena);
	line_add(&subject->line, &report->week, from_epoch, epoch, d->used_percent);
}

void report_add_past(struct report *report, const struct snapshot *s)
{
	struct past *past = report->past;
	double from;

	if (!past) {
		past = report->past = mem_alloc(sizeof(*report->past));
		*past = (struct past){.last_epoch = MISSING};
	}
	from = chart_reach(past->last_epoch, s->epoch);
	past->last_epoch = s->epoch;
	chart_add(&report->week, from, s);
	for (size_t i = 0; i < s->disk_count; i++)
		add_past_disk(report, &s->disks[i], i, from, s->epoch);
	for (size_t i = 0; i < s->container_count; i++)
		if (s->containers[i].name)
			add_container(subject_of(&past->containers, &report->digest.arena,
					      s->containers[i].name, i),
				&s->containers[i], s->epoch);
}

static const struct subject *find(const struct subjects *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

void past_finish(struct report *report)
{
	const struct past *past = report->past;
	struct digest *digest = &report->digest;
	const struct line none = {NULL, NULL};

	for (size_t i = 0; i < digest->disk_count; i++) {
		struct digest_disk *disk = &digest->disks[i];
		const struct subject *subject = past ? find(&past->disks, disk->mount) : NULL;
		struct forecast f = {MISSING, MISSING};

		if (subject && !disk->problem)
			f = forecast_full(&subject->series, subject->capacity_gb);
		disk->week_percent =
			line_values(subject ? &subject->line : &none, &report->week, &digest->arena);
		disk->full_epoch = f.epoch;
		disk->growth_gb_per_day = f.per_day;
	}
	for (size_t i = 0; i < digest->container_count; i++) {
		struct digest_container *c = &digest->containers[i];
		const struct subject *subject = past ? find(&past->containers, c->name) : NULL;
		struct growth g = {MISSING, MISSING};

		if (subject && event_is_word(c->state, "running") && !event_is_word(c->status, "removed"))
			g = forecast_growth(&subject->series);
		c->mem_growth_mb_per_day = g.per_day;
		c->mem_growth_days = g.days;
	}
}

static void free_subjects(struct subjects *list)
{
	for (size_t i = 0; i < list->count; i++)
		forecast_release(&list->items[i].series);
	free(list->items);
}

void past_free(struct past *past)
{
	if (!past)
		return;
	free_subjects(&past->disks);
	free_subjects(&past->containers);
	free(past);
}

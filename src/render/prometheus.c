/* Prometheus' text format: what the field tables call a metric, as node_exporter's textfile collector
 * wants it.
 *
 *	# HELP asmo_container_running Whether state is running: the engine's word
 *	# TYPE asmo_container_running gauge
 *	asmo_container_running{name="web"} 1
 *
 * All lines of a metric stand together, no two have the same labels, none has a time of its own, and what is
 * missing is not there. Source: Prometheus' documentation, "Exposition formats"; the names are by its
 * "Metric and label naming".
 */
#include <ctype.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"

/* The records of a list, or a single one. */
struct list {
	const struct record *record;
	const char *items;
	size_t count;
	const bool *is_again; /* of each: an earlier one has the same labels. NULL: none has */
};

/* A metric, of which nothing has been written as long as there is no sample. */
struct family {
	struct buf *out;
	const struct field *field;
	bool has_begun;
};

static void add_escaped(struct buf *out, const char *text)
{
	for (; text && *text; text++) {
		if (*text == '\n')
			buf_add_string(out, "\\n");
		else if (*text == '\\' || *text == '"')
			buf_printf(out, "\\%c", *text);
		else
			buf_add_char(out, *text);
	}
}

static void begin_family(struct family *family)
{
	const struct field *field = family->field;
	struct buf *out = family->out;
	size_t len = strlen(field->metric);
	bool is_counter = len > 6 && strcmp(field->metric + len - 6, "_total") == 0;

	family->has_begun = true;
	buf_printf(out, "# HELP asmo_%s ", field->metric);
	if (field->type == FIELD_STRING && field->form == METRIC_WORD)
		buf_printf(out, "Whether %s is %s: %s", field->name, field->word, field->help);
	else if (field->type == FIELD_STRING && field->form == METRIC_FAULT)
		buf_printf(out, "Whether there is a %s: %s", field->name, field->help);
	else if (field->type == FIELD_STRINGS)
		buf_printf(out, "Number of entries: %s", field->help);
	else
		buf_printf(out, "%c%s", toupper((unsigned char)field->help[0]), field->help + 1);
	buf_printf(out, ".\n# TYPE asmo_%s %s\n", field->metric, is_counter ? "counter" : "gauge");
}

static void add_label(struct buf *out, bool *has_labels, const char *name, const char *value)
{
	buf_printf(out, "%s%s=\"", *has_labels ? "," : "{", name);
	add_escaped(out, value);
	buf_add_char(out, '"');
	*has_labels = true;
}

static const char *text_of(const struct field *field, const char *item)
{
	return *(char *const *)(const void *)(item + field->offset);
}

static bool is_label(const struct field *field)
{
	return field->type == FIELD_STRING && field->label;
}

/* One line; not one of a value that is missing. `label` NULL: those of the record are all. */
static void add_sample(struct family *family, const struct record *record, const char *item,
	const char *label, const char *label_value, double value)
{
	const double scale = family->field->scale;
	bool has_labels = false;

	if (!isfinite(value))
		return;
	if (!family->has_begun)
		begin_family(family);
	buf_printf(family->out, "asmo_%s", family->field->metric);
	for (size_t i = 0; i < record->field_count; i++)
		if (is_label(&record->fields[i]))
			add_label(family->out, &has_labels, record->fields[i].label,
				text_of(&record->fields[i], item));
	if (label)
		add_label(family->out, &has_labels, label, label_value);
	buf_printf(family->out, "%s %.15g\n", has_labels ? "}" : "", scale > 0 ? value * scale : value);
}

static double value_of_text(const struct field *field, const char *text)
{
	if (field->form == METRIC_FAULT)
		return text != NULL;
	if (!text)
		return MISSING;
	if (field->form == METRIC_WORD)
		return strcmp(text, field->word) == 0;
	return field->form == METRIC_TIME ? clock_parse(text, strlen(text)) : 1;
}

static void add_numbers(struct family *family, const struct record *record, const char *item,
	const struct numbers *numbers)
{
	const struct field *field = family->field;

	for (size_t i = 0; i < numbers->count && field->label_values[i]; i++)
		add_sample(family, record, item, field->label, field->label_values[i], numbers->items[i]);
}

static void add_field(struct family *family, const struct record *record, const char *item)
{
	const struct field *field = family->field;
	const void *member = item + field->offset;
	bool is_info = field->type == FIELD_STRING && field->form == METRIC_INFO;
	double value = MISSING;

	if (field->type == FIELD_NUMBERS) {
		add_numbers(family, record, item, member);
		return;
	}
	if (field->type == FIELD_NUMBER)
		value = *(const double *)member;
	else if (field->type == FIELD_FLAG && *(const enum flag *)member != FLAG_UNKNOWN)
		value = *(const enum flag *)member;
	else if (field->type == FIELD_STRINGS)
		value = (double)((const struct strings *)member)->count;
	else if (field->type == FIELD_STRING)
		value = value_of_text(field, text_of(field, item));
	add_sample(family, record, item, is_info ? field->name : NULL, is_info ? text_of(field, item) : NULL,
		value);
}

static bool have_same_labels(const struct record *record, const char *a, const char *b)
{
	for (size_t i = 0; i < record->field_count; i++) {
		const char *of_a, *of_b;

		if (!is_label(&record->fields[i]))
			continue;
		of_a = text_of(&record->fields[i], a);
		of_b = text_of(&record->fields[i], b);
		if (strcmp(of_a ? of_a : "", of_b ? of_b : "") != 0)
			return false;
	}
	return true;
}

/* Names that were cut or cleaned may be the same; Prometheus takes nothing of a file that says one twice. */
static const bool *find_again(const struct list *list, struct arena *arena)
{
	bool *is_again = arena_array(arena, list->count, sizeof(*is_again));

	for (size_t i = 1; i < list->count; i++)
		for (size_t k = 0; k < i && !is_again[i]; k++)
			is_again[i] = have_same_labels(list->record, list->items + i * list->record->size,
				list->items + k * list->record->size);
	return is_again;
}

static void add_list(struct buf *out, const struct list *list, struct arena *arena);

/* What lies in a single record. */
static void add_inner(struct buf *out, const struct field *field, const char *item, struct arena *arena)
{
	struct list inner = {.record = field->record, .items = item + field->offset, .count = 1};

	if (field->type == FIELD_RECORDS) {
		inner.items = *(char *const *)(const void *)(item + field->offset);
		inner.count = *(const size_t *)(const void *)(item + field->count_offset);
		inner.is_again = find_again(&inner, arena);
	}
	add_list(out, &inner, arena);
}

static void add_list(struct buf *out, const struct list *list, struct arena *arena)
{
	for (size_t f = 0; f < list->record->field_count; f++) {
		struct family family = {.out = out, .field = &list->record->fields[f]};

		for (size_t i = 0; family.field->metric && i < list->count; i++)
			if (!list->is_again || !list->is_again[i])
				add_field(&family, list->record, list->items + i * list->record->size);
		if (family.field->record && !list->is_again)
			add_inner(out, family.field, list->items, arena);
	}
}

/* What the snapshot does not know of its run. */
struct run {
	double success, duration_seconds, history_snapshots;
};
static const struct field run_fields[] = {
	NUMBER_FIELD(struct run, success, 0, "whether the run ended without an error, its snapshot stored",
		.metric = "run_success"),
	NUMBER_FIELD(struct run, duration_seconds, 2, "how long the run took",
		.metric = "run_duration_seconds"),
	NUMBER_FIELD(struct run, history_snapshots, 0, "snapshots in the history",
		.metric = "history_snapshots"),
};
static const struct record run_record = RECORD(struct run, run_fields);

void render_outcome_prometheus(struct buf *out, const struct outcome *outcome,
	const struct render_style *style)
{
	struct run run = {.success = !outcome->error,
		.duration_seconds = outcome->snapshot ? outcome->duration_seconds : MISSING,
		.history_snapshots = outcome->is_stored ? (double)outcome->history.snapshots : MISSING};
	struct list runs = {.record = &run_record, .items = (const char *)&run, .count = 1};
	struct list snapshots = {.record = &snapshot_record,
		.items = (const char *)outcome->snapshot,
		.count = 1};
	struct arena arena = {0};

	(void)style;
	add_list(out, &runs, &arena);
	if (outcome->snapshot)
		add_list(out, &snapshots, &arena);
	arena_release(&arena);
}

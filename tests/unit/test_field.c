#include "../support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asmo/snapshot.h"
#include "base/json.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct slice write_record(const struct record *record, const void *data)
{
	struct buf out AUTO_BUF = buf_new(1024 * 1024);

	record_write(&out, record, data);
	assert_false(out.overflow);
	return slice_of(arena_slice(&arena, buf_slice(&out)));
}

/* The tables */

static const struct record *const records[] = {
	&snapshot_record,
	&disk_record,
	&container_record,
	&issue_record,
	&alert_record,
	&engine_record,
};

static size_t size_of(const struct field *field)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_RECORDS:
		return sizeof(void *);
	case FIELD_NUMBER:
		return sizeof(double);
	case FIELD_FLAG:
		return sizeof(enum flag);
	case FIELD_STRINGS:
		return sizeof(struct strings);
	case FIELD_NUMBERS:
		return sizeof(struct numbers);
	case FIELD_RECORD:
		return field->record->size;
	}
	return 0;
}

/* Marks the bytes of a member, which no other row may have marked. */
static void cover(char *covered, size_t offset, size_t size)
{
	for (size_t i = offset; i < offset + size; i++) {
		assert_count(covered[i], 0);
		covered[i] = 1;
	}
}

static void every_member_of_a_record_has_one_row_of_its_table(void **state)
{
	(void)state;
	for (size_t r = 0; r < COUNT_OF(records); r++) {
		char *covered = arena_alloc(&arena, records[r]->size);
		size_t gap = 0;

		if (records[r] == &snapshot_record) { /* what is in memory alone */
			cover(covered, offsetof(struct snapshot, arena), sizeof(struct arena));
			cover(covered, offsetof(struct snapshot, inspected_epoch), sizeof(double));
			cover(covered, offsetof(struct snapshot, oom_open), sizeof(double));
		} else if (records[r] == &container_record) {
			cover(covered, offsetof(struct container, inspected_epoch), sizeof(double));
		}
		for (size_t i = 0; i < records[r]->field_count; i++) {
			const struct field *field = &records[r]->fields[i];

			unit_case("record %zu, field %s", r, field->name);
			cover(covered, field->offset, size_of(field));
			if (field->type == FIELD_RECORDS)
				cover(covered, field->count_offset, sizeof(size_t));
			assert_non_null(field->help);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(field->name, records[r]->fields[j].name);
		}
		/* What is left is padding behind an enum. */
		for (size_t i = 0; i < records[r]->size; i++) {
			gap = covered[i] ? 0 : gap + 1;
			assert_true(gap < sizeof(double));
		}
	}
}

/* The unit of a field's name, and what it is as a metric. */
static const struct unit {
	const char *of_field, *of_metric;
	double scale;
} units[] = {
	{"_gb", "_bytes", GIB},
	{"_mb", "_bytes", MIB},
	{"_kb_per_second", "_bytes_per_second", KIB},
	{"_percent", "_ratio", PERCENT},
	{"_seconds", "_seconds", 0},
	{"epoch", "_timestamp_seconds", 0},
	{"_at", "_time_seconds", 0},
};

static bool ends_in(const char *text, size_t len, const char *end)
{
	return len >= strlen(end) && memcmp(text + len - strlen(end), end, strlen(end)) == 0;
}

static void check_metric(const struct field *field)
{
	size_t len = strlen(field->metric);
	double scale = 0;

	assert_count(strspn(field->metric, "abcdefghijklmnopqrstuvwxyz_"), len);
	if (ends_in(field->metric, len, "_total"))
		len -= strlen("_total");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (!ends_in(field->name, strlen(field->name), units[i].of_field))
			continue;
		assert_true(ends_in(field->metric, len, units[i].of_metric));
		scale = units[i].scale;
	}
	assert_near(field->scale, scale, 0);
	assert_true(field->type != FIELD_RECORD && field->type != FIELD_RECORDS);
	assert_int_equal(field->type == FIELD_STRING && field->form == METRIC_WORD, field->word != NULL);
	assert_int_equal(field->type == FIELD_NUMBERS, field->label != NULL && field->label_values != NULL);
}

static void a_metric_says_in_its_name_what_base_unit_it_has(void **state)
{
	const char *names[200];
	size_t count = 0;

	(void)state;
	for (size_t r = 0; r < COUNT_OF(records); r++) {
		for (size_t i = 0; i < records[r]->field_count; i++) {
			const struct field *field = &records[r]->fields[i];

			unit_case("record %zu, field %s", r, field->name);
			if (!field->metric)
				continue;
			check_metric(field);
			for (size_t k = 0; k < count; k++)
				assert_string_not_equal(names[k], field->metric);
			names[count++] = field->metric;
		}
	}
	assert_true(count > 30);
}

/* Fills every field with something of its own that its decimals can express. */
static void fill(const struct record *record, void *data, int *seed)
{
	for (size_t i = 0; i < record->field_count; i++) {
		const struct field *field = &record->fields[i];
		char *member = (char *)data + field->offset;
		double number = ++*seed + (field->decimals ? 0.5 : 0);

		switch (field->type) {
		case FIELD_STRING:
			*(char **)member = arena_printf(&arena, "%s \"%d\"\n€\\", field->name, *seed);
			break;
		case FIELD_NUMBER:
			*(double *)member = number;
			break;
		case FIELD_FLAG:
			*(enum flag *)member = *seed % 2 ? FLAG_YES : FLAG_NO;
			break;
		case FIELD_STRINGS:
			for (int item = 0; item < 3; item++)
				strings_printf((struct strings *)member, &arena, "%s %d", field->name, item);
			break;
		case FIELD_NUMBERS: {
			struct numbers *list = (struct numbers *)member;

			list->items = arena_array(&arena, 3, sizeof(double));
			list->count = 3;
			list->items[0] = number;
			list->items[1] = MISSING;
			list->items[2] = -number;
			break;
		}
		case FIELD_RECORD:
			fill(field->record, member, seed);
			break;
		case FIELD_RECORDS: {
			char *items = arena_array(&arena, 2, field->record->size);

			for (size_t item = 0; item < 2; item++) {
				record_init(field->record, items + item * field->record->size);
				fill(field->record, items + item * field->record->size, seed);
			}
			*(void **)member = items;
			*(size_t *)((char *)data + field->count_offset) = 2;
			break;
		}
		}
	}
}

static void every_field_comes_back_as_it_was_written(void **state)
{
	struct snapshot full, back;
	struct slice written;
	struct err err;
	int seed = 0;

	(void)state;
	snapshot_init(&full);
	snapshot_init(&back);
	fill(&snapshot_record, &full, &seed);
	written = write_record(&snapshot_record, &full);
	assert_int_equal(snapshot_read(&back, written, &err), 0);
	assert_text(write_record(&snapshot_record, &back).data, written.data);
	assert_int_equal(back.container_count, 2);
	assert_text(back.containers[1].image, full.containers[1].image);
	assert_near(back.containers[1].net_tx_mb, full.containers[1].net_tx_mb, 0);
	assert_int_equal(back.containers[1].errors.count, 3);
	assert_missing(back.load_average.items[1]);
	assert_int_equal(back.docker.available, full.docker.available);
	/* It is one line, so that the history has one snapshot a line. */
	assert_null(strchr(written.data, '\n'));
	snapshot_release(&back);
	snapshot_release(&full);
}

static void a_copy_is_the_same_and_outlives_the_original(void **state)
{
	struct snapshot full, copy;
	struct slice written, copied;
	int seed = 0;

	(void)state;
	snapshot_init(&full);
	snapshot_init(&copy);
	fill(&snapshot_record, &full, &seed);
	written = write_record(&snapshot_record, &full);
	for (int i = 0; i < 2; i++) { /* the second time over what was there */
		struct snapshot original;
		struct err err;

		snapshot_init(&original);
		assert_int_equal(snapshot_read(&original, written, &err), 0);
		snapshot_copy(&copy, &original);
		snapshot_release(&original);
	}
	copied = write_record(&snapshot_record, &copy);
	assert_text(copied.data, written.data);
	snapshot_release(&copy);
	snapshot_release(&full);
}

static void what_is_missing_is_null_and_what_there_is_none_of_is_an_empty_list(void **state)
{
	struct snapshot empty;
	struct err err;
	cJSON *json;

	(void)state;
	snapshot_init(&empty);
	json = json_parse(write_record(&snapshot_record, &empty), &err);
	for (size_t i = 0; i < snapshot_record.field_count; i++) {
		const struct field *field = &snapshot_record.fields[i];
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, field->name);

		unit_case("%s", field->name);
		switch (field->type) {
		case FIELD_STRING:
		case FIELD_NUMBER:
		case FIELD_FLAG:
			assert_true(cJSON_IsNull(value));
			break;
		case FIELD_RECORD:
			assert_true(cJSON_IsObject(value));
			break;
		default:
			assert_true(cJSON_IsArray(value) && !cJSON_GetArraySize(value));
		}
	}
	json_delete_pointer(&json);
	assert_int_equal(empty.docker.available, FLAG_UNKNOWN);
	assert_int_equal(empty.alert.has_critical, FLAG_UNKNOWN);
	snapshot_release(&empty);
}

/* Reading what others wrote */

#define TIME "\"timestamp\":\"2026-01-11T10:00:00\""

static const struct {
	const char *what, *json, *like; /* `like`: the same to us */
} equals[] = {
	{"unknown members",
		"{\"new\":1,\"a\":{\"b\":[{}]}," TIME ",\"cpu_percent\":1,\"more\":[[]],\"disks\":"
		"[{\"inodes\":3,\"mount\":\"/\",\"raid\":{}}],\"x\":null}",
		"{" TIME ",\"cpu_percent\":1,\"disks\":[{\"mount\":\"/\"}]}"},
	{"another order",
		"{\"server\":\"s\",\"docker\":{\"error\":\"e\",\"available\":true},\"cpu_count\":2," TIME "}",
		"{" TIME
		",\"cpu_count\":2,\"server\":\"s\",\"docker\":{\"available\":true,\"error\":\"e\"}}"},
	{"white space", " {\n\t" TIME " ,\r\n \"load_average\" : [ 1 , 2.5 ] }\n",
		"{" TIME ",\"load_average\":[1,2.5]}"},
	{"null everywhere",
		"{" TIME ",\"epoch\":null,\"cpu_percent\":null,\"disks\":null,\"uptime\":null,"
		"\"load_average\":null,\"alert\":null,\"docker\":null,\"problems\":null}",
		"{" TIME "}"},
	{"wrong types",
		"{" TIME
		",\"epoch\":\"1\",\"cpu_percent\":\"15\",\"cpu_count\":true,\"disks\":{\"mount\":\"/\"},"
		"\"uptime\":7,\"load_average\":3,\"containers\":\"x\",\"alert\":[],\"server\":[\"s\"],"
		"\"docker\":\"yes\",\"problems\":{\"a\":\"b\"}}",
		"{" TIME "}"},
	{"wrong types within",
		"{" TIME
		",\"alert\":{\"has_critical\":1,\"critical_issues\":\"x\",\"warnings\":[1,\"w\",null]},"
		"\"docker\":{\"available\":\"true\",\"engine\":1}}",
		"{" TIME ",\"alert\":{\"warnings\":[\"w\"]}}"},
	{"items of wrong types",
		"{" TIME ",\"disks\":[1,\"x\",null,[],{\"mount\":\"/\"}],\"load_average\":[1,\"2\",3],"
		"\"problems\":[1,\"p\",{}]}",
		"{" TIME ",\"disks\":[{\"mount\":\"/\"}],\"load_average\":[1,null,3],\"problems\":[\"p\"]}"},
	{"another case", "{" TIME ",\"CPU_PERCENT\":1,\"Server\":\"s\"}", "{" TIME "}"},
	{"empty objects", "{" TIME ",\"disks\":[{}],\"containers\":[{}],\"alert\":{},\"docker\":{}}",
		"{" TIME ",\"disks\":[{\"mount\":null}],\"containers\":[{\"name\":null}]}"},
};

static void what_is_unknown_is_ignored_and_what_is_of_another_type_is_missing(void **state)
{
	struct snapshot a, b;
	struct err err;

	(void)state;
	snapshot_init(&a);
	snapshot_init(&b);
	for (size_t i = 0; i < COUNT_OF(equals); i++) {
		unit_case("%s", equals[i].what);
		assert_count(snapshot_read(&a, slice_of(equals[i].json), &err), 0);
		assert_count(snapshot_read(&b, slice_of(equals[i].like), &err), 0);
		assert_text(write_record(&snapshot_record, &a).data, write_record(&snapshot_record, &b).data);
	}
	snapshot_release(&a);
	snapshot_release(&b);
}

static void a_record_that_cannot_be_read_is_left_as_it_was(void **state)
{
	struct disk disk;
	struct err err;

	(void)state;
	record_init(&disk_record, &disk);
	disk.total_gb = 7;
	assert_int_equal(record_read(&disk_record, &disk, slice_of("{\"total_gb\":8"), &arena, &err), -1);
	assert_near(disk.total_gb, 7, 0);
	assert_int_equal(record_read(&disk_record, &disk, slice_of("[]"), &arena, &err), -1);
	assert_near(disk.total_gb, 7, 0);
	assert_int_equal(record_read(&disk_record, &disk, slice_of("{\"used_gb\":8}"), &arena, &err), 0);
	assert_missing(disk.total_gb);
	assert_near(disk.used_gb, 8, 0);
}

static void a_list_of_strings_grows_and_keeps_its_order(void **state)
{
	struct strings list = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		if (i % 2)
			strings_printf(&list, &arena, "%d", i);
		else
			strings_add(&list, &arena, arena_printf(&arena, "%d", i));
	}
	assert_int_equal(list.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_text(list.items[i], arena_printf(&arena, "%d", i));
	strings_printf(&list, &arena, "%s", unit_repeat(&arena, 'x', 5000).data);
	assert_in_range(strlen(list.items[1000]), 1000, 5000);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_member_of_a_record_has_one_row_of_its_table),
		TEST(a_metric_says_in_its_name_what_base_unit_it_has),
		TEST(every_field_comes_back_as_it_was_written),
		TEST(a_copy_is_the_same_and_outlives_the_original),
		TEST(what_is_missing_is_null_and_what_there_is_none_of_is_an_empty_list),
		TEST(what_is_unknown_is_ignored_and_what_is_of_another_type_is_missing),
		TEST(a_record_that_cannot_be_read_is_left_as_it_was),
		TEST(a_list_of_strings_grows_and_keeps_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

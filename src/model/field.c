#include "asmo/field.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/* What a table's offset points at. The macros that make the rows have checked the member's type. */
static void *member_at(void *data, size_t offset)
{
	return (char *)data + offset;
}

static const void *const_member_at(const void *data, size_t offset)
{
	return (const char *)data + offset;
}

void record_init(const struct record *record, void *data)
{
	memset(data, 0, record->size);
	for (size_t i = 0; i < record->field_count; i++) {
		const struct field *field = &record->fields[i];
		void *member = member_at(data, field->offset);

		if (field->type == FIELD_NUMBER)
			*(double *)member = MISSING;
		else if (field->type == FIELD_FLAG)
			*(enum flag *)member = FLAG_UNKNOWN;
		else if (field->type == FIELD_RECORD)
			record_init(field->record, member);
	}
}

static void write_flag(struct buf *out, enum flag flag)
{
	buf_add_string(out, flag == FLAG_UNKNOWN ? "null" : flag ? "true" : "false");
}

static void write_field(struct buf *out, const struct field *field, const void *data)
{
	const void *member = const_member_at(data, field->offset);

	switch (field->type) {
	case FIELD_STRING:
		json_write_string(out, *(char *const *)member);
		break;
	case FIELD_NUMBER:
		json_write_number(out, *(const double *)member, field->decimals);
		break;
	case FIELD_FLAG:
		write_flag(out, *(const enum flag *)member);
		break;
	case FIELD_STRINGS: {
		const struct strings *list = member;

		buf_add_char(out, '[');
		for (size_t i = 0; i < list->count; i++) {
			buf_add(out, ",", i > 0);
			json_write_string(out, list->items[i]);
		}
		buf_add_char(out, ']');
		break;
	}
	case FIELD_NUMBERS: {
		const struct numbers *list = member;

		buf_add_char(out, '[');
		for (size_t i = 0; i < list->count; i++) {
			buf_add(out, ",", i > 0);
			json_write_number(out, list->items[i], field->decimals);
		}
		buf_add_char(out, ']');
		break;
	}
	case FIELD_RECORD:
		record_write(out, field->record, member);
		break;
	case FIELD_RECORDS: {
		const char *items = *(const char *const *)member;
		size_t count = *(const size_t *)const_member_at(data, field->count_offset);

		buf_add_char(out, '[');
		for (size_t i = 0; i < count; i++) {
			buf_add(out, ",", i > 0);
			record_write(out, field->record, items + i * field->record->size);
		}
		buf_add_char(out, ']');
		break;
	}
	}
}

void record_write(struct buf *out, const struct record *record, const void *data)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < record->field_count; i++) {
		if (i)
			buf_add_char(out, ',');
		json_write_string(out, record->fields[i].name);
		buf_add_char(out, ':');
		write_field(out, &record->fields[i], data);
	}
	buf_add_char(out, '}');
}

static void read_object(const struct record *record, void *data, const cJSON *object, struct arena *arena);

static size_t array_size(const cJSON *value)
{
	return cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : 0;
}

/* 1e999 is none that a double can hold. */
static bool is_number(const cJSON *value)
{
	return cJSON_IsNumber(value) && isfinite(value->valuedouble);
}

static void read_field(const struct field *field, void *data, const cJSON *value, struct arena *arena)
{
	void *member = member_at(data, field->offset);
	const cJSON *item;

	switch (field->type) {
	case FIELD_STRING:
		if (cJSON_IsString(value))
			*(char **)member = arena_string(arena, value->valuestring);
		break;
	case FIELD_NUMBER:
		if (is_number(value))
			*(double *)member = value->valuedouble;
		break;
	case FIELD_FLAG:
		if (cJSON_IsBool(value))
			*(enum flag *)member = cJSON_IsTrue(value) ? FLAG_YES : FLAG_NO;
		break;
	case FIELD_STRINGS: {
		struct strings *list = member;

		list->items = arena_array(arena, array_size(value), sizeof(char *));
		list->count = 0;
		for (item = value->child; cJSON_IsArray(value) && item; item = item->next)
			if (cJSON_IsString(item))
				list->items[list->count++] = arena_string(arena, item->valuestring);
		break;
	}
	case FIELD_NUMBERS: {
		struct numbers *list = member;

		list->items = arena_array(arena, array_size(value), sizeof(double));
		list->count = 0;
		for (item = value->child; cJSON_IsArray(value) && item; item = item->next)
			list->items[list->count++] = is_number(item) ? item->valuedouble : MISSING;
		break;
	}
	case FIELD_RECORD:
		if (cJSON_IsObject(value))
			read_object(field->record, member, value, arena);
		break;
	case FIELD_RECORDS: {
		char *items = arena_array(arena, array_size(value), field->record->size);
		size_t count = 0;

		for (item = value->child; cJSON_IsArray(value) && item; item = item->next) {
			if (!cJSON_IsObject(item))
				continue;
			record_init(field->record, items + count * field->record->size);
			read_object(field->record, items + count++ * field->record->size, item, arena);
		}
		*(void **)member = items;
		*(size_t *)member_at(data, field->count_offset) = count;
		break;
	}
	}
}

/* The members of an object that asmo wrote stand in the table's order, so the row after the last one found
 * is nearly always the next. */
static void read_object(const struct record *record, void *data, const cJSON *object, struct arena *arena)
{
	size_t next = 0;

	for (const cJSON *value = object->child; value; value = value->next) {
		for (size_t tried = 0; tried < record->field_count; tried++) {
			const struct field *field = &record->fields[(next + tried) % record->field_count];

			if (strcmp(field->name, value->string) != 0)
				continue;
			read_field(field, data, value, arena);
			next += tried + 1;
			break;
		}
	}
}

int record_read(const struct record *record, void *data, struct slice json, struct arena *arena,
	struct err *err)
{
	cJSON *object AUTO_JSON = json_parse(json, err);

	if (!object)
		return -1;
	if (!cJSON_IsObject(object))
		return err_set(err, EBADMSG, "expected an object, found %s", json_type_name(object));
	record_init(record, data);
	read_object(record, data, object, arena);
	return 0;
}

static void *copy_array(struct arena *arena, const void *items, size_t count, size_t size)
{
	void *copy = arena_array(arena, count, size);

	if (count)
		memcpy(copy, items, count * size);
	return copy;
}

void record_copy(const struct record *record, void *to, const void *from, struct arena *arena)
{
	memcpy(to, from, record->size);
	for (size_t i = 0; i < record->field_count; i++) {
		const struct field *field = &record->fields[i];
		void *member = member_at(to, field->offset);

		if (field->type == FIELD_STRING) {
			char **text = member;

			*text = arena_string(arena, *text);
		} else if (field->type == FIELD_STRINGS) {
			struct strings *list = member;

			list->items = copy_array(arena, list->items, list->count, sizeof(char *));
			for (size_t k = 0; k < list->count; k++)
				list->items[k] = arena_string(arena, list->items[k]);
		} else if (field->type == FIELD_NUMBERS) {
			struct numbers *list = member;

			list->items = copy_array(arena, list->items, list->count, sizeof(double));
		} else if (field->type == FIELD_RECORD) {
			record_copy(field->record, member, const_member_at(from, field->offset), arena);
		} else if (field->type == FIELD_RECORDS) {
			size_t count = *(size_t *)member_at(to, field->count_offset),
			       size = field->record->size;
			const char *items = *(char *const *)const_member_at(from, field->offset);
			char *copies = arena_array(arena, count, size);

			for (size_t k = 0; k < count; k++)
				record_copy(field->record, copies + k * size, items + k * size, arena);
			*(void **)member = copies;
		}
	}
}

void strings_add(struct strings *list, struct arena *arena, char *text)
{
	/* Room grows by doubling: full when the count is a power of two, or zero. */
	if ((list->count & (list->count - 1)) == 0) {
		char **items = arena_array(arena, list->count ? 2 * list->count : 1, sizeof(char *));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(char *));
		list->items = items;
	}
	list->items[list->count++] = text;
}

void strings_printf(struct strings *list, struct arena *arena, const char *format, ...)
{
	va_list args;
	char text[1024];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strings_add(list, arena, arena_string(arena, text));
}

#include "render/table.h"

#include <stdlib.h>
#include <string.h>

#include "asmo/text.h"

void table_begin(struct table *table, const struct column *columns)
{
	*table = (struct table){.columns = columns};
	while (columns[table->column_count].heading)
		table->column_count++;
}

void table_cell(struct table *table, const char *text)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = mem_resize(table->cells, table->room * sizeof(*table->cells));
	}
	table->cells[table->count++] = arena_string(&table->arena, text);
}

static void find_widths(const struct table *table, size_t widths[TABLE_COLUMNS])
{
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = text_width(table->columns[i].heading);
	for (size_t i = 0, column = 0; i < table->count; i++) {
		size_t width = text_width(table->cells[i]);

		widths[column] = width > widths[column] ? width : widths[column];
		column = column + 1 < table->column_count ? column + 1 : 0;
	}
}

static void write_cell(struct buf *out, const struct column *column, const char *text, size_t width)
{
	int padding = (int)(width - text_width(text));

	if (column->is_right)
		buf_printf(out, "| %*s%s ", padding, "", text);
	else
		buf_printf(out, "| %s%*s ", text, padding, "");
}

void table_end(struct table *table, struct buf *out)
{
	size_t widths[TABLE_COLUMNS] = {0};

	find_widths(table, widths);
	for (size_t i = 0; i < table->column_count; i++)
		write_cell(out, &table->columns[i], table->columns[i].heading, widths[i]);
	buf_add_string(out, "|\n");
	for (size_t i = 0; i < table->column_count; i++) {
		buf_add_string(out, "|-");
		for (size_t k = 0; k < widths[i]; k++)
			buf_add_char(out, '-');
		buf_add_char(out, table->columns[i].is_right ? ':' : '-');
	}
	buf_add_string(out, "|\n");
	for (size_t i = 0, column = 0; i < table->count; i++) {
		bool is_last = column + 1 == table->column_count;

		write_cell(out, &table->columns[column], table->cells[i], widths[column]);
		if (is_last)
			buf_add_string(out, "|\n");
		column = is_last ? 0 : column + 1;
	}
	free(table->cells);
	arena_release(&table->arena);
}

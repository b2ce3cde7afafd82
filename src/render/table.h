/* A table in Markdown (GitHub's), whose columns line up as plain text as well.
 *
 *	table_begin, table_cell for each cell of a row, in order, ..., table_end.
 */
#ifndef ASMO_RENDER_TABLE_H
#define ASMO_RENDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "asmo/buf.h"
#include "asmo/mem.h"

enum { TABLE_COLUMNS = 10 };

struct column {
	const char *heading;
	bool is_right; /* numbers */
};

struct table {
	const struct column *columns; /* up to a NULL heading */
	size_t column_count;
	char **cells;
	size_t count, room;
	struct arena arena;
};

void table_begin(struct table *table, const struct column *columns);
/* The text is copied; it is Markdown already. */
void table_cell(struct table *table, const char *text);
/* Adds the table, and forgets it. */
void table_end(struct table *table, struct buf *out);

#endif

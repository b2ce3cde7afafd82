/* A page of text for a person at a terminal: colours where they are wanted, columns that line up, lines that
 * fit. Text from elsewhere comes in without what would move a cursor.
 */
#ifndef ASMO_RENDER_PAGE_H
#define ASMO_RENDER_PAGE_H

#include <stddef.h>

#include "asmo/alert.h"
#include "asmo/buf.h"
#include "asmo/render.h"
#include "render/show.h"

enum { PAGE_COLUMNS_MIN = 80, PAGE_COLUMNS_MAX = 160 };

enum color { COLOR_NONE, COLOR_HEADING, COLOR_DIM, COLOR_RED, COLOR_YELLOW, COLOR_GREEN, COLOR_BLUE };

struct page {
	struct buf *out;
	bool is_colored;
	size_t columns; /* PAGE_COLUMNS_MIN to PAGE_COLUMNS_MAX */
};

struct page page_begin(struct buf *out, const struct render_style *style);

enum color color_of(enum severity severity);
/* All until page_plain is in that colour. */
void page_color(struct page *page, enum color color);
void page_plain(struct page *page);
void page_word(struct page *page, enum color color, const char *word);
/* An empty line and a heading. */
void page_heading(struct page *page, const char *heading);

/* The lines of the host's state: a label in a column of its own, and what is behind it. */
enum { PAGE_LABEL = 10 };
void page_label(struct page *page, const char *label);
void page_load(struct page *page, const struct numbers *load, const char *uptime);
void page_containers(struct page *page, const struct show_states *states);

/* Foreign text on one line, clean and cut to `width` columns; and padded to them. */
void page_text(struct page *page, const char *text, size_t width);
void page_padded(struct page *page, const char *text, size_t width);
/* Foreign text after `used` columns of the line, broken between words where the page ends, each further line
 * beginning at column `indent`. Ends the line. */
void page_wrapped(struct page *page, const char *text, size_t used, size_t indent);

#endif

#include "render/page.h"

#include <math.h>
#include <string.h>

#include "asmo/text.h"

enum { TEXT_MAX = 600, UPTIME_WIDTH = 30 };

static const char *const codes[] = {
	[COLOR_NONE] = "",
	[COLOR_HEADING] = "\033[1m",
	[COLOR_DIM] = "\033[2m",
	[COLOR_RED] = "\033[1;31m",
	[COLOR_YELLOW] = "\033[33m",
	[COLOR_GREEN] = "\033[32m",
	[COLOR_BLUE] = "\033[36m",
};

struct page page_begin(struct buf *out, const struct render_style *style)
{
	struct page page = {out, style->is_colored, PAGE_COLUMNS_MIN};

	if (style->columns > PAGE_COLUMNS_MIN)
		page.columns = style->columns < PAGE_COLUMNS_MAX ? (size_t)style->columns : PAGE_COLUMNS_MAX;
	return page;
}

enum color color_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return COLOR_RED;
	case SEVERITY_WARNING:
		return COLOR_YELLOW;
	case SEVERITY_INFO:
		return COLOR_BLUE;
	default:
		return COLOR_GREEN;
	}
}

void page_color(struct page *page, enum color color)
{
	if (page->is_colored)
		buf_add_string(page->out, codes[color]);
}

void page_plain(struct page *page)
{
	if (page->is_colored)
		buf_add_string(page->out, "\033[0m");
}

void page_word(struct page *page, enum color color, const char *word)
{
	page_color(page, color);
	buf_add_string(page->out, word);
	page_plain(page);
}

void page_heading(struct page *page, const char *heading)
{
	buf_add_char(page->out, '\n');
	page_word(page, COLOR_HEADING, heading);
	buf_add_char(page->out, '\n');
}

void page_text(struct page *page, const char *text, size_t width)
{
	struct buf *out = page->out;
	size_t begin = out->len;

	text_clean(out, slice_of(text ? text : "n/a"), TEXT_MAX);
	if (out->overflow || text_width(out->data + begin) <= width)
		return;
	out->len = begin + text_fit(out->data + begin, width - 1);
	out->data[out->len] = '\0';
	buf_add_string(out, "\xE2\x80\xA6");
}

void page_padded(struct page *page, const char *text, size_t width)
{
	size_t begin = page->out->len, shown;

	page_text(page, text, width);
	shown = text_width(page->out->data + begin);
	buf_printf(page->out, "%*s", shown < width ? (int)(width - shown) : 0, "");
}

void page_label(struct page *page, const char *label)
{
	buf_add_string(page->out, "  ");
	page_padded(page, label, PAGE_LABEL);
	buf_add_char(page->out, ' ');
}

void page_load(struct page *page, const struct numbers *load, const char *uptime)
{
	if (load->count != 3)
		return;
	page_label(page, "Load");
	buf_printf(page->out, "%.2f %.2f %.2f, up ", load->items[0], load->items[1], load->items[2]);
	page_text(page, uptime, UPTIME_WIDTH);
	buf_add_char(page->out, '\n');
}

void page_containers(struct page *page, const struct show_states *states)
{
	page_label(page, "Containers");
	buf_printf(page->out, "%s\n", show_states(states).text);
}

/* How many bytes of the text go on a line of `room` columns: up to the last space that fits, though not
 * between a number and its `%`; or, in a word that is longer than a line, up to its end. */
static size_t line_length(const char *text, size_t room)
{
	size_t fits = text_fit(text, room), at = fits;

	if (!text[fits])
		return fits;
	while (at && (text[at] != ' ' || text[at + 1] == '%'))
		at--;
	return at ? at : fits;
}

void page_wrapped(struct page *page, const char *text, size_t used, size_t indent)
{
	struct buf clean AUTO_BUF = buf_new(TEXT_MAX + 1);
	const char *left;

	text_clean(&clean, slice_of(text ? text : "n/a"), TEXT_MAX);
	for (left = clean.data;;) {
		size_t len = line_length(left, page->columns - used);

		buf_add(page->out, left, len);
		buf_add_char(page->out, '\n');
		left += len;
		left += strspn(left, " ");
		if (!*left)
			return;
		buf_printf(page->out, "%*s", (int)indent, "");
		used = indent;
	}
}

#include "render/png.h"

#include <math.h>
#include <string.h>

#include "asmo/text.h"

enum { TEXT_MAX = 400 /* bytes; more never fits */ };

static const double pi = 3.14159265358979323846;

static void set_color(cairo_t *cairo, enum color color, double opacity)
{
	cairo_set_source_rgba(cairo, (color >> 16 & 0xff) / 255.0, (color >> 8 & 0xff) / 255.0,
		(color & 0xff) / 255.0, opacity);
}

void draw_box(cairo_t *cairo, const struct box *box, enum color color)
{
	set_color(cairo, color, 1);
	cairo_rectangle(cairo, box->x, box->y, box->width, box->height);
	cairo_fill(cairo);
}

void draw_card(cairo_t *cairo, const struct box *box)
{
	draw_box(cairo, box, COLOR_CARD);
	set_color(cairo, COLOR_EDGE, 1);
	cairo_set_line_width(cairo, 1);
	cairo_rectangle(cairo, box->x + 0.5, box->y + 0.5, box->width - 1, box->height - 1);
	cairo_stroke(cairo);
}

enum color draw_severity_color(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return COLOR_CRITICAL;
	case SEVERITY_WARNING:
		return COLOR_WARNING;
	case SEVERITY_INFO:
		return COLOR_INFO;
	default:
		return COLOR_OK;
	}
}

void draw_severity(cairo_t *cairo, double x, double y, double radius, enum severity severity)
{
	set_color(cairo, draw_severity_color(severity), 1);
	cairo_new_path(cairo);
	if (severity == SEVERITY_CRITICAL) {
		for (int i = 0; i < 8; i++)
			cairo_line_to(cairo, x + radius * cos((i + 0.5) * pi / 4),
				y + radius * sin((i + 0.5) * pi / 4));
	} else if (severity == SEVERITY_WARNING) {
		cairo_move_to(cairo, x, y - radius);
		cairo_line_to(cairo, x + radius, y + radius * 0.8);
		cairo_line_to(cairo, x - radius, y + radius * 0.8);
	} else {
		cairo_arc(cairo, x, y, radius * 0.9, 0, 2 * pi);
	}
	cairo_close_path(cairo);
	cairo_fill(cairo);
}

static double width_of(cairo_t *cairo, const char *text)
{
	cairo_text_extents_t extents;

	cairo_text_extents(cairo, text, &extents);
	return extents.x_advance;
}

/* The longest beginning that fits with three points behind it. */
static void cut(cairo_t *cairo, struct buf *text, double room)
{
	size_t low = 0, high = text_length(text->data);
	char fitting[TEXT_MAX + 8];

	while (low + 1 < high) {
		size_t middle = (low + high) / 2, len = text_prefix(text->data, middle);

		memcpy(fitting, text->data, len);
		memcpy(fitting + len, "...", 4);
		if (width_of(cairo, fitting) <= room)
			low = middle;
		else
			high = middle;
	}
	text->len = text_prefix(text->data, low);
	/* Between words, unless that would cost much of it. */
	for (size_t at = text->len; at > text->len * 2 / 3; at--) {
		if (text->data[at] == ' ') {
			text->len = at;
			break;
		}
	}
	text->data[text->len] = '\0';
	buf_add_string(text, "...");
}

/* The letter without its mark, of U+00C0 to U+017F. */
enum { LATIN_FIRST = 0xc0, LATIN_LAST = 0x17f, MARKS_FIRST = 0x300, MARKS_LAST = 0x36f };
static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
			    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
			    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
_Static_assert(sizeof(latin) == LATIN_LAST - LATIN_FIRST + 2, "a letter for each");

/* The nearest in ASCII, or 0. */
static char ascii_of(uint32_t code_point)
{
	if (code_point >= LATIN_FIRST && code_point <= LATIN_LAST)
		return latin[code_point - LATIN_FIRST];
	switch (code_point) {
	case 0xa0:
		return ' ';
	case 0x2013:
	case 0x2014:
		return '-';
	case 0x2018:
	case 0x2019:
		return '\'';
	case 0x201c:
	case 0x201d:
		return '"';
	default:
		return 0;
	}
}

/* The font has no other letters: those of Latin lose their marks, others stay and become boxes. */
static void simplify(struct buf *text)
{
	size_t len = 0, size;
	uint32_t code_point;

	for (size_t i = 0; i < text->len; i += size) {
		char ascii;

		size = text_decode(text->data + i, text->len - i, &code_point);
		if (!size)
			break;
		ascii = ascii_of(code_point);
		if (ascii) {
			text->data[len++] = ascii;
		} else if (code_point < MARKS_FIRST || code_point > MARKS_LAST) {
			memmove(text->data + len, text->data + i, size);
			len += size;
		}
	}
	text->len = len;
	text->data[len] = '\0';
}

double draw_text(cairo_t *cairo, double x, double baseline, double room, const struct look *look,
	const char *text)
{
	struct buf clean AUTO_BUF = buf_new(TEXT_MAX + 8);
	double width;

	text_clean(&clean, slice_of(text), TEXT_MAX);
	if (clean.len)
		simplify(&clean);
	cairo_select_font_face(cairo, look->is_bold ? "@cairo:bold" : "@cairo:medium",
		CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cairo, look->size);
	width = width_of(cairo, clean.data);
	if (width > room) {
		cut(cairo, &clean, room);
		width = width_of(cairo, clean.data);
	}
	set_color(cairo, look->color, 1);
	cairo_move_to(cairo, look->is_right ? x - width : x, baseline);
	cairo_show_text(cairo, clean.data);
	return width;
}

/* Makes a path of the steps that are measured from `first` on. Returns where they end. */
static size_t add_run(cairo_t *cairo, const struct box *box, const struct numbers *percents, size_t first)
{
	double step = box->width / (double)percents->count;
	size_t i = first;

	cairo_new_path(cairo);
	for (; i < percents->count && isfinite(percents->items[i]); i++) {
		double level = fmin(fmax(percents->items[i] / 100, 0), 1);
		double y = box->y + box->height * (1 - level);

		cairo_line_to(cairo, box->x + step * (double)i, y);
		cairo_line_to(cairo, box->x + step * (double)(i + 1), y);
	}
	return i;
}

static void draw_run(cairo_t *cairo, const struct box *box, double from, double to, enum color color)
{
	cairo_path_t *line = cairo_copy_path(cairo);

	cairo_line_to(cairo, to, box->y + box->height);
	cairo_line_to(cairo, from, box->y + box->height);
	set_color(cairo, color, 0.22);
	cairo_fill(cairo);
	cairo_append_path(cairo, line);
	cairo_path_destroy(line);
	set_color(cairo, color, 1);
	cairo_set_line_width(cairo, 2.5);
	cairo_stroke(cairo);
}

void draw_line(cairo_t *cairo, const struct box *box, const struct numbers *percents, enum color color)
{
	double step = box->width / (double)percents->count;

	if (!percents->count)
		draw_box(cairo, box, COLOR_GAP);
	for (size_t i = 0, first; i < percents->count;) {
		first = i;
		if (isfinite(percents->items[i])) {
			i = add_run(cairo, box, percents, first);
			draw_run(cairo, box, box->x + step * (double)first, box->x + step * (double)i, color);
			continue;
		}
		while (i < percents->count && !isfinite(percents->items[i]))
			i++;
		draw_box(cairo,
			&(struct box){box->x + step * (double)first, box->y, step * (double)(i - first),
				box->height},
			COLOR_GAP);
	}
}

void draw_level(cairo_t *cairo, const struct box *box, double percent, enum color color)
{
	struct box full = *box;

	draw_box(cairo, box, COLOR_GAP);
	full.width *= fmax(fmin(percent / 100, 1), 0);
	if (isfinite(percent))
		draw_box(cairo, &full, color);
}

/* What the letters of a bar are; the worse, the higher, so that it is seen without colours as well. */
static const struct {
	const char *name;
	double height; /* of the box */
	enum color color;
	char letter;
} states[] = {
	{"up", 0.45, COLOR_UP, 'u'},
	{"restarted", 0.7, COLOR_WARNING, 'r'},
	{"unhealthy", 0.85, COLOR_SICK, 'x'},
	{"down", 1, COLOR_CRITICAL, 'd'},
	{"idle", 0.2, COLOR_IDLE, 'i'},
	{"not known", 1, COLOR_UNKNOWN, '?'},
};
enum { STATES = sizeof(states) / sizeof(states[0]) };

static void draw_state(cairo_t *cairo, const struct box *box, char letter)
{
	size_t i = 0;
	struct box part = *box;

	while (i + 1 < STATES && states[i].letter != letter)
		i++;
	part.height = round(box->height * states[i].height);
	part.y += box->height - part.height;
	draw_box(cairo, &part, states[i].color);
}

void draw_status(cairo_t *cairo, const struct box *box, const char *letters)
{
	size_t count = strlen(letters);
	double step = box->width / (double)(count ? count : 1);

	for (size_t i = 0; i < count; i++) {
		double from = round(step * (double)i), to = round(step * (double)(i + 1)) - 2;

		draw_state(cairo, &(struct box){box->x + from, box->y, to - from, box->height}, letters[i]);
	}
}

void draw_status_legend(cairo_t *cairo, double right, double baseline)
{
	const struct look look = {.size = 16, .color = COLOR_PALE, .is_right = true};

	for (size_t i = STATES; i-- > 0;) {
		right -= draw_text(cairo, right, baseline, 200, &look, states[i].name) + 18;
		draw_state(cairo, &(struct box){right, baseline - 14, 12, 16}, states[i].letter);
		right -= 16;
	}
}

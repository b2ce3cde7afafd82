/* What the files of the picture share: drawing in pixels, with text that keeps within its room.
 *
 * Cairo remembers the first thing that fails; whoever owns the drawing asks at the end.
 */
#ifndef ASMO_RENDER_PNG_H
#define ASMO_RENDER_PNG_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "asmo/alert.h"
#include "asmo/buf.h"
#include "asmo/report.h"

/* RGB. The picture has its own ground, so that it looks the same on a light and on a dark page. */
enum color {
	COLOR_GROUND = 0x11151a,
	COLOR_CARD = 0x191f27,
	COLOR_EDGE = 0x36414e,
	COLOR_GAP = 0x2b3440,
	COLOR_UNKNOWN = 0x4d5a69,
	COLOR_TEXT = 0xe4e9ef,
	COLOR_PALE = 0x9aa6b4,
	COLOR_CPU = 0x7ab2ee,
	COLOR_RAM = 0xc79bf2,
	COLOR_DISK = 0x7c8da1,
	COLOR_OK = 0x5fc98a,
	COLOR_INFO = 0x90b9ec,
	COLOR_WARNING = 0xf2bd57,
	COLOR_CRITICAL = 0xff6b62,
	COLOR_UP = 0x3f8a5e,
	COLOR_SICK = 0xf58a58,
	COLOR_IDLE = 0x55606e,
};

struct box {
	double x, y, width, height;
};

struct look {
	double size;
	enum color color;
	bool is_bold, is_right; /* ends at x instead of beginning there */
};

enum color draw_severity_color(enum severity severity);
/* Each severity has a shape of its own, about the point. */
void draw_severity(cairo_t *cairo, double x, double y, double radius, enum severity severity);

void draw_box(cairo_t *cairo, const struct box *box, enum color color);
void draw_card(cairo_t *cairo, const struct box *box);
/* Foreign text or ours on one line, clean and cut to its room. Returns how wide it is. The letters are
 * cairo's own: a server has no fonts, and fontconfig would want to write a cache. They are ASCII: letters of
 * Latin lose their marks, any other is a box.
 */
double draw_text(cairo_t *cairo, double x, double baseline, double room, const struct look *look,
	const char *text);

/* The line of a chart, in percent, with its area; what was not measured is grey. */
void draw_line(cairo_t *cairo, const struct box *box, const struct numbers *percents, enum color color);
/* So much of the box is filled; of what is not known, nothing. */
void draw_level(cairo_t *cairo, const struct box *box, double percent, enum color color);
/* A container's status bar, and what its colours mean, which ends at `right`. */
void draw_status(cairo_t *cairo, const struct box *box, const char *letters);
void draw_status_legend(cairo_t *cairo, double right, double baseline);

/* Adds the picture as a file; nothing when memory is short. Of each pixel (0x..rrggbb) the lower 24 bits
 * count. */
void png_encode(struct buf *out, const uint32_t *pixels, size_t width, size_t height);

#endif

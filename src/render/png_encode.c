/* cairo's own writing of PNG tries five filters on each row, which takes longer than all the drawing; of
 * these pictures most rows are as the one above. Format: RFC 2083. */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "asmo/mem.h"
#include "render/png.h"

enum { LEVEL = 4, FILTER_UP = 2, CHANNELS = 3 };

static void put_number(unsigned char out[4], size_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(number >> (24 - 8 * i));
}

static void add_chunk(struct buf *out, const char *name, const unsigned char *bytes, size_t len)
{
	unsigned char number[4];
	uLong sum = crc32(crc32(0, NULL, 0), (const unsigned char *)name, 4);

	put_number(number, len);
	buf_add(out, number, 4);
	buf_add(out, name, 4);
	if (len) {
		buf_add(out, bytes, len);
		sum = crc32(sum, bytes, (uInt)len);
	}
	put_number(number, sum);
	buf_add(out, number, 4);
}

/* Each byte less that of the pixel above. */
static void filter_row(unsigned char *out, const uint32_t *row, const uint32_t *above, size_t width)
{
	*out++ = FILTER_UP;
	for (size_t x = 0; x < width; x++)
		for (int shift = 16; shift >= 0; shift -= 8)
			*out++ = (unsigned char)((row[x] >> shift) - (above ? above[x] >> shift : 0));
}

void png_encode(struct buf *out, const uint32_t *pixels, size_t width, size_t height)
{
	size_t row_len = 1 + CHANNELS * width;
	uLong packed_len = compressBound((uLong)(row_len * height));
	unsigned char *rows AUTO_FREE = mem_alloc(row_len * height);
	unsigned char *packed AUTO_FREE = mem_alloc(packed_len);
	unsigned char head[13] = {[8] = 8 /* bits a channel */, [9] = 2 /* RGB */};

	for (size_t y = 0; y < height; y++)
		filter_row(rows + y * row_len, pixels + y * width, y ? pixels + (y - 1) * width : NULL,
			width);
	if (compress2(packed, &packed_len, rows, (uLong)(row_len * height), LEVEL) != Z_OK)
		return;
	put_number(head, width);
	put_number(head + 4, height);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", head, sizeof(head));
	add_chunk(out, "IDAT", packed, packed_len);
	add_chunk(out, "IEND", NULL, 0);
}

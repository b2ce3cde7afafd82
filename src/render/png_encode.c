/* cairo's own writing of PNG tries five filters on each row, which takes longer than all the drawing; of
 * these pictures most rows are as the one above. Format: RFC 2083. */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "asmo/mem.h"
#include "render/png.h"

enum { LEVEL = 1, FILTER_UP = 2, CHANNELS = 3 };

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

/* Each byte less that of the pixel above, which most often is the same. */
static void filter_row(unsigned char *out, const uint32_t *row, const uint32_t *above, size_t width)
{
	*out++ = FILTER_UP;
	for (size_t x = 0; x < width; x++, out += CHANNELS) {
		memset(out, 0, CHANNELS);
		if (row[x] == above[x])
			continue;
		for (int i = 0; i < CHANNELS; i++)
			out[i] = (unsigned char)((row[x] >> (16 - 8 * i)) - (above[x] >> (16 - 8 * i)));
	}
}

/* Row by row: the rows are never in memory together. Returns how many bytes they take when packed, 0 when
 * memory is short. */
static size_t pack(unsigned char *packed, size_t room, const uint32_t *pixels, size_t width, size_t height)
{
	size_t row_len = 1 + CHANNELS * width, len;
	unsigned char *filtered AUTO_FREE = mem_alloc(row_len);
	uint32_t *black AUTO_FREE = mem_alloc(width * sizeof(*black));
	z_stream stream = {.next_out = packed, .avail_out = (uInt)room};
	int status = deflateInit(&stream, LEVEL);

	memset(black, 0, width * sizeof(*black));
	for (size_t y = 0; y < height && status == Z_OK; y++) {
		filter_row(filtered, pixels + y * width, y ? pixels + (y - 1) * width : black, width);
		stream.next_in = filtered;
		stream.avail_in = (uInt)row_len;
		status = deflate(&stream, y + 1 < height ? Z_NO_FLUSH : Z_FINISH);
	}
	len = status == Z_STREAM_END ? stream.total_out : 0;
	deflateEnd(&stream);
	return len;
}

void png_encode(struct buf *out, const uint32_t *pixels, size_t width, size_t height)
{
	size_t room = compressBound((uLong)((1 + CHANNELS * width) * height)), len;
	unsigned char *packed AUTO_FREE = mem_alloc(room);
	unsigned char head[13] = {[8] = 8 /* bits a channel */, [9] = 2 /* RGB */};

	len = pack(packed, room, pixels, width, height);
	if (!len)
		return;
	put_number(head, width);
	put_number(head + 4, height);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", head, sizeof(head));
	add_chunk(out, "IDAT", packed, len);
	add_chunk(out, "IEND", NULL, 0);
}

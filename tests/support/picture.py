"""PNG pictures, read by the book: 8 bits a channel, RGB or of a palette, not interlaced. Source: RFC 2083."""

import struct
import zlib


class Picture:
    """`.width .height`, and `.at(x, y)`, an RGB number as 0xff6b62."""

    def __init__(self, data):
        """Anything that is not as it should be is a ValueError."""
        chunks = list(_chunks(data))
        if [chunks[0][0], chunks[-1]] != [b"IHDR", (b"IEND", b"")]:
            raise ValueError("begins with %r, ends with %r" % (chunks[0][0], chunks[-1]))
        self.width, self.height, *kind = struct.unpack(">IIBBBBB", chunks[0][1])
        has_palette = kind == [8, 3, 0, 0, 0]
        if not has_palette and kind != [8, 2, 0, 0, 0]:
            raise ValueError("another kind of picture: %r" % kind)
        data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
        self._rows = _unfilter(data, self.width, self.height, 1 if has_palette else 3)
        if has_palette:
            palette = dict(chunks)[b"PLTE"]
            colors = [palette[i:i + 3] for i in range(0, len(palette), 3)]
            self._rows = [b"".join(colors[i] for i in row) for row in self._rows]

    def at(self, x, y):
        return int.from_bytes(self._rows[y][3 * x:3 * x + 3], "big")

    def column(self, x):
        return [self.at(x, y) for y in range(self.height)]

    def row(self, y):
        return [self.at(x, y) for x in range(self.width)]

    def difference(self, other, size=20):
        """How far the squares of that size are from those of another picture, on average over a square: the worst, and
        where it is. Letters that are smoothed in another way are near, other letters are not."""
        worst = 0, None
        for y in range(0, self.height, size):
            sums = [0] * (self.width // size + 1)
            for a, b in zip(self._rows[y:y + size], other._rows[y:y + size]):
                if a == b:
                    continue
                for i in range(len(sums)):
                    part = slice(3 * size * i, 3 * size * (i + 1))
                    if a[part] != b[part]:
                        sums[i] += sum(abs(c - d) for c, d in zip(a[part], b[part]))
            most = max(sums)
            worst = max(worst, (most / (3 * size * size), (sums.index(most) * size, y)))
        return worst

    def colors(self):
        return {bytes(row[i:i + 3]) for row in self._rows for i in range(0, len(row), 3)}


def _chunks(data):
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG: %r" % data[:8])
    at = 8
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        if len(body) != size or struct.unpack_from(">I", data, at + 8 + size)[0] != zlib.crc32(name + body):
            raise ValueError("a broken chunk %r at %d" % (name, at))
        yield name, body
        at += 12 + size


def _unfilter(data, width, height, step):
    stride, rows = step * width, []
    if len(data) != height * (stride + 1):
        raise ValueError("%d bytes for %d x %d" % (len(data), width, height))
    above = bytearray(stride)
    for y in range(height):
        kind, row = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        _UNDO[kind](row, above, step)
        rows.append(row)
        above = row
    return rows


def _undo_left(row, above, step):
    for i in range(step, len(row)):
        row[i] = row[i] + row[i - step] & 0xff


def _undo_up(row, above, _step):
    row[:] = bytes(a + b & 0xff for a, b in zip(row, above))


def _undo_average(row, above, step):
    for i, up in enumerate(above):
        row[i] = row[i] + ((row[i - step] if i >= step else 0) + up) // 2 & 0xff


def _undo_paeth(row, above, step):
    for i, up in enumerate(above):
        left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
        far_left, far_up, far_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        nearest = left if far_left <= far_up and far_left <= far_corner else up if far_up <= far_corner else corner
        row[i] = row[i] + nearest & 0xff


_UNDO = [lambda row, above, step: None, _undo_left, _undo_up, _undo_average, _undo_paeth]

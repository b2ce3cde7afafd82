"""PNG pictures, read by the book: 8 bits a channel, RGB, not interlaced. Source: RFC 2083."""

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
        if kind != [8, 2, 0, 0, 0]:
            raise ValueError("another kind of picture: %r" % kind)
        self._rows = _unfilter(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), self.width, self.height)

    def at(self, x, y):
        return int.from_bytes(self._rows[y][3 * x:3 * x + 3], "big")

    def column(self, x):
        return [self.at(x, y) for y in range(self.height)]

    def row(self, y):
        return [self.at(x, y) for x in range(self.width)]

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


def _unfilter(data, width, height):
    stride, rows = 3 * width, []
    if len(data) != height * (stride + 1):
        raise ValueError("%d bytes for %d x %d" % (len(data), width, height))
    above = bytearray(stride)
    for y in range(height):
        kind, row = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        _UNDO[kind](row, above)
        rows.append(row)
        above = row
    return rows


def _undo_left(row, above):
    for i in range(3, len(row)):
        row[i] = row[i] + row[i - 3] & 0xff


def _undo_up(row, above):
    row[:] = bytes(a + b & 0xff for a, b in zip(row, above))


def _undo_average(row, above):
    for i, up in enumerate(above):
        row[i] = row[i] + ((row[i - 3] if i >= 3 else 0) + up) // 2 & 0xff


def _undo_paeth(row, above):
    for i, up in enumerate(above):
        left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
        far_left, far_up, far_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        nearest = left if far_left <= far_up and far_left <= far_corner else up if far_up <= far_corner else corner
        row[i] = row[i] + nearest & 0xff


_UNDO = [lambda row, above: None, _undo_left, _undo_up, _undo_average, _undo_paeth]

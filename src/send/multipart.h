/* A body of the type multipart/form-data (RFC 7578) with a text and a file. */
#ifndef ASMO_SEND_MULTIPART_H
#define ASMO_SEND_MULTIPART_H

#include "asmo/buf.h"

struct multipart_part {
	const char *name, *type;
	const char *file_name; /* NULL: it is no file */
	struct slice bytes;
};

/* Adds the body. Returns the header that goes with it, made in `arena`: its boundary stands in no part. Names
 * and types are ours: they hold no quotation mark and no line break. */
char *multipart_write(struct buf *out, const struct multipart_part *parts, size_t count, struct arena *arena);

#endif

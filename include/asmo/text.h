/* Text from elsewhere: made valid UTF-8, rid of what moves a cursor or hides, of secrets, cut on a
 * code point. */
#ifndef ASMO_TEXT_H
#define ASMO_TEXT_H

#include "asmo/buf.h"
#include "asmo/mem.h"

#include <stddef.h>
#include <stdint.h>

/* Decodes the code point at the start; returns its length in bytes, 0 when it is not valid UTF-8. */
size_t text_decode(const char *text, size_t len, uint32_t *ret_code_point);

/* Adds at most `max_bytes` of `raw` to `out` as one line of harmless text: ANSI escape sequences and
 * control characters go, tabs and line breaks become a space, invalid UTF-8 becomes U+FFFD, the marks
 * that reverse or hide text go, a letter keeps four marks on it, white space at both ends goes. What is cut
 * ends in an ellipsis.
 */
void text_clean(struct buf *out, struct slice raw, size_t max_bytes);

/* The same into an arena. */
char *text_clean_copy(struct arena *arena, struct slice raw, size_t max_bytes);

/* Masks what looks like a secret in a line of clean text: passwords, tokens, keys, cookies, credentials in
 * URLs and commands, webhook URLs. The masked line is made in `arena`.
 */
char *text_mask(struct arena *arena, const char *line);

/* Cleans, masks, and only then cuts: for text from elsewhere in which there may be a secret. Of a very long
 * text the first 4096 bytes count.
 */
char *text_mask_copy(struct arena *arena, struct slice raw, size_t max_bytes);

/* Code points: what Discord counts. */
size_t text_length(const char *text);

/* Terminal columns: as text_length, but wide East Asian characters and emoji count two, marks none. */
size_t text_width(const char *text);

/* How many bytes of `text` fit into so many columns. */
size_t text_fit(const char *text, size_t max_columns);

/* How many bytes of `text` make its first `max_code_points`. */
size_t text_prefix(const char *text, size_t max_code_points);

#endif

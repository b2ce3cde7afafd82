/* The log file: a line at a time, dated, 0600 (also one that was not), rotated by size to `<path>.1`. */
#ifndef ASMO_LOG_H
#define ASMO_LOG_H

#include "asmo/err.h"

#include <stddef.h>

enum { LOG_LIMIT = 1024 * 1024 }; /* bytes before the file becomes `.1`, so two of them at most */

/* Adds `<time> <program>: <text>` as one line; line breaks in `text` become spaces. Safe with several
 * runs at once. A file that has other names (hard links) is not written to but rotated.
 * Errors: ELOOP, EISDIR, ENXIO when the path names a symbolic link, a folder, a pipe or a device. */
int log_add(const char *path, size_t limit, double now_epoch, const char *program, const char *text,
	struct err *err);

#endif

/* The entries of a history file, found without parsing them.
 *
 * An entry is a JSON object with a time. The entries of a sound file stand one behind the
 * other in one array; whatever else stands there makes the file damaged, and the search goes on at the next
 * object that begins with "timestamp". Memory: the largest entry, and a little.
 */
#ifndef ASMO_HISTORY_ENTRIES_H
#define ASMO_HISTORY_ENTRIES_H

#include <stdbool.h>
#include <sys/types.h>

#include "asmo/buf.h"
#include "asmo/err.h"

enum {
	ENTRY_LIMIT = 8 * 1024 * 1024, /* bytes of one entry */
};

struct entries {
	int fd;       /* not owned */
	off_t offset; /* of data[0] in the file */
	char *data;
	size_t begin, end, size; /* data[begin..end) is read but not yet taken */
	bool at_end;             /* of the file */
	char expected;           /* of the array: '[' its start, '{' or ',' within, '.' nothing more */
	bool is_first;           /* no entry yet: `]` may follow `[` */
	bool is_damaged;
};

/* From the start of the file, or from the start of an entry. */
void entries_init(struct entries *entries, int fd, off_t offset);
void entries_release(struct entries *entries);

/* 1: *ret_entry is the next one, a whole JSON object with a time, until the next call. 0: there is none. -1:
 * reading failed. */
int entries_next(struct entries *entries, struct slice *ret_entry, struct err *err);

/* The entry's time, without parsing the entry where asmo wrote it; MISSING if it has none. */
double entry_epoch(struct slice entry);

/* Where the entries from `from_epoch` on begin in a file that asmo wrote, found from its end; 0 if that can't
 * be told without reading the whole. With from_epoch INFINITY: where the last entry begins. */
off_t entries_find(int fd, double from_epoch);

#endif

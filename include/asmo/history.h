/* The history file: one JSON array, one snapshot a line, oldest first.
 *
 * Written by asmo, or by the Python version (indented, without asmo's fields), or damaged: what can be read
 * of it is read. It is only ever replaced whole, so a reader needs no lock.
 */
#ifndef ASMO_HISTORY_H
#define ASMO_HISTORY_H

#include "asmo/err.h"
#include "asmo/snapshot.h"

#include <stdbool.h>
#include <stddef.h>

struct history_stat {
	size_t snapshots;    /* in the file afterwards; or, of a reading, visited */
	size_t readable;     /* of an append: in the file before it, with those that were too old to stay */
	double oldest_epoch; /* of the first entry, or an older one in the window; MISSING: none */
	bool was_damaged;    /* the file was no whole JSON array of snapshots */
	char kept_as[4096];  /* where the damaged file was put; "" */
};

/* What the caller made a snapshot from. */
struct history_expected {
	const struct snapshot *last; /* the last entry; NULL: none */
	/* Called under the lock, before the snapshot is written, when another run has meanwhile put `last`
	 * there: what the snapshot says of what is new may change. */
	void (*amend)(const struct snapshot *last, void *context);
	void *context;
};

/* Appends one snapshot and drops those older than `oldest_epoch`, as one atomic replacement.
 *
 * Safe against concurrent callers (a lock file beside the history, waited for until `deadline`, monotonic)
 * and against a crash at any point: a reader sees the old file or the new one. An unreadable history is kept
 * as <file>.corrupt-<epoch>, and its readable entries are carried over. Folders that are missing are made.
 * Entries are copied, not parsed: time goes with the file's size, memory does not.
 * `expected` may be NULL. Errors: ENOSPC, EACCES, EIO from the file system; ETIMEDOUT if the lock is not had
 * in time.
 */
int history_append(const char *path, const struct snapshot *snapshot, const struct history_expected *expected,
	double oldest_epoch, double deadline, struct history_stat *ret_stat, struct err *err);

/* Puts `after` in the place of `before`, byte for byte the entry that was appended last, in the same safe
 * way. Errors: as above; ESTALE when something else is the last entry; EBADMSG when the history is damaged.
 * Nothing is changed then.
 */
int history_replace_last(const char *path, const struct snapshot *before, const struct snapshot *after,
	double deadline, struct err *err);

/* The entry that was appended last. ENOENT: there is no file; ENODATA: there is no entry that can be read. */
int history_last(const char *path, struct snapshot *ret_snapshot, struct err *err);

/* The last entry from `from_epoch` on in which the container engine answered. ENODATA: there is none. */
int history_last_with_engine(const char *path, double from_epoch, struct snapshot *ret_snapshot,
	struct err *err);

/* Calls `visit` for each entry from `from_epoch` to `to_epoch`, in the order of time, whatever their order in
 * the file and also when the clock was set back meanwhile, if the entries hold the uptime. What lies before
 * the window is hardly read, unless the file was not written by asmo. Entries that can't be read are passed
 * over. Errors: ENOENT, EACCES, EIO, EISDIR.
 */
typedef void history_visit(const struct snapshot *snapshot, void *context);
int history_read(const char *path, double from_epoch, double to_epoch, history_visit *visit, void *context,
	struct history_stat *ret_stat, struct err *err);

/* The same, but of entries that lie closer together than `step_seconds` only the first: the others are passed
 * over by their time, unparsed.
 */
int history_sample(const char *path, double from_epoch, double to_epoch, double step_seconds,
	history_visit *visit, void *context, struct history_stat *ret_stat, struct err *err);

#endif

#include "asmo/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "base/json.h"
#include "history/entries.h"

enum { COPY_SIZE = 256 * 1024 };

static const double day_seconds = 24 * 3600;

static int open_history(const char *path, int *ret_fd, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_errno(err, errno, "history %s cannot be opened", path);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, EISDIR, "history %s is not a file", path);
	}
	*ret_fd = fd;
	return 0;
}

/* Where an entry of the window stands in the file. */
struct place {
	double epoch;
	double order; /* its epoch by the clock of the last entry */
	off_t offset;
	size_t len;
};

enum { PLACES_MAX = 100 * 1000 }; /* put into order at once: a snapshot a second for a day */

struct places {
	struct place *items;
	size_t count;
};

/* The entries from the reader's place on that lie in the window, up to PLACES_MAX. As entries_next. */
static int find_places(struct entries *entries, double from_epoch, double to_epoch, struct places *places,
	struct err *err)
{
	struct slice entry;
	int result = 1;

	places->count = 0;
	while (places->count < PLACES_MAX && (result = entries_next(entries, &entry, err)) > 0) {
		double epoch = entry_epoch(entry);

		if (epoch >= from_epoch && epoch <= to_epoch)
			places->items[places->count++] = (struct place){epoch, epoch,
				entries->offset + (entry.data - entries->data), entry.len};
	}
	return result;
}

static int by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Those that are `step_seconds` or more apart. */
static void thin_out(struct places *places, double step_seconds)
{
	double next = -(double)INFINITY;
	size_t kept = 0;

	for (size_t i = 0; i < places->count; i++) {
		if (places->items[i].order < next)
			continue;
		next = places->items[i].order + step_seconds;
		places->items[kept++] = places->items[i];
	}
	places->count = kept;
}

/* 1: *ret_snapshot is read. 0: the entry can't be understood. < 0: the file can't be read. */
static int read_place(int fd, const struct place *place, struct buf *text, struct snapshot *ret_snapshot,
	struct err *err)
{
	struct err fault;
	char *room;
	ssize_t got;

	buf_clear(text);
	room = buf_reserve(text, place->len);
	if (!room)
		return 0;
	got = pread(fd, room, place->len, place->offset);
	if (got != (ssize_t)place->len)
		return err_errno(err, got < 0 ? errno : EIO, "cannot be read");
	return snapshot_read(ret_snapshot, (struct slice){room, place->len}, &fault) == 0;
}

/* An entry that is older than the one before it was stored out of order, or the clock was set back between
 * them, which the uptimes tell: then all that was stored before was earlier than its clock said. */
static int find_order(int fd, struct places *places, struct err *err)
{
	struct buf text AUTO_BUF = buf_new(ENTRY_LIMIT);
	struct snapshot before, after;
	double set_back_seconds = 0;
	int result = 1;

	snapshot_init(&before);
	snapshot_init(&after);
	for (size_t i = places->count; result >= 0 && i-- > 1;) {
		const struct place *place = &places->items[i];

		if (place->epoch < place[-1].epoch &&
			(result = read_place(fd, place - 1, &text, &before, err)) > 0 &&
			(result = read_place(fd, place, &text, &after, err)) > 0)
			set_back_seconds += fmin(snapshot_clock_jump(&before, &after), 0);
		places->items[i - 1].order += set_back_seconds;
	}
	snapshot_release(&before);
	snapshot_release(&after);
	return result < 0 ? -1 : 0;
}

static int visit_places(int fd, const struct places *places, history_visit *visit, void *context,
	struct history_stat *stat, struct err *err)
{
	struct buf text AUTO_BUF = buf_new(ENTRY_LIMIT);
	struct snapshot snapshot;
	int result = 0;

	snapshot_init(&snapshot);
	for (size_t i = 0; result >= 0 && i < places->count; i++) {
		result = read_place(fd, &places->items[i], &text, &snapshot, err);
		if (result > 0) {
			visit(&snapshot, context);
			stat->snapshots++;
		}
		stat->was_damaged |= result == 0;
	}
	snapshot_release(&snapshot);
	return result < 0 ? -1 : 0;
}

static double first_epoch(int fd)
{
	struct entries entries;
	struct slice entry;
	struct err err;
	double epoch = MISSING;

	entries_init(&entries, fd, 0);
	if (entries_next(&entries, &entry, &err) > 0)
		epoch = entry_epoch(entry);
	entries_release(&entries);
	return epoch;
}

int history_read(const char *path, double from_epoch, double to_epoch, history_visit *visit, void *context,
	struct history_stat *ret_stat, struct err *err)
{
	return history_sample(path, from_epoch, to_epoch, 0, visit, context, ret_stat, err);
}

int history_sample(const char *path, double from_epoch, double to_epoch, double step_seconds,
	history_visit *visit, void *context, struct history_stat *ret_stat, struct err *err)
{
	struct history_stat stat = {.oldest_epoch = MISSING};
	struct places places = {.items = NULL};
	struct entries entries;
	int fd AUTO_CLOSE = -1;
	int result, is_more;

	if (open_history(path, &fd, err) < 0)
		return -1;
	stat.oldest_epoch = first_epoch(fd);
	places.items = mem_alloc(PLACES_MAX * sizeof(*places.items));
	entries_init(&entries, fd, entries_find(fd, from_epoch));
	do {
		is_more = find_places(&entries, from_epoch, to_epoch, &places, err);
		result = is_more < 0 ? -1 : find_order(fd, &places, err);
		qsort(places.items, places.count, sizeof(*places.items), by_time);
		if (places.count)
			stat.oldest_epoch = fmin(stat.oldest_epoch, places.items[0].epoch);
		if (step_seconds > 0)
			thin_out(&places, step_seconds);
		result = result < 0 ? -1 : visit_places(fd, &places, visit, context, &stat, err);
	} while (result == 0 && is_more);
	stat.was_damaged |= entries.is_damaged;
	entries_release(&entries);
	free(places.items);
	if (result < 0)
		return err_prefix(err, "history %s", path);
	*ret_stat = stat;
	return 0;
}

/* `"docker":{"available":true,...`: inside a string the quotation marks would have a backslash before them,
 * and behind one that is a value, such as a container's name, there is no colon. */
static bool has_engine(struct slice entry)
{
	static const char name[] = "\"available\"", yes[] = "true";
	const char *end = entry.data + entry.len;
	const char *p = entry.data;
	bool is_member = false;

	while (!is_member && (p = memmem(p, (size_t)(end - p), name, sizeof(name) - 1))) {
		for (p += sizeof(name) - 1; p < end && strchr(": \t\r\n", *p); p++)
			is_member |= *p == ':';
	}
	return p && (size_t)(end - p) >= sizeof(yes) - 1 && memcmp(p, yes, sizeof(yes) - 1) == 0;
}

static bool is_any(struct slice entry)
{
	return entry.len > 0;
}

/* The last entry from `from_epoch` on that is wanted. */
static int read_last(const char *path, double from_epoch, bool (*is_wanted)(struct slice),
	struct snapshot *ret_snapshot, struct err *err)
{
	struct entries entries;
	struct buf last AUTO_BUF = buf_new(ENTRY_LIMIT);
	struct slice entry;
	struct err fault;
	int fd AUTO_CLOSE = -1;
	int result;

	if (open_history(path, &fd, err) < 0)
		return -1;
	entries_init(&entries, fd, entries_find(fd, from_epoch));
	while ((result = entries_next(&entries, &entry, err)) > 0) {
		if (!is_wanted(entry))
			continue;
		buf_clear(&last);
		buf_add(&last, entry.data, entry.len);
	}
	entries_release(&entries);
	if (result < 0)
		return err_prefix(err, "history %s", path);
	if (!last.len || snapshot_read(ret_snapshot, buf_slice(&last), &fault) < 0)
		return err_set(err, ENODATA, "history %s holds no snapshot that can be read", path);
	return 0;
}

int history_last(const char *path, struct snapshot *ret_snapshot, struct err *err)
{
	return read_last(path, (double)INFINITY, is_any, ret_snapshot, err);
}

int history_last_with_engine(const char *path, double from_epoch, struct snapshot *ret_snapshot,
	struct err *err)
{
	return read_last(path, from_epoch, has_engine, ret_snapshot, err);
}

/* The new file in the making: entries are gathered and written in large pieces. */
struct writer {
	struct file_replacement file;
	struct buf pending;
	size_t entries;
};

static int flush(struct writer *w, struct err *err)
{
	int result;

	if (w->pending.overflow)
		return err_set(err, EFBIG, "an entry is larger than the %d MiB that it may have",
			ENTRY_LIMIT / 1024 / 1024);
	result = file_write(w->file.fd, w->file.temporary, w->pending.data, w->pending.len, err);
	buf_clear(&w->pending);
	return result;
}

static int write_entry(struct writer *w, struct slice entry, struct err *err)
{
	buf_add_string(&w->pending, w->entries ? ",\n" : "[\n");
	buf_add(&w->pending, entry.data, entry.len);
	w->entries++;
	return w->pending.len >= COPY_SIZE ? flush(w, err) : 0;
}

/* An entry that stands on several lines becomes one. */
static int write_as_line(struct writer *w, struct slice entry, struct err *err)
{
	char *text AUTO_FREE = NULL;

	if (!memchr(entry.data, '\n', entry.len))
		return write_entry(w, entry, err);
	text = mem_alloc(entry.len + 1);
	memcpy(text, entry.data, entry.len);
	text[entry.len] = '\0';
	cJSON_Minify(text);
	return write_entry(w, slice_of(text), err);
}

/* What a new version of the history differs in. */
struct change {
	const struct snapshot *snapshot; /* the last entry */
	const struct history_expected *expected;
	struct buf replaced; /* the entry in whose place it comes; empty: it comes behind all others */
	struct buf last;     /* the entry that was last */
	double oldest_epoch; /* what is older is dropped, but for */
	size_t aged;         /* all but the first so many entries */
};

static void change_init(struct change *change, const struct snapshot *snapshot, double oldest_epoch)
{
	*change = (struct change){.snapshot = snapshot, .oldest_epoch = oldest_epoch, .aged = SIZE_MAX};
	change->replaced = buf_new(ENTRY_LIMIT);
	change->last = buf_new(ENTRY_LIMIT);
}

static void change_release(struct change *change)
{
	buf_release(&change->replaced);
	buf_release(&change->last);
}

static bool is_entry_of(struct slice entry, const struct snapshot *snapshot)
{
	struct buf text AUTO_BUF = buf_new(ENTRY_LIMIT);

	record_write(&text, &snapshot_record, snapshot);
	return text.len == entry.len && memcmp(text.data, entry.data, entry.len) == 0;
}

/* Lets the caller know of the last entry, unless it does. */
static void meet_last(const struct change *change)
{
	const struct history_expected *expected = change->expected;
	struct snapshot last;
	struct err ignored;

	if (!expected || !change->last.len ||
		(expected->last && is_entry_of(buf_slice(&change->last), expected->last)))
		return;
	snapshot_init(&last);
	if (snapshot_read(&last, buf_slice(&change->last), &ignored) == 0)
		expected->amend(&last, expected->context);
	snapshot_release(&last);
}

static int write_snapshot(struct writer *w, const struct change *change, struct err *err)
{
	struct buf entry AUTO_BUF = buf_new(ENTRY_LIMIT);

	meet_last(change);
	record_write(&entry, &snapshot_record, change->snapshot);
	if (entry.overflow)
		return err_set(err, EFBIG, "the snapshot is larger than the %d MiB that an entry may have",
			ENTRY_LIMIT / 1024 / 1024);
	return write_entry(w, buf_slice(&entry), err);
}

static bool is_replaced(const struct change *change, struct slice entry)
{
	return change->replaced.len && entry.len == change->replaced.len &&
	       memcmp(entry.data, change->replaced.data, entry.len) == 0;
}

/* When a clock jumps ahead, all is old at once. So where more than a day's worth is to be dropped, time
 * counts as it was seen: a hundred days between two entries are no pause, and count as an hour. */
static double seen_seconds(double from, double to)
{
	double seconds = fmax(to - from, 0);

	return seconds > 100 * day_seconds ? 3600 : seconds;
}

static int find_aged(int fd, struct change *change, struct err *err)
{
	double *epochs AUTO_FREE = NULL, newer = change->snapshot->epoch, seen = 0;
	size_t count = 0, room = 0;
	struct entries entries;
	struct slice entry;
	int result;

	if (!(first_epoch(fd) < change->oldest_epoch - day_seconds))
		return 0;
	entries_init(&entries, fd, 0);
	while ((result = entries_next(&entries, &entry, err)) > 0) {
		if (count == room) {
			room = room ? 2 * room : 1024;
			epochs = mem_resize(epochs, room * sizeof(*epochs));
		}
		epochs[count++] = entry_epoch(entry);
	}
	entries_release(&entries);
	for (change->aged = count; change->aged; change->aged--) {
		double epoch = epochs[change->aged - 1];

		if (isnan(epoch))
			continue;
		seen += seen_seconds(epoch, newer);
		if (seen > change->snapshot->epoch - change->oldest_epoch)
			break;
		newer = epoch;
	}
	return result;
}

/* Copies what stays. ESTALE: what is to be replaced is not there, or not the last entry. */
static int copy_entries(int fd, struct change *change, struct writer *w, struct history_stat *stat,
	struct err *err)
{
	bool is_last = false;
	struct entries entries;
	struct slice entry;
	int result;

	if (find_aged(fd, change, err) < 0)
		return -1;
	entries_init(&entries, fd, 0);
	while ((result = entries_next(&entries, &entry, err)) > 0) {
		double epoch = entry_epoch(entry);
		bool is_aged = epoch < change->oldest_epoch && stat->readable < change->aged;

		stat->readable++;
		is_last = is_replaced(change, entry);
		buf_clear(&change->last);
		buf_add(&change->last, entry.data, entry.len);
		if (is_aged || is_last)
			continue;
		if (isnan(stat->oldest_epoch))
			stat->oldest_epoch = epoch;
		result = write_as_line(w, entry, err);
		if (result < 0)
			break;
	}
	entries_release(&entries);
	stat->was_damaged = entries.is_damaged;
	if (result == 0 && change->replaced.len && stat->was_damaged)
		return err_set(err, EBADMSG, "it is damaged");
	if (result == 0 && change->replaced.len && !is_last)
		return err_set(err, ESTALE, "another run has added to it");
	return result;
}

/* A file that another user owns stays theirs when root writes to it. */
static void keep_owner(int old_fd, int new_fd)
{
	struct stat st;

	if (geteuid() == 0 && fstat(old_fd, &st) == 0 && fchown(new_fd, st.st_uid, st.st_gid) < 0)
		return; /* then it is root's */
}

/* The damaged file is kept under two names until the new one is in its place; a third name is another's. */
static void make_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink <= 2 && st.st_mode & 077)
		fchmod(fd, 0600);
}

/* Another name for the damaged file; a copy, where the file system knows no hard links. */
static int link_or_copy(const char *path, int fd, const char *name, struct err *err)
{
	char *piece AUTO_FREE = NULL;
	int copy AUTO_CLOSE = -1;
	ssize_t got;
	int result = 0;

	if (link(path, name) == 0)
		return 0;
	if (errno == EEXIST)
		return err_errno(err, EEXIST, "%s cannot be made", name);
	copy = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (copy < 0)
		return err_errno(err, errno, "%s cannot be created", name);
	piece = mem_alloc(COPY_SIZE);
	for (off_t offset = 0; result == 0 && (got = pread(fd, piece, COPY_SIZE, offset)) != 0; offset += got)
		result = got < 0 ? err_errno(err, errno, "%s cannot be read", path)
				 : file_write(copy, name, piece, (size_t)got, err);
	if (result == 0 && fsync(copy) < 0)
		result = err_errno(err, errno, "%s cannot be written to the disk", name);
	if (result < 0)
		unlink(name);
	else
		keep_owner(fd, copy);
	return result;
}

/* The damaged file stays in its place until it is replaced. */
static int keep_damaged(const char *path, int fd, double now_epoch, struct history_stat *stat,
	struct err *err)
{
	enum { NAMES_MAX = 1000 };
	struct err fault;

	for (int i = 0; i < NAMES_MAX; i++) {
		int len = snprintf(stat->kept_as, sizeof(stat->kept_as),
			i ? "%s.corrupt-%.0f-%d" : "%s.corrupt-%.0f", path, floor(now_epoch), i);

		if (len < 0 || (size_t)len >= sizeof(stat->kept_as))
			return err_set(err, ENAMETOOLONG, "history %s: its name is too long", path);
		if (link_or_copy(path, fd, stat->kept_as, &fault) == 0)
			return 0;
		if (fault.code != EEXIST)
			break;
	}
	*err = fault;
	return err_prefix(err, "the damaged history %s cannot be kept", path);
}

static int write_history(const char *path, int lock_fd, struct change *change, struct writer *w,
	struct history_stat *stat, struct err *err)
{
	struct err fault;
	int old_fd AUTO_CLOSE = -1;

	/* Before the old one is read: should another run be writing as well, since somebody removed the lock,
	 * then only the last to begin gets through. */
	if (file_replace_begin(&w->file, path, ".tmp", err) < 0)
		return -1;
	if (open_history(path, &old_fd, &fault) < 0 && fault.code != ENOENT) {
		*err = fault;
		return -1;
	}
	if (old_fd < 0 && change->replaced.len)
		return err_set(err, ESTALE, "history %s is not there any more", path);
	if (old_fd >= 0)
		keep_owner(old_fd, lock_fd);
	if (old_fd >= 0 && copy_entries(old_fd, change, w, stat, err) < 0)
		return err_prefix(err, "history %s", path);
	if (write_snapshot(w, change, err) < 0)
		return -1;
	buf_add_string(&w->pending, "\n]\n");
	if (flush(w, err) < 0)
		return -1;
	if (old_fd >= 0)
		keep_owner(old_fd, w->file.fd);
	if (stat->was_damaged && keep_damaged(path, old_fd, change->snapshot->epoch, stat, err) < 0)
		return -1;
	if (stat->was_damaged)
		make_private(old_fd);
	if (file_replace_commit(&w->file, err) < 0) {
		if (stat->was_damaged && file_is_at(path, old_fd))
			unlink(stat->kept_as);
		return -1;
	}
	return 0;
}

/* Under the lock. */
static int change_history(const char *path, struct change *change, double deadline,
	struct history_stat *ret_stat, struct err *err)
{
	char *real AUTO_FREE = NULL, *lock AUTO_FREE = NULL;
	struct writer writer = {.file.fd = -1};
	struct history_stat stat = {.oldest_epoch = MISSING};
	int lock_fd AUTO_CLOSE = -1;
	int result = -1;

	if (file_make_folder_of(path, err) < 0)
		return -1;
	if (file_resolve(path, &real, err) < 0)
		return err_prefix(err, "history");
	lock = mem_alloc(strlen(real) + sizeof(".lock"));
	snprintf(lock, strlen(real) + sizeof(".lock"), "%s.lock", real);
	writer.pending = buf_new(COPY_SIZE + ENTRY_LIMIT + 16);
	if (file_lock(lock, deadline, &lock_fd, err) == 0)
		result = write_history(real, lock_fd, change, &writer, &stat, err);
	file_replace_abort(&writer.file);
	buf_release(&writer.pending);
	if (result < 0)
		return -1;
	stat.snapshots = writer.entries;
	*ret_stat = stat;
	return 0;
}

int history_append(const char *path, const struct snapshot *snapshot, const struct history_expected *expected,
	double oldest_epoch, double deadline, struct history_stat *ret_stat, struct err *err)
{
	struct change change;
	int result;

	change_init(&change, snapshot, oldest_epoch);
	change.expected = expected;
	result = change_history(path, &change, deadline, ret_stat, err);
	change_release(&change);
	return result;
}

int history_replace_last(const char *path, const struct snapshot *before, const struct snapshot *after,
	double deadline, struct err *err)
{
	struct history_stat ignored;
	struct change change;
	int result;

	change_init(&change, after, -(double)INFINITY);
	record_write(&change.replaced, &snapshot_record, before);
	result = change_history(path, &change, deadline, &ignored, err);
	change_release(&change);
	return result;
}

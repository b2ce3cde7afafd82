#include "asmo/history.h"

#include <errno.h>
#include <fcntl.h>
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

/* A history that is a symbolic link is replaced where it points to. To be freed. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : mem_string(path);
}

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

/* Visits the entries from the reader's place on that lie in the window, `step_seconds` or more apart. */
static int visit_entries(struct entries *entries, double from_epoch, double to_epoch, double step_seconds,
	history_visit *visit, void *context, struct history_stat *stat, struct err *err)
{
	double next_epoch = from_epoch;
	struct snapshot snapshot;
	struct slice entry;
	int result;

	snapshot_init(&snapshot);
	while ((result = entries_next(entries, &entry, err)) > 0) {
		double epoch = entry_epoch(entry);
		struct err fault;

		if (epoch < next_epoch || epoch > to_epoch)
			continue;
		if (snapshot_read(&snapshot, entry, &fault) < 0) {
			stat->was_damaged = true;
			continue;
		}
		if (step_seconds > 0)
			next_epoch = epoch + step_seconds;
		visit(&snapshot, context);
		stat->snapshots++;
	}
	snapshot_release(&snapshot);
	stat->was_damaged |= entries->is_damaged;
	return result;
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
	struct entries entries;
	int fd AUTO_CLOSE = -1;
	int result;

	if (open_history(path, &fd, err) < 0)
		return -1;
	stat.oldest_epoch = first_epoch(fd);
	entries_init(&entries, fd, entries_find(fd, from_epoch));
	result = visit_entries(&entries, from_epoch, to_epoch, step_seconds, visit, context, &stat, err);
	entries_release(&entries);
	if (result < 0)
		return err_prefix(err, "history %s", path);
	*ret_stat = stat;
	return 0;
}

/* `"docker":{"available":true,...`: inside a string the quotation marks would have a backslash before them.
 */
static bool has_engine(struct slice entry)
{
	static const char name[] = "\"available\"", yes[] = "true";
	const char *end = entry.data + entry.len;
	const char *p = memmem(entry.data, entry.len, name, sizeof(name) - 1);

	if (!p)
		return false;
	for (p += sizeof(name) - 1; p < end && strchr(": \t\r\n", *p); p++)
		;
	return (size_t)(end - p) >= sizeof(yes) - 1 && memcmp(p, yes, sizeof(yes) - 1) == 0;
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
	struct buf last AUTO_BUF;
	struct slice entry;
	struct err fault;
	int fd AUTO_CLOSE = -1;
	int result;

	buf_init(&last, ENTRY_LIMIT);
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
	int result = file_write(w->file.fd, w->file.temporary, w->pending.data, w->pending.len, err);

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

static int copy_entries(int fd, double oldest_epoch, struct writer *w, struct history_stat *stat,
	struct err *err)
{
	struct entries entries;
	struct slice entry;
	int result;

	entries_init(&entries, fd, 0);
	while ((result = entries_next(&entries, &entry, err)) > 0) {
		double epoch = entry_epoch(entry);

		if (epoch < oldest_epoch)
			continue;
		if (isnan(stat->oldest_epoch))
			stat->oldest_epoch = epoch;
		result = write_as_line(w, entry, err);
		if (result < 0)
			break;
	}
	entries_release(&entries);
	stat->was_damaged = entries.is_damaged;
	return result;
}

/* Keeps the damaged file under another name. It stays in its place as well until it is replaced; where the
 * file system knows no hard links it is moved. */
static int keep_damaged(const char *path, double now_epoch, struct history_stat *stat, struct err *err)
{
	for (int i = 0; i < 1000; i++) {
		int len = snprintf(stat->kept_as, sizeof(stat->kept_as),
			i ? "%s.corrupt-%.0f-%d" : "%s.corrupt-%.0f", path, floor(now_epoch), i);

		if (len < 0 || (size_t)len >= sizeof(stat->kept_as))
			return err_set(err, ENAMETOOLONG, "history %s: its name is too long", path);
		if (link(path, stat->kept_as) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	if (access(stat->kept_as, F_OK) == 0 || rename(path, stat->kept_as) < 0)
		return err_errno(err, errno, "the damaged history %s cannot be kept as %s", path,
			stat->kept_as);
	return 0;
}

/* A file that another user owns stays theirs when root writes to it. */
static void keep_owner(int old_fd, int new_fd)
{
	struct stat st;

	if (geteuid() == 0 && fstat(old_fd, &st) == 0 && fchown(new_fd, st.st_uid, st.st_gid) < 0)
		return; /* then it is root's */
}

static int write_history(const char *path, const struct snapshot *snapshot, double oldest_epoch,
	struct writer *w, struct history_stat *stat, struct err *err)
{
	struct buf entry AUTO_BUF;
	int old_fd AUTO_CLOSE = -1;

	buf_init(&entry, ENTRY_LIMIT);
	record_write(&entry, &snapshot_record, snapshot);
	if (entry.overflow)
		return err_set(err, EFBIG, "the snapshot is larger than the %d MiB that an entry may have",
			ENTRY_LIMIT / 1024 / 1024);
	if (access(path, F_OK) == 0 && open_history(path, &old_fd, err) < 0)
		return -1;
	if (file_replace_begin(&w->file, path, ".tmp", err) < 0)
		return -1;
	if (old_fd >= 0 && copy_entries(old_fd, oldest_epoch, w, stat, err) < 0)
		return err_prefix(err, "history %s", path);
	if (write_entry(w, buf_slice(&entry), err) < 0)
		return -1;
	buf_add_string(&w->pending, "\n]\n");
	if (flush(w, err) < 0)
		return -1;
	if (old_fd >= 0)
		keep_owner(old_fd, w->file.fd);
	if (stat->was_damaged && keep_damaged(path, snapshot->epoch, stat, err) < 0)
		return -1;
	return file_replace_commit(&w->file, err);
}

int history_append(const char *path, const struct snapshot *snapshot, double oldest_epoch, double deadline,
	struct history_stat *ret_stat, struct err *err)
{
	char *real AUTO_FREE = resolve(path), *lock AUTO_FREE = mem_alloc(strlen(real) + sizeof(".lock"));
	struct writer writer = {.file.fd = -1};
	struct history_stat stat = {.oldest_epoch = MISSING};
	int lock_fd AUTO_CLOSE = -1;
	int result;

	if (file_make_folder_of(real, err) < 0)
		return -1;
	snprintf(lock, strlen(real) + sizeof(".lock"), "%s.lock", real);
	if (file_lock(lock, deadline, &lock_fd, err) < 0)
		return -1;
	buf_init(&writer.pending, COPY_SIZE + ENTRY_LIMIT + 16);
	result = write_history(real, snapshot, oldest_epoch, &writer, &stat, err);
	file_replace_abort(&writer.file);
	buf_release(&writer.pending);
	if (result < 0)
		return -1;
	stat.snapshots = writer.entries;
	*ret_stat = stat;
	return 0;
}

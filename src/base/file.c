#include "asmo/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asmo/clock.h"

enum { READER_SECONDS = 5 /* to come */, PAUSE_SECONDS = 30 /* between two pieces that it takes */ };

void file_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int file_read(int folder_fd, const char *path, struct buf *buf, struct err *err)
{
	int fd AUTO_CLOSE = openat(folder_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(err, errno, "%s cannot be opened", path);
	for (;;) {
		size_t left = buf->limit - buf->len;
		size_t want = left < 16 * 1024 ? left : 16 * 1024;
		char extra = 0, *room = want ? buf_reserve(buf, want) : &extra;
		ssize_t got = read(fd, room, want ? want : 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "%s cannot be read", path);
		if (got == 0)
			break;
		if (!want)
			return err_set(err, EFBIG, "%s is larger than %zu bytes", path, buf->limit);
		buf->len += (size_t)got;
		buf->data[buf->len] = '\0';
	}
	return 0;
}

int file_write(int fd, const char *name, const void *bytes, size_t len, struct err *err)
{
	const char *p = bytes;
	double deadline = clock_monotonic() + PAUSE_SECONDS;

	while (len) {
		ssize_t done = write(fd, p, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN && clock_left_ms(deadline)) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, clock_left_ms(deadline));
			continue;
		}
		if (done < 0 && errno == EAGAIN)
			return err_set(err, ETIMEDOUT,
				"%s cannot be written: its reader has taken nothing for %d seconds", name,
				PAUSE_SECONDS);
		if (done < 0)
			return err_errno(err, errno, "%s cannot be written", name);
		p += done;
		len -= (size_t)done;
		deadline = clock_monotonic() + PAUSE_SECONDS;
	}
	return 0;
}

char *file_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	char *folder;

	if (!slash)
		return mem_string(".");
	if (!len)
		len = 1; /* "/" */
	folder = mem_alloc(len + 1);
	memcpy(folder, path, len);
	folder[len] = '\0';
	return folder;
}

int file_make_folder_of(const char *path, struct err *err)
{
	char *folder AUTO_FREE = file_folder_of(path);

	for (char *p = folder + 1; *folder; p++) {
		char at = *p;

		if (at != '/' && at != '\0')
			continue;
		*p = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST) {
			int code = errno;
			struct stat st;

			/* A folder above that may not be written to is no obstacle when it is there. */
			if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
				return err_errno(err, code, "folder %s cannot be made", folder);
		}
		*p = at;
		if (!at)
			break;
	}
	return 0;
}

bool file_is_at(const char *path, int fd)
{
	struct stat there, opened;

	if (lstat(path, &there) < 0 || fstat(fd, &opened) < 0)
		return false;
	errno = ESTALE;
	return there.st_dev == opened.st_dev && there.st_ino == opened.st_ino;
}

int file_lock(const char *path, double deadline, int *ret_fd, struct err *err)
{
	int fd AUTO_CLOSE = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return file_err_place(err, errno, "lock file", path, "opened");
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, errno, "%s cannot be locked", path);
		if (!clock_left_ms(deadline))
			return err_set(err, ETIMEDOUT,
				"another run holds the lock %s and did not free it in time", path);
		clock_sleep_until(clock_monotonic() + 0.01);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int file_replace_begin(struct file_replacement *r, const char *path, const char *suffix, struct err *err)
{
	size_t size = strlen(path) + strlen(suffix) + 1;

	*r = (struct file_replacement){.path = mem_alloc(size), .temporary = mem_alloc(size), .fd = -1};
	snprintf(r->path, size, "%s", path);
	snprintf(r->temporary, size, "%s%s", path, suffix);
	if (unlink(r->temporary) < 0 && errno != ENOENT)
		return err_errno(err, errno, "%s, left by an earlier run, cannot be removed", r->temporary);
	r->fd = open(r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0)
		return err_errno(err, errno, "%s cannot be created", r->temporary);
	return 0;
}

/* Swaps the two versions; not every file system and kernel can. The libc may have no renameat2. */
static bool exchange(const struct file_replacement *r)
{
	enum { EXCHANGE = 2 };

	return syscall(SYS_renameat2, AT_FDCWD, r->temporary, AT_FDCWD, r->path, EXCHANGE) == 0;
}

/* The old version is kept under the temporary name until the new one is sure to last. */
static int put_in_place(const struct file_replacement *r, struct err *err)
{
	struct stat old;
	bool has_old = lstat(r->path, &old) == 0, is_first = !has_old && errno == ENOENT;
	bool has_both = has_old && S_ISREG(old.st_mode) && exchange(r);
	int result;

	if (!has_both && rename(r->temporary, r->path) < 0) {
		int code = errno;

		unlink(r->temporary);
		return err_errno(err, code, "%s cannot be put in place of %s", r->temporary, r->path);
	}
	result = file_sync_folder_of(r->path, err);
	if (result < 0 && has_both)
		exchange(r);
	if (result < 0 && is_first)
		unlink(r->path);
	if (has_both)
		unlink(r->temporary);
	return result;
}

int file_replace_commit(struct file_replacement *r, struct err *err)
{
	int fd = r->fd;

	if (fsync(fd) < 0)
		return err_errno(err, errno, "%s cannot be written to the disk", r->temporary);
	if (!file_is_at(r->temporary, fd))
		return err_errno(err, errno, "%s is not this run's any more", r->temporary);
	r->fd = -1;
	if (close(fd) < 0) {
		int code = errno;

		unlink(r->temporary);
		return err_errno(err, code, "%s cannot be closed", r->temporary);
	}
	return put_in_place(r, err);
}

void file_replace_abort(struct file_replacement *r)
{
	if (r->fd >= 0) {
		if (file_is_at(r->temporary, r->fd))
			unlink(r->temporary);
		close(r->fd);
	}
	free(r->path);
	free(r->temporary);
	*r = (struct file_replacement){.fd = -1};
}

/* A pipe gets some time for its reader to come. */
static int write_to(const char *path, struct slice text, struct err *err)
{
	double deadline = clock_monotonic() + READER_SECONDS;
	int fd AUTO_CLOSE = -1;

	while ((fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0) {
		if (errno != ENXIO || !clock_left_ms(deadline))
			return err_errno(err, errno, "%s cannot be opened", path);
		clock_sleep_until(clock_monotonic() + 0.01);
	}
	return file_write(fd, path, text.data, text.len, err);
}

/* Whoever may read the old file may read the new one, if it was ours; a new one has `mode`. */
static void set_mode(int fd, const struct stat *old, mode_t mode)
{
	if (old && old->st_uid != geteuid())
		return;
	if (old)
		mode = old->st_mode & 0777;
	if (old && fchown(fd, (uid_t)-1, old->st_gid) < 0)
		mode &= 0707;   /* not for another group */
	(void)fchmod(fd, mode); /* where a file system knows no modes it is as all there */
}

int file_put(const char *path, struct slice text, mode_t mode, struct err *err)
{
	char *real AUTO_FREE = NULL;
	struct file_replacement file;
	struct stat old;
	bool is_there = stat(path, &old) == 0;
	struct err fault;
	char suffix[40];
	int result;

	if (file_resolve(path, &real, &fault) < 0 && !is_there) {
		*err = fault;
		return -1;
	}
	if (!real || (is_there && !S_ISREG(old.st_mode)))
		return write_to(path, text, err);
	snprintf(suffix, sizeof(suffix), ".tmp.%d", (int)getpid());
	result = file_replace_begin(&file, real, suffix, err);
	if (result == 0) {
		set_mode(file.fd, is_there ? &old : NULL, mode);
		result = file_write(file.fd, file.temporary, text.data, text.len, err);
	}
	if (result == 0)
		result = file_replace_commit(&file, err);
	file_replace_abort(&file);
	return result;
}

int file_sync_folder_of(const char *path, struct err *err)
{
	char *folder AUTO_FREE = file_folder_of(path);
	int fd AUTO_CLOSE = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "folder %s cannot be opened", folder);
	/* A file system that can't sync a folder says EINVAL: nothing more can be done there. */
	if (fsync(fd) < 0 && errno != EINVAL)
		return err_errno(err, errno, "folder %s cannot be written to the disk", folder);
	return 0;
}

int file_resolve(const char *path, char **ret_real, struct err *err)
{
	char *name AUTO_FREE = mem_string(path), *real;
	struct stat st;
	bool is_there = stat(path, &st) == 0;

	/* The kernel follows no link that another user left in a folder such as /tmp; nor do we. */
	if (!is_there && errno != ENOENT)
		return err_errno(err, errno, "%s cannot be found", path);
	while (!(real = realpath(name, NULL))) {
		char *folder AUTO_FREE = file_folder_of(name), *link;
		char target[PATH_MAX];
		ssize_t len;
		size_t size;

		if (errno != ENOENT || is_there)
			return err_errno(err, errno, "%s cannot be found", path);
		len = readlink(name, target, sizeof(target) - 1);
		if (len < 0) {
			real = mem_string(name);
			break;
		}
		target[len] = '\0';
		size = strlen(folder) + (size_t)len + 2;
		link = mem_alloc(size);
		snprintf(link, size, "%s%s%s", *target == '/' ? "" : folder, *target == '/' ? "" : "/",
			target);
		free(name);
		name = link;
	}
	*ret_real = real;
	return 0;
}

/* What is in neither place is the same when its name is, in the same folder. */
static bool is_same_place(const char *a, const char *b)
{
	char *real_a AUTO_FREE = NULL, *real_b AUTO_FREE = NULL;
	char *folder_a AUTO_FREE = NULL, *folder_b AUTO_FREE = NULL;
	const char *name_a, *name_b;
	struct stat in_a, in_b;
	struct err ignored;
	bool is_a = stat(a, &in_a) == 0, is_b = stat(b, &in_b) == 0;

	if (is_a || is_b)
		return is_a && is_b && in_a.st_dev == in_b.st_dev && in_a.st_ino == in_b.st_ino;
	file_resolve(a, &real_a, &ignored);
	file_resolve(b, &real_b, &ignored);
	if (!real_a || !real_b)
		return false;
	folder_a = file_folder_of(real_a);
	folder_b = file_folder_of(real_b);
	name_a = strrchr(real_a, '/');
	name_b = strrchr(real_b, '/');
	return strcmp(name_a ? name_a + 1 : real_a, name_b ? name_b + 1 : real_b) == 0 &&
	       is_same_place(folder_a, folder_b);
}

bool file_is_same(const char *a, const char *b)
{
	struct stat st;

	return (stat(a, &st) < 0 || S_ISREG(st.st_mode)) && is_same_place(a, b);
}

int file_err_place(struct err *err, int code, const char *what, const char *path, const char *done)
{
	struct stat st;
	const char *kind = "a pipe, a socket or a device";

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return err_errno(err, code, "%s %s cannot be %s", what, path, done);
	if (S_ISLNK(st.st_mode))
		kind = "a symbolic link, which is not followed";
	if (S_ISDIR(st.st_mode))
		kind = "a folder";
	return err_set(err, code, "%s %s is %s: remove it, or choose another place", what, path, kind);
}

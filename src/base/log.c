#include "asmo/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/text.h"

enum { LINE_LIMIT = 4096 };

/* Opens the log and locks it. Another run may have renamed it in between, so what is locked must still be
 * what the path names. Locking waits at most for another run's one line. */
static int open_locked(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err)
{
	for (;;) {
		int fd AUTO_CLOSE =
			open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		struct stat there;

		if (fd < 0)
			return file_err_place(err, errno, "log", path, "opened");
		for (double deadline = clock_monotonic() + 2; flock(fd, LOCK_EX | LOCK_NB) < 0;) {
			if (!clock_left_ms(deadline))
				return err_errno(err, errno, "log %s cannot be locked", path);
			clock_sleep_until(clock_monotonic() + 0.005);
		}
		if (fstat(fd, ret_stat) < 0)
			return err_errno(err, errno, "log %s cannot be read", path);
		if (!S_ISREG(ret_stat->st_mode))
			return file_err_place(err, ENXIO, "log", path, "opened");
		if (stat(path, &there) < 0 || there.st_ino != ret_stat->st_ino)
			continue;
		*ret_fd = fd;
		fd = -1;
		return 0;
	}
}

int log_add(const char *path, size_t limit, double now_epoch, const char *program, const char *text,
	struct err *err)
{
	int fd AUTO_CLOSE = -1;
	struct buf line AUTO_BUF = buf_new(LINE_LIMIT + 128);
	char when[CLOCK_TEXT];
	struct stat st = {0};

	clock_format_local(now_epoch, when);
	buf_printf(&line, "%.19s %s: ", when, program);
	text_clean(&line, slice_of(text), LINE_LIMIT);
	buf_add_char(&line, '\n');

	if (file_make_folder_of(path, err) < 0 || open_locked(path, &fd, &st, err) < 0)
		return -1;
	/* What has another name may be another's: it is not written to. */
	if (st.st_nlink > 1 || (st.st_size > 0 && (size_t)st.st_size + line.len > limit)) {
		char *rotated AUTO_FREE = mem_alloc(strlen(path) + 3);

		snprintf(rotated, strlen(path) + 3, "%s.1", path);
		if (rename(path, rotated) < 0)
			return file_err_place(err, errno, "log", rotated, "replaced");
		file_close_fd(&fd);
		if (open_locked(path, &fd, &st, err) < 0)
			return -1;
	}
	if (st.st_mode & 077)
		fchmod(fd, 0600); /* another user's stays as they have it */
	return file_write(fd, path, line.data, line.len, err);
}

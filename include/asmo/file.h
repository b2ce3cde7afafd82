/* Files: read whole, replaced whole, locked with a deadline. All descriptors are close-on-exec. */
#ifndef ASMO_FILE_H
#define ASMO_FILE_H

#include "asmo/buf.h"
#include "asmo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For `int fd AUTO_CLOSE = -1;`. */
void file_close_fd(int *fd);
#define AUTO_CLOSE __attribute__((cleanup(file_close_fd)))

/* Adds the whole file to `buf`; EFBIG when it is larger than the buffer's limit. `folder_fd` as in
 * openat: AT_FDCWD, or a folder that `path` is relative to. */
int file_read(int folder_fd, const char *path, struct buf *buf, struct err *err);

/* All of it, through short writes and EINTR. `name` is for the error. ETIMEDOUT when `fd` does not block and
 * its reader takes nothing for thirty seconds. */
int file_write(int fd, const char *name, const void *bytes, size_t len, struct err *err);

/* Makes the folders above `path` that are missing, mode 0700. */
int file_make_folder_of(const char *path, struct err *err);

/* Takes an exclusive lock on the file, which is made (0600) when it is missing and stays behind empty.
 * ETIMEDOUT when another holds it until the deadline (monotonic). Closing *ret_fd frees it.
 */
int file_lock(const char *path, double deadline, int *ret_fd, struct err *err);

/* Whether the path still names the file that was opened; if not, errno says why, ESTALE when it is another.
 */
bool file_is_at(const char *path, int fd);

/* A new version of a file: written beside it, then put in its place.
 *
 *	file_replace_begin, then writes to .fd, then file_replace_commit; file_replace_abort in every case.
 *
 * Whenever the program is killed, the path names the old version or the new one, whole. After commit has
 * returned 0 the new one survives a power loss; after an error the old one is in its place, but where the
 * file system can't exchange two files and then can't sync the folder: there it may be the new one.
 * The temporary file is `<path><suffix>`; one that is already there is taken for the remains
 * of a killed run and removed, so two writers at once need a lock, or suffixes of their own; without them the
 * one whose file was removed fails at commit.
 */
struct file_replacement {
	char *path;
	char *temporary;
	int fd;
};
int file_replace_begin(struct file_replacement *r, const char *path, const char *suffix, struct err *err);
int file_replace_commit(struct file_replacement *r, struct err *err);
void file_replace_abort(struct file_replacement *r);

/* Puts all of `text` into a file: a file is replaced whole, as above, where a symbolic link points to; what
 * is no file, such as /dev/stdout or a pipe, is written to as it stands. Several callers at once each put a
 * whole one. A new file has `mode`; one that was there, and is ours, keeps its mode and its group.
 * Errors: ENXIO for a pipe that nobody opens within five seconds; ETIMEDOUT as file_write.
 */
int file_put(const char *path, struct slice text, mode_t mode, struct err *err);

/* fsync of the folder that `path` lies in, so that a rename in it lasts. */
int file_sync_folder_of(const char *path, struct err *err);

/* Where symbolic links lead: to what is there, or will be made. *ret_real is to be freed. ENOENT when what
 * is there has no name any more, as the pipe behind /dev/stdout. */
int file_resolve(const char *path, char **ret_real, struct err *err);

/* Whether both paths lead to one file, or to where one will be made. What is no file, such as /dev/null, is
 * everybody's. */
bool file_is_same(const char *a, const char *b);

/* Fills the error after opening `path` failed; a link, a folder or the like in the place of a file is named.
 */
int file_err_place(struct err *err, int code, const char *what, const char *path, const char *done);

/* The folder part of a path, "." if it has none. To be freed. */
char *file_folder_of(const char *path);

#endif

#include "../support/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"

/* What the sources call, before it gets to the kernel: noted in `done`, and failed on demand. */

static char done[200];
static int fsync_code;    /* errno value that fsync fails with */
static int folder_code;   /* the same, of a folder alone */
static bool writes_badly; /* three bytes at most, and every other call is interrupted */

static void note(const char *what)
{
	size_t used = strlen(done);

	snprintf(done + used, sizeof(done) - used, "%s%s", used ? ", " : "", what);
}

int fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	note(S_ISDIR(st.st_mode) ? "fsync folder" : "fsync file");
	if (fsync_code || (folder_code && S_ISDIR(st.st_mode))) {
		errno = fsync_code ? fsync_code : folder_code;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *old, const char *new)
{
	note("rename");
	return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	static unsigned calls;

	if (writes_badly && ++calls % 2) {
		errno = EINTR;
		return -1;
	}
	return (ssize_t)syscall(SYS_write, fd, bytes, writes_badly && len > 3 ? 3 : len);
}

/* Each test has a folder of its own, and leaves nothing set. */

static struct arena arena;
static mode_t umask_before;

static int begin(void **state)
{
	umask_before = umask(022);
	return unit_make_folder(state);
}

static int end(void **state)
{
	umask(umask_before);
	fsync_code = 0;
	folder_code = 0;
	writes_badly = false;
	arena_release(&arena);
	return unit_remove_folder(state);
}

static char *in_folder(void **state, const char *name)
{
	return arena_printf(&arena, "%s/%s", (const char *)*state, name);
}

static const char *content(const char *path)
{
	return unit_read(&arena, path).data;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static size_t entries_of(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Reading */

static void a_file_is_read_whole_behind_what_is_in_the_buffer(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1024 * 1024);
	struct err err;
	struct slice large = unit_repeat(&arena, 'x', 100 * 1000);
	char *path = in_folder(state, "file");

	unit_write(path, "text\n");
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_text(buf.data, "text\ntext\n");
	unit_write(path, large.data);
	buf_clear(&buf);
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_text(buf.data, large.data);
}

static void a_file_as_large_as_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
	struct buf buf AUTO_BUF = buf_new(20000);
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, unit_repeat(&arena, 'x', 20000).data);
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_int_equal(buf.len, 20000);
	unit_write(path, unit_repeat(&arena, 'x', 20001).data);
	buf_clear(&buf);
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_says(err.text, "larger than 20000 bytes");
}

static void an_empty_file_gives_an_empty_string(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1000);
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, "");
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_text(buf.data, "");
	assert_int_equal(buf.len, 0);
}

static void a_path_is_relative_to_the_folder_that_was_given(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1000);
	struct err err;
	int folder AUTO_CLOSE = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unit_write(in_folder(state, "file"), "text");
	assert_int_equal(file_read(folder, "file", &buf, &err), 0);
	assert_text(buf.data, "text");
}

static void what_cannot_be_read_is_named_and_a_pipe_holds_nobody_up(void **state)
{
	struct buf buf AUTO_BUF = buf_new(1000);
	struct err err;
	char *path = in_folder(state, "file");

	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_says(err.text, path);
	assert_says(err.text, "No such file or directory");
	assert_int_equal(file_read(AT_FDCWD, *state, &buf, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read(AT_FDCWD, path, &buf, &err), 0);
	assert_text(buf.data, "");
}

/* Writing */

static void everything_is_written_through_short_writes_and_interruptions(void **state)
{
	struct err err;
	char *path = in_folder(state, "file");
	int fd AUTO_CLOSE = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	writes_badly = true;
	assert_int_equal(file_write(fd, "file", "0123456789", 10, &err), 0);
	assert_int_equal(file_write(fd, "file", "", 0, &err), 0);
	writes_badly = false;
	assert_text(content(path), "0123456789");
}

static void a_reader_that_pauses_gets_all_of_what_is_put_into_a_pipe(void **state)
{
	enum { SIZE = 300 * 1000 };
	const char *path = in_folder(state, "pipe");
	struct slice text = {arena_alloc(&arena, SIZE), SIZE};
	struct err err;
	pid_t reader;
	int status;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		static char piece[SIZE];
		int fd = open(path, O_RDONLY);
		size_t len = 0;

		clock_sleep_until(clock_monotonic() + 0.2);
		for (ssize_t got; (got = read(fd, piece, SIZE)) > 0;)
			len += (size_t)got;
		_exit(len != SIZE);
	}
	assert_int_equal(file_put(path, text, 0600, &err), 0);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
}

static void a_full_disk_is_an_error_with_the_name_of_the_file(void **state)
{
	struct err err;
	int fd AUTO_CLOSE = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(file_write(fd, "data/history.json", "x", 1, &err), -1);
	assert_int_equal(err.code, ENOSPC);
	assert_text(err.text, "data/history.json cannot be written: No space left on device");
}

static const struct {
	const char *path, *folder;
} folders[] = {
	{"file", "."},
	{"a/file", "a"},
	{"a/b/file", "a/b"},
	{"/file", "/"},
	{"/a/file", "/a"},
	{"a/", "a"},
	{"", "."},
};

static void the_folder_of_a_path_is_what_stands_before_the_last_slash(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		char *folder AUTO_FREE = file_folder_of(folders[i].path);

		unit_case("%s", folders[i].path);
		assert_text(folder, folders[i].folder);
	}
}

/* Symbolic links, and where each leads, below the test's folder. */
static const struct {
	const char *name, *target;
} links[] = {
	{"link", "real/file"},
	{"link of a link", "link"},
	{"real/up", "../real/new"},
	{"dangling", "real/new"},
	{"twice dangling", "real/up"},
	{"into no folder", "none/file"},
	{"loop", "loop"},
};

static const struct {
	const char *path, *real; /* NULL: an error */
} resolved[] = {
	{"real/file", "real/file"},
	{"link", "real/file"},
	{"link of a link", "real/file"},
	{"dangling", "real/new"},
	{"twice dangling", "real/../real/new"},
	{"into no folder", "none/file"},
	{"nothing", "nothing"},
	{"none/at/all", "none/at/all"},
	{"loop", NULL},
	{"real/file/below", NULL},
};

static void links_are_followed_to_what_is_there_or_will_be_made(void **state)
{
	assert_int_equal(mkdir(in_folder(state, "real"), 0700), 0);
	unit_write(in_folder(state, "real/file"), "");
	for (size_t i = 0; i < COUNT_OF(links); i++)
		assert_int_equal(symlink(links[i].target, in_folder(state, links[i].name)), 0);
	for (size_t i = 0; i < COUNT_OF(resolved); i++) {
		char *real AUTO_FREE = NULL;
		struct err err;
		int result = file_resolve(in_folder(state, resolved[i].path), &real, &err);

		unit_case("%s", resolved[i].path);
		assert_count(result, resolved[i].real ? 0 : -1);
		assert_text(real, resolved[i].real ? in_folder(state, resolved[i].real) : NULL);
	}
}

static const struct {
	const char *a, *b;
	bool is_same;
} pairs[] = {
	{"real/file", "real/file", true},
	{"real/file", "./real//../real/file", true},
	{"real/file", "link of a link", true},
	{"real/file", "hard", true},
	{"real/file", "other", false},
	{"real/file", "real/new", false},
	{"real/new", "dangling", true},
	{"real/new", "twice dangling", true},
	{"real/new", "new", false},
	{"none/at/all", "./none/at/all", true},
	{"none/at/all", "none/at/once", false},
	{"none/file", "into no folder", true},
	{"loop", "loop", false},
	{"pipe", "pipe", false},
};

static void a_file_with_two_names_is_one_also_before_it_is_made(void **state)
{
	assert_int_equal(mkdir(in_folder(state, "real"), 0700), 0);
	unit_write(in_folder(state, "real/file"), "");
	unit_write(in_folder(state, "other"), "");
	assert_int_equal(mkfifo(in_folder(state, "pipe"), 0600), 0);
	assert_int_equal(link(in_folder(state, "real/file"), in_folder(state, "hard")), 0);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		assert_int_equal(symlink(links[i].target, in_folder(state, links[i].name)), 0);
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		const char *a = in_folder(state, pairs[i].a), *b = in_folder(state, pairs[i].b);

		unit_case("%s and %s", pairs[i].a, pairs[i].b);
		assert_count(file_is_same(a, b), pairs[i].is_same);
		assert_count(file_is_same(b, a), pairs[i].is_same);
	}
	assert_true(file_is_same("nothing", "./nothing"));
}

static void a_pipe_without_a_name_has_none(void **state)
{
	char *real = NULL;
	struct err err;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(file_resolve(arena_printf(&arena, "/proc/self/fd/%d", ends[1]), &real, &err), -1);
	assert_null(real);
	close(ends[0]);
	close(ends[1]);
}

static void the_folders_of_a_path_are_made_for_the_owner_alone(void **state)
{
	struct err err;
	char *path = in_folder(state, "a//b/c/file");

	umask(0);
	assert_int_equal(file_make_folder_of(path, &err), 0);
	assert_int_equal(mode_of(in_folder(state, "a")), 0700);
	assert_int_equal(mode_of(in_folder(state, "a/b/c")), 0700);
	assert_int_equal(file_make_folder_of(path, &err), 0);
	assert_int_equal(file_make_folder_of("file", &err), 0);
	assert_int_equal(file_make_folder_of("/file", &err), 0);
	assert_int_equal(file_make_folder_of("/proc/self/x", &err), 0);
	assert_int_equal(entries_of(*state), 1);

	unit_write(in_folder(state, "x"), "");
	assert_int_equal(file_make_folder_of(in_folder(state, "x/y/file"), &err), -1);
	assert_says(err.text, "/x/y cannot be made");
	assert_int_equal(file_make_folder_of("/proc/asmo/file", &err), -1);
	assert_says(err.text, "folder /proc/asmo cannot be made");
}

/* Replacing */

static void the_old_file_is_untouched_until_commit(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, "old");
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	assert_int_equal(file_write(r.fd, path, "new", 3, &err), 0);
	assert_int_not_equal(fcntl(r.fd, F_GETFD) & FD_CLOEXEC, 0);
	assert_text(content(path), "old");
	assert_text(content(in_folder(state, "file.tmp")), "new");
	assert_int_equal(file_replace_commit(&r, &err), 0);
	assert_text(content(path), "new");
	file_replace_abort(&r);
	assert_text(content(path), "new");
	assert_int_equal(entries_of(*state), 1);
}

static void abort_removes_the_new_file_and_leaves_the_old(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, "old");
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	assert_int_equal(file_write(r.fd, path, "new", 3, &err), 0);
	file_replace_abort(&r);
	assert_text(content(path), "old");
	assert_int_equal(entries_of(*state), 1);
	file_replace_abort(&r); /* twice does no harm */
}

static void of_two_writers_with_one_temporary_name_the_last_to_begin_gets_through(void **state)
{
	struct file_replacement first, last;
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, "old");
	assert_int_equal(file_replace_begin(&first, path, ".tmp", &err), 0);
	assert_int_equal(file_write(first.fd, path, "first", 5, &err), 0);
	assert_int_equal(file_replace_begin(&last, path, ".tmp", &err), 0);
	assert_int_equal(file_replace_commit(&first, &err), -1);
	assert_int_equal(err.code, ESTALE);
	file_replace_abort(&first);
	assert_text(content(path), "old");
	assert_int_equal(file_write(last.fd, path, "last", 4, &err), 0);
	assert_int_equal(file_replace_commit(&last, &err), 0);
	file_replace_abort(&last);
	assert_text(content(path), "last");
	assert_int_equal(entries_of(*state), 1);
}

/* A name may only be put in place when what it names is on the disk, and lasts when the folder is. */
static void commit_reaches_the_disk_in_the_order_that_survives_a_power_loss(void **state)
{
	struct file_replacement r;
	struct err err;

	assert_int_equal(file_replace_begin(&r, in_folder(state, "file"), ".tmp", &err), 0);
	done[0] = '\0';
	assert_int_equal(file_replace_commit(&r, &err), 0);
	assert_text(done, "fsync file, rename, fsync folder");
	file_replace_abort(&r);
}

static void a_disk_that_fails_at_commit_leaves_the_old_file_alone(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file");

	unit_write(path, "old");
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	fsync_code = EIO;
	assert_int_equal(file_replace_commit(&r, &err), -1);
	assert_int_equal(err.code, EIO);
	assert_says(err.text, "file.tmp cannot be written to the disk");
	file_replace_abort(&r);
	assert_text(content(path), "old");
	assert_int_equal(entries_of(*state), 1);
}

static void a_folder_that_cannot_be_synced_gets_the_old_file_back(void **state)
{
	static const char *const old[] = {NULL, "old"};

	for (size_t i = 0; i < COUNT_OF(old); i++) {
		struct file_replacement r;
		struct err err;
		char *path = in_folder(state, "file");

		unit_case("%s", old[i] ? old[i] : "none before it");
		if (old[i])
			unit_write(path, old[i]);
		assert_count(file_replace_begin(&r, path, ".tmp", &err), 0);
		assert_count(file_write(r.fd, path, "new", 3, &err), 0);
		folder_code = ENOSPC;
		assert_count(file_replace_commit(&r, &err), -1);
		folder_code = 0;
		assert_count(err.code, ENOSPC);
		assert_says(err.text, "cannot be written to the disk");
		file_replace_abort(&r);
		assert_count(entries_of(*state), old[i] != NULL);
		if (old[i])
			assert_text(content(path), old[i]);
	}
}

static void a_file_system_that_cannot_sync_a_folder_is_no_error(void **state)
{
	struct err err;

	fsync_code = EINVAL;
	assert_int_equal(file_sync_folder_of(in_folder(state, "file"), &err), 0);
	fsync_code = EIO;
	assert_int_equal(file_sync_folder_of(in_folder(state, "file"), &err), -1);
	fsync_code = 0;
	assert_int_equal(file_sync_folder_of(in_folder(state, "no/file"), &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void a_place_that_cannot_be_taken_leaves_no_new_file_behind(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file");

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	assert_int_equal(file_replace_commit(&r, &err), -1);
	assert_says(err.text, "cannot be put in place of");
	file_replace_abort(&r);
	assert_int_equal(entries_of(*state), 1);

	assert_int_equal(file_replace_begin(&r, in_folder(state, "no/file"), ".tmp", &err), -1);
	assert_int_equal(err.code, ENOENT);
	file_replace_abort(&r);
}

static void a_link_that_was_planted_at_the_temporary_name_is_not_followed(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file"), *victim = in_folder(state, "victim");

	unit_write(victim, "victim");
	assert_int_equal(symlink(victim, in_folder(state, "file.tmp")), 0);
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	assert_int_equal(file_write(r.fd, path, "new", 3, &err), 0);
	assert_int_equal(file_replace_commit(&r, &err), 0);
	file_replace_abort(&r);
	assert_text(content(victim), "victim");
	assert_text(content(path), "new");
}

static void what_a_killed_run_left_behind_is_removed(void **state)
{
	struct file_replacement r;
	struct err err;
	char *path = in_folder(state, "file"), *temporary = in_folder(state, "file.tmp");

	unit_write(temporary, "a long rest of another run");
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), 0);
	assert_int_equal(file_write(r.fd, path, "new", 3, &err), 0);
	assert_int_equal(file_replace_commit(&r, &err), 0);
	file_replace_abort(&r);
	assert_text(content(path), "new");

	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(file_replace_begin(&r, path, ".tmp", &err), -1);
	assert_says(err.text, "left by an earlier run");
	file_replace_abort(&r);
	assert_text(content(path), "new");
}

static void a_new_file_is_private_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 022, 027, 077};

	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct file_replacement r;
		struct err err;
		int lock AUTO_CLOSE = -1;
		char *name = arena_printf(&arena, "%zu/file", i), *path = in_folder(state, name);

		unit_case("umask %03o", masks[i]);
		umask(masks[i]);
		assert_count(file_make_folder_of(path, &err), 0);
		assert_count(file_replace_begin(&r, path, ".tmp", &err), 0);
		assert_count(mode_of(arena_printf(&arena, "%s.tmp", path)), 0600);
		assert_count(file_replace_commit(&r, &err), 0);
		file_replace_abort(&r);
		assert_count(mode_of(path), 0600);
		assert_count(file_lock(arena_printf(&arena, "%s.lock", path), 0, &lock, &err), 0);
		assert_count(mode_of(arena_printf(&arena, "%s.lock", path)), 0600);
	}
}

static void what_is_put_in_place_of_a_file_of_ours_keeps_its_mode(void **state)
{
	static const mode_t modes[] = {0600, 0644, 0640, 04666};
	char *path = in_folder(state, "file");
	struct err err;

	assert_int_equal(file_put(path, slice_of("new"), 0600, &err), 0);
	assert_int_equal(mode_of(path), 0600);
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		unit_case("%04o", modes[i]);
		assert_count(chmod(path, modes[i]), 0);
		assert_count(file_put(path, slice_of("newer"), 0600, &err), 0);
		assert_count(mode_of(path), modes[i] & 0777);
	}
	assert_text(content(path), "newer");
}

static void what_is_put_where_a_link_leads_is_made_there(void **state)
{
	char *path = in_folder(state, "link"), *target = in_folder(state, "target");
	struct stat st;
	struct err err;

	assert_int_equal(symlink("target", path), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(file_put(path, slice_of("new"), 0600, &err), 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
		assert_text(content(target), "new");
	}
}

/* Locking */

static void a_lock_is_had_once_and_again_when_it_is_freed(void **state)
{
	int first AUTO_CLOSE = -1, second AUTO_CLOSE = -1;
	char *path = in_folder(state, "lock");
	double start = clock_monotonic(), waited;
	struct err err;

	assert_int_equal(file_lock(path, start, &first, &err), 0);
	assert_true(first >= 0);
	assert_int_not_equal(fcntl(first, F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(file_lock(path, start + 0.1, &second, &err), -1);
	waited = clock_monotonic() - start;
	assert_int_equal(err.code, ETIMEDOUT);
	assert_says(err.text, path);
	assert_int_equal(second, -1);
	assert_true(waited >= 0.1 && waited < 5);
	file_close_fd(&first);
	assert_int_equal(first, -1);
	assert_int_equal(file_lock(path, start, &second, &err), 0);
	assert_text(content(path), "");
}

static void whoever_waits_for_a_lock_gets_it_when_its_holder_dies(void **state)
{
	char *path = in_folder(state, "lock"), byte;
	int fd AUTO_CLOSE = -1, ready[2], status;
	struct err err;
	double start;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (file_lock(path, 0, &fd, &err) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		usleep(200 * 1000);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	start = clock_monotonic();
	assert_int_equal(file_lock(path, start + 10, &fd, &err), 0);
	assert_true(clock_monotonic() - start < 5);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_lock_file_that_is_a_link_is_refused(void **state)
{
	char *path = in_folder(state, "lock"), *victim = in_folder(state, "victim");
	struct err err;
	int fd = -1;

	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(file_lock(path, 0, &fd, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(access(victim, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_whole_behind_what_is_in_the_buffer),
		TEST(a_file_as_large_as_the_limit_is_read_and_one_byte_more_is_not),
		TEST(an_empty_file_gives_an_empty_string),
		TEST(a_path_is_relative_to_the_folder_that_was_given),
		TEST(what_cannot_be_read_is_named_and_a_pipe_holds_nobody_up),
		TEST(everything_is_written_through_short_writes_and_interruptions),
		TEST(a_reader_that_pauses_gets_all_of_what_is_put_into_a_pipe),
		TEST(a_full_disk_is_an_error_with_the_name_of_the_file),
		TEST(the_folder_of_a_path_is_what_stands_before_the_last_slash),
		TEST(links_are_followed_to_what_is_there_or_will_be_made),
		TEST(a_file_with_two_names_is_one_also_before_it_is_made),
		TEST(a_pipe_without_a_name_has_none),
		TEST(the_folders_of_a_path_are_made_for_the_owner_alone),
		TEST(the_old_file_is_untouched_until_commit),
		TEST(abort_removes_the_new_file_and_leaves_the_old),
		TEST(of_two_writers_with_one_temporary_name_the_last_to_begin_gets_through),
		TEST(commit_reaches_the_disk_in_the_order_that_survives_a_power_loss),
		TEST(a_disk_that_fails_at_commit_leaves_the_old_file_alone),
		TEST(a_folder_that_cannot_be_synced_gets_the_old_file_back),
		TEST(a_file_system_that_cannot_sync_a_folder_is_no_error),
		TEST(a_place_that_cannot_be_taken_leaves_no_new_file_behind),
		TEST(a_link_that_was_planted_at_the_temporary_name_is_not_followed),
		TEST(what_a_killed_run_left_behind_is_removed),
		TEST(a_new_file_is_private_whatever_the_umask),
		TEST(what_is_put_in_place_of_a_file_of_ours_keeps_its_mode),
		TEST(what_is_put_where_a_link_leads_is_made_there),
		TEST(a_lock_is_had_once_and_again_when_it_is_freed),
		TEST(whoever_waits_for_a_lock_gets_it_when_its_holder_dies),
		TEST(a_lock_file_that_is_a_link_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

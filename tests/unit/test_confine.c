#include "../support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/confine.h"
#include "asmo/file.h"

static struct arena arena;

static int end(void **state)
{
	arena_release(&arena);
	return unit_remove_folder(state);
}

static char *in_folder(void **state, const char *name)
{
	return *name == '/' ? arena_string(&arena, name)
			    : arena_printf(&arena, "%s/%s", (const char *)*state, name);
}

enum { WRITTEN = 0, REFUSED = 1, NO_LANDLOCK = 77 };

/* In a child, as it is for good: what becomes of a write to `path` when `allowed` is. */
static int write_confined(const char *allowed, const char *path)
{
	const char *files[] = {NULL, allowed};
	int status, fd;
	struct err err;
	pid_t child = fork();

	if (child == 0) {
		if (confine(files, COUNT_OF(files), false, &err) < 0)
			_exit(err.code == ENOSYS || err.code == EOPNOTSUPP ? NO_LANDLOCK : 2);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
		_exit(fd >= 0 ? WRITTEN : errno == EACCES ? REFUSED : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* There are: in/file, out/file, out/link to in/file, out/dangling to in/new. */
static const struct {
	const char *allowed, *path;
	int expected;
} cases[] = {
	{"in/file", "in/file", WRITTEN}, {"in/file", "in/new", WRITTEN}, {"in/not there", "in/file", WRITTEN},
	{"in/file", "out/file", REFUSED}, {"in/file", "out/new", REFUSED}, {"in/file", "new", REFUSED},
	{"in/file", "out/link", WRITTEN}, {"out/link", "in/new", WRITTEN}, {"out/link", "out/file", REFUSED},
	{"out/dangling", "in/new", WRITTEN}, {"out/dangling", "out/new", REFUSED},
	{"none/file", "in/file", REFUSED}, {"none/file", "new", REFUSED}, {"/dev/null", "/dev/null", WRITTEN},
	{"/dev/null", "/dev/zero", REFUSED},
	{"in", "in/file", WRITTEN}, /* a folder in the place of a file: the folder that it lies in */
};

static void a_write_is_refused_outside_the_folders_of_the_files(void **state)
{
	assert_int_equal(mkdir(in_folder(state, "in"), 0700), 0);
	assert_int_equal(mkdir(in_folder(state, "out"), 0700), 0);
	unit_write(in_folder(state, "in/file"), "");
	unit_write(in_folder(state, "out/file"), "");
	assert_int_equal(symlink("../in/file", in_folder(state, "out/link")), 0);
	assert_int_equal(symlink("../in/new", in_folder(state, "out/dangling")), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int result =
			write_confined(in_folder(state, cases[i].allowed), in_folder(state, cases[i].path));

		unit_case("%s allowed, %s written", cases[i].allowed, cases[i].path);
		if (result == NO_LANDLOCK)
			skip();
		assert_count(result, cases[i].expected);
		unlink(in_folder(state, "in/new"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_write_is_refused_outside_the_folders_of_the_files,
			unit_make_folder, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

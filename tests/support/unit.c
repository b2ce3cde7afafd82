#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "asmo/file.h"

enum { READ_LIMIT = 64 * 1024 * 1024 };

/* cmocka takes a crash for a failed test and so hides what the sanitizer has to say of it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:handle_abort=2";
}

/* The first folder above the running program that has tests/fixtures in it. */
static const char *checkout(void)
{
	static char root[4096];
	char probe[sizeof(root) + 32];
	ssize_t len;

	if (root[0])
		return root;
	len = readlink("/proc/self/exe", root, sizeof(root) - 1);
	assert_true(len > 0);
	root[len] = '\0';
	for (char *slash = strrchr(root, '/'); slash; slash = strrchr(root, '/')) {
		*slash = '\0';
		snprintf(probe, sizeof(probe), "%s/tests/fixtures", root);
		if (access(probe, R_OK) == 0)
			return root;
	}
	fail_msg("%s", "no checkout above the test program");
	return NULL;
}

char *unit_checkout_path(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s/%s", checkout(), path);
}

struct slice unit_read(struct arena *arena, const char *path)
{
	struct buf text AUTO_BUF = buf_new(READ_LIMIT);
	struct err err;
	char *copy;

	if (file_read(AT_FDCWD, *path == '/' ? path : unit_checkout_path(arena, path), &text, &err) < 0)
		fail_msg("%s", err.text);
	copy = arena_slice(arena, buf_slice(&text));
	return (struct slice){copy, text.len};
}

struct slice unit_fixture(struct arena *arena, const char *path_format, ...)
{
	char path[512];
	va_list args;

	va_start(args, path_format);
	vsnprintf(path, sizeof(path), path_format, args);
	va_end(args);
	return unit_read(arena, unit_checkout_path(arena, arena_printf(arena, "tests/fixtures/%s", path)));
}

void unit_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f)
		fail_msg("%s cannot be made", path);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

struct slice unit_repeat(struct arena *arena, char c, size_t count)
{
	char *text = arena_alloc(arena, count + 1);

	memset(text, c, count);
	return (struct slice){text, count};
}

int unit_make_folder(void **state)
{
	char template[] = "/tmp/asmo-unit-XXXXXX";

	*state = mkdtemp(template) ? strdup(template) : NULL;
	return *state ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int unit_remove_folder(void **state)
{
	int result = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return result;
}

void unit_set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static double slowness(void)
{
	const char *text = getenv("ASMO_TEST_SLOWNESS");

	return text ? atof(text) : 1;
}

double unit_seconds(double seconds)
{
	return seconds * slowness();
}

bool unit_is_slow(void)
{
	return slowness() > 1;
}

static char current_case[300];

void unit_set_case(const char *test, const char *format, ...)
{
	size_t used;
	va_list args;

	snprintf(current_case, sizeof(current_case), "%s: ", test);
	used = strlen(current_case);
	va_start(args, format);
	vsnprintf(current_case + used, sizeof(current_case) - used, format, args);
	va_end(args);
}

/* cmocka's own assertions would name a line in this file. */
__attribute__((noreturn, format(printf, 3, 4))) static void fail_at(const char *file, int line,
	const char *format, ...)
{
	char text[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (current_case[0])
		print_error("last case: %s\n", current_case);
	print_error("%s\n", text);
	_fail(file, line);
	abort();
}

void unit_assert_near(double actual, double expected, double tolerance, const char *file, int line)
{
	if (!(fabs(actual - expected) <= tolerance))
		fail_at(file, line, "%.9g is not %.9g", actual, expected);
}

void unit_assert_missing(double actual, const char *file, int line)
{
	if (!isnan(actual))
		fail_at(file, line, "%.9g should be missing", actual);
}

void unit_assert_count(long long actual, long long expected, const char *file, int line)
{
	if (actual != expected)
		fail_at(file, line, "%lld is not %lld", actual, expected);
}

void unit_assert_text(const char *actual, const char *expected, const char *file, int line)
{
	if ((actual == NULL) != (expected == NULL) || (actual && strcmp(actual, expected) != 0))
		fail_at(file, line, "found    \"%s\"\nexpected \"%s\"", actual ? actual : "(NULL)",
			expected ? expected : "(NULL)");
}

void unit_assert_says(const char *text, const char *words, const char *file, int line)
{
	if (!text || !strstr(text, words))
		fail_at(file, line, "found \"%s\"\nwithout \"%s\"", text ? text : "(NULL)", words);
}

void unit_assert_strings(const struct strings *list, const char *expected, const char *file, int line)
{
	struct buf joined AUTO_BUF = buf_new(READ_LIMIT);

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&joined, "%s%s", i ? "|" : "", list->items[i]);
	unit_assert_text(joined.data, expected, file, line);
}

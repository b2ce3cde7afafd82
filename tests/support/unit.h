/* What the unit tests share: cmocka, fixtures, a temporary folder, and assertions that know what "missing"
 * is.
 *
 * A test that calls one of these fails, with what was wrong, when it can't be done. Paths are relative to the
 * checkout, wherever the test was started.
 */
#ifndef ASMO_TESTS_UNIT_H
#define ASMO_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asmo/field.h"
#include "asmo/mem.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A string literal with the NULs in it, as the initializer of a struct slice. */
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* The bytes of tests/fixtures/<path>, terminated. */
struct slice unit_fixture(struct arena *arena, const char *path_format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same of any file; a relative path starts at the checkout. */
struct slice unit_read(struct arena *arena, const char *path);
void unit_write(const char *path, const char *text);

char *unit_checkout_path(struct arena *arena, const char *path);

/* `count` bytes of the one character. */
struct slice unit_repeat(struct arena *arena, char c, size_t count);

/* For cmocka_unit_test_setup_teardown: a new empty folder in *state, a char *; removed with all that is in
 * it. */
int unit_make_folder(void **state);
int unit_remove_folder(void **state);

/* The time zone from now on, as in $TZ. */
void unit_set_zone(const char *zone);

/* Names the row of a table that is tested now; the assertions below name it when they fail. */
#define unit_case(...) unit_set_case(__func__, __VA_ARGS__)
void unit_set_case(const char *test, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* So many seconds, and more where the tests run slower than the programs do: under valgrind. */
double unit_seconds(double seconds);
/* Whether it is one, so that a few of many alike have to do. */
bool unit_is_slow(void);

#define assert_near(actual, expected, tolerance) \
	unit_assert_near(actual, expected, tolerance, __FILE__, __LINE__)
#define assert_missing(actual) unit_assert_missing(actual, __FILE__, __LINE__)
/* Whole numbers of any type. */
#define assert_count(actual, expected) \
	unit_assert_count((long long)(actual), (long long)(expected), __FILE__, __LINE__)
/* Two strings, either of which may be NULL. */
#define assert_text(actual, expected) unit_assert_text(actual, expected, __FILE__, __LINE__)
/* The error's text contains the words. */
#define assert_says(text, words) unit_assert_says(text, words, __FILE__, __LINE__)
/* A struct strings, joined with "|". */
#define assert_strings(list, expected) unit_assert_strings(&(list), expected, __FILE__, __LINE__)

void unit_assert_near(double actual, double expected, double tolerance, const char *file, int line);
void unit_assert_missing(double actual, const char *file, int line);
void unit_assert_count(long long actual, long long expected, const char *file, int line);
void unit_assert_text(const char *actual, const char *expected, const char *file, int line);
void unit_assert_says(const char *text, const char *words, const char *file, int line);
void unit_assert_strings(const struct strings *list, const char *expected, const char *file, int line);

#endif

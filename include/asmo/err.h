/* An error on its way up: what went wrong, in a sentence for the person who runs the program.
 *
 * A function that can fail takes a `struct err *` last, returns 0 or -1, and leaves its outputs
 * untouched when it fails and the error untouched when it succeeds. Context is added on the way
 * up with err_prefix; only main prints, once.
 */
#ifndef ASMO_ERR_H
#define ASMO_ERR_H

struct err {
	int code; /* an errno value; what a caller may decide by */
	char text[600];
};

/* Fills the error. Always returns -1, so that a failing function ends in `return err_set(...)`. */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the system's words for the code behind the text. */
int err_errno(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts context and ": " before the text. Always returns -1. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

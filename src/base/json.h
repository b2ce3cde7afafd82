/* JSON: cJSON for reading, a buffer for writing. Private to the sources; no header in include/ knows cJSON.
 *
 * Reading is strict (the whole input must be one value) and look-ups are case-sensitive and typed: a member
 * of another type counts as missing.
 */
#ifndef ASMO_BASE_JSON_H
#define ASMO_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/types.h>

#include "asmo/buf.h"
#include "asmo/err.h"
#include "asmo/mem.h"

void json_delete_pointer(cJSON **json);
#define AUTO_JSON __attribute__((cleanup(json_delete_pointer)))

/* NULL, with the line and column of the first fault, when the text is not one JSON value; or when its values
 * take more than 16 MiB of memory (EFBIG). */
cJSON *json_parse(struct slice text, struct err *err);

const cJSON *json_member(const cJSON *object, const char *name); /* NULL if there is none, or it is null */
const cJSON *json_object(const cJSON *object, const char *name);
const cJSON *json_array(const cJSON *object, const char *name);
const char *json_string(const cJSON *object, const char *name); /* NULL if missing */
double json_number(const cJSON *object, const char *name);      /* NaN if missing */
int json_bool(const cJSON *object, const char *name);           /* -1 if missing */

/* Length of the JSON object that the text begins with; 0: the text ends before it does; -1: it is none.
 * Behind the `len` bytes there must be JSON_PADDING bytes of NUL.
 */
enum { JSON_PADDING = 8 };
ssize_t json_object_length(const char *text, size_t len);

/* "a number", "text": what a value is, for a message. */
const char *json_type_name(const cJSON *value);

/* A string with its quotes; always valid UTF-8 and free of control characters. NULL becomes null. */
void json_write_string(struct buf *out, const char *text);
/* With so many decimals; NaN and infinities become null. */
void json_write_number(struct buf *out, double value, int decimals);
/* The same JSON for a person: indented, a member a line. */
int json_write_indented(struct buf *out, struct slice text, struct err *err);

#endif

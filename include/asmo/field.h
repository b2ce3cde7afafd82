/* A record is a struct and ONE table of its fields. Writing JSON, reading it back and every other export
 * loop over the table, so that a new metric is one member, one row and one assignment.
 *
 * Missing is MISSING (NaN) or FLAG_UNKNOWN or NULL in memory, `null` in JSON, `n/a` on a screen.
 */
#ifndef ASMO_FIELD_H
#define ASMO_FIELD_H

#include "asmo/buf.h"
#include "asmo/err.h"
#include "asmo/mem.h"

#include <math.h>
#include <stddef.h>

#define MISSING ((double)NAN)

enum flag {
	FLAG_UNKNOWN = -1,
	FLAG_NO,
	FLAG_YES,
};

struct strings {
	char **items;
	size_t count;
};

struct numbers {
	double *items;
	size_t count;
};

enum field_type {
	FIELD_STRING,  /* char *          */
	FIELD_NUMBER,  /* double          */
	FIELD_FLAG,    /* enum flag       */
	FIELD_STRINGS, /* struct strings  */
	FIELD_NUMBERS, /* struct numbers  */
	FIELD_RECORD,  /* a struct        */
	FIELD_RECORDS, /* struct T *items and, at count_offset, a size_t */
};

struct record;

/* What a text is as a number. */
enum metric_form {
	METRIC_INFO,  /* 1, with the text as a label that is called like the field */
	METRIC_WORD,  /* whether it is `word` */
	METRIC_TIME,  /* UTC seconds since 1970 */
	METRIC_FAULT, /* whether there is one */
};

struct field {
	const char *name; /* in JSON, with its unit */
	enum field_type type;
	size_t offset;
	size_t count_offset;
	int decimals; /* numbers: digits after the point */
	const struct record *record;
	const char *help; /* what it says; a sentence without its full stop */

	/* For a monitoring system, which wants base units (bytes, seconds, ratios of 1). A list of texts is
	 * their number there. */
	const char
		*metric; /* its name there, with its unit; a counter ends in _total. NULL: it is not there */
	double scale;    /* what one of its unit is in the metric's; 0: the same */
	enum metric_form form; /* of a text */
	const char *word;
	const char *label; /* a text: by this label it tells the records of a list apart. Numbers: the label
			      that tells them apart, by the texts of `label_values` */
	const char *const *label_values;
};

struct record {
	size_t size;
	const struct field *fields;
	size_t field_count;
};

/* Scales from the units of names to base units. */
#define KIB     1024.0
#define MIB     (1024 * KIB)
#define GIB     (1024 * MIB)
#define PERCENT 0.01

#define RECORD(in, table) \
	{ \
		sizeof(in), table, sizeof(table) / sizeof((table)[0]) \
	}
/* A row; the initializer checks that the member has the type that goes with the kind of field. The last
 * argument is the help, behind which other columns may be set: `, .metric = "cpu_ratio", .scale = PERCENT`.
 */
#define FIELD_OFFSET(in, member, c_type) \
	(offsetof(in, member) + 0 * sizeof((c_type *)0 == &((in *)0)->member))
#define STRING_FIELD(in, member, ...) \
	{ \
		.name = #member, .type = FIELD_STRING, .offset = FIELD_OFFSET(in, member, char *), \
		.help = __VA_ARGS__ \
	}
#define NUMBER_FIELD(in, member, digits, ...) \
	{ \
		.name = #member, .type = FIELD_NUMBER, .offset = FIELD_OFFSET(in, member, double), \
		.decimals = digits, .help = __VA_ARGS__ \
	}
#define FLAG_FIELD(in, member, ...) \
	{ \
		.name = #member, .type = FIELD_FLAG, .offset = FIELD_OFFSET(in, member, enum flag), \
		.help = __VA_ARGS__ \
	}
#define STRINGS_FIELD(in, member, ...) \
	{ \
		.name = #member, .type = FIELD_STRINGS, .offset = FIELD_OFFSET(in, member, struct strings), \
		.help = __VA_ARGS__ \
	}
#define NUMBERS_FIELD(in, member, digits, ...) \
	{ \
		.name = #member, .type = FIELD_NUMBERS, .offset = FIELD_OFFSET(in, member, struct numbers), \
		.decimals = digits, .help = __VA_ARGS__ \
	}
#define RECORD_FIELD(in, member, of, text) \
	{ \
		.name = #member, .type = FIELD_RECORD, .offset = offsetof(in, member), .record = of, \
		.help = text \
	}
#define RECORDS_FIELD(in, member, count, of, text) \
	{ \
		.name = #member, .type = FIELD_RECORDS, .offset = offsetof(in, member), \
		.count_offset = FIELD_OFFSET(in, count, size_t), .record = of, .help = text \
	}

/* Sets every field to missing; lists become empty. */
void record_init(const struct record *record, void *data);

/* Adds the record as a JSON object without any white space, its fields in the table's order. */
void record_write(struct buf *out, const struct record *record, const void *data);

/* Fills the record from a JSON object. Members that the table does not know are ignored; one that is
 * absent, null or of another type is missing. Strings and lists are made in `arena`.
 * Errors: EBADMSG when the text is not one JSON object.
 */
int record_read(const struct record *record, void *data, struct slice json, struct arena *arena,
	struct err *err);

/* A copy that shares nothing with the original; all of it is made in `arena`. */
void record_copy(const struct record *record, void *to, const void *from, struct arena *arena);

/* Adds a string to a list that lives in an arena. */
void strings_add(struct strings *list, struct arena *arena, char *text);
void strings_printf(struct strings *list, struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

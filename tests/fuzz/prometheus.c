#include "prometheus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { NAME_MAX_BYTES = 100, METRICS_MAX = 200 };

struct reader {
	const char *p, *end;
	char metrics[METRICS_MAX][NAME_MAX_BYTES];
	size_t count;             /* the last of them is the one whose samples stand here */
	const char *first, *line; /* of its samples, and the one in hand */
};

static void take(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	HOLDS((size_t)(r->end - r->p) >= len && memcmp(r->p, text, len) == 0);
	r->p += len;
}

static bool is_next(const struct reader *r, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(r->end - r->p) >= len && memcmp(r->p, text, len) == 0;
}

static void take_name(struct reader *r, char name[NAME_MAX_BYTES])
{
	size_t len = 0;

	while (r->p < r->end &&
		(*r->p == '_' || (*r->p >= 'a' && *r->p <= 'z') || (*r->p >= '0' && *r->p <= '9'))) {
		HOLDS(len + 1 < NAME_MAX_BYTES);
		name[len++] = *r->p++;
	}
	name[len] = '\0';
	HOLDS(len && (name[0] < '0' || name[0] > '9'));
}

/* Behind its opening quote. */
static void take_label_value(struct reader *r)
{
	for (; r->p < r->end && *r->p != '"'; r->p++) {
		HOLDS(*r->p != '\n');
		if (*r->p != '\\')
			continue;
		r->p++;
		HOLDS(r->p < r->end && (*r->p == '\\' || *r->p == '"' || *r->p == 'n'));
	}
	take(r, "\"");
}

static void take_labels(struct reader *r)
{
	char name[NAME_MAX_BYTES];

	if (!is_next(r, "{"))
		return;
	do {
		r->p++; /* { or , */
		take_name(r, name);
		take(r, "=\"");
		take_label_value(r);
	} while (is_next(r, ","));
	take(r, "}");
}

/* No earlier sample of the metric begins in the same way up to the value. */
static void check_is_new(const struct reader *r)
{
	size_t len = (size_t)(r->p - r->line);

	for (const char *line = r->first; line < r->line;) {
		const char *next = memchr(line, '\n', (size_t)(r->line - line));

		HOLDS((size_t)(next - line) < len || memcmp(line, r->line, len) != 0);
		line = next + 1;
	}
}

static void take_sample(struct reader *r)
{
	char name[NAME_MAX_BYTES], *number_end;

	r->line = r->p;
	take_name(r, name);
	HOLDS(r->count && strcmp(name, r->metrics[r->count - 1]) == 0);
	take_labels(r);
	take(r, " ");
	check_is_new(r);
	HOLDS(r->p < r->end && *r->p != ' ' && isfinite(strtod(r->p, &number_end)));
	r->p = number_end;
	take(r, "\n");
}

/* And some text before it. */
static void take_line_end(struct reader *r)
{
	const char *begin = r->p;

	while (r->p < r->end && *r->p != '\n')
		r->p++;
	HOLDS(r->p > begin);
	take(r, "\n");
}

static void take_head(struct reader *r)
{
	char again[NAME_MAX_BYTES], *name = r->metrics[r->count];
	size_t len;

	HOLDS(r->count < METRICS_MAX);
	take(r, "# HELP ");
	take_name(r, name);
	HOLDS(strncmp(name, "asmo_", 5) == 0);
	for (size_t i = 0; i < r->count; i++)
		HOLDS(strcmp(r->metrics[i], name) != 0);
	r->count++;
	take(r, " ");
	take_line_end(r);
	take(r, "# TYPE ");
	take_name(r, again);
	HOLDS(strcmp(again, name) == 0);
	len = strlen(name);
	take(r, strcmp(name + len - 6, "_total") == 0 ? " counter\n" : " gauge\n");
	r->first = r->p;
	take_sample(r);
}

void prometheus_check(struct slice text)
{
	struct reader r = {.p = text.data, .end = text.data + text.len};

	HOLDS(text.len && fuzz_is_utf8(text));
	while (r.p < r.end) {
		if (is_next(&r, "#"))
			take_head(&r);
		else
			take_sample(&r);
	}
}

#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asmo/text.h"

/* A value takes 64 bytes of memory, but can be two bytes of text: a document of empty lists would fill the
 * memory of a small machine. The list of a thousand real containers takes 10 MiB. */
enum { DOCUMENT_LIMIT = 16 * 1024 * 1024 };

/* cJSON takes memory for each value and each name. Here they lie in one arena, which is given back when the
 * last document is: that takes a third off a report. */
static struct arena values;
static size_t documents;
static size_t memory_left; /* for the document in hand */

static void *take_memory(size_t size)
{
	if (size > memory_left) {
		memory_left = 0;
		return NULL;
	}
	memory_left -= size;
	return arena_alloc(&values, size);
}

static void give_memory(void *pointer)
{
	(void)pointer;
}

static void begin_document(void)
{
	static cJSON_Hooks hooks = {take_memory, give_memory};

	if (!documents++)
		cJSON_InitHooks(&hooks);
}

static void end_document(void)
{
	if (!--documents)
		arena_release(&values);
}

void json_delete_pointer(cJSON **json)
{
	if (*json)
		end_document();
	*json = NULL;
}

static char last_before(struct slice text, size_t at)
{
	while (at && strchr(" \t\r\n", text.data[at - 1]))
		at--;
	return at ? text.data[at - 1] : '\0';
}

/* What people who write JSON get wrong most often: ": ..." where it is that, else "". */
static const char *likely_cause(struct slice text, size_t at)
{
	/* cJSON stands one behind what is no name where one must be. */
	for (size_t back = 0; back <= 1 && back <= at; back++) {
		char here = at - back < text.len ? text.data[at - back] : '\0';
		char before = last_before(text, at - back);

		if (here == '/' || here == '#')
			return ": JSON has no comments";
		if (here == '\'')
			return ": text stands in double quotes";
		if ((here == '}' || here == ']') && before == ',')
			return ": the comma before it is one too many";
		if (here == '"' && !back && before && strchr("}]\"0123456789el", before))
			return ": a comma or a colon is missing before it";
	}
	return "";
}

static cJSON *parse(struct slice text, size_t memory_limit, struct err *err)
{
	const char *end = NULL;
	size_t at, line = 1, column = 1;
	cJSON *json;

	begin_document();
	memory_left = memory_limit;
	json = cJSON_ParseWithLengthOpts(text.data, text.len, &end, false);
	if (!memory_left) {
		end_document();
		err_set(err, EFBIG, "JSON that takes more than %zu MiB of memory",
			memory_limit / (1024 * 1024));
		return NULL;
	}
	at = end ? (size_t)(end - text.data) : 0;

	if (json) {
		while (at < text.len && strchr(" \t\r\n", text.data[at]) && text.data[at])
			at++;
		if (at == text.len)
			return json;
	}
	end_document();
	for (size_t i = 0; i < at && i < text.len; i++) {
		column++;
		if (text.data[i] == '\n') {
			line++;
			column = 1;
		}
	}
	if (!text.len)
		err_set(err, EBADMSG, "not JSON: it is empty");
	else
		err_set(err, EBADMSG, "not JSON: fault in line %zu, column %zu%s", line, column,
			likely_cause(text, at));
	return NULL;
}

cJSON *json_parse(struct slice text, struct err *err)
{
	return parse(text, DOCUMENT_LIMIT, err);
}

const cJSON *json_member(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;

	return cJSON_IsNull(value) ? NULL : value;
}

const cJSON *json_object(const cJSON *object, const char *name)
{
	const cJSON *value = json_member(object, name);

	return cJSON_IsObject(value) ? value : NULL;
}

const cJSON *json_array(const cJSON *object, const char *name)
{
	const cJSON *value = json_member(object, name);

	return cJSON_IsArray(value) ? value : NULL;
}

const char *json_string(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_member(object, name));
}

double json_number(const cJSON *object, const char *name)
{
	const cJSON *value = json_member(object, name);

	return value && cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
}

int json_bool(const cJSON *object, const char *name)
{
	const cJSON *value = json_member(object, name);

	return cJSON_IsBool(value) ? cJSON_IsTrue(value) : -1;
}

const char *json_type_name(const cJSON *value)
{
	if (cJSON_IsString(value))
		return "text";
	if (cJSON_IsNumber(value))
		return "a number";
	if (cJSON_IsBool(value))
		return "true or false";
	if (cJSON_IsArray(value))
		return "a list";
	if (cJSON_IsObject(value))
		return "an object";
	return "null";
}

void json_write_string(struct buf *out, const char *text)
{
	size_t left;

	if (!text) {
		buf_add_string(out, "null");
		return;
	}
	buf_add_char(out, '"');
	for (left = strlen(text); left;) {
		size_t plain = 0, len;
		uint32_t c = 0;

		while (plain < left && text[plain] >= 0x20 && text[plain] < 0x7F && text[plain] != '"' &&
			text[plain] != '\\')
			plain++;
		buf_add(out, text, plain);
		text += plain;
		left -= plain;
		if (!left)
			break;
		len = text_decode(text, left, &c);
		if (!len)
			buf_add_string(out, "\\ufffd");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else if (c == '\n')
			buf_add_string(out, "\\n");
		else if (c < 0x20 || c == 0x7F)
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_add(out, text, len);
		text += len ? len : 1;
		left -= len ? len : 1;
	}
	buf_add_char(out, '"');
}

void json_write_number(struct buf *out, double value, int decimals)
{
	if (isfinite(value))
		buf_printf(out, "%.*f", decimals, fabs(value) < 1e18 ? value : copysign(1e18, value));
	else
		buf_add_string(out, "null");
}

int json_write_indented(struct buf *out, struct slice text, struct err *err)
{
	cJSON *json AUTO_JSON = parse(text, SIZE_MAX, err); /* our own */
	char *printed;

	if (!json)
		return -1;
	printed = cJSON_Print(json);
	if (!printed)
		abort();
	buf_add_string(out, printed);
	cJSON_free(printed);
	return 0;
}

#include <stdlib.h>
#include <string.h>

#include "host/proc.h"

bool proc_next_line(struct slice *text, struct slice *ret_line)
{
	const char *end;

	if (!text->len)
		return false;
	end = memchr(text->data, '\n', text->len);
	*ret_line = (struct slice){text->data, end ? (size_t)(end - text->data) : text->len};
	text->data += ret_line->len + (end != NULL);
	text->len -= ret_line->len + (end != NULL);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool proc_next_field(struct slice *line, struct slice *ret_field)
{
	size_t begin = 0, end;

	while (begin < line->len && is_blank(line->data[begin]))
		begin++;
	for (end = begin; end < line->len && !is_blank(line->data[end]); end++)
		;
	if (begin == end)
		return false;
	*ret_field = (struct slice){line->data + begin, end - begin};
	line->data += end;
	line->len -= end;
	return true;
}

bool proc_number(struct slice field, double *ret)
{
	char text[40], *end;
	double value;

	if (!field.len || field.len >= sizeof(text) || field.data[0] < '0' || field.data[0] > '9')
		return false;
	for (size_t i = 0; i < field.len; i++)
		if ((field.data[i] < '0' || field.data[i] > '9') && field.data[i] != '.')
			return false;
	memcpy(text, field.data, field.len);
	text[field.len] = '\0';
	value = strtod(text, &end);
	if (*end)
		return false;
	*ret = value;
	return true;
}

bool proc_is(struct slice field, const char *word)
{
	return field.len == strlen(word) && memcmp(field.data, word, field.len) == 0;
}

/* Words, times and marks of the HTML face. */
#include <string.h>

#include "asmo/clock.h"
#include "asmo/text.h"
#include "render/html.h"

enum { TEXT_MAX = 600 };

static const double last_epoch = 253402300799.0; /* of the year 9999 */

static void add_escaped(struct buf *out, const char *text)
{
	for (const char *rest = text; *rest;) {
		size_t plain = strcspn(rest, "&<>\"'");

		buf_add(out, rest, plain);
		rest += plain;
		switch (*rest) {
		case '\0':
			return;
		case '&':
			buf_add_string(out, "&amp;");
			break;
		case '<':
			buf_add_string(out, "&lt;");
			break;
		case '>':
			buf_add_string(out, "&gt;");
			break;
		case '"':
			buf_add_string(out, "&quot;");
			break;
		default:
			buf_add_string(out, "&#39;");
			break;
		}
		rest++;
	}
}

void html_add_text(struct buf *out, const char *text)
{
	struct buf clean AUTO_BUF = buf_new(TEXT_MAX + 1);

	text_clean(&clean, slice_of(text ? text : "n/a"), TEXT_MAX);
	add_escaped(out, clean.data);
}

void html_add_time(struct buf *out, double epoch, bool with_day)
{
	char utc[CLOCK_TEXT], local[CLOCK_TEXT];

	if (!(epoch > 0 && epoch <= last_epoch)) {
		buf_add_string(out, "n/a");
		return;
	}
	clock_format_utc(epoch, utc);
	clock_format_short(epoch, with_day, local);
	buf_printf(out, "<time datetime=\"%s\">%s</time>", utc, local);
}

bool html_needs_day(const struct digest *digest)
{
	return digest->to_epoch - digest->from_epoch > 24 * 3600;
}

const char *html_severity(const char *severity)
{
	static const char *const names[] = {"critical", "warning", "info"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (severity && strcmp(severity, names[i]) == 0)
			return names[i];
	return "ok";
}

void html_add_icon(struct buf *out, const char *severity)
{
	const char *name = html_severity(severity);

	buf_printf(out,
		"<svg class=\"icon %s\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><use "
		"href=\"#icon-%s\"/></svg>",
		name, name);
}

void html_add_mark(struct buf *out, const char *severity)
{
	html_add_icon(out, severity);
	buf_printf(out, "<span class=\"unseen\">%s: </span>", html_severity(severity));
}

void html_add_issue_counts(struct buf *out, const struct digest *digest)
{
	size_t critical = show_count(digest, SEVERITY_CRITICAL),
	       warning = show_count(digest, SEVERITY_WARNING);
	size_t info = digest->problem_count - critical - warning;
	const char *comma = "";

	if (critical) {
		buf_printf(out, "%zu critical", critical);
		comma = ", ";
	}
	if (warning) {
		buf_printf(out, "%s%zu warning%s", comma, warning, warning == 1 ? "" : "s");
		comma = ", ";
	}
	if (info)
		buf_printf(out, "%s%zu info", comma, info);
	if (!digest->problem_count)
		buf_add_string(out, "no issues");
}

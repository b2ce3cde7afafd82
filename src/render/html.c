/* One page that needs nothing else: style and script are in it, and its policy lets it load nothing. */
#include <string.h>

#include "asmo/clock.h"
#include "asmo/render.h"
#include "render/html.h"
#include "render/show.h"

enum { ISSUES_MAX = 200, TIMELINE_MAX = 200 };

/* The pictures of the severities; each has a shape of its own. */
static const char icons[] =
	"<svg class=\"unseen\" aria-hidden=\"true\"><defs>"
	"<symbol id=\"icon-critical\" viewBox=\"0 0 16 16\"><path d=\"M5 0h6l5 5v6l-5 5H5l-5-5V5z\"/>"
	"<path class=\"cut\" d=\"M5 5l6 6M11 5l-6 6\"/></symbol>"
	"<symbol id=\"icon-warning\" viewBox=\"0 0 16 16\"><path d=\"M8 .5L16 15H0z\"/>"
	"<path class=\"cut\" d=\"M8 6v4M8 12v1.5\"/></symbol>"
	"<symbol id=\"icon-info\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7.5\"/>"
	"<path class=\"cut\" d=\"M8 3.5v1.5M8 7v5.5\"/></symbol>"
	"<symbol id=\"icon-ok\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7.5\"/>"
	"<path class=\"cut\" d=\"M4.5 8.5l2.5 2.5 4.5-5.5\"/></symbol>"
	"</defs></svg>\n";

static void add_lines(struct buf *out, const char *const *lines)
{
	for (; *lines; lines++)
		buf_add_string(out, *lines);
}

static void add_head(struct buf *out, const struct digest *digests, size_t count)
{
	buf_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	buf_printf(out,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
		"script-src '%s'; base-uri 'none'; form-action 'none'\">\n",
		html_style_hash, html_script_hash);
	buf_add_string(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			    "<meta name=\"color-scheme\" content=\"light dark\">\n"
			    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	if (count == 1)
		html_add_text(out, digests->server);
	else
		buf_printf(out, "%zu servers", count);
	buf_printf(out, ": %s, %gh report</title>\n<style>", html_severity(digests->severity),
		digests->hours);
	add_lines(out, html_style);
	buf_add_string(out, "</style>\n</head>\n");
}

static void add_span(struct buf *out, const struct digest *d)
{
	html_add_time(out, d->from_epoch, true);
	buf_add_string(out, " to ");
	html_add_time(out, d->to_epoch, true);
}

/* What a stranger should know after two seconds. */
static void add_verdict(struct html *page, const struct digest *d)
{
	const char *severity = html_severity(d->severity);
	struct buf *out = page->out;
	char zone[CLOCK_TEXT];

	clock_format_zone(d->to_epoch, zone);
	buf_printf(out, "<header class=\"verdict %s\">", severity);
	html_add_icon(out, severity);
	buf_printf(out, "<div><h%d id=\"name-%zu\">", page->level - 1, page->server);
	html_add_text(out, d->server);
	buf_printf(out, "</h%d><p><strong class=\"%s\">%s</strong> ", page->level - 1, severity, severity);
	html_add_issue_counts(out, d);
	buf_add_string(out, "</p></div><p class=\"when\">");
	add_span(out, d);
	buf_printf(out, " (%s)<br>", zone);
	html_add_text(out, d->coverage);
	buf_add_string(out, "</p></header>\n");
}

static void add_issues(struct html *page, const struct digest *d)
{
	struct buf *out = page->out;

	buf_printf(out, "<section class=\"issues\"><h%d>Issues</h%d>\n", page->level, page->level);
	if (!d->problem_count)
		buf_add_string(out, "<p class=\"none\">None.</p>");
	else
		buf_add_string(out, "<ul>\n");
	for (size_t i = 0; i < d->problem_count && i < ISSUES_MAX; i++) {
		const struct digest_problem *problem = &d->problems[i];

		buf_printf(out, "<li class=\"%s\">", html_severity(problem->severity));
		html_add_icon(out, problem->severity);
		buf_printf(out, "<b class=\"%s\">%s</b> <span>", html_severity(problem->severity),
			html_severity(problem->severity));
		html_add_text(out, problem->message);
		buf_add_string(out, "</span></li>\n");
	}
	if (d->problem_count)
		buf_add_string(out, "</ul>");
	if (d->problem_count > ISSUES_MAX)
		buf_printf(out, "<p class=\"more\">and %zu more</p>", d->problem_count - ISSUES_MAX);
	buf_add_string(out, "</section>\n");
}

static void add_event(struct buf *out, const struct digest *d, const struct event *event)
{
	bool with_day = show_needs_day(d, event);

	buf_printf(out, "<li class=\"%s\"><span class=\"at\">", html_severity(event->severity));
	if (show_is_span(event)) {
		buf_add_string(out, event->code == EVENT_GAP ? "from " : "between ");
		html_add_time(out, event->from_epoch, with_day);
		buf_add_string(out, event->code == EVENT_GAP ? " to " : " and ");
	}
	html_add_time(out, event->epoch, with_day);
	buf_add_string(out, "</span> ");
	html_add_mark(out, event->severity);
	buf_add_string(out, "<span>");
	html_add_text(out, event->message);
	buf_add_string(out, "</span></li>\n");
}

static void add_timeline(struct html *page, const struct digest *d)
{
	bool *chosen AUTO_FREE = mem_alloc(d->event_count * sizeof(*chosen));
	struct buf *out = page->out;
	size_t left_out;

	if (!d->event_count)
		return;
	left_out = show_choose(d, TIMELINE_MAX, chosen);
	buf_printf(out, "<section class=\"timeline\"><h%d>Timeline</h%d>\n<ol>\n", page->level, page->level);
	for (size_t i = 0; i < d->event_count; i++)
		if (chosen[i])
			add_event(out, d, &d->events[i]);
	buf_add_string(out, "</ol>");
	if (left_out)
		buf_printf(out, "<p class=\"more\">and %zu more</p>", left_out);
	buf_add_string(out, "</section>\n");
}

/* Among several servers one that is fine is folded up. */
static void add_server(struct html *page, const struct digest *d, bool is_one_of_several)
{
	struct buf *out = page->out;

	page->server++;
	buf_printf(out, "<article id=\"server-%zu\" aria-labelledby=\"name-%zu\">\n", page->server,
		page->server);
	add_verdict(page, d);
	buf_add_string(out, "<div class=\"told\">\n");
	add_issues(page, d);
	add_timeline(page, d);
	buf_add_string(out, "</div>\n");
	if (is_one_of_several)
		buf_printf(out, "<details%s><summary>Machine, containers and errors</summary>\n",
			severity_parse(d->severity) == SEVERITY_OK ? "" : " open");
	html_add_machine(page, d);
	html_add_containers(page, d);
	html_add_errors(page, d);
	if (is_one_of_several)
		buf_add_string(out, "</details>\n");
	buf_add_string(out, "</article>\n");
}

/* `2 critical, 1 warning, 2 ok` */
static void add_server_counts(struct buf *out, const struct digest *digests, size_t count)
{
	static const char *const names[] = {"critical", "warning", "ok"};
	const char *comma = "";

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		size_t found = 0;

		for (size_t i = 0; i < count; i++)
			found += strcmp(digests[i].severity, names[k]) == 0;
		if (found)
			buf_printf(out, "%s<strong class=\"%s\">%zu %s</strong>", comma, names[k], found,
				names[k]);
		if (found)
			comma = ", ";
	}
}

static void add_overview(struct html *page, const struct digest *digests, size_t count)
{
	const char *severity = html_severity(digests->severity);
	struct buf *out = page->out;

	buf_printf(out, "<header class=\"verdict %s\">", severity);
	html_add_icon(out, severity);
	buf_printf(out, "<div><h1>%zu servers</h1><p>", count);
	add_server_counts(out, digests, count);
	buf_add_string(out, "</p></div><p class=\"when\">");
	add_span(out, digests);
	buf_add_string(out, "</p></header>\n");
	html_add_servers(page, digests, count);
}

void render_report_html(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	struct html page = {.out = out, .level = count > 1 ? 3 : 2};

	(void)style;
	add_head(out, digests, count);
	buf_printf(out, "<body class=\"%s\">\n%s<main>\n", count > 1 ? "several" : "one", icons);
	if (count > 1)
		add_overview(&page, digests, count);
	for (size_t i = 0; i < count; i++)
		add_server(&page, &digests[i], count > 1);
	buf_add_string(out, "</main>\n<footer>Made by asmo-report. This page loads nothing from "
			    "elsewhere.</footer>\n<script>");
	add_lines(out, html_script);
	buf_add_string(out, "</script>\n</body>\n</html>\n");
}

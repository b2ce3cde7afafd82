#include "asmo/render.h"

const struct report_format report_formats[] = {
	{"discord", render_report_discord, true},
	{"json", render_report_json, true},
	{"html", render_report_html, false},
	{"markdown", render_report_markdown, false},
	{"text", render_report_text, false},
	{NULL, NULL, false},
};

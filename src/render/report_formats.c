#include "asmo/render.h"

const struct report_format report_formats[] = {
	{.name = "discord", .render = render_report_discord, .is_json = true},
	{.name = "json", .render = render_report_json, .is_json = true},
	{.name = "html", .suffix = ".html", .render = render_report_html},
	{.name = "markdown", .suffix = ".md", .render = render_report_markdown},
	{.name = "png",
		.suffix = ".png",
		.render = render_report_png,
		.is_binary = true,
		.unavailable = render_png_unavailable},
	{.name = "text", .suffix = ".txt", .render = render_report_text},
	{.name = NULL},
};

#include "asmo/render.h"

const struct report_format report_formats[] = {
	{"discord", render_report_discord},
	{"json", render_report_json},
	{"text", render_report_text},
	{NULL, NULL},
};

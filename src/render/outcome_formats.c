/* Apart from the formats of reports: asmo-monitor, which draws no picture, need not load what draws them. */
#include "asmo/render.h"

const struct outcome_format outcome_formats[] = {
	{.name = "json", .render = render_outcome_json, .is_json = true},
	{.name = "prometheus", .render = render_outcome_prometheus},
	{.name = "text", .render = render_outcome_text},
	{.name = NULL},
};

#include "render/discord.h"

#include <math.h>
#include <stdio.h>

#include "asmo/text.h"
#include "render/show.h"

enum { NAME_MIN = 4, NAME_MAX = 16, TREND_WIDTH = 16, BAR_WIDTH = 10, PROBLEM_MAX = 60, BUFFER = 1024 };

size_t state_width(size_t width, const char *mount)
{
	size_t wanted = text_width(mount);

	if (width < NAME_MIN)
		width = NAME_MIN;
	if (wanted > NAME_MAX)
		wanted = NAME_MAX;
	return wanted > width ? wanted : width;
}

void state_begin(struct buf *line, const char *name, size_t width, double percent,
	const struct numbers *trend)
{
	buf_add_char(line, '`');
	add_code(line, name, width);
	buf_printf(line, " %7s ", show(percent, 1, "%").text);
	if (trend)
		show_spark(line, trend, TREND_WIDTH);
	else
		show_bar(line, percent, BAR_WIDTH);
	buf_add_char(line, '`');
}

void state_add_disk(struct buf *line, const char *problem, double used_gb, double total_gb)
{
	if (problem) {
		buf_add_char(line, ' ');
		add_plain(line, problem, PROBLEM_MAX);
	} else if (!isnan(used_gb)) {
		buf_printf(line, " %s", show_used(used_gb, total_gb).text);
	}
}

void state_add_containers(struct message *message, struct embed_field *field,
	const struct show_states *states)
{
	struct buf line AUTO_BUF = buf_new(BUFFER);

	if (isnan(states->total) && !states->is_engine_away)
		return;
	buf_printf(&line, "**Containers** %s", show_states(states).text);
	field_add(message, field, RANK_STATE, &line);
}

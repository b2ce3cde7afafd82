/* What is sent of a report, in the forms that places want. A file of its own: the monitor needs no pictures.
 */
#include "asmo/render.h"
#include "asmo/text.h"

enum { SERVER_MAX = 100 };

void render_report_message(struct send_content *ret, const struct digest *digests, size_t count,
	const struct config_discord *discord)
{
	struct render_style style = {false, 80, discord, NULL};

	ret->severity = severity_parse(digests[0].severity);
	text_clean(&ret->title, slice_of(digests[0].server), SERVER_MAX);
	if (count > 1)
		buf_printf(&ret->title, " and %zu more", count - 1);
	buf_printf(&ret->title, " \xE2\x80\xA2 %gh Report", digests[0].hours);
	if (*discord->webhook_url) { /* a picture takes longer than all the others together */
		render_report_png(&ret->picture, digests, count, &style);
		style.picture = ret->picture.len ? SEND_PICTURE : NULL;
		render_report_discord(&ret->discord, digests, count, &style);
	}
	render_report_json(&ret->json, digests, count, &style);
	render_report_text(&ret->text, digests, count, &style);
	render_report_markdown(&ret->markdown, digests, count, &style);
}

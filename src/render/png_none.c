/* The picture in a build without cairo: there is none. */
#include "asmo/render.h"

const char render_png_unavailable[] = "this build has no cairo: install libcairo2-dev and build again";

void render_report_png(struct buf *out, const struct digest *digests, size_t count,
	const struct render_style *style)
{
	(void)out;
	(void)digests;
	(void)count;
	(void)style;
}

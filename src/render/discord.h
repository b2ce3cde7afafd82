#ifndef ASMO_RENDER_DISCORD_H
#define ASMO_RENDER_DISCORD_H

#include "asmo/buf.h"
#include "asmo/config.h"
#include "asmo/snapshot.h"

/* The payload of an alert: what is new, what goes on, what is over. */
void render_alert_discord(struct buf *out, const struct snapshot *snapshot,
	const struct config_discord *discord);

#endif

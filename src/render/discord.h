/* What the two faces in Discord have in common: the report's and the alert's. */
#ifndef ASMO_RENDER_DISCORD_H
#define ASMO_RENDER_DISCORD_H

#include "asmo/buf.h"
#include "asmo/config.h"
#include "asmo/snapshot.h"
#include "render/discord_message.h"
#include "render/show.h"

/* The payload of an alert: what is new, what goes on, what is over. */
void render_alert_discord(struct buf *out, const struct snapshot *snapshot,
	const struct config_discord *discord);

/* How wide the names in front of the lines below are, for a mount point as wide as this one. */
size_t state_width(size_t width, const char *mount);
/* Begins a line of the current state: name, percentage and a line of `trend`, or, where that is NULL, a bar,
 * in code so that they line up. What follows is free text. */
void state_begin(struct buf *line, const char *name, size_t width, double percent,
	const struct numbers *trend);
/* How full the disk of that line is, or what is wrong with it. */
void state_add_disk(struct buf *line, const char *problem, double used_gb, double total_gb);
void state_add_containers(struct message *message, struct embed_field *field,
	const struct show_states *states);

#endif

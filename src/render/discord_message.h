/* A message for Discord's webhook, within its limits by construction.
 *
 *	message_init, message_add_embed, its texts, message_add_field, field_add for each line, ...,
 *	message_write, message_release.
 *
 * Limits (code points): title 256, description 4096, field name 256, field value 1024, footer 2048, username
 * 80, 25 fields, 10 embeds, and 6000 for all texts of all embeds together. Source: Discord's developer
 * documentation, "Message", "Embed limits".
 *
 * What an embed always has (title, description, footer, names of its fields, and room in each field to say
 * what is left out) is so short that ten of them fit. What is left of the 6000 is shared by the lines of all
 * fields of all embeds: by rank, and within a rank by turns, so that no server's lines crowd out another's.
 * What does not fit is counted in its field.
 */
#ifndef ASMO_RENDER_DISCORD_MESSAGE_H
#define ASMO_RENDER_DISCORD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "asmo/alert.h"
#include "asmo/buf.h"
#include "asmo/config.h"
#include "asmo/mem.h"

enum { MESSAGE_EMBEDS = 10, MESSAGE_FIELDS = 6 };

/* What is kept first when space is short: the worst of each server, then how it is, then more of the worst.
 */
enum rank { RANK_CRITICAL, RANK_STATE, RANK_MORE, RANK_WARNING, RANK_TOP, RANK_INFO, RANKS };
enum rank rank_of(enum severity severity);

struct line {
	char *text;
	size_t cost; /* code points, with the line feed */
	enum rank rank;
	bool is_shown;
};

struct embed_field {
	const char *name;
	bool is_inline, is_table; /* a table's lines stand in a code block */
	struct line *lines;
	size_t count, room;
	size_t budget; /* left of the field's own limit */
	bool is_full;  /* a line did not fit; none of a lower rank is tried */
	bool is_whole; /* all of its lines are shown */
};

struct embed {
	enum severity severity;
	struct buf title, description, footer; /* escaped, and cut: see the limits below */
	double epoch;
	struct embed_field fields[MESSAGE_FIELDS];
	size_t field_count;
};

/* How many code points of foreign text a part may hold, before escaping, which at most doubles it. A message
 * of one embed has room for long ones. */
struct part_limits {
	size_t server, headline, footer;
};

struct message {
	struct arena arena; /* of the lines */
	struct part_limits limits;
	struct embed embeds[MESSAGE_EMBEDS];
	size_t embed_count;
	const char *picture; /* file name of one that comes with it, shown in the first embed; NULL: none */
};

void message_init(struct message *message, size_t embed_count);
void message_release(struct message *message);

/* An embed whose title is `<icon> <server> (bullet) <what>`. */
struct embed *message_add_embed(struct message *message, enum severity severity, const char *server,
	const char *what, double epoch);
/* A field with room for so many lines. It is sent when it has one, or a text for the case that it has none.
 */
struct embed_field *message_add_field(struct message *message, struct embed *embed, const char *name,
	size_t room);
/* Adds a line; the text is copied. What is added to a full field is an error of the caller. */
void field_add(struct message *message, struct embed_field *field, enum rank rank, const struct buf *text);
void field_add_text(struct message *message, struct embed_field *field, enum rank rank, const char *text);

/* The payload as JSON. */
void message_write(struct buf *out, struct message *message, const struct config_discord *discord);

/* Foreign text, cleaned and cut to so many code points, that Discord shows as it stands: no markup, mention,
 * emoji, time stamp or link comes of it. What only counts at the start of a line (`# `, `> `, `- `) can't:
 * something of ours must stand before it. */
void add_plain(struct buf *out, const char *text, size_t max);
/* The same inside code, where only a backtick means anything; cut and padded to `width` columns. */
void add_code(struct buf *out, const char *text, size_t width);
/* A time in the zone of whoever reads it: `<t:1768125600:t>`. Styles: t time, f day and time, D day, R how
 * far away. */
void add_stamp(struct buf *out, double epoch, char style);

#endif

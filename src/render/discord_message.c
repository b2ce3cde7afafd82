#include "render/discord_message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/text.h"
#include "base/json.h"
#include "render/show.h"

enum {
	MESSAGE_MAX = 6000,
	VALUE_MAX = 1024,
	USERNAME_MAX = 80,
	MORE_RESERVE = 16, /* for "\nand 999999 more" */
	FENCE = 8,         /* what a code block costs: "```\n" twice */
	BUFFER = 64 * 1024,
};

/* Ten embeds come to 10 * (100 of title, 130 of headline, 120 of footer, 140 of names and reserves) + 540 of
 * summary at most: 5440. */
static const struct part_limits of_one = {100, 300, 400}, of_several = {36, 160, 80};

static const char zero_width_space[] = "\xE2\x80\x8B"; /* between @ and everyone it is no mention */

static int color_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return 0xE74C3C; /* red */
	case SEVERITY_WARNING:
		return 0xF39C12; /* orange */
	case SEVERITY_INFO:
		return 0x3498DB; /* blue */
	default:
		return 0x2ECC71; /* green */
	}
}

enum rank rank_of(enum severity severity)
{
	return severity == SEVERITY_CRITICAL  ? RANK_CRITICAL
	       : severity == SEVERITY_WARNING ? RANK_WARNING
					      : RANK_INFO;
}

/* Whether a colon makes a link or an emoji of what is around it: `://`, `:skull:`. */
static bool is_active_colon(const char *colon)
{
	size_t name = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-");

	return colon[1] == '/' || (name && colon[1 + name] == ':');
}

/* Clean, and cut to so many code points. */
static char *shorten(struct arena *arena, const char *text, size_t max)
{
	char *clean = text_clean_copy(arena, slice_of(text), BUFFER);

	if (text_length(clean) <= max)
		return clean;
	return arena_printf(arena, "%.*s\xE2\x80\xA6", (int)text_prefix(clean, max - 1), clean);
}

void add_plain(struct buf *out, const char *text, size_t max)
{
	struct arena arena = {0};

	for (const char *p = shorten(&arena, text, max); *p; p++) {
		if (strchr("\\*_~`|<>[]", *p) || (*p == ':' && is_active_colon(p)))
			buf_add_char(out, '\\');
		buf_add_char(out, *p);
		if (*p == '@')
			buf_add_string(out, zero_width_space);
	}
	arena_release(&arena);
}

void add_code(struct buf *out, const char *text, size_t width)
{
	struct arena arena = {0};
	char *clean = text_clean_copy(&arena, slice_of(text), BUFFER);
	size_t shown = text_width(clean);

	if (shown > width) {
		clean = arena_printf(&arena, "%.*s\xE2\x80\xA6", (int)text_fit(clean, width - 1), clean);
		shown = text_width(clean);
	}
	for (const char *p = clean; *p; p++)
		buf_add_char(out, *p == '`' ? '\'' : *p);
	buf_printf(out, "%*s", shown < width ? (int)(width - shown) : 0, "");
	arena_release(&arena);
}

void add_stamp(struct buf *out, double epoch, char style)
{
	if (fabs(epoch) < 1e11)
		buf_printf(out, "<t:%.0f:%c>", floor(epoch), style);
	else
		buf_add_string(out, "n/a");
}

void message_init(struct message *message, size_t embed_count)
{
	*message = (struct message){.limits = embed_count > 1 ? of_several : of_one};
}

void message_release(struct message *message)
{
	for (size_t i = 0; i < message->embed_count; i++) {
		buf_release(&message->embeds[i].title);
		buf_release(&message->embeds[i].description);
		buf_release(&message->embeds[i].footer);
	}
	arena_release(&message->arena);
}

struct embed *message_add_embed(struct message *message, enum severity severity, const char *server,
	const char *what, double epoch)
{
	struct embed *embed = &message->embeds[message->embed_count++];

	*embed = (struct embed){.severity = severity, .epoch = epoch};
	embed->title = buf_new(BUFFER);
	embed->description = buf_new(BUFFER);
	embed->footer = buf_new(BUFFER);
	buf_printf(&embed->title, "%s ", show_icon(severity));
	add_plain(&embed->title, server, message->limits.server);
	buf_printf(&embed->title, " \xE2\x80\xA2 %s", what);
	return embed;
}

struct embed_field *message_add_field(struct message *message, struct embed *embed, const char *name,
	size_t room)
{
	struct embed_field *field = &embed->fields[embed->field_count++];

	*field = (struct embed_field){.name = name, .room = room};
	field->lines = arena_array(&message->arena, room, sizeof(*field->lines));
	return field;
}

void field_add_text(struct message *message, struct embed_field *field, enum rank rank, const char *text)
{
	if (field->count == field->room)
		return;
	field->lines[field->count++] = (struct line){
		.text = arena_string(&message->arena, text),
		.cost = text_length(text) + 1,
		.rank = rank,
	};
}

void field_add(struct message *message, struct embed_field *field, enum rank rank, const struct buf *text)
{
	field_add_text(message, field, rank, text->data);
}

/* What is sent whatever the lines are. */
static size_t fixed_cost(struct message *message)
{
	size_t cost = 0;

	for (size_t i = 0; i < message->embed_count; i++) {
		struct embed *embed = &message->embeds[i];

		cost += text_length(embed->title.data) + text_length(embed->description.data) +
			text_length(embed->footer.data);
		for (size_t k = 0; k < embed->field_count; k++) {
			struct embed_field *field = &embed->fields[k];
			size_t reserve = MORE_RESERVE + (field->is_table ? FENCE : 0);

			field->budget = VALUE_MAX - reserve;
			cost += text_length(field->name) + reserve;
		}
	}
	return cost;
}

/* A line that does not fit fills its field: what comes after it matters less. */
static void try_line(struct embed_field *field, struct line *line, size_t *budget)
{
	if (line->is_shown || field->is_full)
		return;
	if (line->cost > field->budget || line->cost > *budget) {
		field->is_full = true;
		return;
	}
	line->is_shown = true;
	field->budget -= line->cost;
	*budget -= line->cost;
}

/* The nth line of that rank; NULL when there are not so many, or no more is to be tried. */
static struct line *nth_of_rank(struct embed_field *field, enum rank rank, size_t nth)
{
	for (size_t i = 0; i < field->count && !field->is_full; i++)
		if (field->lines[i].rank == rank && nth-- == 0)
			return &field->lines[i];
	return NULL;
}

static void choose_of_rank(struct message *message, enum rank rank, size_t *budget)
{
	bool is_done = false;

	for (size_t nth = 0; !is_done; nth++) {
		is_done = true;
		for (size_t i = 0; i < message->embed_count * MESSAGE_FIELDS; i++) {
			struct embed_field *field =
				&message->embeds[i / MESSAGE_FIELDS].fields[i % MESSAGE_FIELDS];
			struct line *line = nth_of_rank(field, rank, nth);

			if (!line)
				continue;
			try_line(field, line, budget);
			is_done = false;
		}
	}
}

static bool is_complete(const struct embed_field *field)
{
	for (size_t i = 0; i < field->count; i++)
		if (!field->lines[i].is_shown)
			return false;
	return true;
}

/* Fields that are shown whole give back what they kept to say that they are not; the others may try again. */
static size_t take_back_reserves(struct message *message)
{
	size_t taken = 0;

	for (size_t i = 0; i < message->embed_count; i++) {
		for (size_t k = 0; k < message->embeds[i].field_count; k++) {
			struct embed_field *field = &message->embeds[i].fields[k];

			field->is_full = false;
			if (!is_complete(field) || field->is_whole)
				continue;
			field->is_whole = true;
			taken += MORE_RESERVE;
		}
	}
	return taken;
}

static void choose_lines(struct message *message)
{
	size_t fixed = fixed_cost(message), budget = fixed < MESSAGE_MAX ? MESSAGE_MAX - fixed : 0;
	size_t taken;

	do {
		for (enum rank rank = 0; rank < RANKS; rank++)
			choose_of_rank(message, rank, &budget);
		taken = take_back_reserves(message);
		budget += taken;
	} while (taken);
}

static void write_member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "\"%s\":", name);
	json_write_string(out, text);
}

static void write_field(struct buf *out, const struct embed_field *field)
{
	struct buf value AUTO_BUF = buf_new(BUFFER);
	size_t shown = 0;

	for (size_t i = 0; i < field->count; i++) {
		if (!field->lines[i].is_shown)
			continue;
		buf_printf(&value, "%s%s",
			shown             ? "\n"
			: field->is_table ? "```\n"
					  : "",
			field->lines[i].text);
		shown++;
	}
	if (shown && field->is_table)
		buf_add_string(&value, "\n```");
	if (!field->count)
		buf_add_string(&value, "n/a");
	else if (shown < field->count)
		buf_printf(&value, "%s%zu%s", shown ? "\nand " : "", field->count - shown,
			shown ? " more" : " left out");
	buf_add_char(out, '{');
	write_member(out, "name", field->name);
	buf_add_char(out, ',');
	write_member(out, "value", value.data);
	buf_printf(out, ",\"inline\":%s}", field->is_inline ? "true" : "false");
}

static void write_embed(struct buf *out, const struct embed *embed, const char *picture)
{
	char when[CLOCK_TEXT];

	buf_add_char(out, '{');
	write_member(out, "title", embed->title.data);
	buf_add_char(out, ',');
	if (embed->description.len) {
		write_member(out, "description", embed->description.data);
		buf_add_char(out, ',');
	}
	buf_printf(out, "\"color\":%d,\"fields\":[", color_of(embed->severity));
	for (size_t i = 0; i < embed->field_count; i++) {
		if (i)
			buf_add_char(out, ',');
		write_field(out, &embed->fields[i]);
	}
	clock_format_utc(embed->epoch, when);
	buf_add_string(out, "],\"footer\":{");
	write_member(out, "text", embed->footer.data);
	buf_printf(out, "},\"timestamp\":\"%s\"", when);
	if (picture)
		buf_printf(out, ",\"image\":{\"url\":\"attachment://%s\"}", picture);
	buf_add_char(out, '}');
}

void message_write(struct buf *out, struct message *message, const struct config_discord *discord)
{
	struct arena arena = {0};
	char *username = shorten(&arena, discord->username, USERNAME_MAX);

	choose_lines(message);
	buf_add_char(out, '{');
	if (*username) {
		write_member(out, "username", username);
		buf_add_char(out, ',');
	}
	buf_add_string(out, "\"embeds\":[");
	for (size_t i = 0; i < message->embed_count; i++) {
		if (i)
			buf_add_char(out, ',');
		write_embed(out, &message->embeds[i], i ? NULL : message->picture);
	}
	buf_add_string(out, "],\"allowed_mentions\":{\"parse\":[]}}");
	arena_release(&arena);
}

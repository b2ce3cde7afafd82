/* A message as each kind of place wants it. */
#ifndef ASMO_SEND_MESSAGE_H
#define ASMO_SEND_MESSAGE_H

#include "asmo/send.h"

struct message {
	char *url;
	const char *headers[8]; /* up to a NULL */
	struct slice body;
	bool is_too_large; /* to be made */
};

/* What there is to know of a kind of place. */
struct kind {
	const char *key, *name;
	size_t url_offset; /* in struct config */
	void (*fill)(struct message *message, const struct send_content *content, struct arena *arena);
};
extern const struct kind kinds[SEND_TARGETS];

/* All of it is made in `arena`, or is the content's. */
void message_make(struct message *ret, const struct kind *kind, const char *url,
	const struct send_content *content, struct arena *arena);

/* The URL with the query wait=true, which makes Discord say whether it took the message. */
char *message_discord_url(const char *url, struct arena *arena);

/* A header's value: ASCII as it stands, the rest in RFC 2047's form, `=?UTF-8?Q?caf=C3=A9?=`. */
char *message_header_value(const char *text, struct arena *arena);

/* The first lines that fit into so many bytes; how many others there are is said below them. */
char *message_cut(const char *text, size_t max_bytes, struct arena *arena);

/* Host and port of a URL; "" when they can't be told apart from what may be secret. */
char *message_host(const char *url, struct arena *arena);

/* Whether a text repeats something of the URL besides its host. */
bool message_is_telling(const char *url, const char *text);

#endif

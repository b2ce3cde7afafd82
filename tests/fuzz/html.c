#include "html.h"

#include <string.h>

#include "fuzz.h"

enum { DEPTH_MAX = 32, WORD_MAX = 32 };

struct state {
	const char *p, *end;
	char open[DEPTH_MAX][WORD_MAX];
	size_t depth, styles, scripts;
};

static bool is_in(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; (p = strstr(p, name)); p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

static const char elements[] =
	"html head meta title style body svg defs symbol path circle rect use desc main nav "
	"header footer article section details summary div span p br h1 h2 h3 h4 ul ol li dl dt dd "
	"strong b small a time table caption thead tbody tr th td script";
static const char attributes[] =
	"lang charset http-equiv content name class id viewBox d cx cy r x width height href "
	"aria-hidden aria-label aria-labelledby role scope datetime preserveAspectRatio open "
	"data-sort data-value data-label";

static bool is_of_word(char c)
{
	return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void take_word(struct state *s, const char *of, char word[WORD_MAX])
{
	size_t len = 0;

	while (s->p < s->end && is_of_word(*s->p)) {
		HOLDS(len + 1 < WORD_MAX);
		word[len++] = *s->p++;
	}
	word[len] = '\0';
	HOLDS(len && is_in(of, word));
}

static void take_entity(struct state *s)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#8211;"};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i]);

		if ((size_t)(s->end - s->p) >= len && memcmp(s->p, known[i], len) == 0)
			found = len;
	}
	HOLDS(found);
	s->p += found;
}

static void take_attribute(struct state *s)
{
	char name[WORD_MAX];

	take_word(s, attributes, name);
	if (strcmp(name, "open") == 0)
		return;
	HOLDS(s->end - s->p > 3 && s->p[0] == '=' && s->p[1] == '"');
	s->p += 2;
	HOLDS(strcmp(name, "href") != 0 || *s->p == '#');
	while (s->p < s->end && *s->p != '"') {
		HOLDS(*s->p != '<' && *s->p != '>');
		if (*s->p == '&')
			take_entity(s);
		else
			s->p++;
	}
	HOLDS(s->p < s->end);
	s->p++;
}

/* What is in a style or a script is not looked at: it is the same in every page. */
static void skip_to(struct state *s, const char *mark)
{
	while (s->p < s->end && strncmp(s->p, mark, strlen(mark)) != 0)
		s->p++;
}

static void take_tag(struct state *s)
{
	bool closes = s->p[1] == '/', is_empty;
	char name[WORD_MAX];

	s->p += closes ? 2 : 1;
	take_word(s, elements, name);
	if (closes) {
		HOLDS(*s->p++ == '>' && s->depth && strcmp(s->open[--s->depth], name) == 0);
		return;
	}
	while (*s->p == ' ') {
		s->p++;
		take_attribute(s);
	}
	is_empty = *s->p == '/' || strcmp(name, "meta") == 0 || strcmp(name, "br") == 0;
	s->p += *s->p == '/';
	HOLDS(*s->p++ == '>');
	if (is_empty)
		return;
	HOLDS(s->depth < DEPTH_MAX);
	memcpy(s->open[s->depth++], name, strlen(name) + 1);
	s->styles += strcmp(name, "style") == 0;
	s->scripts += strcmp(name, "script") == 0;
	if (strcmp(name, "style") == 0)
		skip_to(s, "</style>");
	if (strcmp(name, "script") == 0)
		skip_to(s, "</script>");
}

void html_check(struct slice page)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	struct state s = {.p = page.data, .end = page.data + page.len};

	HOLDS(fuzz_is_utf8(page) && page.len > strlen(doctype) && memcmp(s.p, doctype, strlen(doctype)) == 0);
	s.p += strlen(doctype);
	while (s.p < s.end) {
		const char *begin = s.p;

		if (*s.p == '<') {
			take_tag(&s);
		} else if (*s.p == '&') {
			take_entity(&s);
		} else {
			while (s.p < s.end && *s.p != '<' && *s.p != '&') {
				HOLDS(*s.p != '>');
				s.p++;
			}
			HOLDS(fuzz_is_inert((struct slice){begin, (size_t)(s.p - begin)}, true));
		}
	}
	HOLDS(s.depth == 0 && s.styles == 1 && s.scripts == 1);
}

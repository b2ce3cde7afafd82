#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "asmo/docker.h"

/* What is secret is the subexpression `group`; all before and behind it stays. Each pattern is tried until
 * nothing more of its kind is found. */
struct rule {
	const char *pattern;
	size_t group;
};

/* A value behind a name: quoted, quoted within a quoted text, or one word. */
#define VALUE "(\\\\\"[^\"\\]*\\\\\"|\"([^\"\\]|\\\\.)*\"|'[^']*'|[^][ \"',;&<>(){}\\]+)"
#define IS    "\\\\?[\"']? *(=>|[:=]) *"

/* Two groups. */
#define NAME \
	"(passwo?r?d|passwd|pwd|passphrase|secret|token|" \
	"(api|access|private|encryption|secret|client|auth|signing)[ " \
	"_-]?key|credentials?|session_?id|signature)"

static const struct rule rules[] = {
	/* -----BEGIN RSA PRIVATE KEY----- ... */
	{"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*)", 1},
	/* https://discord.com/api/webhooks/1234/abcd, https://hooks.slack.com/services/T0/B0/x; n8n's */
	{"(discord(app)?\\.com/api/(v[0-9]+/)?webhooks|hooks\\.slack\\.com/services)/([^] \"'<>)]+)", 4},
	{"/webhook(s|-test|b2)?/([A-Za-z0-9@._/-]{16,})", 2},
	/* https://api.telegram.org/bot1234:abcd/sendMessage */
	{"/bot([0-9]+:[A-Za-z0-9_-]{20,})", 1},
	/* postgres://user:password@host; the password may have an @ in it */
	{"\\b[a-z][a-z0-9+.-]{0,20}://[^][ /:@\"'<>]*:([^][ /\"'<>]+)@", 1},
	/* https://token@github.com: a user's name alone is short */
	{"\\b[a-z][a-z0-9+.-]{0,20}://([^][ /:@\"'<>]{16,})@", 1},
	/* https://host/x?key=abc&sig=abc */
	{"[?&](key|sig|auth|[a-z_-]*token)=([^][ \"'<>&;#]+)", 2},
	/* Authorization: Bearer abc, "authorization": ["basic dXNlcjpwYXNz"] */
	{"authorization" IS "\\[?\\\\?[\"']?((bearer|basic|digest|negotiate|token) +)?([^] \"',;]+)", 4},
	{"\\b(bearer|basic|negotiate)[ :]+([A-Za-z0-9._~+/=-]{16,})", 2},
	/* Cookie: sid=1; other=2 */
	{"\\b(set-)?cookie[\"']?[:=] *(.+)", 2},
	/* password=..., "api_key": "...", X-Api-Key: ..., MYSQL_PASSWORD=..., SECRET_KEY=... */
	{NAME IS VALUE, 4},
	{"(^|[^a-z])pass" IS VALUE, 3},
	/* <password>hunter2</password> */
	{"<" NAME ">([^<]+)<", 3},
	/* curl -u user:hunter2 */
	{" (-u|--user)[ =]+[^ :]+:([^ ]+)", 2},
	/* --password hunter2 */
	{"(^|[^a-z0-9])--?(password|passwd|pass|token|secret|api-key)[ =]+" VALUE, 3},
	/* a JSON web token */
	{"(eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+\\.?[A-Za-z0-9_-]*)", 1},
	/* keys that say by their first letters whose they are */
	{"\\b((gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|rk_live_|AKIA|ASIA|AIza)[A-Za-z0-9_-]{"
	 "10,})",
		1},
};

enum { RULES = sizeof(rules) / sizeof(rules[0]), GROUPS = 6, ROUNDS = 8 };

static const char mask[] = "***";

/* Masks every match of one rule in `line`; returns it, or a new line in `arena`. */
static char *apply(const struct rule *rule, const regex_t *compiled, struct arena *arena, char *line)
{
	regmatch_t groups[GROUPS];
	struct buf out AUTO_BUF;
	const char *rest = line;

	buf_init(&out, 2 * strlen(line) + 64);
	while (regexec(compiled, rest, GROUPS, groups, rest == line ? 0 : REG_NOTBOL) == 0) {
		const regmatch_t *secret = &groups[rule->group];

		buf_add(&out, rest, (size_t)secret->rm_so);
		buf_add_string(&out, mask);
		rest += secret->rm_eo;
	}
	if (rest == line)
		return line;
	buf_add_string(&out, rest);
	return arena_slice(arena, buf_slice(&out));
}

char *docker_mask_secrets(struct arena *arena, const char *line)
{
	static regex_t compiled[RULES];
	static bool is_compiled[RULES];
	char *masked = arena_string(arena, line);
	size_t unchanged = 0;

	/* One rule's mask may show another what it did not see before: on to where none changes anything. */
	for (size_t i = 0; unchanged < RULES && i < RULES * ROUNDS; i++) {
		size_t rule = i % RULES;
		char *before = masked;

		if (!is_compiled[rule])
			is_compiled[rule] =
				regcomp(&compiled[rule], rules[rule].pattern, REG_EXTENDED | REG_ICASE) == 0;
		if (is_compiled[rule])
			masked = apply(&rules[rule], &compiled[rule], arena, masked);
		unchanged = strcmp(masked, before) == 0 ? unchanged + 1 : 0;
	}
	return masked;
}

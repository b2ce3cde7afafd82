#include <regex.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "asmo/text.h"

/* What is secret is the subexpression `group`; all before and behind it stays. A rule is tried only on a line
 * with `hint` in it, which its pattern can't do without, and there until nothing more of its kind is found.
 * Only what says by its case what it is has to be in that case. */
struct rule {
	const char *hint;
	const char *pattern;
	size_t group;
	int flags;
};

enum { ANY = REG_ICASE, CASE = 0 };

/* `=`, `: `, `" => `, `\": `, `%3D`: between a name and its value. */
#define IS "\\\\*[\"']?\\]? *(=>|:=|::|[:=]|%3[ad](%2[02]|\\+)*) *"

/* A text in quotes, in quotes within a quoted text, in quotes within that one; or cut off before its end. */
#define QUOTED \
	"\"([^\"\\]|\\\\.)*(\"|\\\\?$)|'([^'\\]|\\\\.)*('|\\\\?$)" \
	"|\\\\\"([^\"\\]|\\\\[^\"\\]|\\\\\\\\(\\\\.|[^\\]))*(\\\\+\"?|$)" \
	"|\\\\\\\\+\"([^\"\\]|\\\\{1,3}[^\"\\]|\\\\{4,}\"?)*(\\\\{1,3}\"|\\\\*$)"

/* One word. A bracket or separator is part of it when more follows that is no other `name=`; so is a
 * quotation mark before a letter. */
#define LETTER "([^][ \"',;&(){}<>\\]|[\"'][a-z0-9]|\\\\[^\"' \\nrt])"
#define LATER  "([^][ \"',;&(){}<>\\=:]|\\\\[^\"' \\nrt])"
#define WORD   LETTER "+([],;&(){}<>[]+" LATER "(" LATER "|[\"'][a-z0-9])*)*"
#define END    "([] \"',;&(){}<>[\\]|$)"

/* Either of them: two groups, WORD_GROUP behind one another, of which one is set. */
#define VALUE "((" QUOTED ")|(" WORD ")" END ")"
enum { WORD_GROUP = 10 };

/* Words that name what is secret, and what may stand behind them. */
#define NAME \
	"(passwo?r?[dt]|passwd|passphrase|passcode|kennwort|mot[ _]?de[ _]?passe|contrase(\xC3\xB1|n)a|" \
	"(bind_?|root|user_?)pw|debugger pin|secret|token|credentials?|sess(ion)?_?id|signature|" \
	"(api|access|secret|auth|master|account|shared|session|cookie|jwt|app|hmac|consumer|webhook)" \
	"[ _-]?key)([_-]?(base|value|string|hash|salt|plain|old|new|confirm(ation)?|[0-9]+))?"
#define NAME_GROUPS 8

/* Such keys lie in files as well, and PWD is a folder: then what follows is a path. */
#define FILE_NAME "(pwd|(private|client|server|signing|encryption)[ _-]?key)"

/* How one is authorized: by one word, or by a list of names and values. */
#define WORDS "bearer|basic|negotiate|ntlm|token|bot|key|api-?key|jwt|splunk"
#define LISTS "(digest|oauth|hawk|aws4-hmac-[a-z0-9]+|mediabrowser|emby)"
#define LONG  "[A-Za-z0-9._~+/=-]"

#define KEY "[A-Za-z0-9_.-]{10,}"

/* Behind what may be part of a path: no `.js`. */
#define NO_FILE "([^A-Za-z0-9@_/.-]|\\.?$|\\.[^a-z0-9])"

static const struct rule rules[] = {
	/* -----BEGIN RSA PRIVATE KEY-----\nMII...\n-----END RSA PRIVATE KEY-----, or cut off at either end */
	{"PRIVATE KEY", "-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----(.*)-----END", 2, ANY},
	{"PRIVATE KEY", "-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----([^*].*)", 2, ANY},
	{"PRIVATE KEY", "([^ \"'*]+) ?-----END [A-Z ]*PRIVATE KEY", 1, ANY},

	/* https://discord.com/api/webhooks/1234/abcd, https://hooks.slack.com/services/T0/B0/x; n8n's, Home
	 * Assistant's, Teams', Mattermost's, healthchecks.io's, Uptime Kuma's, IFTTT's */
	{"discord", "discord(app)?\\.com(/|%2F)api(/|%2F)(v[0-9]+(/|%2F))?webhooks(/|%2F)([^] \"'<>)]+)", 7,
		ANY},
	{"hooks.", "hooks\\.(slack|slack-gov|zapier)\\.com/[a-z]+/([^] \"'<>)]+)", 2, ANY},
	{"hook", "/webhook(s|-test|-waiting|b2)?/([A-Za-z0-9@_/-]{16,})" NO_FILE, 2, ANY},
	{"/hooks/", "/hooks/([A-Za-z0-9/]{20,})" NO_FILE, 1, ANY},
	{"/", "(hc-ping\\.com|/api/push|/with/key)/([^] \"'<>)?]+)", 2, ANY},
	/* https://api.telegram.org/bot1234:abcd/sendMessage, and such a token by itself */
	{"bot", "/(file/)?bot([0-9]+(:|%3A)[A-Za-z0-9_-]{20,})", 2, ANY},
	{":AA", "\\b([0-9]{8,10}:AA[A-Za-z0-9_-]{30,})", 1, CASE},

	/* postgres://user:password@host; the password may have an @ or a / in it, or be cut off */
	{"://", "://[^][ /:@\"'<>]*:([^ /\"]+)@", 1, ANY},
	{"://", "://[^][ /:@\"'<>]*:(([^ /@\"]*[^0-9 /@\"][^ /@\"]*)?/[^ \"]*)@", 1, ANY},
	{"://", "://[^][ /:@\"'<>]*:([^ /@\"]*\xE2\x80\xA6)$", 1, ANY},
	/* https://token@github.com, https://token:@api.example.org: a user's name alone is short */
	{"://", "://([^][ /:@\"'<>]{16,}:?|[^][ /:@\"'<>]+:)@", 1, ANY},
	/* user:password@registry/image, user:password@tcp(db:3306)/app */
	{"@", "(^|[] \"'=(/[])[^] /:@\"'=()[]+:([^ /\"]+)@([A-Za-z0-9.-]+(:[0-9]+)?/|(tcp|unix)\\()", 2, ANY},
	{"oracle:", "jdbc:oracle:[a-z]+:[^ /]+/([^ @\"]+)@", 1, ANY},

	/* $argon2id$v=19$m=65540,t=3,p=4$salt$hash, pbkdf2_sha256$1000$salt$hash, {SSHA}hash */
	{"$", "(\\$(argon2[a-z]*|2[abxy]|[1567y]|scrypt|pbkdf2[a-z0-9-]*)\\$[^ \"']{16,})", 1, ANY},
	{"$", "\\b((pbkdf2_[a-z0-9]+|bcrypt_[a-z0-9]+|argon2|scrypt)\\$[^ \"']{16,})", 1, ANY},
	{"{", "(\\{(S?SHA[0-9]*|S?MD5|CRYPT)\\}[^ \"']+)", 1, CASE},

	/* https://host/x?key=abc&sig=abc, and what is only there a secret when it is long */
	{"=", "[?&](key|sig|auth|[a-z_-]*token)=([^][ \"'<>&;#]+)", 2, ANY},
	{"=", "[?&](code|state|ticket|nonce|session|sid|assertion|saml[a-z]+)=([^][ \"'<>&;#]{16,})", 2, ANY},

	/* Authorization: Digest username="x", response="abc": all of it */
	{"authorization", "authorization" IS "\\[? *\\\\*[\"']?" LISTS " +([^*].*)", 4, ANY},
	/* Authorization: Bearer abc, "authorization": ["basic dXNlcjpwYXNz"] */
	{"authorization",
		"authorization" IS "\\[? *\\\\*[\"']?((" WORDS "|" LISTS ")( +|%20|=))?([^] \"',;\\]+)", 7,
		ANY},
	{"r", "\\b(bearer|negotiate)([ :]+|%20)(" LONG "{16,}|" LONG "*[0-9]" LONG "{5,})", 3, ANY},
	{"basic", "\\bbasic([ :]+|%20)([A-Za-z0-9+/=_-]{16,}|[A-Za-z0-9+/]{6,}=+)", 2, ANY},

	/* 'Cookie: sid=1' in quotes, "cookie":"sid=1", Cookie: sid=1; other=2 */
	{"cookie", "[\"'](set-)?cookie: *([^ *\"'][^\"']*)[\"']", 2, ANY},
	{"cookie", "\\b(set-)?cookies?" IS "(" QUOTED ")", 4, ANY},
	{"cookie", "\\b(set-)?cookies?" IS "\\[?([^] \"'*\\[].*| '.*)", 4, ANY},
	{"=", "(^|[^a-z])([a-z]+\\.|[a-z_-]+_)?(sid|session|csrf|remember_[a-z0-9_]+)=([^ \"',;&]{16,})", 4,
		ANY},

	/* password=..., "api_key": "...", X-Api-Key: ..., MYSQL_PASSWORD=..., SECRET_KEY=... */
	{"", NAME IS VALUE, NAME_GROUPS + 4, ANY},
	{"", FILE_NAME IS "((" QUOTED ")|([^][ \"',;&(){}<>\\/]" WORD ")" END ")", 6, ANY},
	{"pass",
		"(^|[^a-z]|db|smtp|user|root|admin|redis|mail|bind|ftp|auth|sql|ldap|login|require|my)pass" IS
			VALUE,
		5, ANY},
	{"_auth", "_auth" IS VALUE, 4, ANY},
	{"pw", "(^|[^a-z])(pw|mdp)" IS VALUE, 6, ANY},
	/* "name":"DB_PASSWORD","value":"hunter2" */
	{"value", NAME "[a-z0-9_-]*\\\\*[\"'] *,? *\\\\*[\"']?value" IS VALUE, NAME_GROUPS + 4, ANY},
	/* <password>hunter2</password> */
	{"<", "<[a-z0-9:._-]*" NAME "[a-z]*( [^<>]*)?>([^<]+)", NAME_GROUPS + 2, ANY},
	/* PASSWORD 'hunter2', IDENTIFIED BY 'hunter2': SQL */
	{"'", "(password|identified (with [a-z0-9_]+ )?(by|as)) +('([^'\\]|\\\\.)*('|$))", 4, ANY},
	/* login u password hunter2, requirepass hunter2, "AUTH" "hunter2", add_user app hunter2 */
	{"passw", "(login|user|username)[ :]+[^ ]+ +(and +|with +)?passw(or)?d +" VALUE, 5, ANY},
	{" ", "(^|[^a-z])(requirepass|masterauth|bindpw|rootpw)\"? +" VALUE, 4, ANY},
	{" ", "(add_user|change_password) +[^ ]+ +" VALUE, 3, ANY},
	{"AUTH\" ", "\"AUTH\" (\"[^\"]*\" )?\"([^\"]*)\"", 2, CASE},
	{"AUTH ", "\\bAUTH ((PLAIN|LOGIN|XOAUTH2|default) )?([^ \"',]*[0-9+/=][^ \"',]*)", 3, CASE},

	/* PDO->__construct('mysql:host=db', 'root', 'hunter2'), ldap_bind(Object(X), 'cn', 'hunter2'): PHP */
	{"(", "(pdo|mysqli|connect|bind)[a-z_]*(->[a-z_]+)?\\([^,]*, *'[^']*', *('([^'\\]|\\\\.)*'?)", 3,
		ANY},
	{"(", "(login|password|auth|verify|attempt|validate)[a-z_]*\\('[^']*', *('([^'\\]|\\\\.)*'?)", 2,
		ANY},
	{"args",
		"\"(function|class)\":\"[^\"]*(pdo|connect|login|password|auth|bind)[^]]*\"args\":\\[([^]]*)",
		3, ANY},

	/* curl -u user:hunter2; -u 1000:1000 is no password */
	{"-u", "[ \"'](-u|--(proxy-)?user)[ =\"',]*[^ :\"']*[^0-9 :\"'][^ :\"']*:([^ \"']+)", 3, ANY},
	/* --password hunter2, --http-password=hunter2 */
	{"-", "(^|[^a-z0-9])--?([a-z]+-)*(password|passwd|pass|token|secret|api-?key)(\"[ ,]+|[ =]+)" VALUE,
		6, ANY},
	/* mysql -phunter2, sshpass -p hunter2, docker login -p hunter2 */
	{"-p", "(mysql|mariadb)[a-z]*[\"']?[ ,](.*[ ,])?[\"']?-p([^ \"']+)", 3, ANY},
	{"-p", "(sshpass|login) (.* )?-p *([^ ]+)", 3, ANY},
	{"-", "(redis-cli (.* )?-a|ldap[a-z]+ (.* )?-w|mosquitto_[a-z]+ (.* )?-P) *([^ ]+)", 5, CASE},
	{"%", "smbclient (.* )?-U [^ %]+%([^ ]+)", 2, ANY},

	/* a JSON web token, or other base64 of an object: {" is eyJ */
	{"eyJ", "(eyJ[A-Za-z0-9_=+/-]{14,}(\\.[A-Za-z0-9_=-]*)*)", 1, CASE},
	/* keys that say by their first letters whose they are */
	{"_",
		"\\b((gh[pousr]|github_pat|[srp]k_(live|test)|dckr_[a-z]+|glsa|glc|do[op]_v1|shpat|lin_api)"
		"_" KEY ")",
		1, CASE},
	{"_", "\\b((npm|hf|gsk|whsec|tk)_[A-Za-z0-9]{16,})", 1, CASE},
	{"-", "\\b((gl(pat|ptt|rt|dt|ft|cbt|agent|oas|soat|imt)|xox[abceoprs]|xapp|sk|tskey|GOCSPX)-" KEY ")",
		1, CASE},
	{"", "\\b((hvs\\.|ya29\\.|AIza|pypi-Ag|AGE-SECRET-KEY-)" KEY "|(AKIA|ASIA)[A-Z0-9]{12,})", 1, CASE},
	{"SG.", "\\b(SG\\.[A-Za-z0-9_-]{10,}\\.?[A-Za-z0-9_-]*)", 1, CASE},
};

enum {
	SEARCHED_LIMIT = 4096,
	CUT_LENGTH = SEARCHED_LIMIT - 8, /* text_clean leaves that much at least of what it cuts */
	CUT_WORD = 512,
};

static const char ellipsis[] = "\xE2\x80\xA6";

enum { RULES = sizeof(rules) / sizeof(rules[0]), GROUPS = 24, ROUNDS = 8 };

static const char mask[] = "***";

/* What stands behind `token:` in sentences, and in data for nothing. */
static const char *const plain[] = {mask, "a", "an", "and", "are", "at", "by", "cannot", "could", "cram-md5",
	"denied", "digest-md5", "does", "empty", "error", "expired", "failed", "failure", "false", "for",
	"forbidden", "from", "has", "in", "incorrect", "invalid", "is", "malformed", "mismatch", "missing",
	"must", "nil", "no", "none", "not", "null", "of", "ok", "on", "or", "refused", "rejected", "required",
	"revoked", "signature", "the", "to", "too", "true", "unable", "unauthorized", "undefined",
	"unexpected", "unknown", "was", "with", "wrong", "yes"};

static bool is_plain(const char *word, size_t len)
{
	while (len && strchr(".:!", word[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strncasecmp(plain[i], word, len) == 0 && !plain[i][len])
			return true;
	return false;
}

/* Masks every match of one rule in `line`; returns it, or a new line in `arena`. */
static char *apply(const struct rule *rule, const regex_t *compiled, struct arena *arena, char *line)
{
	regmatch_t groups[GROUPS];
	struct buf out AUTO_BUF = buf_new(4 * strlen(line) + 64);
	const char *rest = line;

	while (regexec(compiled, rest, GROUPS, groups, rest == line ? 0 : REG_NOTBOL) == 0) {
		const regmatch_t *group = &groups[rule->group];
		const char *secret, *end;

		if (group->rm_so < 0)
			group += WORD_GROUP;
		secret = rest + group->rm_so;
		end = rest + group->rm_eo;

		buf_add(&out, rest, (size_t)(secret - rest));
		if (is_plain(secret, (size_t)(end - secret)))
			buf_add(&out, secret, (size_t)(end - secret));
		else
			buf_add_string(&out, mask);
		rest = end;
	}
	if (rest == line)
		return line;
	buf_add_string(&out, rest);
	return arena_slice(arena, buf_slice(&out));
}

char *text_mask(struct arena *arena, const char *line)
{
	static regex_t compiled[RULES];
	static bool is_compiled[RULES];
	char *masked = arena_string(arena, line);

	bool changed = true;

	/* What one rule masks may bring two others together: until none finds anything. */
	for (int round = 0; changed && round < ROUNDS; round++) {
		const char *before = masked;

		for (size_t i = 0; i < RULES; i++) {
			const struct rule *rule = &rules[i];

			if (!strcasestr(masked, rule->hint))
				continue;
			if (!is_compiled[i])
				is_compiled[i] =
					regcomp(&compiled[i], rule->pattern, REG_EXTENDED | rule->flags) == 0;
			if (is_compiled[i])
				masked = apply(rule, &compiled[i], arena, masked);
		}
		changed = strcmp(masked, before) != 0;
	}
	return masked;
}

/* A line that was cut ends in half a word, and half a secret is not known as one. If it is half of a very
 * long one, its beginning tells. */
static void drop_cut_word(char *line)
{
	size_t len = strlen(line), most = CUT_WORD;

	if (len < CUT_LENGTH || strcmp(line + len - strlen(ellipsis), ellipsis) != 0)
		return;
	for (len -= strlen(ellipsis); most && !strchr(" \"", line[len - 1]); len--)
		most--;
	memcpy(line + len, ellipsis, sizeof(ellipsis));
}

char *text_mask_copy(struct arena *arena, struct slice raw, size_t max_bytes)
{
	char *clean = text_clean_copy(arena, raw, SEARCHED_LIMIT);

	drop_cut_word(clean);
	return text_clean_copy(arena, slice_of(text_mask(arena, clean)), max_bytes);
}

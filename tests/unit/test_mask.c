#include "../support/unit.h"

#include <stdio.h>
#include <string.h>

#include "asmo/clock.h"
#include "asmo/docker.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Each line holds `hunter2`, or SECRET for one with letters that a rule asks for, where the secret is; what
 * is shown has `***` there, and the words that tell what went wrong. */
static const struct {
	const char *line;
	const char *masked;
} secrets[] = {
	/* in URLs */
	{"panic: connect to postgres://app:hunter2@db/app refused",
		"panic: connect to postgres://app:***@db/app refused"},
	{"redis://:hunter2@redis:6379 refused", "redis://:***@redis:6379 refused"},
	{"amqp+ssl://u:hunter2@mq", "amqp+ssl://u:***@mq"},
	{"mongodb://a:hunter2@h1,b.example:27017 and mysql://b:hunter2@h2",
		"mongodb://a:***@h1,b.example:27017 and mysql://b:***@h2"},
	{"postgres://app:hun@ter2@db/app", "postgres://app:***@db/app"},
	{"error: https://discord.com/api/webhooks/123/hunter2",
		"error: https://discord.com/api/webhooks/***"},
	{"https://discordapp.com/api/v10/webhooks/123/hunter2 gave 404",
		"https://discordapp.com/api/v10/webhooks/*** gave 404"},
	{"POST https://hooks.slack.com/services/T00/B00/hunter2: error",
		"POST https://hooks.slack.com/services/*** error"},
	{"https://n8n.example.org/webhook/5b2c9f0e-0d5f-4c8e-9a63-hunter2",
		"https://n8n.example.org/webhook/***"},
	{"https://api.telegram.org/bot123456:AAhunter2hunter2hunter2hunter2/sendMessage: 401",
		"https://api.telegram.org/bot***/sendMessage: 401"},
	{"GET /api?api_key=hunter2&user=x HTTP/1.1 500", "GET /api?api_key=***&user=x HTTP/1.1 500"},
	{"GET /cb?code=1&access_token=hunter2", "GET /cb?code=1&access_token=***"},

	{"GET /v1?key=hunter2 403", "GET /v1?key=*** 403"},
	{"GET /blob?sp=r&sig=hunter2%3D 403", "GET /blob?sp=r&sig=*** 403"},
	{"clone https://hunter2hunter2hunter2@example.org/x.git failed",
		"clone https://***@example.org/x.git failed"},

	/* in headers */
	{"Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"},
	{"authorization: Basic aHVudGVyMjpodW50ZXIy", "authorization: Basic ***"},
	{"{\"authorization\":\"Bearer hunter2hunter2\",\"status\":401}",
		"{\"authorization\":\"Bearer ***\",\"status\":401}"},
	{"sent bearer hunter2hunter2hunter2, got 403", "sent bearer ***, got 403"},
	{"X-Api-Key: hunter2", "X-Api-Key: ***"},
	{"x-auth-token: hunter2", "x-auth-token: ***"},
	{"Cookie: sid=hunter2; theme=dark", "Cookie: ***"},
	{"Set-Cookie: sid=hunter2; HttpOnly", "Set-Cookie: ***"},

	/* in settings */
	{"password=hunter2", "password=***"},
	{"Password: hunter2", "Password: ***"},
	{"PASSWORD = hunter2", "PASSWORD = ***"},
	{"MYSQL_ROOT_PASSWORD=hunter2 is not allowed", "MYSQL_ROOT_PASSWORD=*** is not allowed"},
	{"error pwd=hunter2;Server=db", "error pwd=***;Server=db"},
	{"passwd: hunter2", "passwd: ***"},
	{"DB_PASS=hunter2", "DB_PASS=***"},
	{"smtp pass: hunter2", "smtp pass: ***"},
	{"passphrase: hunter2", "passphrase: ***"},
	{"client_secret=hunter2&grant_type=x", "client_secret=***&grant_type=x"},
	{"aws_secret_access_key=hunter2/hunter2+hunter2", "aws_secret_access_key=***"},
	{"SECRET_KEY=hunter2", "SECRET_KEY=***"},
	{"N8N_ENCRYPTION_KEY=hunter2", "N8N_ENCRYPTION_KEY=***"},
	{"api-key: hunter2", "api-key: ***"},
	{"apikey=hunter2", "apikey=***"},
	{"private_key=hunter2", "private_key=***"},
	{"JSESSIONID=hunter2 is not valid", "JSESSIONID=*** is not valid"},
	{"token hunter: token=hunter2, retry", "token hunter: token=***, retry"},

	/* quoted */
	{"{\"password\":\"hunter2\",\"user\":\"x\"}", "{\"password\":***,\"user\":\"x\"}"},
	{"{\"password\": \"hunter2 hunter2\", \"user\": \"x\"}", "{\"password\": ***, \"user\": \"x\"}"},
	{"{'password': 'hunter2 hunter2'}", "{'password': ***}"},
	{"{\"msg\":\"login {\\\"password\\\":\\\"hunter2\\\",\\\"user\\\":\\\"x\\\"}\"}",
		"{\"msg\":\"login {\\\"password\\\":***,\\\"user\\\":\\\"x\\\"}\"}"},
	{"error password=\"my hunter2\" user=x", "error password=*** user=x"},

	{"array('password' => 'hunter2')", "array('password' => ***)"},
	{"<password>hunter2</password><user>x</user>", "<password>***</password><user>x</user>"},

	/* in commands */
	{"curl -u admin:hunter2 https://example.org failed", "curl -u admin:*** https://example.org failed"},
	{"mysqldump --password hunter2 failed", "mysqldump --password *** failed"},
	{"mysqldump --password=hunter2 failed", "mysqldump --password=*** failed"},
	{"tool --api-key hunter2 --verbose", "tool --api-key *** --verbose"},

	/* that say themselves what they are */
	{"-----BEGIN RSA PRIVATE KEY----- MIIhunter2hunter2", "-----BEGIN RSA PRIVATE KEY-----***"},
	{"-----BEGIN PRIVATE KEY----- hunter2", "-----BEGIN PRIVATE KEY-----***"},
	{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2-hunter2_x is expired",
		"jwt *** is expired"},
	{"ghp_hunter2hunter2hunter2 is not valid", "*** is not valid"},
	{"github_pat_hunter2hunter2", "***"},
	{"glpat-hunter2hunter2", "***"},
	{"xoxb-hunter2-hunter2", "***"},
	{"sk-proj-hunter2hunter2: quota", "***: quota"},
	{"AKIAHUNTER2HUNTER2HU", "***"},
	{"AIzahunter2hunter2hunter2", "***"},

	/* several of them */
	{"password=hunter2 token=hunter2 https://u:hunter2@h/", "password=*** token=*** https://u:***@h/"},
};

static void a_secret_is_masked_and_the_words_around_it_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		const char *masked = docker_mask_secrets(&arena, secrets[i].line);

		unit_case("%s", secrets[i].line);
		assert_null(strstr(masked, "hunter2"));
		assert_text(masked, secrets[i].masked);
	}
}

static const char *const plain[] = {
	"",
	"password authentication failed for user \"app\"",
	"FATAL:  password authentication failed for user \"app\"",
	"no user/password was provided for basic authentication",
	"Basic authentication failed for user bob",
	"Bearer authentication is required",
	"digest verification failed",
	"failed to pull: image digest sha256:0123456789abcdef does not match",
	"failed to negotiate connection",
	"token expired",
	"error: the token has expired",
	"unexpected token } in JSON at position 5",
	"max_tokens reached",
	"secretary of state",
	"the secret garden",
	"secretary: error",
	"passing 3 arguments",
	"compass: 7",
	"bypass: error",
	"two-pass encoding failed",
	"error: user-password combination is wrong",
	"multi-token request failed",
	"wrong passwords are counted",
	"cookies are disabled",
	"https://example.org:8080/path?x=1#error",
	"http://user@example.org/ refused",
	"git@example.org: Permission denied (publickey)",
	"GET /search?keyword=error&signal=9 500",
	"<error>no such token</error>",
	"error at https://example.org: user@example.org wrote",
	"dial tcp 10.0.0.1:5432: connect: connection refused",
	"open /run/secrets/db: no such file or directory",
	"key=value error",
	"keyboard: error",
	"design: error, signal: killed, assignment: failed",
	"SQLite Error 5: database is locked",
	"0123456789abcdef0123456789abcdef01234567 is no commit",
	"GET /webhook/status 500",
	"caf\303\251 \360\237\220\263 error",
};

static void a_line_without_a_secret_stays_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		unit_case("%s", plain[i]);
		assert_text(docker_mask_secrets(&arena, plain[i]), plain[i]);
	}
}

static void what_is_masked_stays_the_same_when_it_is_masked_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		unit_case("%s", secrets[i].masked);
		assert_text(docker_mask_secrets(&arena, secrets[i].masked), secrets[i].masked);
	}
}

static const char *const units[] = {
	"a",
	"a ",
	"eyJabcdef-",
	"a://b:c/",
	"://",
	"token=ab;",
	"token=",
	"\"",
	"\\\"",
	"Basic ",
	"password:",
	"-----BEGIN ",
	"sk-",
	"@",
	"é",
};

/* A container decides what its lines look like, and there may be thousands of them. */
static void the_worst_line_takes_little_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		char line[4097];
		double start;

		unit_case("%s", units[i]);
		for (size_t at = 0; at < sizeof(line) - 1; at++)
			line[at] = units[i][at % strlen(units[i])];
		line[sizeof(line) - 1] = '\0';
		start = clock_monotonic();
		docker_mask_secrets(&arena, line); /* the first time compiles the patterns */
		docker_mask_secrets(&arena, line);
		assert_true(clock_monotonic() - start < unit_seconds(1));
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_secret_is_masked_and_the_words_around_it_stay),
		TEST(a_line_without_a_secret_stays_as_it_is),
		TEST(what_is_masked_stays_the_same_when_it_is_masked_again),
		TEST(the_worst_line_takes_little_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

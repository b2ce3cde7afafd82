#include "../support/unit.h"

#include <string.h>

#include "asmo/message.h"
#include "asmo/text.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Two of each: they differ in nothing but what differs from one time to the next. */
static const struct {
	const char *what, *a, *b;
} same[] = {
	{"ISO times", "2026-01-11T10:00:00Z error", "2025-12-31T23:59:59Z error"},
	{"ISO times with decimals and offset", "2026-01-11T10:00:00.123456+01:00 error",
		"2026-01-11T10:00:00.9-05:00 error"},
	{"a date and a time", "2026-01-11 10:00:00,123 error", "2026-02-01 03:04:05,7 error"},
	{"syslog", "Jan 11 10:00:00 web sshd[123]: error: x", "Feb  2 03:04:05 web sshd[45678]: error: x"},
	{"nginx's error log", "2026/01/11 10:00:00 [error] 29#29: *1 connect() failed",
		"2026/01/12 01:02:03 [error] 7#8: *12345 connect() failed"},
	{"nginx's access log", "10.0.0.1 - - [11/Jan/2026:10:00:00 +0000] \"GET /\" x",
		"10.0.0.2 - - [01/Feb/2026:01:00:00 +0100] \"GET /\" x"},
	{"Apache", "[Mon Jan 11 10:00:00.123456 2026] [core:error] x",
		"[Sun Feb 01 01:02:03.654321 2026] [core:error] x"},
	{"RFC 1123", "Sun, 11 Jan 2026 10:00:00 GMT error", "Mon, 02 Feb 2026 01:02:03 GMT error"},
	{"Redis", "1:M 11 Jan 2026 10:00:00.123 # error", "1:M 01 Feb 2026 01:02:03.456 # error"},
	{"NestJS", "[Nest] 7  - 01/11/2026, 10:00:00 AM   ERROR x",
		"[Nest] 17  - 12/01/2026, 1:02:03 PM   ERROR x"},
	{"epochs", "1768125600: error", "1768125601.25: error"},
	{"durations", "error after 980ms", "error after 1.2s"},
	{"more durations", "error after 1m30.5s", "error after 2h3m"},
	{"numbers", "error: 12 rows lost", "error: 13 rows lost"},
	{"numbers with a sign or a point", "error: drift -1.5 of +3", "error: drift 0.25 of 4"},
	{"sizes", "error: 12MiB left", "error: 1.5GiB left"},
	{"percent", "error: disk 91% full", "error: disk 7.5% full"},
	{"lists of numbers", "error: parts [1, 2, 3] lost", "error: parts [9] lost"},
	{"hex", "error at 0x7ffd1234", "error at 0xdeadbeefcafe"},
	{"UUIDs", "error 550e8400-e29b-41d4-a716-446655440000 lost",
		"error c0ffee00-1234-4bcd-8f00-00000000abcd lost"},
	{"container ids", "container 4c01db0b339c died", "container 8dfafdbc3a40 died"},
	{"digests", "error: sha256:9f86d081884c7d65 gone", "error: sha256:60303ae22b998861 gone"},
	{"git's short ids", "error in a1b2c3d", "error in 9f8e7d6"},
	{"ids in a jumble", "workflow k3J9xQ2mZ8aB1 failed", "workflow Zz81Kp0Lm4Qx7 failed"},
	{"IPv4 and port", "dial tcp 172.18.0.3:5432: connection refused",
		"dial tcp 10.1.2.3:45678: connection refused"},
	{"IPv6", "error from fe80::1ff:fe23:4567:890a%eth0", "error from ::1"},
	{"IPv6 and port", "error from [2001:db8::1]:443", "error from [fd00::abcd:1]:50000"},
	{"MAC addresses", "error: 02:42:ac:11:00:02 is gone", "error: de:ad:be:ef:00:11 is gone"},
	{"paths", "cannot open /var/lib/app/a.db: error", "cannot open /srv/b: error"},
	{"paths with a number for a name", "error in /photos/2026/IMG_1.jpg", "error in /photos/x"},
	{"paths that begin elsewhere", "error in data/app.db", "error in library/x/y"},
	{"paths in brackets and quotes", "open(\"/a/b\") failed (/c)", "open(\"/x\") failed (/y/z.txt)"},
	{"paths behind =", "error file=/a/b", "error file=/c"},
	{"URLs", "Get \"http://a:80/x?y=1\": error", "Get \"https://example.com/\": error"},
	{"database URLs", "error: postgres://app:***@db:5432/app", "error: postgres://web:***@10.0.0.5/web"},
	{"e-mail", "error: no mailbox bob@example.com", "error: no mailbox a.b+c@mail.example.org"},
	{"numbered names", "worker-1 error in eth0", "worker-23 error in eth12"},
	{"white space", "error:  a\tb", "error: a   b"},
	{"a position", "error at main.go:12", "error at main.go:345"},
};

static const struct {
	const char *what, *a, *b;
} different[] = {
	{"words", "error: disk full", "error: disk slow"},
	{"case", "Error", "error"},
	{"HTTP status", "error 404", "error 500"},
	{"HTTP status of its own", "HTTP 502 from upstream", "HTTP 504 from upstream"},
	{"status=", "request failed status=500", "request failed status=503"},
	{"status in JSON", "{\"msg\":\"failed\",\"status\":500}", "{\"msg\":\"failed\",\"status\":502}"},
	{"statusCode", "failed, statusCode: 401", "failed, statusCode: 429"},
	{"exit code", "exited with code 1", "exited with code 137"},
	{"exit_code", "exit_code=1", "exit_code=2"},
	{"errno", "write failed (errno: 28)", "write failed (errno: 5)"},
	{"negative", "error -110", "error -71"},
	{"error in brackets", "SQLite error (5)", "SQLite error (13)"},
	{"SQLSTATE", "SQLSTATE[42P01]: failed", "SQLSTATE[23505]: failed"},
	{"HRESULT", "error code 0x80070005", "error code 0x80004005"},
	{"signal", "killed by signal 9", "killed by signal 11"},
	{"either/or", "I/O error", "TCP/IP error"},
	{"quoted", "level=error msg=\"disk full\"", "level=error msg=\"timeout\""},
	{"names", "container web died", "container db died"},
	{"months that are words", "May fail", "Sun fail"},
	{"short words of hex letters", "error: bad", "error: dad"},
	{"longer ones", "error: facade", "error: decade"},
	{"the beginning of what was cut", "error a and more\xE2\x80\xA6", "error b and more\xE2\x80\xA6"},
	{"nothing and something", "", "error"},
};

static void lines_that_differ_only_in_what_varies_have_one_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		unit_case("%s", same[i].what);
		assert_text(message_key(&arena, same[i].a), message_key(&arena, same[i].b));
	}
}

/* What is shorter in one of them lets more of its end in. */
static void lines_that_were_cut_at_300_bytes_have_one_key(void **state)
{
	const char *forms[] = {"error reading /a/b/c/d/e/f from 10.0.0.1: ",
		"error reading /d from 10.0.0.222: "};
	const char *tail =
		"the reply was not of the form that was expected, the connection is closed and opened again, "
		"what was to be written is kept and sent once more; see the log of the other side for the "
		"reason, or raise the level of the log here, where each reply is written down then, with all "
		"of its headers and the time that it took";
	char *keys[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *line = arena_printf(&arena, "%s%s", forms[i], tail);

		assert_in_range(strlen(line), 301, 600);
		keys[i] = message_key(&arena, text_clean_copy(&arena, slice_of(line), 300));
	}
	assert_text(keys[0], keys[1]);
	assert_in_range(strlen(keys[0]), 100, 200);
}

static void lines_that_say_different_things_have_different_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(different); i++) {
		unit_case("%s", different[i].what);
		assert_string_not_equal(message_key(&arena, different[i].a),
			message_key(&arena, different[i].b));
	}
	/* What is one message within a row is none with another's. */
	for (size_t i = 0; i < COUNT_OF(different); i++)
		for (size_t k = 0; k < COUNT_OF(different); k++)
			if (i != k)
				assert_string_not_equal(message_key(&arena, different[i].a),
					message_key(&arena, different[k].b));
}

static void a_key_says_what_stays(void **state)
{
	(void)state;
	assert_text(message_key(&arena, "2026-01-11 10:00:00 [error] 29#29: *1 open() \"/x/y\" failed (2: No "
					"such file), code 404"),
		"# [error] ##: *# open() \"#\" failed (#: No such file), code 404");
	assert_text(message_key(&arena, "  "), "");
	assert_text(message_key(&arena, "\xC3\xA9"
					"chec \xE2\x82\xAC"),
		"\xC3\xA9"
		"chec \xE2\x82\xAC");
}

/* The key of any bytes is no longer than they are. */
static void any_bytes_have_a_key(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char line[64];
		size_t len = 0;

		for (; len < sizeof(line) - 1; len++) {
			random = random * 1664525 + 1013904223;
			line[len] = "aZ09 .:/-@#%[(\"'=,_+~x\xE2\x80\xA6"[(random >> 16) % 25];
		}
		line[(random >> 8) % sizeof(line)] = '\0';
		line[len] = '\0';
		assert_in_range(strlen(message_key(&arena, line)), 0, strlen(line));
		arena_clear(&arena);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_that_differ_only_in_what_varies_have_one_key),
		TEST(lines_that_were_cut_at_300_bytes_have_one_key),
		TEST(lines_that_say_different_things_have_different_keys),
		TEST(a_key_says_what_stays),
		TEST(any_bytes_have_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

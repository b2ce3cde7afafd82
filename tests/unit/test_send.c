/* What --send decides without a network: when to try again, what goes where, what of a URL may be seen. */
#include "../support/unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "asmo/render.h"
#include "asmo/send.h"
#include "send/message.h"
#include "send/multipart.h"
#include "send/retry.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* When to try again */

static void what_an_attempt_means(void **state)
{
	static const struct {
		int code;
		long status;
		enum fate fate;
	} cases[] = {
		{0, 200, FATE_DELIVERED},
		{0, 201, FATE_DELIVERED},
		{0, 204, FATE_DELIVERED},
		{0, 299, FATE_DELIVERED},
		{EPROTO, 200, FATE_DELIVERED}, /* the rest was cut off */
		{0, 300, FATE_REFUSED},
		{0, 301, FATE_REFUSED},
		{0, 308, FATE_REFUSED},
		{0, 400, FATE_REFUSED},
		{0, 401, FATE_REFUSED},
		{0, 403, FATE_REFUSED},
		{0, 404, FATE_REFUSED},
		{0, 405, FATE_REFUSED},
		{0, 410, FATE_REFUSED},
		{0, 413, FATE_REFUSED},
		{0, 422, FATE_REFUSED},
		{0, 408, FATE_AGAIN},
		{0, 429, FATE_AGAIN},
		{0, 500, FATE_AGAIN},
		{0, 502, FATE_AGAIN},
		{0, 503, FATE_AGAIN},
		{0, 504, FATE_AGAIN},
		{0, 599, FATE_AGAIN},
		{EPROTO, 0, FATE_AGAIN},
		{ETIMEDOUT, 0, FATE_AGAIN},
		{EKEYREJECTED, 0, FATE_REFUSED},
		{EINVAL, 0, FATE_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("code %d, status %ld", cases[i].code, cases[i].status);
		assert_count(retry_fate(cases[i].code, cases[i].status), cases[i].fate);
	}
}

static void how_long_to_wait(void **state)
{
	static const struct {
		unsigned attempts;
		long status;
		double header;
		const char *answer;
		double seconds;
	} cases[] = {
		{1, 500, 0, "", 0.5},
		{2, 500, 0, "", 1},
		{3, 0, 0, "", 2},
		{4, 502, 0, "", 4},
		{5, 500, 0, "", 8},
		{6, 500, 0, "", 8},
		{4000000000, 500, 0, "", 8},
		{1, 429, 0,
			"{\"message\":\"You are being rate "
			"limited.\",\"retry_after\":1.337,\"global\":false}",
			1.337},
		{1, 429, 65, "", 65},
		{1, 429, 2, "{\"retry_after\":1.25}", 1.25}, /* it is the more exact one */
		{1, 429, 2, "{\"retry_after\":\"7\"}", 2},
		{1, 429, 2, "{\"retry_after\":null}", 2},
		{1, 429, 2, "{\"retry_after\":-5}", 2},
		{1, 429, 2, "{\"retry_after\":1e999}", 2},
		{1, 429, 2, "[1]", 2},
		{1, 429, 2, "<html>", 2},
		{1, 429, 0, "{\"retry_after\":0}", 0.5},
		{1, 429, 0, "{\"retry_after\":0.001}", 0.5},
		{4, 429, 0, "{\"retry_after\":0.001}", 4}, /* whoever always says so is not hammered */
		{1, 429, 0, "{\"retry_after\":1e9}", 1e9},
		{1, 429, -3, "", 0.5},
		{1, 503, 30, "", 30},
		{1, 500, 30, "{\"retry_after\":30}", 0.5}, /* means nothing there */
		{1, 0, 30, "", 0.5},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("attempt %u, status %ld, %g, %s", cases[i].attempts, cases[i].status,
			cases[i].header, cases[i].answer);
		assert_near(retry_delay(cases[i].attempts, cases[i].status, cases[i].header,
				    slice_of(cases[i].answer)),
			cases[i].seconds, 1e-9);
	}
}

/* URLs */

static void discord_is_asked_to_wait_whatever_stands_in_the_url(void **state)
{
	static const char *const cases[][2] = {
		{"https://h/a", "https://h/a?wait=true"},
		{"https://h/a?", "https://h/a?wait=true"},
		{"https://h/a?thread_id=1", "https://h/a?thread_id=1&wait=true"},
		{"https://h/a?thread_id=1&", "https://h/a?thread_id=1&wait=true"},
		{"https://h/a?&&thread_id=1", "https://h/a?thread_id=1&wait=true"},
		{"https://h/a?wait=false", "https://h/a?wait=true"},
		{"https://h/a?wait=true", "https://h/a?wait=true"},
		{"https://h/a?wait=false&thread_id=1&wait=0", "https://h/a?thread_id=1&wait=true"},
		{"https://h/a?await=1&with_components=true",
			"https://h/a?await=1&with_components=true&wait=true"},
		{"https://h/a#b", "https://h/a?wait=true"},
		{"https://h/a?b=1#c?d&e", "https://h/a?b=1&wait=true"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("%s", cases[i][0]);
		assert_text(message_discord_url(cases[i][0], &arena), cases[i][1]);
	}
}

static void of_a_url_the_host_alone_is_shown(void **state)
{
	static const char *const cases[][2] = {
		{"https://discord.com/api/webhooks/1/x", "discord.com"},
		{"https://ntfy.example.org:8443/topic", "ntfy.example.org:8443"},
		{"https://user:secret@h/topic", "h"},
		{"https://:tk_secret@h?x", "h"},
		{"https://a@b@h/", "h"},
		{"http://[::1]:80/x", "[::1]:80"},
		{"https://h", "h"},
		{"https://h#secret", "h"},
		{"https://h\\@secret", "h"},
		{"https://user:pass/word@h/",
			""}, /* a password with a slash: where the host is is not known */
		{"https://h:secret", ""},
		{"https://se{cr}et/", ""},
		{"https:///secret", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("%s", cases[i][0]);
		assert_text(message_host(cases[i][0], &arena), cases[i][1]);
	}
}

static void what_repeats_a_part_of_the_url_is_telling(void **state)
{
	static const char url[] = "https://me:pass-word@h.org/api/webhooks/123/To_ken-9?key=abc#frag";
	static const struct {
		const char *text;
		bool is_telling;
	} cases[] = {
		{"", false},
		{"{\"message\": \"Unknown Webhook\", \"code\": 10015}", false},
		{"no route to h.org", false},
		{"no such hook: To_ken-9", true},
		{"NO SUCH HOOK: TO_KEN-9", true},
		{"/api/webhooks/123/...", true},
		{"wrong pass-word", true},
		{"key abc", true},
		{"frag", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("%s", cases[i].text);
		assert_count(message_is_telling(url, cases[i].text), cases[i].is_telling);
	}
	assert_false(message_is_telling("https://h", "anything"));
}

static void http_is_for_this_machine(void **state)
{
	static const struct {
		const char *url;
		bool is_readable;
	} cases[] = {
		{"https://discord.com/x", false},
		{"http://localhost/x", false},
		{"http://localhost:80", false},
		{"http://127.0.0.1:8080/x", false},
		{"http://127.1.2.3/", false},
		{"http://[::1]:80/x", false},
		{"http://user:x@localhost/", false},
		{"http://ntfy.lan/x", true},
		{"http://192.168.0.2/", true},
		{"http://localhost.example.org/", true},
		{"http://127.0.0.1.example.org/", true},
		{"http://localhost@example.org/", true},
		{"http://[::1]x/", true},
		{"http://127.a/", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("%s", cases[i].url);
		assert_count(send_is_readable_on_the_way(cases[i].url), cases[i].is_readable);
	}
}

/* Messages */

static void a_header_is_one_line_of_ascii(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"web-1: 24h Report", "web-1: 24h Report"},
		{"caf\303\251 1", "=?UTF-8?Q?caf=C3=A9_1?="},
		{"a\r\nX: y", "=?UTF-8?Q?a=0D=0AX=3A_y?="},
		{"=?UTF-8?Q?x?=", "=?UTF-8?Q?=3D=3FUTF=2D8=3FQ=3Fx=3F=3D?="},
		{"\x7F", "=?UTF-8?Q?=7F?="},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unit_case("%s", cases[i][0]);
		assert_text(message_header_value(cases[i][0], &arena), cases[i][1]);
	}
}

static void a_text_is_cut_between_lines(void **state)
{
	struct buf text AUTO_BUF = buf_new(1 << 20);
	char *cut;

	(void)state;
	assert_text(message_cut("", 100, &arena), "");
	assert_text(message_cut("a\nb\n\n", 100, &arena), "a\nb");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "line %03d\n", i);
	assert_text(message_cut(text.data, 60, &arena), "line 000\nline 001\nline 002\nand 97 more lines");
	assert_text(message_cut(text.data, 899, &arena), arena_slice(&arena, (struct slice){text.data, 899}));
	cut = message_cut(text.data, 898, &arena);
	assert_true(strlen(cut) <= 898);
	assert_non_null(strstr(cut, "\nand 4 more lines"));
	cut = message_cut(unit_repeat(&arena, 'x', 5000).data, 1000, &arena); /* no line fits */
	assert_text(cut, "and 1 more lines");
}

static void each_place_that_the_config_names_is_a_target(void **state)
{
	struct delivery deliveries[SEND_TARGETS];
	struct config config;
	struct err err;

	(void)state;
	config_init(&config);
	assert_count(send_targets(&config, deliveries), 0);
	assert_int_equal(config_parse(&config,
				 slice_of("{\"discord\":{\"webhook_url\":\"https://a/x\"},\"send\":{"
					  "\"slack_url\":\"https://b/x\",\"ntfy_url\":\"https://c/x\","
					  "\"json_url\":\"https://d/x\"}}"),
				 &err),
		0);
	assert_count(send_targets(&config, deliveries), SEND_TARGETS);
	for (size_t i = 0; i < SEND_TARGETS; i++) {
		assert_count(deliveries[i].is_delivered, FLAG_UNKNOWN);
		assert_count(deliveries[i].host[0], 'a' + (char)i);
		assert_text(deliveries[i].reason, "");
	}
	assert_text(deliveries[2].key, "ntfy");
	config.discord.webhook_url = arena_string(&config.arena, "");
	assert_count(send_targets(&config, deliveries), SEND_TARGETS - 1);
	assert_text(deliveries[0].key, "slack");
	config_release(&config);
}

/* Where there is Markdown, ntfy gets that; Slack, whose own differs, the text in a code block. */
static void a_place_gets_the_form_that_it_shows_best(void **state)
{
	struct send_content content;
	struct message message;

	(void)state;
	send_content_init(&content, 1 << 20);
	content.severity = SEVERITY_WARNING;
	buf_add_string(&content.title, "web");
	buf_add_string(&content.text, "a `b` <c>\n");
	message_make(&message, &kinds[2], "https://h/x", &content, &arena);
	assert_text(arena_slice(&arena, message.body), "a `b` <c>");
	assert_null(message.headers[4]);
	buf_add_string(&content.markdown, "**a** `b` <c>\n");
	message_make(&message, &kinds[1], "https://h/x", &content, &arena);
	assert_text(arena_slice(&arena, message.body), "{\"text\":\"web\\n```\\na 'b' &lt;c&gt;\\n```\"}");
	message_make(&message, &kinds[2], "https://h/x", &content, &arena);
	assert_text(arena_slice(&arena, message.body), "**a** `b` <c>");
	assert_text(message.headers[1], "Title: web");
	assert_text(message.headers[2], "Priority: 4");
	assert_text(message.headers[3], "Tags: warning");
	assert_text(message.headers[4], "Markdown: yes");
	assert_null(message.headers[5]);
	send_content_release(&content);
}

static void what_is_too_large_to_be_made_is_not_sent_in_part(void **state)
{
	struct send_content content;
	struct message message;

	(void)state;
	send_content_init(&content, 10);
	buf_add_string(&content.discord, "{\"content\":\"x\"}");
	buf_add_string(&content.json, "{\"content\":\"x\"}");
	message_make(&message, &kinds[0], "https://h/x", &content, &arena);
	assert_true(message.is_too_large);
	message_make(&message, &kinds[3], "https://h/x", &content, &arena);
	assert_true(message.is_too_large);
	send_content_release(&content);
}

static void the_parts_of_a_body_stand_between_boundaries(void **state)
{
	const struct multipart_part parts[] = {
		{"payload_json", "application/json", NULL, slice_of("{\"a\":1}")},
		{"files[0]", "image/png", "report.png", {"\x89P\0\r\n", 5}},
	};
	static const char expected[] =
		"--asmo-boundary-0\r\n"
		"Content-Disposition: form-data; name=\"payload_json\"\r\n"
		"Content-Type: application/json\r\n\r\n{\"a\":1}\r\n"
		"--asmo-boundary-0\r\n"
		"Content-Disposition: form-data; name=\"files[0]\"; filename=\"report.png\"\r\n"
		"Content-Type: image/png\r\n\r\n\x89P\0\r\n\r\n"
		"--asmo-boundary-0--\r\n";
	struct buf body AUTO_BUF = buf_new(4096);

	(void)state;
	assert_text(multipart_write(&body, parts, 2, &arena),
		"Content-Type: multipart/form-data; boundary=asmo-boundary-0");
	assert_count(body.len, sizeof(expected) - 1);
	assert_memory_equal(body.data, expected, body.len);
}

static void a_boundary_stands_in_no_part(void **state)
{
	const struct multipart_part parts[] = {
		{"a", "text/plain", NULL, slice_of("asmo-boundary-1")},
		{"b", "text/plain", NULL, {"\0--asmo-boundary-0--", 20}},
		{"c", "text/plain", NULL, {NULL, 0}},
	};
	struct buf body AUTO_BUF = buf_new(4096);

	(void)state;
	assert_text(multipart_write(&body, parts, 3, &arena),
		"Content-Type: multipart/form-data; boundary=asmo-boundary-2");
}

/* As one body; without a picture it is the payload alone. */
static void a_picture_goes_with_the_payload_to_discord_alone(void **state)
{
	struct send_content content;
	struct message message;

	(void)state;
	send_content_init(&content, 1 << 20);
	buf_add_string(&content.discord, "{}");
	message_make(&message, &kinds[0], "https://h/x", &content, &arena);
	assert_text(message.headers[0], "Content-Type: application/json");
	assert_count(message.body.len, 2);
	buf_add_string(&content.picture, "picture");
	message_make(&message, &kinds[0], "https://h/x", &content, &arena);
	assert_text(message.headers[0], "Content-Type: multipart/form-data; boundary=asmo-boundary-0");
	assert_non_null(strstr(message.body.data, "filename=\"" SEND_PICTURE "\""));
	assert_false(message.is_too_large);
	for (size_t i = 1; i < SEND_TARGETS; i++) {
		message_make(&message, &kinds[i], "https://h/x", &content, &arena);
		assert_null(memmem(message.body.data, message.body.len, "picture", 7));
	}
	send_content_release(&content);
	send_content_init(&content, 11 << 20);
	for (int i = 0; i < 11; i++)
		buf_add(&content.picture, unit_repeat(&arena, 'x', 1 << 20).data, 1 << 20);
	message_make(&message, &kinds[0], "https://h/x", &content, &arena);
	assert_true(message.is_too_large); /* for Discord */
	send_content_release(&content);
}

static void an_alert_tells_what_is_new_first_and_what_is_only_suspected_last(void **state)
{
	struct issue issues[] = {
		{"a", "warning", "pending", "perhaps", 1768125600 - 60, MISSING, 1},
		{"b", "critical", "ongoing", "for a day", 1768125600 - 21 * 3600, 0, 2},
		{"c", "warning", "ongoing", "for hours", 1768125600 - 20 * 3600, 0, 2},
		{"d", "critical", "resolved", "over", 1768125600 - 11100, 0, 2},
		{"e", "critical", "new", "bad", 1768125600, 0, 1},
	};
	const struct config_discord discord = {.webhook_url = "", .username = ""};
	struct send_content content;
	struct snapshot snapshot;

	(void)state;
	unit_set_zone("UTC");
	snapshot_init(&snapshot);
	snapshot.epoch = 1768125600; /* 2026-01-11 10:00 */
	snapshot.cpu_percent = 1;
	snapshot.containers_total = 4;
	snapshot.containers_running = 3;
	snapshot.server = arena_string(&snapshot.arena, "tower");
	snapshot.alert.issues = issues;
	snapshot.alert.issue_count = sizeof(issues) / sizeof(issues[0]);
	send_content_init(&content, 1 << 20);
	render_alert_message(&content, &(struct outcome){.snapshot = &snapshot}, &discord);
	assert_string_equal(content.title.data, "tower \xE2\x80\xA2 Critical Alert");
	assert_string_equal(content.text.data, "New\ncritical: bad\n\nResolved\nafter 3h 5m: over\n\n"
					       "Ongoing\ncritical, since Jan 10 13:00: for a day\n"
					       "warning, since 14:00: for hours\n\n"
					       "Not yet confirmed\nwarning: perhaps\n\n"
					       "CPU 1.0 %, RAM n/a, 3 of 4 containers running\n");
	send_content_release(&content);
	snapshot_release(&snapshot);
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_an_attempt_means),
		TEST(how_long_to_wait),
		TEST(discord_is_asked_to_wait_whatever_stands_in_the_url),
		TEST(of_a_url_the_host_alone_is_shown),
		TEST(what_repeats_a_part_of_the_url_is_telling),
		TEST(http_is_for_this_machine),
		TEST(a_header_is_one_line_of_ascii),
		TEST(a_text_is_cut_between_lines),
		TEST(each_place_that_the_config_names_is_a_target),
		TEST(a_place_gets_the_form_that_it_shows_best),
		TEST(what_is_too_large_to_be_made_is_not_sent_in_part),
		TEST(the_parts_of_a_body_stand_between_boundaries),
		TEST(a_boundary_stands_in_no_part),
		TEST(a_picture_goes_with_the_payload_to_discord_alone),
		TEST(an_alert_tells_what_is_new_first_and_what_is_only_suspected_last),
	};

	return cmocka_run_group_tests_name("send", tests, NULL, NULL);
}

/* asmo-report: reads the last day of the history and prints what happened.
 *
 * Exit status: 0 a report is printed, and with --send delivered, also when it says that there is no history;
 * 1 it could not be; 2 usage or config.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/history.h"
#include "asmo/render.h"
#include "asmo/report.h"
#include "program.h"
#include "progress.h"

enum { OUTPUT_LIMIT = 16 * 1024 * 1024, HISTORIES_MAX = 10 /* as many embeds as a message may have */ };

static const double day_seconds = 24 * 3600;
/* What forecasts are made of: a month at most, one snapshot in about an hour. */
static const double past_seconds = 30 * 86400.0, past_step_seconds = 3300;

enum { FORMATS_TEXT = 120 };

enum {
	OPTION_HOURS = 256,
	OPTION_UNTIL,
	OPTION_SEND,
};

static char format_help[FORMATS_TEXT]; /* filled before the options are read */

static const struct program_option option_rows[] = {
	{'c', "config", "FILE", "read this config"},
	{OPTION_HOURS, "hours", "N", "look back so many hours (default: report_hours, 24)"},
	{OPTION_UNTIL, "until", "TIME", "end of the window: 2026-01-31T09:00:00, or seconds since 1970"},
	{'f', "format", "FORMAT", format_help},
	{'o', "output", "FILE", "write it there; .html, .md, .png and .txt choose the format"},
	{OPTION_SEND, "send", NULL, "post it to the webhooks of the config as well"},
	{'v', "verbose", NULL, "say on stderr what is done"},
	{'q', "quiet", NULL, "nothing on stderr but errors"},
	{'h', "help", NULL, "this text"},
	{'V', "version", NULL, "the version"},
	{0, NULL, NULL, NULL},
};

struct options {
	double hours;                       /* 0: as the config says */
	double until_epoch;                 /* 0: now */
	const struct report_format *format; /* NULL, while options are read: not said */
	const char *output;
	char *const *histories; /* NULL: the config's */
	size_t history_count;
	bool is_sending, help, version;
};

static int parse_until(const char *text, double *ret, struct err *err)
{
	double epoch = clock_parse(text, strlen(text));

	if (epoch > 0 || program_parse_number(text, 1, 1e11, &epoch)) {
		*ret = epoch;
		return 0;
	}
	return err_set(err, EINVAL,
		"--until %s is no time, allowed is 2026-01-31T09:00:00 or seconds since 1970", text);
}

static int parse_format(const char *name, const struct report_format **ret, struct err *err)
{
	char list[FORMATS_TEXT] = "";

	for (const struct report_format *format = report_formats; format->name; format++)
		if (strcmp(format->name, name) == 0) {
			*ret = format;
			return 0;
		}
	program_list_names(list, sizeof(list), report_formats, sizeof(*report_formats));
	return err_set(err, EINVAL, "format %s is not known, allowed is %s", name, list);
}

static const struct report_format *format_of_file(const char *name)
{
	const char *suffix = strrchr(name, '.');

	for (const struct report_format *format = report_formats; suffix && format->name; format++)
		if (format->suffix && strcasecmp(suffix, format->suffix) == 0)
			return format;
	return report_formats;
}

static int parse_options(struct program *program, int argc, char **argv, struct options *o, struct err *err)
{
	const char *argument;
	int letter;

	while ((letter = program_next_option(program, argc, argv, &argument, err)) != -1) {
		switch (letter) {
		case 'c':
			program->config_option = argument;
			break;
		case OPTION_HOURS:
			if (!program_parse_number(argument, 0.01, 87600, &o->hours))
				return err_set(err, EINVAL,
					"--hours %s is wrong, allowed is a number from 0.01 to 87600",
					argument);
			break;
		case OPTION_UNTIL:
			if (parse_until(argument, &o->until_epoch, err) < 0)
				return -1;
			break;
		case 'f':
			if (parse_format(argument, &o->format, err) < 0)
				return -1;
			break;
		case 'o':
			o->output = argument;
			break;
		case OPTION_SEND:
			o->is_sending = true;
			break;
		case 'v':
			program->is_verbose = true;
			break;
		case 'q':
			program->is_quiet = true;
			break;
		case 'h':
			o->help = true;
			break;
		case 'V':
			o->version = true;
			break;
		default:
			return -1;
		}
	}
	if (!o->format)
		o->format = format_of_file(o->output ? o->output : "");
	if (o->format->unavailable && *o->format->unavailable)
		return err_set(err, ENOTSUP, "format %s: %s", o->format->name, o->format->unavailable);
	o->histories = argv + optind;
	o->history_count = (size_t)(argc - optind);
	if (o->history_count > HISTORIES_MAX)
		return err_set(err, EINVAL, "%zu histories are too many, allowed are %d", o->history_count,
			HISTORIES_MAX);
	return 0;
}

static bool has_output_file(const struct options *o)
{
	return o->output && strcmp(o->output, "-") != 0;
}

static int load_config(struct program *program, const struct options *o, struct err *err)
{
	const char *output = has_output_file(o) ? o->output : NULL;

	if (program_load_config(program, err) < 0 || program_check_files(program, output, err) < 0)
		return -1;
	for (size_t i = 0; output && i < o->history_count; i++)
		if (file_is_same(output, o->histories[i]))
			return err_set(err, EINVAL,
				"the output %s is the same file as the history %s: each needs one of its own",
				output, o->histories[i]);
	return 0;
}

static void add_to_report(const struct snapshot *snapshot, void *report)
{
	report_add(report, snapshot);
}

static void add_to_past(const struct snapshot *snapshot, void *report)
{
	report_add_past(report, snapshot);
}

/* Forecasts look at the whole history; they do without it where it can't be read. */
static void read_past(const char *history, double to, struct report *report)
{
	struct history_stat stat;
	struct err ignored;

	history_sample(history, to - past_seconds, to, past_step_seconds, add_to_past, report, &stat,
		&ignored);
}

/* Reads the window of the history into a digest. A history that is not there is a digest as well, and of
 * several one that can't be read. */
static int digest_history(const struct program *program, const struct options *o, const char *history,
	double now, struct digest *ret_digest, struct err *err)
{
	const struct config *config = &program->config;
	double to = o->until_epoch > 0 ? o->until_epoch : now;
	double from = to - (o->hours > 0 ? o->hours : config->report_hours) * 3600;
	struct history_stat stat = {.oldest_epoch = MISSING};
	const struct err *no_history = NULL;
	char host[256] = "";
	struct report *report;

	if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
		snprintf(host, sizeof(host), "server");
	report = report_begin(o->history_count > 1     ? history
			      : config->server_name[0] ? config->server_name
						       : host,
		from, to);
	/* The snapshots of the day before say what has changed by the first one of the window. */
	if (history_read(history, from - day_seconds, to, add_to_report, report, &stat, err) < 0) {
		if (err->code != ENOENT && o->history_count < 2) {
			report_finish(report, &config->thresholds, &stat, NULL, ret_digest);
			digest_release(ret_digest);
			return -1;
		}
		if (err->code == ENOENT)
			err_set(err, ENOENT, "there is no history %.400s", history);
		program_say(program, "%s%s", err->text, err->code == ENOENT ? "; asmo-monitor makes it" : "");
		no_history = err;
	}
	program_say_more(program, "history: %s, %zu snapshots in the window and the day before", history,
		stat.snapshots);
	read_past(history, to, report);
	if (stat.was_damaged)
		program_say(program, "history %s is damaged: what could not be read is left out", history);
	report_finish(report, &config->thresholds, &stat, no_history, ret_digest);
	return 0;
}

static int write_output(const struct options *o, struct buf *text, struct err *err)
{
	bool is_binary = o->format->is_binary;

	if (!has_output_file(o) && !is_binary)
		return program_print(text, o->format->is_json, err);
	if (text->len && text->data[text->len - 1] != '\n' && !is_binary)
		buf_add_char(text, '\n');
	if (text->overflow)
		return err_set(err, EFBIG, "the report is larger than %zu bytes", text->limit);
	if (!text->len && is_binary)
		return err_set(err, EIO, "the report as %s could not be made", o->format->name);
	if (!has_output_file(o))
		return file_write(STDOUT_FILENO, "the output", text->data, text->len, err);
	return file_put(o->output, buf_slice(text), 0600, err);
}

static int fail(const struct program *program, int status, const struct err *err)
{
	program_complain(program, "%s", err->text);
	return status;
}

static void release_digests(struct digest *digests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		digest_release(&digests[i]);
}

/* A digest of each history, the worst first. Returns how many, or -1. */
static int digest_histories(const struct program *program, const struct options *o,
	struct digest *ret_digests, struct err *err)
{
	char *const configured[] = {program->config.history_file};
	char *const *histories = o->history_count ? o->histories : configured;
	size_t count = o->history_count ? o->history_count : 1;
	double now = program_now();

	for (size_t i = 0; i < count; i++) {
		if (digest_history(program, o, histories[i], now, &ret_digests[i], err) < 0) {
			release_digests(ret_digests, i);
			return -1;
		}
	}
	digest_sort(ret_digests, count);
	return (int)count;
}

static bool send(const struct program *program, const struct digest *digests, size_t count,
	struct delivery *deliveries, size_t delivery_count)
{
	struct send_content content;
	bool is_sent;

	send_content_init(&content, OUTPUT_LIMIT);
	render_report_message(&content, digests, count, &program->config.discord);
	is_sent = program_send(program, &content, deliveries, delivery_count);
	send_content_release(&content);
	return is_sent;
}

static int run(const struct program *program, const struct options *o)
{
	struct delivery deliveries[SEND_TARGETS];
	size_t delivery_count = 0;
	const char *written[] = {has_output_file(o) ? o->output : NULL, program_log_file(program)};
	const bool is_seen = !has_output_file(o);
	const struct render_style style = {is_seen && program_is_colored(), is_seen ? program_columns() : 80,
		&program->config.discord, NULL};
	double begin = clock_monotonic();
	struct buf out AUTO_BUF = buf_new(OUTPUT_LIMIT);
	struct digest digests[HISTORIES_MAX];
	struct err err;
	int count, result;
	bool is_sent = true;

	if (is_seen && o->format->is_binary && isatty(STDOUT_FILENO)) {
		err_set(&err, EINVAL, "format %s is nothing for a terminal: use -o FILE", o->format->name);
		return fail(program, EXIT_USAGE, &err);
	}
	if (o->is_sending && program_find_targets(program, deliveries, &delivery_count, &err) < 0)
		return fail(program, EXIT_USAGE, &err);
	program_confine(program, written, 2, o->is_sending);
	if (!program->is_quiet)
		progress_begin(program->name);
	progress_at("reading the history");
	count = digest_histories(program, o, digests, &err);
	if (count < 0) {
		progress_end();
		return fail(program, EXIT_FAILURE, &err);
	}
	o->format->render(&out, digests, (size_t)count, &style);
	result = write_output(o, &out, &err);
	for (int i = 0; i < count; i++)
		program_log(program, "%s report of %.0f of %.0f snapshots in %.2f s: %s, %zu problems%s%s",
			o->format->name, digests[i].snapshots, digests[i].expected_snapshots,
			clock_monotonic() - begin, digests[i].severity, digests[i].problem_count,
			result < 0 ? "; not printed: " : "", result < 0 ? err.text : "");
	if (o->is_sending && !program->is_quiet)
		progress_begin(program->name); /* again, behind what was printed */
	progress_at("sending the report");
	if (o->is_sending)
		is_sent = send(program, digests, (size_t)count, deliveries, delivery_count);
	progress_end();
	release_digests(digests, (size_t)count);
	if (result < 0)
		return fail(program, EXIT_FAILURE, &err);
	return is_sent ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct program program = {
		.name = "asmo-report",
		.synopsis = " [HISTORY ...]",
		.purpose = "Reports on the last 24 hours of the history that asmo-monitor writes.",
		.options = option_rows,
	};
	struct options options = {0};
	struct err err;
	int status;

	signal(SIGPIPE, SIG_IGN); /* a reader that went away, or a limit, is an error of write() */
	signal(SIGXFSZ, SIG_IGN);
	umask(077); /* what is made is private */
	program_describe_formats(format_help, sizeof(format_help), report_formats, sizeof(*report_formats));
	if (parse_options(&program, argc, argv, &options, &err) < 0)
		return fail(&program, EXIT_USAGE, &err);
	if (options.help) {
		program_print_help(&program);
		return EXIT_SUCCESS;
	}
	if (options.version) {
		printf("%s %s\n", program.name, ASMO_VERSION);
		return EXIT_SUCCESS;
	}
	if (load_config(&program, &options, &err) < 0) {
		status = fail(&program, EXIT_USAGE, &err);
	} else {
		program.has_log = true;
		for (size_t i = 0; i < program.config.warnings.count; i++)
			program_say(&program, "config %s: %s", program.config_file,
				program.config.warnings.items[i]);
		status = run(&program, &options);
	}
	config_release(&program.config);
	return status;
}

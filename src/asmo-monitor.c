/* asmo-monitor: takes one snapshot of this machine and its containers, judges it, stores it, prints it.
 *
 * Exit status: 0 the snapshot is stored, whatever it says, and what there was to send is delivered; 1 it
 * could not be; 2 usage or config. With --exit-code: 0 fine, 1 warning, 2 critical, 3 failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asmo/alert.h"
#include "asmo/clock.h"
#include "asmo/docker.h"
#include "asmo/file.h"
#include "asmo/history.h"
#include "asmo/host.h"
#include "asmo/render.h"
#include "asmo/text.h"
#include "program.h"
#include "progress.h"

enum { LOCK_SECONDS = 10, OUTPUT_LIMIT = 16 * 1024 * 1024 };

static const double day_seconds = 24 * 3600;

enum {
	OPTION_HISTORY = 256,
	OPTION_DOCKER_HOST,
	OPTION_NO_DOCKER,
	OPTION_PROC,
	OPTION_EXIT_CODE,
	OPTION_CHECK_CONFIG,
	OPTION_SEND,
};

enum { FORMATS_TEXT = 120 };
static char format_help[FORMATS_TEXT]; /* filled before the options are read */

static const struct program_option option_rows[] = {
	{'c', "config", "FILE", "read this config"},
	{OPTION_HISTORY, "history", "FILE", "store the snapshot here"},
	{OPTION_DOCKER_HOST, "docker-host", "URL", "ask this engine: unix:///path or tcp://host:port"},
	{OPTION_NO_DOCKER, "no-docker", NULL, "ask no engine"},
	{OPTION_PROC, "proc", "DIR", "read this instead of /proc"},
	{'n', "dry-run", NULL, "store nothing, log nothing"},
	{'f', "format", "FORMAT", format_help},
	{OPTION_SEND, "send", NULL, "post what is news to the webhooks of the config"},
	{OPTION_EXIT_CODE, "exit-code", NULL, "exit 0 fine, 1 warning, 2 critical, 3 failed"},
	{OPTION_CHECK_CONFIG, "check-config", NULL, "say whether the config is right, and end"},
	{'v', "verbose", NULL, "say on stderr what is done"},
	{'q', "quiet", NULL, "nothing on stderr but errors"},
	{'h', "help", NULL, "this text"},
	{'V', "version", NULL, "the version"},
	{0, NULL, NULL, NULL},
};

struct options {
	const char *history;
	const char *docker_host;
	const char *proc;
	const struct outcome_format *format;
	bool no_docker, is_dry_run, is_sending, with_exit_code, check_config, help, version;
};

static int parse_format(const char *name, const struct outcome_format **ret, struct err *err)
{
	char list[FORMATS_TEXT] = "";

	for (const struct outcome_format *format = outcome_formats; format->name; format++) {
		if (strcmp(format->name, name) != 0)
			continue;
		*ret = format;
		return 0;
	}
	program_list_names(list, sizeof(list), outcome_formats, sizeof(*outcome_formats));
	return err_set(err, EINVAL, "format %s is not known, allowed is %s", name, list);
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
		case OPTION_HISTORY:
			o->history = argument;
			break;
		case OPTION_DOCKER_HOST:
			o->docker_host = argument;
			break;
		case OPTION_NO_DOCKER:
			o->no_docker = true;
			break;
		case OPTION_PROC:
			o->proc = argument;
			break;
		case 'n':
			o->is_dry_run = true;
			break;
		case 'f':
			if (parse_format(argument, &o->format, err) < 0)
				return -1;
			break;
		case OPTION_SEND:
			o->is_sending = true;
			break;
		case OPTION_EXIT_CODE:
			o->with_exit_code = true;
			break;
		case OPTION_CHECK_CONFIG:
			o->check_config = true;
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
	if (optind < argc)
		return err_set(err, EINVAL, "unexpected argument %s; see %s --help", argv[optind],
			program->name);
	if (o->is_sending && o->is_dry_run)
		return err_set(err, EINVAL,
			"--send and --dry-run do not go together: what is not stored would be sent again");
	return 0;
}

static int load_config(struct program *program, const struct options *o, struct err *err)
{
	struct config *config = &program->config;

	if (program_load_config(program, err) < 0)
		return -1;
	if (o->history)
		config->history_file = arena_string(&config->arena, o->history);
	return program_check_files(program, NULL, err);
}

static void set_identity(struct snapshot *s, const struct config *config, double now)
{
	char when[CLOCK_TEXT], host[256] = "";

	clock_format_local(now, when);
	s->timestamp = arena_string(&s->arena, when);
	s->epoch = now;
	if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
		snprintf(host, sizeof(host), "server");
	s->server = text_clean_copy(&s->arena, slice_of(config->server_name[0] ? config->server_name : host),
		100);
}

/* The engine's and the host's readings of the CPU bracket the same window: the time behind the first answers,
 * so that what the engine does to give them is not measured; or those answers themselves, when the engine
 * took so long. */
static int collect(struct program *program, const struct options *o, const struct snapshot *earlier,
	struct snapshot *s, struct err *err)
{
	const struct config *config = &program->config;
	int proc_fd AUTO_CLOSE = open(o->proc ? o->proc : "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cpu_ticks before, after;
	struct docker *docker = NULL;
	struct err fault;
	double begin;
	bool is_read;

	if (proc_fd < 0)
		return err_errno(err, errno, "the folder %s cannot be opened", o->proc ? o->proc : "/proc");
	progress_at("looking at the disks");
	host_collect(proc_fd, &config->disks, s);
	progress_at(o->no_docker ? "measuring the CPU" : "asking the container engine");
	begin = clock_monotonic();
	is_read = host_cpu_read(proc_fd, &before, &fault) == 0;
	if (o->no_docker)
		s->docker.error = arena_string(&s->arena, "not asked (--no-docker)");
	else
		docker = docker_begin(&config->docker, program_docker_host(program, o->docker_host), earlier,
			s);
	if (is_read && clock_monotonic() - begin < config->sample_seconds) {
		begin = clock_monotonic();
		is_read = host_cpu_read(proc_fd, &before, &fault) == 0;
	}
	clock_sleep_until(begin + config->sample_seconds);
	is_read = is_read && host_cpu_read(proc_fd, &after, &fault) == 0;
	docker_finish(docker, s);
	if (is_read)
		host_cpu_fill(&before, &after, s);
	else
		strings_printf(&s->problems, &s->arena, "%s", fault.text);
	return 0;
}

static void log_outcome(const struct program *program, const struct outcome *o)
{
	const struct snapshot *s = o->snapshot;
	const struct strings *issues =
		s->alert.critical_issues.count ? &s->alert.critical_issues : &s->alert.warnings;
	struct buf line AUTO_BUF = buf_new(4096);

	render_outcome_line(&line, o);
	program_log(program, "%s", line.data);
	if (issues->count)
		program_log(program, "%s%s", issues->items[0], issues->count > 1 ? ", and more" : "");
}

static void say_what_happened(const struct program *program, const struct outcome *o)
{
	const struct snapshot *s = o->snapshot;

	program_say_more(program, "config: %s",
		program->config_file ? program->config_file : "none, the defaults hold");
	for (size_t i = 0; i < s->problems.count; i++)
		program_say_more(program, "%s", s->problems.items[i]);
	if (s->docker.available == FLAG_YES)
		program_say_more(program, "engine: %s %s, %zu containers", s->docker.engine,
			s->docker.version, s->container_count);
	else if (s->docker.error)
		program_say_more(program, "no engine: %s", s->docker.error);
	if (o->history.was_damaged)
		program_say(program,
			"the history was damaged: %zu snapshots could be read, the old file is kept as %s",
			o->history.readable, o->history.kept_as);
}

static int print_outcome(const struct program *program, const struct options *o,
	const struct outcome *outcome, struct err *err)
{
	const struct render_style style = {program_is_colored(), program_columns(), &program->config.discord,
		NULL};
	struct buf out AUTO_BUF = buf_new(OUTPUT_LIMIT);

	o->format->render(&out, outcome, &style);
	return program_print(&out, o->format->is_json, err);
}

static int exit_status(const struct options *o, const struct outcome *outcome)
{
	const struct snapshot *s = outcome->snapshot;

	bool has_failed = outcome->error != NULL;

	for (size_t i = 0; i < outcome->delivery_count; i++)
		has_failed = has_failed || outcome->deliveries[i].is_delivered == FLAG_NO;
	if (!o->with_exit_code && o->is_sending && !outcome->delivery_count)
		return EXIT_USAGE;
	if (!o->with_exit_code)
		return has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
	if (has_failed)
		return 3;
	return s->alert.critical_issues.count ? 2 : s->alert.warnings.count ? 1 : 0;
}

/* Ends a run that came to no snapshot. */
static int fail(const struct program *program, const struct options *o, int status, const struct err *err)
{
	struct outcome outcome = {.error = err->text};
	struct err ignored;

	program_complain(program, "%s", err->text);
	print_outcome(program, o, &outcome, &ignored);
	return o->with_exit_code ? 3 : status;
}

/* What this snapshot is compared with. NULL: there is none. */
struct past {
	struct snapshot previous;
	struct snapshot with_engine; /* of the day */
	struct snapshot learnt;
	const struct snapshot *last;   /* the one before this */
	const struct snapshot *before; /* the last in which the engine answered, if it did; else `last` */
	const struct snapshot
		*known; /* the same, with what was known of a container before it was not inspected */
};

static void learn(const struct snapshot *snapshot, void *known)
{
	const struct snapshot *before = known;
	struct events events = {0};
	struct arena arena = {0};

	if (!event_engine_answered(snapshot))
		return;
	before = isnan(before->epoch) ? NULL : before;
	event_find(before, before, snapshot, &arena, &events);
	snapshot_learn(known, snapshot, events.oom_open);
	arena_release(&arena);
}

static void read_past(const struct program *program, const char *history_file, double now, bool with_engine,
	struct past *past)
{
	struct history_stat ignored;
	struct err err;

	snapshot_init(&past->previous);
	snapshot_init(&past->with_engine);
	snapshot_init(&past->learnt);
	past->last = past->before = past->known = NULL;
	if (history_last(history_file, &past->previous, &err) < 0) {
		if (err.code != ENOENT)
			program_say(program, "%s", err.text);
		return;
	}
	past->last = past->before = &past->previous;
	if (with_engine && past->previous.docker.available != FLAG_YES &&
		history_last_with_engine(history_file, now - day_seconds, &past->with_engine, &err) == 0)
		past->before = &past->with_engine;
	past->known = past->before;
	if (with_engine && !snapshot_is_inspected(past->before) &&
		history_read(history_file, now - day_seconds, past->before->epoch, learn, &past->learnt,
			&ignored, &err) == 0 &&
		past->learnt.epoch == past->before->epoch)
		past->known = &past->learnt;
}

/* What is older than this is dropped. A clock that jumps ahead for one run must not age what is older, so the
 * retention ends at most a day behind the previous snapshot. */
static double oldest_kept(const struct snapshot *before, double now, double retention_days)
{
	double newest = before ? fmin(now, before->epoch + day_seconds) : now;

	return newest - retention_days * day_seconds;
}

/* Makes the history's folder, and gives up what the run does not need. -1 when there can't be such a folder:
 * the snapshot is taken all the same. A dry run makes nothing and may write nowhere. */
static int make_room(struct program *program, const struct options *o, const char *history_file,
	struct err *err)
{
	const char *metrics_file = program->config.prometheus_file;
	const char *written[] = {o->is_dry_run ? NULL : history_file, program_log_file(program),
		o->is_dry_run || !*metrics_file ? NULL : metrics_file};
	bool is_local =
		o->no_docker || strncmp(program_docker_host(program, o->docker_host), "unix:", 5) == 0;
	int result = 0;

	if (!o->is_dry_run)
		result = file_make_folder_of(history_file, err);
	program_confine(program, written, 3, !is_local || o->is_sending);
	return result;
}

/* Whether what is news has yet to be told to the places of the config: what is printed for a person has not.
 */
static enum flag find_undelivered(const struct program *program, const struct options *o,
	const struct alert *alert)
{
	struct delivery targets[SEND_TARGETS];
	bool is_for_places =
		o->is_sending || (!o->format->is_json && send_targets(&program->config, targets));

	return is_for_places ? alert->notify : alert->undelivered;
}

struct judging {
	const struct program *program;
	const struct options *options;
	struct snapshot *snapshot;
	const struct past *past;
};

static void judge(const struct snapshot *known, const struct snapshot *last, const struct judging *judging)
{
	struct snapshot *s = judging->snapshot;

	alert_judge(s, known, last, &judging->program->config);
	s->alert.undelivered = find_undelivered(judging->program, judging->options, &s->alert);
}

static void drop_told_errors(struct snapshot *snapshot, const struct snapshot *last)
{
	for (size_t i = 0; i < snapshot->container_count; i++) {
		struct container *c = &snapshot->containers[i];
		const struct container *told = snapshot_container_near(last, c->name, i);

		if (told && container_is_same(told, c) && !isnan(told->log_until_epoch))
			container_drop_errors(c, told->log_until_epoch);
	}
}

/* Another run has stored its snapshot meanwhile: what it has told is no news, and what it could not send is.
 */
static void judge_again(const struct snapshot *last, void *context)
{
	const struct judging *judging = context;
	bool is_known = last->docker.available == FLAG_YES && snapshot_is_inspected(last);

	/* A history that somebody has laid out anew holds the same in other bytes. */
	if (!judging->past->last || last->epoch != judging->past->last->epoch)
		drop_told_errors(judging->snapshot, last);
	judge(is_known ? last : judging->past->known, last, judging);
}

/* The snapshot is stored before anything is sent, so that a slow webhook loses nothing. */
static void store(struct judging *judging, double now, struct outcome *outcome, struct err *err)
{
	const struct snapshot *last = judging->past->last;
	const struct history_expected expected = {last, judge_again, judging};

	outcome->is_stored = history_append(outcome->history_file, outcome->snapshot, &expected,
				     oldest_kept(last, now, judging->program->config.retention_days),
				     clock_monotonic() + LOCK_SECONDS, &outcome->history, err) == 0;
}

/* For node_exporter, which runs as another user: so others may read it, as they may read node_exporter's own
 * answers. That it can't be written is no reason to fail: whoever looks at the metrics sees their age. */
static void write_metrics(const struct program *program, struct outcome *outcome, struct err *err)
{
	const char *path = program->config.prometheus_file;
	struct buf text AUTO_BUF = buf_new(OUTPUT_LIMIT);

	render_outcome_prometheus(&text, outcome, NULL);
	outcome->metrics_file = path;
	if (text.overflow)
		err_set(err, EFBIG, "the metrics are larger than %zu bytes", text.limit);
	else if (file_put(path, buf_slice(&text), 0644, err) == 0)
		return;
	outcome->metrics_error = err->text;
	program_complain(program, "%s", err->text);
}

/* Takes note in the history that the alert has arrived. Without that note it is told again. */
static void note_delivery(const struct program *program, const char *history_file, struct snapshot *snapshot)
{
	struct snapshot before = *snapshot;
	struct err err;

	snapshot->alert.undelivered = FLAG_NO;
	if (history_replace_last(history_file, &before, snapshot, clock_monotonic() + LOCK_SECONDS, &err) < 0)
		program_say(program, "%s; the alert will be sent once more", err.text);
}

/* Sends what is news. It has arrived when one place has got it: the others are named, and what goes on is
 * told again in its time; to tell all of them again for the sake of one would be to call those that know. */
static void send_news(const struct program *program, const struct outcome *outcome, struct snapshot *snapshot,
	struct delivery *deliveries)
{
	struct send_content content;
	bool has_arrived = false;

	send_content_init(&content, OUTPUT_LIMIT);
	render_alert_message(&content, outcome, &program->config.discord);
	program_send(program, &content, deliveries, outcome->delivery_count);
	send_content_release(&content);
	for (size_t i = 0; i < outcome->delivery_count; i++)
		has_arrived = has_arrived || deliveries[i].is_delivered == FLAG_YES;
	if (has_arrived && outcome->is_stored)
		note_delivery(program, outcome->history_file, snapshot);
}

static int report(const struct program *program, const struct options *o, const struct outcome *outcome)
{
	struct err err;

	if (print_outcome(program, o, outcome, &err) == 0)
		return exit_status(o, outcome);
	program_complain(program, "%s", err.text);
	return o->with_exit_code ? 3 : EXIT_FAILURE;
}

static int run(struct program *program, const struct options *o)
{
	const struct config *config = &program->config;
	const char *history_file = config->history_file;
	struct outcome outcome = {.history_file = history_file, .is_sending = o->is_sending};
	struct delivery deliveries[SEND_TARGETS];
	double begin = clock_monotonic(), now = program_now();
	struct snapshot snapshot;
	struct past past;
	struct judging judging = {program, o, &snapshot, &past};
	bool has_room;
	struct err err, send_err, store_err, metrics_err;
	int status;

	outcome.deliveries = deliveries;
	/* Nobody to tell is no reason to forget. */
	if (o->is_sending &&
		program_find_targets(program, deliveries, &outcome.delivery_count, &send_err) < 0)
		outcome.error = send_err.text;
	snapshot_init(&snapshot);
	has_room = make_room(program, o, history_file, &store_err) == 0;
	if (!program->is_quiet)
		progress_begin(program->name);
	read_past(program, history_file, now, !o->no_docker, &past);
	set_identity(&snapshot, config, now);
	if (collect(program, o, past.before, &snapshot, &err) < 0) {
		status = fail(program, o, EXIT_USAGE, &err);
		goto out;
	}
	snapshot_set_averages(&snapshot, past.last, past.known);
	judge(past.known, past.last, &judging);

	outcome.snapshot = &snapshot;
	progress_at("storing the snapshot");
	if (!o->is_dry_run && has_room)
		store(&judging, now, &outcome, &store_err);
	if (!o->is_dry_run && !outcome.is_stored)
		outcome.error = store_err.text;
	outcome.duration_seconds = clock_monotonic() - begin;
	if (outcome.error)
		program_complain(program, "%s", outcome.error);
	if (!o->is_dry_run && *config->prometheus_file)
		write_metrics(program, &outcome, &metrics_err);
	say_what_happened(program, &outcome);
	log_outcome(program, &outcome);
	progress_at("sending the alert");
	if (outcome.delivery_count && snapshot.alert.notify == FLAG_YES)
		send_news(program, &outcome, &snapshot, deliveries);
	status = report(program, o, &outcome);
out:
	progress_end();
	snapshot_release(&past.learnt);
	snapshot_release(&past.with_engine);
	snapshot_release(&past.previous);
	snapshot_release(&snapshot);
	return status;
}

int main(int argc, char **argv)
{
	struct program program = {
		.name = "asmo-monitor",
		.synopsis = "",
		.purpose = "Takes a snapshot of this machine and its containers, stores it and prints it.",
		.options = option_rows,
	};
	struct options options = {.format = outcome_formats};
	struct err err;
	int status;

	signal(SIGPIPE, SIG_IGN); /* a reader that went away, or a limit, is an error of write() */
	signal(SIGXFSZ, SIG_IGN);
	umask(077); /* what is made is private */
	program_describe_formats(format_help, sizeof(format_help), outcome_formats, sizeof(*outcome_formats));
	if (parse_options(&program, argc, argv, &options, &err) < 0)
		return fail(&program, &options, EXIT_USAGE, &err);
	if (options.help) {
		program_print_help(&program);
		return EXIT_SUCCESS;
	}
	if (options.version) {
		printf("%s %s\n", program.name, ASMO_VERSION);
		return EXIT_SUCCESS;
	}
	if (load_config(&program, &options, &err) < 0) {
		status = fail(&program, &options, EXIT_USAGE, &err);
	} else {
		program.has_log = !options.is_dry_run && !options.check_config;
		for (size_t i = 0; i < program.config.warnings.count; i++)
			program_say(&program, "config %s: %s", program.config_file,
				program.config.warnings.items[i]);
		if (options.check_config) {
			program_print_config(&program, options.docker_host);
			status = EXIT_SUCCESS;
		} else {
			status = run(&program, &options);
		}
	}
	config_release(&program.config);
	return status;
}

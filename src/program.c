#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "asmo/confine.h"
#include "asmo/file.h"
#include "asmo/log.h"
#include "asmo/send.h"
#include "asmo/text.h"
#include "base/json.h"
#include "progress.h"

enum { OPTIONS_MAX = 32, CONFIG_LIMIT = 1024 * 1024 };

static const struct program_option *find_option(const struct program *program, int letter)
{
	const struct program_option *o = program->options;

	while (o->name && o->letter != letter)
		o++;
	return o->name ? o : NULL;
}

/* Says what is wrong with the option that getopt stumbled over. In `-qx` it has not yet gone past the
 * argument that holds the `x`; `optopt` is 0 only where a long option is wrong. */
static int refuse_option(const struct program *program, const char *argument, bool wants_argument,
	struct err *err)
{
	const struct program_option *known = optopt ? find_option(program, optopt) : NULL;
	size_t len = strcspn(argument, "="), count = 0;

	if (known)
		return err_set(err, EINVAL, "option --%s %s; see %s --help", known->name,
			wants_argument ? "wants an argument" : "takes no argument", program->name);
	if (optopt)
		return err_set(err, EINVAL, "unknown option -%c; see %s --help", optopt, program->name);
	for (const struct program_option *o = program->options; o->name; o++)
		count += len > 2 && strncmp(o->name, argument + 2, len - 2) == 0;
	return err_set(err, EINVAL, "%s option %.*s; see %s --help", count > 1 ? "ambiguous" : "unknown",
		(int)len, argument, program->name);
}

int program_next_option(const struct program *program, int argc, char **argv, const char **ret_argument,
	struct err *err)
{
	struct option longs[OPTIONS_MAX] = {0};
	char shorts[3 * OPTIONS_MAX] = ":";
	size_t used = 1;
	int letter;

	for (size_t i = 0; program->options[i].name; i++) {
		const struct program_option *o = &program->options[i];

		longs[i] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL,
			o->letter};
		if (o->letter < 256)
			used += (size_t)snprintf(shorts + used, sizeof(shorts) - used, "%c%s", o->letter,
				o->argument ? ":" : "");
	}
	opterr = 0;
	letter = getopt_long(argc, argv, shorts, longs, NULL);
	*ret_argument = optarg;
	if (letter == ':' || letter == '?') {
		refuse_option(program, argv[optind - 1], letter == ':', err);
		return '?';
	}
	return letter;
}

void program_print_help(const struct program *program)
{
	printf("Usage: %s [OPTION ...]%s\n%s\n\nOptions:\n", program->name, program->synopsis,
		program->purpose);
	for (size_t i = 0; program->options[i].name; i++) {
		const struct program_option *o = &program->options[i];
		char form[60], letter[5] = "    ";

		if (o->letter < 256)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(form, sizeof(form), "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
			o->argument ? o->argument : "");
		printf("  %-26s %s\n", form, o->help);
	}
}

/* The installation root: the folder above the bin/ in which the running program lies. */
static char *find_root(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len < 0)
		return NULL;
	path[len] = '\0';
	for (int i = 0; i < 2; i++) {
		slash = strrchr(path, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	return arena_string(arena, path);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool is_checkout(const char *root, struct arena *arena)
{
	return root && exists(arena_printf(arena, "%s/config.example.json", root)) &&
	       exists(arena_printf(arena, "%s/src/README.md", root));
}

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* $XDG_..._HOME, or its default below the home folder; NULL without a home. */
static char *xdg_folder(const char *name, const char *below_home, struct arena *arena)
{
	const char *folder = environment(name), *home = environment("HOME");

	if (folder)
		return arena_string(arena, folder);
	return home ? arena_printf(arena, "%s/%s", home, below_home) : NULL;
}

/* Where things are kept when no config says it. */
static void set_default_paths(struct config *config, const char *checkout)
{
	struct arena *arena = &config->arena;
	char *state = xdg_folder("XDG_STATE_HOME", ".local/state", arena);

	if (checkout) {
		config->history_file = arena_printf(arena, "%s/%s", checkout, config->history_file);
		config->log_file = arena_printf(arena, "%s/%s", checkout, config->log_file);
	} else if (geteuid() == 0 || !state) {
		config->history_file = arena_string(arena, "/var/lib/asmo/health_history.json");
		config->log_file = arena_string(arena, "/var/log/asmo/asmo.log");
	} else {
		config->history_file = arena_printf(arena, "%s/asmo/health_history.json", state);
		config->log_file = arena_printf(arena, "%s/asmo/logs/asmo.log", state);
	}
}

static char *find_config(const struct program *program, const char *checkout, struct arena *arena)
{
	char *user = xdg_folder("XDG_CONFIG_HOME", ".config", arena);
	char *places[3] = {
		checkout ? arena_printf(arena, "%s/config.json", checkout) : NULL,
		user ? arena_printf(arena, "%s/asmo/config.json", user) : NULL,
		arena_string(arena, "/etc/asmo/config.json"),
	};

	if (program->config_option)
		return arena_string(arena, program->config_option);
	if (environment("ASMO_CONFIG"))
		return arena_string(arena, environment("ASMO_CONFIG"));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] && exists(places[i]))
			return places[i];
	return NULL;
}

static char *below(struct arena *arena, const char *folder, char *path)
{
	return *path == '/' || !*path ? path : arena_printf(arena, "%s/%s", folder, path);
}

/* Whoever has a webhook's URL can post with it. */
static void warn_of_secrets(struct program *program)
{
	struct config *config = &program->config;
	struct stat st;
	bool can_others_read =
		stat(program->config_file, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const char *dot = strchr(key->name, '.'), *name = dot ? dot + 1 : key->name;
		const char *value;

		if (!key->is_secret)
			continue;
		value = *(char *const *)((const char *)config + key->offset);
		if (*value && can_others_read)
			strings_printf(&config->warnings, &config->arena,
				"others can read the %s in it: chmod 600 %s", name, program->config_file);
		if (*value && send_is_readable_on_the_way(value))
			strings_printf(&config->warnings, &config->arena,
				"%s begins with http://: whoever is on the way can read what is sent, and "
				"the address; use https://",
				key->name);
	}
}

int program_load_config(struct program *program, struct err *err)
{
	struct config *config = &program->config;
	struct arena *arena = &config->arena;
	struct buf text AUTO_BUF = buf_new(CONFIG_LIMIT);
	char *checkout, *real, *folder AUTO_FREE = NULL;

	config_init(config);
	checkout = find_root(arena);
	if (!is_checkout(checkout, arena))
		checkout = NULL;
	set_default_paths(config, checkout);
	program->config_file = find_config(program, checkout, arena);
	if (!program->config_file)
		return 0;
	if (file_read(AT_FDCWD, program->config_file, &text, err) < 0)
		return err_prefix(err, "config");
	if (config_parse(config, buf_slice(&text), err) < 0)
		return err_prefix(err, "config %s", program->config_file);
	warn_of_secrets(program);
	real = realpath(program->config_file, NULL);
	folder = file_folder_of(real ? real : program->config_file);
	free(real);
	config->history_file = below(arena, folder, config->history_file);
	config->log_file = below(arena, folder, config->log_file);
	config->prometheus_file = below(arena, folder, config->prometheus_file);
	config->send.ca_file = below(arena, folder, config->send.ca_file);
	if (!*config->history_file)
		return err_set(err, EINVAL, "config %s: history_file is empty, allowed is a path",
			program->config_file);
	return 0;
}

int program_check_files(const struct program *program, const char *output, struct err *err)
{
	const struct config *config = &program->config;
	const struct {
		const char *use, *path;
	} files[] = {
		{"the config", program->config_file},
		{"the history", config->history_file},
		{"the log", config->log_file},
		{"prometheus_file", config->prometheus_file},
		{"the output", output},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t k = 0; k < i; k++)
			if (files[i].path && *files[i].path && files[k].path &&
				file_is_same(files[i].path, files[k].path))
				return err_set(err, EINVAL,
					"%s %s is the same file as %s %s: each needs one of its own",
					files[i].use, files[i].path, files[k].use, files[k].path);
	return 0;
}

const char *program_docker_host(struct program *program, const char *option)
{
	struct arena *arena = &program->config.arena;
	const char *runtime = environment("XDG_RUNTIME_DIR");
	const char *sockets[4];

	if (option)
		return option;
	if (program->config.docker.host[0])
		return program->config.docker.host;
	if (environment("DOCKER_HOST"))
		return environment("DOCKER_HOST");
	if (!runtime)
		runtime = arena_printf(arena, "/run/user/%u", (unsigned)geteuid());
	sockets[0] = "/var/run/docker.sock";
	sockets[1] = arena_printf(arena, "%s/docker.sock", runtime);
	sockets[2] = "/run/podman/podman.sock";
	sockets[3] = arena_printf(arena, "%s/podman/podman.sock", runtime);
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (exists(sockets[i]))
			return arena_printf(arena, "unix://%s", sockets[i]);
	return arena_printf(arena, "unix://%s", sockets[0]);
}

int program_find_targets(const struct program *program, struct delivery ret_deliveries[SEND_TARGETS],
	size_t *ret_count, struct err *err)
{
	size_t count = send_targets(&program->config, ret_deliveries);

	if (!count)
		return err_set(err, EINVAL,
			"--send: the config names no place to send to; set discord.webhook_url, "
			"send.slack_url, "
			"send.ntfy_url or send.json_url");
	*ret_count = count;
	return 0;
}

void program_print_config(struct program *program, const char *docker_host)
{
	const struct config *config = &program->config;
	struct delivery targets[SEND_TARGETS];
	size_t count = send_targets(config, targets);

	printf("%s: %s\n",
		config->warnings.count ? "The config can be used, but what is said above needs a look"
				       : "The config is right",
		program->config_file ? program->config_file : "none, the defaults hold");
	printf("  history  %s\n", config->history_file);
	printf("  log      %s\n", *config->log_file ? config->log_file : "none");
	if (*config->prometheus_file)
		printf("  metrics  %s\n", config->prometheus_file);
	printf("  engine   %s\n",
		text_mask(&program->config.arena, program_docker_host(program, docker_host)));
	for (size_t i = 0; i < count; i++)
		printf("  --send   %s, %s\n", targets[i].name, targets[i].host);
	if (!count)
		printf("  --send   to no place: the config names none\n");
}

bool program_send(const struct program *program, const struct send_content *content,
	struct delivery *deliveries, size_t count)
{
	size_t missed = send_all(&program->config, content, deliveries, count);

	for (size_t i = 0; i < count; i++) {
		const struct delivery *d = &deliveries[i];

		if (d->is_delivered == FLAG_YES) {
			program_say_more(program, "sent to %s (%s)", d->name, d->host);
			program_log(program, "sent to %s (%s)", d->name, d->host);
		} else {
			program_complain(program, "not sent to %s (%s): %s", d->name, d->host, d->reason);
		}
	}
	return missed == 0;
}

double program_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say(const struct program *program, const char *text)
{
	progress_pause();
	fprintf(stderr, "%s: %s\n", program->name, text);
	progress_go_on();
}

/* A log that can't be written is tried once: each time may mean to wait for its lock. */
static void add_to_log(const struct program *program, const char *text)
{
	static bool is_given_up;
	const char *path = program->config.log_file;
	struct err err;

	if (!program->has_log || !*path || is_given_up)
		return;
	is_given_up = log_add(path, LOG_LIMIT, program_now(), program->name, text, &err) < 0;
	if (is_given_up && !program->is_quiet)
		say(program, err.text);
}

__attribute__((format(printf, 4, 0))) static void message(const struct program *program, bool to_stderr,
	bool to_log, const char *format, va_list args)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, args);
	if (to_stderr)
		say(program, text);
	if (to_log)
		add_to_log(program, text);
}

void program_complain(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(program, true, true, format, args);
	va_end(args);
}

void program_say(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(program, !program->is_quiet, true, format, args);
	va_end(args);
}

void program_say_more(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(program, program->is_verbose && !program->is_quiet, false, format, args);
	va_end(args);
}

void program_log(const struct program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(program, false, true, format, args);
	va_end(args);
}

int program_print(const struct buf *text, bool is_json, struct err *err)
{
	struct buf out AUTO_BUF = buf_new(2 * text->len + 64 * 1024);

	progress_end(); /* it may be the same terminal */
	if (text->overflow)
		return err_set(err, EFBIG, "the output is larger than %zu bytes", text->limit);
	if (!is_json || !isatty(STDOUT_FILENO))
		buf_add(&out, text->data, text->len);
	else if (json_write_indented(&out, buf_slice(text), err) < 0)
		return -1;
	if (out.len && out.data[out.len - 1] != '\n')
		buf_add_char(&out, '\n');
	return file_write(STDOUT_FILENO, "the output", out.data, out.len, err);
}

bool program_is_colored(void)
{
	const char *terminal = environment("TERM");

	return isatty(STDOUT_FILENO) && !environment("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
}

int program_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

const char *program_log_file(const struct program *program)
{
	const char *path = program->config.log_file;
	struct stat st;
	struct err ignored; /* it is named when a line is written */

	if (!program->has_log || !*path || file_make_folder_of(path, &ignored) < 0)
		return NULL;
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? NULL : path;
}

void program_confine(const struct program *program, const char *const *files, size_t count, bool may_connect)
{
	struct err err;

	if (confine(files, count, may_connect, &err) < 0)
		program_say_more(program, "not confined: %s", err.text);
}

void program_list_names(char *text, size_t size, const void *rows, size_t row_size)
{
	for (const char *row = rows; *(const char *const *)(const void *)row; row += row_size) {
		bool is_last = !*(const char *const *)(const void *)(row + row_size);
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s",
			row == (const char *)rows ? ""
			: is_last                 ? " or "
						  : ", ",
			*(const char *const *)(const void *)row);
	}
}

void program_describe_formats(char *text, size_t size, const void *rows, size_t row_size)
{
	snprintf(text, size, "what to print (default: %s): ", *(const char *const *)rows);
	program_list_names(text, size, rows, row_size);
}

bool program_parse_number(const char *text, double min, double max, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= min && value <= max))
		return false;
	*ret = value;
	return true;
}

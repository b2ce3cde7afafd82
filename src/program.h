/* What the two programs have in common: options, finding the config, messages. Only the programs themselves
 * include this; it prints, and knows the environment and the wall clock.
 */
#ifndef ASMO_PROGRAM_H
#define ASMO_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "asmo/buf.h"
#include "asmo/config.h"
#include "asmo/err.h"
#include "asmo/send.h"

#define ASMO_VERSION "0.1.0"

/* One option; `letter` is its short form, or a value above 255 when it has none. */
struct program_option {
	int letter;
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
};

struct program {
	const char *name;
	const char *synopsis; /* behind the options */
	const char *purpose;
	const struct program_option *options; /* up to a NULL name */

	const char *config_option; /* -c */
	bool is_quiet, is_verbose;
	bool has_log; /* messages go to the log as well */
	struct config config;
	char *config_file; /* the one that was read; NULL: none. In the config's arena. */
};

enum { EXIT_USAGE = 2 };

/* Takes the next option from the command line: its letter and its argument. -1 when there are no more: then
 * `optind` is the index of the first operand. '?' when it is wrong: `err` says how. */
int program_next_option(const struct program *program, int argc, char **argv, const char **ret_argument,
	struct err *err);
void program_print_help(const struct program *program);

/* Finds and reads the config. Relative paths in it, and the defaults, become absolute. Errors: as
 * config_parse, with the file's name; ENOENT when a file that was asked for is not there. */
int program_load_config(struct program *program, struct err *err);

/* EINVAL when two of the config, its files and the `output` (NULL: none) are the same file. To be called
 * before anything is written, be it to the log. */
int program_check_files(const struct program *program, const char *output, struct err *err);

/* The engine's address: the option, the config, DOCKER_HOST, or the first socket that exists. In the config's
 * arena. */
const char *program_docker_host(struct program *program, const char *option);

/* The log, after its folder is made; NULL when there is none, or a symbolic link, which is not followed. */
const char *program_log_file(const struct program *program);

/* Gives up every write but to the folders of these files (a NULL is passed over), and more: see confine.h. To
 * be called before anything foreign is read. Where the kernel can't do it the program goes on. */
void program_confine(const struct program *program, const char *const *files, size_t count, bool may_connect);

/* Prints what --check-config says: what would be used. `docker_host`: as for program_docker_host. */
void program_print_config(struct program *program, const char *docker_host);

/* The places to send to. EINVAL when the config names none. */
int program_find_targets(const struct program *program, struct delivery ret_deliveries[SEND_TARGETS],
	size_t *ret_count, struct err *err);

/* Sends it to each, and says which have not got it. Whether all have. */
bool program_send(const struct program *program, const struct send_content *content,
	struct delivery *deliveries, size_t count);

double program_now(void); /* UTC seconds since 1970 */

/* A message on stderr: always; unless -q; only with -v. The first two go to the log as well. */
void program_complain(const struct program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void program_say(const struct program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void program_say_more(const struct program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a line to the log; a log that can't be written is said on stderr and is no reason to fail. */
void program_log(const struct program *program, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes all of it and a line feed to stdout; a JSON document is indented when a person looks at it. */
int program_print(const struct buf *text, bool is_json, struct err *err);

/* Whether stdout is a terminal that wants colours (NO_COLOR is unset or empty), and how wide it is: 80 where
 * nobody can say. */
bool program_is_colored(void);
int program_columns(void);

/* Adds `json, prometheus or text`: the names with which the rows of a table begin, up to a NULL; `row_size`
 * is a row's. */
void program_list_names(char *text, size_t size, const void *rows, size_t row_size);
/* `what to print (default: json): json, prometheus or text`, of a table of formats. */
void program_describe_formats(char *text, size_t size, const void *rows, size_t row_size);

/* A whole number or a decimal one, all of the text. */
bool program_parse_number(const char *text, double min, double max, double *ret);

#endif

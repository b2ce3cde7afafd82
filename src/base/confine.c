#include "asmo/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asmo/file.h"

/* From <linux/landlock.h> of Linux 6.12, spelled out: the headers of a distribution know a part of it or
 * none. */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_CHAR = 1 << 6,
	MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8,
	MAKE_SOCK = 1 << 9,
	MAKE_FIFO = 1 << 10,
	MAKE_BLOCK = 1 << 11,
	MAKE_SYM = 1 << 12,
	TRUNCATE = 1 << 14,
	IOCTL_DEV = 1 << 15,
};

enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 };

struct ruleset {
	uint64_t files, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What can be given up, by the version that brought it. Reading is not in it; moving a file to another folder
 * needs not be, as it is refused unless a rule allows it. */
static const struct {
	int version;
	struct ruleset adds;
} versions[] = {
	{1, {.files = EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG |
		      MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM}},
	{3, {.files = TRUNCATE}},
	{4, {.net = BIND_TCP | CONNECT_TCP}},
	{5, {.files = IOCTL_DEV}},
	{6, {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL}},
};

/* Files are made, written, renamed and removed in a folder; that is all. */
static const uint64_t in_folder = WRITE_FILE | REMOVE_FILE | MAKE_REG;

static bool is_device_or_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int allow(int ruleset_fd, const char *file, struct err *err)
{
	char *real AUTO_FREE = NULL, *folder AUTO_FREE = NULL;
	struct path_beneath rule = {.allowed = WRITE_FILE};
	const char *place = file;
	int fd AUTO_CLOSE = -1;
	struct err fault;

	if (file_resolve(file, &real, &fault) < 0 && fault.code != ENOENT && fault.code != ELOOP) {
		*err = fault;
		return -1;
	}
	if (real && !is_device_or_pipe(real)) {
		place = folder = file_folder_of(real);
		rule.allowed = in_folder;
	}
	fd = open(place, O_PATH | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
		return 0; /* whoever tries to write there will say why it can't be done */
	if (fd < 0)
		return err_errno(err, errno, "%s cannot be opened", place);
	rule.fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) < 0 &&
		errno != EBADFD) /* a pipe without a name needs no rule */
		return err_errno(err, errno, "writing to %s cannot be allowed", place);
	return 0;
}

int confine(const char *const *files, size_t count, bool may_connect, struct err *err)
{
	struct ruleset given_up = {0};
	int ruleset_fd AUTO_CLOSE = -1;
	long version;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	if (version < 0)
		return err_errno(err, errno, "the kernel does not offer Landlock");
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (versions[i].version > version)
			break;
		given_up.files |= versions[i].adds.files;
		given_up.net |= versions[i].adds.net;
		given_up.scoped |= versions[i].adds.scoped;
	}
	if (may_connect)
		given_up.net &= ~(uint64_t)CONNECT_TCP;
	ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &given_up, sizeof(given_up), 0);
	if (ruleset_fd < 0)
		return err_errno(err, errno, "a Landlock ruleset cannot be made");
	for (size_t i = 0; i < count; i++)
		if (files[i] && allow(ruleset_fd, files[i], err) < 0)
			return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		return err_errno(err, errno, "the Landlock ruleset cannot be put in force");
	return 0;
}

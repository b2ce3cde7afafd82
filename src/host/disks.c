#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "host/proc.h"

struct answer {
	int code; /* errno, 0 if the numbers are there */
	struct statvfs space;
};

struct question {
	pid_t child;
	int fd; /* -1 once answered */
};

/* In the child: it keeps nothing but its pipe, so that one which can't be killed holds up nobody who waits
 * for the end of our output. */
static void answer_and_exit(const char *point, int fd)
{
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	if (dup2(fd, 0) < 0)
		_exit(1);
	if (syscall(SYS_close_range, 1, ~0U, 0) < 0) { /* before Linux 5.9 */
		close(1);
		close(2);
	}
	if (statvfs(point, &answer.space) < 0)
		answer.code = errno;
	_exit(write(0, &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
}

static int ask(const char *point, struct question *question)
{
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	question->child = fork();
	if (question->child == 0)
		answer_and_exit(point, ends[1]);
	code = errno;
	close(ends[1]);
	if (question->child < 0) {
		close(ends[0]);
		return code;
	}
	question->fd = ends[0];
	return 0;
}

static void forget(struct question *question)
{
	kill(question->child, SIGKILL);
	/* A child that hangs in the kernel for good is left to init. */
	for (int i = 0; i < 100 && waitpid(question->child, NULL, WNOHANG) == 0; i++)
		clock_sleep_until(clock_monotonic() + 0.001);
	file_close_fd(&question->fd);
}

void disks_measure(struct mounts *mounts, double timeout_seconds, struct arena *arena)
{
	struct question *questions = arena_array(arena, mounts->count, sizeof(*questions));
	struct pollfd *waits = arena_array(arena, mounts->count, sizeof(*waits));
	double deadline = clock_monotonic() + timeout_seconds;
	size_t left = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		mounts->items[i].code = ask(mounts->items[i].point, &questions[i]);
		waits[i] =
			(struct pollfd){.fd = mounts->items[i].code ? -1 : questions[i].fd, .events = POLLIN};
		left += waits[i].fd >= 0;
	}
	while (left && (poll(waits, mounts->count, clock_left_ms(deadline)) > 0 || clock_left_ms(deadline))) {
		for (size_t i = 0; i < mounts->count; i++) {
			struct answer answer;

			if (waits[i].fd < 0 || !waits[i].revents)
				continue;
			if (read(waits[i].fd, &answer, sizeof(answer)) != sizeof(answer))
				answer.code = EIO;
			mounts->items[i].code = answer.code;
			mounts->items[i].space = answer.space;
			forget(&questions[i]);
			waits[i].fd = -1;
			left--;
		}
	}
	for (size_t i = 0; i < mounts->count; i++) {
		if (waits[i].fd < 0)
			continue;
		mounts->items[i].code = ETIMEDOUT;
		forget(&questions[i]);
	}
}

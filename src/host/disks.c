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
	pid_t child; /* 0: there is none, or no more */
	int fd;
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
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	child = fork();
	if (child == 0)
		answer_and_exit(point, ends[1]);
	code = errno;
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return code;
	}
	*question = (struct question){child, ends[0]};
	return 0;
}

static void end(struct question *question)
{
	file_close_fd(&question->fd);
	question->child = 0;
}

/* Ends the children that have not answered. The kernel may hold one in a call that not even SIGKILL ends, for
 * as long as the file system does not answer: it is left to init, and all such children together cost no more
 * than half a second. */
static void give_up(struct question *questions, size_t count)
{
	double deadline = clock_monotonic() + 0.5;

	for (size_t i = 0; i < count; i++)
		if (questions[i].child)
			kill(questions[i].child, SIGKILL);
	for (size_t i = 0; i < count; i++) {
		if (!questions[i].child)
			continue;
		while (waitpid(questions[i].child, NULL, WNOHANG) == 0 && clock_left_ms(deadline))
			clock_sleep_until(clock_monotonic() + 0.001);
		end(&questions[i]);
	}
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
			waitpid(questions[i].child, NULL, 0); /* it only has to exit */
			end(&questions[i]);
			waits[i].fd = -1;
			left--;
		}
	}
	for (size_t i = 0; i < mounts->count; i++)
		if (waits[i].fd >= 0)
			mounts->items[i].code = ETIMEDOUT;
	give_up(questions, mounts->count);
}

/* Runs a command, writes what it cost to a file, and ends with the command's own status.
 *
 * usage: measure FILE COMMAND [ARGUMENT ...]
 *
 * FILE gets one line: seconds of wall time, of user and of system time, and the peak of resident memory in
 * KiB; all but the first are those of the command and of the children that it waited for.
 *
 * A program of its own, because the peak that the kernel tells of a process begins with what its parent
 * occupied when it forked. That would be 20 MiB for one started from Python; of here it is 1 MiB.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	double begin = now(), wall;
	struct rusage usage;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT ...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 126;
	}
	wall = now() - begin;
	out = fopen(argv[1], "w");
	if (!out ||
		fprintf(out, "%.6f %.6f %.6f %ld\n", wall, seconds(usage.ru_utime), seconds(usage.ru_stime),
			usage.ru_maxrss) < 0 ||
		fclose(out) != 0) {
		perror(argv[1]);
		return 126;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

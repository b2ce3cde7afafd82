#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "asmo/clock.h"

static const double patience_seconds = 0.5, step_seconds = 0.2;

static struct {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t ends;
	const char *name, *what;
	double begin;
	bool is_running, is_over, is_shown;
} progress = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void erase(void)
{
	if (progress.is_shown)
		fputs("\r\033[K", stderr);
	progress.is_shown = false;
}

/* With the mutex held. */
static void show(void)
{
	erase();
	fprintf(stderr, "%s: %s, %.0f s", progress.name, progress.what, clock_monotonic() - progress.begin);
	fflush(stderr);
	progress.is_shown = true;
}

static struct timespec time_in(double seconds)
{
	double at = clock_monotonic() + seconds;

	return (struct timespec){(time_t)at, (long)((at - (double)(time_t)at) * 1e9)};
}

static void *tell(void *unused)
{
	double wait_seconds = patience_seconds;

	(void)unused;
	pthread_mutex_lock(&progress.mutex);
	while (!progress.is_over) {
		const struct timespec until = time_in(wait_seconds);

		pthread_cond_timedwait(&progress.ends, &progress.mutex, &until);
		if (!progress.is_over && clock_monotonic() - progress.begin >= patience_seconds)
			show();
		wait_seconds = step_seconds;
	}
	erase();
	pthread_mutex_unlock(&progress.mutex);
	return NULL;
}

/* At a terminal that can take a line back. */
static bool is_wanted(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDERR_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

void progress_begin(const char *program_name)
{
	pthread_condattr_t attributes;
	sigset_t all, before;

	if (progress.is_running || !is_wanted())
		return;
	progress.name = program_name;
	progress.what = "at work";
	progress.begin = clock_monotonic();
	progress.is_over = false;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.ends, &attributes);
	pthread_condattr_destroy(&attributes);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the run */
	progress.is_running = pthread_create(&progress.thread, NULL, tell, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_at(const char *what)
{
	pthread_mutex_lock(&progress.mutex);
	progress.what = what;
	pthread_mutex_unlock(&progress.mutex);
}

void progress_end(void)
{
	if (!progress.is_running)
		return;
	pthread_mutex_lock(&progress.mutex);
	progress.is_over = true;
	pthread_cond_signal(&progress.ends);
	pthread_mutex_unlock(&progress.mutex);
	pthread_join(progress.thread, NULL);
	pthread_cond_destroy(&progress.ends);
	progress.is_running = false;
}

void progress_pause(void)
{
	pthread_mutex_lock(&progress.mutex);
	erase();
}

void progress_go_on(void)
{
	pthread_mutex_unlock(&progress.mutex);
}

#include "event/between.h"

/* A span of time that is cut to the window. */
struct window {
	double from, to;
};

/* 0 when one of the two is not known. */
static double within(const struct window *w, double from, double to)
{
	if (isnan(from) || isnan(to))
		return 0;
	return fmax(fmin(to, w->to) - fmax(from, w->from), 0);
}

static bool is_running(const struct container *c)
{
	return event_is_word(c->state, "running");
}

static bool is_paused(const struct container *c)
{
	return event_is_word(c->state, "paused");
}

/* That it does not run is as it should be, or nobody knows what should be. */
static bool is_idle(const struct container *c)
{
	return container_is_expected_down(c) || event_is_word(c->state, "created") ||
	       (!is_running(c) && event_is_done(c));
}

static double down(const struct container *c, double seconds)
{
	return is_idle(c) ? 0 : seconds;
}

struct run_time event_run_time(const struct container *before, const struct container *after,
	double from_epoch, double to_epoch)
{
	const struct container *was = before, *c = after;
	struct window w = {from_epoch, to_epoch};
	double started = event_time(c->started_at), ended = event_time(c->finished_at);
	double all = within(&w, from_epoch, to_epoch);
	struct run_time t = {0, 0};

	if (!was || event_has_changed(was->id, c->id)) { /* of its own life alone is anything known */
		t.up = is_running(c) ? within(&w, started, to_epoch) : 0;
	} else if (is_paused(was) != is_paused(c)) {
		return t;
	} else if (is_running(was) && is_running(c)) {
		/* By a clock that was set back in its run it may have ended before it started. */
		bool has_ended = event_has_changed(was->finished_at, c->finished_at) ||
				 ended >= event_time(was->started_at);

		if (event_has_changed(was->started_at, c->started_at) && has_ended && ended <= started)
			t.down = within(&w, ended, started);
		t.up = all - t.down;
		t.down = down(c, t.down);
	} else if (is_running(c)) {
		t.up = within(&w, started, to_epoch);
		t.down = isnan(started) ? 0 : down(was, all - t.up);
	} else if (is_running(was)) {
		t.up = within(&w, from_epoch, ended);
		t.down = isnan(ended) ? 0 : down(c, all - t.up);
	} else {
		if (event_has_changed(was->started_at, c->started_at) && started <= ended)
			t.up = within(&w, started, ended);
		t.down = down(c, all - t.up);
	}
	return t;
}

#include "asmo/alert.h"

#include <stdio.h>

enum severity alert_severity(double value, double warning, double critical)
{
	if (value > critical)
		return SEVERITY_CRITICAL;
	return value > warning ? SEVERITY_WARNING : SEVERITY_OK;
}

/* Half of a low threshold at most, so that a value of 0 ends every issue. */
static double clear_threshold(double threshold, double margin)
{
	return threshold - fmin(margin, threshold / 2);
}

enum severity alert_severity_after(enum severity was, double value, double warning, double critical,
	double clear_margin)
{
	enum severity raised = alert_severity(value, warning, critical);
	enum severity held = alert_severity(value, clear_threshold(warning, clear_margin),
		clear_threshold(critical, clear_margin));

	held = held < was ? held : was;
	return raised > held ? raised : held;
}

/* 128 and more: by that signal. 125 to 127 are the engine's, and the shell's: see docker-run(1). */
static const char *exit_code_in_words(double exit_code)
{
	static const struct {
		double code;
		const char *words;
	} known[] = {
		{125, "could not start"},
		{126, "could not start: not executable"},
		{127, "could not start: not found"},
		{132, "illegal instruction"},
		{134, "aborted"},
		{135, "bus error"},
		{136, "arithmetic error"},
		{137, "killed"},
		{139, "segmentation fault"},
		{143, "asked to stop"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (fabs(exit_code - known[i].code) < 0.5)
			return known[i].words;
	return NULL;
}

struct phrase alert_exit_code(double exit_code)
{
	const char *words = exit_code_in_words(exit_code);
	struct phrase phrase = {""};

	if (!isnan(exit_code))
		snprintf(phrase.text, sizeof(phrase.text), " (exit code %.0f%s%s)", exit_code,
			words ? ": " : "", words ? words : "");
	return phrase;
}

bool alert_is_planned_stop(const struct container *c)
{
	return !(fabs(c->exit_code) > 0) || c->exit_code == 143 || c->exit_code == 137;
}

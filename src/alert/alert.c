#include "asmo/alert.h"

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

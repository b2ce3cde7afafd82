#include "render/show.h"

#include <math.h>
#include <stdio.h>

struct shown show(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_change(double value, int decimals, const char *unit)
{
	struct shown s = {"n/a"};

	if (isfinite(value))
		snprintf(s.text, sizeof(s.text), "%+.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return s;
}

struct shown show_mb(double mb)
{
	return mb >= 1024 ? show(mb / 1024, 1, "GiB") : show(mb, 1, "MiB");
}

#include <errno.h>

#include "host/proc.h"

/* `MemAvailable:    1678260 kB`. Kernels before 3.14 don't say what is available. */
int meminfo_parse(struct slice text, struct memory *ret, struct err *err)
{
	double total = MISSING, available = MISSING, free = MISSING, swap_total = MISSING,
	       swap_free = MISSING;
	double buffers = 0, cached = 0;
	struct {
		const char *name;
		double *value;
	} wanted[] = {
		{"MemTotal:", &total},
		{"MemFree:", &free},
		{"MemAvailable:", &available},
		{"Buffers:", &buffers},
		{"Cached:", &cached},
		{"SwapTotal:", &swap_total},
		{"SwapFree:", &swap_free},
	};
	struct slice line, name, field;

	while (proc_next_line(&text, &line)) {
		if (!proc_next_field(&line, &name) || !proc_next_field(&line, &field))
			continue;
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (proc_is(name, wanted[i].name) && !proc_number(field, wanted[i].value))
				return err_set(err, EBADMSG, "meminfo: a number was expected after %s",
					wanted[i].name);
	}
	if (isnan(available))
		available = free + buffers + cached;
	if (!(total > 0) || isnan(available))
		return err_set(err, EBADMSG, "meminfo: no MemTotal and MemAvailable");
	*ret = (struct memory){total, fmin(available, total), swap_total, fmin(swap_free, swap_total)};
	return 0;
}

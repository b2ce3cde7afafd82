#include <errno.h>
#include <string.h>

#include "host/proc.h"

enum { IDLE = 3, IOWAIT = 4, COLUMNS = 8 };

/* `cpu  29083 0 30376 4507 114 0 167 0 0 0`: user nice system idle iowait irq softirq steal, then guest
 * times, which user and nice contain. Then a `cpuN` line for each core. */
int stat_parse(struct slice text, struct cpu_ticks *ret, struct err *err)
{
	struct cpu_ticks ticks = {0};
	struct slice line, field;
	bool found = false;

	while (proc_next_line(&text, &line) && proc_next_field(&line, &field)) {
		if (proc_is(field, "cpu")) {
			double value;

			for (int i = 0; i < COLUMNS && proc_next_field(&line, &field); i++) {
				if (!proc_number(field, &value))
					return err_set(err, EBADMSG,
						"stat: a number was expected in the line cpu");
				ticks.total += value;
				if (i != IDLE && i != IOWAIT)
					ticks.busy += value;
				found = i >= IDLE;
			}
		} else if (field.len > 3 && memcmp(field.data, "cpu", 3) == 0) {
			ticks.cpus++;
		}
	}
	if (!found)
		return err_set(err, EBADMSG, "stat: no line cpu with at least four numbers");
	*ret = ticks;
	return 0;
}

double host_cpu_percent(const struct cpu_ticks *before, const struct cpu_ticks *after)
{
	double total = after->total - before->total, busy = after->busy - before->busy;

	/* iowait may go down, so a share a little outside the range is the kernel's rounding. */
	if (!(total > 0))
		return MISSING;
	return fmin(fmax(busy / total * 100, 0), 100);
}

/* /proc/stat */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

static void check_line_makes_no_difference(struct slice changed, int result, const struct cpu_ticks *ticks)
{
	struct cpu_ticks again = {0};
	struct err err;

	HOLDS(stat_parse(changed, &again, &err) == result);
	if (result == 0)
		HOLDS(fuzz_is_same(again.busy, ticks->busy) && fuzz_is_same(again.total, ticks->total) &&
			fuzz_is_same(again.cpus, ticks->cpus));
	fuzz_free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size);
	struct cpu_ticks ticks = {-1, -1, -1}, idle = {0};
	struct err err = {0};
	int result = stat_parse(text, &ticks, &err);

	if (result < 0) {
		fuzz_check_error(&err);
		HOLDS(ticks.total < 0);
	} else {
		double percent = host_cpu_percent(&idle, &ticks);

		HOLDS(ticks.busy >= 0 && ticks.busy <= ticks.total && isfinite(ticks.total));
		HOLDS(ticks.cpus >= 0 && ticks.cpus <= (double)size);
		HOLDS(isnan(percent) ? !(ticks.total > 0) : percent >= 0 && percent <= 100);
	}
	check_line_makes_no_difference(fuzz_join("btime 1767225600\n", text, ""), result, &ticks);
	check_line_makes_no_difference(fuzz_join("", text, "\nsoftirq 7 0 1\n"), result, &ticks);
	return 0;
}

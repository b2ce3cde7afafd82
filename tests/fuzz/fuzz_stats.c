/* GET /containers/ID/stats */
#include <math.h>

#include "docker/answers.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const double untouched = -12345;
	struct stats s = {.read_epoch = untouched};
	struct err err = {0};
	double percent;

	if (stats_parse(fuzz_slice(data, size), &s, &err) < 0) {
		fuzz_check_error(&err);
		HOLDS(fuzz_is_same(s.read_epoch, untouched));
		return 0;
	}
	if (isnan(s.read_epoch)) /* it does not run */
		HOLDS(isnan(s.cpu_seconds) && isnan(s.before_read_epoch) && isnan(s.before_cpu_seconds) &&
			isnan(s.mem_bytes) && isnan(s.mem_limit_bytes) && isnan(s.rx_bytes) &&
			isnan(s.tx_bytes));
	HOLDS(isnan(s.mem_bytes) || s.mem_bytes > 0);
	percent = stats_cpu_percent(s.before_read_epoch, s.before_cpu_seconds, s.read_epoch, s.cpu_seconds);
	HOLDS(isnan(percent) || percent >= 0);
	return 0;
}

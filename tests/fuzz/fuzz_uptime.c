/* /proc/uptime */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size), longer = fuzz_join(" ", text, " 45.07\n");
	double seconds = -1, again = -1;
	struct err err = {0};
	int result = uptime_parse(text, &seconds, &err);

	if (result < 0) {
		fuzz_check_error(&err);
		HOLDS(seconds < 0);
	} else {
		HOLDS(seconds >= 0 && isfinite(seconds));
		HOLDS(uptime_parse(longer, &again, &err) == 0 && fuzz_is_same(again, seconds));
	}
	fuzz_free(longer);
	return 0;
}

/* /proc/loadavg */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size), longer = fuzz_join("\t", text, " 1/118 3267\n");
	double load[3] = {-1, -1, -1}, again[3];
	struct err err = {0};
	int result = loadavg_parse(text, load, &err);

	if (result < 0)
		fuzz_check_error(&err);
	for (int i = 0; i < 3; i++)
		HOLDS(result < 0 ? load[i] < 0 : load[i] >= 0 && isfinite(load[i]));
	if (result == 0) {
		HOLDS(loadavg_parse(longer, again, &err) == 0);
		for (int i = 0; i < 3; i++)
			HOLDS(fuzz_is_same(load[i], again[i]));
	}
	fuzz_free(longer);
	return 0;
}

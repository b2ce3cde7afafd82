/* How long a place that takes no more messages asks to wait */
#include <math.h>

#include "fuzz.h"
#include "send/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice answer = fuzz_slice(data, size);
	double first = retry_delay(1, 429, 0, answer), later = retry_delay(9, 429, 0, answer);

	HOLDS(isfinite(first) && first >= 0.5);
	HOLDS(isfinite(later) && later >= 8 && later >= first);
	HOLDS(retry_delay(1, 429, 1e6, answer) >= first);
	HOLDS(fuzz_is_same(retry_delay(1, 500, 7, answer), 0.5));
	return 0;
}

/* /proc/vmstat */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size), longer = fuzz_join("nr_mlock 0\n", text, "\npgfault 1\n");
	double kills = -1, again = -1;
	struct err err = {0};
	int result = vmstat_parse(text, &kills, &err);

	if (result < 0)
		fuzz_check_error(&err);
	HOLDS(result < 0 ? kills < 0 : kills >= 0 && isfinite(kills));
	/* Lines that are not asked for make no difference. */
	HOLDS(vmstat_parse(longer, &again, &err) == result && fuzz_is_same(again, kills));
	fuzz_free(longer);
	return 0;
}

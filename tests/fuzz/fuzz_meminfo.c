/* /proc/meminfo */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_slice(data, size),
		     longer = fuzz_join("Zswap: 12 kB\n", text, "\nUnevictable: 0 kB\n");
	struct memory memory = {-1, -1, -1, -1}, again = memory;
	struct err err = {0};
	int result = meminfo_parse(text, &memory, &err);

	if (result < 0) {
		fuzz_check_error(&err);
		HOLDS(memory.total_kb < 0);
	} else {
		HOLDS(memory.total_kb > 0 && isfinite(memory.total_kb));
		HOLDS(memory.available_kb >= 0 && memory.available_kb <= memory.total_kb);
		HOLDS(isnan(memory.swap_total_kb) || memory.swap_total_kb >= 0);
		HOLDS(isnan(memory.swap_free_kb) || isnan(memory.swap_total_kb) ||
			memory.swap_free_kb <= memory.swap_total_kb);
	}
	/* Lines that are not asked for make no difference. */
	HOLDS(meminfo_parse(longer, &again, &err) == result);
	HOLDS(fuzz_is_same(again.total_kb, memory.total_kb) &&
		fuzz_is_same(again.available_kb, memory.available_kb) &&
		fuzz_is_same(again.swap_total_kb, memory.swap_total_kb) &&
		fuzz_is_same(again.swap_free_kb, memory.swap_free_kb));
	fuzz_free(longer);
	return 0;
}

/* GET /containers/ID/logs of a container without a terminal */
#include "fuzz.h"
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct container c;
	struct err err = {0};
	int result;

	record_init(&container_record, &c);
	result = logs_read(fuzz_slice(data, size), false, &arena, &c, &err);
	logs_check(&c, result, &err);
	arena_release(&arena);
	return 0;
}

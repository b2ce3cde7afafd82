/* GET /containers/ID/logs of a container with a terminal: any bytes are a log. */
#include "fuzz.h"
#include "logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct container c;
	struct err err = {0};

	record_init(&container_record, &c);
	HOLDS(logs_read(fuzz_slice(data, size), true, &arena, &c, &err) == 0);
	logs_check(&c, 0, &err);
	arena_release(&arena);
	return 0;
}

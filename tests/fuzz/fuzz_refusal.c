/* The engine's words for a refusal */
#include "docker/answers.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	const char *reason = refusal_parse(fuzz_slice(data, size), 500, &arena);

	HOLDS(reason && reason[0] && fuzz_is_clean(reason, 250));
	arena_release(&arena);
	return 0;
}

/* Secrets in log lines: masking twice is masking once, and a password behind any line is masked. */
#include <string.h>

#include "asmo/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { LINE_MAX = 4096 };
	struct arena arena = {0};
	const char *line = text_clean_copy(&arena, fuzz_slice(data, size), LINE_MAX);
	const char *masked = text_mask(&arena, line);
	const char *with_password = arena_printf(&arena, "%s password=hunter2hunter2", line);

	HOLDS(fuzz_is_utf8(slice_of(masked)));
	HOLDS(strcmp(text_mask(&arena, masked), masked) == 0);
	if (!strstr(line, "hunter2"))
		HOLDS(!strstr(text_mask(&arena, with_password), "hunter2"));
	arena_release(&arena);
	return 0;
}

/* Text from elsewhere, made harmless. The first byte chooses how long it may be. */
#include <string.h>

#include "asmo/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	size_t max, length;
	char *clean, *prefix;

	if (!size)
		return 0;
	max = data[0];
	clean = text_clean_copy(&arena, fuzz_slice(data + 1, size - 1), max);
	HOLDS(fuzz_is_clean(clean, max));
	HOLDS(!strstr(clean, "  "));
	HOLDS(strcmp(text_clean_copy(&arena, slice_of(clean), max), clean) == 0);
	if (fuzz_is_clean(clean, max) && size - 1 <= max &&
		fuzz_is_inert(fuzz_slice(data + 1, size - 1), false))
		HOLDS(strlen(clean) <= size - 1); /* nothing to replace, nothing to cut */

	length = text_length(clean);
	HOLDS(length <= strlen(clean) && text_width(clean) <= 2 * length);
	for (size_t n = 0; n <= length; n++) {
		prefix = arena_printf(&arena, "%.*s", (int)text_prefix(clean, n), clean);
		HOLDS(text_length(prefix) == n && fuzz_is_utf8(slice_of(prefix)));
	}
	HOLDS(text_prefix(clean, length + 1) == strlen(clean));
	arena_release(&arena);
	return 0;
}

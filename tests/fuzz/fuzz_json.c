/* The scan for an object's end against cJSON: what the scan takes, cJSON takes and ends at the same place.
 * The scan is the stricter of the two, but never waits for more of an object that cJSON finds whole. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"

/* With the padding that the scan asks for. */
static ssize_t scan(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + JSON_PADDING);
	ssize_t length;

	HOLDS(text);
	if (size)
		memcpy(text, data, size);
	length = json_object_length(text, size);
	free(text);
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = NULL;
	ssize_t length = scan(data, size);
	cJSON *json = size ? cJSON_ParseWithLengthOpts(text, size, &end, false) : NULL;
	ssize_t length_of_cjson = cJSON_IsObject(json) && text[0] == '{' ? end - text : -1;

	HOLDS(length >= -1 && length <= (ssize_t)size);
	if (length > 0) {
		HOLDS(length == length_of_cjson);
		HOLDS(fuzz_is_utf8(fuzz_slice(data, (size_t)length)));
		/* Cut anywhere, it is the beginning of an object. */
		HOLDS(scan(data, (size_t)length - 1) == 0);
		HOLDS(scan(data, (size_t)length / 2) == 0);
		HOLDS(scan(data, (size_t)data[(size_t)length / 2] % (size_t)length) == 0);
	} else if (length == 0 && fuzz_is_utf8(fuzz_slice(data, size))) {
		HOLDS(length_of_cjson < 0);
	}
	cJSON_Delete(json);
	return 0;
}

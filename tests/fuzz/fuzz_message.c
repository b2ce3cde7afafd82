/* A log line's level, and the key that it shares with lines that differ in what varies alone. */
#include <string.h>

#include "asmo/message.h"
#include "docker/answers.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = fuzz_slice(data, size);
	struct arena arena = {0};
	char *line = arena_slice(&arena, bytes), *key = message_key(&arena, line);
	enum log_level level = log_level(line);

	HOLDS(key && strlen(key) <= strlen(line));
	HOLDS(level >= LOG_LEVEL_NONE && level == log_level(line));
	HOLDS(strcmp(key, message_key(&arena, line)) == 0);
	arena_release(&arena);
	return 0;
}

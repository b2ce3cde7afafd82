/* The configuration: whatever is in it, each value is in its range afterwards. */
#include <math.h>
#include <regex.h>
#include <string.h>

#include "asmo/config.h"
#include "fuzz.h"

static void check_number(const struct config_key *key, double value)
{
	if (key->may_be_null && isnan(value))
		return;
	HOLDS(value >= key->min && value <= key->max);
	HOLDS(!key->whole || fuzz_is_same(value, floor(value)));
}

static void check_strings(const struct config_key *key, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		regex_t compiled;

		HOLDS(list->items[i] && list->items[i][0]);
		if (!key->is_pattern)
			continue;
		HOLDS(regcomp(&compiled, list->items[i], REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0);
		regfree(&compiled);
	}
}

static void check(const struct config *config)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		const void *value = (const char *)config + key->offset;

		if (key->type == FIELD_NUMBER)
			check_number(key, *(const double *)value);
		else if (key->type == FIELD_STRINGS)
			check_strings(key, value);
		else if (key->type == FIELD_STRING)
			HOLDS(*(char *const *)value);
		else
			HOLDS(*(const enum flag *)value == FLAG_NO || *(const enum flag *)value == FLAG_YES);
	}
	for (size_t i = 0; i < config->warnings.count; i++)
		HOLDS(config->warnings.items[i][0] &&
			fuzz_is_inert(slice_of(config->warnings.items[i]), false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	struct err err = {0};

	/* The C library unfolds `a{255}{255}{255}` into gigabytes. Whoever writes the config does that to
	 * himself. */
	for (size_t i = 0; i + 1 < size; i++)
		if (data[i] == '{' && data[i + 1] >= '0' && data[i + 1] <= '9')
			return 0;
	config_init(&config);
	if (config_parse(&config, fuzz_slice(data, size), &err) < 0)
		fuzz_check_error(&err);
	check(&config); /* of one that was refused as well */
	config_release(&config);
	return 0;
}

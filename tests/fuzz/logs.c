#include "logs.h"

#include <math.h>
#include <string.h>

#include "fuzz.h"

static const struct log_filter *logs_filter(void)
{
	static struct log_filter filter;
	struct config config;

	if (!filter.errors) {
		config_init(&config);
		log_filter_init(&filter, &config.docker);
		config_release(&config);
	}
	return &filter;
}

int logs_read(struct slice bytes, bool is_tty, struct arena *arena, struct container *c, struct err *err)
{
	const struct log_window always = {-1e300, 1e300, 1e9};
	bool has_older = true;
	int result = logs_parse(bytes, is_tty, logs_filter(), &always, arena, c, &has_older, err);

	HOLDS(result < 0 || !has_older);
	return result;
}

void logs_check(const struct container *c, int result, const struct err *err)
{
	double sum = 0;

	if (result < 0) {
		fuzz_check_error(err);
		HOLDS(isnan(c->error_count));
		return;
	}
	HOLDS(c->error_first_epochs.count == c->errors.count &&
		c->error_last_epochs.count == c->errors.count);
	HOLDS(c->errors.count == c->error_counts.count && c->errors.count <= DOCKER_ERRORS_MAX);
	for (size_t i = 0; i < c->errors.count; i++) {
		HOLDS(c->errors.items[i][0] && fuzz_is_clean(c->errors.items[i], DOCKER_ERROR_LENGTH_MAX));
		HOLDS(c->error_counts.items[i] >= 1);
		HOLDS(!(c->error_first_epochs.items[i] > c->error_last_epochs.items[i]));
		sum += c->error_counts.items[i];
		for (size_t k = 0; k < i; k++)
			HOLDS(strcmp(c->errors.items[i], c->errors.items[k]) != 0);
	}
	HOLDS(c->error_count >= sum);
	HOLDS(c->error_count <= sum || c->errors.count == DOCKER_ERRORS_MAX);
}

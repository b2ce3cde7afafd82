/* Discord's limits for a webhook message, as strict as Discord is about them. Source: Discord's developer
 * documentation: "Execute Webhook", "Embed Limits", "Allowed Mentions". */
#ifndef ASMO_TESTS_FUZZ_DISCORD_H
#define ASMO_TESTS_FUZZ_DISCORD_H

#include <cjson/cJSON.h>

void discord_check(const cJSON *message);

#endif

/* What requests of both kinds have in common. */
#ifndef ASMO_HTTP_ENDLESS_H
#define ASMO_HTTP_ENDLESS_H

#include <curl/curl.h>
#include <stdbool.h>

/* A header that does not fit into memory is one that does not end. */
bool http_is_endless_header(CURLcode result);

#endif

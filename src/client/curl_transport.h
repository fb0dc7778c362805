/* Requests by libcurl: whatever it can reach, at some cost for each chunk and each request. */
#ifndef CLIENT_CURL_TRANSPORT_H
#define CLIENT_CURL_TRANSPORT_H

#include "client/transport.h"

extern const struct transport_kind curl_transport;

#endif

/* The server's metrics in a round's JSON: in its summary, and beside each request. */
#ifndef REPORT_JSON_SERVER_H
#define REPORT_JSON_SERVER_H

#include "base/json.h"
#include "result/run.h"

/* "prometheus": where they come from, and each with its figures; null without any. */
void json_server_round(struct json_writer *json, const struct run *run, const struct level *level,
                       const struct round *round);
/* "prometheus" of a request: those of the round's table, before, after and their difference; null
 * where there is no reading on both sides of it. */
void json_server_request(struct json_writer *json, const struct run *run,
                         const struct record *record);

#endif

/* One request of the probe's kind, alone and measured as a run would: by a worker, with every
 * event.
 */
#ifndef CLIENT_TRIAL_H
#define CLIENT_TRIAL_H

#include "client/probe.h"
#include "result/capture.h"
#include "result/record.h"

struct trial {
    struct record *record;
    struct capture_budget budget; /* of record->capture */
};

/* Sends `prompt` and waits for the end, whatever it is: the record says. False when no worker could
 * be started. */
bool trial_run(struct trial *trial, const struct config *config, const struct server *server,
               const struct probe *probe, struct text prompt, struct error *error);
void trial_free(struct trial *trial);

#endif

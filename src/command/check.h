/* What `fluxperf check` can look at. */
#ifndef COMMAND_CHECK_H
#define COMMAND_CHECK_H

#include "config/options.h"

int check_dataset(int argc, char **argv);
int check_endpoint(int argc, char **argv);
int check_prometheus(int argc, char **argv);

extern const struct option_set check_dataset_options, check_endpoint_options,
    check_prometheus_options;

#endif

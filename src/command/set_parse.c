#include "command/set_parse.h"

#include <stdio.h>

#include "base/log.h"
#include "command/command.h"

bool set_parse(const struct option_set *set, void *values, struct string_list *operands, int argc,
               char **argv, int *status)
{
    struct error error;
    *status = EXIT_OK;
    switch (options_parse_set(set, values, operands, argc - 1, argv + 1, &error)) {
    case OPTIONS_RUN:
        return true;
    case OPTIONS_HELP:
    case OPTIONS_HELP_ALL:
        options_print_set(set, stdout);
        return false;
    case OPTIONS_VERSION:
        print_version();
        return false;
    case OPTIONS_ERROR:
        break;
    }
    log_error("%s", error.text);
    *status = EXIT_USAGE;
    return false;
}

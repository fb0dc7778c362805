/* fluxperf check: looks at one thing that a run needs, and says what is there. */
#include "command/check.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} checks[] = {
    {"dataset", check_dataset, "FILE...  every bad row, and what the others are like"},
    {"endpoint", check_endpoint, "URL     what a server does, and one request"},
    {"prometheus", check_prometheus, "URL   which metrics there are, and what is watched"},
};

static void print_help(FILE *out)
{
    fputs("Usage:\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
        fprintf(out, "  fluxperf check %s %s\n", checks[i].name, checks[i].usage);
    fputs("\nEach has a --help of its own.\n", out);
}

int command_check(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(checks); i++)
        if (strcmp(argv[1], checks[i].name) == 0)
            return checks[i].run(argc - 1, argv + 1);
    if (argc > 1)
        log_error("check does not know '%.80s'; see fluxperf check --help", argv[1]);
    else
        print_help(stderr);
    return EXIT_USAGE;
}

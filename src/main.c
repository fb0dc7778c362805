/* fluxperf: benchmarks streaming LLM servers in cold and warm rounds. Picks the command. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/http.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", command_run},
    {"demo", command_demo},
    {"view", command_view},
    {"compare", command_compare},
    {"export", command_export},
    {"check", command_check},
    {"completions", command_completions},
    {"convert", command_convert},
    {"mock-server", command_mock_server},
};

static const char usage[] =
    "fluxperf sends the same requests to a streaming LLM server in two rounds, cold and then "
    "warm,\n"
    "and shows what the server's cache was worth.\n"
    "\n"
    "  fluxperf demo                              see it work, without a server\n"
    "  fluxperf -u localhost:8000 -d FILE -c 10   benchmark a server\n"
    "  fluxperf view                              walk through the runs in results/\n"
    "  fluxperf compare DIR DIR                   hold one run against another\n"
    "  fluxperf export DIR                        rebuild the files of a run\n"
    "  fluxperf mock-server                       the built-in server alone\n"
    "\n"
    "fluxperf --help lists the options.\n";

int main(int argc, char **argv)
{
    /* Only LC_CTYPE: numbers read and print the same under every locale. */
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    http_global_init();
    struct error error = {0};
    if (!clock_drive_by_environment(&error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }

    if (argc < 2 && start_is_possible())
        return command_start();
    if (argc < 2) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argv[1][0] != '-' && directory_exists(argv[1]))
        return command_view(argc, argv);
    /* `run` is the default command, so that its options stand right behind the program's name. */
    return command_run(argc, argv);
}

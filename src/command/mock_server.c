/* fluxperf mock-server: the built-in server alone, until a signal ends it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "command/command.h"
#include "config/options.h"
#include "mock/mock_server.h"

static void wait_for_signal(void)
{
    sigset_t set;
    int signal_number;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigwait(&set, &signal_number);
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int command_mock_server(int argc, char **argv)
{
    struct config config;
    struct error error = {0};
    int status = EXIT_OK;
    config_default(&config);
    switch (options_parse_mock(&config, argc - 1, argv + 1, &error)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_HELP:
    case OPTIONS_HELP_ALL:
        options_print_mock_help(stdout);
        goto done;
    case OPTIONS_VERSION:
        print_version();
        goto done;
    case OPTIONS_ERROR:
        log_error("%s", error.text);
        status = EXIT_USAGE;
        goto done;
    }
    /* Before the server's thread starts, so that it inherits the mask. */
    block_signals();
    struct mock_server *server = mock_server_start(&config.mock, &error);
    if (!server) {
        log_error("%s", error.text);
        status = EXIT_NOTHING_DONE;
        goto done;
    }
    char *url = mock_server_url(server);
    printf("listening on %s\n", url);
    free(url);
    fflush(stdout);
    wait_for_signal();
    mock_server_stop(server);
done:
    config_free(&config);
    return status;
}

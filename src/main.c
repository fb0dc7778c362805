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
#include "config/suggest.h"

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

static int run_command(int argc, char **argv, bool *known)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if ((*known = strcmp(argv[0], commands[i].name) == 0))
            return commands[i].run(argc, argv);
    return EXIT_USAGE;
}

/* A word that an option was forgotten before is left to `run`, which says so. */
static bool may_be_a_command(const char *word)
{
    return word[0] != '-' && !strchr(word, ':') && !file_exists(word);
}

static int say_unknown(const char *word)
{
    const char *names[ARRAY_SIZE(commands)];
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        names[i] = commands[i].name;
    const char *near = suggest_word(word, names, ARRAY_SIZE(names));
    if (near)
        log_error("\"%.80s\" is neither a command nor a directory: did you mean %s?", word, near);
    else
        log_error("\"%.80s\" is neither a command nor a directory: fluxperf --help lists the "
                  "commands",
                  word);
    return EXIT_USAGE;
}

/* `fluxperf help compare` is `fluxperf compare --help`. */
static int help(int argc, char **argv)
{
    char run[] = "run", option[] = "--help", all[] = "all";
    bool wants_all = argc > 1 && strcmp(argv[1], all) == 0, known;
    char *asked[] = {argc > 1 && !wants_all ? argv[1] : run, option, wants_all ? all : NULL, NULL};
    int status = run_command(wants_all ? 3 : 2, asked, &known);
    return known ? status : say_unknown(argv[1]);
}

static int run_words(int argc, char **argv)
{
    if (argc < 2 && start_is_possible())
        return command_start();
    if (argc < 2) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    bool known;
    int status = run_command(argc - 1, argv + 1, &known);
    if (known)
        return status;
    if (argv[1][0] != '-' && directory_exists(argv[1]))
        return command_view(argc, argv);
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (may_be_a_command(argv[1]))
        return say_unknown(argv[1]);
    /* `run` is the default command, so that its options stand right behind the program's name. */
    return command_run(argc, argv);
}

int main(int argc, char **argv)
{
    /* Only LC_CTYPE: numbers read and print the same under every locale. */
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    /* Inherited as ignored, it would take the exit status of a recipe's commands away. */
    signal(SIGCHLD, SIG_DFL);
    http_global_init();
    struct error error = {0};
    if (!clock_drive_by_environment(&error)) {
        log_error("%s", error.text);
        return EXIT_USAGE;
    }
    int status = run_words(argc, argv);
    return status == EXIT_OK && !stdout_is_written() ? EXIT_NOTHING_DONE : status;
}

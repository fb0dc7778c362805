/* fluxperf demo: a cold and a warm round in about 20 s that need nothing but this program. */
#include <stdlib.h>

#include "base/memory.h"
#include "command/command.h"

/* A small engine: 4,000 tokens/s of prefill, so that a prompt of 700 tokens costs about 170 ms when
 * it is cold, and 25 tokens/s or so for each of eight streams. */
static const char *const demo_words[] = {
    "run",
    "--mock-server",
    "--mock-port=0",
    "--dataset=builtin:demo",
    "--concurrency=8",
    "--max-output-tokens=30",
    "--mock-ttft=60",
    "--mock-prefill-rate=4000",
    "--mock-itl=36",
    "--slo",
    "ttft_ms=200",
};

int command_demo(int argc, char **argv)
{
    size_t fixed = ARRAY_SIZE(demo_words);
    char **words = xcalloc(fixed + (size_t)argc, sizeof *words);
    for (size_t i = 0; i < fixed; i++)
        words[i] = xstrdup(demo_words[i]);
    /* The user's own options come last and win. */
    for (int i = 1; i < argc; i++)
        words[fixed + (size_t)i - 1] = argv[i];
    int status = command_run((int)fixed + argc - 1, words);
    for (size_t i = 0; i < fixed; i++)
        free(words[i]);
    free(words);
    return status;
}

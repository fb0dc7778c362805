/* --help, made from the table. */
#include <stdio.h>

#include "base/memory.h"
#include "config/option_value.h"

enum { TEXT_COLUMN = 30, PAGE_COLUMNS = 80 };

static const char *const group_titles[] = {
    [GROUP_WHAT] = "What to send",
    [GROUP_LOAD] = "Load",
    [GROUP_CACHE] = "Cache",
    [GROUP_REQUEST] = "Requests",
    [GROUP_CONNECTION] = "Connections",
    [GROUP_SLO] = "Service level objectives",
    [GROUP_PROMETHEUS] = "Prometheus",
    [GROUP_OUTPUT] = "Output",
    [GROUP_SCREEN] = "Screen",
    [GROUP_MOCK] = "Built-in server",
    [GROUP_RECIPE] = "Recipes",
};

/* Words from `column` on to the end of the page, line by line. The cursor stands at `at`. */
static void print_wrapped(FILE *out, const char *words, int at, int column)
{
    if (at > column - 2) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", column - at, "");
    at = column;
    while (*words) {
        int size = (int)strcspn(words, " ");
        if (at > column && at + 1 + size > PAGE_COLUMNS) {
            fprintf(out, "\n%*s", column, "");
            at = column;
        }
        at += fprintf(out, "%s%.*s", at > column ? " " : "", size, words);
        words += size + (words[size] == ' ');
    }
    fputc('\n', out);
}

/* " (42)", where there is something to say. */
static void add_default(struct buffer *out, const struct option *option, const void *defaults)
{
    if (option->default_text) {
        buffer_printf(out, " (%s)", option->default_text);
        return;
    }
    struct buffer value = {0};
    struct json_writer json = {.out = &value};
    option_write_json(defaults, option, &json);
    struct text text = buffer_text(&value);
    if (text.size >= 2 && text.data[0] == '"')
        text = (struct text){text.data + 1, text.size - 2};
    bool says_nothing = option->type == OPTION_FLAG || text_is(text, "null") ||
                        text_is(text, "0") || text_is(text, "[]");
    if (!says_nothing)
        buffer_printf(out, " (%.*s)", (int)text.size, text.data);
    buffer_free(&value);
}

/* `defaults` is the struct that the option's table is about. `cut` letters of the name are left
 * out: "mock-", for the command mock-server. */
static void print_option(FILE *out, const struct option *option, const void *defaults, size_t cut)
{
    char letter[] = {'-', option->short_name, ',', '\0'};
    bool is_on =
        option->type == OPTION_FLAG && *(const bool *)((const char *)defaults + option->offset);
    const char *argument = option->type == OPTION_CHOICE ? "WORD" : option->argument;
    int at = fprintf(out, "  %3s --%s%s%s%s", option->short_name ? letter : "", is_on ? "no-" : "",
                     option->name + cut, argument ? " " : "", argument ? argument : "");

    struct buffer words = {0};
    buffer_add_string(&words, option->help);
    if (option->type == OPTION_CHOICE) {
        buffer_add_string(&words, ": ");
        for (const char *c = option->argument; *c; c++)
            buffer_add_string(&words, *c == '|' ? ", " : (char[]){*c, '\0'});
    }
    add_default(&words, option, defaults);
    print_wrapped(out, words.data, at, TEXT_COLUMN);
    buffer_free(&words);
}

static void print_groups(FILE *out, bool all)
{
    struct config defaults;
    config_default(&defaults);
    const char *title = NULL;
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        if (!all && !option->on_short_help)
            continue;
        if (title != group_titles[option->group]) {
            title = group_titles[option->group];
            fprintf(out, "%s%s:\n", all ? "\n" : "", title);
        }
        print_option(out, option, &defaults, 0);
    }
    config_free(&defaults);
}

void options_print_help(FILE *out, bool all)
{
    fputs("Usage: fluxperf [run] --dataset FILE --endpoint URL [OPTION...]\n"
          "\n"
          "Benchmarks a streaming LLM server in rounds: the first finds its cache cold, the\n"
          "next finds it warm. Reports TTFT, ITL, latency, throughput and goodput of both.\n"
          "\n"
          "Commands:\n"
          "  run              benchmark a server; what happens without a command\n"
          "  demo             20 seconds with the built-in server; needs nothing else\n"
          "  view [DIR...]    the screens of runs on disk\n"
          "  compare DIR DIR  hold one run against another\n"
          "  export DIR       make the files of a run again, or a page about it\n"
          "  check            look at a dataset, a server or its metrics before a run\n"
          "  convert          make a dataset of LongBench or ShareGPT\n"
          "  completions      a script for bash or zsh\n"
          "  mock-server      the built-in server alone\n"
          "Each has a --help of its own.\n",
          out);
    if (!all)
        fputc('\n', out);
    print_groups(out, all);
    if (all) {
        fputs("\n"
              "P is the probability, 0 to 1, that a request meets the fault.\n"
              "Every option without a value has a --no- form. One with N... takes several:\n"
              "--concurrency 5 10 20, or 5,10,20. Times are seconds, or 500ms, 90s, 5m, 1h;\n"
              "sizes are bytes, or 16k, 64MiB, 1GB.\n",
              out);
    }
    fputs("\n"
          "Examples:\n"
          "  fluxperf demo\n"
          "  fluxperf -d prompts.jsonl -u localhost:8000 -n 100 -c 5 10 20\n"
          "  fluxperf -d builtin:example -u localhost:8000 --slo ttft_ms=1000 itl_ms=50\n",
          out);
    if (!all)
        fputs("\nAll options: fluxperf --help all. What the numbers mean: man fluxperf.\n", out);
}

void options_print_mock_help(FILE *out)
{
    fputs("Usage: fluxperf mock-server [OPTION...]\n"
          "\n"
          "Serves OpenAI's chat and completions API like an engine with a prefix cache.\n"
          "\n"
          "Options, each also with mock- before its name:\n",
          out);
    struct config defaults;
    config_default(&defaults);
    for (size_t i = 0; i < options_count; i++)
        if (option_is_mock_knob(&options_table[i]))
            print_option(out, &options_table[i], &defaults, strlen("mock-"));
    config_free(&defaults);
    fputs("\n"
          "P is the probability, 0 to 1, that a request meets the fault.\n"
          "\n"
          "Example:\n"
          "  fluxperf mock-server --port 8000 --ttft 50 --itl 10 --500 0.01\n",
          out);
}

void options_print_set(const struct option_set *set, FILE *out)
{
    fprintf(out, "Usage: fluxperf %s%s%s [OPTION...]\n\n%s\n", set->command,
            set->operands ? " " : "", set->operands ? set->operands : "", set->about);
    for (size_t i = 0; i < set->count; i++)
        print_option(out, &set->table[i], set->defaults, 0);
    struct config defaults;
    config_default(&defaults);
    for (size_t i = 0; set->shared && set->shared[i]; i++)
        print_option(out, options_find(set->shared[i]), &defaults, 0);
    config_free(&defaults);
    fprintf(out, "%s%s", set->closing ? "\n" : "", set->closing ? set->closing : "");
}

/* fluxperf convert: datasets of others into rows that run takes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/download.h"
#include "command/set_parse.h"
#include "dataset/longbench.h"
#include "dataset/sharegpt.h"
#include "report/page.h"

#define MOST_BAD_ROWS_SAID 20

struct longbench_options {
    struct string_list datasets;
    char *input_dir, *input_file, *url, *output;
    unsigned format; /* enum longbench_format */
    int64_t num_samples;
    uint64_t seed;
    bool shuffle;
};

#define AT(field) offsetof(struct longbench_options, field)

static const struct longbench_options longbench_defaults = {
    .num_samples = -1, .seed = 42, .shuffle = true};

/* clang-format off: it would give each field a line of its own */
static const struct option longbench_table[] = {
    {"dataset", 'd', OPTION_STRING_LIST, AT(datasets), .argument = "NAME...", .default_text = "all",
     .help = "which datasets: the \"dataset\" of a row, or its file's name"},
    {"input-dir", 0, OPTION_STRING, AT(input_dir), .argument = "DIR",
     .default_text = "LongBench, datasets/LongBench",
     .help = "read all .jsonl and .json files in it and below"},
    {"input-file", 0, OPTION_STRING, AT(input_file), .argument = "FILE", .help = "read one file"},
    {"url", 0, OPTION_STRING, AT(url), .argument = "URL", .secret = SECRET_PASSWORD,
     .help = "fetch the file into LongBench first; goes on where an earlier attempt ended"},
    {"output", 'o', OPTION_STRING, AT(output), .argument = "FILE",
     .help = "where the rows go, - is stdout; required"},
    {"format", 0, OPTION_CHOICE, AT(format), .argument = LONGBENCH_FORMATS,
     .help = "what becomes of a row; auto is what its task asks for"},
    {"num-samples", 'n', OPTION_INT, AT(num_samples), .argument = "N", .default_text = "all",
     .help = "how many rows to write, none twice", .min = 1, .max = 1e9},
    {"seed", 0, OPTION_UINT64, AT(seed), .argument = "N", .help = "of the order"},
    {"shuffle", 0, OPTION_FLAG, AT(shuffle), .help = "keep the order of the files"},
};
/* clang-format on */
#undef AT

const struct option_set convert_longbench_options = {
    .command = "convert longbench",
    .table = longbench_table,
    .count = ARRAY_SIZE(longbench_table),
    .defaults = &longbench_defaults,
    .about = "Makes a dataset of LongBench's rows. Rows that stand there twice are taken once.\n",
    .closing = "LongBench is published as data.zip. Unpack it where --input-dir looks by itself:\n"
               "  unzip data.zip -d LongBench\n"
               "\n"
               "Example:\n"
               "  fluxperf convert longbench --dataset narrativeqa -n 50 -o long.jsonl\n",
};

struct sharegpt_options {
    char *output;
    int64_t max_sessions, min_turns;
    uint64_t seed;
    bool shuffle;
};

#define AT(field) offsetof(struct sharegpt_options, field)

static const struct sharegpt_options sharegpt_defaults = {
    .max_sessions = -1, .min_turns = 1, .seed = 42};

/* clang-format off */
static const struct option sharegpt_table[] = {
    {"output", 'o', OPTION_STRING, AT(output), .argument = "FILE",
     .help = "where the sessions go, - is stdout; required"},
    {"max-sessions", 'n', OPTION_INT, AT(max_sessions), .argument = "N", .default_text = "all",
     .help = "how many sessions to write, none twice", .min = 1, .max = 1e9},
    {"min-turns", 0, OPTION_INT, AT(min_turns), .argument = "N",
     .help = "leave out sessions with fewer questions", .min = 1, .max = 65535},
    {"shuffle", 0, OPTION_FLAG, AT(shuffle), .help = "take them in a random order"},
    {"seed", 0, OPTION_UINT64, AT(seed), .argument = "N",
     .help = "of that order"},
};
/* clang-format on */
#undef AT

const struct option_set convert_sharegpt_options = {
    .command = "convert sharegpt",
    .table = sharegpt_table,
    .count = ARRAY_SIZE(sharegpt_table),
    .defaults = &sharegpt_defaults,
    .operands = "FILE|DIR...",
    .about = "Makes sessions of ShareGPT's conversations: what the humans asked, turn by turn.\n"
             "The model under test replies. Directories are read with all below them.\n",
    .closing = "Example:\n"
               "  fluxperf convert sharegpt ShareGPT_V3.json --min-turns 3 -n 200 -o chat.jsonl\n",
};

/* ---- what both do ---- */

static void say_bad_row(void *context, const char *place_and_reason)
{
    uint32_t *said = context;
    if ((*said)++ < MOST_BAD_ROWS_SAID)
        log_warning("%s", place_and_reason);
}

static void say_counts(const struct conversion *conversion, const char *things, uint32_t written,
                       int64_t wanted, const char *output)
{
    if (conversion->bad > MOST_BAD_ROWS_SAID)
        log_warning("and %u more bad rows", conversion->bad - MOST_BAD_ROWS_SAID);
    log_info("read %u rows in %u file%s: %u bad, %u repeated", conversion->rows, conversion->files,
             conversion->files == 1 ? "" : "s", conversion->bad, conversion->repeated);
    if (wanted > written)
        log_warning("%" PRId64 " %s were asked for, and there are only %u", wanted, things,
                    written);
    if (strcmp(output, "-") != 0)
        log_info("wrote %u %s to %s", written, things, output);
}

static int write_all(const struct conversion *conversion, const char *things, const char *output,
                     int64_t most, bool shuffle, uint64_t seed)
{
    struct error error;
    uint32_t limit = most < 0 ? UINT32_MAX : (uint32_t)most;
    if (!conversion_write(conversion, output, limit, shuffle, seed, &error)) {
        log_error("%s", error.text);
        return EXIT_NOTHING_DONE;
    }
    say_counts(conversion, things, conversion->count < limit ? conversion->count : limit, most,
               output);
    return EXIT_OK;
}

static bool say_usage_error(const struct option_set *set, const char *reason)
{
    log_error("%s; see fluxperf %s --help", reason, set->command);
    return false;
}

/* ---- longbench ---- */

static bool check_longbench(const struct longbench_options *options)
{
    const struct option_set *set = &convert_longbench_options;
    if (!options->output)
        return say_usage_error(set, "--output FILE is needed: where the rows go");
    if (!!options->input_dir + !!options->input_file + !!options->url > 1)
        return say_usage_error(set, "give one of --input-dir, --input-file and --url");
    return true;
}

/* The file or directory to read, freed by the caller; NULL when there is none. */
static char *find_source(const struct longbench_options *options, struct error *error)
{
    static const char *const places[] = {"LongBench", "datasets/LongBench"};
    if (options->url) {
        struct text password = endpoint_password(options->url);
        char *secret = xstrndup(password.data, password.size);
        secret_add(secret);
        free(secret);
        return download_into("LongBench", options->url, error);
    }
    if (options->input_file)
        return xstrdup(options->input_file);
    if (options->input_dir)
        return xstrdup(options->input_dir);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (directory_exists(places[i]))
            return xstrdup(places[i]);
    error_set(error, "no LongBench here: unpack the data.zip that the LongBench project publishes "
                     "into ./LongBench or ./datasets/LongBench (unzip data.zip -d LongBench), or "
                     "say where it is with --input-dir, --input-file or --url");
    return NULL;
}

static void say_not_found(const struct longbench_choice *choice)
{
    struct buffer names = {0};
    struct text rest = buffer_text(&choice->others), line;
    while (text_next_line(&rest, &line)) {
        char *name = text_visible(line, 80);
        buffer_printf(&names, "%s%s", names.size ? ", " : "", name);
        free(name);
    }
    for (size_t i = 0; i < choice->name_count; i++)
        if (!choice->name_found[i])
            log_warning("no row of %s%s%s", choice->names[i],
                        names.size ? "; there are rows of " : "", names.size ? names.data : "");
    buffer_free(&names);
}

static int convert_longbench_rows(const struct longbench_options *options)
{
    struct error error;
    uint32_t said = 0;
    struct longbench_choice choice = {
        .names = options->datasets.values,
        .name_count = options->datasets.count,
        .name_found = xcalloc(options->datasets.count + 1, sizeof *choice.name_found),
        .format = (enum longbench_format)options->format};
    struct conversion conversion = {.read = longbench_read,
                                    .context = &choice,
                                    .output = options->output,
                                    .say = say_bad_row,
                                    .say_context = &said};
    conversion_init(&conversion);
    int status = EXIT_USAGE;
    char *source = find_source(options, &error);
    if (!source || !download_check_is_text(source, &error) ||
        !conversion_read(&conversion, source, &error)) {
        log_error("%s", error.text);
    } else {
        say_not_found(&choice);
        if (conversion.count)
            status = write_all(&conversion, "rows", options->output, options->num_samples,
                               options->shuffle, options->seed);
        else
            log_error("nothing to write: %s has no row that was asked for (%u read, %u of them "
                      "bad)",
                      source, conversion.rows, conversion.bad);
    }
    free(source);
    free(choice.name_found);
    buffer_free(&choice.others);
    conversion_free(&conversion);
    return status;
}

static int convert_longbench(int argc, char **argv)
{
    struct longbench_options options = longbench_defaults;
    int status = EXIT_USAGE;
    if (set_parse(&convert_longbench_options, &options, NULL, argc, argv, &status))
        status = check_longbench(&options) ? convert_longbench_rows(&options) : EXIT_USAGE;
    options_free_set(&convert_longbench_options, &options, NULL);
    secret_forget_all();
    return status;
}

/* ---- sharegpt ---- */

static int convert_sharegpt_rows(const struct sharegpt_options *options,
                                 const struct string_list *sources)
{
    struct error error;
    uint32_t said = 0;
    struct sharegpt_choice choice = {.min_turns = (uint32_t)options->min_turns};
    struct conversion conversion = {.read = sharegpt_read,
                                    .context = &choice,
                                    .output = options->output,
                                    .say = say_bad_row,
                                    .say_context = &said};
    conversion_init(&conversion);
    bool ok = true;
    for (size_t i = 0; i < sources->count && ok; i++)
        ok = download_check_is_text(sources->values[i], &error) &&
             conversion_read(&conversion, sources->values[i], &error);
    int status = EXIT_USAGE;
    if (!ok)
        log_error("%s", error.text);
    else if (conversion.count == 0)
        log_error("nothing to write: no session of %" PRId64 " or more questions in %u rows (%u "
                  "of them bad)",
                  options->min_turns, conversion.rows, conversion.bad);
    else
        status = write_all(&conversion, "sessions", options->output, options->max_sessions,
                           options->shuffle, options->seed);
    if (status == EXIT_OK && choice.too_short)
        log_info("left out %u sessions with too few questions (--min-turns %" PRId64 ")",
                 choice.too_short, options->min_turns);
    conversion_free(&conversion);
    return status;
}

static int convert_sharegpt(int argc, char **argv)
{
    const struct option_set *set = &convert_sharegpt_options;
    struct sharegpt_options options = sharegpt_defaults;
    struct string_list sources = {0};
    int status = EXIT_USAGE;
    if (set_parse(set, &options, &sources, argc, argv, &status)) {
        status = EXIT_USAGE;
        if (sources.count == 0)
            say_usage_error(set, "name a file or a directory with ShareGPT's conversations");
        else if (!options.output)
            say_usage_error(set, "--output FILE is needed: where the sessions go");
        else
            status = convert_sharegpt_rows(&options, &sources);
    }
    options_free_set(set, &options, &sources);
    return status;
}

/* ---- which ---- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} kinds[] = {{"longbench", convert_longbench}, {"sharegpt", convert_sharegpt}};

static const char help[] =
    "Usage: fluxperf convert longbench [--dataset NAME...] --output FILE [OPTION...]\n"
    "       fluxperf convert sharegpt FILE|DIR... --output FILE [OPTION...]\n"
    "\n"
    "Makes a dataset for run out of one that was published in another form. Each has\n"
    "a --help of its own.\n";

int command_convert(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(kinds); i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            return kinds[i].run(argc - 1, argv + 1);
    if (argc > 1)
        log_error("convert knows longbench and sharegpt, not '%.80s'", argv[1]);
    else
        fputs(help, stderr);
    return EXIT_USAGE;
}

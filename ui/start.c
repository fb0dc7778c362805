#include "ui/start.h"

#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "benchmark/estimate.h"
#include "benchmark/plan.h"

/* A larger file is read when the run starts, not while its name is typed. */
enum { READ_BYTES = 64 << 20 };

/* label, option, what stands in an empty field, what the field begins with */
static const struct {
    const char *label, *option, *hint, *begins;
} rows[START_FIELD_COUNT] = {
    [START_ENDPOINT] = {"Endpoint", "endpoint", "host:port or a URL", "http://localhost:8000"},
    [START_DATASET] = {"Dataset", "dataset", "a file, or builtin:NAME", "builtin:shared-prefix"},
    [START_CONCURRENCY] = {"Concurrency", "concurrency", "1", "5 10 20"},
    [START_REQUESTS] = {"Requests", "num-samples", "all", ""},
    [START_ROUNDS] = {"Rounds", "rounds", "2", "2"},
    [START_OUTPUT] = {"Output tokens", "max-output-tokens", "the server's", "256"},
    [START_TIMEOUT] = {"Timeout, s", "timeout", "300", "300"},
    [START_TTFT] = {"SLO TTFT, ms", "slo", "-", ""},
    [START_ITL] = {"ITL, ms", "slo", "-", ""},
    [START_LATENCY] = {"Latency, ms", "slo", "-", ""},
};

static const char *const limit_keys[] = {"ttft_ms", "itl_ms", "latency_ms"};

void start_init(struct start *start)
{
    *start = (struct start){.focus = -1, .endpoint_is_ours = true};
    for (int i = 0; i < START_FIELD_COUNT; i++) {
        start->fields[i].label = rows[i].label;
        start->fields[i].option = options_find(rows[i].option);
        start->fields[i].hint = rows[i].hint;
        input_set(&start->fields[i].input, text_of(rows[i].begins));
    }
    start_check(start);
}

static void forget_dataset(struct start *start)
{
    if (start->dataset_name)
        dataset_free(&start->dataset);
    free(start->dataset_name);
    start->dataset_name = NULL;
}

void start_free(struct start *start)
{
    forget_dataset(start);
}

/* ---- what the fields come to ---- */

static bool is_limit(int field)
{
    return field >= START_TTFT;
}

static struct text typed(const struct start *start, int field)
{
    return text_trim(input_text(&start->fields[field].input));
}

/* "ttft_ms=350" of a limit, else the words as they were typed. */
static void add_value(const struct start *start, int field, struct buffer *out)
{
    if (is_limit(field))
        buffer_printf(out, "%s=", limit_keys[field - START_TTFT]);
    buffer_add_text(out, typed(start, field));
}

static bool take_limit(const struct start *start, int field, struct config *config,
                       struct error *error)
{
    struct buffer value = {0};
    add_value(start, field, &value);
    bool good = slo_set(&config->slo, buffer_text(&value), error);
    buffer_free(&value);
    return good;
}

static bool take_fields(struct start *start, struct config *config, struct error *error)
{
    for (int i = 0; i < START_FIELD_COUNT; i++) {
        start->wrong_field = i;
        if (typed(start, i).size == 0)
            continue;
        if (is_limit(i) ? !take_limit(start, i, config, error)
                        : !field_take(&start->fields[i], config, error))
            return false;
    }
    start->wrong_field = START_ENDPOINT;
    if (!config->endpoint)
        return error_set(error, "--endpoint: which server is to be benchmarked?");
    start->wrong_field = START_DATASET;
    if (!config->dataset)
        return error_set(error, "--dataset: what is to be sent? builtin:shared-prefix is there");
    start->wrong_field = START_ENDPOINT;
    return config_resolve(config, error);
}

static bool is_too_large(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && status.st_size > READ_BYTES;
}

/* Reads the dataset where it is another than before. */
static bool read_dataset(struct start *start, const char *name, struct error *error)
{
    if (start->dataset_name && strcmp(start->dataset_name, name) == 0)
        return true;
    forget_dataset(start);
    if (strcmp(name, "-") == 0)
        return error_set(error, "--dataset -: the keys come from there, give a file");
    if (is_too_large(name))
        return true;
    if (!dataset_read(&start->dataset, name, false, error))
        return false;
    start->dataset_name = xstrdup(name);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < start->dataset.count; i++)
        for (uint32_t j = 0; j < start->dataset.samples[i].message_count; j++)
            bytes += start->dataset.samples[i].messages[j].content.size;
    start->rows = start->dataset.count;
    start->tokens_a_prompt = start->rows ? bytes / 4 / start->rows : 0;
    return true;
}

static bool make_plan(struct start *start, const struct config *config, struct error *error)
{
    struct plan plan;
    if (!start->dataset_name)
        return true;
    if (!plan_make(&plan, config, &start->dataset, error))
        return false;
    struct buffer page = {0};
    struct plan_total total = plan_print(&plan, config, &start->dataset, false, &page);
    start->levels = plan.level_count;
    start->requests = total.requests;
    start->seconds = total.seconds;
    buffer_free(&page);
    plan_free(&plan);
    return true;
}

void start_check(struct start *start)
{
    struct config config;
    struct error error = {0};
    config_default(&config);
    start->requests = 0;
    bool good = take_fields(start, &config, &error);
    if (good) {
        start->wrong_field = START_DATASET;
        good = read_dataset(start, config.dataset, &error) && make_plan(start, &config, &error);
    }
    snprintf(start->wrong, sizeof start->wrong, "%.255s", good ? "" : error.text);
    config_free(&config);
}

/* ---- as words ---- */

/* Defaults of the command line need no word. */
static bool says_something(const struct start *start, int field)
{
    struct text value = typed(start, field);
    bool is_default =
        (field == START_ROUNDS || field == START_TIMEOUT) && text_is(value, rows[field].hint);
    return value.size > 0 && !is_default;
}

struct start_words_list {
    char **words;
    int count;
};

static void add_word(struct start_words_list *list, char *owned)
{
    list->words = xreallocarray(list->words, (size_t)list->count + 2, sizeof *list->words);
    list->words[list->count++] = owned;
    list->words[list->count] = NULL;
}

static void add_words(struct start_words_list *list, const struct start *start, int field)
{
    struct buffer value = {0};
    add_value(start, field, &value);
    bool first_limit = true;
    for (int i = START_TTFT; i < field; i++)
        first_limit &= !says_something(start, i);
    if (!is_limit(field) || first_limit)
        add_word(list, xasprintf("--%s", start->fields[field].option->name));
    bool several = field == START_CONCURRENCY || field == START_REQUESTS;
    char *rest = value.data, *word;
    while ((word = strsep(&rest, several ? " " : "")))
        if (*word)
            add_word(list, xstrdup(word));
    buffer_free(&value);
}

char **start_words(const struct start *start, int *count)
{
    struct start_words_list list = {0};
    add_word(&list, xstrdup("run"));
    for (int i = 0; i < START_FIELD_COUNT; i++)
        if (says_something(start, i))
            add_words(&list, start, i);
    *count = list.count;
    return list.words;
}

void start_words_free(char **words, int count)
{
    for (int i = 0; i < count; i++)
        free(words[i]);
    free(words);
}

void start_command(const struct start *start, struct buffer *out)
{
    int count;
    char **words = start_words(start, &count);
    buffer_add_string(out, "fluxperf ");
    options_command_line(count - 1, words + 1, out);
    start_words_free(words, count);
}

/* ---- servers ---- */

bool start_look(void *page)
{
    struct start *start = page;
    if (start->looked_at >= START_PORTS)
        return false;
    int at = start->looked_at++;
    bool found = start_ask_server(start_ports[at], &start->servers[at]);
    bool first = true;
    for (int i = 0; i < at; i++)
        first &= !start->servers[i].found;
    if (found && first && start->endpoint_is_ours) {
        char url[40];
        snprintf(url, sizeof url, "http://localhost:%u", start_ports[at]);
        input_set(&start->fields[START_ENDPOINT].input, text_of(url));
        start_check(start);
    }
    return true;
}

/* ---- keys ---- */

static bool choose(struct start *start, enum start_choice choice)
{
    start->choice = choice;
    return false;
}

static void look_again(struct start *start)
{
    memset(start->servers, 0, sizeof start->servers);
    start->looked_at = 0;
}

static void step_focus(struct start *start, int by)
{
    int count = START_FIELD_COUNT;
    start->focus =
        start->focus < 0 ? (by > 0 ? 0 : count - 1) : (start->focus + by + count) % count;
    start->entered = true;
}

static bool type_key(struct start *start, int key)
{
    struct field *field = &start->fields[start->focus];
    if (start->entered && key >= ' ' && key <= 0xff && key != 0x7f)
        input_set(&field->input, TEXT(""));
    start->entered = false;
    return field_key(field, key);
}

/* Enter starts it, unless something is wrong: then the field that is. */
static bool enter(struct start *start)
{
    start_check(start);
    if (start->wrong[0] == '\0')
        return choose(start, START_RUN);
    start->focus = start->wrong_field;
    start->entered = false;
    return true;
}

static bool command_key(struct start *start, int key)
{
    switch (key) {
    case 'd':
        return choose(start, START_DEMO);
    case 'v':
        return choose(start, START_VIEW);
    case 'q':
    case 'Q':
    case KEY_F(10):
        return choose(start, START_LEAVE);
    case 's':
        look_again(start);
        return true;
    default:
        return true;
    }
}

bool start_key(void *page, int key)
{
    struct start *start = page;
    if (key == 0x03)
        return choose(start, START_LEAVE);
    if (key == '\n' || key == '\r' || key == KEY_ENTER)
        return enter(start);
    if (key == '\t' || key == KEY_DOWN) {
        step_focus(start, 1);
    } else if (key == KEY_BTAB || key == KEY_UP) {
        step_focus(start, -1);
    } else if (key == 0x1b) {
        start->focus = -1;
    } else if (start->focus < 0) {
        return command_key(start, key);
    } else if (type_key(start, key)) {
        start->endpoint_is_ours &= start->focus != START_ENDPOINT;
        start_check(start);
    }
    return true;
}

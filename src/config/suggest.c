#include "config/suggest.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "config/option_value.h"

enum { NAME_MAX_BYTES = 40 };

/* Names from AIPerf, GuideLLM, vllm bench serve, SGLang, wrk, hey and oha. */
static const struct {
    const char *theirs;
    const char *ours;
} peers[] = {
    {"arrival-smoothness", "--burstiness"},
    {"artifact-dir", "--output-dir"},
    {"base-url", "--endpoint"},
    {"benchmark-duration", "--duration"},
    {"cache-bust", "--cold-start salt"},
    {"connections", "--concurrency"},
    {"data", "--dataset"},
    {"dataset-name", "--dataset"},
    {"dataset-path", "--dataset"},
    {"disable-tqdm", "--ui none"},
    {"extra-inputs", "--extra-body"},
    {"extra-request-body", "--extra-body"},
    {"flush-cache", "--cold-start reset"},
    {"goodput", "--slo ttft_ms=1000 itl_ms=50"},
    {"host", "--endpoint HOST:PORT"},
    {"input-file", "--dataset"},
    {"max-concurrency", "--concurrency"},
    {"max-seconds", "--duration"},
    {"max-tokens", "--max-output-tokens"},
    {"metadata", "--note"},
    {"num-prompts", "--num-samples"},
    {"num-requests", "--num-samples"},
    {"num-warmups", "--warmup"},
    {"osl", "--max-output-tokens"},
    {"output-file", "--output-dir"},
    {"output-len", "--max-output-tokens"},
    {"output-tokens-mean", "--max-output-tokens"},
    {"port", "--endpoint HOST:PORT"},
    {"ramp-up", "--ramp"},
    {"ramp-up-strategy", "--ramp"},
    {"rampup-duration", "--ramp"},
    {"random-output-len", "--max-output-tokens"},
    {"random-seed", "--seed"},
    {"rate", "--request-rate"},
    {"ready-check-timeout-sec", "--wait-ready"},
    {"request-count", "--num-samples"},
    {"request-rate-ramp-duration", "--ramp"},
    {"request-timeout-seconds", "--timeout"},
    {"reset-kv-cache", "--cold-start reset"},
    {"reset-kv-cache-path", "--reset-cache-url"},
    {"result-dir", "--output-dir"},
    {"save-detailed", "--save-requests"},
    {"save-result", "--output-dir"},
    {"served-model-name", "--model"},
    {"streams", "--concurrency"},
    {"tag", "--note"},
    {"target", "--endpoint"},
    {"ui-type", "--ui"},
    {"url", "--endpoint"},
    {"wait-for-model-timeout", "--wait-ready"},
    {"warmup-request-count", "--warmup"},
    {"warmup-requests", "--warmup"},
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's: letters to insert, delete or replace. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1];
    size_t b_size = strlen(b);
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_size; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[b_size];
}

/* A beginning of the name counts as one letter off: getopt_long would have taken it. */
static size_t distance(const char *given, const char *name)
{
    size_t size = strlen(given);
    return size >= 3 && strncmp(given, name, size) == 0 ? 1 : edit_distance(given, name);
}

static const char *nearest(const char *given, bool mock_only)
{
    const char *best = NULL;
    size_t best_distance = strlen(given) / 3 + 2; /* what is further is another word */
    for (size_t i = 0; i < options_count; i++) {
        const char *name = options_table[i].name;
        if (mock_only && !option_is_mock_knob(&options_table[i]))
            continue;
        if (mock_only && strncmp(given, "mock-", 5) != 0)
            name += 5;
        size_t off = distance(given, name);
        if (off < best_distance) {
            best_distance = off;
            best = name;
        }
    }
    return best;
}

const char *suggest_word(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; strlen(word) <= NAME_MAX_BYTES && i < count; i++) {
        size_t off = distance(word, names[i]);
        if (off < best_distance) {
            best_distance = off;
            best = names[i];
        }
    }
    return best;
}

bool suggest_in_set(const struct option_set *set, const char *name, struct error *error)
{
    const char *best = NULL;
    size_t best_distance = strlen(name) / 3 + 2;
    const struct option *option;
    for (size_t i = 0; strlen(name) <= NAME_MAX_BYTES && (option = option_set_at(set, i)); i++) {
        size_t off = distance(name, option->name);
        if (off < best_distance) {
            best_distance = off;
            best = option->name;
        }
    }
    if (best)
        return error_set(error, "unknown option --%s: did you mean --%s?", name, best);
    return error_set(error, "unknown option --%.60s: fluxperf %s --help lists them all", name,
                     set->command);
}

static void replace(char *word, char from, char to)
{
    while ((word = strchr(word, from)))
        *word = to;
}

bool suggest_nearest(const char *key, bool mock_only, char found[static 64])
{
    char name[NAME_MAX_BYTES + 1];
    if (strlen(key) > NAME_MAX_BYTES)
        return false;
    snprintf(name, sizeof name, "%s", key);
    replace(name, '_', '-');
    const char *best = nearest(name, mock_only);
    if (!best)
        return false;
    snprintf(found, 64, "%s", best);
    replace(found, '-', '_');
    return true;
}

bool suggest_option(const char *name, bool mock_only, struct error *error)
{
    for (size_t i = 0; !mock_only && i < ARRAY_SIZE(peers); i++)
        if (strcmp(peers[i].theirs, name) == 0)
            return error_set(error, "unknown option --%s: here it is %s", name, peers[i].ours);

    const char *no = strncmp(name, "no-", 3) == 0 ? "no-" : "";
    const char *best =
        strlen(name) <= NAME_MAX_BYTES ? nearest(name + strlen(no), mock_only) : NULL;
    if (best) {
        const struct option *option = options_find(best);
        bool is_flag = option && option->type == OPTION_FLAG;
        return error_set(error, "unknown option --%s: did you mean --%s%s?", name,
                         is_flag ? no : "", best);
    }
    return error_set(error, "unknown option --%.60s: %s lists them all", name,
                     mock_only ? "fluxperf mock-server --help" : "fluxperf --help all");
}

#include "config/level_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/config_check.h"
#include "config/option_value.h"

/* clang-format off: it would give each field a line of its own */
const struct level_option level_options[] = {
    {"concurrency", "Concurrency", .place = PLACE_LEFT, .told = true,
     .more = "Higher: new ones start at once. Lower: those in flight finish, and none starts until "
             "there is room. The round is then marked, and figures since the change stand apart."},
    {"request-rate", "Request rate", .place = PLACE_RIGHT, .told = true,
     .more = "Requests then begin at their instants, whether or not earlier ones are done, and "
             "concurrency is only a cap. A new rate of a running round holds for what is sent from "
             "then on; figures since the change stand apart."},
    {"rounds", "Rounds", .place = PLACE_LEFT,
     .more = "The first round is cold, the later ones send the same again."},
    {"num-samples", "Samples", .place = PLACE_RIGHT, .told = true},
    {"max-output-tokens", "Output tokens", .place = PLACE_LEFT},
    {"min-output-tokens", "At least", .place = PLACE_RIGHT, .more = "Not every server knows this."},
    {"temperature", "Temperature", .place = PLACE_LEFT,
     .more = "0 makes replies repeatable on most servers."},
    {"top-p", "Top-p", .place = PLACE_RIGHT},
    {"dataset", "Dataset", .place = PLACE_WIDE, .shapes_prompts = true,
     .more = "It is read at once; a level with other prompts is compared with none of the others "
             "prompt by prompt."},
    {"max-input-length", "Max input", .place = PLACE_LEFT, .shapes_prompts = true},
    {"max-context-tokens", "Max context", .place = PLACE_RIGHT, .shapes_prompts = true},
    {"truncate", "Cut keeps", .place = PLACE_LEFT, .shapes_prompts = true},
    {"shuffle", "Shuffle", .place = PLACE_RIGHT},
    {"cold-start", "Cold start", .place = PLACE_LEFT, .told = true,
     .more = "By a reset of the server's cache, by a line in front of each prompt (salt), by rows "
             "that no level before took (disjoint), or not at all."},
    {"settle", "Settle, s", .place = PLACE_RIGHT},
    {"free-run", "Free run", .place = PLACE_LEFT,
     .more = "Each pass is a round; Rounds means nothing then."},
    {"duration", "Duration, s", .place = PLACE_RIGHT, .more = "Later rounds send what it sent."},
    {"turn-delay", "Turn delay, s", .place = PLACE_LEFT},
    {"history", "History", .place = PLACE_RIGHT},
    {"warmup", "Warm-up", .place = PLACE_LEFT},
    {"shuffle-round2", "Shuffle later", .place = PLACE_RIGHT},
    {"burstiness", "Burstiness", .place = PLACE_LEFT},
    {"ramp", "Ramp, s", .place = PLACE_RIGHT},
    {"ignore-eos", "Ignore EOS", .place = PLACE_LEFT},
    {"reset-cache-between-rounds", "Reset between", .place = PLACE_RIGHT},
    {"system-prompt", "System prompt", .place = PLACE_WIDE, .shapes_prompts = true},
    {"extra-body", "Extra body", .place = PLACE_WIDE,
     .more = "As {\"chat_template_kwargs\": {\"enable_thinking\": false}}."},
    {"note", "Note", .place = PLACE_WIDE, .told = true,
     .more = "Shown below the level: what was different about it."},
};
/* clang-format on */

const size_t level_options_count = ARRAY_SIZE(level_options);

void config_copy(struct config *copy, const struct config *config)
{
    *copy = *config;
    for (size_t i = 0; i < options_count; i++)
        option_copy(copy, config, &options_table[i]);
    memset(copy->given, 0, sizeof copy->given);
}

/* "-" and, where it could be no value, "off". */
static bool means_default(const struct option *option, struct text value)
{
    bool is_word = option->type == OPTION_CHOICE || option->type == OPTION_FLAG ||
                   option->type == OPTION_STRING;
    return text_is(value, "-") || (text_is(value, "off") && !is_word);
}

bool config_override(struct config *config, const struct option *option, struct text value,
                     struct error *error)
{
    value = text_trim(value);
    option_clear(config, option);
    if (means_default(option, value)) {
        struct config defaults;
        config_default(&defaults);
        option_copy(config, &defaults, option);
        config_free(&defaults);
        return true;
    }
    char name[64], *word = xstrndup(value.data, value.size);
    snprintf(name, sizeof name, "--%s", option->name);
    bool ok = option_set(config, option, name, word, error);
    free(word);
    return ok;
}

bool config_resolve_level(struct config *config, struct error *error)
{
    bool prompt_given = config->given[options_find("system-prompt") - options_table];
    return (!prompt_given ||
            config_read_at_file(&config->system_prompt, "--system-prompt", false, error)) &&
           config_check_level(config, error);
}

void config_write_level_json(const struct config *config, struct json_writer *json)
{
    json_open(json, '{');
    for (size_t i = 0; i < level_options_count; i++)
        config_write_option(config, options_find(level_options[i].name), json);
    json_close(json, '}');
}

#include "config/config_words.h"

#include <stdlib.h>

#include "base/memory.h"
#include "config/option_value.h"

static void value_json(const struct config *config, const struct option *option, struct buffer *out)
{
    struct json_writer json = {.out = out};
    option_write_json(config, option, &json);
}

static void add_words(int count, char **words, struct buffer *out)
{
    buffer_add_char(out, ' ');
    options_command_line(count, words, out);
}

void config_value_word(struct text value, struct buffer *out)
{
    struct buffer plain = {0};
    if (value.size >= 2 && value.data[0] == '"')
        json_unescape(&plain, (struct text){value.data + 1, value.size - 2});
    else
        buffer_add_text(&plain, value);
    char *word = xstrndup(plain.data ? plain.data : "", plain.size);
    add_words(1, &word, out);
    free(word);
    buffer_free(&plain);
}

static void add_option(const struct config *config, const struct option *option, struct buffer *out)
{
    struct buffer value = {0};
    value_json(config, option, &value);
    struct json_scan scan = json_scan_begin(buffer_text(&value));
    bool is_off = text_is(buffer_text(&value), "false");
    struct text element;
    if (!text_is(buffer_text(&value), "null") && !text_is(buffer_text(&value), "[]")) {
        buffer_printf(out, " --%s%s", is_off ? "no-" : "", option->name);
        if (json_try_array(&scan))
            while (json_next_element(&scan) && json_scan_raw(&scan, &element))
                config_value_word(element, out);
        else if (option->type != OPTION_FLAG)
            config_value_word(buffer_text(&value), out);
    }
    buffer_free(&value);
}

void config_given_words(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; i < options_count; i++)
        if (config->given[i])
            add_option(config, &options_table[i], out);
}

static bool is_default(const struct config *config, const struct config *defaults,
                       const struct option *option)
{
    struct buffer value = {0}, standard = {0};
    value_json(config, option, &value);
    value_json(defaults, option, &standard);
    bool same = text_equal(buffer_text(&value), buffer_text(&standard));
    buffer_free(&value);
    buffer_free(&standard);
    return same;
}

void config_command_words(const struct config *config, struct buffer *out)
{
    struct config defaults;
    config_default(&defaults);
    for (size_t i = 0; i < options_count; i++) {
        const struct option *option = &options_table[i];
        /* How long to wait for the server is about no level; a screen waits for ever. */
        bool aside = option->group == GROUP_SCREEN || option->group == GROUP_OUTPUT ||
                     option->group == GROUP_RECIPE || strcmp(option->name, "give-up") == 0 ||
                     strcmp(option->name, "wait-ready") == 0;
        if (!aside && !is_default(config, &defaults, option))
            add_option(config, option, out);
    }
    config_free(&defaults);
}

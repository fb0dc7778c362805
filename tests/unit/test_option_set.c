/* Options of a command's own: what its table promises, and the errors of the wrong words. */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"

struct kitchen {
    char *dish;
    int64_t guests;
    bool salt;
    unsigned heat;
    struct string_list spices;
};

#define AT(field) offsetof(struct kitchen, field)

static const struct option table[] = {
    {.name = "dish",
     .short_name = 'd',
     .type = OPTION_STRING,
     .offset = AT(dish),
     .argument = "NAME",
     .help = "what to cook"},
    {.name = "guests",
     .type = OPTION_INT,
     .offset = AT(guests),
     .argument = "N",
     .min = 1,
     .max = 12,
     .default_text = "2",
     .help = "how many come"},
    {.name = "salt", .type = OPTION_FLAG, .offset = AT(salt), .help = "with salt"},
    {.name = "heat",
     .type = OPTION_CHOICE,
     .offset = AT(heat),
     .argument = "low|high",
     .help = "how hot"},
    {.name = "spices",
     .type = OPTION_STRING_LIST,
     .offset = AT(spices),
     .argument = "NAME...",
     .help = "from the rack"},
};

static const struct option_set cook = {
    .command = "cook", .table = table, .count = ARRAY_SIZE(table), .operands = "POT..."};
static const struct option_set bake = {
    .command = "bake", .table = table, .count = ARRAY_SIZE(table)};

static const char *const shared[] = {"concurrency", "api-key", NULL};
static const struct option_set serve = {.command = "serve", .shared = shared};

static enum options_result parse(const struct option_set *set, struct kitchen *kitchen,
                                 struct string_list *operands, struct error *error,
                                 const char *words)
{
    char *copy = xstrdup(words), *argv[16];
    int argc = 0;
    for (char *word = strtok(copy, " "); word && argc < 16; word = strtok(NULL, " "))
        argv[argc++] = word;
    *kitchen = (struct kitchen){.guests = 2};
    *operands = (struct string_list){0};
    *error = (struct error){0};
    enum options_result result = options_parse_set(set, kitchen, operands, argc, argv, error);
    free(copy);
    return result;
}

static void values_and_operands_are_taken_in_any_order(void **state)
{
    (void)state;
    struct kitchen kitchen;
    struct string_list pots;
    struct error error;
    assert_int_equal(parse(&cook, &kitchen, &pots, &error,
                           "red -dsoup --guests=5 --salt blue --heat high --spices a b,c -- --pan"),
                     OPTIONS_RUN);
    assert_string_equal(kitchen.dish, "soup");
    assert_int_equal(kitchen.guests, 5);
    assert_true(kitchen.salt);
    assert_int_equal(kitchen.heat, 1);
    assert_int_equal(kitchen.spices.count, 3);
    assert_int_equal(pots.count, 3);
    assert_string_equal(pots.values[1], "blue");
    assert_string_equal(pots.values[2], "--pan");
    options_free_set(&cook, &kitchen, &pots);
    assert_null(kitchen.dish);
}

static void errors_name_the_option_and_the_command(void **state)
{
    (void)state;
    static const struct {
        const struct option_set *set;
        const char *words, *says;
    } cases[] = {
        {&cook, "--gests 3", "did you mean --guests?"},
        {&cook, "--dataset x", "fluxperf cook --help"},
        {&cook, "-x", "fluxperf cook --help"},
        {&cook, "--guests 13", "--guests 13: must be between 1 and 12"},
        {&cook, "--heat warm", "low or high"},
        {&cook, "--dish", "--dish: needs a value (NAME)"},
        {&bake, "pot", "bake takes options only"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct kitchen kitchen;
        struct string_list pots;
        struct error error;
        assert_int_equal(parse(cases[i].set, &kitchen, &pots, &error, cases[i].words),
                         OPTIONS_ERROR);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].words, error.text, cases[i].says);
        options_free_set(cases[i].set, &kitchen, &pots);
    }
}

static void options_of_run_are_none_of_its_own(void **state)
{
    (void)state;
    struct kitchen kitchen;
    struct string_list pots;
    struct error error;
    assert_int_equal(parse(&cook, &kitchen, &pots, &error, "-c 5"), OPTIONS_ERROR);
    assert_int_equal(parse(&cook, &kitchen, &pots, &error, "--help"), OPTIONS_HELP);
}

static void some_options_of_run_may_be_shared(void **state)
{
    (void)state;
    struct config config;
    struct error error;
    char words[][16] = {"-c", "5", "--api-key", "secret"};
    char *argv[] = {words[0], words[1], words[2], words[3]};
    config_default(&config);
    assert_int_equal(options_parse_set(&serve, &config, NULL, 4, argv, &error), OPTIONS_RUN);
    assert_int_equal(config.concurrency.values[0], 5);
    assert_true(config.given[options_find("concurrency") - options_table]);
    assert_string_equal(config.api_key, "secret");
    assert_string_equal(words[3], "******");
    argv[0] = (char[]){"--rounds"};
    assert_int_equal(options_parse_set(&serve, &config, NULL, 2, argv, &error), OPTIONS_ERROR);
    config_free(&config);
    assert_string_equal(option_set_at(&serve, 1)->name, "api-key");
    assert_null(option_set_at(&serve, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_operands_are_taken_in_any_order),
        cmocka_unit_test(errors_name_the_option_and_the_command),
        cmocka_unit_test(options_of_run_are_none_of_its_own),
        cmocka_unit_test(some_options_of_run_may_be_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

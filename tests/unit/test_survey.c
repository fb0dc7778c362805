/* What a dataset is like: forms, lengths, repeated prompts, and what a perfect cache finds. */
#include "dataset/survey.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/memory.h"

static void survey_of(struct survey *survey, struct dataset *dataset, const char *rows)
{
    struct error error;
    *dataset = (struct dataset){0};
    if (!dataset_parse(dataset, text_of(rows), false, &error))
        fail_msg("%s", error.text);
    survey_make(survey, dataset);
}

static void forms_and_turns_are_counted(void **state)
{
    (void)state;
    struct survey survey;
    struct dataset dataset;
    survey_of(&survey, &dataset,
              "{\"text\":\"a b c\"}\n\"d\"\n{\"prompt\":\"e\",\"max_tokens\":4}\n"
              "{\"messages\":[{\"role\":\"user\",\"content\":\"f\"}]}\n"
              "{\"user_messages\":[\"g\",\"h\",\"i\"]}\n"
              "{\"conversations\":[{\"from\":\"human\",\"value\":\"j\"}]}\n"
              "{\"context\":\"k\",\"input\":\"l\"}\n");
    assert_int_equal(survey.forms[FORM_TEXT], 2);
    assert_int_equal(survey.forms[FORM_STRING], 1);
    assert_int_equal(survey.forms[FORM_MESSAGES], 1);
    assert_int_equal(survey.forms[FORM_USER_MESSAGES], 1);
    assert_int_equal(survey.forms[FORM_CONVERSATIONS], 1);
    assert_int_equal(survey.forms[FORM_LONGBENCH], 1);
    assert_int_equal(survey.sessions, 1);
    assert_int_equal(survey.questions, 9);
    assert_int_equal(survey.most_turns, 3);
    assert_int_equal(survey.with_limit, 1);
    assert_int_equal(survey.lengths[0], 1);
    survey_free(&survey);
    dataset_free(&dataset);
}

static void a_repeated_prompt_is_found_whatever_its_form(void **state)
{
    (void)state;
    struct survey survey;
    struct dataset dataset;
    survey_of(&survey, &dataset,
              "{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"text\":\"two \"}\n"
              "{\"messages\":[{\"role\":\"user\",\"content\":\"t\\u0077o\"}]}\n"
              "{\"messages\":[{\"role\":\"system\",\"content\":\"two\"},"
              "{\"role\":\"user\",\"content\":\"one\"}]}\n\"one\"\n");
    assert_int_equal(survey.repeated, 2);
    assert_int_equal(survey.repeated_line, 4);
    assert_int_equal(survey.repeats_line, 2);
    survey_free(&survey);
    dataset_free(&dataset);
}

/* Short words are a token each for the built-in server's rule. */
static void add_words(struct buffer *out, const char *word, int count)
{
    for (int i = 0; i < count; i++)
        buffer_printf(out, " %s", word);
}

static void the_best_cache_shares_whole_blocks_of_prefixes(void **state)
{
    (void)state;
    /* Two prompts of 64 tokens which share the first 40: two whole blocks of 16, so 32 of 128 in
     * round 1. In round 2 each finds all of its blocks but the last, whose last token is computed.
     */
    struct buffer rows = {0};
    static const char *const tails[] = {"x", "y"};
    for (int i = 0; i < 2; i++) {
        buffer_add_string(&rows, "{\"text\":\"");
        add_words(&rows, "a", 40);
        add_words(&rows, tails[i], 24);
        buffer_add_string(&rows, "\"}\n");
    }
    struct survey survey;
    struct dataset dataset;
    survey_of(&survey, &dataset, rows.data);
    assert_true(survey.cached_first == 32.0 / 128);
    assert_true(survey.cached_again == 2 * 48.0 / 128);
    survey_free(&survey);
    dataset_free(&dataset);
    buffer_free(&rows);
}

static void a_session_finds_its_own_history(void **state)
{
    (void)state;
    struct buffer rows = {0};
    buffer_add_string(&rows, "{\"user_messages\":[\"");
    add_words(&rows, "a", 33);
    buffer_add_string(&rows, "\",\"");
    add_words(&rows, "b", 29);
    buffer_add_string(&rows, "\"]}");
    struct survey survey;
    struct dataset dataset;
    survey_of(&survey, &dataset, rows.data);
    /* 33 tokens, then 33 + 2 line breaks + 29 = 64, of which two blocks are there. */
    assert_true(survey.cached_first == 32.0 / 97);
    survey_free(&survey);
    dataset_free(&dataset);
    buffer_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_and_turns_are_counted),
        cmocka_unit_test(a_repeated_prompt_is_found_whatever_its_form),
        cmocka_unit_test(the_best_cache_shares_whole_blocks_of_prefixes),
        cmocka_unit_test(a_session_finds_its_own_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

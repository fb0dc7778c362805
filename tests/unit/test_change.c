#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "journal_of.h"
#include "sample_run.h"

#define MANY 20000u

static void add_number(struct run *run, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "message %u", number);
    run_add_change(run, &(struct change){.at_ns = number, .kind = "info", .text = text});
}

static void assert_number(const struct change *change, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "message %u", number);
    assert_int_equal(change->at_ns, number);
    assert_string_equal(change->text, text);
}

static void each_change_stays_where_it_was_put(void **state)
{
    (void)state;
    struct run *run = run_new();
    add_number(run, 0);
    const struct change *first = changes_at(&run->changes, 0);
    for (uint32_t i = 1; i < MANY; i++)
        add_number(run, i);
    assert_int_equal(changes_count(&run->changes), MANY);
    assert_ptr_equal(first, changes_at(&run->changes, 0));
    for (uint32_t i = 0; i < MANY; i++)
        assert_number(changes_at(&run->changes, i), i);
    run_free(run);
}

static void *add_all(void *run)
{
    for (uint32_t i = 0; i < MANY; i++)
        add_number(run, i);
    return NULL;
}

static void another_thread_sees_only_whole_changes(void **state)
{
    (void)state;
    struct run *run = run_new();
    pthread_t adder;
    assert_int_equal(pthread_create(&adder, NULL, add_all, run), 0);
    uint32_t seen = 0;
    while (seen < MANY) {
        uint32_t count = changes_count(&run->changes);
        for (; seen < count; seen++)
            assert_number(changes_at(&run->changes, seen), seen);
    }
    pthread_join(adder, NULL);
    run_free(run);
}

static void a_secret_in_a_message_is_starred_out(void **state)
{
    (void)state;
    struct run *run = run_new();
    secret_add("sk-hidden");
    const struct change *change =
        run_add_change(run, &(struct change){.kind = "error", .text = "refused sk-hidden here"});
    assert_string_equal(change->text, "refused ********* here");
    secret_forget_all();
    run_free(run);
}

/* Through the journal, as a finished run is read. */
static struct run *read_back(const struct run *run, const struct change *change)
{
    char path[] = "/tmp/fluxperf-change-XXXXXX";
    struct journal journal;
    struct error error = {0};
    close(mkstemp(path));
    assert_true(journal_open(&journal, path, true, &error));
    journal_put_run(&journal, run);
    journal_put_change(&journal, change);
    for (uint32_t l = 0; l < run->level_count; l++) {
        journal_put_level(&journal, run->levels[l]);
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++)
            journal_put_whole_round(&journal, run->levels[l], &run->levels[l]->rounds[r]);
    }
    journal_put_run_end(&journal, "finished", MS(900000));
    assert_true(journal_close(&journal));
    struct run *read = journal_read(path, &error);
    if (!read)
        fail_msg("%s", error.text);
    unlink(path);
    return read;
}

static void assert_change(const struct run *run, uint32_t index, uint16_t level, uint16_t round,
                          const char *kind, const char *text)
{
    assert_true(index < changes_count(&run->changes));
    const struct change *change = changes_at(&run->changes, index);
    assert_int_equal(change->level, level);
    assert_int_equal(change->round, round);
    assert_string_equal(change->kind, kind);
    assert_string_equal(change->text, text);
}

static void a_journal_tells_what_happened_in_its_order(void **state)
{
    (void)state;
    struct run *live = sample_run(100, true);
    struct run *read = read_back(live, &(struct change){.at_ns = MS(7),
                                                        .kind = "warning",
                                                        .text = "no \"usage\" from the server"});
    assert_change(read, 0, 0, 0, "warning", "no \"usage\" from the server");
    assert_int_equal(changes_at(&read->changes, 0)->at_ns, MS(7));
    assert_change(read, 1, 1, 1, "round", "began: 100 requests");
    assert_change(read, 3, 1, 2, "round",
                  "began: the same 100 requests. R1 was cold: 0 % cached before it");
    uint32_t count = changes_count(&read->changes), loads = 0;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(changes_at(&read->changes, i)->kind, "load") == 0) {
            assert_change(read, i, 2, 2, "load", "10 → 12");
            loads++;
        }
    assert_int_equal(loads, 1);
    assert_change(read, count - 1, 0, 0, "run", "the run ended: finished");
    run_free(live);
    run_free(read);
}

static void the_end_of_a_round_counts_what_did_not_succeed(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 4, 0.0, 9, 1);
    struct round *round = level_add_round(level, 9, MS(1000));
    round->end_ns = MS(13300);
    round->counts = (struct round_counts){9, 5, 2, 0, 2};
    run_tell_round_ended(run, level, round);
    assert_change(run, 0, 1, 1, "round",
                  "ended after 12.3 s: 5 of 9 succeeded, 2 failed, 2 not sent");
    run_free(run);
}

/* "began", "one", "ended": the first words of a round's changes. */
static void assert_changes_of(const struct run *run, const struct level *level, uint32_t round,
                              const char *const *words)
{
    const struct change *change;
    uint32_t index = level->rounds[round].first_change;
    while ((change = round_next_change(run, level, &level->rounds[round], &index))) {
        assert_non_null(*words);
        assert_true(text_starts_with(text_of(change->text), *words++));
    }
    assert_null(*words);
}

static void a_round_has_the_changes_that_happened_in_it(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 2, 0, 3, 2);
    static const char *const notes[] = {"one", "two"};
    run_add_change(run, &(struct change){.kind = "info", .text = "before"});
    for (uint16_t i = 0; i < 2; i++) {
        struct round *round = level_add_round(level, 3, 0);
        round->first_change = changes_count(&run->changes);
        run_tell_round_began(run, level, round);
        run_add_change(run, &(struct change){.kind = "info", .text = "beside"});
        run_add_change(
            run, &(struct change){.level = 1, .round = i + 1u, .kind = "note", .text = notes[i]});
        run_tell_round_ended(run, level, round);
        run_add_change(run, &(struct change){.level = 1, .kind = "round", .text = "between"});
    }
    assert_changes_of(run, level, 0, (const char *const[]){"began", "one", "ended", NULL});
    assert_changes_of(run, level, 1, (const char *const[]){"began", "two", "ended", NULL});
    run_free(run);
}

/* Two requests of 1,000 tokens, of which so many were cached, and a second round. */
static void assert_tells_of_first_round(uint32_t cached_tokens, const char *text)
{
    struct run *run = run_new();
    struct level *level = run_add_level(run, 4, 0.0, 2, 3);
    struct round *first = level_add_round(level, 2, 0);
    for (uint32_t i = 0; i < 2; i++) {
        struct record record = sample_record(i, 100, 40, 240, 250);
        record.cached_tokens = cached_tokens;
        round_add_record(first, &record);
    }
    run_tell_round_began(run, level, level_add_round(level, 2, NS_PER_S));
    assert_string_equal(changes_at(&run->changes, 0)->text, text);
    run_tell_round_began(run, level, level_add_round(level, 2, 2 * NS_PER_S));
    assert_string_equal(changes_at(&run->changes, 1)->text, "began: the same 2 requests");
    run_free(run);
}

static void the_second_round_begins_with_how_cold_the_first_was(void **state)
{
    (void)state;
    assert_tells_of_first_round(0, "began: the same 2 requests. R1 was cold: 0 % cached before it");
    assert_tells_of_first_round(
        594, "began: the same 2 requests. R1 was not cold: 43 % cached before it");
    assert_tells_of_first_round(TOKENS_UNKNOWN, "began: the same 2 requests");
}

static void a_pass_with_a_salt_of_its_own_is_not_the_same(void **state)
{
    (void)state;
    struct run *run = run_new();
    struct level *level = run_add_level(run, 4, 0.0, 3, 2);
    level_add_round(level, 3, 0);
    struct round *round = level_add_round(level, 3, NS_PER_S);
    strcpy(round->salt, "[1a2b3c4d]");
    run_tell_round_began(run, level, round);
    assert_string_equal(changes_at(&run->changes, 0)->text, "began: 3 requests, salted anew");
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_stays_where_it_was_put),
        cmocka_unit_test(another_thread_sees_only_whole_changes),
        cmocka_unit_test(a_secret_in_a_message_is_starred_out),
        cmocka_unit_test(a_journal_tells_what_happened_in_its_order),
        cmocka_unit_test(the_end_of_a_round_counts_what_did_not_succeed),
        cmocka_unit_test(a_round_has_the_changes_that_happened_in_it),
        cmocka_unit_test(the_second_round_begins_with_how_cold_the_first_was),
        cmocka_unit_test(a_pass_with_a_salt_of_its_own_is_not_the_same),
    };
    return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}

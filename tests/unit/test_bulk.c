#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "journal_of.h"
#include "result/bulk.h"
#include "sample_run.h"

static char path[] = "/tmp/fluxperf-bulk-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static struct run *written_run(bool text)
{
    struct run *run = sample_run(10, false);
    struct journal journal;
    run->levels[1]->rounds[0].records[7].reply_id = xstrdup("chatcmpl-7f3a \x1b\xff");
    assert_int_equal(truncate(path, 0), 0);
    assert_true(journal_open(&journal, path, text, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
    return run;
}

static void the_reply_and_the_chunk_times_come_back(void **state)
{
    (void)state;
    struct run *run = written_run(true);
    struct error error = {0};
    const struct record *record = &run->levels[1]->rounds[0].records[7];
    struct bulk bulk;
    if (!bulk_read(&bulk, path, record, &error))
        fail_msg("%s", error.text);
    assert_true(bulk.has_reply);
    assert_string_equal(bulk.reply.data, "Three ships, said \"she\" in 港口.\n");
    assert_string_equal(bulk.reply_id.data, "chatcmpl-7f3a \x1b\xef\xbf\xbd");
    assert_int_equal(bulk.chunks.count, record->chunk_count);
    assert_memory_equal(bulk.chunks.us, record->chunk_us,
                        record->chunk_count * sizeof *record->chunk_us);
    bulk_free(&bulk);
    run_free(run);
}

/* Longer than what is read at a time, so that the line comes in several pieces. */
static void a_long_reply_comes_back_whole(void **state)
{
    (void)state;
    struct run *run = sample_run(2, false);
    struct record *record = &run->levels[0]->rounds[0].records[1];
    free(record->reply);
    record->reply_size = 300000;
    record->reply = xmalloc(record->reply_size);
    for (uint32_t i = 0; i < record->reply_size; i++)
        record->reply[i] = (char)('a' + i % 23);
    struct journal journal;
    assert_int_equal(truncate(path, 0), 0);
    assert_true(journal_open(&journal, path, true, NULL));
    journal_put_whole(&journal, run);
    assert_true(journal_close(&journal));
    struct bulk bulk;
    assert_true(bulk_read(&bulk, path, record, NULL));
    assert_int_equal(bulk.reply.size, record->reply_size);
    assert_memory_equal(bulk.reply.data, record->reply, record->reply_size);
    bulk_free(&bulk);
    run_free(run);
}

static void without_text_there_are_times_and_no_reply(void **state)
{
    (void)state;
    struct run *run = written_run(false);
    struct bulk bulk;
    assert_true(bulk_read(&bulk, path, &run->levels[0]->rounds[1].records[3], NULL));
    assert_false(bulk.has_reply);
    assert_int_equal(bulk.reply_id.size, 0);
    assert_true(bulk.chunks.count > 0);
    bulk_free(&bulk);
    run_free(run);
}

static void assert_refused(const struct record *record, const char *reason)
{
    struct error error = {0};
    struct bulk bulk;
    assert_false(bulk_read(&bulk, path, record, &error));
    if (!strstr(error.text, reason))
        fail_msg("said '%s', not '%s'", error.text, reason);
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    struct run *run = written_run(true);
    struct record record = run->levels[1]->rounds[1].records[9];
    record.index++;
    assert_refused(&record, "something else");
    record.index--;
    /* The run is in progress and its last line is only half there. */
    assert_int_equal(truncate(path, (off_t)record.journal_offset + 100), 0);
    assert_refused(&record, "not written yet");
    record.journal_offset = 1u << 30;
    assert_refused(&record, "not written yet");
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reply_and_the_chunk_times_come_back),
        cmocka_unit_test(a_long_reply_comes_back_whole),
        cmocka_unit_test(without_text_there_are_times_and_no_reply),
        cmocka_unit_test(what_is_not_there_is_said),
    };
    return cmocka_run_group_tests_name("bulk", tests, set_up, tear_down);
}

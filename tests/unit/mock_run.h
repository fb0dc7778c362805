/* A run against the built-in server, for tests that change it while it is on. */
#ifndef TESTS_MOCK_RUN_H
#define TESTS_MOCK_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "benchmark/tuning.h"
#include "mock/mock_server.h"
#include "result/journal.h"

#define PATIENCE_NS (20 * NS_PER_S)

struct fixture {
    struct config config;
    struct buffer rows; /* the dataset's texts point into it */
    struct dataset dataset;
    struct plan plan;
    struct mock_server *mock;
    struct benchmark benchmark;
    char directory[64];
};

/* An open loop where there is a rate. Options that shape no plan may be changed before it starts.
 */
static inline void prepare(struct fixture *fixture, uint32_t rows, uint32_t concurrency,
                           double rate)
{
    struct error error = {0};
    *fixture = (struct fixture){0};
    struct config *config = &fixture->config;
    config_default(config);
    config->mock.port = 0;
    config->mock.ttft_ms = 20;
    config->mock.itl_ms = 4;
    fixture->mock = mock_server_start(&config->mock, &error);
    assert_non_null(fixture->mock);
    config->endpoint =
        xasprintf("http://127.0.0.1:%u/v1/chat/completions", mock_server_port(fixture->mock));
    config->max_output_tokens = 10;
    config->concurrency.values = xmalloc(sizeof(int64_t));
    config->concurrency.values[0] = concurrency;
    config->concurrency.count = 1;
    if (rate > 0) {
        config->concurrency.count = 0;
        config->request_rate.values = xmalloc(sizeof rate);
        config->request_rate.values[0] = rate;
        config->request_rate.count = 1;
    }
    strcpy(fixture->directory, "/tmp/fluxperf-tuning-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    config->output_dir = path_join(fixture->directory, "out");

    for (uint32_t i = 0; i < rows; i++)
        buffer_printf(&fixture->rows, "{\"text\":\"prompt number %u\"}\n", i);
    assert_true(dataset_parse(&fixture->dataset, buffer_text(&fixture->rows), false, &error));
    fixture->dataset.name = xstrdup("rows");
    assert_true(plan_make(&fixture->plan, config, &fixture->dataset, &error));
}

static inline void start(struct fixture *fixture, bool stay)
{
    struct error error = {0};
    fixture->benchmark = (struct benchmark){.config = &fixture->config,
                                            .dataset = &fixture->dataset,
                                            .plan = &fixture->plan,
                                            .command_line = "fluxperf",
                                            .stay = stay,
                                            .notify_fd = eventfd(0, EFD_NONBLOCK)};
    assert_true(benchmark_start(&fixture->benchmark, &error));
}

static inline void begin_with(struct fixture *fixture, uint32_t rows, uint32_t concurrency,
                              double rate, bool stay)
{
    prepare(fixture, rows, concurrency, rate);
    start(fixture, stay);
}

static inline void begin(struct fixture *fixture, uint32_t rows, uint32_t concurrency, bool stay)
{
    begin_with(fixture, rows, concurrency, 0, stay);
}

static inline void end(struct fixture *fixture)
{
    close(fixture->benchmark.notify_fd);
    benchmark_free(&fixture->benchmark);
    mock_server_stop(fixture->mock);
    plan_free(&fixture->plan);
    dataset_free(&fixture->dataset);
    buffer_free(&fixture->rows);
    char *remove = xasprintf("rm -r %s", fixture->directory);
    assert_int_equal(system(remove), 0);
    free(remove);
    config_free(&fixture->config);
}

static inline struct live_view *look(struct benchmark *benchmark)
{
    static struct live_view view;
    live_copy(&benchmark->live, &view);
    return &view;
}

/* Waits until the running round has ended so many requests. */
static inline void wait_done(struct benchmark *benchmark, uint16_t round, uint32_t done)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (look(benchmark)->round < round || look(benchmark)->done < done) {
        assert_true(now_ns() < until_ns);
        sleep_until_ns(now_ns() + NS_PER_MS);
    }
}

/* Requests that the server answered: those too that a machine that stood still kept from being
 * timed. */
static inline uint32_t answered(const struct round *round)
{
    uint32_t stalled = 0;
    for (uint32_t i = 0; i < round_record_count(round); i++)
        stalled += round->records[i].error == ERR_STALLED_CLIENT;
    return round->counts.succeeded + stalled;
}

static inline void assert_accounts(const struct round *round)
{
    const struct round_counts *counts = &round->counts;
    assert_int_equal(counts->planned,
                     counts->succeeded + counts->failed + counts->cancelled + counts->not_sent);
}

static inline void assert_tells(const struct run *run, const char *kind, uint16_t round,
                                const char *text)
{
    for (uint32_t i = 0; i < changes_count(&run->changes); i++) {
        const struct change *change = changes_at(&run->changes, i);
        if (strcmp(change->kind, kind) == 0 && change->round == round &&
            strncmp(change->text, text, strlen(text)) == 0)
            return;
    }
    fail_msg("no %s in round %u says '%s'", kind, round, text);
}

/* The journal tells of the run what was seen while it was on. */
static inline void assert_journal_tells_the_same(const struct benchmark *benchmark)
{
    struct error error = {0};
    char *path = path_join(benchmark->directory, "journal.jsonl");
    struct run *read = journal_read(path, &error);
    assert_non_null(read);
    const struct changes *seen = &benchmark->run->changes, *kept = &read->changes;
    assert_int_equal(changes_count(seen), changes_count(kept));
    for (uint32_t i = 0; i < changes_count(seen); i++) {
        const struct change *a = changes_at(seen, i), *b = changes_at(kept, i);
        assert_int_equal(a->at_ns, b->at_ns);
        assert_int_equal(a->level, b->level);
        assert_int_equal(a->round, b->round);
        assert_string_equal(a->kind, b->kind);
        assert_string_equal(a->text, b->text);
    }
    run_free(read);
    free(path);
}

static inline void wait_until_it_waits(struct benchmark *benchmark)
{
    uint64_t until_ns = now_ns() + PATIENCE_NS;
    while (!tuning_is_waiting(benchmark) && now_ns() < until_ns)
        sleep_until_ns(now_ns() + NS_PER_MS);
    assert_true(tuning_is_waiting(benchmark));
}

#endif

/* The sampler against a page that a thread of the test serves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "result/samples.h"
#include "telemetry/prometheus.h"

struct page {
    pthread_t thread;
    int listener;
    char url[64];
    _Atomic(const char *) text;
};

static void *serve(void *argument)
{
    struct page *page = argument;
    for (int fd; (fd = accept(page->listener, NULL, NULL)) >= 0;) {
        char request[4096], head[128];
        const char *text = atomic_load(&page->text);
        if (read(fd, request, sizeof request) > 0) {
            int size =
                snprintf(head, sizeof head,
                         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                         strlen(text));
            assert_int_equal(write(fd, head, (size_t)size), size);
            assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        }
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

static void page_start(struct page *page, const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    page->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    atomic_init(&page->text, text);
    assert_int_equal(bind(page->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(page->listener, 16), 0);
    assert_int_equal(getsockname(page->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(page->url, sizeof page->url, "http://127.0.0.1:%u/metrics", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&page->thread, NULL, serve, page), 0);
}

static void page_stop(struct page *page)
{
    shutdown(page->listener, SHUT_RDWR);
    pthread_join(page->thread, NULL);
    close(page->listener);
}

static void take_source(void *context, const struct metrics_source *source)
{
    samples_put_source(context, source);
}

static void take_column(void *context, uint32_t number, const char *series)
{
    const struct samples *samples = context;
    assert_int_equal(number, samples->column_count);
    samples_add_column(context, series);
}

static void take_watched(void *context, const struct watched *watched)
{
    assert_true(samples_put_watched(context, watched));
}

static void take_reading(void *context, const struct reading *reading)
{
    samples_add(context, reading);
}

static void take_failure(void *context, uint64_t at_ns, const char *why)
{
    samples_add_failure(context, at_ns, why);
}

static const struct http_settings http = {.connect_timeout_s = 5, .user_agent = "test"};

/* Reads only when it is asked to. */
static struct prometheus *sampler(struct samples *samples, const struct prometheus_target *target,
                                  char *const *metrics, size_t count)
{
    struct prometheus_settings settings = {.targets = target,
                                           .target_count = 1,
                                           .metrics = metrics,
                                           .metric_count = count,
                                           .interval_s = 3600,
                                           .origin_ns = now_ns(),
                                           .sink = {.context = samples,
                                                    .source = take_source,
                                                    .column = take_column,
                                                    .watched = take_watched,
                                                    .reading = take_reading,
                                                    .failure = take_failure}};
    struct error error = {0};
    struct prometheus *prometheus = prometheus_new(&settings, &error);
    if (!prometheus)
        fail_msg("%s", error.text);
    return prometheus;
}

static void scrape(struct prometheus *prometheus, enum reading_place place)
{
    assert_true(prometheus_scrape(prometheus, place, 1, 1, 30));
}

static double last_value(const struct samples *samples, const char *key)
{
    const struct watched *watched = samples_find(samples, key);
    assert_non_null(watched);
    return samples_value(samples, watched, samples_count(samples) - 1);
}

static void what_appears_in_mid_run_is_watched_from_then_on(void **state)
{
    (void)state;
    char asked[] = "late_total";
    char *metrics[] = {asked};
    struct page page;
    struct samples *samples = xcalloc(1, sizeof *samples);
    page_start(&page, "# TYPE a gauge\na 1\n");
    struct prometheus_target target = {page.url, &http, NULL};
    struct prometheus *prometheus = sampler(samples, &target, metrics, 1);
    scrape(prometheus, READING_BEFORE);
    assert_int_equal(samples_find(samples, "late_total")->kind, WATCHED_ABSENT);
    atomic_store(&page.text, "# TYPE a gauge\na 1\n# TYPE late_total counter\nlate_total 7\n");
    scrape(prometheus, READING_AFTER);
    assert_int_equal(samples_find(samples, "late_total")->kind, WATCHED_COUNTER);
    struct watched_round round;
    samples_round(samples, samples_find(samples, "late_total"), 1, 1,
                  samples_at(samples, 0)->at_ns + 1, samples_at(samples, 1)->at_ns, &round);
    assert_true(fabs(round.change - 7.0) < 1e-9);
    prometheus_delete(prometheus);
    samples_free(samples);
    free(samples);
    page_stop(&page);
}

static void a_metric_can_be_added_while_the_run_goes_on(void **state)
{
    (void)state;
    char asked[] = "a";
    char *metrics[] = {asked};
    struct page page;
    struct samples *samples = xcalloc(1, sizeof *samples);
    page_start(&page, "# TYPE a gauge\na 1\n# TYPE b_total counter\nb_total 5\n"
                      "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\n");
    struct prometheus_target target = {page.url, &http, NULL};
    struct prometheus *prometheus = sampler(samples, &target, metrics, 1);
    scrape(prometheus, READING_BETWEEN);
    assert_true(samples_find(samples, "running")->hidden);
    assert_null(samples_find(samples, "b"));

    assert_false(prometheus_add(prometheus, "x =", NULL));
    assert_true(prometheus_add(prometheus, "b", NULL));
    assert_true(prometheus_add(prometheus, "a_", NULL));
    assert_true(prometheus_add(prometheus, "running", NULL));
    scrape(prometheus, READING_BETWEEN);
    assert_true(fabs(last_value(samples, "b") - 5.0) < 1e-9);
    assert_false(samples_find(samples, "b")->appeared);
    assert_int_equal(samples_find(samples, "a_")->kind, WATCHED_ABSENT);
    assert_string_equal(samples_find(samples, "a_")->origin, "a");
    assert_false(samples_find(samples, "running")->hidden);
    assert_true(fabs(last_value(samples, "running") - 3.0) < 1e-9);
    prometheus_delete(prometheus);
    samples_free(samples);
    free(samples);
    page_stop(&page);
}

static void a_source_that_is_down_is_counted_and_read_again_later(void **state)
{
    (void)state;
    struct page page;
    struct samples *samples = xcalloc(1, sizeof *samples);
    page_start(&page, "<html>starting</html>");
    struct prometheus_target target = {page.url, &http, NULL};
    struct prometheus *prometheus = sampler(samples, &target, NULL, 0);
    assert_false(prometheus_scrape(prometheus, READING_BETWEEN, 0, 0, 30));
    assert_int_equal(samples->failed, 1);
    assert_int_equal(samples_count(samples), 0);
    atomic_store(&page.text,
                 "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\n");
    scrape(prometheus, READING_BETWEEN);
    assert_true(fabs(last_value(samples, "running") - 3.0) < 1e-9);
    assert_string_equal(samples_source(samples, 0)->engine, "vllm");
    prometheus_delete(prometheus);
    samples_free(samples);
    free(samples);
    page_stop(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_appears_in_mid_run_is_watched_from_then_on),
        cmocka_unit_test(a_metric_can_be_added_while_the_run_goes_on),
        cmocka_unit_test(a_source_that_is_down_is_counted_and_read_again_later),
    };
    http_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

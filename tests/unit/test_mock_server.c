#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "mock/mock_server.h"
#include "mock/tokens.h"

#define CHAT "/v1/chat/completions"
#define MESSAGES \
    "\"messages\":[{\"role\":\"user\",\"content\":\"one two three four five six seven\"}]"

/* ---- a client that knows nothing but sockets ---- */

static struct mock_knobs quick_knobs(void)
{
    struct mock_knobs knobs;
    mock_knobs_default(&knobs);
    knobs.port = 0;
    knobs.ttft_ms = 2;
    knobs.prefill_tokens_per_s = 0;
    knobs.itl_ms = 1;
    knobs.jitter = 0;
    knobs.reply_tokens = 16;
    return knobs;
}

static struct mock_server *start(const struct mock_knobs *knobs)
{
    struct error error;
    struct mock_server *server = mock_server_start(knobs, &error);
    if (!server)
        fail_msg("%s", error.text);
    assert_int_not_equal(mock_server_port(server), 0);
    return server;
}

static int dial(const struct mock_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(mock_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 20};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, struct text bytes)
{
    assert_int_equal(send(fd, bytes.data, bytes.size, MSG_NOSIGNAL), bytes.size);
}

/* `headers` are lines ending in \r\n. */
static void ask(int fd, const char *method, const char *path, const char *headers, const char *body)
{
    struct buffer request = {0};
    buffer_printf(&request, "%s %s HTTP/1.1\r\nHost: mock\r\n%sContent-Length: %zu\r\n\r\n%s",
                  method, path, headers, strlen(body), body);
    say(fd, buffer_text(&request));
    buffer_free(&request);
}

/* Adds what one recv gives; returns what recv returned. */
static ssize_t hear(int fd, struct buffer *out)
{
    char bytes[16384];
    ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size > 0)
        buffer_add(out, bytes, (size_t)size);
    return size;
}

static bool has(const struct buffer *answer, const char *part)
{
    return answer->data && strstr(answer->data, part);
}

static size_t count_of(const struct buffer *answer, const char *part)
{
    size_t count = 0;
    for (const char *at = answer->data; at && (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* The whole answer on a connection of its own, head included. */
static struct buffer exchange(const struct mock_server *server, const char *method,
                              const char *path, const char *headers, const char *body)
{
    struct buffer answer = {0};
    char *all = xasprintf("Connection: close\r\n%s", headers);
    int fd = dial(server);
    ask(fd, method, path, all, body);
    ssize_t size;
    while ((size = hear(fd, &answer)) > 0)
        ;
    assert_int_equal(size, 0);
    close(fd);
    free(all);
    buffer_add(&answer, "", 0);
    return answer;
}

static struct buffer post(const struct mock_server *server, const char *path, const char *body)
{
    return exchange(server, "POST", path, "", body);
}

static double metric(const struct mock_server *server, const char *name)
{
    struct buffer answer = exchange(server, "GET", "/metrics", "", "");
    char *start_of_line = xasprintf("\n%s{", name);
    const char *line = strstr(answer.data, start_of_line);
    if (!line)
        fail_msg("no metric %s", name);
    double value = strtod(strchr(line, ' '), NULL);
    free(start_of_line);
    buffer_free(&answer);
    return value;
}

static void assert_answer(struct buffer answer, const char *const *parts)
{
    for (; *parts; parts++)
        if (!has(&answer, *parts))
            fail_msg("'%s' is not in: %s", *parts, answer.data);
    buffer_free(&answer);
}

#define ASSERT_ANSWER(answer, ...) assert_answer(answer, (const char *const[]){__VA_ARGS__, NULL})

/* ---- replies ---- */

static void a_stream_has_role_tokens_usage_and_done(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    struct buffer answer = post(server, CHAT,
                                "{\"stream\":true,\"max_tokens\":9,\"model\":\"m\\\"1\","
                                "\"stream_options\":{\"include_usage\":true}," MESSAGES "}");
    assert_true(has(&answer, "HTTP/1.1 200 OK"));
    assert_true(has(&answer, "text/event-stream"));
    assert_true(has(&answer, "\"model\":\"m\\\"1\""));
    assert_int_equal(count_of(&answer, "\"role\":\"assistant\""), 1);
    assert_int_equal(count_of(&answer, "\"delta\":{\"content\":"), 9);
    assert_int_equal(count_of(&answer, "\"finish_reason\":\"length\""), 1);
    assert_int_equal(count_of(&answer, "\"usage\""), 1);
    assert_true(has(&answer, "\"choices\":[],\"usage\":{\"prompt_tokens\":"));
    assert_true(has(&answer, "\"completion_tokens\":9,"));
    assert_true(has(&answer, "data: [DONE]\n\n\r\n0\r\n\r\n"));
    buffer_free(&answer);
    mock_server_stop(server);
}

static void without_a_limit_the_reply_stops_by_itself(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    ASSERT_ANSWER(post(server, CHAT, "{" MESSAGES "}"), "\"finish_reason\":\"stop\"",
                  "\"completion_tokens\":16", "\"object\":\"chat.completion\"");
    ASSERT_ANSWER(post(server, CHAT, "{\"min_tokens\":20," MESSAGES "}"),
                  "\"completion_tokens\":20");
    ASSERT_ANSWER(post(server, CHAT, "{\"ignore_eos\":true," MESSAGES "}"),
                  "\"finish_reason\":\"length\"");
    ASSERT_ANSWER(post(server, CHAT, "{\"max_completion_tokens\":3," MESSAGES "}"),
                  "\"completion_tokens\":3");
    mock_server_stop(server);
}

static void completions_answer_with_text(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    ASSERT_ANSWER(post(server, "/v1/completions", "{\"prompt\":[\"a b\"],\"max_tokens\":2}"),
                  "\"object\":\"text_completion\"", "\"text\":\"[-\"", "\"prompt_tokens\":2");
    ASSERT_ANSWER(post(server, "/v1/completions", "{\"prompt\":\"a\",\"stream\":true}"),
                  "\"choices\":[{\"index\":0,\"text\":\"[\",", "[DONE]");
    mock_server_stop(server);
}

static void a_chunk_may_hold_several_tokens_and_say_how_many(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.chunk_tokens = 4;
    struct mock_server *server = start(&knobs);
    struct buffer answer =
        post(server, CHAT,
             "{\"stream\":true,\"max_tokens\":10,\"stream_options\":"
             "{\"continuous_usage_stats\":true,\"include_usage\":true}," MESSAGES "}");
    assert_int_equal(count_of(&answer, "\"delta\":{\"content\":"), 3);
    assert_int_equal(count_of(&answer, "\"completion_tokens\":0,"), 1);
    assert_int_equal(count_of(&answer, "\"completion_tokens\":4,"), 1);
    assert_int_equal(count_of(&answer, "\"completion_tokens\":8,"), 1);
    assert_int_equal(count_of(&answer, "\"completion_tokens\":10,"), 2);
    buffer_free(&answer);
    mock_server_stop(server);
}

/* The part of a reply that is its content. */
static char *content_of(struct buffer answer)
{
    const char *key = "\"content\":\"";
    const char *from = answer.data ? strstr(answer.data, key) : NULL;
    assert_non_null(from);
    from += strlen(key);
    char *content = xstrndup(from, strcspn(from, "\""));
    buffer_free(&answer);
    return content;
}

static void a_reply_shows_its_session_and_depends_on_its_prompt_alone(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    char *plain = content_of(post(server, CHAT, "{" MESSAGES "}"));
    char *again = content_of(post(server, CHAT, "{" MESSAGES "}"));
    char *other = content_of(
        post(server, CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"other\"}]}"));
    char *named = content_of(post(server, CHAT, "{\"user\":\"u7\"," MESSAGES "}"));
    char *header = content_of(
        exchange(server, "POST", CHAT, "X-Session-Id: h8\r\n", "{\"user\":\"u7\"," MESSAGES "}"));
    assert_string_equal(plain, again);
    assert_string_not_equal(plain, other);
    assert_int_equal(strncmp(plain, "[- ", 3), 0);
    assert_int_equal(strncmp(named, "[u7 ", 4), 0);
    assert_int_equal(strncmp(header, "[h8 ", 4), 0);
    assert_int_equal(token_count(text_of(plain)), 16);
    free(plain);
    free(again);
    free(other);
    free(named);
    free(header);
    mock_server_stop(server);
}

/* ---- the cache and what is shown of it ---- */

static char *long_chat(bool stream)
{
    struct buffer body = {0};
    buffer_printf(&body, "{\"stream\":%s,\"max_tokens\":2,\"messages\":[{\"role\":\"user\",",
                  stream ? "true" : "false");
    buffer_add_string(&body, "\"content\":\"");
    for (int i = 0; i < 200; i++)
        buffer_add_string(&body, "word ");
    buffer_add_string(&body, "\"}],\"stream_options\":{\"include_usage\":true}}");
    return buffer_take(&body);
}

static void the_second_time_the_prompt_is_cached_until_a_reset(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    char *body = long_chat(true);
    ASSERT_ANSWER(post(server, CHAT, body), "\"cached_tokens\":0}");
    ASSERT_ANSWER(post(server, CHAT, body), "\"cached_tokens\":192}");
    assert_true(metric(server, "lmcache_hit_rate") > 0.4);
    assert_true(metric(server, "vllm:prefix_cache_hits_total") == 192);
    assert_true(metric(server, "kv_cache_size") == 192);
    ASSERT_ANSWER(post(server, "/reset_prefix_cache", ""), "200 OK");
    assert_true(metric(server, "lmcache_hit_rate") == 0);
    ASSERT_ANSWER(post(server, CHAT, body), "\"cached_tokens\":0}");
    free(body);
    mock_server_stop(server);
}

static void prefill_costs_time_only_for_what_is_not_cached(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.prefill_tokens_per_s = 1000;
    struct mock_server *server = start(&knobs);
    char *body = long_chat(false);
    const char *name = "vllm:request_prefill_time_seconds_sum";
    ASSERT_ANSWER(post(server, CHAT, body), "200 OK");
    double cold = metric(server, name);
    ASSERT_ANSWER(post(server, CHAT, body), "200 OK");
    double warm = metric(server, name) - cold;
    assert_true(cold >= 0.2);
    assert_true(warm < cold);
    free(body);
    mock_server_stop(server);
}

static void metrics_count_requests_and_tokens(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    ASSERT_ANSWER(post(server, CHAT, "{\"stream\":true,\"max_tokens\":5," MESSAGES "}"), "[DONE]");
    assert_true(metric(server, "vllm:generation_tokens_total") == 5);
    assert_true(metric(server, "vllm:time_to_first_token_seconds_count") == 1);
    assert_true(metric(server, "vllm:inter_token_latency_seconds_count") == 4);
    assert_true(metric(server, "vllm:e2e_request_latency_seconds_count") == 1);
    assert_true(metric(server, "vllm:num_requests_running") == 0);
    ASSERT_ANSWER(exchange(server, "GET", "/metrics", "", ""), "text/plain; version=0.0.4",
                  "# TYPE vllm:prompt_tokens_total counter", "le=\"+Inf\"} 1",
                  "memory_usage_bytes{", "gpu_utilization{", "request_latency{",
                  "gpu_memory_usage{", "model_load_time{", "kv_cache_eviction_count{");
    mock_server_stop(server);
}

static void tokens_go_both_ways_in_both_dialects(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    ASSERT_ANSWER(post(server, "/tokenize", "{\"prompt\":\"a, b\"}"), "\"count\":3",
                  "\"tokens\":[98,45,8547]");
    ASSERT_ANSWER(post(server, "/tokenize", "{\"content\":\"a\"}"), "{\"tokens\":[98]}");
    ASSERT_ANSWER(post(server, "/tokenize", "{" MESSAGES "}"), "\"count\":13");
    ASSERT_ANSWER(post(server, "/detokenize", "{\"tokens\":[98,45,8547]}"), "\"prompt\":\"a, b\"",
                  "\"content\":\"a, b\"");
    ASSERT_ANSWER(post(server, "/detokenize", "{\"tokens\":[-1]}"), "400 Bad Request");
    ASSERT_ANSWER(post(server, "/tokenize", "{}"), "400 Bad Request");
    mock_server_stop(server);
}

/* ---- errors ---- */

static void what_cannot_be_served_gets_a_status_and_an_error_object(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.max_context_tokens = 50;
    struct mock_server *server = start(&knobs);
    char *too_long = long_chat(true);
    ASSERT_ANSWER(exchange(server, "GET", "/nowhere", "", ""), "404 Not Found", "{\"error\":{");
    ASSERT_ANSWER(exchange(server, "GET", CHAT, "", ""), "405 Method", "Allow: POST", "{\"error\"");
    ASSERT_ANSWER(post(server, CHAT, "{\"messages\""), "400 Bad Request", "not valid JSON");
    ASSERT_ANSWER(post(server, CHAT, "{} x"), "400 Bad Request", "one JSON object");
    ASSERT_ANSWER(post(server, CHAT, "{}"), "400 Bad Request", "'messages'");
    ASSERT_ANSWER(post(server, CHAT, "{\"messages\":[{\"content\":\"\"}]}"), "400", "'role'");
    ASSERT_ANSWER(post(server, CHAT, "{\"max_tokens\":0," MESSAGES "}"), "400", "'max_tokens'");
    ASSERT_ANSWER(post(server, CHAT, "{\"n\":2," MESSAGES "}"), "400", "'n'");
    ASSERT_ANSWER(post(server, CHAT, too_long), "400", "context_length_exceeded",
                  "maximum context length is 50");
    ASSERT_ANSWER(exchange(server, "GET", "/v1/models", "", ""), "\"max_model_len\":50");
    free(too_long);
    mock_server_stop(server);
}

static void a_key_is_asked_for_when_one_is_set(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    char key[] = "k1";
    knobs.api_key = key;
    struct mock_server *server = start(&knobs);
    ASSERT_ANSWER(exchange(server, "GET", "/v1/models", "", ""), "401 Unauthorized", "{\"error\":");
    ASSERT_ANSWER(exchange(server, "GET", "/v1/models", "Authorization: Bearer k2\r\n", ""), "401");
    ASSERT_ANSWER(exchange(server, "GET", "/v1/models", "Authorization: Bearer k1\r\n", ""), "200");
    ASSERT_ANSWER(exchange(server, "GET", "/health", "", ""), "200 OK");
    mock_server_stop(server);
}

static void a_taken_port_is_said_with_the_way_out(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    struct error error = {0};
    knobs.port = mock_server_port(server);
    assert_null(mock_server_start(&knobs, &error));
    assert_non_null(strstr(error.text, "address already in use; try --mock-port 0"));
    mock_server_stop(server);
}

/* ---- connections ---- */

static void a_kept_connection_serves_one_request_after_another(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    int fd = dial(server);
    for (int i = 0; i < 3; i++) {
        struct buffer answer = {0};
        ask(fd, "POST", CHAT, "", "{\"stream\":true,\"max_tokens\":2," MESSAGES "}");
        while (!has(&answer, "\r\n0\r\n\r\n"))
            assert_true(hear(fd, &answer) > 0);
        assert_true(has(&answer, "[DONE]"));
        buffer_free(&answer);
    }
    close(fd);
    mock_server_stop(server);
}

static void a_body_is_taken_after_100_continue(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int fd = dial(server);
    say(fd, TEXT("POST /tokenize HTTP/1.1\r\nExpect: 100-continue\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"));
    assert_true(hear(fd, &answer) > 0);
    assert_string_equal(answer.data, "HTTP/1.1 100 Continue\r\n\r\n");
    buffer_clear(&answer);
    say(fd, TEXT("f\r\n{\"content\":\"a\"}\r\n0\r\n\r\n"));
    while (!has(&answer, "{\"tokens\":[98]}"))
        assert_true(hear(fd, &answer) > 0);
    buffer_free(&answer);
    close(fd);
    mock_server_stop(server);
}

static void an_http_1_0_client_gets_a_body_without_chunks(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    const char *body = "{\"stream\":true,\"max_tokens\":2," MESSAGES "}";
    char *request =
        xasprintf("POST " CHAT " HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    int fd = dial(server);
    say(fd, text_of(request));
    while (hear(fd, &answer) > 0)
        ;
    assert_false(has(&answer, "chunked"));
    assert_true(has(&answer, "\r\n\r\ndata: {"));
    assert_true(text_ends_with(buffer_text(&answer), "data: [DONE]\n\n"));
    buffer_free(&answer);
    free(request);
    close(fd);
    mock_server_stop(server);
}

static void five_hundred_streams_at_once_all_finish(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct mock_knobs knobs = quick_knobs();
    knobs.itl_ms = 5;
    struct mock_server *server = start(&knobs);
    int fds[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fds[i] = dial(server);
        ask(fds[i], "POST", CHAT, "Connection: close\r\n",
            "{\"stream\":true,\"max_tokens\":20," MESSAGES "}");
    }
    for (int i = 0; i < COUNT; i++) {
        struct buffer answer = {0};
        while (hear(fds[i], &answer) > 0)
            ;
        assert_true(has(&answer, "[DONE]"));
        assert_int_equal(count_of(&answer, "\"delta\":{\"content\":"), 20);
        buffer_free(&answer);
        close(fds[i]);
    }
    assert_true(metric(server, "vllm:generation_tokens_total") == COUNT * 20);
    mock_server_stop(server);
}

static void wait_until_waiting(const struct mock_server *server, int requests)
{
    for (int i = 0; i < 1000; i++)
        if (metric(server, "vllm:num_requests_waiting") >= requests)
            return;
    fail_msg("%d requests do not wait", requests);
}

static void a_client_that_goes_away_frees_its_slot(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.slots = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int first = dial(server);
    ask(first, "POST", CHAT, "", "{\"stream\":true,\"max_tokens\":1000000," MESSAGES "}");
    while (!has(&answer, "\"delta\":{\"content\""))
        assert_true(hear(first, &answer) > 0);

    int second = dial(server), third = dial(server);
    ask(second, "POST", CHAT, "", "{\"stream\":true," MESSAGES "}");
    wait_until_waiting(server, 1);
    ask(third, "POST", CHAT, "Connection: close\r\n", "{\"stream\":true," MESSAGES "}");
    wait_until_waiting(server, 2);
    close(second);
    close(first);
    while (hear(third, &answer) > 0)
        ;
    assert_true(has(&answer, "[DONE]"));
    assert_true(metric(server, "vllm:num_requests_running") == 0);
    assert_true(metric(server, "vllm:num_requests_waiting") == 0);
    close(third);
    buffer_free(&answer);
    mock_server_stop(server);
}

/* How many tokens had been given out when no more came. */
static double generated_at_rest(const struct mock_server *server)
{
    double before = -1;
    for (int i = 0; i < 500; i++) {
        double now = metric(server, "vllm:generation_tokens_total");
        if (now == before)
            return now;
        before = now;
        usleep(30000);
    }
    return before;
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.itl_ms = 0;
    struct mock_server *server = start(&knobs);
    int sleeper = dial(server);
    ask(sleeper, "POST", CHAT, "", "{\"stream\":true,\"max_tokens\":200000," MESSAGES "}");
    ASSERT_ANSWER(post(server, CHAT, "{\"stream\":true," MESSAGES "}"), "[DONE]");
    assert_true(generated_at_rest(server) < 200000);
    struct buffer answer = {0};
    while (!has(&answer, "[DONE]")) {
        size_t kept = answer.size < 32 ? answer.size : 32;
        buffer_consume(&answer, answer.size - kept);
        assert_true(hear(sleeper, &answer) > 0);
    }
    buffer_free(&answer);
    close(sleeper);
    mock_server_stop(server);
}

static void stopping_in_mid_stream_leaves_nothing_open(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.slots = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int running = dial(server), waiting = dial(server), idle = dial(server);
    ask(waiting, "POST", CHAT, "", "{\"stream\":true,\"max_tokens\":100000," MESSAGES "}");
    ask(running, "POST", CHAT, "", "{\"stream\":true,\"max_tokens\":100000," MESSAGES "}");
    assert_true(hear(running, &answer) > 0);
    mock_server_stop(server);
    while (hear(running, &answer) > 0)
        ;
    assert_false(has(&answer, "[DONE]"));
    buffer_free(&answer);
    close(running);
    close(waiting);
    close(idle);
}

/* ---- faults ---- */

#define ASK_STREAM \
    "{\"stream\":true,\"max_tokens\":12,\"stream_options\":{\"include_usage\":true}," MESSAGES "}"

static void each_fault_shows_in_the_answer(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t knob;
        const char *there, *not_there;
    } cases[] = {
        {"error_429", offsetof(struct mock_knobs, error_429), "429 Too Many Requests", "data:"},
        {"error_500", offsetof(struct mock_knobs, error_500), "500 Internal Server Error", "data:"},
        {"error_event", offsetof(struct mock_knobs, error_event), "data: {\"error\":{",
         "\"finish_reason\":\"length\""},
        {"error_event", offsetof(struct mock_knobs, error_event), "[DONE]", "\"usage\""},
        {"no_done", offsetof(struct mock_knobs, no_done), "\"usage\"", "[DONE]"},
        {"no_finish", offsetof(struct mock_knobs, no_finish), "0\r\n\r\n", "\"length\""},
        {"no_finish", offsetof(struct mock_knobs, no_finish), "0\r\n\r\n", "[DONE]"},
        {"crlf", offsetof(struct mock_knobs, crlf), "data: [DONE]\r\n\r\n", "\n\n"},
        {"comments", offsetof(struct mock_knobs, comments), "\n: keep-alive\n\ndata: {", "refuse"},
        {"garbage", offsetof(struct mock_knobs, garbage), "data: {\"id\":\"garb\\u00,", "refuse"},
        {"garbage", offsetof(struct mock_knobs, garbage), "[DONE]", "refuse"},
        {"no_usage", offsetof(struct mock_knobs, no_usage), "[DONE]", "\"usage\""},
        {"not_a_stream", offsetof(struct mock_knobs, not_a_stream), "\"chat.completion\"", "data:"},
        {"split_utf8", offsetof(struct mock_knobs, split_utf8), " thé", "refuse"},
        {"coalesce", offsetof(struct mock_knobs, coalesce), "[DONE]", "refuse"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct mock_knobs knobs = quick_knobs();
        *(double *)(void *)((char *)&knobs + cases[i].knob) = 1;
        struct mock_server *server = start(&knobs);
        struct buffer answer = post(server, CHAT, ASK_STREAM);
        if (!has(&answer, cases[i].there) || has(&answer, cases[i].not_there))
            fail_msg("%s: %s", cases[i].name, answer.data);
        buffer_free(&answer);
        mock_server_stop(server);
    }
}

static void a_refused_request_gets_no_byte(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.refuse = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = post(server, CHAT, ASK_STREAM);
    assert_int_equal(answer.size, 0);
    buffer_free(&answer);
    mock_server_stop(server);
}

static void a_reset_comes_in_mid_stream(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.reset = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int fd = dial(server);
    ask(fd, "POST", CHAT, "", ASK_STREAM);
    ssize_t size;
    while ((size = hear(fd, &answer)) > 0)
        ;
    assert_int_equal(size, -1);
    assert_int_equal(errno, ECONNRESET);
    assert_false(has(&answer, "[DONE]"));
    buffer_free(&answer);
    close(fd);
    mock_server_stop(server);
}

static void a_stall_says_nothing_more(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.stall = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int fd = dial(server);
    struct timeval patience = {.tv_usec = 300000};
    ask(fd, "POST", CHAT, "", ASK_STREAM);
    while (!has(&answer, "\"delta\":{\"content\""))
        assert_true(hear(fd, &answer) > 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t size;
    while ((size = hear(fd, &answer)) > 0)
        ;
    assert_int_equal(size, -1);
    assert_int_equal(errno, EAGAIN);
    assert_false(has(&answer, "[DONE]"));
    buffer_free(&answer);
    close(fd);
    mock_server_stop(server);
}

static void a_kept_connection_may_be_closed_unannounced(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    knobs.close_kept = 1;
    struct mock_server *server = start(&knobs);
    struct buffer answer = {0};
    int fd = dial(server);
    ask(fd, "POST", CHAT, "", ASK_STREAM);
    ssize_t size;
    while ((size = hear(fd, &answer)) > 0)
        ;
    assert_int_equal(size, 0);
    assert_true(has(&answer, "[DONE]"));
    assert_false(has(&answer, "Connection: close"));
    buffer_free(&answer);
    close(fd);
    mock_server_stop(server);
}

/* Whether one recv ended in the first half of a character, or held several events. */
static void look_at_pieces(const struct mock_server *server, bool *split, size_t *most_events)
{
    int fd = dial(server);
    ask(fd, "POST", CHAT, "Connection: close\r\n", ASK_STREAM);
    for (;;) {
        struct buffer piece = {0};
        ssize_t size = hear(fd, &piece);
        size_t events = count_of(&piece, "data: ");
        if (size > 0 && (unsigned char)piece.data[size - 1] == 0xc3)
            *split = true;
        if (events > *most_events)
            *most_events = events;
        buffer_free(&piece);
        if (size <= 0)
            break;
    }
    close(fd);
}

/* How the kernel hands bytes over depends on who runs when: a few tries, one must show it. */
static void pieces_are_cut_in_a_character_or_hold_several_events(void **state)
{
    (void)state;
    struct mock_knobs knobs = quick_knobs();
    bool split = false, unused;
    size_t most_events = 0;
    knobs.itl_ms = 5;
    knobs.split_utf8 = 1;
    struct mock_server *server = start(&knobs);
    for (int i = 0; i < 20 && !split; i++)
        look_at_pieces(server, &split, &most_events);
    mock_server_stop(server);
    assert_true(split);

    knobs.split_utf8 = 0;
    knobs.coalesce = 1;
    most_events = 0;
    server = start(&knobs);
    look_at_pieces(server, &unused, &most_events);
    mock_server_stop(server);
    assert_true(most_events >= 4);
}

static void faults_come_at_their_probability_and_alike_for_a_seed(void **state)
{
    (void)state;
    int failed[2] = {0};
    for (int round = 0; round < 2; round++) {
        struct mock_knobs knobs = quick_knobs();
        knobs.error_500 = 0.3;
        struct mock_server *server = start(&knobs);
        for (int i = 0; i < 60; i++) {
            struct buffer answer = post(server, CHAT, "{\"max_tokens\":1," MESSAGES "}");
            failed[round] += has(&answer, "500 Internal") ? 1 : 0;
            buffer_free(&answer);
        }
        mock_server_stop(server);
    }
    assert_int_equal(failed[0], failed[1]);
    assert_in_range(failed[0], 6, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_has_role_tokens_usage_and_done),
        cmocka_unit_test(without_a_limit_the_reply_stops_by_itself),
        cmocka_unit_test(completions_answer_with_text),
        cmocka_unit_test(a_chunk_may_hold_several_tokens_and_say_how_many),
        cmocka_unit_test(a_reply_shows_its_session_and_depends_on_its_prompt_alone),
        cmocka_unit_test(the_second_time_the_prompt_is_cached_until_a_reset),
        cmocka_unit_test(prefill_costs_time_only_for_what_is_not_cached),
        cmocka_unit_test(metrics_count_requests_and_tokens),
        cmocka_unit_test(tokens_go_both_ways_in_both_dialects),
        cmocka_unit_test(what_cannot_be_served_gets_a_status_and_an_error_object),
        cmocka_unit_test(a_key_is_asked_for_when_one_is_set),
        cmocka_unit_test(a_taken_port_is_said_with_the_way_out),
        cmocka_unit_test(a_kept_connection_serves_one_request_after_another),
        cmocka_unit_test(a_body_is_taken_after_100_continue),
        cmocka_unit_test(an_http_1_0_client_gets_a_body_without_chunks),
        cmocka_unit_test(five_hundred_streams_at_once_all_finish),
        cmocka_unit_test(a_client_that_goes_away_frees_its_slot),
        cmocka_unit_test(a_client_that_does_not_read_holds_up_nobody),
        cmocka_unit_test(stopping_in_mid_stream_leaves_nothing_open),
        cmocka_unit_test(each_fault_shows_in_the_answer),
        cmocka_unit_test(a_refused_request_gets_no_byte),
        cmocka_unit_test(a_reset_comes_in_mid_stream),
        cmocka_unit_test(a_stall_says_nothing_more),
        cmocka_unit_test(a_kept_connection_may_be_closed_unannounced),
        cmocka_unit_test(pieces_are_cut_in_a_character_or_hold_several_events),
        cmocka_unit_test(faults_come_at_their_probability_and_alike_for_a_seed),
    };
    return cmocka_run_group_tests_name("mock_server", tests, NULL, NULL);
}
